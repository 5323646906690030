/// Writes JSON as bytes, without Foundation: just what maps and payloads need.
struct JSONText: Sendable {
    private(set) var bytes: [UInt8] = []

    /// Appends text as it is: punctuation and names known to need no escape.
    mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a JSON string (RFC 8259 §7).
    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a key and its colon.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func integer(_ value: Int64) {
        raw(String(value))
    }

    /// Appends a number rounded to `decimals` places, without trailing zeros; what is not finite becomes zero.
    mutating func number(_ value: Double, decimals: Int) {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (value * scale).rounded()
        guard scaled.isFinite, abs(scaled) < 9e15 else { return raw("0") }
        var digits = UInt64(abs(scaled))
        var places = decimals
        while places > 0, digits.isMultiple(of: 10) {
            digits /= 10
            places -= 1
        }
        if scaled < 0 { bytes.append(UInt8(ascii: "-")) }
        let text = String(digits)
        guard places > 0 else { return raw(text) }
        let padded = String(repeating: "0", count: max(0, places + 1 - text.count)) + text
        raw(String(padded.dropLast(places)))
        bytes.append(UInt8(ascii: "."))
        raw(String(padded.suffix(places)))
    }
}
