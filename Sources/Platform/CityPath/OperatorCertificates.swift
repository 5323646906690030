import CityIdentity
public import CityModel
import Foundation
public import PKI

/// A certificate for an operator with all that it needs, each a PEM text. The city keeps no copy of the key.
public struct OperatorCertificate: Sendable {
    /// Its private key.
    public let keyPEM: String
    /// The certificate followed by the issuing one: what the operator's client presents.
    public let certificatePEM: String
    /// The city's root certificate: what the client trusts.
    public let authorityPEM: String
}

extension City {
    /// Issues a client certificate to somebody who has an account, and records that. It takes the place of the one that was
    /// issued before, which is good for nothing from then on.
    ///
    /// - Parameters:
    ///   - name: The account's name.
    ///   - agency: For whom the operator works.
    ///   - validityDays: How long the certificate is good for, 1 to 397 days.
    ///   - authority: The city's certificate authority.
    ///   - principal: Who asks; needs ``Action/manageAccounts``.
    /// - Returns: The certificate, its record durable; or why not.
    public func issueOperatorCertificate(
        to name: String, agency: String, validityDays: Int, with authority: CertificateAuthority,
        by principal: Principal
    ) async -> Result<OperatorCertificate, Refusal> {
        if case .failure(let refusal) = path.authorise(principal, .manageAccounts) { return .failure(refusal) }
        guard (1...397).contains(validityDays) else {
            return .failure(.malformed("an operator's certificate is good for 1 to 397 days, not \(validityDays)"))
        }
        do {
            return .success(
                try await changingAccount(name) {
                    try await issue(to: name, agency: agency, validityDays: validityDays, with: authority)
                })
        } catch let refusal as Refusal {
            return .failure(refusal)
        } catch {
            return .failure(
                Refusal(step: .commit, code: .unavailable, message: "the accounts cannot be read or written now"))
        }
    }

    private func issue(
        to name: String, agency: String, validityDays: Int, with authority: CertificateAuthority
    ) async throws -> OperatorCertificate {
        guard let person = try accounts.person(name) else {
            throw Refusal.malformed("there is no account `\(name)`: create it with `bastide operator add \(name)`")
        }
        let key = SigningKey()
        let certificate: CertificateDocument
        do {
            certificate = try authority.issueOperator(
                try SPIFFEID.operator(name, agency: agency, trustDomain: authority.trustDomain),
                publicKey: key.publicKey, validity: .seconds(validityDays * 86_400), now: clock.now.date)
        } catch {
            throw Refusal.malformed("no certificate can be issued: \(error)")
        }
        let change = try accounts.issuingCertificate(certificate.serialNumber, to: person)
        try await make(change, recorded: "certificateIssued", person.role)
        return OperatorCertificate(
            keyPEM: key.pem, certificatePEM: certificate.pem + authority.chainPEM, authorityPEM: authority.root.pem)
    }
}
