import JSONBytes

/// A piece of information for the other side of an endpoint, or about it (CIM 009 §5.2.22).
public struct KeyValuePair: Sendable, Hashable {
    /// Stands for the value of the same key in the request that triggered a distributed one (§4.3.6.5).
    public static let fromRequest = "urn:ngsi-ld:request"

    /// Such as the name of an HTTP header.
    public var key: String
    /// What belongs to it.
    public var value: String

    /// A pair.
    ///
    /// - Parameters:
    ///   - key: Such as the name of an HTTP header.
    ///   - value: What belongs to it.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    var json: JSONValue { ["key": .string(key), "value": .string(value)] }

    /// Whether key and value may become an HTTP header as they are: no line can be smuggled in (RFC 9110 §5.5, §5.6.2).
    var isHeader: Bool {
        !key.isEmpty && key.utf8.allSatisfy(Self.isTokenByte) && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Whether the key names what the connection or the broker decides, and nobody else (§4.3.6.5).
    var isReserved: Bool {
        switch key.lowercased() {
        case "connection", "content-length", "content-type", "expect", "host", "http2-settings", "keep-alive",
            "ngsild-tenant", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via":
            true
        default: false
        }
    }
}

extension DocumentField {
    /// Pairs of text. An object without members stands for no pairs: JSON-LD processors write it so.
    func pairs() throws(NGSILDError) -> [KeyValuePair] {
        if case .object(let object) = value, object.members.isEmpty { return [] }
        var pairs: [KeyValuePair] = []
        for element in try elements("an array of {key, value} objects", atMost: DocumentLimits.pairs) {
            let members = try DocumentMembers(
                element.value, at: element.path, known: ["key", "value"], expected: "an object with `key` and `value`",
                context: context, purpose: .create)
            let key = try members.required("key", "a string").string()
            let field = try members.required("value", "a string")
            guard case .string(let text) = field.value, text.utf8.count <= DocumentLimits.textBytes else {
                throw field.error(expected: "a string of at most \(DocumentLimits.textBytes) bytes")
            }
            pairs.append(KeyValuePair(key, text))
        }
        return pairs
    }

    /// Pairs that may become HTTP headers.
    func headerPairs() throws(NGSILDError) -> [KeyValuePair] {
        let pairs = try pairs()
        for (index, pair) in pairs.enumerated() where !pair.isHeader {
            throw NGSILDError(
                at: path[index], expected: "name and value of an HTTP header", found: NGSILDError.quoted(pair.key))
        }
        return pairs
    }
}
