/// The guarded path: the one way into the city's memory.
///
/// - Takes: submissions, from faces that adapt protocols and decide nothing.
/// - Gives: receipts after the commit, refusals before it; and the mirrored path for reading.
/// - Owns: the six steps, ``Identify``, ``Authoriser``, ``Understand``, ``Classify``, ``Commit``, ``Publish``; each is a
///   type in the file of its name.
/// - Relies on: `CityStorage` to keep, `CityIdentity` to know, `CityContext` to tell, `Detection` to judge.
import CityIdentity
public import CityModel
import CityStorage
public import JSONBytes

/// Identify, authorise, understand, classify, commit, publish.
///
/// A face that serves a connection walks it like this:
///
/// 1. ``Identify/certificate(_:at:)`` and ``Identify/principal(of:)``, once for each connection;
/// 2. ``open(_:topic:)``, once for each topic, again when ``isOpen(_:)`` says no;
/// 3. ``understand(_:on:at:scratch:into:)``, once for each message;
/// 4. ``commit(_:)``, once for all that was read in one go.
public final class GuardedPath: Sendable {
    /// The first step.
    public let identify: Identify
    /// The second step.
    public let authoriser: any Authoriser
    /// Refusals on their way into the journal.
    public let refusals: RefusalLog
    /// Reads on their way into the journal.
    public let accesses: AccessLog
    /// The present.
    public let clock: CityClock

    /// Which topics are whose.
    public let topics: TopicScheme
    /// What other layouts of payloads mean.
    public let payloads: PayloadMappings
    /// What the path has to say to devices that speak Sparkplug B.
    public let replies = PayloadReplies()

    let understand: Understand
    let registry: DeviceRegistry
    let committer: Committer
    private let arrivals = ArrivalClocks()
    private let edgeNodes = EdgeNodes()

    init(
        identify: Identify, authoriser: any Authoriser, refusals: RefusalLog, accesses: AccessLog, clock: CityClock,
        topics: TopicScheme, payloads: PayloadMappings, understand: Understand, registry: DeviceRegistry,
        committer: Committer
    ) {
        self.identify = identify
        self.authoriser = authoriser
        self.refusals = refusals
        self.accesses = accesses
        self.clock = clock
        self.topics = topics
        self.payloads = payloads
        self.understand = understand
        self.registry = registry
        self.committer = committer
    }

    /// The second step and all of the later ones that do not depend on the message: works out what a principal may say
    /// on a topic and how it will be understood.
    public func open(_ principal: Principal, topic: String) -> Result<Route, Refusal> {
        let generation = authoriser.generation
        if let refusal = forbidding(principal, .publish(topic: topic)) { return .failure(refusal) }
        return meaning(of: topic, from: principal).map { meaning in
            Route(
                principal: principal, topic: topic, meaning: meaning, generation: generation,
                arrivals: arrivals.clock(of: meaning.device))
        }
    }

    /// Whether what a route rests on still holds: no device's record and no account has changed since. Takes no lock.
    public func isOpen(_ route: Route) -> Bool { route.generation == authoriser.generation }

    private func meaning(of topic: String, from principal: Principal) -> Result<Route.Meaning, Refusal> {
        guard let place = topics.place(of: topic) else {
            if let meaning = payloadMeaning(of: topic, from: principal) { return meaning }
            if case .laboratory = principal { return .success(.message) }
            return topics.isReserved(topic) ? .failure(.topic("`\(topic)` belongs to no device")) : .success(.message)
        }
        let device = registry.device(DeviceID(place.device))
        guard let device, (place.agency ?? device.agency.text) == device.agency.text else {
            if case .laboratory = principal { return .success(.message) }
            return .failure(.topic("`\(topic)` belongs to no device that is registered"))
        }
        switch place.channel {
        case TopicScheme.values: return understand.mapping(for: device).map(Route.Meaning.values)
        case TopicScheme.entity:
            let type = understand.catalogue.deviceTypes[device.deviceType]?.entityType
            return .success(.entity(EntityMapping(device: device, defaultType: type)))
        default:
            if [TopicScheme.application[...], TopicScheme.command[...]].contains(place.kind) {
                return .success(.message)
            }
            if case .laboratory = principal { return .success(.message) }
            return .failure(
                .topic(
                    "`\(topic)` has no meaning: use the channel `\(TopicScheme.values)` for small JSON, "
                        + "`\(TopicScheme.entity)` for NGSI-LD, `\(TopicScheme.application)/…` for what the city need not "
                        + "understand"))
        }
    }

