import CityModel
import CityPath
import Foundation
import HTTPAPI
import JSONBytes
import Testing

/// `GET /ngsi-ld/v1/entities/{id}` is answered before its request reaches the router, where nothing stands against it.
@Suite("Prompt answers", .timeLimit(.minutes(5)))
struct PromptTests {
    private static let path = "/ngsi-ld/v1/entities/\(TestServer.airEntity)"

    private static func request(_ path: String, _ more: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nhost: localhost\r\n\(more)\r\n"
    }

    /// The status lines and bodies of answers that came one after the other.
    private static func answers(in bytes: [UInt8]) -> [(status: Int, body: String)] {
        String(decoding: bytes, as: UTF8.self).components(separatedBy: "HTTP/1.1 ").dropFirst().map { answer in
            let parts = answer.components(separatedBy: "\r\n\r\n")
            return (Int(answer.prefix(3)) ?? 0, parts.dropFirst().joined(separator: "\r\n\r\n"))
        }
    }

    @Test("answers keep the order of their requests, whichever road those take (RFC 9112 §9.3.2)")
    func order() async throws {
        try await TestServer.run { server in
            let connection = try await RawConnection.laboratory(server)
            let (one, other) = (PromptTests.path, "/ngsi-ld/v1/entities/\(TestServer.carEntity)")
            let rounds = 50
            let round = [one, "/livez", other, "/ngsi-ld/v1/types", "/ngsi-ld/v1/entities/urn:none", one]
                .map { PromptTests.request($0) }.joined()
            connection.send(String(repeating: round, count: rounds))
            connection.send(PromptTests.request("/livez", "connection: close\r\n"))
            let answers = PromptTests.answers(in: try await connection.untilClosed())
            try #require(answers.count == rounds * 6 + 1)
            for start in stride(from: 0, to: rounds * 6, by: 6) {
                #expect(answers[start..<start + 6].map(\.status) == [200, 200, 200, 200, 404, 200])
                #expect(answers[start].body.contains("\"id\":\"\(TestServer.airEntity)\""))
                #expect(answers[start + 1].body == "ok\n")
                #expect(answers[start + 2].body.contains("\"id\":\"\(TestServer.carEntity)\""))
                #expect(answers[start + 3].body.contains("EntityTypeList"))
                #expect(answers[start + 4].body.contains("there is no entity `urn:none`"))
            }
        }
    }

    @Test("both roads give the same answer with the same headers")
    func sameAnswer() async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { client in
                let prompt = try await client.get(PromptTests.path)
                // What is expected before the answer takes a conversation.
                let usual = try await client.get(PromptTests.path, ["connection": "TE"])
                #expect(prompt.status == 200 && usual.status == 200)
                #expect(prompt.body == usual.body)
                let names = { (reply: Reply) in
                    reply.headers.map { $0.name.lowercased() }.filter { $0 != "connection" }.sorted()
                }
                #expect(names(prompt) == names(usual))
                #expect(names(prompt).contains("date") && names(prompt).contains("content-security-policy"))
            }
        }
    }

    @Test("a request with a body takes the usual road, and what follows it is read")
    func withBody() async throws {
        try await TestServer.run { server in
            let connection = try await RawConnection.laboratory(server)
            connection.send(PromptTests.request(PromptTests.path, "content-length: 2\r\n") + "{}")
            connection.send(
                PromptTests.request(PromptTests.path, "transfer-encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n")
            connection.send(PromptTests.request(PromptTests.path))
            connection.send(PromptTests.request(PromptTests.path, "connection: close\r\n"))
            let answers = PromptTests.answers(in: try await connection.untilClosed())
            #expect(answers.map(\.status) == [200, 200, 200, 200])
        }
    }

    @Test(
        "the id is what the path says, decoded; anything else is a problem of the standard's",
        arguments: [
            ("urn%3Angsi-ld%3AAirQualityObserved%3Aair-1", 200, "air-1"), ("urn:none", 404, "ResourceNotFound"),
            ("plain", 400, "BadRequestData"), ("urn:%zz", 400, "InvalidRequest"), ("urn:%ff%fe", 400, "InvalidRequest"),
            ("urn:x?format=wild", 400, "unknown format"), ("urn:x?georel=near", 400, "unknown parameter"),
            ("urn:x/attrs", 405, "see the header"),
        ])
    func identifiers(element: String, status: Int, text: String) async throws {
        try await TestServer.run { server in
            let connection = try await RawConnection.laboratory(server)
            connection.send(PromptTests.request("/ngsi-ld/v1/entities/\(element)"))
            connection.send(PromptTests.request("/livez", "connection: close\r\n"))
            let answers = PromptTests.answers(in: try await connection.untilClosed())
            #expect(answers.map(\.status) == [status, 200])
            #expect(answers.first?.body.contains(text) == true, "\(answers)")
        }
    }

    @Test("who is nobody is refused on each road, and each refusal is on record once")
    func refusals() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let before = server.city.metrics.refusalCount
                for count in 1...3 {
                    // The first finds out what the handshake has established; the others need not.
                    let reply = try await client.get(PromptTests.path)
                    #expect(reply.status == 401)
                    #expect(reply.header("www-authenticate")?.hasPrefix("Basic") == true)
                    #expect(reply.header("strict-transport-security") != nil)
                    #expect(server.city.metrics.refusalCount == before + count)
                }
            }
        }
    }

    @Test("a device is let in as long as it stands")
    func device() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(
                server, keyPEM: server.air.keyPEM, certificatePEM: server.air.certificatePEM
            ) { client in
                let first = try await client.get(PromptTests.path)
                let second = try await client.get(PromptTests.path)
                #expect(first.status == second.status && first.body == second.body)
                _ = try await server.city.setStatus(
                    .suspended, of: DeviceID("air-1"), reason: "test", by: .service("test")
                ).get()
                let third = try await client.get(PromptTests.path)
                #expect(third.status == 403)
                #expect(try third.string(["code"]) == "deviceSuspended")
            }
        }
    }

    @Test("a connection whose prompt answers were taken is closed when nothing more is asked")
    func idle() async throws {
        var limits = HTTPLimits()
        // Long enough for a slow machine to get the request across.
        limits.idle = .seconds(3)
        try await TestServer.run(limits: limits) { server in
            let connection = try await RawConnection.laboratory(server)
            connection.send(PromptTests.request(PromptTests.path))
            #expect(PromptTests.answers(in: try await connection.untilClosed()).map(\.status) == [200])
        }
    }

    @Test("who asks and asks and reads no answer is disconnected")
    func unread() async throws {
        var limits = HTTPLimits()
        limits.answer = .milliseconds(300)
        try await TestServer.run(limits: limits) { server in
            let connection = try await RawConnection.laboratory(server, isReading: false)
            connection.send(String(repeating: PromptTests.request(PromptTests.path), count: 50_000))
            _ = try await connection.untilClosed()
            try await TestClient.laboratory(server) { client in
                let reply = try await client.get(PromptTests.path)
                #expect(reply.status == 200)
            }
        }
    }
}
