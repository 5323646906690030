public import CityModel
public import CityStorage
public import JSONBytes
public import NGSILD
import Synchronization

/// All that the context broker keeps: entities and their evolutions by tenant, and documents. A view of the journal.
/// Safe from any thread; only the committer writes.
public final class ContextStore: Sendable {
    fileprivate struct State {
        var tenants: [String: TenantStore] = [:]
        var documents: [DocumentChange.Kind: [String: [String: JSONValue]]] = [:]
        var nextInstance: UInt64 = 1
        /// What the next photograph must have.
        var changedEntities: Set<EntityKey> = []
        var changedDocuments: [ContextRowKey: DocumentChange] = [:]
    }

    fileprivate struct ContextRowKey: Hashable {
        let kind: DocumentChange.Kind
        let tenant: String
        let id: String
    }

    private let saved: ViewStore
    private let state = Mutex(State())

    /// A store that knows nothing yet.
    public init(saved: ViewStore) {
        self.saved = saved
    }

    // MARK: Reading

    /// A tenant; nil when there is none of this name. The default one, whose name is empty, is always there.
    public func tenant(_ name: String) -> TenantStore? {
        state.withLock { state in
            if let known = state.tenants[name] { return known }
            return name.isEmpty ? state.make(name, saved) : nil
        }
    }

    /// The names of all tenants but the default one.
    public var tenantNames: [String] { state.withLock { $0.tenants.keys.filter { !$0.isEmpty }.sorted() } }

    /// A document; nil when there is none.
    public func document(_ kind: DocumentChange.Kind, tenant: String, id: String) -> JSONValue? {
        state.withLock { $0.documents[kind]?[tenant]?[id] }
    }

    /// All documents of a kind and tenant, by their names.
    public func documents(_ kind: DocumentChange.Kind, tenant: String) -> [String: JSONValue] {
        state.withLock { $0.documents[kind]?[tenant] ?? [:] }
    }

    /// An entity with its labels.
    public func labelled(_ key: EntityKey) -> LabelledEntity? {
        guard let stored = tenant(key.tenant)?.entity(key.id), !stored.isBare else { return nil }
        return stored.labelled
    }

    // MARK: Writing

    /// Takes a record of the journal.
    ///
    /// - Returns: What it says; nil when it can't be read.
    @discardableResult
    public func apply(_ record: ContextRecord) -> ContextChange? {
        guard let change = ContextChange(record, current: labelled) else { return nil }
        switch change {
        case .entity(let change): apply(change)
        case .evolution(let change): apply(change)
        case .document(let change): apply(change)
        }
        return change
    }

    /// Learns that a device observes an attribute of an entity.
    public func observe(_ definition: AttributeDefinition) { madeTenant("").observe(definition) }

    private func apply(_ change: EntityChange) {
        let tenant = madeTenant(change.key.tenant)
        state.withLock { _ = $0.changedEntities.insert(change.key) }
        guard let after = change.after else {
            tenant.remove(change.key.id)
            tenant.evolutions.removeAll(of: change.key.id)
            return
        }
        tenant.put(after)
        guard change.recordsInstances else { return }
        if change.update.changesHead, after.entity.scopes != change.before?.scopes ?? [] {
            append(scopeInstance(after.entity, before: change.before, at: change.at), to: tenant, of: change.key.id)
        }
        // In the order in which the record has them: instances get the same numbers when it is read again.
        let changes = change.update.changes
        for attributeChange in changes.filter({ $0.kind != .deleted }) + changes.filter({ $0.kind == .deleted }) {
            guard let instance = evolved(attributeChange, after.entity, at: change.at) else { continue }
            append(instance, to: tenant, of: change.key.id)
        }
    }

    /// What a change of scopes leaves in the evolution (§4.18).
    private func scopeInstance(_ after: Entity, before: Entity?, at: Int64) -> Attribute {
        guard after.scopes.isEmpty else { return .scope(after.scopes, at: at) }
        var gone = Attribute("scope", value: .array([]))
        (gone.createdAt, gone.modifiedAt, gone.deletedAt) = (at, at, at)
        return gone
    }

