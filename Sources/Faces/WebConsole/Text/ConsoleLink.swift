/// The console's own URLs and those of the API that its pages point to.
enum ConsoleLink {
    static func entity(_ id: String) -> String { "/entities/\(segment(id))" }
    static func device(_ id: String) -> String { "/devices/\(segment(id))" }
    static func device(_ id: String, action: DeviceAction) -> String { "\(device(id))/\(action.rawValue)" }
    static func confirm(_ action: DeviceAction, of id: String) -> String { "\(device(id))?confirm=\(action.rawValue)" }
    static func session(_ owner: String, _ clientIdentifier: String) -> String {
        "/sessions/\(segment(owner))/\(segment(clientIdentifier))"
    }
    static func acknowledge(_ alert: UInt64) -> String { "/alerts/\(alert)/acknowledge" }

    static func history(of entity: String) -> String { "/api/v1/entities/\(segment(entity))/history" }

    static func proof(entity: String, attribute: String, observedAt: ConsoleTime) -> String {
        let parameters = [("entity", entity), ("attribute", attribute), ("observedAt", observedAt.rfc3339)]
        return path("/api/v1/ledger/proof", parameters)
    }

    /// A path with those parameters that have a value.
    static func path(_ path: String, _ parameters: [(name: String, value: String?)]) -> String {
        let query = parameters.compactMap { name, value in
            value.flatMap { $0.isEmpty ? nil : "\(name)=\(escaped($0, also: []))" }
        }
        return query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }

    /// A path within this server: not another host's, whatever a browser makes of backslashes. From outside.
    static func isLocal(_ path: String) -> Bool {
        guard path.hasPrefix("/"), !path.hasPrefix("//") else { return false }
        return path.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "\\" }
    }

    /// A path segment; the colon stays, so that URNs can be read.
    private static func segment(_ text: String) -> String { escaped(text, also: [UInt8(ascii: ":")]) }

    /// Percent-encodes all but the unreserved characters (RFC 3986 §2.3) and `also`.
    private static func escaped(_ text: String, also: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) || also.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