    /// The third and fourth step for one message.
    ///
    /// - Parameters:
    ///   - payload: The message's bytes.
    ///   - route: Open, and made for the topic the message came on.
    ///   - now: When it came. What brings no time of its own gets this one, or the next that no other message of the
    ///     device has, so that many messages may share one `now`.
    ///   - scratch: Reused by the caller from message to message.
    ///   - observations: What was understood is appended here.
    /// - Returns: nil when all was understood; otherwise why not, and nothing was appended.
    public func understand(
        _ payload: UnsafeRawBufferPointer, on route: Route, at now: Timestamp, scratch: inout SmallObject,
        into observations: inout [Observation]
    ) -> Refusal? {
        switch route.meaning {
        case .values(let mapping):
            return understand.values(
                payload, by: mapping, at: now, route.arrivals, scratch: &scratch, into: &observations)
        case .entity(let mapping):
            return write(
                payload, about: nil, by: mapping, from: route.principal, at: now, route.arrivals, into: &observations)
        case .payload(let mapping):
            return understand.payload(payload, by: mapping, at: now, route.arrivals, into: &observations)
        case .sparkplug(let mapping):
            return understand.sparkplug(
                payload, by: mapping, at: now, arrivals, edgeNodes, replies, into: &observations)
        case .message:
            return nil
        }
    }

    private func write(
        _ payload: UnsafeRawBufferPointer, about target: EntityID?, by mapping: EntityMapping,
        from principal: Principal, at now: Timestamp, _ arrivals: ArrivalClock, into observations: inout [Observation]
    ) -> Refusal? {
        let understood = understand.entity(payload, about: target, by: mapping, at: now) { entity in
            // Before anything is defined: what is refused leaves no trace but its refusal.
            forbidding(principal, .writeEntity(entity))
        }.flatMap { understand.observations(of: $0, by: mapping, at: now, arrivals) }
        switch understood {
        case .failure(let refusal): return refusal
        case .success(let understood):
            observations.append(contentsOf: understood)
            return nil
        }
    }

    private func forbidding(_ principal: Principal, _ action: Action) -> Refusal? {
        if case .forbid(let refusal) = authoriser.decide(principal, action, DecisionContext()) { refusal } else { nil }
    }

    /// Steps two to four for an NGSI-LD fragment that names its entity in a URL.
    public func understandEntity(
        _ payload: UnsafeRawBufferPointer, about entity: EntityID, from principal: Principal, at now: Timestamp,
        into observations: inout [Observation]
    ) -> Refusal? {
        if let refusal = forbidding(principal, .writeEntity(entity)) { return refusal }
        let device = registry.owner(of: entity).flatMap(registry.device)
        let type = device.flatMap { understand.catalogue.deviceTypes[$0.deviceType]?.entityType }
        return write(
            payload, about: entity, by: EntityMapping(device: device, defaultType: type), from: principal, at: now,
            arrivals.clock(of: device?.id), into: &observations)
    }

    /// The last two steps: hands changes to the committer. Their completion is called once, later, on its thread.
    ///
    /// - Returns: nil, or why they were not taken; the completion is then never called.
    public func commit(_ changes: AcceptedChanges) -> Refusal? {
        committer.queue.put(changes)
    }

    /// Commits changes and waits until they are durable.
    public func committed(
        observations: [Observation] = [], events: [CityEvent] = []
    ) async -> Result<Receipt, Refusal> {
        await withCheckedContinuation { continuation in
            var changes = AcceptedChanges { continuation.resume(returning: $0) }
            changes.observations = observations
            changes.events = events
            if let refusal = commit(changes) { continuation.resume(returning: .failure(refusal)) }
        }
    }

    /// The second step alone, for everything that is not a reading: reading, commanding, subscribing.
    public func authorise(
        _ principal: Principal, _ action: Action, purpose: String? = nil
    ) -> Result<Permit, Refusal> {
        switch authoriser.decide(principal, action, DecisionContext(purpose: purpose)) {
        case .permit(let permit): .success(permit)
        case .forbid(let refusal): .failure(refusal)
        }
    }

    /// Keeps a refusal for the record.
    public func record(_ refusal: Refusal, by principal: Principal, from source: String) {
        refusals.note(refusal, by: principal, from: source, at: clock.now)
    }

    /// Tells the watch that a device's certificate was presented from a second place while it is connected from a first.
    public func reportIdentityInTwoPlaces(_ device: DeviceID, first: String, second: String) {
        committer.report(.identityInTwoPlaces(device, first: first, second: second, at: clock.now))
    }
}

extension Refusal {
    fileprivate static func topic(_ message: String) -> Refusal {
        Refusal(step: .understand, code: .topicNotOwn, message: message)
    }
}
