import JSONBytes
import NGSILD
import Testing

@Suite("JSON-LD contexts")
struct ContextTests {
    private static let documents: [String: String] = [
        "https://a.example/": #"{"@context":{"speed":"https://a.example/speed","ex":"https://ex.example/"}}"#,
        "https://loop.example/1": #"{"@context":"https://loop.example/2"}"#,
        "https://loop.example/2": #"{"@context":["https://loop.example/1"]}"#,
        "https://none.example/": #"{"name":1}"#,
    ]

    private func context(_ json: String) async throws -> JSONLDContext {
        try await JSONLDContext.resolving(JSONValue(parsing: json)) { url in
            guard let document = ContextTests.documents[url] else {
                throw NGSILDError(.ldContextNotAvailable, "there is nothing at \(url)")
            }
            return try JSONValue(parsing: document)
        }
    }

    @Test("terms are expanded and compacted by what a context says, and the core has the last word (§5.5.7)")
    func terms() async throws {
        let context = try await context(#"["https://a.example/",{"location":"https://evil.example/","Car":"ex:Car"}]"#)
        #expect(context.name(of: "speed") == "https://a.example/speed")
        #expect(context.term(for: "https://a.example/speed") == "speed")
        #expect(context.name(of: "Car") == "https://ex.example/Car")
        #expect(context.name(of: "ex:wheel") == "https://ex.example/wheel")
        #expect(context.term(for: "https://ex.example/wheel") == "ex:wheel")
        #expect(context.name(of: "location") == "location")
        #expect(context.name(of: "other") == "other")
        #expect(context.name(of: "https://uri.etsi.org/ngsi-ld/default-context/other") == "other")
    }

    @Test("a name of the default context whose term is another's is written so that it is read back")
    func redefined() async throws {
        let context = try await context(#"{"speed":"https://a.example/speed"}"#)
        let written = context.term(for: "speed")
        #expect(written == "ngsi-ld:default-context/speed")
        #expect(context.name(of: written) == "speed")
    }

    @Test("a vocabulary takes what no term defines")
    func vocabulary() async throws {
        let context = try await context(#"{"@vocab":"https://v.example/#"}"#)
        #expect(context.name(of: "anything") == "https://v.example/#anything")
        #expect(context.term(for: "https://v.example/#anything") == "anything")
        #expect(context.name(of: "value") == "value")
    }

    @Test("core contexts are never fetched; one that does not exist is not available")
    func core() async throws {
        let url = #""https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld""#
        #expect(try await context(url).isCoreOnly)
        let error = await #expect(throws: NGSILDError.self) {
            try await context(#""https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v9.9.jsonld""#)
        }
        #expect(error?.code == .ldContextNotAvailable)
    }

    @Test(
        "what is no context is refused, and what would never end does",
        arguments: [
            "1", #"{"a":5}"#, #"{"@bogus":"x"}"#, #""https://loop.example/1""#, #""https://none.example/""#,
            #"{"a":"b:x","b":"c:y","c":"a:z","d":{"@id":"d:d"},"e":{"@reverse":"x"}}"#, #"{"a":{"@context":{}}}"#,
        ])
    func refused(json: String) async {
        let error = await #expect(throws: NGSILDError.self) { try await context(json) }
        #expect(error?.code == .badRequestData, "\(json): \(error?.message ?? "")")
    }

    @Test("contexts inside contexts are bounded")
    func bounded() async throws {
        let error = await #expect(throws: NGSILDError.self) {
            try await JSONLDContext.resolving(.string("https://bomb.example/0")) { url in
                let next = (Int(url.split(separator: "/").last ?? "") ?? 0) + 1
                return .object(
                    JSONObject([
                        .init(
                            name: "@context",
                            value: .array([.string("https://bomb.example/\(next)"), .object(JSONObject())]))
                    ]))
            }
        }
        #expect(error?.code == .badRequestData)
    }
}
