import CityContext
import CityModel
import CityStorage
import Foundation
import JSONBytes
import NGSILD
import Synchronization
import Testing

/// Other brokers, by what they answer to a method and a path.
private final class OtherBrokers: Egress {
    private let answers: [String: EgressAnswer]
    private let state = Mutex<[EgressRequest]>([])

    init(_ answers: [String: (status: Int, body: String)]) {
        self.answers = answers.mapValues { EgressAnswer(status: $0.status, headers: [], body: Array($0.body.utf8)) }
    }

    func send(_ request: EgressRequest) async throws(EgressError) -> EgressAnswer {
        state.withLock { $0.append(request) }
        let place = request.url.prefix { $0 != "?" }
        guard let answer = answers["\(request.method) \(place)"] else {
            throw EgressError(.timeout, "there was no answer")
        }
        return answer
    }

    func publish(_ delivery: MQTTDelivery) async throws(EgressError) { throw EgressError(.forbidden, "not here") }

    var requests: [EgressRequest] { state.withLock { $0 } }
}

@Suite("Distributed operations (CIM 009 §4.3.6)")
struct FederationTests {
    private func federation(_ registrations: [String], _ egress: OtherBrokers) throws -> Federation {
        let saved = try ViewStore(path: NSTemporaryDirectory() + "bastide-federation-\(UUID().uuidString).sqlite")
        let book = RegistrationBook()
        for (number, text) in registrations.enumerated() {
            var registration = try ContextSourceRegistration(parsing: JSONValue(parsing: text), at: 0)
            registration.id = "urn:r:\(number)"
            registration.createdAt = Int64(number)
            book.note(
                DocumentChange(.registration, tenant: "", id: registration.id, at: 0, content: registration.storageJSON)
            )
        }
        let contexts = ContextCatalog(
            store: ContextStore(saved: saved), base: "https://city.example/ngsi-ld/v1/jsonldContexts/", egress: egress,
            city: ContextCatalog.City(change: { _, _, _ in }, now: { 0 }))
        return Federation(name: "us", registrations: book, contexts: contexts, egress: egress, now: { 100 })
    }

    private func registration(_ host: String, _ mode: String, _ members: String = "") -> String {
        """
        {"type":"ContextSourceRegistration","endpoint":"http://\(host).example","mode":"\(mode)"\(members),
         "operations":[\(mode == "auxiliary" ? "" : #""redirectionOps","#)"retrieveOps"],
         "information":[{"entities":[{"id":"urn:x:1","type":"Car"}]\(mode == "exclusive" ? #","propertyNames":["speed"]"# : "")}]}
        """
    }

    private func request(via: [String] = []) -> TriggeringRequest {
        TriggeringRequest(tenant: "", via: via, headers: [], context: .core, contextURL: JSONLDContext.coreURL)
    }

    private let car = EntitySpecification(selectors: [
        EntitySpecification.Selector(types: .known(["Car"]), ids: ["urn:x:1"])
    ])

    private func entity(_ json: String) throws -> Entity {
        Entity(creating: try EntityFragment(parsing: json.utf8, purpose: .create), at: 50)
    }

