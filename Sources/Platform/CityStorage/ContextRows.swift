/// One instance of an attribute in an entity's temporal evolution, as the views keep it.
public struct InstanceRow: Sendable {
    /// Its number among all instances of the city.
    public let number: UInt64
    /// The attribute's name.
    public let name: String
    /// When it was observed, in microseconds since 1970.
    public let observedAt: Int64?
    /// When it was entered, in microseconds since 1970.
    public let at: Int64
    private let late: LateBytes

    /// All of it, as JSON.
    public var body: [UInt8] { late.make() }

    /// An instance whose JSON is made when it is written.
    public init(number: UInt64, name: String, observedAt: Int64?, at: Int64, late: LateBytes) {
        self.number = number
        self.name = name
        self.observedAt = observedAt
        self.at = at
        self.late = late
    }
}

/// An instance that was put or removed; without a number, all of an entity were.
public struct InstanceChange: Sendable {
    /// The entity's tenant; empty for the default one.
    public let tenant: String
    /// The entity's URI.
    public let entity: String
    /// Which instance; nil for all.
    public let number: UInt64?
    /// The instance; nil when it was removed.
    public let row: InstanceRow?

    /// A change.
    public init(tenant: String, entity: String, number: UInt64?, row: InstanceRow?) {
        self.tenant = tenant
        self.entity = entity
        self.number = number
        self.row = row
    }
}

/// Something that the context broker keeps whole, as the views keep it: an entity, or a document.
public struct ContextRow: Sendable {
    /// What it is: `entity`, or the kind of a document.
    public let kind: String
    /// Its tenant; empty for the default one.
    public let tenant: String
    /// Its name among those of its kind and tenant.
    public let id: String
    /// Its place among entities; 0 for others.
    public let place: Int
    /// As JSON; nil when it was removed.
    public let body: LateBytes?

    /// A row.
    public init(kind: String, tenant: String, id: String, place: Int = 0, body: LateBytes?) {
        self.kind = kind
        self.tenant = tenant
        self.id = id
        self.place = place
        self.body = body
    }
}

/// What has changed of what the context broker keeps since the photograph before.
public struct ContextSnapshot: Sendable {
    /// Entities and documents that are new, changed or removed.
    public var rows: [ContextRow] = []
    /// Instances that are new, changed or removed, in order.
    public var instances: [InstanceChange] = []
    /// The number of the next instance.
    public var nextInstance: UInt64 = 0

    /// Nothing has changed.
    public init() {}
}
