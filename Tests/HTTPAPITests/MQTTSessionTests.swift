import HTTPAPI
import JSONBytes
import NIOHTTP1
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
}
