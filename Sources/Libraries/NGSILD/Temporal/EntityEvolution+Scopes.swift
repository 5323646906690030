import JSONBytes

extension EntityEvolution {
    /// What is left of an evolution when the entity must have been within scopes (CIM 009 §4.18, annex C.5.16).
    ///
    /// Instances are left out that are not of a time in which it was, and so are its other scopes. An entity of which no
    /// scope was ever recorded has always had those that it has now.
    ///
    /// - Parameters:
    ///   - scopes: Which scopes are asked for.
    ///   - query: The time that is asked for. The evolution is whole: not yet selected by it.
    /// - Returns: The evolution with what was so then; nil when the entity was never within these scopes in that time.
    public func within(_ scopes: ScopeQuery, _ query: TemporalQuery) -> EntityEvolution? {
        let timeline = ScopeTimeline(of: self)
        guard !timeline.spans.isEmpty else { return scopes.matches(entity.scopes) ? self : nil }
        let matching = timeline.keeping { $0.overlaps(query) && scopes.matches($0.instance.scopes) }
        guard !matching.spans.isEmpty else { return nil }
        let kept = Set(matching.spans.map(\.instance))
        var part = self
        part.instances = instances.filter { instance in
            guard instance.name != ScopeTimeline.name else { return kept.contains(instance) }
            return instance.time(query.timeProperty).map { matching.span(at: $0) != nil } ?? true
        }
        return part
    }
}

/// What an entity's scopes have been: each holds from when it was set until another is, or until it was removed
/// (CIM 009 §4.18).
struct ScopeTimeline {
    /// The name of the Property that scopes are in a temporal evolution.
    static let name = "scope"

    /// Scopes and the time in which they hold.
    struct Span {
        let instance: Attribute
        /// In microseconds since 1970, included.
        let start: Int64
        /// Excluded; nil when they still hold.
        let end: Int64?

        /// Whether they hold in some part of the time that is asked for.
        func overlaps(_ query: TemporalQuery) -> Bool {
            guard end != start else { return false }
            return switch query.relation {
            case .always: true
            case .before(let limit): start < limit
            case .after(let begin): end.map { $0 > begin } ?? true
            case .between(let begin, let limit): start < limit && end.map { $0 > begin } ?? true
            }
        }
    }

    /// In the order of time; no two have an instant in common.
    let spans: [Span]

    private init(_ spans: [Span]) {
        self.spans = spans
    }

    /// The scopes that an evolution has recorded.
    init(of evolution: EntityEvolution) {
        let recorded = evolution.instances.filter { $0.name == ScopeTimeline.name }
        let starts = recorded.map { $0.deletedAt ?? $0.observedAt ?? $0.createdAt ?? .min }
        let order = recorded.indices.sorted { starts[$0] == starts[$1] ? $0 < $1 : starts[$0] < starts[$1] }
        spans = order.indices.map { index in
            let end = index + 1 < order.count ? starts[order[index + 1]] : nil
            return Span(instance: recorded[order[index]], start: starts[order[index]], end: end)
        }
    }

    func keeping(_ isKept: (Span) -> Bool) -> ScopeTimeline { ScopeTimeline(spans.filter(isKept)) }

    /// The span that an instant lies in. Logarithmic.
    func span(at time: Int64) -> Span? {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].start <= time { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let span = spans[low - 1]
        return span.end.map { time < $0 } ?? true ? span : nil
    }

    /// Scopes that hold in some part of a time.
    func standing(in query: TemporalQuery) -> [Attribute] {
        spans.filter { $0.overlaps(query) && !$0.instance.isDeleted }.map(\.instance)
    }
}

extension Attribute {
    /// The scopes that an instance of `scope` says; none when they were removed.
    var scopes: [String] {
        guard !isDeleted else { return [] }
        switch value {
        case .string(let scope): return [scope]
        case .array(let elements):
            return elements.compactMap { element in if case .string(let scope) = element { scope } else { nil } }
        default: return []
        }
    }
}
