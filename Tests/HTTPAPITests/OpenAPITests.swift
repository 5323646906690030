import CityIdentity
import CityModel
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
                    devices: .none, logger: Logger(label: "test")
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

    @Test("the JSON says what the YAML says")
    func forms() async throws {
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
