/// An operation that a context source offers (CIM 009 §4.20, table 4.20-1). The raw value is its name.
public enum ContextSourceOperation: String, Sendable, Hashable, CaseIterable {
    // Context information provision (§5.6). Each case is the operation of its name.

    /// §5.6.1.
    case createEntity
    /// §5.6.2, Update Attributes.
    case updateEntity
    /// §5.6.3.
    case appendAttrs
    /// §5.6.4, Partial Attribute Update.
    case updateAttrs
    /// §5.6.5.
    case deleteAttrs
    /// §5.6.6.
    case deleteEntity
    /// §5.6.7.
    case createBatch
    /// §5.6.8.
    case upsertBatch
    /// §5.6.9.
    case updateBatch
    /// §5.6.10.
    case deleteBatch
    /// §5.6.11.
    case upsertTemporal
    /// §5.6.12.
    case appendAttrsTemporal
    /// §5.6.13.
    case deleteAttrsTemporal
    /// §5.6.14.
    case updateAttrInstanceTemporal
    /// §5.6.15.
    case deleteAttrInstanceTemporal
    /// §5.6.16.
    case deleteTemporal
    /// §5.6.17.
    case mergeEntity
    /// §5.6.18.
    case replaceEntity
    /// §5.6.19.
    case replaceAttrs
    /// §5.6.20.
    case mergeBatch
    /// §5.6.21.
    case purgeEntity
    /// §5.7.1.
    case retrieveEntity
    /// §5.7.2, by parameters.
    case queryEntity
    /// §5.7.2, by a document.
    case queryBatch
    /// §5.7.3.
    case retrieveTemporal
    /// §5.7.4.
    case queryTemporal
    /// §5.7.5.
    case retrieveEntityTypes
    /// §5.7.6.
    case retrieveEntityTypeDetails
    /// §5.7.7.
    case retrieveEntityTypeInfo
    /// §5.7.8.
    case retrieveAttrTypes
    /// §5.7.9.
    case retrieveAttrTypeDetails
    /// §5.7.10.
    case retrieveAttrTypeInfo
    /// §5.8.1.
    case createSubscription
    /// §5.8.2.
    case updateSubscription
    /// §5.8.3.
    case retrieveSubscription
    /// §5.8.4.
    case querySubscription
    /// §5.8.5.
    case deleteSubscription
    /// §5.14.1.
    case retrieveEntityMap
    /// §5.14.2.
    case updateEntityMap
    /// §5.14.3.
    case deleteEntityMap
    /// §5.14.4.
    case createEntityMapQueryEntity
    /// §5.14.5.
    case createEntityMapQueryTemporal
    /// §5.15.1.
    case retrieveContextSourceIdentity

    /// Whether the operation only reads context information (§5.7); auxiliary sources offer no others (§4.3.6.2).
    public var isConsumption: Bool { Self.consumption.contains(self) }

    /// Whether the operation is about the temporal evolution of entities.
    public var isTemporal: Bool { Self.temporal.contains(self) }

    private static let consumption: Set<ContextSourceOperation> = [
        .retrieveEntity, .queryEntity, .queryBatch, .retrieveTemporal, .queryTemporal, .retrieveEntityTypes,
        .retrieveEntityTypeDetails, .retrieveEntityTypeInfo, .retrieveAttrTypes, .retrieveAttrTypeDetails,
        .retrieveAttrTypeInfo,
    ]

    private static let temporal: Set<ContextSourceOperation> = [
        .upsertTemporal, .appendAttrsTemporal, .deleteAttrsTemporal, .updateAttrInstanceTemporal,
        .deleteAttrInstanceTemporal, .deleteTemporal, .retrieveTemporal, .queryTemporal, .createEntityMapQueryTemporal,
    ]
}

/// Operations that go together (CIM 009 §4.20, table 4.20-2). The raw value is the group's name.
public enum ContextSourceOperationGroup: String, Sendable, Hashable, CaseIterable {
    /// What a broker offers to others of its federation; what counts where a registration names no operations.
    case federationOps
    /// The same without entity maps.
    case associationOps
    /// What changes entities that exist.
    case updateOps
    /// What reads entities.
    case retrieveOps
    /// What makes a source the place where entities are.
    case redirectionOps

    /// The operations of the group.
    public var operations: Set<ContextSourceOperation> {
        switch self {
        case .federationOps: Self.association.union(Self.entityMaps)
        case .associationOps: Self.association
        case .updateOps: Self.update
        case .retrieveOps: Self.retrieval
        case .redirectionOps: Self.redirection
        }
    }

    private static let update: Set<ContextSourceOperation> = [
        .updateEntity, .updateAttrs, .replaceEntity, .replaceAttrs,
    ]
    private static let retrieval: Set<ContextSourceOperation> = [.retrieveEntity, .queryEntity]
    private static let entityMaps: Set<ContextSourceOperation> = [
        .retrieveEntityMap, .updateEntityMap, .deleteEntityMap, .createEntityMapQueryEntity,
    ]
    private static let discovery: Set<ContextSourceOperation> = [
        .retrieveEntityTypes, .retrieveEntityTypeDetails, .retrieveEntityTypeInfo, .retrieveAttrTypes,
        .retrieveAttrTypeDetails, .retrieveAttrTypeInfo, .retrieveContextSourceIdentity,
    ]
    private static let association: Set<ContextSourceOperation> = retrieval.union(discovery).union([
        .queryBatch, .createSubscription, .updateSubscription, .retrieveSubscription, .querySubscription,
        .deleteSubscription,
    ])
    private static let redirection: Set<ContextSourceOperation> = retrieval.union(update).union(discovery)
        .union(entityMaps).union([
            .createEntity, .appendAttrs, .deleteAttrs, .deleteEntity, .mergeEntity, .purgeEntity,
        ])
}
