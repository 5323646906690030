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

    private struct Verifier: Codable {
        var role: PersonRole
        var rounds: Int
        var blockSize: Int
        var parallelism: Int
        var salt: Data
        var hash: Data
    }

    /// Derives the bytes that are compared from a password: salt, then N, r and p of scrypt.
    package typealias Derivation = @Sendable (_ password: String, _ salt: Data, _ cost: (Int, Int, Int)) throws -> Data

    private let table: any CredentialTable
    private let derive: Derivation
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

    /// Creates an account or gives it a new password.
    ///
    /// - Throws: ``AccountError`` when the name or the password won't do; ``StorageError`` when it cannot be kept.
    public func set(password: String, for name: String, role: PersonRole) throws {
        guard DeviceID.isPlainName(name) else { throw AccountError.nameUnfit(name) }
        guard password.count >= Accounts.shortestPassword else { throw AccountError.passwordTooShort }
        let salt = Data((0..<Cost.saltBytes).map { _ in UInt8.random(in: 0...255) })
        var verifier = Verifier(
            role: role, rounds: Cost.rounds, blockSize: Cost.blockSize, parallelism: Cost.parallelism, salt: salt,
            hash: Data())
        verifier.hash = try hash(password, verifier)
        try table.keepSecret(String(decoding: try JSONEncoder().encode(verifier), as: UTF8.self), of: name)
    }

    /// Removes an account. Its sessions are ended by ``Sessions/end(of:)``.
    public func remove(_ name: String) throws(StorageError) {
        try table.keepSecret(nil, of: name)
    }

    /// The person with this name, without a check of anything.
    public func person(_ name: String) throws -> PersonIdentity? {
        try verifier(of: name).map { PersonIdentity(name: name, role: $0.role) }
    }

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
        guard let secret = try table.secret(of: name) else { return nil }
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

    /// What was expected.
    public var description: String {
        switch self {
        case .nameUnfit(let name):
            "`\(name)` cannot be a name: use 1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or digit"
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
