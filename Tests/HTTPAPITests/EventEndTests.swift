import AsyncHTTPClient
import CityContext
import CityIdentity
import CityModel
import CityPath
import NIOCore
import NIOHTTP1
import Testing

@Suite("Who may read events may do so for as long as that is so", .timeLimit(.minutes(5)))
struct EventEndTests {
    /// Reads until the feed ends.
    private static func end(of response: HTTPClientResponse) async throws {
        for try await _ in response.body {}
    }

    @Test("a new password ends the feeds that were asked for with the old one, and no others")
    func newPassword() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let annas = try await client.open(.GET, "/api/v1/events", basic("anna"))
                let ottos = try await client.open(.GET, "/api/v1/events", basic("otto"))
                #expect(server.city.views.feed.count == 2)
                try await TestClient.admin(server) { admin in
                    let body = "{\"name\":\"otto\",\"role\":\"auditor\",\"password\":\"another-long-password\"}"
                    let reply = try await admin.post("/api/v1/operators", json: body)
                    #expect(reply.status == 200)
                }
                server.clock.advance(by: .seconds(3))
                try await EventEndTests.end(of: ottos)
                #expect(server.city.views.feed.count == 1)
                withExtendedLifetime(annas) {}
            }
        }
    }

    @Test("a certificate that runs out ends its feeds")
    func certificate() async throws {
        try await TestServer.run { server in
            let issued = try await server.city.issueOperatorCertificate(
                to: "otto", agency: "city", validityDays: 1, with: server.certificates.authority, by: .service("test")
            ).get()
            try await TestClient.guarded(server, keyPEM: issued.keyPEM, certificatePEM: issued.certificatePEM) {
                client in
                server.clock.advance(by: .seconds(86_400 - 600))
                let response = try await client.open(.GET, "/api/v1/events")
                #expect(response.status == .ok)
                server.clock.advance(by: .seconds(1_200))
                try await EventEndTests.end(of: response)
                #expect(try await client.get("/api/v1/events").status == 403)
            }
        }
    }

    @Test("a feed ends after an hour, whoever reads it, and may be asked for again")
    func lifetime() async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let response = try await admin.open(.GET, "/api/v1/events")
                server.clock.advance(by: .seconds(3_601))
                try await EventEndTests.end(of: response)
                #expect(try await admin.open(.GET, "/api/v1/events").status == .ok)
            }
        }
    }
}
