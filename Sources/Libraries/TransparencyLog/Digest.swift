/// A SHA-256 value: 32 bytes, stored in place.
///
/// The four words hold the bytes in memory order, so an array of digests is the plain concatenation of their bytes.
public struct Digest: Hashable, Sendable {
    /// Length of every digest, in bytes.
    public static let byteCount = 32

    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

    /// All bytes zero: a place-holder, not the root of any tree.
    public static let zero = Digest(words: (0, 0, 0, 0))

    @inlinable
    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// The digest held by 32 bytes.
    ///
    /// - Parameter bytes: Exactly 32 bytes; with any other count there is no digest.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Digest.byteCount else { return nil }
        self.init(loading: bytes)
    }

    /// The digest held by 32 bytes.
    ///
    /// - Parameter bytes: Exactly 32 bytes; with any other count there is no digest.
    public init?(_ bytes: some Collection<UInt8>) {
        let digest = bytes.withContiguousStorageIfAvailable { Digest(UnsafeRawBufferPointer($0)) }
        guard let found = digest ?? Array(bytes).withUnsafeBytes({ Digest($0) }) else { return nil }
        self = found
    }

    /// Precondition: `bytes` holds 32 bytes at least.
    @inlinable
    init(loading bytes: UnsafeRawBufferPointer) {
        words = (
            bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        )
    }

    /// Lends the 32 bytes.
    ///
    /// - Parameter body: Receives the bytes; they must not be used after it returns.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var copy = words
        return try Swift.withUnsafeBytes(of: &copy) { (bytes) throws(Failure) -> Result in try body(bytes) }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// Whether two digests hold the same bytes.
    ///
    /// - Parameters:
    ///   - lhs: A digest.
    ///   - rhs: Another digest.
    /// - Returns: True when all 32 bytes agree.
    @inlinable
    public static func == (lhs: Digest, rhs: Digest) -> Bool { lhs.words == rhs.words }

    /// Feeds the digest to a hasher. A digest is uniform already, so its first word would do; all are fed, for callers
    /// that key tables with digests chosen by others.
    ///
    /// - Parameter hasher: The hasher to feed.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