    /// The instance that a change of an attribute leaves in the evolution.
    private func evolved(_ change: AttributeChange, _ after: Entity, at: Int64) -> Attribute? {
        guard change.kind != .deleted else {
            guard var instance = change.previous else { return nil }
            instance.value = instance.kind.deletedValue
            instance.subAttributes = []
            (instance.createdAt, instance.modifiedAt, instance.deletedAt) = (at, at, at)
            instance.instanceId = nil
            instance.observedAt = nil
            instance.unitCode = nil
            return instance
        }
        guard var instance = after.instance(change.name, change.datasetId) else { return nil }
        (instance.createdAt, instance.modifiedAt) = (at, at)
        return instance
    }

    private func append(_ instance: Attribute, to tenant: TenantStore, of id: String) {
        let number = state.withLock { state in
            defer { state.nextInstance += 1 }
            return state.nextInstance
        }
        var instance = instance
        instance.instanceId = "urn:ngsi-ld:Instance:\(number)"
        tenant.evolutions.put(instance, number, of: id)
    }

    private func apply(_ change: EvolutionChange) {
        let tenant = madeTenant(change.key.tenant)
        let id = change.key.id
        switch change.act {
        case .add(let instances): for instance in instances { append(instance, to: tenant, of: id) }
        case .removeAll: tenant.evolutions.removeAll(of: id)
        case .modify(let instance):
            guard
                let entry = entries(of: id, in: tenant).first(where: { $0.instance.instanceId == instance.instanceId })
            else { return }
            tenant.evolutions.put(instance, entry.number, of: id)
        case .remove(let name, let datasets, let instanceId):
            for entry in entries(of: id, in: tenant)
            where entry.instance.name == name && datasets.includes(entry.instance.datasetId)
                && (instanceId == nil || entry.instance.instanceId == instanceId)
            {
                tenant.evolutions.remove(entry.number, of: id)
            }
        }
    }

    /// Views that cannot be read are marked, and made again at the next start.
    private func entries(of id: String, in tenant: TenantStore) -> [EvolutionStore.Entry] {
        (try? tenant.evolutions.entries(of: id)) ?? []
    }

    private func apply(_ change: DocumentChange) {
        _ = madeTenant(change.tenant)
        state.withLock { state in
            state.documents[change.kind, default: [:]][change.tenant, default: [:]][change.id] = change.content
            state.changedDocuments[ContextRowKey(kind: change.kind, tenant: change.tenant, id: change.id)] = change
        }
    }

    private func madeTenant(_ name: String) -> TenantStore {
        state.withLock { state in state.tenants[name] ?? state.make(name, saved) }
    }

    // MARK: Photographs

    /// How much waits for a photograph.
    public var pendingCount: Int {
        state.withLock { state in
            state.changedEntities.count + state.tenants.values.reduce(0) { $0 + $1.evolutions.pendingCount }
        }
    }

    /// What has changed since the photograph before. Called by the committer.
    public func takeSnapshot() -> ContextSnapshot {
        let (keys, documents, tenants, next) = state.withLock { state in
            defer {
                state.changedEntities = []
                state.changedDocuments = [:]
            }
            return (state.changedEntities, state.changedDocuments, state.tenants, state.nextInstance)
        }
        var snapshot = ContextSnapshot()
        snapshot.nextInstance = next
        for key in keys {
            let stored = tenants[key.tenant]?.entity(key.id)
            let row = stored.flatMap { $0.isBare ? nil : $0 }
            snapshot.rows.append(
                ContextRow(
                    kind: "entity", tenant: key.tenant, id: key.id, place: row?.place ?? 0,
                    body: row.map { row in LateBytes { row.coded } }))
        }
        for (key, change) in documents {
            snapshot.rows.append(
                ContextRow(
                    kind: key.kind.rawValue, tenant: key.tenant, id: key.id,
                    body: change.content.map { content in LateBytes { Array(content.description.utf8) } }))
        }
        for tenant in tenants.values { snapshot.instances.append(contentsOf: tenant.evolutions.takePending()) }
        return snapshot
    }

