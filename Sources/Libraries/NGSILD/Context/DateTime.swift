import JSONBytes

/// The standard's DateTime: RFC 3339 in UTC, with up to six decimals behind a point or a comma (CIM 009 §4.6.3).
enum DateTime {
    /// Reads one.
    ///
    /// - Returns: Microseconds since 1970, and how many decimals it was written with.
    /// - Throws: Why it is none.
    static func parse(_ text: String) throws(RFC3339.Failure) -> (microseconds: Int64, decimals: UInt8) {
        guard text.utf8.last == UInt8(ascii: "Z") else { throw .malformed }
        let pointed = text.utf8.contains(UInt8(ascii: ",")) ? text.replacingComma : text
        let decimals = pointed.utf8.firstIndex(of: UInt8(ascii: ".")).map {
            pointed.utf8.distance(from: $0, to: pointed.utf8.endIndex) - 2
        }
        guard decimals ?? 0 <= 6 else { throw .fractionTooLong }
        return (try RFC3339.microseconds(parsing: pointed), UInt8(decimals ?? 0))
    }

    /// As it is written, with at least so many decimals.
    static func text(_ microseconds: Int64, decimals: UInt8) -> String {
        let text = RFC3339.string(microseconds)
        guard decimals > 0 else { return text }
        let body = text.dropLast()
        let there = body.firstIndex(of: ".").map { body.distance(from: $0, to: body.endIndex) - 1 } ?? 0
        guard there < Int(decimals) else { return text }
        return body + (there == 0 ? "." : "") + String(repeating: "0", count: Int(decimals) - there) + "Z"
    }
}

extension String {
    fileprivate var replacingComma: String { String(map { $0 == "," ? "." : $0 }) }
}
