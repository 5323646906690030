/// Strict JSON (RFC 8259) on bytes, without Foundation.
///
/// - Takes: bytes from outside. Nothing malformed traps, and nothing is repaired: duplicate names, invalid UTF-8, lone
///   surrogates, numbers beyond a `Double`, leading zeros, trailing commas and trailing bytes are refused.
/// - Gives: ``JSONValue`` for any document, ``SmallObjectScanner`` for flat objects at line speed, ``JSONWriter`` for
///   output, ``RFC3339`` for instants. Every refusal is a ``JSONError`` that says where, and what was expected.
/// - Owns: nothing; every type is a value.
/// - Relies on: the standard library only.
public struct JSONLimits: Sendable, Hashable {
    /// Depth 64 and one mebibyte.
    public static let standard = JSONLimits()

    /// Arrays and objects inside each other: `[[1]]` has depth two. 64 is four times what GeoJSON polygons inside
    /// normalized NGSI-LD attributes need, and keeps the parser's stack below 64 KiB.
    public var depth: Int
    /// Largest document, in bytes.
    public var bytes: Int

    /// Limits for one document.
    ///
    /// - Parameters:
    ///   - depth: Greatest nesting of arrays and objects.
    ///   - bytes: Largest document, in bytes.
    public init(depth: Int = 64, bytes: Int = 1 << 20) {
        self.depth = depth
        self.bytes = bytes
    }
}