    @Test("of what several know the latest observation counts; who only helps out adds what nobody has")
    func merging() async throws {
        let egress = OtherBrokers([
            "GET http://a.example/ngsi-ld/v1/entities/urn:x:1": (
                200,
                #"{"id":"urn:x:1","type":"Car","speed":{"value":9,"observedAt":"2020-01-02T00:00:00Z"},"#
                    + #""fuel":{"value":3,"observedAt":"2020-01-01T00:00:00Z"}}"#
            ),
            "GET http://b.example/ngsi-ld/v1/entities/urn:x:1": (
                200, #"{"id":"urn:x:1","type":"Car","speed":{"value":1},"colour":{"value":"red"}}"#
            ),
        ])
        let federation = try federation([registration("a", "inclusive"), registration("b", "auxiliary")], egress)
        let remote = try await federation.retrieve("urn:x:1", car, request())
        let local = try entity(
            #"{"id":"urn:x:1","type":"Car","speed":{"value":5,"observedAt":"2020-01-01T00:00:00Z"},"#
                + #""fuel":{"value":4,"observedAt":"2020-01-02T00:00:00Z"}}"#)
        let merged = try #require(remote.merged("urn:x:1", local, at: 100) { _, _ in true })
        #expect(merged.instance("speed", nil)?.value == 9)
        #expect(merged.instance("fuel", nil)?.value == 4)
        #expect(merged.instance("colour", nil)?.value == "red")
        #expect(remote.warnings.isEmpty)
        let seen = remote.merged("urn:x:1", local, at: 100) { name, _ in name != "colour" }
        #expect(seen?.instance("colour", nil) == nil, "what the reader may not see is not taken")
    }

    @Test("each request says through whom it came; one that came through here goes no farther")
    func loops() async throws {
        let egress = OtherBrokers(["GET http://a.example/ngsi-ld/v1/entities/urn:x:1": (404, "")])
        let federation = try federation([registration("a", "inclusive")], egress)
        _ = try await federation.retrieve("urn:x:1", car, request(via: ["1.1 them"]))
        let sent = try #require(egress.requests.first)
        #expect(sent.headers.first { $0.name == "Via" }?.value == "1.1 them, 1.1 us")
        _ = try await federation.retrieve("urn:x:1", car, request(via: ["1.1 them, 1.1 us"]))
        #expect(egress.requests.count == 1)
    }

    @Test(
        "what a source does wrong is a warning, and nothing of it is taken",
        arguments: [(403, "", 299), (200, "no JSON", 111), (200, #"{"id":1}"#, 111), (404, "", nil)])
    func warnings(status: Int, body: String, code: Int?) async throws {
        let egress = OtherBrokers(["GET http://a.example/ngsi-ld/v1/entities/urn:x:1": (status, body)])
        let remote = try await federation([registration("a", "inclusive")], egress).retrieve("urn:x:1", car, request())
        #expect(remote.warnings.map(\.code) == (code.map { [$0] } ?? []))
        #expect(remote.isEmpty)
        let silent = try await federation([registration("c", "inclusive")], egress)
            .retrieve("urn:x:1", car, request())
        #expect(silent.warnings.map(\.code) == [199])
    }

    @Test("what is kept elsewhere alone is told there alone; the rest is told to all and kept here")
    func writing() async throws {
        let egress = OtherBrokers([
            "POST http://a.example/ngsi-ld/v1/entities": (201, ""),
            "POST http://b.example/ngsi-ld/v1/entities": (409, #"{"detail":"it is there"}"#),
        ])
        let federation = try federation([registration("a", "exclusive"), registration("b", "inclusive")], egress)
        let body = try JSONValue(parsing: #"{"id":"urn:x:1","type":"Car","speed":{"value":5},"fuel":{"value":4}}"#)
        var specification = car
        specification.attributes = ["speed", "fuel"]
        let write = RemoteWrite(.createEntity, "POST", "/entities", specification, .entity(body))
        let plan = try federation.plan(write, request())
        #expect(plan.taken == .some(["speed"]))
        let outcomes = await federation.carryOut(plan, write, request())
        guard case .done = outcomes[0].result, case .refused(status: 409, _) = outcomes[1].result else {
            Issue.record("the outcomes are \(outcomes.map(\.result))")
            return
        }
        let sent = Dictionary(
            try egress.requests.map { ($0.url, try JSONValue(parsing: $0.body ?? [])) }, uniquingKeysWith: { $1 })
        let (first, second) = (
            sent["http://a.example/ngsi-ld/v1/entities"], sent["http://b.example/ngsi-ld/v1/entities"]
        )
        #expect(first?[["speed"]] != nil && first?[["fuel"]] == nil)
        #expect(second?[["fuel"]] != nil && second?[["speed"]] == nil)
    }
}
