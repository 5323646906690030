import Crypto
import Foundation

/// A token as it is presented: `bst_<id>_<secret>`. Prints itself without its secret.
///
///     bst_ 4f1c09ab77de _ 64 hexadecimal digits
///          id             256 random bits
///
/// The prefix lets scanners for leaked secrets find it; the id is public and says which token it is.
public struct TokenText: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    private static let prefix = "bst_"
    /// Digits of the id: 48 bits.
    static let idDigits = 12
    /// Digits of the secret: 256 bits.
    static let secretDigits = 64
    /// How long the whole is, in bytes.
    public static let byteCount = 4 + idDigits + 1 + secretDigits

    /// The public id.
    public let id: String
    private let secret: String

    /// A new token, of the system's random numbers.
    init() {
        id = TokenText.randomDigits(TokenText.idDigits)
        secret = TokenText.randomDigits(TokenText.secretDigits)
    }

    /// The token in these bytes, or nil when they are none. Looks at no more than ``byteCount`` of them.
    public init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes.prefix(TokenText.byteCount + 1))
        guard bytes.count == TokenText.byteCount, bytes.starts(with: TokenText.prefix.utf8) else { return nil }
        let rest = bytes.dropFirst(4)
        let (id, secret) = (rest.prefix(TokenText.idDigits), rest.suffix(TokenText.secretDigits))
        guard rest[rest.startIndex + TokenText.idDigits] == UInt8(ascii: "_"), id.allSatisfy(TokenText.isDigit),
            secret.allSatisfy(TokenText.isDigit)
        else { return nil }
        self.id = String(decoding: id, as: UTF8.self)
        self.secret = String(decoding: secret, as: UTF8.self)
    }

    /// The whole token, to be shown to its owner once.
    public var revealed: String { "\(TokenText.prefix)\(id)_\(secret)" }

    /// The token without its secret.
    public var description: String { "\(TokenText.prefix)\(id)_…" }

    /// The token without its secret.
    public var debugDescription: String { description }

    /// What is kept: SHA-256 over the whole token. The secret has 256 random bits, so that no slower hash is needed
    /// (NIST SP 800-63B §5.1.1.2 asks for one where secrets are chosen by people).
    var digest: Data { Data(SHA256.hash(data: Data(revealed.utf8))) }

    private static func randomDigits(_ count: Int) -> String {
        let bytes = SymmetricKey(size: SymmetricKeySize(bitCount: count * 4)).withUnsafeBytes { Array($0) }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
