import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import HTTPAPI
import Logging
import Testing

@Suite("Limits of connections", .timeLimit(.minutes(5)))
struct LimitTests {
    @Test("a door that does not open ends the face, with its address and the reason")
    func takenPort() async throws {
        try await TestServer.run { server in
            var settings = server.settings
            settings.adminSocket = server.directory.path + "/other.sock"
            settings.laboratory?.port = server.ports.laboratory ?? 0
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let face = try HTTPFace(
                city: server.city, authority: server.certificates.authority, settings: settings, devices: .none,
                egress: NoEgress(), logger: logger
            ) { _ in Issue.record("it is ready without a door") }
            let error = await #expect(throws: HTTPListenError.self) { try await face.run() }
            #expect(error?.description.contains("127.0.0.1:\(server.ports.laboratory ?? 0)") == true)
            #expect(error?.description.contains("address already in use") == true)
        }
    }

    // MARK: HTTP/2

    @Test("a peer of HTTP/2 that asks for nothing and acknowledges nothing is told to go away, and cut off")
    func goAway() async throws {
        var limits = HTTPLimits()
        // Long enough for a slow machine to get its first bytes across: they must come before the city gives up waiting.
        (limits.http2Idle, limits.goAway) = (.seconds(5), .milliseconds(300))
        try await TestServer.run(limits: limits) { server in
            let connection = try await RawConnection.guarded(server, protocols: ["h2"])
            // The preface and empty SETTINGS (RFC 9113 §3.4).
            connection.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
            let types = LimitTests.frameTypes(try await connection.untilClosed())
            #expect(types.contains(7), "GOAWAY comes first: \(types)")
            #expect(types.contains(6), "and PING: \(types)")
        }
    }

    /// The types of the frames of HTTP/2 (RFC 9113 §4.1): length in 24 bits, type in 8, flags in 8, stream in 32.
    private static func frameTypes(_ bytes: [UInt8]) -> [UInt8] {
        var (types, rest) = ([UInt8](), bytes[...])
        while rest.count >= 9 {
            let start = rest.startIndex
            let length = Int(rest[start]) << 16 | Int(rest[start + 1]) << 8 | Int(rest[start + 2])
            types.append(rest[start + 3])
            rest = rest.dropFirst(9 + length)
        }
        return types
    }

    @Test("one place gets so many connections and no more, and the surplus is on record")
    func share() async throws {
        var limits = HTTPLimits()
        limits.connectionsFromOnePlace = 2
        try await TestServer.run(limits: limits) { server in
            let before = server.city.metrics.refusalCount
            let connections = [try await RawConnection.guarded(server), try await RawConnection.guarded(server)]
            let third = try await RawConnection.guarded(server)
            third.send("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
            #expect(try await third.untilClosed().isEmpty)
            #expect(server.city.metrics.refusalCount == before + 1)
            for connection in connections {
                connection.send("GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                #expect(String(decoding: try await connection.untilClosed(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test(
        "one place is an IPv4 address, or a network of IPv6",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("local", "local"), ("?", "?"),
            ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002::/64"), ("2001:db8:1:2::9", "2001:0db8:0001:0002::/64"),
            ("2001:db8:1:3::9", "2001:0db8:0001:0003::/64"), ("fe80::1%eth0", "fe80:0000:0000:0000::/64"),
            ("::1", "0000:0000:0000:0000::/64"), ("1:2", "1:2"),
        ])
    func places(address: String, place: String) {
        #expect(NetworkPlace.name(of: address) == place)
    }

    // MARK: HTTP/1.1

    @Test(
        "a body that nobody asked for is not read for ever, whatever the answer is",
        arguments: [
            ("POST /api/v1/nothing", 404), ("PUT /api/v1/devices/air-1", 405), ("POST /api/v1/devices", 403),
            ("POST /ngsi-ld/v1/entities/\(TestServer.airEntity)/attrs", 415),
        ])
    func unwantedBody(request: String, status: Int) async throws {
        var limits = HTTPLimits()
        (limits.unreadBody, limits.idle) = (.milliseconds(200), .seconds(3_600))
        try await TestServer.run(limits: limits) { server in
            let connection = try await RawConnection.laboratory(server)
            let head = "host: localhost\r\ncontent-type: text/plain\r\ncontent-length: 1000000000"
            connection.send("\(request) HTTP/1.1\r\n\(head)\r\n\r\n" + String(repeating: "x", count: 1_000))
            let answer = String(decoding: try await connection.untilClosed(), as: UTF8.self).lowercased()
            #expect(answer.hasPrefix("http/1.1 \(status) "))
            #expect(answer.contains("\r\nconnection: close\r\n"))
            // CIM 009 §6.3.4: no more than the status.
            #expect(answer.contains("\"detail\":") == (status != 415), "the answer comes whole")
        }
    }

    @Test("when the rest of such a body comes all the same, the connection is closed at once")
    func restOfBody() async throws {
        var limits = HTTPLimits()
        (limits.unreadBody, limits.idle) = (.seconds(3_600), .seconds(3_600))
        try await TestServer.run(limits: limits) { server in
            let connection = try await RawConnection.laboratory(server)
            connection.send("POST /api/v1/nothing HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2000\r\n\r\n")
            connection.send(String(repeating: "x", count: 1_000))
            #expect(await connection.hears("\"detail\":"))
            // What follows the body is not read as a request.
            connection.send(String(repeating: "x", count: 1_000) + "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
            let answer = String(decoding: try await connection.untilClosed(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
            #expect(!answer.contains("HTTP/1.1 200"))
        }
    }

    @Test("a request that was sent whole leaves the connection open, an error too")
    func keepAlive() async throws {
        try await TestServer.run { server in
            let connection = try await RawConnection.laboratory(server)
            let body = "content-length: 2\r\n\r\n{}"
            connection.send("POST /api/v1/nothing HTTP/1.1\r\nhost: localhost\r\n\(body)")
            connection.send("GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            let answer = String(decoding: try await connection.untilClosed(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
            #expect(answer.hasSuffix("ok\n"))
        }
    }

    @Test("who asks and asks and reads no answer is disconnected")
    func unreadAnswers() async throws {
        var limits = HTTPLimits()
        limits.answer = .milliseconds(300)
        try await TestServer.run(limits: limits) { server in
            let connection = try await RawConnection.laboratory(server, isReading: false)
            let request = "GET /openapi.yaml HTTP/1.1\r\nhost: localhost\r\n\r\n"
            connection.send(String(repeating: request, count: 20_000))
            _ = try await connection.untilClosed()
            // The server is well.
            try await TestClient.laboratory(server) { client in
                let reply = try await client.get("/livez")
                #expect(reply.status == 200)
            }
        }
    }
}
