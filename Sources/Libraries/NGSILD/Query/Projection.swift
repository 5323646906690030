/// Which members of entities are given (CIM 009 §4.21): those that are picked, without those that are omitted.
///
///     pick=name,owner{name,id}        omit=location
public struct Projection: Sendable, Hashable {
    /// Members by their names, and what is chosen of the entities that they lead to.
    fileprivate indirect enum Choice: Sendable, Hashable {
        case members([String: Choice?])
    }

    private let picked: Choice?
    private let omitted: Choice?

    private init(picked: Choice?, omitted: Choice?) {
        self.picked = picked
        self.omitted = omitted
    }

    /// Everything.
    public static let all = Projection(picked: nil, omitted: nil)

    /// Reads the two parameters; nil for an absent one.
    ///
    /// - Throws: ``ProblemCode/badRequestData`` with the column of what is wrong.
    public init(pick: String?, omit: String?, context: JSONLDContext = .core) throws(NGSILDError) {
        picked = try Projection.choice(pick, "pick", context)
        omitted = try Projection.choice(omit, "omit", context)
        if case .members(let picked)? = picked, case .members(let omitted)? = omitted,
            let name = picked.first(where: { $0.value == nil && omitted[$0.key] == .some(nil) })?.key
        {
            throw NGSILDError(.badRequestData, "\(NGSILDError.quoted(name)) cannot be picked and omitted")
        }
    }

    private static func choice(
        _ text: String?, _ parameter: String, _ context: JSONLDContext
    ) throws(NGSILDError) -> Choice? {
        guard let text else { return nil }
        var cursor = try TextCursor(text, parameter: parameter)
        let choice = try members(&cursor, context, depth: 1)
        guard cursor.isAtEnd else { throw cursor.error("expected `,` or `|`") }
        return choice
    }

    private static func members(
        _ cursor: inout TextCursor, _ context: JSONLDContext, depth: Int
    ) throws(NGSILDError) -> Choice {
        guard depth <= NGSILDLimits.queryDepth else {
            throw cursor.error("too many braces inside each other", code: .tooComplexQuery)
        }
        var members: [String: Choice?] = [:]
        repeat {
            let start = cursor.position
            let name = cursor.take { !",|{}".unicodeScalars.contains($0) }
            guard Names.isName(name) else { throw cursor.error("expected the name of a member", at: start) }
            var inner: Choice?
            if cursor.consume("{") {
                inner = try self.members(&cursor, context, depth: depth + 1)
                guard cursor.consume("}") else { throw cursor.error("expected `,` or `}`") }
            }
            members[context.name(of: name)] = inner
        } while cursor.consume(",") || cursor.consume("|")
        return .members(members)
    }

    /// Whether nothing is left out.
    public var isEverything: Bool { picked == nil && omitted == nil }

    /// How many relationships it follows one after the other.
    public var depth: Int { max(picked?.depth ?? 0, omitted?.depth ?? 0) }

    /// The members that are picked; empty where nothing is said of them.
    public var pickedNames: [String] {
        guard case .members(let members)? = picked else { return [] }
        return members.keys.sorted()
    }

    /// Whether a member is given.
    public func keeps(_ name: String) -> Bool {
        if let picked, !picked.has(name) { return false }
        // What is omitted inside of a member leaves the member itself.
        return omitted?.hasWhole(name) != true
    }

    /// The entity with the attributes that are given.
    public func apply(to entity: Entity) -> Entity {
        guard !isEverything else { return entity }
        var reduced = entity
        reduced.attributes.removeAll { !keeps($0.name) }
        if !keeps("scope") { reduced.scopes = [] }
        if !keeps("createdAt") { reduced.createdAt = nil }
        if !keeps("modifiedAt") { reduced.modifiedAt = nil }
        if !keeps("expiresAt") { reduced.expiresAt = nil }
        return reduced
    }

    /// Whether any member of an entity is given.
    public func leavesSomething(of entity: Entity) -> Bool {
        isEverything || keeps("id") || keeps("type") || (!entity.scopes.isEmpty && keeps("scope"))
            || entity.attributes.contains { keeps($0.name) }
    }

    /// What is given of the entities that a relationship leads to.
    public func inside(_ name: String) -> Projection {
        Projection(picked: picked?.inner(name), omitted: omitted?.inner(name))
    }
}

extension Projection.Choice {
    fileprivate var depth: Int {
        guard case .members(let members) = self else { return 0 }
        return members.values.reduce(0) { max($0, $1.map { $0.depth + 1 } ?? 0) }
    }

    fileprivate func has(_ name: String) -> Bool {
        guard case .members(let members) = self else { return false }
        return members[name] != nil
    }

    fileprivate func hasWhole(_ name: String) -> Bool {
        guard case .members(let members) = self, let inner = members[name] else { return false }
        return inner == nil
    }

    fileprivate func inner(_ name: String) -> Projection.Choice? {
        guard case .members(let members) = self, let inner = members[name] else { return nil }
        return inner
    }
}
