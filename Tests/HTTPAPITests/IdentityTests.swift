import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import NIOCore
import PKI
import Testing

@Suite("Who asks")
struct IdentityTests {
    @Test("an API without identity answers 401 with a challenge, and the refusal is on record")
    func anonymous() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let before = server.city.metrics.refusalCount
                let reply = try await client.get("/api/v1/status")
                #expect(reply.status == 401)
                #expect(reply.header("content-type") == "application/problem+json")
                #expect(reply.header("www-authenticate")?.hasPrefix("Basic ") == true)
                #expect(try reply.string(["code"]) == "notIdentified")
                #expect(try reply.string(["step"]) == "identify")
                #expect(server.city.metrics.refusalCount == before + 1)
                let browser = try await client.get("/api/v1/status", ["sec-fetch-mode": "cors"])
                #expect(browser.header("www-authenticate")?.hasPrefix("Cookie ") == true)
            }
        }
    }

    @Test("a name and password are enough for a program", arguments: [("anna", 200), ("otto", 200), ("nobody", 401)])
    func basicCredentials(name: String, status: Int) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.get("/api/v1/status", basic(name))
                #expect(reply.status == status)
            }
        }
    }

    @Test(
        "a malformed Authorization header is nobody's",
        arguments: ["Basic", "Basic !!!", "Basic YW5uYQ==", "Bearer abc", "Basic //8="])
    func malformedBasic(header: String) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.get("/api/v1/status", ["authorization": header])
                #expect(reply.status == 401)
            }
        }
    }

    @Test("a device writes with its certificate, and reads nothing")
    func device() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server, keyPEM: server.air.keyPEM, certificatePEM: server.air.certificatePEM) {
                client in
                #expect(try await client.post("/api/v1/devices/air-1/readings", json: "{\"no2\":12.5}").status == 204)
                let read = try await client.get("/ngsi-ld/v1/entities/\(TestServer.airEntity)")
                #expect(read.status == 403)
                #expect(try read.string(["code"]) == "notPermitted")
                let other = try await client.post("/api/v1/devices/loop-1/readings", json: "{\"intensity\":1}")
                #expect(other.status == 403)
                #expect(try other.string(["code"]) == "topicNotOwn")
            }
        }
    }

    @Test("suspending a device holds for its next request on the same connection")
    func suspension() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server, keyPEM: server.air.keyPEM, certificatePEM: server.air.certificatePEM) {
                client in
                #expect(try await client.post("/api/v1/devices/air-1/readings", json: "{\"no2\":12.5}").status == 204)
                _ = try await server.city.setStatus(
                    .suspended, of: DeviceID("air-1"), reason: "test", by: .service("test")
                ).get()
                let reply = try await client.post("/api/v1/devices/air-1/readings", json: "{\"no2\":12.5}")
                #expect(reply.status == 403)
                #expect(try reply.string(["code"]) == "deviceSuspended")
            }
        }
    }

    @Test("a certificate of another authority is refused with the reason, whatever else is sent along")
    func foreignCertificate() async throws {
        try await TestServer.run { server in
            let stranger = try CertificateAuthority.create(
                organisation: "Strangers", domain: TestServer.domain, now: Date()
            ).authority
            let key = SigningKey()
            let certificate = try stranger.issueDevice(
                try SPIFFEID.device("air-1", agency: "city", trustDomain: TestServer.domain), publicKey: key.publicKey,
                validity: .seconds(86_400), now: Date())
            try await TestClient.guarded(server, keyPEM: key.pem, certificatePEM: certificate.pem) { client in
                let reply = try await client.get("/api/v1/status", basic("anna"))
                #expect(reply.status == 403)
                #expect(try reply.string(["code"]) == "certificateUntrusted")
            }
        }
    }

    @Test("a certificate that ends during a connection ends with it")
    func certificateEnds() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server, keyPEM: server.air.keyPEM, certificatePEM: server.air.certificatePEM) {
                client in
                #expect(try await client.post("/api/v1/devices/air-1/readings", json: "{\"no2\":1}").status == 204)
                server.clock.advance(by: .seconds(400 * 86_400))
                let reply = try await client.post("/api/v1/devices/air-1/readings", json: "{\"no2\":1}")
                #expect(try reply.string(["code"]) == "certificateExpired")
            }
        }
    }

    @Test("an operator's certificate stands for the person")
    func operatorCertificate() async throws {
        try await TestServer.run { server in
            let issued = try await server.city.issueOperatorCertificate(
                to: "otto", agency: "city", validityDays: 1, with: server.certificates.authority, by: .service("test")
            ).get()
            try await TestClient.guarded(server, keyPEM: issued.keyPEM, certificatePEM: issued.certificatePEM) {
                client in
                #expect(try await client.get("/").status == 200)
                let reply = try await client.post("/api/v1/devices/air-1/suspend", json: "{}")
                #expect(reply.status == 403)
                #expect(try reply.string(["code"]) == "notPermitted")
            }
        }
    }

    @Test("the city's own socket needs no credentials, and no one else may open it")
    func socket() async throws {
        try await TestServer.run { server in
            let facts = try FileManager.default.attributesOfItem(atPath: server.directory.socket)
            #expect(facts[.posixPermissions] as? Int == 0o600)
            try await TestClient.admin(server) { client in
                let reply = try await client.get("/api/v1/status")
                #expect(reply.status == 200)
                #expect(try reply.string(["version"]) == "1.2.3")
            }
        }
    }

    @Test("the laboratory reads entities, and runs nothing")
    func laboratory() async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { client in
                let entity = try await client.get("/ngsi-ld/v1/entities/\(TestServer.airEntity)")
                #expect(entity.status == 200)
                #expect(try await client.post("/api/v1/devices/air-1/revoke", json: "{}").status == 403)
                #expect(try await client.get("/api/v1/devices").status == 403)
            }
        }
    }

    /// An address of this machine that is not loopback; nil where there is none.
    private static let outsideAddress: String? = {
        let devices = (try? System.enumerateDevices()) ?? []
        let addresses = devices.compactMap(\.address).filter { $0.protocol == .inet }.compactMap(\.ipAddress)
        return addresses.first { !$0.hasPrefix("127.") }
    }()

    @Test("metrics are for this machine, and for those who may read operations", .enabled(if: outsideAddress != nil))
    func metrics() async throws {
        let address = try #require(IdentityTests.outsideAddress)
        try await TestServer.run(host: "0.0.0.0") { server in
            try await TestClient.guarded(server, host: address) { client in
                let nobody = try await client.get("/metrics")
                let auditor = try await client.get("/metrics", basic("otto"))
                #expect(nobody.status == 401)
                #expect(auditor.status == 200)
            }
            let (key, certificate) = (server.air.keyPEM, server.air.certificatePEM)
            try await TestClient.guarded(server, keyPEM: key, certificatePEM: certificate, host: address) { client in
                let reply = try await client.get("/metrics")
                #expect(reply.status == 403)
                #expect(try reply.string(["code"]) == "notPermitted")
            }
        }
    }

    @Test("a page that makes its own name resolve to this machine reaches no laboratory")
    func rebinding() async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { client in
                let reply = try await client.get(
                    "/ngsi-ld/v1/entities/\(TestServer.airEntity)", ["host": "evil.example:8080"])
                #expect(reply.status == 403)
            }
        }
    }

    @Test(
        "a change that another site makes a browser send is refused",
        arguments: [["origin": "https://evil.example"], ["sec-fetch-site": "cross-site"], ["origin": "null"]])
    func crossSite(headers: [String: String]) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.post(
                    "/api/v1/devices/air-1/suspend", json: "{}", basic("anna").merging(headers) { $1 })
                #expect(reply.status == 403)
                #expect(server.city.views.registry.device(DeviceID("air-1"))?.status == .active)
            }
        }
    }
}
