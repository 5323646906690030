import JSONBytes
import NGSILD
import Testing

@Suite("Parameters and problems")
struct ParameterTests {
    @Test(
        "type selection (§4.17)",
        arguments: [
            ("Building", ["Building"], true), ("Building", ["House"], false), ("Building|House", ["House"], true),
            ("Building,House", ["House", "X"], true), ("(Home;Vehicle)", ["Home"], false),
            ("(Home;Vehicle)", ["Vehicle", "Home"], true),
            ("(Home;Vehicle)|Motorhome", ["Motorhome"], true), ("(Home;Vehicle),Motorhome", ["Vehicle"], false),
            ("http://example.org/Room", ["http://example.org/Room"], true),
            ("https://uri.etsi.org/ngsi-ld/default-context/Room", ["Room"], true), ("(A)", ["A"], true),
        ])
    func types(text: String, types: [String], expected: Bool) throws {
        #expect(try TypeSelection(parsing: text).matches(types) == expected)
    }

    @Test(
        "type selection refused at a column",
        arguments: [
            ("", 1), (",A", 1), ("A,", 3), ("A;B", 2), ("(A;B", 5), ("(A|B;C)", 5), ("A B", 1), ("(A)B", 4), ("1A", 1),
        ])
    func typesRefused(text: String, column: Int) {
        let error = #expect(throws: NGSILDError.self) { try TypeSelection(parsing: text) }
        #expect(error?.column == column, "\(error?.message ?? "")")
    }

    @Test("lists of names and identifiers")
    func lists() throws {
        #expect(try Names.attributeList(parsing: "a,b,a,sosa:c") == ["a", "b", "sosa:c"])
        #expect(try Names.uriList(parsing: "urn:x:1,http://x/y") == ["urn:x:1", "http://x/y"])
        let empty = #expect(throws: NGSILDError.self) { try Names.attributeList(parsing: "a,,b") }
        #expect(empty?.message == "in `attrs` at column 3: expected an attribute name, found nothing")
        let name = #expect(throws: NGSILDError.self) { try Names.uriList(parsing: "urn:x:1,Bob") }
        #expect(name?.message == "in `id` at column 9: expected a URI, found `Bob`")
    }

    @Test("names (§4.6.2)")
    func names() {
        for name in ["speed", "NO2", "a_1", "größe", "温度", "sosa:hasResult", "https://uri.etsi.org/ngsi-ld/x"] {
            #expect(Names.isName(name), "\(name)")
        }
        for name in ["", "1a", "_a", "a-b", "a b", "a.b", "a:", ":a", "a:1b c", "@type", "a\u{0}", "a\"b"] {
            #expect(!Names.isName(name), "\(name)")
        }
    }

    @Test("identifiers are absolute URIs (RFC 3986)")
    func uris() {
        for uri in ["urn:x", "urn:ngsi-ld:Vehicle:A1", "http://a/b?c#d", "a+b-c.1:x", "urn:größe", "http://[::1]/"] {
            #expect(Names.isURI(uri), "\(uri)")
        }
        for uri in ["", "x", "urn:", ":x", "1a:x", "urn:a b", "urn:<x>", "urn:\"", "urn:a\n", "urn:\u{7F}", "u_n:x"] {
            #expect(!Names.isURI(uri), "\(uri)")
        }
        #expect(!Names.isURI("urn:" + String(repeating: "x", count: 2048)))
    }

