extension EntityEvolution {
    /// What a `q` is held against: the instances of the time that is asked for (CIM 009 §5.7.4.4).
    ///
    /// Instances that say that an attribute was deleted are no values, and are left out. An attribute that never had the
    /// temporal property does not evolve: its latest instance of each dataset holds at any time, as `brandName` in annex
    /// C.5.5.
    ///
    /// - Parameter query: The time that is asked for. The evolution is whole: not yet selected by it.
    /// - Returns: Instances, those of one name side by side, for ``QueryExpression/matches(_:within:)`` and for a geoquery.
    public func compared(in query: TemporalQuery) -> [Attribute] {
        instances.grouped(by: \.name).flatMap { attribute in
            let values = attribute.filter { !$0.isDeleted }
            guard attribute.allSatisfy({ $0.time(query.timeProperty) == nil }) else {
                return values.filter { $0.time(query.timeProperty).map(query.contains) ?? false }
            }
            return values.grouped(by: \.datasetId).compactMap(\.last)
        }
    }

    /// Whether a `q` holds in the time that is asked for (§5.7.4.4).
    ///
    /// - Parameters:
    ///   - condition: The query.
    ///   - query: The time that is asked for. The evolution is whole: not yet selected by it.
    ///   - budget: What may be spent, for all evolutions of one request.
    /// - Returns: True if, for each of its terms, any instance meets it.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(
        _ condition: QueryExpression, in query: TemporalQuery, within budget: inout QueryBudget
    ) throws(NGSILDError) -> Bool {
        try condition.matches(compared(in: query), within: &budget)
    }
}
