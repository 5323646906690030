public import JSONBytes
public import NGSILD

/// A change that sources are told of, as far as it is theirs (CIM 009 §4.3.6, §5.6).
public struct RemoteWrite: Sendable {
    /// What a body is.
    public enum Content: Sendable {
        /// There is none.
        case none
        /// An entity or a part of one: each source gets the attributes that are registered for it.
        case entity(JSONValue)
        /// Something that goes to all as it is: the content of one attribute.
        case whole(JSONValue)
    }

    /// What is done.
    public let operation: ContextSourceOperation
    /// Such as `POST`.
    public let method: String
    /// Below `/ngsi-ld/v1`, percent-encoded, with its query.
    public let path: String
    /// What it concerns.
    public let specification: EntitySpecification
    /// What is said.
    public let content: Content

    /// A change.
    public init(
        _ operation: ContextSourceOperation, _ method: String, _ path: String, _ specification: EntitySpecification,
        _ content: Content = .none
    ) {
        self.operation = operation
        self.method = method
        self.path = path
        self.specification = specification
        self.content = content
    }
}

/// Which attributes are none of this broker's: they are kept elsewhere alone (§4.3.6.3).
public enum TakenAttributes: Sendable, Hashable {
    /// These.
    case some(Set<String>)
    /// All of them.
    case all

    /// None.
    public static let none = TakenAttributes.some([])

    /// Whether an attribute is kept elsewhere alone.
    public func contains(_ name: String) -> Bool {
        switch self {
        case .some(let names): names.contains(name)
        case .all: true
        }
    }

    /// Whether there are any.
    public var isEmpty: Bool { self == .none }
}

/// Who is told of a change.
public struct WritePlan: Sendable {
    /// Those who are told, and those that it concerns although they can't be: `isSupported` is false then.
    public let sources: [(source: ConcernedSource, isSupported: Bool)]
    /// What is none of this broker's.
    public let taken: TakenAttributes

    /// Whether it is this broker's alone.
    public var isEmpty: Bool { sources.isEmpty }
}

/// What a source has said to a change.
public struct SourceOutcome: Sendable {
    /// How it went.
    public enum Result: Sendable {
        /// It has done so.
        case done
        /// It has done a part of it.
        case partial
        /// It has answered with an error.
        case refused(status: Int, body: JSONValue?)
        /// It has not answered.
        case failed(EgressError)
        /// It was not asked: it is registered without this operation.
        case unsupported
    }

    /// Which one.
    public let source: ConcernedSource
    /// How it went.
    public let result: Result
}

extension Federation {
    /// Who is to be told of a change (§5.6.1.4 and the like).
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    public func plan(_ write: RemoteWrite, _ request: TriggeringRequest) throws(NGSILDError) -> WritePlan {
        let concerned = try sources(for: write.specification, [], request)
        var taken = TakenAttributes.none
        for source in concerned where source.registration.effectiveMode.isProxied {
            let names = source.match.attributes
            switch taken {
            case .some(let known) where !names.isEmpty: taken = .some(known.union(names))
            case .some, .all: taken = .all
            }
        }
        var sources: [(source: ConcernedSource, isSupported: Bool)] = []
        for source in concerned {
            let supports = source.registration.operations.contains(write.operation)
            switch source.registration.effectiveMode {
            case .auxiliary: continue
            case .exclusive, .redirect: sources.append((source, supports))
            case .inclusive: if supports, taken != .all { sources.append((source, true)) }
            }
        }
        return WritePlan(sources: sources, taken: taken)
    }

    /// Tells all sources at once.
    ///
    /// - Returns: What they have said, in the order of the plan; those that have nothing of it are left out.
    public func carryOut(
        _ plan: WritePlan, _ write: RemoteWrite, _ request: TriggeringRequest
    ) async -> [SourceOutcome] {
        let outcomes = await withTaskGroup(of: (Int, SourceOutcome?).self) { group in
            for (index, (source, isSupported)) in plan.sources.enumerated() {
                group.addTask {
                    guard isSupported else { return (index, SourceOutcome(source: source, result: .unsupported)) }
                    return (index, await self.tell(source, write, plan.taken, request))
                }
            }
            return await group.reduce(into: [Int: SourceOutcome]()) { $0[$1.0] = $1.1 }
        }
        return plan.sources.indices.compactMap { outcomes[$0] }
    }

    private func tell(
        _ source: ConcernedSource, _ write: RemoteWrite, _ taken: TakenAttributes, _ request: TriggeringRequest
    ) async -> SourceOutcome? {
        do {
            let context = try await context(of: source, request)
            let body: JSONValue?
            switch write.content {
            case .none: body = nil
            case .whole(let value): body = value
            case .entity(let value):
                // What is kept elsewhere alone is nobody else's.
                let others = source.registration.effectiveMode.isProxied ? TakenAttributes.none : taken
                guard let part = value.part(of: source, without: others, from: request.context, to: context) else {
                    return nil
                }
                body = part
            }
            let answer = try await send(source, write.method, "/ngsi-ld/v1\(write.path)", body: body, request)
            switch answer.status {
            case 207: return SourceOutcome(source: source, result: .partial)
            case 200..<300: return SourceOutcome(source: source, result: .done)
            default:
                let said = try? JSONValue(parsing: answer.body)
                return SourceOutcome(source: source, result: .refused(status: answer.status, body: said))
            }
        } catch let error as EgressError {
            return SourceOutcome(source: source, result: .failed(error))
        } catch {
            let problem = EgressError(.unreachable, "the source's @context is not to be had: \(error)")
            return SourceOutcome(source: source, result: .failed(problem))
        }
    }
}

extension JSONValue {
    /// The part of an entity that is registered for a source, in the terms that it is spoken to with.
    ///
    /// - Returns: nil when none of the attributes are.
    fileprivate func part(
        of source: ConcernedSource, without taken: TakenAttributes, from context: JSONLDContext, to other: JSONLDContext
    ) -> JSONValue? {
        guard case .object(let object) = self else { return self }
        let registered = Set(source.match.attributes)
        let head: Set<String> = ["id", "@id", "type", "@type", "scope", "@context", "expiresAt"]
        var (members, hasAttributes, hadAttributes) = ([JSONObject.Member](), false, false)
        for member in object.members where member.name != "@context" {
            guard !head.contains(member.name) else {
                let value = member.name.hasSuffix("type") ? member.value.types(from: context, to: other) : member.value
                members.append(JSONObject.Member(name: member.name, value: value))
                continue
            }
            hadAttributes = true
            let name = context.name(of: member.name)
            guard registered.isEmpty || registered.contains(name), !taken.contains(name) else { continue }
            hasAttributes = true
            members.append(JSONObject.Member(name: other.term(for: name), value: member.value))
        }
        return hasAttributes || !hadAttributes ? .object(JSONObject(members)) : nil
    }

    private func types(from context: JSONLDContext, to other: JSONLDContext) -> JSONValue {
        switch self {
        case .string(let text): .string(other.term(for: context.name(of: text)))
        case .array(let elements): .array(elements.map { $0.types(from: context, to: other) })
        default: self
        }
    }
}
