import AsyncHTTPClient
import CityContext
import CityIdentity
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

    // MARK: States

    @Test("an entity that falls silent is heard of, although nothing of it was observed")
    func silence() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                var events = EventReader(try await client.open(.GET, "/api/v1/events", basic("anna")))
                _ = try await events.next("status")
                server.clock.advance(by: .seconds(16 * 60))
                let entity = try await events.entity(TestServer.airEntity, in: "offline")
                #expect(try entity?.double(at: ["lat"]) == 47.4)
            }
        }
    }

    @Test("an entity whose device is suspended is offline at once, and not when its device is resumed")
    func suspension() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                var events = EventReader(try await client.open(.GET, "/api/v1/events", basic("anna")))
                for (status, state) in [(DeviceStatus.suspended, "offline"), (.active, "normal")] {
                    _ = try await server.city.setStatus(
                        status, of: DeviceID("air-1"), reason: "test", by: .service("test")
                    ).get()
                    let entity = try await events.entity(TestServer.airEntity, in: state)
                    #expect(entity != nil)
                }
            }
        }
    }

    @Test("an alert makes its entity one in alert, and acknowledging it ends that")
    func alert() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                var events = EventReader(try await client.open(.GET, "/api/v1/events", basic("anna")))
                let alert = AlertRecord(
                    id: 1, entity: EntityID(TestServer.airEntity), attribute: nil, device: nil, kind: "spike",
                    severity: .warning, text: "test", observedAt: server.city.clock.now,
                    raisedAt: server.city.clock.now)
                _ = try await server.city.path.committed(events: [.alertRaised(alert)]).get() as Receipt
                let alerted = try await events.entity(TestServer.airEntity, in: "alert")
                #expect(alerted != nil)
                _ = try await server.city.acknowledge(1, note: nil, by: .service("test")).get()
                let calm = try await events.entity(TestServer.airEntity, in: "normal")
                #expect(calm != nil)
            }
        }
    }

    @Test("a device that is enrolled meanwhile comes with all that a map needs: name, type and place")
    func enrolment() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                var events = EventReader(try await client.open(.GET, "/api/v1/events", basic("anna")))
                let enrolled = try await server.city.enrol(
                    EnrolmentRequest(
                        id: "new-1", deviceType: server.air.record.deviceType, displayName: "At the weir",
                        location: GeoPoint(longitude: 8.25, latitude: 47.5)),
                    with: server.certificates.authority, by: .service("test")
                ).get()
                let id = try #require(enrolled.record.entities.first)
                let event = try await events.entity(id.text)
                let entity = try #require(event)
                #expect(try entity.string(at: ["name"]) == "At the weir")
                #expect(try entity.string(at: ["type"]) == "AirQualityObserved")
                #expect(try entity.double(at: ["lat"]) == 47.5)
                #expect(try entity.double(at: ["lon"]) == 8.25)
            }
        }
    }

    // MARK: Sessions

    @Test("a page that listens keeps its session, within the limits that are told where it begins")
    func keepsSession() async throws {
        #expect(Sessions.lifetime == .seconds(12 * 3_600) && Sessions.idleLimit == .seconds(30 * 60))
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                #expect(try await client.get("/sign-in").body.contains("twelve hours at most; else for half an hour"))
                _ = try await client.session("anna")
                var events = EventReader(try await client.open(.GET, "/api/v1/events"))
                for _ in 0..<2 {
                    server.clock.advance(by: .seconds(20 * 60))
                    // The first may have been on its way before.
                    _ = try await events.next("status")
                    let status = try await events.next("status")
                    #expect(status != nil)
                }
                #expect(try await client.get("/").status == 200)
            }
        }
    }

    @Test("a page whose session has ended asks in vain, and the record of refusals is not filled with it")
    func endedSession() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                _ = try await client.session("anna")
                server.clock.advance(by: .seconds(31 * 60))
                let before = server.city.metrics.refusalCount
                let ours = ["sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"]
                #expect(try await client.get("/api/v1/events", ours).status == 401)
                let head = try await client.send(.HEAD, "/api/v1/events", ours)
                #expect(head.status == 401)
                #expect(head.header("www-authenticate")?.hasPrefix("Cookie") == true)
                #expect(server.city.metrics.refusalCount == before)
                // Whoever tries a password, or comes from elsewhere, is on record.
                let tried = try await client.get("/api/v1/events", ours.merging(basic("anna", "wrong")) { $1 })
                #expect(tried.status == 401)
                #expect(try await client.get("/api/v1/events").status == 401)
                #expect(server.city.metrics.refusalCount == before + 2)
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

/// Reads a feed, event by event.
private struct EventReader {
    private var parts: HTTPClientResponse.Body.AsyncIterator
    private var text = ""

    init(_ response: HTTPClientResponse) { parts = response.body.makeAsyncIterator() }

    /// The data of the next event of a kind; nil when the feed ends before.
    mutating func next(_ name: String) async throws -> String? {
        while true {
            while let end = text.range(of: "\n\n") {
                let lines = text[..<end.lowerBound].split(separator: "\n")
                text = String(text[end.upperBound...])
                if lines.first == "event: \(name)" { return lines.dropFirst().first.map { String($0.dropFirst(6)) } }
            }
            guard let part = try await parts.next() else { return nil }
            text += String(buffer: part)
        }
    }

    /// The next that is said of an entity, or the next that says it is in this state.
    mutating func entity(_ id: String, in state: String? = nil) async throws -> JSONValue? {
        while let data = try await next("entity") {
            let json = try JSONValue(parsing: data)
            let (named, current) = (try json.string(at: ["id"]), try json.string(at: ["state"]))
            if named == id, state == nil || state == current { return json }
        }
        return nil
    }
}
