import SwiftASN1
import X509

extension Certificate {
    private static let knownExtensions: Set<ASN1ObjectIdentifier> = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.subjectAlternativeName, .X509ExtensionID.subjectKeyIdentifier,
        .X509ExtensionID.authorityKeyIdentifier,
    ]

    /// Reads an extension; one that cannot be read spoils the certificate.
    func reading<Value>(_ read: (Extensions) throws -> Value) throws(ChainError) -> Value {
        do {
            return try read(extensions)
        } catch {
            throw ChainError(.malformed, "an extension of certificate `\(subject)` cannot be read")
        }
    }

    /// A critical extension that is not understood is a rule that would be broken (RFC 5280 §4.2).
    func requireKnownCriticalExtensions() throws(ChainError) {
        for rule in extensions where rule.critical && !Certificate.knownExtensions.contains(rule.oid) {
            throw ChainError(
                .unsupportedCriticalExtension, "certificate `\(subject)` demands the unknown extension \(rule.oid)")
        }
    }

    /// All URIs among the subject alternative names.
    func uris() throws(ChainError) -> [String] {
        let names = try reading { try $0.subjectAlternativeNames }
        return names?.compactMap { if case .uniformResourceIdentifier(let uri) = $0 { uri } else { nil } } ?? []
    }

    /// The URI, if there is exactly one.
    var onlyURI: String? {
        guard let uris = try? uris(), uris.count == 1 else { return nil }
        return uris[0]
    }
}
