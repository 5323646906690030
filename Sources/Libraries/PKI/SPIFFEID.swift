/// The name of a workload: here of a device or an operator (SPIFFE-ID specification, §2).
///
///     spiffe://<trust domain>/<segment>/<segment>...
///
/// Strict: lower-case scheme and trust domain, no port, user, query, fragment or percent-encoding, at most 2,048 bytes.
public struct SPIFFEID: Hashable, Sendable, CustomStringConvertible {
    /// Longest SPIFFE ID, in bytes.
    public static let maximumBytes = 2_048
    /// Longest trust domain, in bytes.
    public static let maximumTrustDomainBytes = 255

    /// The part between the slashes: lower-case letters, digits, dot, hyphen and underscore.
    public let trustDomain: String
    /// The segments of the path: letters, digits, dot, hyphen and underscore. None names a trust domain itself.
    public let path: [String]

    /// Reads a SPIFFE ID.
    ///
    /// - Parameter text: The URI.
    /// - Throws: The first rule that it breaks.
    public init(_ text: String) throws(SPIFFEIDError) {
        guard text.utf8.count <= SPIFFEID.maximumBytes else { throw .tooLong }
        let scheme = "spiffe://"
        guard text.utf8.starts(with: scheme.utf8) else { throw .wrongScheme }
        let parts = text.utf8.dropFirst(scheme.utf8.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { String(Substring($0)) }
        try self.init(trustDomain: parts.first ?? "", path: Array(parts.dropFirst()))
    }

    /// A SPIFFE ID from its parts.
    ///
    /// - Parameters:
    ///   - trustDomain: The trust domain.
    ///   - path: The segments of the path; none for the trust domain itself.
    /// - Throws: The first rule that they break.
    public init(trustDomain: String, path: [String] = []) throws(SPIFFEIDError) {
        guard !trustDomain.isEmpty else { throw .emptyTrustDomain }
        guard trustDomain.utf8.count <= SPIFFEID.maximumTrustDomainBytes else { throw .tooLong }
        guard trustDomain.utf8.allSatisfy({ SPIFFEID.isTrustDomainByte($0) }) else {
            throw .foreignTrustDomainCharacter
        }
        for segment in path {
            guard !segment.isEmpty else { throw .emptySegment }
            guard segment != ".", segment != ".." else { throw .relativeSegment }
            guard segment.utf8.allSatisfy({ SPIFFEID.isSegmentByte($0) }) else { throw .foreignPathCharacter }
        }
        self.trustDomain = trustDomain
        self.path = path
        guard description.utf8.count <= SPIFFEID.maximumBytes else { throw .tooLong }
    }

    /// The URI.
    public var description: String { "spiffe://" + ([trustDomain] + path).joined(separator: "/") }

    private static func isTrustDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isSegmentByte(_ byte: UInt8) -> Bool {
        isTrustDomainByte(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}

/// Why a text is not a SPIFFE ID.
public enum SPIFFEIDError: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    /// More than 2,048 bytes, or a trust domain of more than 255.
    case tooLong
    /// Does not begin with `spiffe://`, in lower case.
    case wrongScheme
    /// There is no trust domain.
    case emptyTrustDomain
    /// The trust domain has other than lower-case letters, digits, dots, hyphens and underscores.
    case foreignTrustDomainCharacter
    /// A segment of the path is empty, or the path ends in a slash.
    case emptySegment
    /// A segment of the path is one dot or two.
    case relativeSegment
    /// A segment of the path has other than letters, digits, dots, hyphens and underscores.
    case foreignPathCharacter

    /// One sentence for people.
    public var description: String {
        switch self {
        case .tooLong: "a SPIFFE ID has at most 2,048 bytes, 255 of them in the trust domain"
        case .wrongScheme: "a SPIFFE ID begins with spiffe://"
        case .emptyTrustDomain: "a SPIFFE ID names a trust domain"
        case .foreignTrustDomainCharacter:
            "a trust domain has lower-case letters, digits, dots, hyphens and underscores"
        case .emptySegment: "a SPIFFE ID has no empty path segment and does not end in a slash"
        case .relativeSegment: "a SPIFFE ID has no path segment `.` or `..`"
        case .foreignPathCharacter: "a SPIFFE ID's path has letters, digits, dots, hyphens and underscores"
        }
    }
}
