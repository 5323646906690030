import CityContext
import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import NIOHTTP1
import Testing

@Suite("The map and the records of reading")
struct MapTests {
    /// The state of the air quality station on the map.
    private static func state(_ client: TestClient) async throws -> String? {
        let map = try await client.get("/api/v1/map").json().array()
        let entity = map.first { $0[["id"]] == .string(TestServer.airEntity) }
        return try entity?.string(at: ["state"])
    }

    @Test("an entity that has said nothing for a quarter of an hour is offline, and one whose device is barred")
    func silence() async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                #expect(try await MapTests.state(admin) == "normal")
                server.clock.advance(by: .seconds(16 * 60))
                #expect(try await MapTests.state(admin) == "offline")
                let path = "/ngsi-ld/v1/entities/\(TestServer.airEntity)/attrs"
                #expect(try await admin.post(path, json: "{\"no2\":{\"value\":1}}").status == 204)
                server.clock.advance(by: .seconds(1))
                #expect(try await MapTests.state(admin) == "normal")
                _ = try await admin.post("/api/v1/devices/air-1/suspend", json: "{}")
                server.clock.advance(by: .seconds(1))
                #expect(try await MapTests.state(admin) == "offline")
            }
        }
    }

    @Test("without a plan of the city the map gets an empty one; with one, the browser asks for it once")
    func geometry() async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let empty = try await admin.get("/api/v1/city/geometry")
                #expect(try empty.json().array(at: ["features"]).isEmpty)
                let plan = "{\"type\":\"FeatureCollection\",\"features\":[{}]}"
                try DurableFile.write(plan.utf8, to: server.directory.geometry, mode: 0o600)
                let reply = try await admin.get("/api/v1/city/geometry")
                #expect(reply.body == plan)
                let tag = try #require(reply.header("etag"))
                #expect(try await admin.get("/api/v1/city/geometry", ["if-none-match": tag]).status == 304)
            }
        }
    }

    @Test("reading an entity is put on record in the ledger")
    func accessRecord() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let before = server.city.ledger.size
                let reply = try await client.get("/ngsi-ld/v1/entities/\(TestServer.airEntity)", basic("anna"))
                #expect(reply.status == 200)
                // The committer writes records down four times a second; asking for the ledger is not itself recorded.
                let deadline = ContinuousClock.now + .seconds(10)
                while server.city.ledger.size == before, ContinuousClock.now < deadline {
                    _ = try await client.get("/api/v1/ledger/key", basic("anna"))
                }
                #expect(server.city.ledger.size == before + 1)
            }
        }
    }
}
