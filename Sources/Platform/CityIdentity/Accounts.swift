public import CityModel
public import CityStorage
import CryptoExtras
package import Foundation
import Synchronization

/// The people who may sign in, and the verifiers of their passwords (scrypt, RFC 7914).
///
/// Passwords are held nowhere. An unknown name costs the same work and gets the same answer as a wrong password.
public final class Accounts: Sendable {
    /// The cost of one password check: N = 2^15, r = 8, p = 1, which takes 32 MiB and some tens of milliseconds.
    private enum Cost {
        static let rounds = 1 << 15
        static let blockSize = 8
        static let parallelism = 1
        static let hashBytes = 32
        static let saltBytes = 16
    }

    /// The shortest password that is accepted, in characters (NIST SP 800-63B asks for at least 8).
    public static let shortestPassword = 10

    fileprivate struct Verifier: Codable {
        var role: PersonRole
        /// The serial number of the one certificate that stands for the account; nil when there is none.
        var certificateSerial: String?
        var rounds: Int
        var blockSize: Int
        var parallelism: Int
        var salt: Data
        var hash: Data
    }

    /// Derives the bytes that are compared from a password: salt, then N, r and p of scrypt.
    package typealias Derivation = @Sendable (_ password: String, _ salt: Data, _ cost: (Int, Int, Int)) throws -> Data

    /// An account, without what its password is checked with.
    public struct Account: Sendable, Hashable {
        /// Whose it is.
        public let person: PersonIdentity
        /// The serial number of the certificate that was issued last, lower-case hexadecimal; nil when none was.
        public let certificateSerial: String?
    }

    /// A change that is worked out and not yet made: whoever keeps records writes it down before ``make(_:)``.
    public struct PendingChange: Sendable {
        /// Whose account changes.
        public let name: String
        fileprivate let verifier: Verifier?
    }

    private struct Watch {
        /// The roles of those whose accounts have changed since the start; nil for who was removed.
        var roles: [String: PersonRole?] = [:]
        var observers: [@Sendable (String) -> Void] = []
    }

    private let table: any CredentialTable
    private let derive: Derivation
    private let watch = Mutex(Watch())
    private let changes = Atomic<UInt64>(0)
    /// One check at a time: each takes 32 MiB, and a flood of sign-ins must not take the city's memory.
    private let checking = Mutex<Void>(())

    /// Accounts over a table of verifiers.
    public convenience init(table: any CredentialTable) {
        self.init(table: table, derive: Accounts.scrypt)
    }

    /// Accounts that derive in another way, for tests that count.
    package init(table: any CredentialTable, derive: @escaping Derivation) {
        self.table = table
        self.derive = derive
    }

    // MARK: Changes

    /// Works out an account with a new password; one that is there keeps its certificate. Takes as long as a check.
    ///
    /// - Throws: ``AccountError`` when name or password won't do; ``StorageError`` when the table cannot be read.
    public func settingPassword(_ password: String, of name: String, role: PersonRole) throws -> PendingChange {
        guard DeviceID.isPlainName(name) else { throw AccountError.nameUnfit(name) }
        guard password.count >= Accounts.shortestPassword else { throw AccountError.passwordTooShort }
        let salt = Data((0..<Cost.saltBytes).map { _ in UInt8.random(in: 0...255) })
        var verifier = Verifier(
            role: role, certificateSerial: try account(name)?.certificateSerial, rounds: Cost.rounds,
            blockSize: Cost.blockSize, parallelism: Cost.parallelism, salt: salt,
            hash: Data())
        verifier.hash = try hash(password, verifier)
        return PendingChange(name: name, verifier: verifier)
    }

    /// Works out that a certificate stands for an account from now on, and no earlier one.
    ///
    /// - Throws: ``AccountError/unknown(_:)`` when the account is gone; ``StorageError`` when it cannot be read.
    public func issuingCertificate(_ serialNumber: String, to person: PersonIdentity) throws -> PendingChange {
        guard var verifier = try verifier(of: person.name) else { throw AccountError.unknown(person.name) }
        verifier.certificateSerial = serialNumber
        return PendingChange(name: person.name, verifier: verifier)
    }

    /// Works out that an account is no more, nor the certificate that stands for it.
    public func removing(_ name: String) -> PendingChange { PendingChange(name: name, verifier: nil) }

    /// Makes a change, durably, and tells those who observe. Of two changes of one account at once, one is lost: see
    /// to it that there is one at a time.
    ///
    /// - Throws: ``StorageError`` when it cannot be kept; nothing has then changed.
    public func make(_ change: PendingChange) throws {
        let secret = try change.verifier.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try table.keepSecret(secret, of: change.name)
        let observers = watch.withLock { watch in
            watch.roles.updateValue(change.verifier?.role, forKey: change.name)
            changes.add(1, ordering: .releasing)
            return watch.observers
        }
        for observer in observers { observer(change.name) }
    }

