public import CityIdentity
public import CityModel
import CityStorage
import Foundation
import JSONBytes
public import PKI

/// The first step: who is this? From what the transport has proven to a principal, or why there is none.
public struct Identify: Sendable {
    private let chains: ChainVerifier
    private let registry: DeviceRegistry
    private let accounts: Accounts
    private let tokens: Tokens
    private let isInZone: @Sendable (ZoneID, String) -> Bool
    private let clock: CityClock

    init(
        chains: ChainVerifier, registry: DeviceRegistry, accounts: Accounts, tokens: Tokens,
        isInZone: @escaping @Sendable (ZoneID, String) -> Bool, clock: CityClock
    ) {
        self.chains = chains
        self.isInZone = isInZone
        self.registry = registry
        self.accounts = accounts
        self.tokens = tokens
        self.clock = clock
    }

    /// Checks the certificates of a handshake: our issuer, their validity, exactly one SPIFFE name of this city.
    ///
    /// Whether the name may act now is ``principal(of:)``'s to say, so that a suspended device learns why.
    ///
    /// - Parameters:
    ///   - chain: DER encodings, the peer's own first.
    ///   - now: The present.
    /// - Returns: The identity, or the refusal for the record.
    public func certificate(_ chain: [[UInt8]], at now: Timestamp) -> Result<TrustedIdentity, Refusal> {
        let date = Date(timeIntervalSince1970: Double(now.microseconds) / 1_000_000)
        do throws(ChainError) {
            return .success(try chains.verify(chain, now: date))
        } catch {
            return .failure(.identity(error.code.refusal, error.message))
        }
    }

    /// The principal that a checked certificate stands for, if it may act now, from there.
    ///
    /// A connection is let in with a certificate that is good when it opens. It should be asked about again when a record
    /// or an account changes, and be closed when the certificate ends: `TrustedIdentity.notAfter`.
    ///
    /// - Parameters:
    ///   - identity: What ``certificate(_:at:)`` has found.
    ///   - address: Where the peer connects from, without the port; nil when that is not known, which no zone refuses.
    /// - Returns: The principal, or the refusal for the record.
    public func principal(of identity: TrustedIdentity, from address: String? = nil) -> Result<Principal, Refusal> {
        guard clock.now <= Timestamp(identity.notAfter) else {
            let end = RFC3339.string(Timestamp(identity.notAfter).microseconds)
            return .failure(.identity(.certificateExpired, "the certificate ended at \(end): a new one is needed"))
        }
        switch identity.spiffeID.role {
        case .device(let agency, let id):
            return device(DeviceID(id), agency: AgencyID(agency), serial: identity.serialNumber, from: address)
        case .operator(_, let name): return person(name, serial: identity.serialNumber)
        case .other:
            return .failure(
                .identity(
                    .certificateNameless,
                    "the certificate names `\(identity.spiffeID)`, neither a device nor an operator"))
        }
    }

    private func device(
        _ id: DeviceID, agency: AgencyID, serial: String, from address: String?
    ) -> Result<Principal, Refusal> {
        guard let record = registry.device(id), record.agency == agency else {
            return .failure(.identity(.deviceUnknown, "no device `\(id)` of agency `\(agency)` is registered"))
        }
        switch record.status {
        case .active: break
        case .suspended:
            return .failure(.identity(.deviceSuspended, "device `\(id)` is suspended\(record.reasonSuffix)"))
        case .revoked:
            return .failure(
                .identity(.deviceRevoked, "the identity of device `\(id)` is revoked\(record.reasonSuffix)"))
        }
        guard record.certificateSerial == serial else {
            return .failure(
                .identity(.certificateSuperseded, "device `\(id)` has a newer certificate than this one (\(serial))"))
        }
        if let address, !isInZone(record.zone, address) {
            return .failure(
                .identity(
                    .zoneMismatch,
                    "device `\(id)` belongs to zone `\(record.zone)`, whose networks \(address) is not in: see `zones` in "
                        + "city.yaml"))
        }
        return .success(.device(DeviceIdentity(id: id, agency: record.agency, zone: record.zone)))
    }

    /// Checks a user name and the token that was presented with it (MQTT 5.0 §3.1.3.5, §3.1.3.6).
    ///
    /// The refusal says for the record what was wrong, without the secret; whoever was wrong is told no more than that.
    ///
    /// - Parameters:
    ///   - presented: The bytes that were sent in the place of a password.
    ///   - userName: Whose token it should be; nil where the protocol has no user name.
    /// - Returns: The token, or the refusal for the record.
    public func token(_ presented: some Sequence<UInt8>, of userName: String?) -> Result<TrustedToken, Refusal> {
        tokens.check(presented, of: userName, at: clock.now).mapError { .identity(.credentialsWrong, $0.description) }
    }

    /// The principal that a checked token stands for, if it may act now. To be asked again when the tokens or the account
    /// change, and at the token's end.
    public func principal(of token: TrustedToken) -> Result<Principal, Refusal> {
        guard let current = tokens.record(token.id) else {
            return .failure(.identity(.credentialsWrong, "token `\(token.id)` was revoked"))
        }
        guard clock.now < current.expiresAt else {
            return .failure(.identity(.credentialsWrong, "token `\(token.id)` has expired: a new one is needed"))
        }
        switch token.owner.kind {
        case .service: return .success(.namedService(NamedService(name: token.owner.name)))
        case .person:
            do {
                guard let person = try accounts.person(token.owner.name) else {
                    return .failure(.identity(.credentialsWrong, "the account `\(token.owner.name)` was removed"))
                }
                return .success(.person(person))
            } catch {
                return .failure(.identity(.unavailable, "the accounts cannot be read now"))
            }
        }
    }

    private func person(_ name: String, serial: String) -> Result<Principal, Refusal> {
        let known: Accounts.Account?
        do {
            known = try accounts.account(name)
        } catch {
            return .failure(.identity(.unavailable, "the accounts cannot be read now"))
        }
        guard let known else { return .failure(.identity(.notIdentified, "no account `\(name)`")) }
        guard known.certificateSerial == serial else {
            let current = known.certificateSerial == nil ? "no certificate at present" : "a newer certificate"
            return .failure(
                .identity(
                    .certificateSuperseded,
                    "the account `\(name)` has \(current), not this one (\(serial)): `bastide operator certificate \(name)`"
                        + " issues another"))
        }
        return .success(.person(known.person))
    }
}

extension ChainError.Code {
    /// The refusal that a broken rule becomes in the city's records.
    fileprivate var refusal: Refusal.Code {
        switch self {
        case .noCertificate: .notIdentified
        case .expired, .notYetValid, .issuerNotValidNow: .certificateExpired
        case .untrustedIssuer, .wrongSignature, .issuerNotAnAuthority, .chainTooLong, .malformed,
            .authorityCertificate, .wrongKeyUsage, .notForClientAuthentication, .unsupportedCriticalExtension:
            .certificateUntrusted
        case .noSPIFFEName, .severalSPIFFENames, .malformedSPIFFEName, .wrongTrustDomain: .certificateNameless
        }
    }
}

extension DeviceRecord {
    fileprivate var reasonSuffix: String { statusReason.map { ": \($0)" } ?? "" }
}

extension Refusal {
    static func identity(_ code: Code, _ message: String) -> Refusal {
        Refusal(step: .identify, code: code, message: message)
    }
}
