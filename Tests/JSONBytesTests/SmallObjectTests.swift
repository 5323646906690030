import JSONBytes
import Testing

@Suite("Flat objects at line speed")
struct SmallObjectTests {
    @Test("a reading: exact microseconds from decimal milliseconds, and the value")
    func reading() throws {
        var object = SmallObject()
        let bytes = Array(#"{"t":1767225600123.456,"v":21.5}"#.utf8)
        try SmallObjectScanner.scan(bytes, into: &object)
        try bytes.withUnsafeBytes { buffer in
            #expect(object.count == 2)
            let time = object[try #require(object.index(of: "t", in: buffer))]
            #expect(time.kind == .number)
            #expect(time.scaled(byPowerOfTen: 3) == 1_767_225_600_123_456)
            #expect(time.number == 1767225600123.456)
            let value = object[try #require(object.index(of: "v", in: buffer))]
            #expect(value.number == 21.5)
            #expect(String(decoding: value.valueBytes(in: buffer), as: UTF8.self) == "21.5")
            #expect(object.index(of: "x", in: buffer) == nil)
        }
    }

    @Test("every kind of value")
    func kinds() throws {
        var object = SmallObject()
        let text =
            #" { "temperature" : 21.5 , "ok":true,"off":false,"none":null,"t":"2026-01-01T00:00:00Z","#
            + #""e\u0073c":"a\"b","geo":{"type":"Point","coordinates":[1,2]},"list":[] } "#
        let bytes = Array(text.utf8)
        try SmallObjectScanner.scan(bytes, into: &object)
        bytes.withUnsafeBytes { buffer in
            let kinds = (0..<object.count).map { object[$0].kind }
            #expect(kinds == [.number, .bool, .bool, .null, .string, .string, .nested, .nested])
            #expect(object[1].bool)
            #expect(!object[2].bool)
            #expect(object[4].string(in: buffer) == "2026-01-01T00:00:00Z")
            #expect(object[4].stringBytes(in: buffer)?.count == 20)
            #expect(object[5].name(in: buffer) == "esc")
            #expect(object[5].isNamed("esc", in: buffer))
            #expect(object[5].nameHasEscapes)
            #expect(object[5].string(in: buffer) == "a\"b")
            #expect(object[5].stringBytes(in: buffer) == nil)
            #expect(object[0].string(in: buffer) == nil)
            #expect(object[1].scaled(byPowerOfTen: 0) == nil)
            let geo = String(decoding: object[6].valueBytes(in: buffer), as: UTF8.self)
            #expect(geo == #"{"type":"Point","coordinates":[1,2]}"#)
        }
    }

    @Test(
        "decimal numbers scale exactly, or not at all",
        arguments: [
            ("1767225600123.456", 3, 1_767_225_600_123_456), ("1767225600123.4569999", 3, 1_767_225_600_123_456),
            ("1.7672256001234569e12", 3, 1_767_225_600_123_456), ("-0.0019", 3, -1), ("0.0009", 3, 0), ("0e50", 3, 0),
            ("1767225600.123456000000000000000000", 6, 1_767_225_600_123_456), ("1e15", 3, 1_000_000_000_000_000_000),
            ("1e16", 3, nil), ("9223372036854775807", 0, .max), ("9223372036854775808", 0, nil),
            ("-9223372036854775808", 0, .min), ("-9223372036854775809", 0, nil), ("1e999999", 3, nil),
            ("1e-300", 3, 0), ("12345678901234567890123", -4, 1_234_567_890_123_456_789),
            ("0.00000000000000000001", 20, 1),
        ] as [(String, Int, Int64?)])
    func scaled(text: String, power: Int, expected: Int64?) throws {
        var object = SmallObject()
        guard (try? JSONValue(parsing: text)) != nil else {
            #expect(throws: JSONError.self) {
                try SmallObjectScanner.scan(Array("{\"t\":\(text)}".utf8), into: &object)
            }
            return
        }
        try SmallObjectScanner.scan(Array("{\"t\":\(text)}".utf8), into: &object)
        #expect(object[0].scaled(byPowerOfTen: power) == expected)
    }

    @Test(
        "refuses what is no flat object of unique names",
        arguments: [
            ("", .syntax), ("[]", .wrongKind), ("1", .wrongKind), ("{", .syntax), (#"{"a":1"#, .syntax),
            (#"{"a":1}x"#, .trailingBytes), (#"{"a":1,"a":2}"#, .duplicateName),
            (#"{"a":1,"\u0061":2}"#, .duplicateName),
            (#"{"\u0061":1,"a":2}"#, .duplicateName), (#"{"a":{"b":1,"b":2}}"#, .duplicateName),
            (#"{"a":1e999}"#, .numberOutOfRange),
            (#"{"a":"\uD800"}"#, .loneSurrogate), (#"{"a":NaN}"#, .syntax), (#"{"a":01}"#, .syntax),
            (#"{"a":1,}"#, .syntax),
            (#"{"a":tru}"#, .syntax), ("nul", .syntax), (#"{"a" 1}"#, .syntax), (#"{"a":"x}"#, .syntax),
        ] as [(String, JSONError.Code)])
    func refuses(text: String, code: JSONError.Code) {
        var object = SmallObject()
        let error = #expect(throws: JSONError.self) { try SmallObjectScanner.scan(Array(text.utf8), into: &object) }
        #expect(error?.code == code)
        #expect(object.count == 0)
    }

    @Test("refuses more members than it holds, longer input than allowed, deeper than allowed")
    func limits() {
        var object = SmallObject(capacity: 2)
        #expect(throws: Never.self) { try SmallObjectScanner.scan(Array(#"{"a":1,"b":2}"#.utf8), into: &object) }
        let many = #expect(throws: JSONError.self) {
            try SmallObjectScanner.scan(Array(#"{"a":1,"b":2,"c":3}"#.utf8), into: &object)
        }
        #expect(many?.code == .tooManyMembers)
        let large = #expect(throws: JSONError.self) {
            try SmallObjectScanner.scan(Array("{}  ".utf8), into: &object, limits: JSONLimits(bytes: 3))
        }
        #expect(large?.code == .tooLarge)
        let deep = #expect(throws: JSONError.self) {
            try SmallObjectScanner.scan(Array(#"{"a":[[1]]}"#.utf8), into: &object, limits: JSONLimits(depth: 2))
        }
        #expect(deep?.code == .tooDeep)
    }

    @Test("records of one payload never reach outside another")
    func foreignBytes() throws {
        var object = SmallObject()
        try SmallObjectScanner.scan(Array(#"{"name":"long enough"}"#.utf8), into: &object)
        [UInt8]("{}".utf8).withUnsafeBytes { other in
            #expect(object[0].name(in: other) == "")
            #expect(object[0].string(in: other) == "")
            #expect(!object[0].isNamed("name", in: other))
        }
    }

    @Test("accepts exactly what JSONValue accepts, with the same members or the same error", arguments: UInt64(41)...48)
    func equivalence(seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        var object = SmallObject(capacity: 64)
        var refused = 0
        for round in 0..<3000 {
            let width = generator.below(14)
            let document = write(.object(generator.object(depth: round % 3 == 0 ? 2 : 4, members: width)))
            let bytes = round.isMultiple(of: 2) ? generator.damage(document) : document
            let expected = Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
            let actual = Result { () throws(JSONError) in try SmallObjectScanner.scan(bytes, into: &object) }
            let comment = Comment(rawValue: "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            switch (expected, actual) {
            case (.success(.object(let expected)), .success):
                #expect(members(of: object, in: bytes) == expected.members, comment)
            case (.success, .failure(let error)):
                #expect(error.code == .wrongKind, comment)
            case (.success, .success):
                Issue.record(comment)
            case (.failure(let expected), .failure(let actual)):
                refused += 1
                #expect(expected == actual, comment)
            case (.failure, .success):
                Issue.record(comment)
            }
        }
        #expect(refused > 300, "seed \(seed)")
    }

    private func members(of object: SmallObject, in bytes: [UInt8]) -> [JSONObject.Member] {
        bytes.withUnsafeBytes { buffer in
            (0..<object.count).map { index in
                let member = object[index]
                let value: JSONValue? =
                    switch member.kind {
                    case .number: member.scaled(byPowerOfTen: 0) == nil ? nil : JSONValue(member.number)
                    case .string: member.string(in: buffer).map { .string($0) }
                    case .bool: .bool(member.bool)
                    case .null: .null
                    case .nested: nil
                    }
                let exact = try? JSONValue(parsing: member.valueBytes(in: buffer))
                if case .number(let number)? = exact { #expect(number.double == member.number) }
                return JSONObject.Member(
                    name: member.name(in: buffer),
                    value: member.kind == .number || member.kind == .nested ? exact ?? .null : value ?? .null)
            }
        }
    }

    @Test("numbers are rounded as the standard library rounds them", arguments: [51, 52, 53, 54] as [UInt64])
    func doubles(seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        var object = SmallObject()
        for _ in 0..<20_000 {
            let whole = generator.random.next() >> UInt64(generator.below(64))
            let fraction = generator.random.next() >> UInt64(generator.below(64))
            let exponent = ["", "", "e\(generator.below(46) - 23)", "e\(generator.below(700) - 390)"][
                generator.below(4)]
            let text =
                ["\(whole)", "-\(whole).\(fraction)", "0.\(fraction)", "0.000\(whole)"][generator.below(4)] + exponent
            let expected = try #require(Double(text))
            let outcome = Result { () throws(JSONError) in
                try SmallObjectScanner.scan(Array("{\"n\":\(text)}".utf8), into: &object)
            }
            switch outcome {
            case .success: #expect(object[0].number.bitPattern == expected.bitPattern, "seed \(seed): \(text)")
            case .failure(let error):
                #expect(error.code == .numberOutOfRange && expected.isInfinite, "seed \(seed): \(text)")
            }
        }
    }
}
