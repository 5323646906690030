import JSONBytes

// The operations on one entity, as functions of what is there and what is said (CIM 009 §5.6). Who may do it, whether the
// entity is there, and what it is kept in, is for others. `now` is in microseconds since 1970.

/// What a request for a merge says beside its fragment (CIM 009 §5.6.17.3, §6.5.3.4).
public struct MergeOptions: Sendable, Hashable {
    /// Whether values came without types: those of attributes that are there are kept.
    public var isSimplified = false
    /// The language that strings for a LanguageProperty are in.
    public var language: String?
    /// When values were observed, for attributes that had such a time and are given none.
    public var observedAt: Int64?

    /// Types are given.
    public init() {}
}

extension Entity {
    /// A new entity (§5.6.1).
    ///
    /// - Parameters:
    ///   - fragment: With id and types; duplicates of instances were refused when it was read.
    ///   - now: When it is created.
    public init(creating fragment: EntityFragment, at now: Int64) {
        self.init(
            id: fragment.id ?? "", types: fragment.types,
            attributes: fragment.attributes.map { $0.entered(at: now, since: nil) },
            scopes: fragment.scopes ?? [], createdAt: now, modifiedAt: now)
        expiresAt = fragment.expiresAt
    }

    /// The change that a creation is, attribute by attribute.
    public var creation: EntityUpdate {
        var update = EntityUpdate()
        update.changesHead = true
        update.changes = attributes.map { AttributeChange(.created, $0.name, datasetId: $0.datasetId, previous: nil) }
        return update
    }

    /// Puts another content in the place of this (§5.6.18); when it was created stays.
    ///
    /// - Parameters:
    ///   - fragment: A whole entity. Without types, those that are there stay.
    ///   - now: When.
    /// - Returns: What became of its attributes.
    public mutating func replace(by fragment: EntityFragment, at now: Int64) -> EntityUpdate {
        var update = EntityUpdate()
        let old = self
        let types = fragment.types.isEmpty ? self.types : fragment.types
        self = Entity(creating: fragment, at: now)
        id = old.id
        self.types = types
        createdAt = old.createdAt
        update.changesHead = types != old.types || scopes != old.scopes || expiresAt != old.expiresAt
        for index in attributes.indices {
            let (name, datasetId) = (attributes[index].name, attributes[index].datasetId)
            let previous = old.instance(name, datasetId)
            if let previous { attributes[index].createdAt = previous.createdAt }
            update.changes.append(
                AttributeChange(previous == nil ? .created : .updated, name, datasetId: datasetId, previous: previous))
        }
        for gone in old.attributes where instance(gone.name, gone.datasetId) == nil {
            update.changes.append(.init(.deleted, gone.name, datasetId: gone.datasetId, previous: gone))
        }
        return update
    }

    /// Adds attributes (§5.6.3).
    ///
    /// - Parameters:
    ///   - fragment: What is added; an attribute that is there is replaced, or with `overwrites` false left as it is.
    ///   - overwrites: Whether what is there may be replaced.
    ///   - now: When.
    /// - Returns: What became of its attributes.
    public mutating func append(_ fragment: EntityFragment, overwrites: Bool, at now: Int64) -> EntityUpdate {
        var update = EntityUpdate()
        for attribute in fragment.attributes {
            if let index = index(attribute.name, attribute.datasetId) {
                guard overwrites else {
                    update.notUpdated.append(
                        .init(attribute.name, "the entity has it, and it is not to be overwritten"))
                    continue
                }
                set(attribute, over: index, at: now, &update)
            } else {
                add(attribute, at: now, &update)
            }
        }
        addTypes(fragment.types, &update)
        if let added = fragment.scopes {
            let scopes = overwrites ? added : self.scopes + added.filter { !self.scopes.contains($0) }
            setScopes(scopes, &update)
        }
        setExpiry(fragment, &update)
        touch(update, at: now)
        return update
    }

    /// Replaces attributes as a whole (§5.6.2, §5.5.8); those that are not there are added, the NGSI-LD null deletes.
    public mutating func update(_ fragment: EntityFragment, at now: Int64) -> EntityUpdate {
        var update = EntityUpdate()
        for attribute in fragment.attributes {
            let index = index(attribute.name, attribute.datasetId)
            switch (index, attribute.isDeletion) {
            case (let index?, true): delete(at: index, &update)
            case (let index?, false): set(attribute, over: index, at: now, &update)
            case (nil, true): update.notUpdated.append(.init(attribute.name, "the entity has no such attribute"))
            case (nil, false): add(attribute, at: now, &update)
            }
        }
        addTypes(fragment.types, &update)
        if let scopes = fragment.scopes {
            if self.scopes.isEmpty {
                update.notUpdated.append(.init("scope", "the entity has no scope"))
            } else {
                setScopes(scopes, &update)
            }
        }
        setExpiry(fragment, &update)
        touch(update, at: now)
        return update
    }

    /// Merges attributes at any depth (§5.6.17, §5.5.12).
    ///
    /// - Throws: ``ProblemCode/badRequestData`` when a simplified value does not fit the attribute that is there.
    public mutating func merge(
        _ fragment: EntityFragment, _ options: MergeOptions = MergeOptions(), at now: Int64
    ) throws(NGSILDError) -> EntityUpdate {
        var update = EntityUpdate()
        for attribute in fragment.attributes {
            guard let index = index(attribute.name, attribute.datasetId) else {
                if !attribute.isDeletion, !attribute.isWithoutValue { add(attribute, at: now, &update) }
                continue
            }
            if attribute.isDeletion {
                delete(at: index, &update)
                continue
            }
            var merged = attributes[index]
            try merged.merge(attribute, options, at: now)
            set(merged, over: index, at: now, &update)
        }
        addTypes(fragment.types, &update)
        if let scopes = fragment.scopes { setScopes(scopes, &update) }
        setExpiry(fragment, &update)
        touch(update, at: now)
        return update
    }

