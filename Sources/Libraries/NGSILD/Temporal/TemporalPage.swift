import JSONBytes

/// Which part of temporal evolutions is given at once (CIM 009 §6.3.10).
///
/// An answer is cut at an instant, the same for all attributes of all its entities: what is given is all there is on one
/// side of it, so that a client that asks again from there misses nothing. Attributes that lie beyond as a whole are
/// named without instances.
public enum TemporalPage {
    /// What is given of a time that was asked for.
    public struct Range: Sendable, Hashable {
        /// In microseconds since 1970; later than ``end`` when the latest come first.
        public var start: Int64
        /// In microseconds since 1970: the last instant that is given, from where to ask again.
        public var end: Int64
        /// How many of the latest were asked for; nil for all.
        public var size: Int?

        /// As the header `Content-Range` has it: `date-time 2020-01-01T00:00:00Z-2020-01-02T00:00:00Z/*`.
        public var contentRange: String {
            "date-time \(RFC3339.string(start))-\(RFC3339.string(end))/\(size.map { "\($0)" } ?? "*")"
        }
    }

    /// Cuts evolutions to about so many instances: the earliest, or the latest where the query has `lastN`.
    ///
    /// Instances of one instant stay together, so that there may be more than the bound. Instances without the time that
    /// is asked for are always given.
    ///
    /// - Parameters:
    ///   - evolutions: Selected by the query.
    ///   - query: The query.
    ///   - bound: How many instances may be given; one at least are.
    /// - Returns: What is given, and its range when something is left out.
    public static func cut(
        _ evolutions: [EntityEvolution], _ query: TemporalQuery, bound: Int
    ) -> (given: [EntityEvolution], range: Range?) {
        let isBackward = query.lastN != nil
        let bound = max(bound, 1)
        var times = evolutions.flatMap { $0.instances.compactMap { $0.time(query.timeProperty) } }
        guard times.count > bound else { return (evolutions, nil) }
        isBackward ? times.sort(by: >) : times.sort()
        let edge = times[bound - 1]
        guard edge != times[times.count - 1] else { return (evolutions, nil) }
        let given = evolutions.map { evolution in
            evolution.cut { instance in
                instance.time(query.timeProperty).map { isBackward ? $0 < edge : $0 > edge } ?? false
            }
        }
        return (given, Range(start: start(of: query, first: times[0]), end: edge, size: query.lastN))
    }

    /// Where a range begins that goes from the earliest on, or with `lastN` from the latest.
    private static func start(of query: TemporalQuery, first: Int64) -> Int64 {
        switch (query.relation, query.lastN != nil) {
        case (.before(let end), true), (.between(_, let end), true): end
        case (.after(let begin), false), (.between(let begin, _), false): begin
        case (.always, _), (.after, true), (.before, false): first
        }
    }
}

extension EntityEvolution {
    /// Without some instances; attributes that had no others are in ``cut``.
    fileprivate func cut(_ isBeyond: (Attribute) -> Bool) -> EntityEvolution {
        var part = self
        part.instances = []
        for attribute in instances.grouped(by: \.name) {
            let kept = attribute.filter { !isBeyond($0) }
            part.instances += kept
            if kept.isEmpty { part.cut.append(attribute[0]) }
        }
        return part
    }
}
