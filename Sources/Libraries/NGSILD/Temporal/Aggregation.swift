import JSONBytes

/// Which methods are applied, and to periods of which length (CIM 009 §4.5.19, §5.2.44).
public struct Aggregation: Sendable, Hashable {
    /// The methods, each once.
    public let methods: [AggregationMethod]
    /// The length of a period; zero for all of the time that is asked for.
    public let period: CalendarDuration

    /// Reads the two parameters; nil for an absent one.
    ///
    /// - Parameters:
    ///   - methods: `aggrMethods`, names between commas.
    ///   - period: `aggrPeriodDuration`, such as `PT1H`.
    /// - Throws: ``ProblemCode/badRequestData`` that says which parameter is wrong.
    public init(parsingMethods methods: String?, period: String?) throws(NGSILDError) {
        guard let methods, !methods.isEmpty else {
            throw NGSILDError(.badRequestData, "`aggregatedValues` needs `aggrMethods`")
        }
        var parsed: [AggregationMethod] = []
        for word in methods.split(separator: ",", omittingEmptySubsequences: false) {
            guard let method = AggregationMethod(rawValue: String(word)) else {
                let known = AggregationMethod.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                throw NGSILDError(.badRequestData, "`aggrMethods` has \(NGSILDError.quoted(word)); known are \(known)")
            }
            if !parsed.contains(method) { parsed.append(method) }
        }
        self.methods = parsed
        guard let duration = CalendarDuration(parsing: period ?? "PT0S") else {
            throw NGSILDError(
                .badRequestData,
                "`aggrPeriodDuration` must be a duration such as `PT1H`, it is \(NGSILDError.quoted(period ?? ""))")
        }
        self.period = duration
    }

    /// Refuses methods that have no meaning for what an attribute holds (§5.7.4.4).
    ///
    /// - Parameters:
    ///   - names: The attributes that were asked for by name; of others, methods without a meaning give no values.
    ///   - evolutions: As they are selected.
    /// - Throws: ``ProblemCode/invalidRequest`` that says which attribute and which method.
    public func check(_ names: [String], of evolutions: [EntityEvolution]) throws(NGSILDError) {
        let asked = Set(names)
        for evolution in evolutions {
            for group in evolution.instances.grouped(by: \.name) where asked.contains(group[0].name) {
                let type = AggregatedType(of: group.filter { !$0.isDeleted })
                guard let method = methods.first(where: { !type.allows($0) }) else { continue }
                throw NGSILDError(
                    .invalidRequest,
                    "`\(method.rawValue)` has no meaning for \(NGSILDError.quoted(group[0].name)), which holds \(type.name)"
                )
            }
        }
    }

    /// A part of the time that is asked for, and the instances of one attribute and dataset that it has.
    struct Period {
        /// In microseconds since 1970, included.
        let start: Int64
        /// In microseconds since 1970, excluded.
        let end: Int64
        var instances: [Attribute]
    }

    /// The periods that have instances, in order.
    ///
    /// They begin where the time that is asked for does; where it has no beginning, at the first instance. One that spans
    /// all of a time without an end, ends at the last instance.
    func periods(of instances: [Attribute], _ query: TemporalQuery) -> [Period] {
        let timed = instances.compactMap { instance in instance.time(query.timeProperty).map { (time: $0, instance) } }
            .sorted { $0.time < $1.time }
        guard let first = timed.first, let last = timed.last else { return [] }
        let origin: Int64
        switch query.relation {
        case .after(let start), .between(let start, _): origin = start
        case .always, .before: origin = first.time
        }
        guard !period.isZero else {
            let end: Int64
            switch query.relation {
            case .before(let limit), .between(_, let limit): end = limit
            case .always, .after: end = last.time
            }
            return [Period(start: origin, end: end, instances: timed.map(\.1))]
        }
        var found: [Period] = []
        var index = 0
        for (time, instance) in timed {
            if let current = found.last, time < current.end {
                found[found.count - 1].instances.append(instance)
                continue
            }
            index = number(of: time, from: origin, notBelow: index)
            let (start, end) = (period.added(to: origin, times: index), period.added(to: origin, times: index + 1))
            found.append(Period(start: start, end: end, instances: [instance]))
        }
        return found
    }

    /// Which period an instant lies in. Logarithmic.
    private func number(of time: Int64, from origin: Int64, notBelow low: Int) -> Int {
        // As many as fit if months had 28 days is too many; then down to where it begins.
        let shortest = Int64(period.months) * 28 * 86_400_000_000 + period.microseconds
        var (low, high) = (low, Int((time - origin) / max(shortest, 1)) + 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if period.added(to: origin, times: middle) <= time { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
