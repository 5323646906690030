import CityModel
import CityPath
import Testing

@Suite("Authorise: may they do this here?")
struct AuthoriseTests {
    static let own = Principal.device(
        DeviceIdentity(id: DeviceID("own"), agency: AgencyID("water"), zone: ZoneID("street")))
    static let eva = Principal.person(PersonIdentity(name: "eva", role: .operator))
    static let adam = Principal.person(PersonIdentity(name: "adam", role: .auditor))

    let rules = DenyByDefault(
        ownerOf: { entity in
            switch entity.text {
            case "urn:own": (DeviceID("own"), ZoneID("street"))
            case "urn:moved": (DeviceID("own"), ZoneID("plant"))
            case "urn:other": (DeviceID("other"), ZoneID("street"))
            default: nil
            }
        }, generation: { 7 })

    private func code(_ principal: Principal, _ action: Action, purpose: String? = nil) -> Refusal.Code? {
        switch rules.decide(principal, action, DecisionContext(purpose: purpose)) {
        case .permit: return nil
        case .forbid(let refusal):
            #expect(refusal.step == .authorise)
            #expect(!refusal.message.isEmpty)
            return refusal.code
        }
    }

    static let actions: [Action] = [
        .publish(topic: "devices/own/v"), .publish(topic: "devices/other/v"), .writeEntity(EntityID("urn:own")),
        .writeEntity(EntityID("urn:other")), .subscribe(filter: "devices/own/#"), .subscribe(filter: "#"),
        .readEntities, .readOperations, .readLedger, .manageDevices, .acknowledgeAlerts, .manageAccounts,
    ]

    /// One row for each kind of principal, one letter for each action above: `+` permitted, `-` forbidden.
    static let table: [(Principal, String)] = [
        (own, "+-+-+-------"),
        (eva, "----++++++++"),
        (adam, "------+++---"),
        (.service("detectors"), "++++++++++++"),
        (.laboratory, "+++++++-+---"),
        (.unknown("192.0.2.7"), "------------"),
    ]

    @Test("every kind of principal may do what its row says, and nothing else", arguments: 0..<table.count)
    func everyPair(row: Int) {
        let (principal, letters) = AuthoriseTests.table[row]
        for (action, letter) in zip(AuthoriseTests.actions, letters) {
            #expect((code(principal, action) == nil) == (letter == "+"), "\(principal.name) \(action)")
        }
    }

    @Test(
        "a device speaks below its own name only, however the topic is written",
        arguments: [
            "devices/own", "devices/own2/v", "devices//v", "devices/OWN/v", "/devices/own/v", "own/v", "", "devices",
            "devices/+/v", "devices/#", "$SYS/devices/own/v", "devices/other/own/v", "Devices/own/v",
        ])
    func foreignTopics(topic: String) {
        #expect(code(AuthoriseTests.own, .publish(topic: topic)) == .topicNotOwn)
        #expect(code(AuthoriseTests.own, .subscribe(filter: topic)) == .topicNotOwn)
    }

    @Test("a device writes entities of its own, in its own zone")
    func entities() {
        #expect(code(AuthoriseTests.own, .writeEntity(EntityID("urn:own"))) == nil)
        #expect(code(AuthoriseTests.own, .writeEntity(EntityID("urn:other"))) == .entityNotOwn)
        #expect(code(AuthoriseTests.own, .writeEntity(EntityID("urn:nobody"))) == .entityNotOwn)
        #expect(code(AuthoriseTests.own, .writeEntity(EntityID("urn:moved"))) == .zoneMismatch)
    }

    @Test("who cannot be identified is told so, others are told what no rule allows")
    func codes() {
        #expect(code(.unknown("x"), .readEntities) == .notIdentified)
        #expect(code(AuthoriseTests.own, .readEntities) == .notPermitted)
        #expect(code(AuthoriseTests.adam, .manageDevices) == .notPermitted)
        #expect(code(.laboratory, .manageAccounts) == .notPermitted)
    }

    @Test("people's reads are recorded, and personal data needs a purpose", arguments: [eva, adam])
    func obligations(person: Principal) {
        for action in [Action.readEntities, .readOperations, .readLedger] {
            guard case .permit(let without) = rules.decide(person, action, DecisionContext()),
                case .permit(let with) = rules.decide(person, action, DecisionContext(purpose: "maintenance"))
            else {
                Issue.record("\(action) is forbidden")
                return
            }
            #expect(without.obligations.contains(.recordAccess))
            #expect(without.highestClass == .restricted)
            #expect(with.obligations.contains(.recordAccess))
            #expect(with.highestClass == .sensitive)
        }
    }

    @Test("the strictest of several limits holds; without one nothing is left out")
    func highestClass() {
        #expect(Permit().highestClass == .sensitive)
        #expect(Permit(obligations: [.redact(above: .internal), .redact(above: .personal)]).highestClass == .internal)
    }

    @Test("a topic tells its device and its channel")
    func topics() {
        #expect(DeviceTopic.owner(of: "devices/x/v") == "x")
        #expect(DeviceTopic.channel(of: "devices/x/a/b") == "a/b")
        #expect(DeviceTopic.channel(of: "devices/x") == nil)
        #expect(rules.generation == 7)
    }
}