    @Test("scopes (§4.18)")
    func scopes() {
        for scope in ["/Madrid", "/Madrid/Gardens_1", "Madrid/Centro"] { #expect(Names.isScope(scope)) }
        for scope in ["", "/", "//a", "/a/", "/a//b", "/a b", "/a-b"] { #expect(!Names.isScope(scope), "\(scope)") }
    }

    @Test("entity options: format overrides options (§6.3.7)")
    func entityOptions() throws {
        #expect(try EntityOptions(parsingOptions: nil, format: nil).representation == .normalized)
        let both = try EntityOptions(parsingOptions: "keyValues,sysAttrs", format: nil)
        #expect(both.representation == .keyValues)
        #expect(both.includesSystemAttributes)
        #expect(try EntityOptions(parsingOptions: "keyValues", format: "concise").representation == .concise)
        #expect(try EntityOptions(parsingOptions: "simplified", format: nil).representation == .keyValues)
        #expect(throws: NGSILDError.self) { try EntityOptions(parsingOptions: "keyvalues", format: nil) }
        let error = #expect(throws: NGSILDError.self) { try EntityOptions(parsingOptions: nil, format: "xml") }
        #expect(error?.code == .invalidRequest)
    }

    @Test("temporal query: bounds are inclusive below, exclusive above (§4.11)")
    func temporalQuery() throws {
        let (start, end) = (try instant("2017-12-13T14:20:00Z"), try instant("2017-12-13T14:40:00Z"))
        let before = try TemporalQuery(parsingTimerel: "before", timeAt: "2017-12-13T14:20:00Z")
        #expect(before.contains(start - 1) && !before.contains(start))
        let after = try TemporalQuery(parsingTimerel: "after", timeAt: "2017-12-13T14:20:00Z", lastN: "5")
        #expect(after.contains(start) && !after.contains(start - 1))
        #expect(after.lastN == 5)
        let between = try TemporalQuery(
            parsingTimerel: "between", timeAt: "2017-12-13T14:20:00Z", endTimeAt: "2017-12-13T14:40:00Z",
            timeproperty: "modifiedAt")
        #expect(between.relation == .between(start, end))
        #expect(between.timeProperty == .modifiedAt)
        #expect(
            between.contains(start) && between.contains(end - 1) && !between.contains(end)
                && !between.contains(start - 1))
        let always = try TemporalQuery(parsingTimerel: nil, timeAt: nil)
        #expect(always.contains(.min) && always.timeProperty == .observedAt && always.lastN == nil)
    }

    @Test("temporal query refused")
    func temporalQueryRefused() {
        func message(
            _ rel: String?, _ at: String?, _ end: String? = nil, _ property: String? = nil, _ lastN: String? = nil
        ) -> String {
            let error = #expect(throws: NGSILDError.self) {
                try TemporalQuery(parsingTimerel: rel, timeAt: at, endTimeAt: end, timeproperty: property, lastN: lastN)
            }
            return error?.message ?? ""
        }
        let time = "2017-12-13T14:20:00Z"
        #expect(message(nil, time) == "`timeAt` and `endTimeAt` need a `timerel`")
        #expect(message("after", nil) == "`timerel` needs a `timeAt`")
        #expect(message("during", time).contains("it is `during`"))
        #expect(message("after", "noon").contains("`timeAt` must be an RFC 3339 date-time, it is `noon`"))
        #expect(message("between", time) == "`between` needs an `endTimeAt`")
        #expect(message("between", time, time) == "`endTimeAt` must be later than `timeAt`")
        #expect(message("after", time, time) == "`endTimeAt` goes with `between` only")
        #expect(message("after", time, nil, "seenAt").contains("it is `seenAt`"))
        #expect(message(nil, nil, nil, nil, "0") == "`lastN` must be a positive integer, it is `0`")
        #expect(message(nil, nil, nil, nil, "five").contains("`five`"))
    }

    @Test("every problem has a status, a type of its own and a title (§6.3.2)", arguments: ProblemCode.allCases)
    func problems(code: ProblemCode) throws {
        #expect((400...599).contains(code.status))
        #expect(code.type.hasPrefix("https://uri.etsi.org/ngsi-ld/errors/"))
        #expect(Set(ProblemCode.allCases.map(\.type)).count == ProblemCode.allCases.count)
        var writer = JSONWriter()
        ProblemDetails(code, detail: "a \"quoted\" word").write(to: &writer)
        let json = try JSONValue(parsing: writer.text)
        #expect(try json.string(at: ["type"]) == code.type)
        #expect(try json.string(at: ["title"]) == code.title)
        #expect(try json.integer(at: ["status"]) == Int64(code.status))
        #expect(try json.string(at: ["detail"]) == "a \"quoted\" word")
    }

    @Test("a problem takes its code and detail from the error")
    func problemOfError() throws {
        let error = try #require(#expect(throws: NGSILDError.self) { try fragment("{}") })
        let problem = ProblemDetails(error)
        #expect(problem.code == .badRequestData)
        #expect(problem.detail == "at `$.id`: expected the entity's URI, found nothing")
    }

    @Test("user input in messages is short and stays on one line")
    func quoting() {
        let error = #expect(throws: NGSILDError.self) {
            try attribute("{\"value\":1,\"observedAt\":\"\(String(repeating: "x", count: 500))\\n`\"}")
        }
        #expect((error?.message.utf8.count ?? 999) < 160)
        #expect(error?.message.contains("\n") == false)
    }
}
