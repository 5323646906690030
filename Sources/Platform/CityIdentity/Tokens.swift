public import CityModel
public import CityStorage
import Crypto
public import Foundation
import Synchronization

/// A token that was presented with its secret, and is good at that moment.
public struct TrustedToken: Sendable, Hashable {
    /// Its public id.
    public let id: String
    /// Whom it stands for.
    public let owner: TokenOwner
    /// From then on it is good for nothing.
    public let expiresAt: Timestamp
}

/// A token that was just made: the only time that its secret is there.
public struct IssuedToken: Sendable {
    /// What is known of it.
    public let record: TokenRecord
    /// The token, with its secret.
    public let text: TokenText
}

/// The tokens that stand in for certificates: each of a person or of a named service.
///
/// All are in memory, so that a wrong one costs one SHA-256 and no look at the disk. Of each secret only its SHA-256 is
/// kept, in the table of the passwords' verifiers, under names that no account can have. Safe from any thread.
public final class Tokens: Sendable {
    /// The most tokens there may be.
    public static let bound = 10_000
    /// The longest note, in characters.
    public static let longestNote = 200
    /// How many days a token is good for, unless something else is asked.
    public static let usualDays = 90
    /// The most days that a token is good for.
    public static let longestDays = 397

    /// Before the id, in the table.
    private static let prefix = "token/"

    private struct Kept: Codable, Sendable {
        var record: TokenRecord
        /// SHA-256 over the token.
        var digest: Data
    }

    private struct State {
        var tokens: [String: Kept] = [:]
        /// How many tokens each owner has.
        var counts: [TokenOwner: Int] = [:]
        var observers: [@Sendable (TokenOwner) -> Void] = []

        mutating func set(_ kept: Kept?, of id: String) {
            if let old = tokens[id] {
                let left = (counts[old.record.owner] ?? 1) - 1
                counts[old.record.owner] = left == 0 ? nil : left
            }
            tokens[id] = kept
            if let kept { counts[kept.record.owner, default: 0] += 1 }
        }
    }

    /// A change that is worked out and not yet made: whoever keeps records writes it down before ``make(_:)``.
    public struct PendingChange: Sendable {
        /// The token that changes.
        public let record: TokenRecord
        fileprivate let digest: Data?
    }

    /// What of the table cannot be read, in words; such tokens open nothing.
    public let problems: [String]

    private let table: any CredentialTable
    private let state: Mutex<State>
    private let changes = Atomic<UInt64>(0)

    /// The tokens in a table.
    ///
    /// - Throws: `StorageError` when the table cannot be read.
    public init(table: any CredentialTable) throws(StorageError) {
        self.table = table
        var (loaded, problems) = (State(), [String]())
        for name in try table.credentialNames() where name.hasPrefix(Tokens.prefix) {
            guard let text = try table.secret(of: name) else { continue }
            let id = String(name.dropFirst(Tokens.prefix.count))
            do {
                let kept = try JSONDecoder().decode(Kept.self, from: Data(text.utf8))
                guard kept.record.id == id, kept.digest.count == SHA256.byteCount else {
                    problems.append("`\(name)` is kept under a name that is not its own, or without its hash")
                    continue
                }
                loaded.set(kept, of: id)
            } catch {
                problems.append("`\(name)`: \(error)")
            }
        }
        self.problems = problems
        state = Mutex(loaded)
    }

    // MARK: Checks

