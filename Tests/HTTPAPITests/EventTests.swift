import AsyncHTTPClient
import CityContext
import CityModel
import CityPath
import Foundation
import JSONBytes
import NIOCore
import NIOHTTP1
import Testing

@Suite("The live feed")
struct EventTests {
    /// Reads events until one of a kind comes; gives its data.
    private static func event(
        _ name: String, from body: some AsyncSequence<ByteBuffer, any Error>
    ) async throws -> String? {
        var text = ""
        for try await part in body {
            text += String(buffer: part)
            while let end = text.range(of: "\n\n") {
                let event = text[..<end.lowerBound]
                text = String(text[end.upperBound...])
                let lines = event.split(separator: "\n")
                if lines.first == "event: \(name)" { return lines.dropFirst().first.map { String($0.dropFirst(6)) } }
            }
        }
        return nil
    }

    @Test("what is written is heard: an entity with its values, and the city's status")
    func entity() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let response = try await client.open(.GET, "/api/v1/events", basic("anna"))
                #expect(response.headers.first(name: "content-type") == "text/event-stream")
                try await TestClient.laboratory(server) { laboratory in
                    let path = "/ngsi-ld/v1/entities/\(TestServer.airEntity)/attrs"
                    let reply = try await laboratory.post(path, json: "{\"no2\":{\"value\":77}}")
                    #expect(reply.status == 204)
                }
                let data = try #require(try await EventTests.event("entity", from: response.body))
                let json = try JSONValue(parsing: data)
                #expect(try json.string(at: ["id"]) == TestServer.airEntity)
                #expect(try json.double(at: ["attributes", "no2", "value"]) == 77)
                #expect(try json.string(at: ["state"]) == "normal")
            }
        }
    }

    @Test("personal values are not in the feed")
    func redaction() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let response = try await client.open(.GET, "/api/v1/events", basic("anna"))
                try await TestClient.laboratory(server) { laboratory in
                    let path = "/ngsi-ld/v1/entities/\(TestServer.carEntity)/attrs"
                    let body = "{\"vehiclePlate\":{\"value\":\"ZH 123\"},\"intensity\":{\"value\":5}}"
                    let reply = try await laboratory.post(path, json: body)
                    #expect(reply.status == 204)
                }
                let data = try #require(try await EventTests.event("entity", from: response.body))
                #expect(data.contains("intensity") && !data.contains("ZH 123"))
            }
        }
    }

    @Test("a device hears nothing")
    func device() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server, keyPEM: server.air.keyPEM, certificatePEM: server.air.certificatePEM) {
                client in
                let reply = try await client.get("/api/v1/events")
                #expect(reply.status == 403)
            }
        }
    }

    @Test("the feed ends when the session does, and its place is free again")
    func signOut() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("anna")
                let response = try await client.open(.GET, "/api/v1/events")
                #expect(server.city.views.feed.count == 1)
                _ = try await client.post("/sign-out", form: [("csrf", token)])
                #expect(try await EventTests.event("never", from: response.body) == nil)
                #expect(server.city.views.feed.count == 0)
            }
        }
    }

    @Test("open feeds do not hold up a shutdown")
    func shutdown() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let response = try await client.open(.GET, "/api/v1/events", basic("anna"))
                #expect(try await EventTests.event("status", from: response.body) != nil)
            }
            try await TestClient.guarded(server) { client in
                let response = try await client.open(.GET, "/api/v1/events", basic("anna"))
                await server.stop()
                // Ended by the city or cut off with its connection: either way nothing more comes.
                let last = try? await EventTests.event("never", from: response.body)
                #expect(last == nil)
            }
        }
    }

    @Test("too many readers are told to come later")
    func tooMany() async throws {
        try await TestServer.run { server in
            let places = (0..<600).compactMap { _ in server.city.views.feed.subscribe() }
            try await TestClient.guarded(server) { client in
                let reply = try await client.get("/api/v1/events", basic("anna"))
                #expect(reply.status == 503)
                #expect(reply.header("retry-after") != nil)
            }
            withExtendedLifetime(places) {}
        }
    }
}
