import X509

extension CertificateDocument {
    /// Whether the certificate is for this key: its public key is the key's.
    ///
    /// - Parameter key: A private key.
    /// - Returns: Whether they belong together.
    public func isFor(_ key: SigningKey) -> Bool {
        certificate.publicKey == key.certificateKey.publicKey
    }
}
