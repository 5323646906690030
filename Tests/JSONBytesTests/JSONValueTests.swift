import JSONBytes
import Testing

@Suite("JSON documents (RFC 8259)")
struct JSONValueTests {
    @Test(
        "accepts what the grammar allows",
        arguments: [
            ("null", JSONValue.null), (" true ", true), ("\t\r\n false", false), ("0", 0), ("-0", 0), ("1e2", 100),
            ("1E+2", 100), ("1.50", 1.5), ("-12.25e-1", -1.225), ("123456789012345678", 123_456_789_012_345_678),
            ("9007199254740993", 9_007_199_254_740_993), ("-9223372036854775808", -9_223_372_036_854_775_808),
            ("1e-400", 0), ("0e99999", 0), ("4.35", 4.35), ("2.2250738585072014e-308", 2.2250738585072014e-308),
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u00e9\u20AC""#, "é€"),
            (#""\uD834\uDD1E""#, "𝄞"), ("\"\u{7F}é€𝄞\"", "\u{7F}é€𝄞"), (#""\u0000""#, "\u{0}"), ("[]", []),
            ("[ ]", []), ("[1,[2],[]]", [1, [2], []]), ("{}", [:]), (#"{"":0}"#, ["": 0]),
            (#" { "a" : { "b" : [ null ] } , "c" : 1 } "#, ["a": ["b": [JSONValue.null]], "c": 1]),
        ] as [(String, JSONValue)])
    func accepts(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == expected)
    }

    static let refused: [(String, JSONError.Code, Int)] = [
        ("", .syntax, 0), (" ", .syntax, 1), ("nul", .syntax, 3), ("nulL", .syntax, 3), ("True", .syntax, 0),
        ("NaN", .syntax, 0), ("Infinity", .syntax, 0), ("-Infinity", .syntax, 1), ("+1", .syntax, 0), ("-", .syntax, 1),
        ("01", .syntax, 1), ("-012", .syntax, 2), ("00", .syntax, 1), ("1.", .syntax, 2), (".5", .syntax, 0),
        ("1.e1", .syntax, 2), ("1e", .syntax, 2), ("1e+", .syntax, 3), ("0x1", .trailingBytes, 1),
        ("1e400", .numberOutOfRange, 0), ("[-1e999999999999]", .numberOutOfRange, 1), ("1 2", .trailingBytes, 2),
        ("[1,]", .syntax, 3), ("[,1]", .syntax, 1), ("[1 2]", .syntax, 3), ("[1", .syntax, 2), ("[", .syntax, 1),
        ("]", .syntax, 0), ("{", .syntax, 1), (#"{"a"}"#, .syntax, 4), (#"{"a":}"#, .syntax, 5),
        (#"{"a":1,}"#, .syntax, 7), (#"{,}"#, .syntax, 1), (#"{a:1}"#, .syntax, 1), (#"{'a':1}"#, .syntax, 1),
        (#"{"a" 1}"#, .syntax, 5), (#"{"a":1 "b":2}"#, .syntax, 7), (#"{"a":1,"a":1}"#, .duplicateName, 7),
        (#"{"a":1,"\u0061":1}"#, .duplicateName, 7), (#"{"x":{"b":1,"b":2}}"#, .duplicateName, 12), (#"""#, .syntax, 1),
        (#""a"#, .syntax, 2), (#""\x""#, .syntax, 2), (#""\u12G4""#, .syntax, 5), (#""\u12"#, .syntax, 5),
        (#""\"#, .syntax, 2), ("\"a\nb\"", .syntax, 2), ("\"\u{0}\"", .syntax, 1), (#""\uD800""#, .loneSurrogate, 1),
        (#""\uDC00""#, .loneSurrogate, 1), (#""\uD800\u0041""#, .loneSurrogate, 1), (#""\uD800x""#, .loneSurrogate, 1),
        (#""\uDBFF\uDBFF""#, .loneSurrogate, 1), ("\u{FEFF}1", .syntax, 0), ("1\u{A0}", .trailingBytes, 1),
        ("/**/1", .syntax, 0), ("[1]//", .trailingBytes, 3), ("1\u{0}", .trailingBytes, 1), ("\u{C}1", .syntax, 0),
    ]

    @Test("refuses what the grammar does not allow, at the byte that is wrong", arguments: refused)
    func refuses(text: String, code: JSONError.Code, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(error?.position?.offset == offset, "\(error?.message ?? "")")
    }

    @Test(
        "refuses bytes that are not UTF-8 (§8.1)",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE2, 0x82],
            [0xE2, 0x28, 0xA1],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9D, 0x84],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xF0, 0x9D, 0x28, 0x9E],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for padding in [0, 3, 9] {
            let text = Array("{\"k\":\"".utf8) + [UInt8](repeating: 0x61, count: padding) + bytes + Array("\"}".utf8)
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
            #expect(error?.code == .invalidUTF8)
            #expect(error?.position?.offset == 6 + padding)
            #expect(error?.path == ["k"])
        }
    }

    @Test("accepts the first and last scalar of each UTF-8 length")
    func validUTF8() throws {
        let scalars: [Unicode.Scalar] = [
            "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
        ]
        for scalar in scalars {
            #expect(try JSONValue(parsing: "\"\(scalar)\"") == .string(String(scalar)))
        }
    }

    @Test("says where, on which line, and what was expected")
    func message() {
        let text = "{\n  \"speed\": {\n    \"values\": [1, 2, x]\n  }\n}"
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.message == "at `$.speed.values[2]`, line 3, column 22: expected a value, found `x`")
    }

    @Test("limits depth and size")
    func limits() throws {
        let nested = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSONValue(parsing: nested) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: "[" + nested + "]") }
        let deep = #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 100_000)) }
        #expect(deep?.code == .tooDeep)
        let large = #expect(throws: JSONError.self) { try JSONValue(parsing: "[1,2]", limits: JSONLimits(bytes: 4)) }
        #expect(large?.code == .tooLarge)
        #expect(large?.message == "at `$`, line 1, column 5: expected fewer bytes, found 5 bytes")
    }

    @Test("finds a duplicate among many names")
    func manyNames() throws {
        let members = (0..<1000).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
        let object = try JSONValue(parsing: "{\(members)}").object()
        #expect(object.members.count == 1000)
        #expect(object["n999"] == 999)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\(members),\"n500\":0}") }
        #expect(error?.code == .duplicateName)
        #expect(error?.path == ["n500"])
    }

    @Test("names differ by their code units, not by what they look like (§8.3)")
    func canonicalEquivalence() throws {
        let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value[["\u{E9}"]] == 1)
        #expect(value[["e\u{301}"]] == 2)
    }

    @Test("numbers are equal by value, exact as 64-bit integers")
    func numbers() throws {
        #expect(try JSONValue(parsing: "1.0") == 1)
        #expect(try JSONValue(parsing: "100e-2") == 1)
        #expect(try JSONValue(parsing: "9007199254740993").integer() == 9_007_199_254_740_993)
        #expect(try JSONValue(parsing: "9223372036854775808").double() == 0x1p63)
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(-Double.infinity) == nil)
        #expect(try #require(JSONNumber(2.5)) < 3)
    }

    @Test("objects are equal in any order and keep theirs")
    func objects() throws {
        let one = try JSONValue(parsing: #"{"a":1,"b":2}"#)
        let two = try JSONValue(parsing: #"{"b":2,"a":1}"#)
        #expect(one == two)
        #expect(one.hashValue == two.hashValue)
        #expect(two.description == #"{"b":2,"a":1}"#)
        #expect(try one != JSONValue(parsing: #"{"a":1,"b":3}"#))
        #expect(try one != JSONValue(parsing: #"{"a":1,"c":2}"#))
    }

    @Test("typed access says where and why it failed")
    func access() throws {
        let value: JSONValue = ["speed": ["value": "fast", "list": [1, 2.5, true]]]
        #expect(try value.double(at: ["speed", "list", 1]) == 2.5)
        #expect(try value.integer(at: ["speed", "list", 0]) == 1)
        #expect(try value.bool(at: ["speed", "list", 2]))
        #expect(try value.string(at: ["speed", "value"]) == "fast")
        #expect(try value.array(at: ["speed", "list"]).count == 3)
        #expect(value[["speed", "list", 3]] == nil)
        func message(_ body: () throws -> Void) -> String? { #expect(throws: JSONError.self) { try body() }?.message }
        #expect(
            message { _ = try value.double(at: ["speed", "value"]) }
                == "at `$.speed.value`: expected a number, found a string")
        #expect(
            message { _ = try value.integer(at: ["speed", "list", 1]) }
                == "at `$.speed.list[1]`: expected an integer, found a number")
        #expect(
            message { _ = try value.object(at: ["speed", "a b"]) }
                == "at `$.speed[\"a b\"]`: expected an object, found nothing")
        #expect(message { _ = try value.value(at: ["x"]) } == "at `$.x`: expected a value, found nothing")
        #expect(message { _ = try value.array() } == "at `$`: expected an array, found an object")
        #expect(message { _ = try value.string(at: ["speed"]) } == "at `$.speed`: expected a string, found an object")
        #expect(message { _ = try value.bool(at: ["y", 0]) } == "at `$.y[0]`: expected a Boolean, found nothing")
    }

    @Test("reads sequences that are not contiguous")
    func sequences() throws {
        #expect(try JSONValue(parsing: "[1,2]".utf8.lazy.map { $0 }) == [1, 2])
        #expect(try JSONValue(parsing: Array("[1,2]".utf8)[...]) == [1, 2])
    }
}
