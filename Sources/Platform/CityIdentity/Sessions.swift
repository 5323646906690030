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
