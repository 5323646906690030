import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import Testing

@Suite("Records of reading say how sensitive it was", .timeLimit(.minutes(5)))
struct AccessTests {
    /// A server where an open alert tells a number plate, which is personal.
    private static func run(_ body: @escaping @Sendable (TestServer, TestClient) async throws -> Void) async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { laboratory in
                let path = "/ngsi-ld/v1/entities/\(TestServer.carEntity)/attrs"
                let plate = "{\"vehiclePlate\":{\"value\":\"ZH 123\"},\"intensity\":{\"value\":12}}"
                let reply = try await laboratory.post(path, json: plate)
                #expect(reply.status == 204)
            }
            let now = server.city.clock.now
            let alert = AlertRecord(
                id: 1, entity: EntityID(TestServer.carEntity), attribute: "vehiclePlate", device: nil, kind: "seen",
                severity: .notice, text: "ZH 123 was seen", observedAt: now, raisedAt: now)
            _ = try await server.city.path.committed(events: [.alertRaised(alert)]).get() as Receipt
            try await TestClient.guarded(server) { client in try await body(server, client) }
        }
    }

    /// The class in the record of having read something, from the journal; nil when there is none within a minute.
    private static func recorded(
        _ resource: String, _ purpose: String?, in server: TestServer
    ) async throws -> DataClass? {
        let reader = try JournalReader(path: server.directory.journal)
        let deadline = ContinuousClock.now + .seconds(60)
        var next: UInt64 = 1
        while ContinuousClock.now < deadline {
            while next <= (try reader.newestSequence()) {
                let content = try #require(reader.row(next)?.content)
                next += 1
                for text in try BatchContent(decoding: content).events {
                    guard case .access(let record) = try EventCoding.decode(text), record.resource == resource,
                        record.purpose == purpose
                    else { continue }
                    return record.dataClass
                }
            }
            await Task.yield()
        }
        return nil
    }

    @Test("alerts are recorded as what they tell: personal with a purpose, else not")
    func alerts() async throws {
        try await AccessTests.run { server, client in
            let stated = try await client.get("/api/v1/alerts?purpose=legal-request:%20case%207", basic("anna"))
            #expect(stated.body.contains("ZH 123"))
            #expect(try await AccessTests.recorded("alerts", "legal-request: case 7", in: server) == .personal)
            let unstated = try await client.get("/api/v1/alerts", basic("anna"))
            #expect(!unstated.body.contains("ZH 123"))
            #expect(try await AccessTests.recorded("alerts", nil, in: server) == .internal)
        }
    }

    @Test("so are the console's pages", arguments: [("/", "overview"), ("/alerts", "alerts")])
    func pages(path: String, resource: String) async throws {
        try await AccessTests.run { server, client in
            let stated = try await client.get("\(path)?purpose=legal-request:%20case%208", basic("anna"))
            #expect(stated.body.contains("ZH 123"))
            #expect(try await AccessTests.recorded(resource, "legal-request: case 8", in: server) == .personal)
            let unstated = try await client.get(path, basic("anna"))
            #expect(!unstated.body.contains("ZH 123"))
            let recorded = try #require(try await AccessTests.recorded(resource, nil, in: server))
            #expect(recorded < .personal)
        }
    }

    @Test("an alert that is acknowledged is also read")
    func acknowledgement() async throws {
        try await AccessTests.run { server, client in
            let purpose = basic("anna").merging(["Bastide-Purpose": "legal-request: case 9"]) { $1 }
            let reply = try await client.post("/api/v1/alerts/1/acknowledge", json: "{}", purpose)
            #expect(reply.body.contains("ZH 123"))
            #expect(try await AccessTests.recorded("alert/1", "legal-request: case 9", in: server) == .personal)
        }
    }
}
