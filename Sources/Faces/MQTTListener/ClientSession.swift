import CityModel
import CityPath
import CityStorage
import Dispatch
import MQTTPackets
import MQTTSessions
import NIOCore
import Synchronization

/// Names a session. A client identifier is its principal's own: nobody can take the session of another.
struct ClientKey: Sendable, Hashable {
    let owner: String
    let clientIdentifier: String

    /// Both, as the session itself knows them. Names of principals have no spaces.
    var text: String { "\(owner) \(clientIdentifier)" }

    init(owner: String, clientIdentifier: String) {
        self.owner = owner
        self.clientIdentifier = clientIdentifier
    }

    /// The key that ``text`` was made of.
    init?(text: String) {
        guard let space = text.firstIndex(of: " ") else { return nil }
        owner = String(text[..<space])
        clientIdentifier = String(text[text.index(after: space)...])
    }
}

/// One client's session and, while it has one, its connection. Safe from any thread: deliveries come from everywhere.
///
/// The session itself is a value, `MQTTSessions.Session`; this is the lock around it, and the road of what it wants done:
/// bytes to the connection's event loop, changes to the committer, in the order in which they were made.
final class ClientSession: Sendable {
    /// The connection that the session has.
    struct Link: Sendable {
        let connection: ConnectionHandle
        /// From where, without the port.
        let address: String
        /// The most sensitive class of data that the client may be given.
        let highestClass: DataClass
    }

    struct State: Sendable {
        var session: Session
        var link: Link?
        /// What may be given to the client was decided when it connected last.
        var highestClass: DataClass
        var outbox = Outbox(budgetBytes: 0)
        /// Whether the connection has been told that there is something to write.
        var isFlushDue = false
        /// Messages of a durable session that may be sent once the changes made so far are committed.
        var unconfirmed: [UInt64] = []
        var deadline: Scheduled<Void>?
    }

    /// What a client may be sent in one piece before its socket is asked again.
    static let flushBytes = 256 * 1_024

    let key: ClientKey
    let number: UInt64
    private let path: GuardedPath
    private let state: Mutex<State>
    /// Whether it has several subscriptions, so that a message may match more than one.
    private let mayOverlap = Atomic<Bool>(false)
    private let connected = Atomic<Bool>(false)
    private let published = Atomic<Int>(0)
    private let heldBack = Atomic<Int>(0)
    private let delivered = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let rates = Mutex(Rates())

    /// How busy the client was between the last two looks.
    private struct Rates {
        var published = 0.0
        var delivered = 0.0
        var countsThen = (published: 0, delivered: 0)
    }

    init(key: ClientKey, number: UInt64, session: Session, highestClass: DataClass, path: GuardedPath) {
        self.key = key
        self.number = number
        self.path = path
        state = Mutex(State(session: session, highestClass: highestClass))
        mayOverlap.store(session.subscriptions.count > 1, ordering: .relaxed)
    }

    var isLive: Bool { connected.load(ordering: .relaxed) }
    var hasSeveralSubscriptions: Bool { mayOverlap.load(ordering: .relaxed) }
    var isDurable: Bool { state.withLock { $0.session.isDurable } }

    /// The present, as sessions count it.
    var now: SessionInstant { SessionInstant(path.clock.now) }

