import JSONBytes
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test(
        "doubles are written as briefly as they can be read back",
        arguments: [
            (0.0, "0"), (-0.0, "-0"), (1, "1"), (-1, "-1"), (21.5, "21.5"), (0.1, "0.1"), (-0.05, "-0.05"),
            (1.005, "1.005"), (79.9, "79.9"), (100.25, "100.25"), (0.000001, "0.000001"), (1e-7, "1e-07"),
            (123456.789, "123456.789"), (21.499999999999996, "21.499999999999996"), (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000"), (9_007_199_254_740_992, "9007199254740992"), (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
            (1767225600123.456, "1767225600123.456"),
            (.infinity, "null"), (-.infinity, "null"), (.nan, "null"), (99999999.99, "99999999.99"),
        ] as [(Double, String)])
    func doubles(double: Double, text: String) {
        var writer = JSONWriter()
        writer.double(double)
        #expect(writer.text == text)
    }

    @Test("every double is read back bit for bit", arguments: [21, 22, 23] as [UInt64])
    func doubleRoundTrip(seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        var writer = JSONWriter()
        for _ in 0..<20_000 {
            let double = generator.double()
            writer.reset()
            writer.double(double)
            #expect(Double(writer.text) == double, "seed \(seed)")
            #expect(try JSONValue(parsing: writer.text).double() == double, "seed \(seed): \(writer.text)")
            guard double.magnitude > 1e-4, double.magnitude < 1e15 else { continue }
            let shortest = double.description
            let expected = shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest
            #expect(writer.text == expected, "seed \(seed)")
        }
    }

    @Test("integers of every length", arguments: 0..<64)
    func integers(bits: Int) {
        for integer in [Int64.max >> Int64(63 - bits), Int64.min >> Int64(63 - bits), Int64(1) << Int64(bits)] {
            var writer = JSONWriter()
            writer.integer(integer)
            #expect(writer.text == "\(integer)")
        }
    }

    @Test("powers of ten and their neighbours")
    func powersOfTen() {
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            for integer in [power - 1, power, power + 1] {
                var writer = JSONWriter()
                writer.integer(integer)
                #expect(writer.text == "\(integer)")
            }
        }
    }

    @Test("strings are escaped where they must be, wherever that is")
    func strings() throws {
        for length in 0..<20 {
            for position in 0...length {
                for special in ["\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "𝄞", "\u{7F}"] {
                    var text = String(repeating: "a", count: length)
                    text.insert(contentsOf: special, at: text.index(text.startIndex, offsetBy: position))
                    var writer = JSONWriter()
                    writer.string(text)
                    #expect(try JSONValue(parsing: writer.text) == .string(text))
                }
            }
        }
        var writer = JSONWriter()
        writer.string("\u{8}\t\n\u{C}\r\u{1}\"\\/é")
        #expect(writer.text == #""\b\t\n\f\r\u0001\"\\/é""#)
    }

    @Test("commas and colons come by themselves")
    func structure() {
        var writer = JSONWriter(capacity: 0)
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.endArray()
        writer.key("b")
        writer.beginArray()
        writer.integer(1)
        writer.bool(true)
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.raw(Array("[0]".utf8))
        writer.endArray()
        writer.key("c")
        writer.timestamp(1_767_225_600_250_000)
        writer.endObject()
        #expect(writer.text == #"{"a":[],"b":[1,true,null,{},[0]],"c":"2026-01-01T00:00:00.25Z"}"#)
        #expect(writer.count == writer.bytes.count)
    }

    @Test("lines, reuse and handing over")
    func reuse() {
        var writer = JSONWriter()
        writer.integer(1)
        writer.endLine()
        writer.integer(2)
        #expect(writer.text == "1\n2")
        writer.reset()
        writer.bool(false)
        #expect(writer.withBytes { Array($0) } == Array("false".utf8))
        #expect(writer.take() == Array("false".utf8))
        writer.string("again")
        #expect(writer.text == #""again""#)
    }

    @Test("a copy keeps what it had")
    func valueSemantics() {
        var first = JSONWriter()
        first.integer(1)
        let copy = first
        first.integer(2)
        #expect(copy.text == "1")
        #expect(first.text == "1,2")
    }
}
