public import CityModel
public import JSONBytes
public import NGSILD

/// One step of what the context broker keeps: what the journal has as a ``CityModel/ContextRecord``.
public enum ContextChange: Sendable {
    /// An entity was created, changed or deleted.
    case entity(EntityChange)
    /// A temporal evolution was changed by itself (CIM 009 §5.6.11 to §5.6.16).
    case evolution(EvolutionChange)
    /// A subscription, a registration or another document was put or removed.
    case document(DocumentChange)
}

/// A subscription, a registration or another document that the broker keeps whole.
public struct DocumentChange: Sendable {
    /// What kinds there are.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A subscription to entities (§5.2.12).
        case subscription
        /// A context source registration (§5.2.9).
        case registration
        /// A subscription to registrations (§5.11).
        case registrationSubscription
        /// An `@context` that is hosted or cached here (§5.13).
        case context
        /// A snapshot (§5.15).
        case snapshot
        /// How the notifications of a subscription went; by the subscription's id.
        case delivery
        /// The same of a subscription to registrations.
        case registrationDelivery
    }

    /// Its kind.
    public let kind: Kind
    /// The tenant; empty for the default one.
    public let tenant: String
    /// Its name among those of its kind and tenant.
    public let id: String
    /// When, in microseconds since 1970.
    public let at: Int64
    /// The document; nil when it was removed.
    public let content: JSONValue?

    /// A change.
    public init(_ kind: Kind, tenant: String, id: String, at: Int64, content: JSONValue?) {
        self.kind = kind
        self.tenant = tenant
        self.id = id
        self.at = at
        self.content = content
    }
}

/// A temporal evolution that was changed by itself.
public struct EvolutionChange: Sendable {
    /// What was done.
    public enum Act: Sendable {
        /// Instances were added. The evolution begins with them where there was none.
        case add([Attribute])
        /// An instance got another content.
        case modify(Attribute)
        /// Instances of an attribute were forgotten: all of them, those of a dataset, or one.
        case remove(name: String, datasetId: DatasetChoice, instanceId: String?)
        /// All of it was forgotten.
        case removeAll
    }

    /// Which of an attribute's datasets are meant.
    public enum DatasetChoice: Sendable, Hashable {
        /// All of them.
        case all
        /// One; nil is the default instance.
        case one(String?)
    }

    /// Which entity's.
    public let key: EntityKey
    /// When, in microseconds since 1970.
    public let at: Int64
    /// What was done.
    public let act: Act

    /// A change.
    public init(_ key: EntityKey, at: Int64, _ act: Act) {
        self.key = key
        self.at = at
        self.act = act
    }
}

extension ContextChange {
    /// The change as the journal keeps it.
    public var record: ContextRecord {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        switch self {
        case .entity(let change): writer.members(of: change)
        case .evolution(let change): writer.members(of: change)
        case .document(let change): writer.members(of: change)
        }
        writer.endObject()
        return ContextRecord(json: writer.take(), prepared: self)
    }

    /// Reads a record; nil when it is none of this program's.
    ///
    /// - Parameters:
    ///   - record: As the journal has it.
    ///   - current: An entity as it is before the change; asked for changes of entities.
    public init?(_ record: ContextRecord, current: (EntityKey) -> LabelledEntity?) {
        if let prepared = record.prepared as? ContextChange {
            self = prepared
            return
        }
        guard case .object(let object)? = try? JSONValue(parsing: record.json), let at = object.instant("at") else {
            return nil
        }
        let tenant = object.text("tenant") ?? ""
        if let id = object.text("entity") {
            guard let change = EntityChange(reading: object, EntityKey(tenant: tenant, id: id), at: at, current) else {
                return nil
            }
            self = .entity(change)
        } else if let id = object.text("evolution") {
            guard let change = EvolutionChange(reading: object, EntityKey(tenant: tenant, id: id), at: at) else {
                return nil
            }
            self = .evolution(change)
        } else if let kind = object.text("document").flatMap(DocumentChange.Kind.init(rawValue:)),
            let id = object.text("id")
        {
            self = .document(DocumentChange(kind, tenant: tenant, id: id, at: at, content: object["content"]))
        } else {
            return nil
        }
    }
}

// MARK: - Entities

extension JSONWriter {
    fileprivate mutating func members(of change: EntityChange) {
        text("entity", change.key.id)
        begin(tenant: change.key.tenant, at: change.at)
        switch change.kind {
        case .created: text("change", "created")
        case .deleted: text("change", "deleted")
        case .updated: text("change", "updated")
        }
        if !change.recordsInstances {
            key("recordsInstances")
            bool(false)
        }
        guard let after = change.after else { return }
        if change.kind == .created || change.update.changesHead { head(of: after.entity, at: change.at) }
        let set = change.update.changes.filter { $0.kind != .deleted }
        if !set.isEmpty {
            key("attributes")
            beginArray()
            for one in set {
                let index = after.entity.attributes.firstIndex { $0.name == one.name && $0.datasetId == one.datasetId }
                guard let index else { continue }
                stored(after.entity.attributes[index], at: change.at, label: after.labels[index])
            }
            endArray()
        }
        let gone = change.update.changes.filter { $0.kind == .deleted }
        guard !gone.isEmpty else { return }
        key("removed")
        beginArray()
        for change in gone {
            beginObject()
            text("name", change.name)
            text("datasetId", change.datasetId)
            endObject()
        }
        endArray()
    }