    /// Runs `body` with everything; then commits what it changed.
    func update<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            let result = body(&state)
            settle(&state)
            return result
        }
    }

    /// Runs `body` for the connection `number`, unless another has taken the session over.
    func update<Result: Sendable>(
        for number: UInt64, _ body: (inout Session, inout Outbox) -> Result
    ) -> Result? {
        update { state in
            guard state.link?.connection.number == number else { return nil }
            defer { mayOverlap.store(state.session.subscriptions.count > 1, ordering: .relaxed) }
            return body(&state.session, &state.outbox)
        }
    }

    // MARK: Its connection

    /// The client has connected: goes on with the session, or begins another.
    ///
    /// - Returns: What `open` did, and the connection that had the session until now.
    func attach(
        _ connect: Connect, _ terms: ConnectionTerms, _ link: Link
    ) -> (opening: SessionOpening, displaced: ConnectionHandle?) {
        let now = now
        return update { state in
            let displaced = state.link?.connection
            state.deadline?.cancel()
            state.deadline = nil
            // What was under way to the connection before is of no use to this one; changes and answers to them stay.
            state.outbox.bytes = ByteBuffer()
            state.outbox.afterCommit = ByteBuffer()
            let opening = state.session.open(connect, terms: terms, at: now, into: &state.outbox)
            state.link = link
            state.highestClass = link.highestClass
            state.isFlushDue = false
            connected.store(true, ordering: .relaxed)
            mayOverlap.store(state.session.subscriptions.count > 1, ordering: .relaxed)
            return (opening, displaced)
        }
    }

    /// The connection `number` is over; nil when it has lost the session before.
    func detach(_ number: UInt64, because reason: ClosingReason) -> SessionClosing? {
        let now = now
        return update { state in
            guard state.link?.connection.number == number else { return nil }
            let closing = state.session.close(at: now, because: reason, into: &state.outbox)
            leave(&state)
            return closing
        }
    }

    /// Ends the session, whatever it is doing.
    func end() -> (closing: SessionClosing, connection: ConnectionHandle?) {
        let now = now
        return update { state in
            let connection = state.link?.connection
            let closing = state.session.end(at: now, into: &state.outbox)
            leave(&state)
            return (closing, connection)
        }
    }

    private func leave(_ state: inout State) {
        state.link = nil
        state.outbox.bytes = ByteBuffer()
        state.isFlushDue = false
        connected.store(false, ordering: .relaxed)
        mayOverlap.store(state.session.subscriptions.count > 1, ordering: .relaxed)
    }

    // MARK: Messages for the client

    /// What a delivery asks of the one who delivers.
    struct Delivered {
        var outcome: DeliveryOutcome
        /// The connection to be told that there is something to write: only the first delivery since its last flush says so,
        /// and one that has filled what may be written at once.
        var connection: ConnectionHandle?
        /// Whether that much has come together that it is to be written now.
        var isFull = false
    }

    /// Gives the client a message that may be sent at once. One that it may not see is passed over: nil.
    func deliver(
        _ message: RelayedMessage, _ grant: SubscriptionGrant, further: [UInt32], isRetained: Bool = false,
        at now: SessionInstant
    ) -> Delivered? {
        state.withLock { state in
            guard message.dataClass <= state.highestClass else { return nil }
            let outcome = state.session.deliver(
                message.content, grant: grant, furtherIdentifiers: further, isRetained: isRetained, at: now,
                mode: .pending, into: &state.outbox)
            if case .queued(let sequence) = outcome, state.session.isDurable { state.unconfirmed.append(sequence) }
            guard let connection = markDue(&state) else {
                let isFull = state.outbox.budgetBytes > 0 && !state.outbox.hasRoom
                return Delivered(outcome: outcome, connection: isFull ? state.link?.connection : nil, isFull: isFull)
            }
            return Delivered(outcome: outcome, connection: connection)
        }
    }

    /// Puts a message into the queue of a durable session, to be sent once `keepings` are committed.
    ///
    /// - Returns: Its sequence; nil when there is nothing to wait for, because the client does not get it or the session
    ///   keeps nothing.
    func reserve(
        _ message: RelayedMessage, _ grant: SubscriptionGrant, further: [UInt32], at now: SessionInstant,
        into keepings: inout [Keeping]
    ) -> (sequence: UInt64?, isOverflow: Bool, connection: ConnectionHandle?) {
        let (result, made) = state.withLock { state -> ((UInt64?, Bool, ConnectionHandle?), [Keeping]) in
            guard message.dataClass <= state.highestClass else { return ((nil, false, nil), []) }
            settle(&state)
            let outcome = state.session.deliver(
                message.content, grant: grant, furtherIdentifiers: further, at: now, mode: .pending,
                into: &state.outbox)
            let made = state.outbox.changes.map { Keeping($0, of: key) }
            state.outbox.changes = []
            switch outcome {
            // Once it is committed, the connection is told.
            case .queued(let sequence) where !made.isEmpty: return ((sequence, false, nil), made)
            case .overflow: return ((nil, true, state.link?.connection), made)
            default: return ((nil, false, markDue(&state)), made)
            }
        }
        keepings += made
        return result
    }

    /// The commit of a reserved message is done, or will never be.
    func settle(_ sequence: UInt64, isCommitted: Bool) -> ConnectionHandle? {
        state.withLock { state in
            if isCommitted { state.session.confirm(sequence) } else { state.session.withdraw(sequence) }
            return markDue(&state)
        }
    }

    private func markDue(_ state: inout State) -> ConnectionHandle? {
        guard !state.isFlushDue, let link = state.link else { return nil }
        state.isFlushDue = true
        return link.connection
    }

    /// Decides on publications of the client: acknowledges or refuses them, in the order they came. Also when its connection
    /// is over: then the session knows what to answer when the client repeats them.
    func complete(_ answers: [Gathered.Answer]) {
        update { state in
            for answer in answers {
                state.session.complete(
                    answer.ticket, reasonCode: answer.refusal?.code.pubackReason ?? .success,
                    reasonString: answer.refusal?.message, into: &state.outbox)
            }
        }
    }

    /// What the connection `number` is to write now, and whether there may be more than that; nil for nothing, or when it
    /// has lost the session.
    func takeBytes(
        for number: UInt64, isWritable: Bool, counting shared: ListenerShared
    ) -> (bytes: ByteBuffer, isFull: Bool)? {
        let now = now
        return state.withLock { state in
            guard state.link?.connection.number == number else { return nil }
            state.isFlushDue = false
            state.outbox.budgetBytes = isWritable ? ClientSession.flushBytes : 0
            if isWritable { state.session.drain(at: now, into: &state.outbox) }
            settle(&state)
            count(&state.outbox, shared)
            guard state.outbox.bytes.readableBytes > 0 else { return nil }
            let (bytes, isFull) = (state.outbox.bytes, !state.outbox.hasRoom)
            state.outbox.bytes = ByteBuffer()
            return (bytes, isFull)
        }
    }

    private func count(_ outbox: inout Outbox, _ shared: ListenerShared) {
        let counts = outbox.counts
        outbox.counts = Outbox.Counts()
        guard counts != outbox.counts else { return }
        let dropped = counts.dropped + counts.refused + counts.tooLarge + counts.expired
        delivered.add(counts.sent, ordering: .relaxed)
        self.dropped.add(dropped, ordering: .relaxed)
        shared.city.metrics.relayed(counts.sent, dropped: dropped)
        shared.counters.relayed(counts.sent, dropped: dropped)
    }

    // MARK: What must be durable

    /// Hands the changes that were made to the committer, and has the bytes that wait for them written after it.
    ///
    /// Under the lock, so that the changes of a session are committed in their order. Bytes without changes wait too:
    /// those before them may still be under way.
    private func settle(_ state: inout State) {
        guard !state.outbox.changes.isEmpty || state.outbox.afterCommit.readableBytes > 0 else { return }
        let bytes = state.outbox.afterCommit
        let connection = state.link?.connection
        let unconfirmed = state.unconfirmed
        state.outbox.afterCommit = ByteBuffer()
        state.unconfirmed = []
        commit(&state) { [weak self] isCommitted in
            for sequence in unconfirmed { _ = self?.settle(sequence, isCommitted: isCommitted)?.flush() }
            guard let connection, bytes.readableBytes > 0 else { return }
            if isCommitted { connection.write(bytes) } else { connection.close(because: .serverUnavailable) }
        }
    }

    /// Calls `done` once every change made so far is durable, or has been given up.
    func afterChanges(_ done: @escaping @Sendable (Bool) -> Void) {
        state.withLock { state in
            settle(&state)
            commit(&state, done)
        }
    }

    /// Hands the changes over; their order is that of the calls, because the lock is held.
    private func commit(_ state: inout State, _ done: @escaping @Sendable (Bool) -> Void) {
        var changes = AcceptedChanges { result in
            if case .success = result { done(true) } else { done(false) }
        }
        changes.keepings = state.outbox.changes.map { Keeping($0, of: key) }
        state.outbox.changes = []
        guard path.commit(changes) != nil else { return }
        state.link?.connection.close(because: .quotaExceeded)
        // Not here: the lock is held.
        DispatchQueue.global().async { done(false) }
    }

    // MARK: Time

    /// The connection, while there is one.
    var connection: ConnectionHandle? { state.withLock { $0.link?.connection } }

    /// When something is to be done while the client is away.
    var nextDeadline: SessionInstant? { state.withLock { $0.session.nextDeadline } }

    func schedule(_ deadline: Scheduled<Void>) {
        state.withLock { state in
            state.deadline?.cancel()
            state.deadline = deadline
        }
    }

    func deadlinePassed() -> SessionClosing? {
        let now = now
        return update { state in
            guard state.link == nil else { return nil }
            return state.session.deadlinePassed(at: now, into: &state.outbox)
        }
    }

    /// The client has published so many messages that were accepted.
    func hasPublished(_ count: Int) { published.add(count, ordering: .relaxed) }

    /// The client has published beyond its quota, and had to wait.
    func wasHeldBack() { heldBack.add(1, ordering: .relaxed) }

    // MARK: What it is like

    /// Looks how busy the client was since the last look, so many seconds ago.
    func measureRates(over seconds: Double) {
        let now = (published: published.load(ordering: .relaxed), delivered: delivered.load(ordering: .relaxed))
        rates.withLock { rates in
            rates.published = Double(now.published - rates.countsThen.published) / seconds
            rates.delivered = Double(now.delivered - rates.countsThen.delivered) / seconds
            rates.countsThen = now
        }
    }

    /// For people.
    var summary: MQTTSessionSummary {
        state.withLock { state in
            MQTTSessionSummary(
                owner: key.owner, clientIdentifier: key.clientIdentifier,
                address: state.link?.address, isConnected: state.link != nil,
                version: state.session.protocolVersion == .v5 ? "5" : "3.1.1",
                disconnectedSince: state.session.disconnectedSince.map { Timestamp(microseconds: $0.microseconds) },
                expirySeconds: state.session.expiry.seconds,
                subscriptions: state.session.subscriptions.map {
                    MQTTSessionSummary.Subscription(filter: $0.key.text, qos: Int($0.value.options.maximumQoS.rawValue))
                }.sorted { $0.filter < $1.filter },
                waitingMessages: state.session.waitingMessages, inFlightMessages: state.session.inFlightMessages,
                queuedBytes: state.session.queuedBytes, publishedMessages: published.load(ordering: .relaxed),
                deliveredMessages: delivered.load(ordering: .relaxed),
                publishedPerSecond: rates.withLock { $0.published },
                deliveredPerSecond: rates.withLock { $0.delivered },
                droppedMessages: dropped.load(ordering: .relaxed), heldBackTimes: heldBack.load(ordering: .relaxed))
        }
    }

    /// Its particulars, for people.
    func look<Result: Sendable>(_ body: (borrowing Session) -> Result) -> Result {
        state.withLock { body($0.session) }
    }
}

extension ClientSession: Hashable {
    static func == (left: ClientSession, right: ClientSession) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension SessionInstant {
    /// The same moment.
    init(_ timestamp: Timestamp) { self.init(microseconds: timestamp.microseconds) }
}

extension Keeping {
    /// Under which all that sessions keep is found.
    static let sessions = Array("mqtt/session/".utf8)

    /// A session's change as it is kept.
    init(_ change: SessionChange, of key: ClientKey) {
        let (name, value) = change.keyValue(client: key.text)
        self.init(key: Keeping.sessions + name, value: value)
    }
}
