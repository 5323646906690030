public import CityModel
import Synchronization

/// A signed-in person's session, held by the server; the browser holds only its token.
public struct Session: Sendable {
    /// Who is signed in.
    public let person: PersonIdentity
    /// What forms must send along, so that another site cannot send them.
    public let csrfToken: String
    /// When it began.
    public let startedAt: Timestamp
    /// When it was last used.
    public fileprivate(set) var usedAt: Timestamp
}

/// The sessions of those who are signed in, in memory: a restart signs everyone out.
public final class Sessions: Sendable {
    /// A session ends after this long without use.
    public static let idleLimit = Duration.seconds(30 * 60)
    /// A session ends after this long in any case.
    public static let lifetime = Duration.seconds(12 * 3600)
    /// The most sessions at one time; the one unused for longest makes room.
    public static let bound = 10_000

    private let sessions = Mutex<[String: Session]>([:])

    /// No sessions.
    public init() {}

    /// Begins a session.
    ///
    /// - Returns: Its token, 256 bits, for the cookie alone; and the session.
    public func begin(_ person: PersonIdentity, at now: Timestamp) -> (token: String, session: Session) {
        let token = Sessions.secret()
        let session = Session(person: person, csrfToken: Sessions.secret(), startedAt: now, usedAt: now)
        sessions.withLock { sessions in
            if sessions.count >= Sessions.bound, let oldest = sessions.min(by: { $0.value.usedAt < $1.value.usedAt }) {
                sessions.removeValue(forKey: oldest.key)
            }
            sessions[token] = session
        }
        return (token, session)
    }

    /// The session of a token, if it is still good; using it keeps it alive.
    public func session(_ token: String, at now: Timestamp) -> Session? {
        sessions.withLock { sessions in
            guard var session = sessions[token] else { return nil }
            guard now.since(session.usedAt) < Sessions.idleLimit, now.since(session.startedAt) < Sessions.lifetime
            else {
                sessions.removeValue(forKey: token)
                return nil
            }
            session.usedAt = now
            sessions[token] = session
            return session
        }
    }

    /// The session of a token, if it is still good; looking does not keep it alive. For what a page asks by itself.
    public func peek(_ token: String, at now: Timestamp) -> Session? {
        sessions.withLock { sessions in
            guard let session = sessions[token], now.since(session.usedAt) < Sessions.idleLimit,
                now.since(session.startedAt) < Sessions.lifetime
            else { return nil }
            return session
        }
    }

    /// Ends a session.
    public func end(_ token: String) {
        sessions.withLock { _ = $0.removeValue(forKey: token) }
    }

    /// Ends every session of a person.
    public func end(of name: String) {
        sessions.withLock { sessions in sessions = sessions.filter { $0.value.person.name != name } }
    }

    private static func secret() -> String {
        var text = ""
        for _ in 0..<4 {
            let word = String(UInt64.random(in: .min ... .max), radix: 16)
            text += String(repeating: "0", count: 16 - word.count) + word
        }
        return text
    }
}

/// How often sign-in may fail: after five failures from one address or for one name, each next try waits longer.
public final class SignInLimiter: Sendable {
    private struct Record {
        var failures = 0
        var lastAt: Timestamp
    }

    /// Failures that cost nothing.
    static let allowance = 5
    /// The longest wait.
    static let longestWaitSeconds: Int64 = 300
    /// Addresses and names that are remembered; beyond it those that failed longest ago are forgotten.
    static let bound = 20_000

    private let records = Mutex<[String: Record]>([:])

    /// A limiter that has seen no failure.
    public init() {}

    /// How long this address or name must wait before its next try; zero when it may try now.
    public func wait(address: String, name: String, at now: Timestamp) -> Duration {
        records.withLock { records in
            var longest = Duration.zero
            for key in SignInLimiter.keys(address, name) {
                guard let record = records[key], record.failures >= SignInLimiter.allowance else { continue }
                let exponent = min(record.failures - SignInLimiter.allowance, 10)
                let seconds = min(Int64(1) << Int64(exponent + 1), SignInLimiter.longestWaitSeconds)
                longest = max(longest, .seconds(seconds) - now.since(record.lastAt))
            }
            return max(longest, .zero)
        }
    }

    /// Notes a failure.
    public func failed(address: String, name: String, at now: Timestamp) {
        records.withLock { records in
            if records.count >= SignInLimiter.bound {
                records = records.filter { now.since($0.value.lastAt) < .seconds(SignInLimiter.longestWaitSeconds) }
                if records.count >= SignInLimiter.bound {
                    let oldest = records.sorted { $0.value.lastAt < $1.value.lastAt }.prefix(SignInLimiter.bound / 10)
                    for (key, _) in oldest { records[key] = nil }
                }
            }
            for key in SignInLimiter.keys(address, name) {
                var record = records[key] ?? Record(lastAt: now)
                if now.since(record.lastAt) > .seconds(900) { record.failures = 0 }
                record.failures += 1
                record.lastAt = now
                records[key] = record
            }
        }
    }

    /// Notes a success: the name's failures are forgotten, the address's are not.
    public func succeeded(name: String) {
        records.withLock { _ = $0.removeValue(forKey: "name/" + name) }
    }

    private static func keys(_ address: String, _ name: String) -> [String] { ["address/" + address, "name/" + name] }
}
