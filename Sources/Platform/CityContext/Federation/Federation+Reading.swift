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
    /// The type selection; nil for none.
    public var type: TypeSelection?
    /// What the registrations' own properties must hold: the context source filter; nil for nothing.
    public var filter: QueryExpression?
    /// Parameters that narrow the answer, such as `q`, as they came; only where an entity is not spread over sources, and
    /// only such as the reader may ask.
    public var narrowing: [(name: String, value: String)] = []

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
        let sources = try sources(for: specification, [.retrieveEntity, .queryEntity, .queryBatch], request)
        return await gather(sources) { source in
            let context = try await context(of: source, request)
            guard source.registration.operations.contains(.retrieveEntity) else {
                return try await ask(source, RemoteQuery(specification, type: nil), context, request)
            }
            var parameters = ["options=sysAttrs"] + source.parameters
            let names = source.match.attributes
            if !names.isEmpty {
                parameters.append("attrs=\(names.map { context.term(for: $0).percentEncoded }.joined(separator: ","))")
            }
            let path = "/ngsi-ld/v1/entities/\(id.percentEncoded)?\(parameters.joined(separator: "&"))"
            return [(try await send(source, "GET", path, body: nil, request), context)]
        }
    }

    /// The sources that may know of entities (§5.7.2.4).
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    public func sources(for query: RemoteQuery, _ request: TriggeringRequest) throws(NGSILDError) -> [ConcernedSource] {
        let sources = try sources(for: query.specification, [.queryEntity, .queryBatch], request)
        guard let filter = query.filter else { return sources }
        var budget = QueryBudget()
        var found: [ConcernedSource] = []
        for source in sources
        where try filter.matches(source.registration.contextSourceProperties, within: &budget) { found.append(source) }
        return found
    }

    /// What sources know of entities (§5.7.2.4). What they must hold is looked at when all is together.
    public func query(
        _ query: RemoteQuery, of sources: [ConcernedSource], _ request: TriggeringRequest
    ) async -> RemoteEntities {
        await gather(sources) { source in
            try await ask(source, query, try await context(of: source, request), request)
        }
    }

    private func ask(
        _ source: ConcernedSource, _ query: RemoteQuery, _ context: JSONLDContext, _ request: TriggeringRequest
    ) async throws -> [(EgressAnswer, JSONLDContext)] {
        let infos = source.match.parts.flatMap(\.entities)
        let isWide = source.match.parts.contains { part in part.ids.isEmpty && part.entities.contains { $0.id == nil } }
        let ids = source.match.ids.isEmpty ? infos.compactMap(\.id) : source.match.ids
        let types =
            query.type?.text(terms: context)
            ?? Set(infos.flatMap(\.types)).sorted().map { context.term(for: $0) }.joined(separator: ",")
        let asked = (ids: isWide ? [] : ids, names: source.match.attributes.map { context.term(for: $0) })
        // Names in what narrows the answer are in the words of the request.
        let narrowing = source.registration.directive("jsonldContext") == nil ? query.narrowing : []
        guard source.registration.operations.contains(.queryEntity) else {
            let body = query.body(types: types, ids: asked.ids, asked.names, narrowing)
            let options = (["options=sysAttrs", "limit=\(Federation.entitiesAtOnce)"] + source.parameters)
                .joined(separator: "&")
            let path = "/ngsi-ld/v1/entityOperations/query?\(options)"
            return [(try await send(source, "POST", path, body: body, request), context)]
        }
        var parameters: [String] = []
        if !types.isEmpty { parameters.append("type=\(types.percentEncoded)") }
        if !asked.ids.isEmpty { parameters.append("id=\(asked.ids.map(\.percentEncoded).joined(separator: ","))") }
        if !asked.names.isEmpty {
            parameters.append("attrs=\(asked.names.map(\.percentEncoded).joined(separator: ","))")
        }
        parameters += narrowing.map { "\($0.name)=\($0.value.percentEncoded)" }
        parameters += ["options=sysAttrs", "limit=\(Federation.entitiesAtOnce)"] + source.parameters
        let path = "/ngsi-ld/v1/entities?\(parameters.joined(separator: "&"))"
        return [(try await send(source, "GET", path, body: nil, request), context)]
    }

    /// Asks all sources at once.
    private func gather(
        _ sources: [ConcernedSource],
        _ ask: @escaping @Sendable (ConcernedSource) async throws -> [(EgressAnswer, JSONLDContext)]
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
        of source: ConcernedSource, _ ask: (ConcernedSource) async throws -> [(EgressAnswer, JSONLDContext)]
    ) async -> RemoteEntities {
        var found = RemoteEntities()
        let endpoint = source.registration.endpoint
        do {
            for (answer, context) in try await ask(source) where answer.status != 404 {
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

extension ConcernedSource {
    /// Parameters that go with every request to the source (§4.3.6.4).
    fileprivate var parameters: [String] { registration.isLocalOnly ? ["local=true"] : [] }
}

extension RemoteQuery {
    /// The query as a document (§5.2.23).
    fileprivate func body(
        types: String, ids: [String], _ names: [String], _ narrowing: [(name: String, value: String)]
    ) -> JSONValue {
        var selector = JSONObject()
        selector["type"] = .string(types.isEmpty ? "*" : types)
        if !ids.isEmpty { selector["id"] = ids.count == 1 ? .string(ids[0]) : .array(ids.map { .string($0) }) }
        var object = JSONObject()
        object["type"] = "Query"
        object["entities"] = .array([.object(selector)])
        if !names.isEmpty { object["attrs"] = .array(names.map { .string($0) }) }
        for (name, value) in narrowing where ["q", "scopeQ"].contains(name) { object[name] = .string(value) }
        return .object(object)
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
