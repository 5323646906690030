extension Digest: CustomStringConvertible, Codable {
    /// 44 characters of standard base64 (RFC 4648 §4), as in checkpoints.
    public var base64: String { withUnsafeBytes { Base64.encode($0) } }

    /// 64 lower-case hexadecimal digits.
    public var hexadecimal: String { withUnsafeBytes { Hexadecimal.encode($0) } }

    /// The base64 text, as Go's `tlog.Hash` prints itself.
    public var description: String { base64 }

    /// Reads a digest from standard base64 with padding; text that would not be written back the same is refused.
    ///
    /// - Parameter base64: 44 characters.
    public init?(base64: some StringProtocol) {
        guard base64.utf8.count == 44, let bytes = Base64.decode(base64.utf8) else { return nil }
        self.init(bytes)
    }

    /// Reads a digest from hexadecimal, of either case.
    ///
    /// - Parameter hexadecimal: 64 digits.
    public init?(hexadecimal: some StringProtocol) {
        guard hexadecimal.utf8.count == 64, let bytes = Hexadecimal.decode(hexadecimal.utf8) else { return nil }
        self.init(bytes)
    }

    /// Reads the base64 text.
    ///
    /// - Parameter decoder: Holds a single string.
    /// - Throws: `DecodingError` when the value is not a string of 44 base64 characters.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = Digest(base64: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a hash is 44 characters of base64 for 32 bytes")
        }
        self = digest
    }

    /// Writes the base64 text.
    ///
    /// - Parameter encoder: Receives a single string.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }
}
