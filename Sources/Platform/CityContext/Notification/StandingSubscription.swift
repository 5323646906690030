public import JSONBytes
public import NGSILD

/// A subscription as the broker keeps it: what was asked for, on whose behalf, and the `@context` that it is answered with.
public struct StandingSubscription: Sendable {
    /// What was asked for; how it went so far is kept beside it.
    public var subscription: Subscription
    /// On whose behalf.
    public var owner: SubscriptionOwner
    /// What a `Link` header of a notification names.
    public var contextURL: String

    /// A subscription.
    ///
    /// - Parameters:
    ///   - subscription: With an id.
    ///   - owner: On whose behalf.
    ///   - contextURL: Where its `@context` is found.
    public init(_ subscription: Subscription, owner: SubscriptionOwner, contextURL: String) {
        self.subscription = subscription
        self.owner = owner
        self.contextURL = contextURL
    }

    /// All of it as a document. ``init(document:)`` reads it back.
    public var document: JSONValue {
        var object = JSONObject()
        object["subscription"] = subscription.storageJSON
        object["owner"] = owner.stored
        object["contextURL"] = .string(contextURL)
        return .object(object)
    }

    /// Reads what ``document`` wrote; nil when it is something else.
    public init?(document: JSONValue) {
        guard case .object(let object) = document, let stored = object["subscription"],
            let subscription = try? Subscription(storage: stored),
            let owner = SubscriptionOwner(stored: object["owner"]), let contextURL = object.text("contextURL")
        else { return nil }
        self.init(subscription, owner: owner, contextURL: contextURL)
    }
}

/// Up to where a subscription's notifications are settled, and how they went.
public struct DeliveryState: Sendable, Hashable {
    /// The number of the last pending notification that is settled: delivered, or not to be sent.
    public var settledUpTo: UInt64
    /// How it went.
    public var record: DeliveryRecord

    /// A state.
    public init(settledUpTo: UInt64 = 0, record: DeliveryRecord = DeliveryRecord()) {
        self.settledUpTo = settledUpTo
        self.record = record
    }

    /// All of it as a document. ``init(document:)`` reads it back.
    public var document: JSONValue {
        var object = JSONObject()
        object["settledUpTo"] = .number(JSONNumber(Int64(clamping: settledUpTo)))
        object["status"] = record.status.map { .string($0.rawValue) }
        object["timesSent"] = .number(JSONNumber(Int64(record.timesSent)))
        object["timesFailed"] = .number(JSONNumber(Int64(record.timesFailed)))
        object["lastNotification"] = record.lastNotification.map { .number(JSONNumber($0)) }
        object["lastSuccess"] = record.lastSuccess.map { .number(JSONNumber($0)) }
        object["lastFailure"] = record.lastFailure.map { .number(JSONNumber($0)) }
        return .object(object)
    }

    /// Reads what ``document`` wrote; nil when it is something else.
    public init?(document: JSONValue) {
        guard case .object(let object) = document, let settled = object.instant("settledUpTo") else { return nil }
        settledUpTo = UInt64(clamping: settled)
        record = DeliveryRecord()
        record.status = object.text("status").flatMap(DeliveryRecord.Status.init(rawValue:))
        record.timesSent = Int(object.instant("timesSent") ?? 0)
        record.timesFailed = Int(object.instant("timesFailed") ?? 0)
        record.lastNotification = object.instant("lastNotification")
        record.lastSuccess = object.instant("lastSuccess")
        record.lastFailure = object.instant("lastFailure")
    }
}
