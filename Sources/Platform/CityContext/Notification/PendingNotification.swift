import CityModel
import JSONBytes
import NGSILD

/// The name of a subscription within the city.
struct SubscriptionKey: Sendable, Hashable {
    let subject: Subscription.Subject
    let tenant: String
    let id: String

    /// What kind of document tells of deliveries.
    var deliveryKind: DocumentChange.Kind {
        switch subject {
        case .entities: .delivery
        case .registrations: .registrationDelivery
        }
    }
}

/// A change that a subscription may want to be told of: what it is told is worked out when it is sent.
struct PendingNotification: Sendable {
    /// Its number among all of the city; later ones have higher numbers.
    let number: UInt64
    /// When, in microseconds since 1970.
    let at: Int64
    /// What happened.
    let event: Event

    /// What happened.
    enum Event: Sendable {
        /// An entity changed; nil stands for one that is not there.
        case entity(id: String, before: LabelledEntity?, after: LabelledEntity?)
        /// A registration changed; nil stands for one that is not there.
        case registration(before: ContextSourceRegistration?, after: ContextSourceRegistration?)
        /// Somebody subscribed.
        case subscribed
    }

    /// All of it as JSON.
    var coded: [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        writer.number("at", at)
        switch event {
        case .entity(let id, let before, let after):
            writer.text("entity", id)
            for (name, labelled) in [("before", before), ("after", after)] {
                guard let labelled else { continue }
                writer.key(name)
                writer.coded(labelled)
            }
        case .registration(let before, let after):
            for (name, registration) in [("registrationBefore", before), ("registrationAfter", after)] {
                guard let registration else { continue }
                writer.key(name)
                writer.value(registration.storageJSON)
            }
        case .subscribed: break
        }
        writer.endObject()
        return writer.take()
    }

    init(number: UInt64, at: Int64, _ event: Event) {
        self.number = number
        self.at = at
        self.event = event
    }

    /// Reads what `coded` wrote; nil when it is something else.
    init?(coded value: JSONValue, number: UInt64) {
        guard case .object(let object) = value, let at = object.instant("at") else { return nil }
        self.number = number
        self.at = at
        if let entity = object.text("entity") {
            func labelled(_ name: String) -> LabelledEntity? {
                guard case .object(let inner)? = object[name] else { return nil }
                return LabelledEntity(coded: inner, id: entity)
            }
            let (before, after) = (labelled("before"), labelled("after"))
            guard (before != nil) == (object["before"] != nil), (after != nil) == (object["after"] != nil) else {
                return nil
            }
            event = .entity(id: entity, before: before, after: after)
            return
        }
        let before = object["registrationBefore"].flatMap { try? ContextSourceRegistration(storage: $0) }
        let after = object["registrationAfter"].flatMap { try? ContextSourceRegistration(storage: $0) }
        event = before == nil && after == nil ? .subscribed : .registration(before: before, after: after)
    }

    /// What happened, as one who may see no more than a class sees it; nil when that is nothing.
    func change(upTo highest: DataClass) -> NGSILD.EntityChange? {
        guard case .entity(_, let before, let after) = event, before != nil || after != nil else { return nil }
        return NGSILD.EntityChange(from: before?.visible(upTo: highest), to: after?.visible(upTo: highest), at: at)
    }
}

/// Pending notifications of one subscription, in order.
struct NotificationQueue: Sendable {
    private var entries: [PendingNotification] = []
    private var start = 0

    var count: Int { entries.count - start }
    var isEmpty: Bool { count == 0 }
    var first: PendingNotification? { isEmpty ? nil : entries[start] }

    mutating func append(_ entry: PendingNotification) { entries.append(entry) }

    /// Removes and returns the first one.
    mutating func removeFirst() -> PendingNotification? {
        guard let first else { return nil }
        start += 1
        if start > 1_024, start * 2 > entries.count {
            entries.removeFirst(start)
            start = 0
        }
        return first
    }

    /// The first ones that are told of together: entities that changed in one step.
    func step(atMost bound: Int) -> [PendingNotification] {
        guard let first else { return [] }
        guard case .entity = first.event else { return [first] }
        return Array(entries[start...].prefix(bound).prefix { $0.at == first.at })
    }
}
