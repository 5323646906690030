/// What a client accepts (RFC 9110 §12.5.1).
enum MediaRange {
    /// A media type without its parameters, in lower case.
    static func type(of value: String?) -> String {
        guard let value else { return "" }
        let type = value.split(separator: ";", maxSplits: 1).first ?? ""
        return type.trimmedSpaces.lowercased()
    }

    /// The best of `offers` for an `Accept` header: the one with the highest quality, the first of equals.
    ///
    /// - Returns: nil when none is acceptable; the first when the header is absent.
    static func best(of offers: [String], accepted header: String?) -> String? {
        guard let header, header != "*/*" else { return offers.first }
        let ranges = header.split(separator: ",").map(range)
        var best: (offer: String, quality: Double)?
        for offer in offers {
            let quality = quality(of: offer, in: ranges)
            if quality > 0, quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        return best?.offer
    }

    private static func range(_ text: Substring) -> (type: String, quality: Double) {
        let parts = text.split(separator: ";").map(\.trimmedSpaces)
        var quality = 1.0
        for part in parts.dropFirst() where part.lowercased().hasPrefix("q=") {
            quality = min(1, max(0, Double(part.dropFirst(2)) ?? 0))
        }
        return (parts.first?.lowercased() ?? "", quality)
    }

    /// The most specific range decides.
    private static func quality(of offer: String, in ranges: [(type: String, quality: Double)]) -> Double {
        if let exact = ranges.first(where: { $0.type == offer }) { return exact.quality }
        let group = offer.prefix { $0 != "/" } + "/*"
        if let exact = ranges.first(where: { $0.type == group }) { return exact.quality }
        return ranges.first { $0.type == "*/*" }?.quality ?? 0
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmedSpaces: Substring {
        var text = Substring(self)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
