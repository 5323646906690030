public import CityModel
import Synchronization

/// How often sign-in may fail. Whoever fails waits, and nobody else: failures of others must not shut a person out.
///
/// - After five failures of a name from one address, its next tries from there wait longer and longer.
/// - So do all tries of an address after five failures of any names, but of those who have signed in from there lately.
/// - After twenty failures of a name from anywhere, its tries from addresses that it has not signed in from lately wait
///   a few seconds each: enough to make guessing from many addresses slow, too little to keep anybody out.
public final class SignInLimiter: Sendable {
    fileprivate struct Pair: Hashable {
        var address: String
        var name: String
    }

    fileprivate enum Key: Hashable {
        case pair(Pair)
        case address(String)
        /// A name, tried from where it has not signed in lately.
        case stranger(String)
    }

    fileprivate struct Record {
        var failures = 0
        var lastAt: Timestamp
    }

    fileprivate struct State {
        var records: [Key: Record] = [:]
        var successes: [Pair: Timestamp] = [:]
    }

    /// Failures from one address that cost nothing.
    static let allowance = 5
    /// The longest wait after failures from one address.
    static let longestWaitSeconds: Int64 = 300
    /// Failures of a name from anywhere that cost nothing.
    static let strangerAllowance = 20
    /// The wait after more of them.
    static let strangerWaitSeconds: Int64 = 5
    /// So long after its last failure a count begins anew.
    static let memory = Duration.seconds(900)
    /// So long it is remembered from where somebody has signed in.
    static let successMemory = Duration.seconds(30 * 86_400)
    /// Failures, and successes, that are remembered; beyond it those of longest ago are forgotten.
    static let bound = 20_000

    private let state = Mutex(State())

    /// A limiter that has seen no failure.
    public init() {}

    /// How long this name must wait before its next try from this address; zero when it may try now.
    public func wait(address: String, name: String, at now: Timestamp) -> Duration {
        let pair = Pair(address: address, name: name)
        return state.withLock { state in
            let own = state.wait(.pair(pair), at: now)
            guard !state.isAtHome(pair, at: now) else { return own }
            return max(own, state.wait(.address(address), at: now), state.wait(.stranger(name), at: now))
        }
    }

    /// Notes a failure.
    public func failed(address: String, name: String, at now: Timestamp) {
        let pair = Pair(address: address, name: name)
        state.withLock { state in
            state.makeRoom(at: now)
            state.fail(.pair(pair), at: now)
            state.fail(.address(address), at: now)
            if !state.isAtHome(pair, at: now) { state.fail(.stranger(name), at: now) }
        }
    }

    /// Notes a success: the name's failures from this address are forgotten, the address's and those from elsewhere are
    /// not.
    public func succeeded(address: String, name: String, at now: Timestamp) {
        let pair = Pair(address: address, name: name)
        state.withLock { state in
            state.records[.pair(pair)] = nil
            if state.successes.count >= SignInLimiter.bound, state.successes[pair] == nil {
                let oldest = state.successes.sorted { $0.value < $1.value }.prefix(SignInLimiter.bound / 10)
                for (pair, _) in oldest { state.successes[pair] = nil }
            }
            state.successes[pair] = now
        }
    }
}

extension SignInLimiter.State {
    /// Whether the name has signed in from the address lately.
    fileprivate func isAtHome(_ pair: SignInLimiter.Pair, at now: Timestamp) -> Bool {
        successes[pair].map { now.since($0) < SignInLimiter.successMemory } ?? false
    }

    fileprivate func wait(_ key: SignInLimiter.Key, at now: Timestamp) -> Duration {
        guard let record = records[key], now.since(record.lastAt) <= SignInLimiter.memory else { return .zero }
        let seconds: Int64
        if case .stranger = key {
            seconds = record.failures < SignInLimiter.strangerAllowance ? 0 : SignInLimiter.strangerWaitSeconds
        } else {
            let exponent = min(record.failures - SignInLimiter.allowance, 10)
            seconds = exponent < 0 ? 0 : min(Int64(1) << Int64(exponent + 1), SignInLimiter.longestWaitSeconds)
        }
        return max(.seconds(seconds) - now.since(record.lastAt), .zero)
    }

    fileprivate mutating func fail(_ key: SignInLimiter.Key, at now: Timestamp) {
        var record = records[key] ?? SignInLimiter.Record(lastAt: now)
        if now.since(record.lastAt) > SignInLimiter.memory { record.failures = 0 }
        record.failures += 1
        record.lastAt = now
        records[key] = record
    }

    fileprivate mutating func makeRoom(at now: Timestamp) {
        guard records.count >= SignInLimiter.bound else { return }
        records = records.filter { now.since($0.value.lastAt) < .seconds(SignInLimiter.longestWaitSeconds) }
        guard records.count >= SignInLimiter.bound else { return }
        let oldest = records.sorted { $0.value.lastAt < $1.value.lastAt }.prefix(SignInLimiter.bound / 10)
        for (key, _) in oldest { records[key] = nil }
    }
}