    /// Changes members of one attribute (§5.6.4).
    ///
    /// - Parameters:
    ///   - name: A canonical name.
    ///   - instances: What is said, by dataset.
    ///   - now: When.
    /// - Returns: What became of its instances.
    /// - Throws: ``ProblemCode/resourceNotFound`` when the entity has not such an instance;
    ///   ``ProblemCode/badRequestData`` when it is of another type.
    public mutating func updatePartially(
        _ name: String, by instances: [Attribute], at now: Int64
    ) throws(NGSILDError) -> EntityUpdate {
        var (update, changed) = (EntityUpdate(), self)
        for fragment in instances {
            let index = try changed.existing(name, fragment.datasetId)
            if fragment.isDeletion {
                changed.delete(at: index, &update)
                continue
            }
            var attribute = changed.attributes[index]
            try attribute.updatePartially(by: fragment, at: now)
            changed.set(attribute, over: index, at: now, &update)
        }
        self = changed
        touch(update, at: now)
        return update
    }

    /// Puts other instances of an attribute in the place of those that are there (§5.6.19).
    ///
    /// - Throws: ``ProblemCode/resourceNotFound`` when the entity has not such an instance.
    public mutating func replaceAttribute(
        _ name: String, by instances: [Attribute], at now: Int64
    ) throws(NGSILDError) -> EntityUpdate {
        var (update, changed) = (EntityUpdate(), self)
        for instance in instances {
            changed.set(instance, over: try changed.existing(name, instance.datasetId), at: now, &update)
        }
        self = changed
        touch(update, at: now)
        return update
    }

    /// Deletes an attribute (§5.6.5).
    ///
    /// - Parameters:
    ///   - name: A canonical name, or `scope`.
    ///   - datasetId: Which instance; nil for the default one.
    ///   - all: Whether all instances are deleted.
    ///   - now: When.
    /// - Returns: What became of its instances.
    /// - Throws: ``ProblemCode/resourceNotFound`` when there is nothing to delete.
    public mutating func deleteAttribute(
        _ name: String, datasetId: String? = nil, all: Bool = false, at now: Int64
    ) throws(NGSILDError) -> EntityUpdate {
        var update = EntityUpdate()
        if name == "scope" {
            guard !scopes.isEmpty else { throw .absent(name, nil) }
            setScopes([], &update)
        } else if all {
            guard attributes.contains(where: { $0.name == name }) else { throw .absent(name, nil) }
            while let index = attributes.firstIndex(where: { $0.name == name }) { delete(at: index, &update) }
        } else {
            delete(at: try existing(name, datasetId), &update)
        }
        touch(update, at: now)
        return update
    }

    // MARK: Pieces

    /// The instance of an attribute; nil when there is none.
    public func instance(_ name: String, _ datasetId: String?) -> Attribute? {
        index(name, datasetId).map { attributes[$0] }
    }

    private func index(_ name: String, _ datasetId: String?) -> Int? {
        attributes.firstIndex { $0.name == name && $0.datasetId == datasetId }
    }

    private func existing(_ name: String, _ datasetId: String?) throws(NGSILDError) -> Int {
        guard let index = index(name, datasetId) else { throw .absent(name, datasetId) }
        return index
    }

    private mutating func set(_ attribute: Attribute, over index: Int, at now: Int64, _ update: inout EntityUpdate) {
        let previous = attributes[index]
        attributes[index] = attribute.entered(at: now, since: previous.createdAt)
        update.changes.append(
            AttributeChange(.updated, previous.name, datasetId: previous.datasetId, previous: previous))
    }

    private mutating func add(_ attribute: Attribute, at now: Int64, _ update: inout EntityUpdate) {
        let place = attributes.lastIndex { $0.name == attribute.name }.map { $0 + 1 } ?? attributes.endIndex
        attributes.insert(attribute.entered(at: now, since: nil), at: place)
        update.changes.append(.init(.created, attribute.name, datasetId: attribute.datasetId, previous: nil))
    }

    private mutating func delete(at index: Int, _ update: inout EntityUpdate) {
        let gone = attributes.remove(at: index)
        update.changes.append(.init(.deleted, gone.name, datasetId: gone.datasetId, previous: gone))
    }

    private mutating func addTypes(_ added: [String], _ update: inout EntityUpdate) {
        for type in added where !types.contains(type) {
            types.append(type)
            update.changesHead = true
        }
    }

    private mutating func setScopes(_ new: [String], _ update: inout EntityUpdate) {
        let new = new == [CoreContext.null] ? [] : new
        guard new != scopes else { return }
        scopes = new
        update.changesHead = true
    }

    private mutating func setExpiry(_ fragment: EntityFragment, _ update: inout EntityUpdate) {
        guard let new = fragment.expiresAt else { return }
        expiresAt = fragment.erasesExpiry ? nil : new
        update.changesHead = true
    }

    private mutating func touch(_ update: EntityUpdate, at now: Int64) {
        if update.isChange { modifiedAt = now }
    }
}

extension NGSILDError {
    fileprivate static func absent(_ name: String, _ datasetId: String?) -> NGSILDError {
        let instance = datasetId.map { " in dataset \(quoted($0))" } ?? ""
        return NGSILDError(.resourceNotFound, "the entity has no attribute \(quoted(name))\(instance)")
    }
}
