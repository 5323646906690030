import CityIdentity
import CityModel
import CityPath
import NIOHTTP1
import Testing

@Suite("Operators who go")
struct OperatorTests {
    private static func status(
        _ client: TestClient, _ headers: [String: String] = [:]
    ) async throws -> Int { try await client.get("/api/v1/status", headers).status }

    private static func remove(_ name: String, _ client: TestClient, _ headers: [String: String] = [:]) async throws
        -> Int
    { try await client.send(.DELETE, "/api/v1/operators/\(name)", headers).status }

    @Test("an account that is removed ends its sessions, its passwords and its certificate")
    func removed() async throws {
        try await TestServer.run { server in
            let certificate = try await server.city.issueOperatorCertificate(
                to: "otto", agency: "city", validityDays: 30, with: server.certificates.authority, by: .service("test")
            ).get()
            try await TestClient.guarded(server) { client in
                _ = try await client.session("otto")
                try await TestClient.guarded(
                    server, keyPEM: certificate.keyPEM, certificatePEM: certificate.certificatePEM
                ) { machine in
                    let before = (try await OperatorTests.status(client), try await OperatorTests.status(machine))
                    #expect(before == (200, 200))
                    try await TestClient.admin(server) { admin in
                        let removals = [
                            try await OperatorTests.remove("otto", admin),
                            try await OperatorTests.remove("otto", admin),
                        ]
                        #expect(removals == [204, 404])
                        let left = try await admin.get("/api/v1/operators").body
                        #expect(!left.contains("otto"))
                    }
                    let after = (try await OperatorTests.status(client), try await OperatorTests.status(machine))
                    #expect(after == (401, 401))
                }
            }
            try await TestClient.guarded(server) { client in
                let status = try await OperatorTests.status(client, basic("otto"))
                #expect(status == 401)
            }
        }
    }

    @Test("auditors remove nobody")
    func auditors() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let status = try await OperatorTests.remove("anna", client, basic("otto"))
                #expect(status == 403)
                let anna = try await OperatorTests.status(client, basic("anna"))
                #expect(anna == 200)
            }
        }
    }
}
