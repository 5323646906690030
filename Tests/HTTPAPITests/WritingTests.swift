import CityContext
import CityModel
import CityPath
import JSONBytes
import NIOHTTP1
import Testing

@Suite("NGSI-LD: writing")
struct WritingTests {
    private static let path = "/ngsi-ld/v1/entities/\(TestServer.airEntity)"

    private static func run(_ body: @escaping @Sendable (TestServer, TestClient) async throws -> Void) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server, keyPEM: server.air.keyPEM, certificatePEM: server.air.certificatePEM) {
                client in try await body(server, client)
            }
        }
    }

    @Test("204 means durable: what was written is there")
    func write() async throws {
        try await WritingTests.run { server, client in
            let reply = try await client.post("\(WritingTests.path)/attrs", json: "{\"no2\":{\"value\":33}}")
            #expect(reply.status == 204)
            let value = server.city.views.twin.entity(EntityID(TestServer.airEntity))?["no2"]?.current.value
            #expect(value == .number(33))
        }
    }

    @Test("an update writes what is there and names what is not (CIM 009 §5.6.2)")
    func update() async throws {
        try await WritingTests.run { _, client in
            #expect(try await client.post("\(WritingTests.path)/attrs", json: "{\"no2\":{\"value\":33}}").status == 204)
            let reply = try await client.send(
                .PATCH, "\(WritingTests.path)/attrs", ["content-type": "application/json"],
                "{\"no2\":{\"value\":34},\"o3\":{\"value\":1}}")
            #expect(reply.status == 207)
            #expect(try reply.json().array(at: ["updated"]) == ["no2"])
            #expect(try reply.string(["notUpdated", 0, "attributeName"]) == "o3")
            let kept = try await client.post(
                "\(WritingTests.path)/attrs?options=noOverwrite", json: "{\"no2\":{\"value\":35}}")
            #expect(kept.status == 207)
        }
    }

    @Test("a JSON-LD body brings its @context, a JSON body has none (CIM 009 §6.3.5)")
    func context() async throws {
        try await WritingTests.run { _, client in
            let context = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
            let body = "{\"@context\":\"\(context)\",\"no2\":{\"value\":3}}"
            let path = "\(WritingTests.path)/attrs"
            let reply = try await client.post(path, json: body, ["content-type": "application/ld+json"])
            #expect(reply.status == 204)
            #expect(try await client.post(path, json: body).status == 400)
            #expect(
                try await client.post(path, json: "{\"no2\":{\"value\":3}}", ["content-type": "application/ld+json"])
                    .status == 400)
        }
    }

    @Test(
        "what cannot be kept is refused, and nothing of it is kept",
        arguments: [
            ("{\"no2\":{\"value\":3,\"observedAt\":\"yesterday\"}}", 400, "BadRequestData"),
            ("{\"no2\":{\"value\":3,\"observedAt\":\"2999-01-01T00:00:00Z\"}}", 400, "BadRequestData"),
            ("{\"no2\":{\"value\":-1}}", 400, "BadRequestData"),
            ("{\"no2\":{\"value\":3,\"unitCode\":\"CEL\"}}", 400, "BadRequestData"),
            ("{\"no2\":{\"type\":\"LanguageProperty\",\"languageMap\":{\"en\":\"x\"}}}", 422, "OperationNotSupported"),
            ("{}", 400, "BadRequestData"), ("[]", 400, "BadRequestData"), ("{\"no2\":", 400, "InvalidRequest"),
            ("", 400, "InvalidRequest"),
        ])
    func wrong(body: String, status: Int, type: String) async throws {
        try await WritingTests.run { server, client in
            let before = server.city.metrics.observationCount
            let reply = try await client.post("\(WritingTests.path)/attrs", json: body)
            #expect(reply.status == status)
            #expect(try reply.string(["type"]) == "https://uri.etsi.org/ngsi-ld/errors/\(type)")
            #expect(server.city.metrics.observationCount == before)
        }
    }

    @Test("another's entity, an unknown entity and a foreign media type are told apart")
    func elsewhere() async throws {
        try await WritingTests.run { _, client in
            let body = "{\"intensity\":{\"value\":3}}"
            let other = try await client.post("/ngsi-ld/v1/entities/\(TestServer.carEntity)/attrs", json: body)
            #expect(other.status == 403)
            #expect(try other.string(["code"]) == "entityNotOwn")
            let text = try await client.post("\(WritingTests.path)/attrs", json: body, ["content-type": "text/plain"])
            #expect(text.status == 415)
        }
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { client in
                let reply = try await client.post(
                    "/ngsi-ld/v1/entities/urn:ngsi-ld:Nothing:1/attrs", json: "{\"a\":{\"value\":3}}")
                #expect(reply.status == 404)
            }
        }
    }

    @Test("a body beyond the limit is refused, announced or not")
    func tooLarge() async throws {
        try await TestServer.run(maximumBodyBytes: 2_048) { server in
            try await TestClient.laboratory(server) { client in
                let body = "{\"no2\":{\"value\":3},\"x\":{\"value\":\"\(String(repeating: "x", count: 4_000))\"}}"
                let reply = try await client.post("\(WritingTests.path)/attrs", json: body)
                #expect(reply.status == 413)
                #expect(try reply.string(["code"]) == "tooLarge")
                let path = "\(WritingTests.path)/attrs"
                #expect(try await client.post(path, json: "{\"no2\":{\"value\":3}}").status == 204)
            }
        }
    }

    @Test("what is written to another tenant is not written here (CIM 009 §6.3.14)")
    func tenant() async throws {
        try await WritingTests.run { server, client in
            let before = server.city.metrics.observationCount
            for (method, path) in [(HTTPMethod.POST, "/attrs"), (.PATCH, "/attrs"), (.PATCH, "")] {
                let reply = try await client.send(
                    method, WritingTests.path + path,
                    ["content-type": "application/json", "NGSILD-Tenant": "elsewhere"], "{\"no2\":{\"value\":3}}")
                #expect(reply.status == 404)
                #expect(try reply.string(["type"]).hasSuffix("NonexistentTenant"))
            }
            #expect(server.city.metrics.observationCount == before)
        }
    }

    @Test("people do not write entities")
    func people() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.post(
                    "\(WritingTests.path)/attrs", json: "{\"no2\":{\"value\":3}}", basic("anna"))
                #expect(reply.status == 403)
            }
        }
    }
}
