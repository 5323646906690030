public import JSONBytes
public import NGSILD

/// What sources know of entities.
public struct RemoteEntities: Sendable {
    /// An entity as one source has it.
    struct Version: Sendable {
        let mode: ContextSourceRegistration.Mode
        let entity: Entity
    }

    /// By their URIs.
    private(set) var versions: [String: [Version]] = [:]
    /// In the order in which they came.
    public private(set) var ids: [String] = []
    /// What went otherwise than it should.
    public internal(set) var warnings: [SourceWarning] = []

    /// Nothing is known elsewhere.
    public init() {}

    /// Whether nothing is known elsewhere.
    public var isEmpty: Bool { versions.isEmpty }

    mutating func add(_ entity: Entity, _ mode: ContextSourceRegistration.Mode) {
        if versions[entity.id] == nil { ids.append(entity.id) }
        versions[entity.id, default: []].append(Version(mode: mode, entity: entity))
    }

    mutating func add(_ other: RemoteEntities) {
        for id in other.ids { for version in other.versions[id] ?? [] { add(version.entity, version.mode) } }
        warnings += other.warnings
    }

    /// An entity with all that is known of it (§4.5.5, §5.7.1.4).
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - local: What is known here; nil when it is not.
    ///   - now: In microseconds since 1970: what has expired by then is left out.
    ///   - isVisible: Whether the reader may see an attribute of such an entity.
    /// - Returns: nil when it is known nowhere.
    public func merged(
        _ id: String, _ local: Entity?, at now: Int64, isVisible: (_ attribute: String, _ types: [String]) -> Bool
    ) -> Entity? {
        let versions = (versions[id] ?? []).filter { !$0.entity.isExpired(at: now) }
        guard !versions.isEmpty else { return local }
        var merged = local
        // Sources that only help out come last: they add what nobody else has.
        for version in versions.filter({ $0.mode != .auxiliary }) + versions.filter({ $0.mode == .auxiliary }) {
            var other = version.entity
            other.attributes.removeAll { attribute in
                (attribute.expiresAt ?? .max) <= now || !isVisible(attribute.name, other.types)
            }
            guard var whole = merged else {
                merged = other
                continue
            }
            whole.take(other, onlyAdds: version.mode == .auxiliary)
            merged = whole
        }
        return merged
    }
}

extension Entity {
    /// Takes over what another version of the entity has.
    ///
    /// - Parameters:
    ///   - other: The other version.
    ///   - onlyAdds: Whether only attributes count that are not there.
    fileprivate mutating func take(_ other: Entity, onlyAdds: Bool) {
        for type in other.types where !types.contains(type) { types.append(type) }
        for scope in other.scopes where !scopes.contains(scope) { scopes.append(scope) }
        if let mine = expiresAt, let theirs = other.expiresAt { expiresAt = max(mine, theirs) } else { expiresAt = nil }
        let known = Set(attributes.map(\.name))
        for attribute in other.attributes {
            if onlyAdds, known.contains(attribute.name) { continue }
            guard
                let index = attributes.firstIndex(where: {
                    $0.name == attribute.name && $0.datasetId == attribute.datasetId
                })
            else {
                let place = attributes.lastIndex { $0.name == attribute.name }.map { $0 + 1 } ?? attributes.endIndex
                attributes.insert(attribute, at: place)
                continue
            }
            if attribute.isNewer(than: attributes[index]) { attributes[index] = attribute }
        }
    }
}

extension Attribute {
    /// Of two instances that say something different the one that was observed last counts, otherwise the one that was
    /// changed last (§4.5.5.3).
    fileprivate func isNewer(than other: Attribute) -> Bool {
        switch (observedAt, other.observedAt) {
        case (let mine?, let theirs?) where mine != theirs: mine > theirs
        case (_?, nil): true
        case (nil, _?): false
        default: (modifiedAt ?? .min) > (other.modifiedAt ?? .min)
        }
    }
}

/// How sources are asked for entities.
public struct RemoteQuery: Sendable {
    /// What is asked for; its attributes are those that are needed.
    public var specification: EntitySpecification
    /// The type selection as it was written; nil for none.
    public var type: TypeSelection?

    /// A query.
    public init(_ specification: EntitySpecification, type: TypeSelection?) {
        self.specification = specification
        self.type = type
    }
}

extension Federation {
    /// What sources know of one entity (§5.7.1.4).
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    public func retrieve(
        _ id: String, _ specification: EntitySpecification, _ request: TriggeringRequest
    ) async throws -> RemoteEntities {
        let sources = try sources(for: specification, [.retrieveEntity], request)
        return await gather(sources) { source in
            let context = try await context(of: source, request)
            var parameters = ["options=sysAttrs"]
            let names = source.match.attributes
            if !names.isEmpty {
                parameters.append("attrs=\(names.map { context.term(for: $0).percentEncoded }.joined(separator: ","))")
            }
            let path = "/ngsi-ld/v1/entities/\(id.percentEncoded)?\(parameters.joined(separator: "&"))"
            return (try await send(source, "GET", path, body: nil, request), context)
        }
    }