    /// Whom a presented token stands for, when it is good now and its owner is called `userName`.
    ///
    /// The hash is compared in constant time, and also where there is nothing to compare it with: how long the answer
    /// takes says nothing of what was wrong.
    ///
    /// - Parameters:
    ///   - presented: The bytes that were sent in the place of a password.
    ///   - userName: The name that was sent with them; nil where the protocol has none.
    ///   - now: The present.
    /// - Returns: The token, or what is wrong with it.
    public func check(
        _ presented: some Sequence<UInt8>, of userName: String?, at now: Timestamp
    ) -> Result<TrustedToken, TokenFault> {
        guard let text = TokenText(presented) else { return .failure(.noToken) }
        let kept = state.withLock { $0.tokens[text.id] }
        let isRight = Tokens.areEqual(text.digest, kept?.digest ?? Data(count: SHA256.byteCount))
        guard let kept else { return .failure(.unknown(id: text.id)) }
        let record = kept.record
        guard isRight else { return .failure(.wrongSecret(id: record.id)) }
        guard userName == nil || record.owner.name == userName else { return .failure(.notOfUser(id: record.id)) }
        guard now < record.expiresAt else { return .failure(.expired(id: record.id)) }
        return .success(TrustedToken(id: record.id, owner: record.owner, expiresAt: record.expiresAt))
    }

    private static func areEqual(_ left: Data, _ right: Data) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: What there is

    /// The token with this id, expired or not; nil when it was revoked or never issued.
    public func record(_ id: String) -> TokenRecord? { state.withLock { $0.tokens[id]?.record } }

    /// Every token, expired or not, the newest first.
    public func all() -> [TokenRecord] {
        state.withLock { $0.tokens.values.map(\.record) }
            .sorted { ($1.createdAt, $0.id) < ($0.createdAt, $1.id) }
    }

    /// The tokens of an owner, expired or not.
    public func records(of owner: TokenOwner) -> [TokenRecord] { all().filter { $0.owner == owner } }

    /// Whether a service has a token, expired or not.
    public func isKnown(_ service: NamedService) -> Bool {
        state.withLock { $0.counts[TokenOwner(kind: .service, name: service.name)] != nil }
    }

    // MARK: Changes

    /// Works out a new token.
    ///
    /// - Parameters:
    ///   - owner: Whom it stands for; that a person has an account is for the caller to see to.
    ///   - note: What it is for.
    ///   - validity: How long it is good for.
    ///   - creator: The principal that asks.
    ///   - now: The present.
    /// - Returns: The change, and the token with its secret: good once the change is made.
    /// - Throws: ``TokenError`` when it cannot be.
    public func issuing(
        to owner: TokenOwner, note: String, validity: Duration, by creator: String, at now: Timestamp
    ) throws(TokenError) -> (change: PendingChange, token: IssuedToken) {
        guard DeviceID.isPlainName(owner.name) else { throw .nameUnfit(owner.name) }
        guard note.count <= Tokens.longestNote else { throw .noteTooLong }
        let (count, text) = state.withLock { state in
            var text = TokenText()
            while state.tokens[text.id] != nil { text = TokenText() }
            return (state.tokens.count, text)
        }
        guard count < Tokens.bound else { throw .tooMany }
        let record = TokenRecord(
            id: text.id, owner: owner, note: note, createdBy: creator, createdAt: now, expiresAt: now + validity)
        return (PendingChange(record: record, digest: text.digest), IssuedToken(record: record, text: text))
    }

    /// Works out that a token is no more; nil when there is none of this id.
    public func revoking(_ id: String) -> PendingChange? { record(id).map { PendingChange(record: $0, digest: nil) } }

    /// Makes a change, durably, and tells those who observe.
    ///
    /// - Throws: `StorageError` when it cannot be kept; nothing has then changed.
    public func make(_ change: PendingChange) throws {
        let kept = change.digest.map { Kept(record: change.record, digest: $0) }
        let secret = try kept.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try table.keepSecret(secret, of: Tokens.prefix + change.record.id)
        let observers = state.withLock { state in
            state.set(kept, of: change.record.id)
            changes.add(1, ordering: .releasing)
            return state.observers
        }
        for observer in observers { observer(change.record.owner) }
    }

    /// Counts the changes; what was worked out under an older generation may no longer hold. Takes no lock.
    public var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// Calls `observer` with the owner of each token that is issued or revoked from now on, once that is durable; it must
    /// be quick. For those who hold connections open that a token has opened.
    public func observe(_ observer: @escaping @Sendable (TokenOwner) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }
}
