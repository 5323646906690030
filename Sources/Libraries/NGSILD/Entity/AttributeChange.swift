/// What became of one instance of an attribute when its entity was changed: what notifications and temporal evolutions
/// are made of.
public struct AttributeChange: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// It was not there before.
        case created
        /// It was, and is there still.
        case updated
        /// It is not there any more.
        case deleted
    }

    /// What happened.
    public var kind: Kind
    /// A canonical name.
    public var name: String
    /// Which instance; nil for the default one.
    public var datasetId: String?
    /// As it was before; nil when it was not there.
    public var previous: Attribute?

    /// A change.
    public init(_ kind: Kind, _ name: String, datasetId: String?, previous: Attribute?) {
        self.kind = kind
        self.name = name
        self.datasetId = datasetId
        self.previous = previous
    }
}

/// What an operation did to an entity (CIM 009 §5.2.18).
public struct EntityUpdate: Sendable, Hashable {
    /// An attribute that was left as it was, and why.
    public struct NotUpdated: Sendable, Hashable {
        /// A canonical name.
        public var name: String
        /// One sentence, lower case, without a full stop.
        public var reason: String

        /// An attribute that was left as it was.
        public init(_ name: String, _ reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// Instances that were created, updated or deleted, in the order in which that happened.
    public var changes: [AttributeChange] = []
    /// Attributes that were left as they were.
    public var notUpdated: [NotUpdated] = []
    /// Whether types, scopes or the time to forget it are others now.
    public var changesHead = false

    /// Nothing was done.
    public init() {}

    /// Whether the entity is another now.
    public var isChange: Bool { changesHead || !changes.isEmpty }

    /// The names of attributes that were changed, in order, each once.
    public var updated: [String] {
        var names: [String] = []
        for change in changes where !names.contains(change.name) { names.append(change.name) }
        return names
    }
}
