import CityModel
import CityPath
import Testing

@Suite("What a bridge may")
struct BridgeRightsTests {
    private let rules: DenyByDefault

    init() throws {
        rules = DenyByDefault(
            catalogue: try Catalogue.shipped(), standing: TestStandings(),
            bridges: [
                "old": BridgeRights(
                    mayPublish: { $0.hasPrefix("legacy/") || $0.hasPrefix("city/") }, maySubscribe: { $0 == "lamps/#" },
                    maySpeakFor: { $0.text == "own" }, highestClass: .internal)
            ])
    }

    private func refusal(_ bridge: String, _ action: Action) -> Refusal.Code? {
        if case .forbid(let refusal) = rules.decide(.bridge(bridge), action, DecisionContext()) {
            refusal.code
        } else {
            nil
        }
    }

    @Test("it publishes where its lines lead, and nowhere else")
    func publishing() {
        #expect(refusal("old", .publish(topic: "legacy/x")) == nil)
        #expect(refusal("old", .publish(topic: "elsewhere/x")) == .topicNotOwn)
    }

    @Test("it never publishes on the city's own topics by itself, whatever its lines say")
    func reserved() {
        #expect(refusal("old", .publish(topic: "city/water/own/v")) == .topicNotOwn)
        #expect(refusal("old", .publish(topic: "$SYS/x")) == .topicNotOwn)
    }

    @Test("it speaks for the devices that its lines name")
    func speaking() {
        #expect(refusal("old", .speakFor(DeviceID("own"))) == nil)
        #expect(refusal("old", .speakFor(DeviceID("other"))) == .notPermitted)
    }

    @Test("it hears what its lines say, up to its class of data")
    func subscribing() {
        #expect(refusal("old", .subscribe(filter: "#")) == .notPermitted)
        guard case .permit(let permit) = rules.decide(.bridge("old"), .subscribe(filter: "lamps/#"), DecisionContext())
        else {
            Issue.record("refused")
            return
        }
        #expect(permit.highestClass == .internal)
    }

    @Test(
        "it does nothing else",
        arguments: [
            Action.writeEntity(EntityID("urn:own")), .readEntities, .readOperations, .readLedger, .manageDevices,
            .acknowledgeAlerts, .manageAccounts,
        ])
    func others(_ action: Action) {
        #expect(refusal("old", action) == .notPermitted)
    }

    @Test("one that the configuration does not name is nobody")
    func unnamed() {
        #expect(refusal("new", .publish(topic: "legacy/x")) == .notIdentified)
    }

    @Test("nobody else speaks for a device")
    func persons() {
        for principal in [Principal.laboratory, .person(PersonIdentity(name: "ada", role: .operator))] {
            guard case .forbid = rules.decide(principal, .speakFor(DeviceID("own")), DecisionContext()) else {
                Issue.record("\(principal) may")
                continue
            }
        }
    }
}
