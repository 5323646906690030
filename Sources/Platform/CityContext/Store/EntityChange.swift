import CityModel
public import NGSILD

/// The name of an entity within the city: tenants have entities of their own (CIM 009 §4.14).
public struct EntityKey: Sendable, Hashable {
    /// The tenant; empty for the default one.
    public let tenant: String
    /// The entity's URI.
    public let id: String

    /// A name.
    public init(tenant: String, id: String) {
        self.tenant = tenant
        self.id = id
    }
}

/// An entity with the labels of its attributes, before it has a place.
public struct LabelledEntity: Sendable {
    /// What is said of it.
    public var entity: Entity
    /// One label for each instance of an attribute, in their order.
    public var labels: [AttributeLabel]

    /// An entity with labels.
    public init(_ entity: Entity, _ labels: [AttributeLabel]) {
        precondition(labels.count == entity.attributes.count, "each instance of an attribute has a label")
        self.entity = entity
        self.labels = labels
    }
}

/// What became of an entity, as one step: what the journal keeps and every view takes.
public struct EntityChange: Sendable {
    /// What happened to it.
    public enum Kind: Sendable, Hashable {
        /// It was not there before.
        case created
        /// It was, and is there still.
        case updated
        /// It is not there any more.
        case deleted
    }

    /// Which entity.
    public let key: EntityKey
    /// When, in microseconds since 1970.
    public let at: Int64
    /// What happened to it.
    public let kind: Kind
    /// As it is from now on; nil when it was deleted.
    public let after: LabelledEntity?
    /// What happened to its attributes.
    public let update: EntityUpdate
    /// As it was; nil when it was not there.
    public let previous: LabelledEntity?
    /// What was said of it before, without labels.
    public var before: Entity? { previous?.entity }
    /// Whether its attributes' new values are instances of its evolution; not when these are said by themselves.
    public let recordsInstances: Bool

    /// A change.
    public init(
        _ kind: Kind, _ key: EntityKey, at: Int64, after: LabelledEntity?, update: EntityUpdate,
        before: LabelledEntity?,
        recordsInstances: Bool = true
    ) {
        self.kind = kind
        self.key = key
        self.at = at
        self.after = after
        self.update = update
        previous = before
        self.recordsInstances = recordsInstances
    }
}
