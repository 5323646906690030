public import JSONBytes

/// Who wants to be told of what: a subscription to entities (CIM 009 §5.2.12, §5.8) or to registrations (§5.11).
///
/// Names are canonical (``JSONLDContext``), instants in microseconds since 1970. A value: `SubscriptionClock` says when
/// something is sent, the shell sends it and writes ``deliveries`` back.
public struct Subscription: Sendable, Hashable {
    /// What is subscribed to.
    public enum Subject: Sendable, Hashable, CaseIterable {
        /// Entities (§5.8).
        case entities
        /// Context source registrations (§5.11).
        case registrations
    }

    /// Whether notifications are sent.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// They are.
        case active
        /// They are not, for the time being.
        case paused
        /// They are no longer.
        case expired
    }

    /// Text of the query language with the `@context` that its names came with: it is parsed again with that one.
    public struct Query: Sendable, Hashable {
        /// As it was written.
        public var text: String
        /// A URL, an object, or an array of these; nil for the core `@context` alone.
        public var context: JSONValue?

        /// A query.
        ///
        /// - Parameters:
        ///   - text: As it was written.
        ///   - context: What its names came with; nil for the core `@context` alone.
        public init(_ text: String, context: JSONValue? = nil) {
            self.text = text
            self.context = context
        }
    }

    /// A URI; empty until the broker has given one to a document without.
    public var id = ""
    /// A short name for people.
    public var subscriptionName: String?
    /// For people.
    public var description: String?
    /// Any of these; empty for any entity that has a watched attribute.
    public var entities: [EntitySelector] = []
    /// Attributes whose changes count, canonical names; empty for all.
    public var watchedAttributes: [String] = []
    /// As they were given; nil means ``NotificationTrigger/defaults``.
    public var notificationTrigger: [NotificationTrigger]?
    /// Between two notifications that are sent whatever happens; nil for those that follow changes.
    public var timeInterval: Duration?
    /// What entities must hold.
    public var q: Query?
    /// Where entities must be.
    public var geoQ: GeoQueryDocument?
    /// In which scopes entities must be, as text (§4.19).
    public var scopeQ: String?
    /// What context sources must hold.
    public var csf: Query?
    /// From what time registrations must have data; subscriptions to registrations only.
    public var temporalQ: TemporalQuery?
    /// As it was given; nil means true.
    public var isActive: Bool?
    /// When it ends.
    public var expiresAt: Int64?
    /// The least time between two notifications.
    public var throttling: Duration?
    /// The natural language that is asked for.
    public var lang: String?
    /// The instances of attributes that are shown: URIs, and `@none` for the default one; empty for all.
    public var datasetId: [String] = []
    /// Attributes whose values are opaque JSON in ``q``, canonical names.
    public var jsonKeys: [String] = []
    /// Attributes whose values are terms in ``q``, canonical names.
    public var expandValues: [String] = []
    /// Whether one entity may be spread over several context sources; nil if it was not given.
    public var splitEntities: Bool?
    /// Whether only entities count that are held here; nil if it was not given.
    public var localOnly: Bool?
    /// The version of the standard that the receiver understands, such as `1.6`.
    public var ngsildConformance: String?
    /// The URL of the `@context` that notifications are written with, if another than ``context``.
    public var jsonldContext: String?
    /// What a notification contains, and where it goes.
    public var notification: NotificationParameters
    /// The `@context` that the document came with: a URL, an object, or an array of these.
    public var context: JSONValue?
    /// When it was entered.
    public var createdAt: Int64?
    /// When it was last changed.
    public var modifiedAt: Int64?
    /// How it went so far.
    public var deliveries = DeliveryRecord()

    /// A subscription to all there is.
    ///
    /// - Parameters:
    ///   - id: A URI.
    ///   - notification: What a notification contains, and where it goes.
    public init(id: String, notification: NotificationParameters) {
        self.id = id
        self.notification = notification
    }

    /// Whether notifications are sent: derived, never stored (table 5.2.12-2).
    ///
    /// - Parameter now: In microseconds since 1970.
    /// - Returns: ``Status/expired`` also for what was paused before.
    public func status(at now: Int64) -> Status {
        if let expiresAt, expiresAt <= now { return .expired }
        return isActive ?? true ? .active : .paused
    }

    /// What kinds of changes count.
    public var triggers: Set<NotificationTrigger> {
        notificationTrigger.map { Set($0) } ?? NotificationTrigger.defaults
    }

    /// Whether only entities count that are held here: asked for, or implied by the type `*` (§5.2.33, §5.5.13).
    public var isLocal: Bool { localOnly ?? false || entities.contains { $0.types == nil } }
}