    /// Creates an account or gives it a new password.
    ///
    /// - Throws: As ``settingPassword(_:of:role:)`` and ``make(_:)``.
    public func set(password: String, for name: String, role: PersonRole) throws {
        try make(settingPassword(password, of: name, role: role))
    }

    /// Removes an account. Its sessions are ended by ``Sessions/end(of:)``.
    public func remove(_ name: String) throws { try make(removing(name)) }

    // MARK: What has changed

    /// Counts the changes; what was worked out under an older generation may no longer hold. Takes no lock.
    public var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// Somebody who was identified earlier, as they are now: with another role, or nil when their account was removed.
    ///
    /// Knows what has changed since the start, and looks nothing up: nobody was identified before that.
    public func current(_ person: PersonIdentity) -> PersonIdentity? {
        guard let changed = watch.withLock({ $0.roles[person.name] }) else { return person }
        return changed.map { PersonIdentity(name: person.name, role: $0) }
    }

    /// Calls `observer` with the name of each account that changes from now on, once the change is durable; it must be
    /// quick. For those who hold connections open that a removed account or an older certificate has opened.
    public func observe(_ observer: @escaping @Sendable (String) -> Void) {
        watch.withLock { $0.observers.append(observer) }
    }

    // MARK: Who there is

    /// The account with this name, without a check of anything.
    public func account(_ name: String) throws -> Account? {
        try verifier(of: name).map {
            Account(person: PersonIdentity(name: name, role: $0.role), certificateSerial: $0.certificateSerial)
        }
    }

    /// The person with this name, without a check of anything.
    public func person(_ name: String) throws -> PersonIdentity? { try account(name)?.person }

    /// Everyone who may sign in.
    public func all() throws -> [PersonIdentity] {
        try table.credentialNames().compactMap { try person($0) }
    }

    /// The person with this name and password, or nil: for an unknown name as for a wrong password, in the same time.
    public func check(name: String, password: String) throws -> PersonIdentity? {
        let found = try verifier(of: name)
        let verifier =
            found
            ?? Verifier(
                role: .auditor, rounds: Cost.rounds, blockSize: Cost.blockSize, parallelism: Cost.parallelism,
                salt: Data(repeating: 0, count: Cost.saltBytes), hash: Data(repeating: 0, count: Cost.hashBytes))
        let candidate = try hash(password, verifier)
        var difference: UInt8 = found == nil ? 1 : 0
        for (left, right) in zip(candidate, verifier.hash) { difference |= left ^ right }
        guard difference == 0, candidate.count == verifier.hash.count else { return nil }
        return PersonIdentity(name: name, role: verifier.role)
    }

    private func verifier(of name: String) throws -> Verifier? {
        // Other secrets have names that no account can have.
        guard DeviceID.isPlainName(name), let secret = try table.secret(of: name) else { return nil }
        return try JSONDecoder().decode(Verifier.self, from: Data(secret.utf8))
    }

    private func hash(_ password: String, _ verifier: Verifier) throws -> Data {
        try checking.withLock { _ in
            try derive(password, verifier.salt, (verifier.rounds, verifier.blockSize, verifier.parallelism))
        }
    }

    private static func scrypt(_ password: String, _ salt: Data, _ cost: (Int, Int, Int)) throws -> Data {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: Cost.hashBytes, rounds: cost.0, blockSize: cost.1,
            parallelism: cost.2, maxMemory: 64 << 20)
        return key.withUnsafeBytes { Data($0) }
    }
}

/// Why an account cannot be as asked.
public enum AccountError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name has characters that names cannot have.
    case nameUnfit(String)
    /// The password is shorter than ``Accounts/shortestPassword``.
    case passwordTooShort
    /// There is no account of this name.
    case unknown(String)

    /// What was expected.
    public var description: String {
        switch self {
        case .nameUnfit(let name):
            "`\(name)` cannot be a name: use 1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or digit"
        case .unknown(let name): "there is no account `\(name)`: create it with `bastide operator add \(name)`"
        case .passwordTooShort: "the password is too short: use at least \(Accounts.shortestPassword) characters"
        }
    }
}

/// Passwords that nobody has to invent.
public enum PasswordMaker {
    /// A new password of five groups of four letters and digits: 100 bits, without look-alike characters.
    public static func make() -> String {
        let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789z")
        return (0..<5).map { _ in String((0..<4).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] }) }
            .joined(separator: "-")
    }
}
