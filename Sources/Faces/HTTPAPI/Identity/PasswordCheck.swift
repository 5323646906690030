import CityIdentity
import CityModel
import CityPath
import Synchronization

/// Names and passwords, from the console's form and from HTTP Basic: one limit, one thread, one answer to all failures.
///
/// One thread checks, so that tries cannot overtake the counting of failures, and scrypt's memory is needed once.
final class PasswordCheck: Sendable {
    /// What a check comes to.
    enum Outcome: Sendable {
        case person(PersonIdentity)
        case refused(Refusal, Principal)
        case wait(Duration, Refusal)
    }

    /// How long a right password over HTTP Basic is remembered, so that a program does not pay scrypt for each request.
    static let memory = Duration.seconds(60)
    private static let rememberedBound = 1_000
    /// Longest password that is looked at, in bytes.
    static let longestPassword = 1_024

    let accounts: Accounts
    private let path: GuardedPath
    private let limiter = SignInLimiter()
    private let pool = BlockingPool(threads: 1, bound: 128)
    private let secrets: Secrets
    private let remembered = Mutex<[String: (person: PersonIdentity, until: Timestamp)]>([:])
    /// How often the account of a name was changed since the start.
    private let revisions = Mutex<[String: Int]>([:])

    init(accounts: Accounts, path: GuardedPath, secrets: Secrets) {
        self.accounts = accounts
        self.path = path
        self.secrets = secrets
    }

    func start() { pool.start() }

    func stop() async { await pool.stop() }

    /// Checks a name and a password.
    ///
    /// - Throws: When the accounts cannot be read, or too many wait.
    func check(name: String, password: String, from peer: Peer) async throws -> Outcome {
        let (place, short) = (peer.place, String(name.prefix(64)))
        return try await pool.run { [self] in
            let now = path.clock.now
            let wait = limiter.wait(address: place, name: short, at: now)
            guard wait == .zero else {
                let seconds = PasswordCheck.seconds(wait)
                return .wait(
                    wait,
                    Refusal(
                        step: .identify, code: .rateLimited,
                        message: "too many failed tries from here or for this name: wait \(seconds) seconds"))
            }
            let person =
                password.utf8.count <= PasswordCheck.longestPassword
                ? try accounts.check(name: name, password: password) : nil
            guard let person else {
                limiter.failed(address: place, name: short, at: now)
                // Only names that exist are kept: people type passwords into the wrong field.
                let isKnown = try accounts.person(name) != nil
                return .refused(
                    Refusal(step: .identify, code: .credentialsWrong, message: "name or password is wrong"),
                    .unknown(isKnown ? "sign-in as \(name)" : "sign-in"))
            }
            limiter.succeeded(address: place, name: short, at: now)
            return .person(person)
        }
    }

    /// As ``check(name:password:from:)``, remembering what was right for a short while.
    func checkRemembering(name: String, password: String, from peer: Peer) async throws -> Outcome {
        let key = secrets.token(for: "basic/\(name.utf8.count)/\(name)/\(password)")
        let now = path.clock.now
        if let known = remembered.withLock({ $0[key] }), known.until > now { return .person(known.person) }
        let outcome = try await check(name: name, password: password, from: peer)
        if case .person(let person) = outcome {
            remembered.withLock { remembered in
                if remembered.count >= PasswordCheck.rememberedBound { remembered.removeAll() }
                remembered[key] = (person, now + PasswordCheck.memory)
            }
        }
        return outcome
    }

    /// Forgets what was remembered of somebody whose account has changed.
    func forget(_ name: String) {
        revisions.withLock { $0[name, default: 0] += 1 }
        remembered.withLock { $0 = $0.filter { $0.value.person.name != name } }
    }

    /// How often an account was changed since the start: what was known by an earlier password is not known any more.
    func revision(of name: String) -> Int { revisions.withLock { $0[name] ?? 0 } }

    /// Whole seconds, rounded up.
    static func seconds(_ wait: Duration) -> Int {
        let (seconds, rest) = wait.components
        return Int(seconds) + (rest > 0 ? 1 : 0)
    }
}
