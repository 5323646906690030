import CityIdentity
import CityModel
import CityPath
import CityStorage
import Logging
import MQTTPackets
import MQTTSessions
import NIOCore
import Synchronization

/// All sessions there are, connected or not. Safe from any thread.
final class SessionBook: Sendable {
    private struct State {
        private(set) var sessions: [ClientKey: ClientSession] = [:]
        /// How many of them each owner has.
        private(set) var counts: [String: Int] = [:]
        var next: UInt64 = 1

        mutating func add(_ client: ClientSession) {
            guard sessions.updateValue(client, forKey: client.key) == nil else { return }
            counts[client.key.owner, default: 0] += 1
        }

        mutating func remove(_ key: ClientKey) {
            guard sessions.removeValue(forKey: key) != nil, let count = counts[key.owner] else { return }
            counts[key.owner] = count > 1 ? count - 1 : nil
        }
    }

    private let state = Mutex(State())
    private let path: GuardedPath

    init(path: GuardedPath) {
        self.path = path
    }

    /// The session of a key, made when there is none.
    func session(_ key: ClientKey) -> ClientSession {
        let now = SessionInstant(path.clock.now)
        return state.withLock { state in
            if let known = state.sessions[key] { return known }
            let made = ClientSession(
                key: key, number: state.next, session: Session(clientIdentifier: key.text, at: now),
                highestClass: .public, path: path)
            state.next += 1
            state.add(made)
            return made
        }
    }

    /// The session of a key, if there is one.
    func known(_ key: ClientKey) -> ClientSession? { state.withLock { $0.sessions[key] } }

    /// Whether a session of this key would be one more than its owner may have.
    func wouldExceed(_ limit: Int, with key: ClientKey) -> Bool {
        state.withLock { $0.counts[key.owner, default: 0] >= limit && $0.sessions[key] == nil }
    }

    /// A session is over: forgets it, unless somebody has come back to it meanwhile.
    func forget(_ client: ClientSession) {
        state.withLock { state in
            guard state.sessions[client.key] === client, !client.isLive else { return }
            state.remove(client.key)
        }
    }

    /// Every session, in no order.
    var all: [ClientSession] { state.withLock { Array($0.sessions.values) } }

    /// How many sessions there are.
    var count: Int { state.withLock { $0.sessions.count } }

    /// Brings back what was kept of sessions before the program ended.
    ///
    /// - Parameters:
    ///   - keepings: From ``CityStorage/Keeping/sessions``.
    ///   - limits: Bounds until the clients connect.
    ///   - classOf: The most sensitive class of data that an owner may be given.
    /// - Returns: The sessions; what is to be kept of them now and what to be forgotten; what cannot be read, in words.
    func restore(
        _ keepings: [Keeping], limits: SessionLimits, classOf: (String) -> DataClass
    ) -> (sessions: [ClientSession], keepings: [Keeping], problems: [String]) {
        let records = keepings.compactMap { keeping in
            keeping.value.map { (key: Array(keeping.key.dropFirst(Keeping.sessions.count)), value: $0) }
        }
        let restoration = Session.restore(from: records, limits: limits, at: SessionInstant(path.clock.now))
        var made: [ClientSession] = []
        var changed = restoration.stale.map { Keeping(key: Keeping.sessions + $0, value: nil) }
        for restored in restoration.sessions {
            guard let key = ClientKey(text: restored.session.clientIdentifier) else { continue }
            changed += restored.changes.map { Keeping($0, of: key) }
            made.append(
                state.withLock { state in
                    let client = ClientSession(
                        key: key, number: state.next, session: restored.session, highestClass: classOf(key.owner),
                        path: path)
                    state.next += 1
                    state.add(client)
                    return client
                })
        }
        return (made, changed, restoration.damaged.map(\.description))
    }
}
