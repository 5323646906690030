import CityModel
import CityPath
import CityStorage
import Foundation
import MQTTPackets
import MQTTSessions
import NIOCore

/// What one read of a connection has brought, before it goes to the committer.
struct Gathered {
    /// A publication that wants an answer: acknowledged after the commit, or refused, in the order they came.
    struct Answer {
        let ticket: PublicationTicket
        let refusal: Refusal?
    }

    var observations: [Observation] = []
    var keepings: [Keeping] = []
    var retained: [(message: RelayedMessage, room: RetainedMessages.Room)] = []
    var answers: [Answer] = []
    var messages: [RelayedMessage] = []
    /// Publications accepted.
    var count = 0
    /// Topic names and payloads, in bytes.
    var bytes = 0

    var isEmpty: Bool {
        count == 0 && answers.isEmpty
    }

    /// Whether a batch of the journal, or something beside it, has to be durable first.
    var mustCommit: Bool { !observations.isEmpty || !keepings.isEmpty || !retained.isEmpty }
}

/// A publication as it lies in the buffer that was read.
struct ArrivedPublication {
    let topicName: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
    let properties: ForwardedProperties
    let qos: QoS
    let retain: Bool
}

/// Takes publications of one principal up to the commit. Lives on an event loop.
struct Intake {
    let shared: ListenerShared
    let scratch: LoopScratch
    /// The session that publishes, for No Local.
    let publisher: UInt64
    private(set) var gathered = Gathered()
    private var route: Route?
    private var routeTopic: [UInt8] = []

    init(shared: ListenerShared, scratch: LoopScratch, publisher: UInt64) {
        self.shared = shared
        self.scratch = scratch
        self.publisher = publisher
    }

    /// Steps two to four for one publication.
    ///
    /// - Returns: nil when it was gathered, with `change` for the sake of its session; otherwise why not.
    mutating func take(
        _ publication: ArrivedPublication, from principal: Principal, at now: Timestamp, with change: Keeping? = nil
    ) -> Refusal? {
        let route: Route
        switch open(publication.topicName, principal) {
        case .failure(let refusal): return refusal
        case .success(let opened): route = opened
        }
        let before = gathered.observations.count
        // An empty retained message says nothing: it takes back what was retained before [MQTT-3.3.1-6].
        let isRemoval = publication.retain && publication.payload.isEmpty
        if !isRemoval,
            let refusal = shared.path.understand(
                publication.payload, on: route, at: now, scratch: &scratch.object, into: &gathered.observations)
        {
            return refusal
        }
        gathered.bytes += publication.payload.count + publication.topicName.count
        if publication.retain || !shared.relay.isIdle {
            let dataClass = shared.path.highestClass(of: gathered.observations[before...], on: route)
            if let refusal = give(on: publication, dataClass, at: now) {
                gathered.observations.removeSubrange(before...)
                return refusal
            }
        }
        if let change { gathered.keepings.append(change) }
        gathered.count += 1
        return nil
    }

    private mutating func give(
        on publication: ArrivedPublication, _ dataClass: DataClass, at now: Timestamp
    ) -> Refusal? {
        let content = ApplicationMessage(
            topicName: routeTopic, payload: ByteBuffer(bytes: publication.payload), qos: publication.qos,
            retain: publication.retain,
            properties: publication.properties, publisher: publisher, receivedAt: SessionInstant(now))
        let message = RelayedMessage(content, dataClass)
        if publication.retain {
            guard let room = shared.relay.retained.reserve(for: content) else {
                return Refusal(
                    step: .commit, code: .rateLimited,
                    message: "\(RetainedMessages.bound) topics have a retained message, and no more may")
            }
            gathered.retained.append((message, room))
        }
        if !shared.relay.isIdle { gathered.messages.append(message) }
        return nil
    }

    /// The route of a topic: the one of the message before if it is the same topic and still open.
    private mutating func open(_ topic: UnsafeRawBufferPointer, _ principal: Principal) -> Result<Route, Refusal> {
        if let route, topic.elementsEqualBytes(routeTopic), shared.path.isOpen(route) { return .success(route) }
        let opened = shared.path.open(principal, topic: String(decoding: topic, as: UTF8.self))
        if case .success(let new) = opened {
            route = new
            routeTopic = Array(topic)
        }
        return opened
    }

    mutating func add(_ answer: Gathered.Answer) { gathered.answers.append(answer) }

    /// What was gathered, which is then no longer here.
    mutating func takeGathered() -> Gathered {
        let group = gathered
        gathered = Gathered()
        return group
    }
}

extension ListenerShared {
    /// The last two steps: commits what was gathered, in one piece, and gives the messages on. What needs no commit is
    /// given on at once.
    ///
    /// - Parameters:
    ///   - group: What was gathered.
    ///   - isBehind: Whether something that came before still waits for its commit: then this waits too, in order.
    ///   - loop: On which `done` is called, at once or later.
    ///   - done: Called when the messages were given on, or what they rest on could not be committed.
    func submit(
        _ group: Gathered, behindOthers isBehind: Bool = false, on loop: any EventLoop,
        done: @escaping @Sendable (Refusal?) -> Void
    ) {
        let now = SessionInstant(path.clock.now)
        let messages = group.messages
        var keepings = group.keepings + group.retained.map { Keeping(retained: $0.message) }
        var routing = relay.route(messages)
        relay.reserve(&routing, messages, at: now, into: &keepings)
        guard group.mustCommit || isBehind || !keepings.isEmpty else {
            relay.deliver(routing, messages, isCommitted: true, at: now)
            done(nil)
            return
        }
        let retained = group.retained
        let reserved = routing
        var changes = AcceptedChanges { [relay, path] result in
            var refusal: Refusal?
            if case .failure(let why) = result { refusal = why }
            // Here, in the order of the commits: the last one to be retained on a topic is the one that stays.
            for (message, room) in retained {
                if refusal == nil { relay.retained.apply(message, in: room) } else { relay.retained.release(room) }
            }
            loop.execute { [refusal] in
                relay.deliver(
                    reserved, messages, isCommitted: refusal == nil, at: SessionInstant(path.clock.now))
                done(refusal)
            }
        }
        changes.observations = group.observations
        changes.keepings = keepings
        if let refusal = path.commit(changes) {
            for (_, room) in retained { relay.retained.release(room) }
            relay.deliver(reserved, messages, isCommitted: false, at: now)
            done(refusal)
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func elementsEqualBytes(_ other: [UInt8]) -> Bool {
        guard count == other.count, let base = baseAddress else { return isEmpty && other.isEmpty }
        return other.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp(base, $0, count) == 0 } ?? true
        }
    }
}
