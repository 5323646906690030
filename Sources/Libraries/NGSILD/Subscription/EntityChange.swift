/// What happened to one entity: as it was, as it is, and which attributes differ (CIM 009 §5.8.6).
///
/// An attribute changes when a member of it has another value than before, its children included; times that the broker
/// keeps do not count.
public struct EntityChange: Sendable, Hashable {
    /// The entity before; nil if it was created.
    public let before: Entity?
    /// The entity after; nil if it was deleted.
    public let after: Entity?
    /// When, in microseconds since 1970.
    public let instant: Int64
    /// Whether the entity is held here; false for what a context source told.
    public let isLocal: Bool
    /// Names of attributes that have instances which were not there before.
    public let createdAttributes: Set<String>
    /// Names of attributes that have instances which were there before, and differ.
    public let updatedAttributes: Set<String>
    /// Instances that are gone, as they were.
    public let deletedInstances: [Attribute]
    /// Instances that were there before and differ, as they were.
    private let previousInstances: [InstanceKey: Attribute]

    /// A change.
    ///
    /// - Parameters:
    ///   - before: The entity before; nil if it was created.
    ///   - after: The entity after; nil if it was deleted.
    ///   - instant: In microseconds since 1970.
    ///   - isLocal: Whether the entity is held here.
    public init(from before: Entity?, to after: Entity?, at instant: Int64, isLocal: Bool = true) {
        self.before = before
        self.after = after
        self.instant = instant
        self.isLocal = isLocal
        var old: [InstanceKey: Attribute] = [:]
        for attribute in before?.attributes ?? [] { old[InstanceKey(attribute)] = attribute }
        var created: Set<String> = []
        var updated: Set<String> = []
        var previous: [InstanceKey: Attribute] = [:]
        var kept: Set<InstanceKey> = []
        for attribute in after?.attributes ?? [] {
            let key = InstanceKey(attribute)
            kept.insert(key)
            guard let was = old[key] else {
                created.insert(attribute.name)
                continue
            }
            guard !was.saysTheSame(as: attribute) else { continue }
            updated.insert(attribute.name)
            previous[key] = was
        }
        createdAttributes = created
        updatedAttributes = updated
        previousInstances = previous
        deletedInstances = before?.attributes.filter { !kept.contains(InstanceKey($0)) } ?? []
    }

    /// The entity as it is, or as it was before it was deleted.
    public var entity: Entity? { after ?? before }

    /// Names of attributes that have lost instances.
    public var deletedAttributes: Set<String> { Set(deletedInstances.map(\.name)) }

    /// An instance as it was before, if it was there and differed.
    func previous(of attribute: Attribute) -> Attribute? { previousInstances[InstanceKey(attribute)] }

    /// The names that a trigger looks at: those of changed attributes, or of all where the entity itself is meant.
    func attributes(for trigger: NotificationTrigger) -> Set<String>? {
        switch trigger {
        case .entityCreated: before == nil && after != nil ? Set(after?.attributes.map(\.name) ?? []) : nil
        case .entityDeleted: before != nil && after == nil ? deletedAttributes : nil
        case .attributeCreated: createdAttributes.isEmpty ? nil : createdAttributes
        case .attributeUpdated: updatedAttributes.isEmpty ? nil : updatedAttributes
        case .attributeDeleted: deletedInstances.isEmpty ? nil : deletedAttributes
        // Has been taken apart before.
        case .entityUpdated: nil
        }
    }

    private struct InstanceKey: Hashable {
        let name: String
        let datasetId: String?

        init(_ attribute: Attribute) {
            name = attribute.name
            datasetId = attribute.datasetId
        }
    }
}

extension Attribute {
    /// Whether two instances are equal but for times that the broker keeps.
    fileprivate func saysTheSame(as other: Attribute) -> Bool {
        guard name == other.name, kind == other.kind, value == other.value, unitCode == other.unitCode,
            observedAt == other.observedAt, datasetId == other.datasetId, expiresAt == other.expiresAt,
            objectType == other.objectType, valueType == other.valueType, sealed == other.sealed,
            subAttributes.count == other.subAttributes.count
        else { return false }
        return zip(subAttributes, other.subAttributes).allSatisfy { $0.saysTheSame(as: $1) }
    }
}
