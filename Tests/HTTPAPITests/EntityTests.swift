import CityModel
import Foundation
import JSONBytes
import NIOHTTP1
import Testing

@Suite("NGSI-LD: entities")
struct EntityTests {
    private static let path = "/ngsi-ld/v1/entities/\(TestServer.airEntity)"

    /// A server where the two entities have something to say; the car's plate is personal.
    private static func run(_ body: @escaping @Sendable (TestServer, TestClient) async throws -> Void) async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { laboratory in
                let air = "{\"no2\":{\"type\":\"Property\",\"value\":40,\"unitCode\":\"GQ\"},\"pm10\":{\"value\":21.5}}"
                let first = try await laboratory.post("\(path)/attrs", json: air)
                #expect(first.status == 204)
                let car = "{\"vehiclePlate\":{\"value\":\"ZH 123\"},\"intensity\":{\"value\":12}}"
                #expect(
                    try await laboratory.post("/ngsi-ld/v1/entities/\(TestServer.carEntity)/attrs", json: car).status
                        == 204)
            }
            try await TestClient.guarded(server) { client in try await body(server, client) }
        }
    }

    @Test("an entity is given normalized, with its @context in a Link header (CIM 009 §6.3.5)")
    func normalized() async throws {
        try await EntityTests.run { _, client in
            let reply = try await client.get(EntityTests.path, basic("anna"))
            #expect(reply.status == 200)
            #expect(reply.header("content-type") == "application/json")
            #expect(reply.header("link")?.contains("rel=\"http://www.w3.org/ns/json-ld#context\"") == true)
            #expect(try reply.string(["no2", "type"]) == "Property")
            #expect(try reply.string(["no2", "unitCode"]) == "GQ")
            #expect(try reply.json().double(at: ["pm10", "value"]) == 21.5)
            #expect(try reply.string(["location", "value", "type"]) == "Point")
        }
    }

    @Test("values alone, or without what follows from the rest (CIM 009 §4.5)")
    func representations() async throws {
        try await EntityTests.run { _, client in
            let values = try await client.get("\(EntityTests.path)?options=keyValues&attrs=no2", basic("anna"))
            #expect(try values.json().double(at: ["no2"]) == 40)
            #expect(try values.json()[["pm10"]] == nil)
            let concise = try await client.get("\(EntityTests.path)?format=concise", basic("anna"))
            #expect(try concise.json()[["no2", "type"]] == nil)
            #expect(try concise.json().double(at: ["no2", "value"]) == 40)
        }
    }

    @Test("as JSON-LD the @context is in the body")
    func jsonLD() async throws {
        try await EntityTests.run { _, client in
            let accept = ["accept": "application/ld+json;q=0.9, text/html;q=0.1"]
            let reply = try await client.get(EntityTests.path, basic("anna").merging(accept) { $1 })
            #expect(reply.header("content-type") == "application/ld+json")
            #expect(reply.header("link") == nil)
            #expect(try reply.string(["@context"]).hasPrefix("https://uri.etsi.org/ngsi-ld/"))
        }
    }

    @Test(
        "what nobody here can write is 406", arguments: ["text/html", "application/xml", "application/json;q=0"])
    func notAcceptable(accept: String) async throws {
        try await EntityTests.run { _, client in
            let reply = try await client.get(EntityTests.path, basic("anna").merging(["accept": accept]) { $1 })
            #expect(reply.status == 406)
        }
    }

    @Test(
        "a request that is wrong says what is wrong with it",
        arguments: [
            ("/urn:ngsi-ld:Nothing:1", 404, "ResourceNotFound"), ("/no-uri", 400, "BadRequestData"),
            ("", 400, "BadRequestData"), ("?q=no2%3E", 400, "BadRequestData"),
            ("?q=no2%3E%3E1", 400, "BadRequestData"), ("?type=A;B", 400, "BadRequestData"),
            ("?idPattern=%28", 400, "BadRequestData"), ("?type=X&limit=0", 400, "BadRequestData"),
            ("?type=X&limit=-1", 400, "BadRequestData"), ("?type=X&limit=1001", 403, "TooManyResults"),
            ("?type=X&options=pretty", 400, "InvalidRequest"), ("?type=X&typo=1", 400, "InvalidRequest"),
            ("?type=X&type=Y", 400, "InvalidRequest"), ("?type=%FF", 400, "InvalidRequest"),
            ("?type=X&georel=near", 400, "BadRequestData"), ("?type=X&scopeQ=A", 400, "BadRequestData"),
            ("?type=X&pick=a&omit=a", 400, "BadRequestData"), ("?type=X&orderBy=a;up", 400, "BadRequestData"),
            ("?type=X&join=inline&joinLevel=0", 400, "BadRequestData"),
            ("?type=X&geometryProperty=a", 400, "BadRequestData"),
            ("?q=createdAt%3E2020-01-01T00:00:00Z", 400, "BadRequestData"),
            ("/\(TestServer.airEntity)?attrs=nothing", 404, "ResourceNotFound"),
        ])
    func wrong(query: String, status: Int, type: String) async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { client in
                let reply = try await client.get("/ngsi-ld/v1/entities\(query)")
                #expect(reply.status == status)
                #expect(reply.header("content-type") == "application/json")
                #expect(try reply.string(["type"]) == "https://uri.etsi.org/ngsi-ld/errors/\(type)")
                #expect(try !reply.string(["detail"]).isEmpty)
            }
        }
    }

    @Test("a tenant is there when something was created for it (CIM 009 §6.3.14)")
    func tenants() async throws {
        try await EntityTests.run { _, client in
            let reply = try await client.get(EntityTests.path, basic("anna").merging(["NGSILD-Tenant": "x"]) { $1 })
            #expect(reply.status == 404)
            #expect(try reply.string(["type"]).hasSuffix("NonexistentTenant"))
        }
    }

    @Test("a query chooses, counts and pages (CIM 009 §6.3.10, §6.3.13)")
    func query() async throws {
        try await EntityTests.run { _, client in
            let all = try await client.get("/ngsi-ld/v1/entities?local=true&count=true&limit=1", basic("anna"))
            #expect(all.header("ngsild-results-count") == "2")
            #expect(try all.json().array().count == 1)
            let next = try #require(all.headers["link"].first { $0.contains("rel=\"next\"") })
            let path = String(next.dropFirst().prefix { $0 != ">" })
            let second = try await client.get(path, basic("anna"))
            #expect(try second.json().array().count == 1)
            #expect(second.headers["link"].contains { $0.contains("rel=\"prev\"") })
            #expect(!second.headers["link"].contains { $0.contains("rel=\"next\"") })
            #expect(second.body != all.body)
            let high = try await client.get("/ngsi-ld/v1/entities?q=no2%3E39", basic("anna"))
            #expect(try high.json().array().count == 1)
            let none = try await client.get("/ngsi-ld/v1/entities?q=no2%3E41", basic("anna"))
            #expect(none.body == "[]")
            let counted = try await client.get("/ngsi-ld/v1/entities?local=true&count=true&limit=0", basic("anna"))
            #expect(counted.body == "[]")
            #expect(counted.header("ngsild-results-count") == "2")
        }
    }

    @Test("personal attributes are given to those alone who say why")
    func redaction() async throws {
        try await EntityTests.run { _, client in
            let path = "/ngsi-ld/v1/entities/\(TestServer.carEntity)"
            let unstated = try await client.get(path, basic("anna"))
            #expect(!unstated.body.contains("ZH 123"))
            let stated = basic("anna").merging(["Bastide-Purpose": "legal-request: stolen car, case 7"]) { $1 }
            #expect(try await client.get(path, stated).body.contains("ZH 123"))
            let parameter = try await client.get("\(path)?purpose=legal-request:%20case%207", basic("anna"))
            #expect(parameter.body.contains("ZH 123"))
            let unknown = try await client.get("\(path)?purpose=curiosity", basic("anna"))
            #expect(unknown.status == 403)
            #expect(try unknown.string(["code"]) == "purposeUnknown")
            #expect(
                try await !client.get("/ngsi-ld/v1/temporal/entities/\(TestServer.carEntity)", basic("anna")).body
                    .contains("ZH"))
        }
    }

    @Test("what may not be read takes no part in a query: its answer would tell it")
    func hiddenQuery() async throws {
        try await EntityTests.run { _, client in
            let query = "/ngsi-ld/v1/entities?q=vehiclePlate==%22ZH%20123%22"
            let unstated = try await client.get(query, basic("anna"))
            #expect(unstated.body == "[]")
            #expect(try await client.get("\(query)&purpose=legal-request:%20case%207", basic("anna")).body != "[]")
        }
    }

    @Test("types and attributes are listed (CIM 009 §5.7.5 to §5.7.10)")
    func types() async throws {
        try await EntityTests.run { _, client in
            let list = try await client.get("/ngsi-ld/v1/types", basic("anna"))
            #expect(try list.json().array(at: ["typeList"]).contains("AirQualityObserved"))
            let type = try await client.get("/ngsi-ld/v1/types/AirQualityObserved", basic("anna"))
            #expect(try type.json().integer(at: ["entityCount"]) == 1)
            #expect(try await client.get("/ngsi-ld/v1/types/Nothing", basic("anna")).status == 404)
            #expect(try type.string(["type"]) == "EntityTypeInfo")
            let attribute = try await client.get("/ngsi-ld/v1/attributes/no2", basic("anna"))
            #expect(try attribute.json().array(at: ["typeNames"]) == ["AirQualityObserved"])
        }
    }

    @Test(
        "types and attributes are found by the ids that lists give (CIM 009 §5.7.6, §5.7.9)",
        arguments: ["types", "attributes"])
    func typesByIRI(collection: String) async throws {
        try await EntityTests.run { _, client in
            let list = try await client.get("/ngsi-ld/v1/\(collection)?details=true", basic("anna")).json().array()
            #expect(!list.isEmpty)
            for entry in list {
                let id = try entry.string(at: ["id"])
                let escaped = try #require(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let one = try await client.get("/ngsi-ld/v1/\(collection)/\(escaped)", basic("anna"))
                #expect(one.status == 200, "\(id)")
                #expect(try one.string(["id"]) == id)
            }
        }
    }

    @Test("a query that takes too much work is refused, and its thread is free again")
    func costlyQuery() async throws {
        try await EntityTests.run { server, client in
            try await TestClient.laboratory(server) { laboratory in
                let text = "{\"note\":{\"value\":\"\(String(repeating: "x", count: 20_000))\"}}"
                let reply = try await laboratory.post("\(EntityTests.path)/attrs", json: text)
                #expect(reply.status == 204)
            }
            let query = Array(repeating: "note!~=(.%3F)%7B250%7D@@", count: 128).joined(separator: ";")
            let reply = try await client.get("/ngsi-ld/v1/entities?q=\(query)", basic("anna"))
            #expect(reply.status == 403)
            #expect(try reply.string(["type"]).hasSuffix("TooComplexQuery"))
        }
    }

    @Test("history is given in full or as pairs, and the latest alone (CIM 009 §4.5.9, §4.11)")
    func history() async throws {
        try await EntityTests.run { server, client in
            try await TestClient.laboratory(server) { laboratory in
                let later = "{\"no2\":{\"value\":50,\"unitCode\":\"GQ\"}}"
                let reply = try await laboratory.send(
                    .PATCH, EntityTests.path, ["content-type": "application/json"], later)
                #expect(reply.status == 204)
            }
            let path = "/ngsi-ld/v1/temporal/entities/\(TestServer.airEntity)?attrs=no2"
            let full = try await client.get(path, basic("anna"))
            #expect(try full.json().array(at: ["no2"]).count == 2)
            let last = try await client.get("\(path)&lastN=1&options=temporalValues", basic("anna"))
            #expect(try last.json().double(at: ["no2", "values", 0, 0]) == 50)
            #expect(try last.json().array(at: ["no2", "values"]).count == 1)
            let before = try await client.get("\(path)&timerel=before&timeAt=2020-01-01T00:00:00Z", basic("anna"))
            #expect(before.status == 200)
            #expect(try before.json()[["no2"]] == nil)
            for wrong in [
                "timerel=before", "timeAt=2020-01-01T00:00:00Z", "timerel=before&timeAt=yesterday", "lastN=0",
            ] {
                #expect(try await client.get("\(path)&\(wrong)", basic("anna")).status == 400)
            }
            #expect(try await client.get("\(path)&timeproperty=birthday", basic("anna")).status == 400)
        }
    }
}
