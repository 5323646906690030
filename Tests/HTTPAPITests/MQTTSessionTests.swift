import CityModel
import CityPath
import CityStorage
import HTTPAPI
import JSONBytes
import NIOHTTP1
import Synchronization
import Testing

@Suite("MQTT sessions over the API")
struct MQTTSessionTests {
    private static let path = "/api/v1/mqtt/sessions"

    @Test("nobody is connected: an empty list, and 404 for who is not there")
    func empty() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let list = try await client.get(MQTTSessionTests.path, basic("anna"))
                #expect(list.status == 200)
                #expect(try list.json().double(at: ["total"]) == 0)
                let one = "\(MQTTSessionTests.path)/device%2Fgauge-7/gauge-7"
                let answers = [
                    try await client.get(one, basic("anna")), try await client.send(.DELETE, one, basic("anna")),
                ]
                #expect(answers.map(\.status) == [404, 404])
            }
        }
    }

    @Test("auditors look and disconnect nobody; strangers do neither")
    func rights() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let one = "\(MQTTSessionTests.path)/device%2Fgauge-7/gauge-7"
                let answers = [
                    try await client.get(MQTTSessionTests.path, basic("otto")),
                    try await client.send(.DELETE, one, basic("otto")),
                    try await client.get(MQTTSessionTests.path),
                    try await client.get("\(MQTTSessionTests.path)?connected=maybe", basic("anna")),
                ]
                #expect(answers.map(\.status) == [200, 403, 401, 400])
            }
        }
    }

    @Test("who disconnects whom is in the journal before it is done", arguments: ["", "?endSession=true"])
    func record(query: String) async throws {
        let acts = Mutex<[String]>([])
        let act: @Sendable (String, CityDirectory) -> Bool = { what, directory in
            let seen = Result { try MQTTSessionTests.recorded(in: directory) }
            acts.withLock { $0.append("\(what), on record: \(seen)") }
            return true
        }
        try await TestServer.run(sessions: { directory in
            MQTTSessionDirectory(
                all: { [MQTTSessionTests.gauge] },
                known: { $0 == "device/gauge-7" && $1 == "g" ? MQTTSessionTests.gauge : nil },
                disconnect: { _, _ in act("disconnect", directory) }, end: { _, _ in act("end", directory) })
        }) { server in
            let one = "\(MQTTSessionTests.path)/device%2Fgauge-7/g\(query)"
            try await TestClient.guarded(server) { client in
                let refused = try await client.send(.DELETE, one, basic("otto"))
                let done = try await client.send(.DELETE, one, basic("anna"))
                #expect([refused.status, done.status] == [403, 204])
            }
            try await TestClient.laboratory(server) { client in
                let reply = try await client.send(.DELETE, one)
                #expect(reply.status == 403)
            }
        }
        let what = query.isEmpty ? "disconnect" : "end"
        let record = "person/anna manageDevices mqtt/sessions/device/gauge-7/g/\(what)"
        #expect(
            acts.withLock { $0 } == ["\(what), on record: \(Result<[String], any Error>.success([record]))"])
    }

    private static let gauge = MQTTSessionStatus(
        owner: "device/gauge-7", clientIdentifier: "g", address: "192.0.2.7", disconnectedSince: nil, version: "5",
        expirySeconds: 60, subscriptions: [],
        counts: MQTTSessionStatus.Counts(
            waiting: 0, inFlight: 0, queuedBytes: 0, published: 0, delivered: 0, publishedPerSecond: 0,
            deliveredPerSecond: 0, dropped: 0, heldBack: 0))

    /// The acts upon MQTT sessions that the journal has now.
    private static func recorded(in directory: CityDirectory) throws -> [String] {
        let reader = try JournalReader(path: directory.journal)
        var found: [String] = []
        for sequence in 1...(try reader.newestSequence()) {
            let content = try #require(reader.row(sequence)?.content)
            for text in try BatchContent(decoding: content).events {
                guard case .access(let record) = try EventCoding.decode(text),
                    record.resource.hasPrefix("mqtt/sessions/")
                else { continue }
                found.append("\(record.principal) \(record.action) \(record.resource)")
            }
        }
        return found
    }
}