    fileprivate mutating func begin(tenant: String, at: Int64) {
        if !tenant.isEmpty { text("tenant", tenant) }
        number("at", at)
    }

    /// All of an entity but its attributes.
    mutating func head(of entity: Entity, at: Int64) {
        texts("types", entity.types)
        texts("scopes", entity.scopes)
        number("expiresAt", entity.expiresAt)
        if entity.createdAt != at { number("createdAt", entity.createdAt) }
    }
}

extension EntityChange {
    fileprivate init?(
        reading object: JSONObject, _ key: EntityKey, at: Int64, _ current: (EntityKey) -> LabelledEntity?
    ) {
        let before = current(key)
        var update = EntityUpdate()
        switch object.text("change") {
        case "deleted":
            self.init(.deleted, key, at: at, after: nil, update: update, before: before)
        case "created", "updated":
            let kind: Kind = object.text("change") == "created" ? .created : .updated
            var after = kind == .updated ? before : nil
            if let types = object["types"], case .array = types {
                var entity = Entity(
                    id: key.id, types: object.texts("types"), attributes: after?.entity.attributes ?? [],
                    scopes: object.texts("scopes"), createdAt: object.instant("createdAt") ?? at, modifiedAt: at)
                entity.expiresAt = object.instant("expiresAt")
                after = LabelledEntity(entity, after?.labels ?? [])
                update.changesHead = true
            }
            guard var labelled = after else { return nil }
            guard labelled.take(object, at: at, &update) else { return nil }
            labelled.entity.modifiedAt = at
            self.init(
                kind, key, at: at, after: labelled, update: update, before: kind == .updated ? before : nil,
                recordsInstances: object["recordsInstances"] != .bool(false))
        default: return nil
        }
    }
}

extension LabelledEntity {
    /// Puts what a record has over what is there.
    ///
    /// - Returns: Whether it could be read.
    fileprivate mutating func take(_ object: JSONObject, at: Int64, _ update: inout EntityUpdate) -> Bool {
        for stored in object.objects("attributes") {
            guard let attribute = Attribute(stored: stored, at: at) else { return false }
            let label = AttributeLabel(stored: stored)
            let index = entity.attributes.firstIndex {
                $0.name == attribute.name && $0.datasetId == attribute.datasetId
            }
            let previous = index.map { entity.attributes[$0] }
            update.changes.append(
                AttributeChange(
                    previous == nil ? .created : .updated, attribute.name, datasetId: attribute.datasetId,
                    previous: previous))
            if let index {
                entity.attributes[index] = attribute
                labels[index] = label
            } else {
                let place = entity.attributes.lastIndex { $0.name == attribute.name }.map { $0 + 1 }
                entity.attributes.insert(attribute, at: place ?? entity.attributes.endIndex)
                labels.insert(label, at: place ?? labels.endIndex)
            }
        }
        for removed in object.objects("removed") {
            guard let name = removed.text("name") else { return false }
            let datasetId = removed.text("datasetId")
            guard let index = entity.attributes.firstIndex(where: { $0.name == name && $0.datasetId == datasetId })
            else { return false }
            update.changes.append(
                AttributeChange(.deleted, name, datasetId: datasetId, previous: entity.attributes.remove(at: index)))
            labels.remove(at: index)
        }
        return true
    }
}

// MARK: - Evolutions

extension JSONWriter {
    fileprivate mutating func members(of change: EvolutionChange) {
        text("evolution", change.key.id)
        begin(tenant: change.key.tenant, at: change.at)
        switch change.act {
        case .add(let instances): self.instances("add", instances, at: change.at)
        case .modify(let instance): instances("modify", [instance], at: change.at)
        case .remove(let name, let datasets, let instanceId):
            key("remove")
            beginObject()
            text("name", name)
            switch datasets {
            case .all: text("dataset", "all")
            case .one(let datasetId): text("datasetId", datasetId)
            }
            text("instanceId", instanceId)
            endObject()
        case .removeAll: text("change", "deleted")
        }
    }

    private mutating func instances(_ name: String, _ instances: [Attribute], at: Int64) {
        key(name)
        beginArray()
        for instance in instances { stored(instance, at: at) }
        endArray()
    }
}

extension EvolutionChange {
    fileprivate init?(reading object: JSONObject, _ key: EntityKey, at: Int64) {
        if object["add"] != nil {
            self.init(key, at: at, .add(object.objects("add").compactMap { Attribute(stored: $0, at: at) }))
        } else if let instance = object.objects("modify").first.flatMap({ Attribute(stored: $0, at: at) }) {
            self.init(key, at: at, .modify(instance))
        } else if case .object(let removed)? = object["remove"], let name = removed.text("name") {
            let datasets: DatasetChoice =
                removed.text("dataset") == "all" ? .all : .one(removed.text("datasetId"))
            self.init(key, at: at, .remove(name: name, datasetId: datasets, instanceId: removed.text("instanceId")))
        } else if object.text("change") == "deleted" {
            self.init(key, at: at, .removeAll)
        } else {
            return nil
        }
    }
}

// MARK: - Documents

extension JSONWriter {
    fileprivate mutating func members(of change: DocumentChange) {
        text("document", change.kind.rawValue)
        text("id", change.id)
        begin(tenant: change.tenant, at: change.at)
        guard let content = change.content else { return }
        key("content")
        value(content)
    }
}