    /// The photograph that was taken last is on disk.
    public func saved(_ snapshot: ContextSnapshot) {
        for tenant in state.withLock({ Array($0.tenants.values) }) { tenant.evolutions.forgetSaved() }
    }

    /// Fills the store from the last photograph.
    ///
    /// - Returns: What the photograph has for the ``NotificationOutbox``.
    /// - Throws: ``CityStorage/StorageError/Code/damaged`` when something there can't be read.
    public func restore() throws(StorageError) -> [ContextRow] {
        let next = try saved.nextInstance()
        state.withLock { $0.nextInstance = max(next, 1) }
        var others: [ContextRow] = []
        for row in try saved.contextRows() {
            if row.kind == NotificationOutbox.rowKind {
                others.append(row)
                continue
            }
            guard let body = row.body?.make(), let value = try? JSONValue(parsing: body) else {
                throw StorageError(.damaged, "what the views have of `\(row.id)` cannot be read")
            }
            let tenant = madeTenant(row.tenant)
            if let kind = DocumentChange.Kind(rawValue: row.kind) {
                state.withLock { $0.documents[kind, default: [:]][row.tenant, default: [:]][row.id] = value }
                continue
            }
            guard case .object(let object) = value, let labelled = LabelledEntity(coded: object, id: row.id) else {
                throw StorageError(.damaged, "what the views have of entity `\(row.id)` cannot be read")
            }
            tenant.restore(labelled, at: row.place)
        }
        return others
    }
}

extension ContextStore.State {
    fileprivate mutating func make(_ name: String, _ saved: ViewStore) -> TenantStore {
        let tenant = TenantStore(name: name, evolutions: EvolutionStore(tenant: name, saved: saved))
        tenants[name] = tenant
        return tenant
    }
}

extension EvolutionChange.DatasetChoice {
    func includes(_ datasetId: String?) -> Bool {
        switch self {
        case .all: true
        case .one(let chosen): chosen == datasetId
        }
    }
}

extension AttributeKind {
    /// What stands for a value that is not there any more (CIM 009 §4.5.0).
    public var deletedValue: JSONValue {
        let null = JSONValue.string("urn:ngsi-ld:null")
        return switch self {
        case .languageProperty: .object(JSONObject([JSONObject.Member(name: "@none", value: null)]))
        case .listProperty, .listRelationship: .array([null])
        case .property, .relationship, .geoProperty, .vocabProperty, .jsonProperty: null
        }
    }
}

extension StoredEntity {
    /// Whether nothing was said of it but what devices observe.
    public var isBare: Bool { entity.attributes.isEmpty && !series.isEmpty && entity.modifiedAt == nil }

    /// The entity with its labels.
    public var labelled: LabelledEntity {
        LabelledEntity(entity, entity.attributes.indices.map { labels[$0] })
    }

    /// All of it as JSON.
    var coded: [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.coded(labelled)
        return writer.take()
    }
}

extension JSONWriter {
    /// An entity with its labels, but for its id.
    mutating func coded(_ labelled: LabelledEntity) {
        beginObject()
        head(of: labelled.entity, at: 0)
        number("modifiedAt", labelled.entity.modifiedAt)
        key("attributes")
        beginArray()
        for (attribute, label) in zip(labelled.entity.attributes, labelled.labels) {
            stored(attribute, at: 0, label: label)
        }
        endArray()
        endObject()
    }
}

extension LabelledEntity {
    /// Reads what `coded` wrote; nil when it is something else.
    init?(coded object: JSONObject, id: String) {
        var entity = Entity(
            id: id, types: object.texts("types"), attributes: [], scopes: object.texts("scopes"),
            createdAt: object.instant("createdAt"), modifiedAt: object.instant("modifiedAt"))
        entity.expiresAt = object.instant("expiresAt")
        var labels: [AttributeLabel] = []
        for stored in object.objects("attributes") {
            guard let attribute = Attribute(stored: stored, at: 0) else { return nil }
            entity.attributes.append(attribute)
            labels.append(AttributeLabel(stored: stored))
        }
        self.init(entity, labels)
    }
}