    /// What sources know of entities (§5.7.2.4). What they must hold is looked at when all is together.
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    public func query(_ query: RemoteQuery, _ request: TriggeringRequest) async throws -> RemoteEntities {
        let sources = try sources(for: query.specification, [.queryEntity, .queryBatch], request)
        return await gather(sources) { source in
            let context = try await context(of: source, request)
            let names = source.match.attributes.map { context.term(for: $0) }
            let ids =
                source.match.ids.isEmpty ? source.match.parts.flatMap(\.entities).compactMap(\.id) : source.match.ids
            let isWide = source.match.parts.contains { part in
                part.ids.isEmpty && part.entities.contains { $0.id == nil }
            }
            let types =
                query.type?.text(terms: context)
                ?? Set(source.match.parts.flatMap(\.entities).flatMap(\.types)).sorted()
                .map { context.term(for: $0) }.joined(separator: ",")
            guard source.registration.operations.contains(.queryEntity) else {
                let body = query.body(types: types, ids: isWide ? [] : ids, names)
                let path = "/ngsi-ld/v1/entityOperations/query?options=sysAttrs&limit=\(Federation.entitiesAtOnce)"
                return (try await send(source, "POST", path, body: body, request), context)
            }
            var parameters: [String] = []
            if !types.isEmpty { parameters.append("type=\(types.percentEncoded)") }
            if !ids.isEmpty, !isWide { parameters.append("id=\(ids.map(\.percentEncoded).joined(separator: ","))") }
            if !names.isEmpty { parameters.append("attrs=\(names.map(\.percentEncoded).joined(separator: ","))") }
            parameters += ["options=sysAttrs", "limit=\(Federation.entitiesAtOnce)"]
            let path = "/ngsi-ld/v1/entities?\(parameters.joined(separator: "&"))"
            return (try await send(source, "GET", path, body: nil, request), context)
        }
    }

    /// Asks all sources at once.
    private func gather(
        _ sources: [ConcernedSource],
        _ ask: @escaping @Sendable (ConcernedSource) async throws -> (EgressAnswer, JSONLDContext)
    ) async -> RemoteEntities {
        guard !sources.isEmpty else { return RemoteEntities() }
        let parts = await withTaskGroup(of: (Int, RemoteEntities).self) { group in
            for (index, source) in sources.enumerated() {
                group.addTask { (index, await self.answer(of: source, ask)) }
            }
            return await group.reduce(into: [Int: RemoteEntities]()) { $0[$1.0] = $1.1 }
        }
        var all = RemoteEntities()
        for index in sources.indices { if let part = parts[index] { all.add(part) } }
        return all
    }

    private func answer(
        of source: ConcernedSource, _ ask: (ConcernedSource) async throws -> (EgressAnswer, JSONLDContext)
    ) async -> RemoteEntities {
        var found = RemoteEntities()
        let endpoint = source.registration.endpoint
        do {
            let (answer, context) = try await ask(source)
            guard answer.status != 404 else { return found }
            guard (200..<300).contains(answer.status) else {
                found.warnings = [SourceWarning(299, "\(endpoint) answered \(answer.status)")]
                return found
            }
            for entity in try await entities(in: answer, context) {
                var entity = entity
                let names = Set(source.match.attributes)
                if !names.isEmpty { entity.attributes.removeAll { !names.contains($0.name) } }
                found.add(entity, source.registration.effectiveMode)
            }
        } catch let error as EgressError {
            let code =
                switch error.code {
                case .forbidden: 299
                case .tooLarge: 111
                case .timeout, .unreachable: 199
                }
            found.warnings = [SourceWarning(code, error.message)]
        } catch {
            found.warnings = [SourceWarning(111, "\(endpoint) answered with something else than entities: \(error)")]
        }
        return found
    }

    /// Reads what a source has answered.
    private func entities(in answer: EgressAnswer, _ context: JSONLDContext) async throws -> [Entity] {
        let value = try JSONValue(parsing: answer.body)
        let elements: [JSONValue] = if case .array(let elements) = value { elements } else { [value] }
        var found: [Entity] = []
        for element in elements {
            var context = context
            if case .object(let object) = element, let own = object["@context"] {
                context = try await contexts.resolve(own)
            }
            var entity = Entity(
                creating: try EntityFragment(parsing: element, purpose: .create, context: context), at: 0)
            entity.takeTimes(of: element, context)
            found.append(entity)
        }
        return found
    }
}

extension RemoteQuery {
    /// The query as a document (§5.2.23).
    fileprivate func body(types: String, ids: [String], _ names: [String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.text("type", "Query")
        writer.key("entities")
        writer.beginArray()
        writer.beginObject()
        writer.text("type", types.isEmpty ? "*" : types)
        if !ids.isEmpty { writer.texts("id", ids) }
        writer.endObject()
        writer.endArray()
        writer.texts("attrs", names)
        writer.endObject()
        return writer.take()
    }
}

extension Entity {
    /// Takes over the times that a broker has written: they are not read as a part of what somebody says.
    fileprivate mutating func takeTimes(of value: JSONValue, _ context: JSONLDContext) {
        guard case .object(let object) = value else { return }
        func time(_ object: JSONObject, _ name: String) -> Int64? {
            guard case .string(let text)? = object[name] else { return nil }
            return try? RFC3339.microseconds(parsing: text)
        }
        (createdAt, modifiedAt) = (time(object, "createdAt"), time(object, "modifiedAt"))
        for member in object.members {
            let name = context.name(of: member.name)
            let instances: [JSONValue] =
                if case .array(let elements) = member.value { elements } else { [member.value] }
            for case .object(let instance) in instances {
                let datasetId = instance.text("datasetId")
                guard let index = attributes.firstIndex(where: { $0.name == name && $0.datasetId == datasetId }) else {
                    continue
                }
                attributes[index].createdAt = time(instance, "createdAt")
                attributes[index].modifiedAt = time(instance, "modifiedAt")
            }
        }
    }
}
