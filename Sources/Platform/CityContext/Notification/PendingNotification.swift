import CityModel
import JSONBytes
import NGSILD

/// The name of a subscription within the city.
struct SubscriptionKey: Sendable, Hashable {
    let tenant: String
    let id: String
}

/// A change that a subscription may want to be told of: what it is told is worked out when it is sent.
struct PendingNotification: Sendable {
    /// Its number among all of the city; later ones have higher numbers.
    let number: UInt64
    /// Which entity.
    let entity: String
    /// When, in microseconds since 1970.
    let at: Int64
    /// As it was; nil when it was created.
    let before: LabelledEntity?
    /// As it is; nil when it was deleted.
    let after: LabelledEntity?

    /// All of it as JSON.
    var coded: [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        writer.text("entity", entity)
        writer.number("at", at)
        for (name, labelled) in [("before", before), ("after", after)] {
            guard let labelled else { continue }
            writer.key(name)
            writer.coded(labelled)
        }
        writer.endObject()
        return writer.take()
    }

    init(number: UInt64, entity: String, at: Int64, before: LabelledEntity?, after: LabelledEntity?) {
        self.number = number
        self.entity = entity
        self.at = at
        self.before = before
        self.after = after
    }

    /// Reads what `coded` wrote; nil when it is something else.
    init?(coded value: JSONValue, number: UInt64) {
        guard case .object(let object) = value, let entity = object.text("entity"), let at = object.instant("at") else {
            return nil
        }
        func labelled(_ name: String) -> LabelledEntity? {
            guard case .object(let inner)? = object[name] else { return nil }
            return LabelledEntity(coded: inner, id: entity)
        }
        self.init(number: number, entity: entity, at: at, before: labelled("before"), after: labelled("after"))
        guard (before != nil) == (object["before"] != nil), (after != nil) == (object["after"] != nil) else {
            return nil
        }
    }

    /// What happened, as one who may see no more than a class sees it; nil when that is nothing.
    func change(upTo highest: DataClass) -> NGSILD.EntityChange? {
        let (before, after) = (before?.visible(upTo: highest), after?.visible(upTo: highest))
        guard before != nil || after != nil else { return nil }
        return NGSILD.EntityChange(from: before, to: after, at: at)
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

    /// The first ones that happened in one step.
    func step(atMost bound: Int) -> [PendingNotification] {
        guard let first else { return [] }
        return Array(entries[start...].prefix(bound).prefix { $0.at == first.at })
    }
}
