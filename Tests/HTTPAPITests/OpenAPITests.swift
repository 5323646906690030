import CityContext
import CityIdentity
import CityModel
import CityPath
import Foundation
import HTTPAPI
import JSONBytes
import Logging
import Testing
import Yams

@Suite("The API's document is true")
struct OpenAPITests {
    @Test("every registered route is in the document, and the reverse")
    func routes() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let face = try HTTPFace(
                    city: server.city, authority: server.certificates.authority, settings: server.settings,
                    devices: .none, egress: NoEgress(), logger: Logger(label: "test")
                ) { _ in }
                let registered = Set(
                    face.routes.map { "\($0.method) \($0.path.replacingOccurrences(of: "**", with: "{path}"))" })
                let document = try JSONValue(parsing: try await client.get("/openapi.json").body)
                var described: Set<String> = []
                for path in try document.object(at: ["paths"]).members {
                    for operation in try path.value.object().members {
                        described.insert("\(operation.name.uppercased()) \(path.name)")
                    }
                }
                #expect(registered.subtracting(described).sorted() == [])
                #expect(described.subtracting(registered).sorted() == [])
            }
        }
    }

    @Test("every parameter that an endpoint takes is in the document, and the reverse")
    func parameters() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let face = try HTTPFace(
                    city: server.city, authority: server.certificates.authority, settings: server.settings,
                    devices: .none, egress: NoEgress(), logger: Logger(label: "test")
                ) { _ in }
                let document = try await client.get("/openapi.json").json()
                for route in face.routes {
                    guard let accepted = route.parameters else { continue }
                    let operation: JSONPath = ["paths", .member(route.path), .member(route.method.lowercased())]
                    let described = try document.value(at: operation)[["parameters"]]?.array() ?? []
                    // References are to `purpose`, which all take, to headers and to parts of paths.
                    let names = described.filter { $0[["in"]] == .string("query") }.compactMap {
                        try? $0.string(at: ["name"])
                    }
                    #expect(names.sorted() == accepted.sorted(), "\(route.method) \(route.path)")
                }
            }
        }
    }

    @Test(
        "answers are what the document says, member by member",
        arguments: [
            ("/api/v1/status", "/api/v1/status"), ("/api/v1/catalogue", "/api/v1/catalogue"),
            ("/api/v1/map", "/api/v1/map"), ("/api/v1/devices", "/api/v1/devices"),
            ("/api/v1/devices/{id}", "/api/v1/devices/air-1"), ("/api/v1/alerts", "/api/v1/alerts"),
            ("/api/v1/refusals", "/api/v1/refusals"), ("/api/v1/operators", "/api/v1/operators"),
            ("/api/v1/tokens", "/api/v1/tokens"), ("/api/v1/mqtt/sessions", "/api/v1/mqtt/sessions"),
            ("/api/v1/ledger", "/api/v1/ledger"), ("/api/v1/ledger/consistency", "/api/v1/ledger/consistency?from=1"),
            ("/api/v1/ledger/proof", "/api/v1/ledger/proof?entity=\(TestServer.airEntity)&attribute=no2"),
            (
                "/api/v1/entities/{id}/history",
                "/api/v1/entities/\(TestServer.airEntity)/history?attribute=no2"
            ), ("/readyz", "/readyz"),
            ("/ngsi-ld/v1/entities", "/ngsi-ld/v1/entities?local=true"),
            ("/ngsi-ld/v1/entities/{id}", "/ngsi-ld/v1/entities/\(TestServer.airEntity)"),
            ("/ngsi-ld/v1/types", "/ngsi-ld/v1/types"), ("/ngsi-ld/v1/types", "/ngsi-ld/v1/types?details=true"),
            ("/ngsi-ld/v1/types/{type}", "/ngsi-ld/v1/types/AirQualityObserved"),
            ("/ngsi-ld/v1/attributes", "/ngsi-ld/v1/attributes"),
            ("/ngsi-ld/v1/attributes", "/ngsi-ld/v1/attributes?details=true"),
            ("/ngsi-ld/v1/attributes/{attribute}", "/ngsi-ld/v1/attributes/no2"),
        ])
    func shapes(path: String, request: String) async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { laboratory in
                let reply = try await laboratory.post(
                    "/ngsi-ld/v1/entities/\(TestServer.airEntity)/attrs", json: "{\"no2\":{\"value\":40}}")
                #expect(reply.status == 204)
            }
            let now = server.city.clock.now
            let alert = AlertRecord(
                id: 1, entity: EntityID(TestServer.airEntity), attribute: "no2", device: nil, kind: "spike",
                severity: .warning, text: "test", observedAt: now, raisedAt: now)
            _ = try await server.city.path.committed(events: [.alertRaised(alert)]).get() as Receipt
            try await TestClient.guarded(server) { client in
                let owner = TokenOwner(kind: .service, name: "flows")
                _ = try await server.city.issueToken(to: owner, by: .service("test"))
                // Something to list among the refusals.
                _ = try await client.get("/api/v1/status")
                let document = try await client.get("/openapi.json").json()
                let content: JSONPath = ["paths", .member(path), "get", "responses", "200", "content"]
                let schema = try document.value(at: content).value(at: ["application/json", "schema"])
                let reply = try await client.get(request, basic("anna"))
                #expect(reply.status == 200, "\(reply.body)")
                #expect(try Schema(document: document).mistakes(in: reply.json(), against: schema) == [])
            }
        }
    }

    @Test("a form that is filled in as the document says is accepted")
    func forms() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("anna")
                let document = try await client.get("/openapi.json").json()
                let form: JSONPath = [
                    "paths", "/devices/{id}/revoke", "post", "requestBody", "content",
                    "application/x-www-form-urlencoded", "schema", "properties", "understood", "const",
                ]
                let consent = try document.string(at: form)
                let fields = [("csrf", token), ("reason", "test"), ("understood", consent)]
                #expect(try await client.post("/devices/loop-1/revoke", form: fields).status == 303)
                #expect(server.city.views.registry.device(DeviceID("loop-1"))?.status == .revoked)
            }
        }
    }

    @Test("the JSON says what the YAML says")
    func yaml() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let yaml = try await client.get("/openapi.yaml")
                let json = try await client.get("/openapi.json")
                #expect(yaml.header("content-type") == "application/yaml")
                let left = try #require(try Yams.load(yaml: yaml.body) as? NSDictionary)
                let right = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.body.utf8)) as? NSDictionary)
                #expect(left["openapi"] as? String == "3.1.0")
                #expect(left.isEqual(right))
            }
        }
    }

    @Test("the document names every reason for which the city refuses")
    func codes() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let document = try await client.get("/openapi.json").json()
                let codes = try document.array(at: ["components", "schemas", "RefusalCode", "enum"])
                #expect(codes == Refusal.Code.allCases.map { .string($0.rawValue) })
            }
        }
    }
}
