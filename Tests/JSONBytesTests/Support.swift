import JSONBytes

/// SplitMix64: a failing test prints its seed, and the seed gives the same failure again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Random documents, and random damage to them.
struct DocumentGenerator {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    mutating func value(depth: Int = 0) -> JSONValue {
        switch below(depth < 4 ? 7 : 5) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .number(JSONNumber(Int64(bitPattern: random.next()) >> Int64(below(63))))
        case 3: return JSONValue(double()) ?? 0
        case 4: return .string(string())
        case 5: return .array((0..<below(5)).map { _ in value(depth: depth + 1) })
        default: return .object(object(depth: depth + 1))
        }
    }

    mutating func object(depth: Int = 0, members: Int? = nil) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<(members ?? below(6)) { object[string()] = value(depth: depth) }
        return object
    }

    /// Half of them as sensors send them, half of any bit pattern.
    mutating func double() -> Double {
        if below(2) == 0 { return Double(below(2_000_000) - 1_000_000) / [1, 10, 100, 1000, 8][below(5)] }
        let double = Double(bitPattern: random.next())
        return double.isFinite ? double : 0.5
    }

    mutating func string() -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "t", "v", "_", " ", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "€", "\u{2028}", "𝄞",
            "\u{10FFFF}", "e\u{301}".unicodeScalars.first ?? "e", "0",
        ]
        var string = ""
        for _ in 0..<below(12) { string.unicodeScalars.append(alphabet[below(alphabet.count)]) }
        return string
    }

    /// Changes, drops, doubles or cuts a few bytes.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let likely = Array(#"{}[]",:\0123456789.eE+-tfnu ul"#.utf8) + [0x00, 0x1F, 0x80, 0xC0, 0xED, 0xFF, 0x0A]
        for _ in 0...below(3) where !bytes.isEmpty {
            let index = below(bytes.count)
            switch below(5) {
            case 0: bytes[index] = likely[below(likely.count)]
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(likely[below(likely.count)], at: index)
            case 3: bytes.insert(contentsOf: bytes[index..<min(index + 9, bytes.count)], at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }
}

func write(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(value)
    return writer.take()
}
