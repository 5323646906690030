import CityIdentity
import CityModel
import CityPath
import Foundation
import JSONBytes
import NIOHTTP1
import Testing
import TransparencyLog

@Suite("The platform's own API")
struct PlatformTests {
    static let history = "/api/v1/entities/\(TestServer.airEntity)/history"

    @Test("health needs no identity, and tells no more than is needed")
    func health() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                #expect(try await client.get("/livez").body == "ok\n")
                #expect(try await client.get("/readyz").body == "{\"ready\":true,\"problems\":[]}")
                let metrics = try await client.get("/metrics")
                #expect(metrics.body.contains("\nbastide_devices{status=\"active\"} 2\n"))
                server.city.close()
                let reply = try await client.get("/readyz")
                #expect(reply.status == 503)
                #expect(!reply.body.contains("/tmp"))
            }
        }
    }

    @Test("a device is enrolled, posts readings with its own certificate, and has them proved")
    func enrolment() async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let type = server.air.record.deviceType
                let body =
                    "{\"id\":\"air-2\",\"deviceType\":\"\(type)\",\"location\":{\"longitude\":8,\"latitude\":47}}"
                let reply = try await admin.post("/api/v1/devices", json: body)
                #expect(reply.status == 201)
                #expect(reply.header("location") == "/api/v1/devices/air-2")
                #expect(try await admin.post("/api/v1/devices", json: body).status == 409)
                let (key, certificate) = (try reply.string(["keyPEM"]), try reply.string(["certificatePEM"]))
                try await TestClient.guarded(server, keyPEM: key, certificatePEM: certificate) { device in
                    let readings = "/api/v1/devices/air-2/readings"
                    let reply = try await device.post(readings, json: "{\"no2\":12.5}")
                    #expect(reply.status == 204)
                    #expect(try await device.post(readings, json: "{\"unheard\":1}").status == 422)
                    #expect(try await device.post(readings, json: "{\"no2\":\"much\"}").status == 400)
                }
                let entity = "urn:ngsi-ld:AirQualityObserved:air-2"
                let proof = try await admin.get("/api/v1/ledger/proof?entity=\(entity)&attribute=no2")
                let nested = try JSONDecoder().decode(NestedProof.self, from: Data(proof.body.utf8))
                let trusted = try await admin.get("/api/v1/ledger/key").body.trimmingCharacters(in: .newlines)
                _ = try nested.verify(trustedKey: try NoteVerifier(trusted))
                let gone = try await admin.get(
                    "/api/v1/ledger/proof?entity=\(entity)&attribute=no2&observedAt=2020-01-01T00:00:00Z")
                #expect(gone.status == 404)
            }
        }
    }

    @Test(
        "enrolment says what is wrong with a request",
        arguments: [
            "{}", "{\"id\":\"a b\"}", "{\"id\":7}", "{\"id\":\"x\",\"deviceType\":\"nothing\"}",
            "{\"id\":\"x\",\"location\":{\"longitude\":200,\"latitude\":0}}", "{\"id\":\"x\",\"typo\":1}", "[]", "{",
        ])
    func wrongEnrolment(body: String) async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let reply = try await admin.post("/api/v1/devices", json: body)
                #expect(reply.status == 400)
                #expect(try reply.string(["code"]) == "malformedPayload")
            }
        }
    }

    @Test("a session changes things only with its token")
    func token() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("anna")
                let path = "/api/v1/devices/air-1/suspend"
                #expect(try await client.post(path, json: "{}").status == 403)
                #expect(
                    try await client.post(path, json: "{}", ["x-csrf-token": String(token.reversed())]).status == 403)
                #expect(server.city.views.registry.device(DeviceID("air-1"))?.status == .active)
                let reply = try await client.post(path, json: "{\"reason\":\"vandalised\"}", ["x-csrf-token": token])
                #expect(try reply.string(["status"]) == "suspended")
                #expect(try reply.string(["statusReason"]) == "vandalised")
            }
        }
    }

    @Test(
        "what is not there is 404",
        arguments: [
            "/api/v1/devices/nobody", "/api/v1/nothing", "/api/v1/entities/urn:x:y/history?attribute=z",
            "/api/v1/ledger/proof?entity=urn:x:y&attribute=z",
        ])
    func missing(path: String) async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let reply = try await admin.get(path)
                #expect(reply.status == 404)
                #expect(reply.header("content-type") == "application/problem+json")
            }
        }
    }

    @Test(
        "parameters that are wrong or unknown are refused",
        arguments: [
            "/api/v1/devices?status=broken", "/api/v1/devices?limit=1001", "/api/v1/alerts?severity=dire",
            "/api/v1/alerts?typo=1", "/api/v1/status?verbose=1", "/api/v1/refusals?code=none",
            "/api/v1/ledger/consistency", "/api/v1/ledger/consistency?from=0", "/api/v1/ledger/consistency?from=5&to=2",
            "/api/v1/ledger/proof?entity=urn:x:y", "/api/v1/ledger/proof?entity=a&attribute=b&observedAt=noon",
            PlatformTests.history,
            "\(PlatformTests.history)?attribute=name&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        ])
    func wrongParameters(path: String) async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let reply = try await admin.get(path)
                #expect(reply.status == 400)
            }
        }
    }

    @Test("a method that a path does not have is 405, with those that it has")
    func wrongMethod() async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let reply = try await admin.send(.DELETE, "/api/v1/devices/air-1")
                #expect(reply.status == 405)
                #expect(reply.header("allow") == "GET, HEAD")
                let entity = try await admin.send(.POST, "/ngsi-ld/v1/entities/\(TestServer.airEntity)")
                #expect(entity.header("allow") == "DELETE, GET, HEAD, PATCH, PUT")
                #expect(try await admin.send(.HEAD, "/api/v1/devices/air-1").status == 200)
            }
        }
    }

    @Test("history and proof of a personal attribute need a purpose")
    func purpose() async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { laboratory in
                let body = "{\"vehiclePlate\":{\"value\":\"ZH 123\"}}"
                let path = "/ngsi-ld/v1/entities/\(TestServer.carEntity)/attrs"
                let reply = try await laboratory.post(path, json: body)
                #expect(reply.status == 204)
            }
            try await TestClient.guarded(server) { client in
                for path in [
                    "/api/v1/ledger/proof?entity=\(TestServer.carEntity)&attribute=vehiclePlate",
                    "/api/v1/entities/\(TestServer.carEntity)/history?attribute=vehiclePlate",
                ] {
                    let reply = try await client.get(path, basic("anna"))
                    #expect(reply.status == 403)
                    #expect(try reply.string(["detail"]).contains("Bastide-Purpose"))
                    let stated = try await client.get("\(path)&purpose=legal-request:%20case%207", basic("anna"))
                    #expect(stated.status == 200)
                }
            }
        }
    }

    @Test("the ledger proves that it has only grown")
    func consistency() async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let json = try await admin.get("/api/v1/ledger/consistency?from=1").json()
                let hashes = try json.array(at: ["proof"]).map { try #require(Digest(base64: try $0.string())) }
                let size = UInt64(try json.integer(at: ["to"]))
                let proof = ConsistencyProof(oldSize: 1, newSize: size, hashes: hashes)
                try proof.verify(
                    oldRootHash: try #require(Digest(base64: try json.string(at: ["fromRoot"]))),
                    newRootHash: try #require(Digest(base64: try json.string(at: ["toRoot"]))))
            }
        }
    }

    @Test("accounts are made by operators, with a password the city can make")
    func operators() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let body = "{\"name\":\"nora\",\"role\":\"auditor\"}"
                #expect(try await client.post("/api/v1/operators", json: body, basic("otto")).status == 403)
                let reply = try await client.post("/api/v1/operators", json: body, basic("anna"))
                #expect(reply.status == 201)
                let password = try reply.string(["password"])
                #expect(try await client.get("/api/v1/operators", basic("nora", password)).body.contains("\"nora\""))
                for wrong in [
                    "{\"name\":\"a b\",\"role\":\"auditor\"}", "{\"name\":\"x\",\"role\":\"king\"}",
                    "{\"name\":\"x\",\"role\":\"auditor\",\"password\":\"short\"}",
                ] {
                    #expect(try await client.post("/api/v1/operators", json: wrong, basic("anna")).status == 400)
                }
                let missing = try await client.post("/api/v1/operators/nobody/certificate", json: "{}", basic("anna"))
                #expect(missing.status == 404)
            }
        }
    }

    @Test("an alert that is not there cannot be acknowledged", arguments: ["7", "x", "-1", "99999999999999999999"])
    func unknownAlert(id: String) async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let reply = try await admin.post("/api/v1/alerts/\(id)/acknowledge", json: "{}")
                #expect(reply.status == 404)
            }
        }
    }
}
