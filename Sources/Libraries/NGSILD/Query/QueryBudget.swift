/// What one request may cost to answer: steps that are spent as entities are held against its query.
///
/// A limit on the text of a query does not limit its work, which grows with terms, patterns, values and entities. A step
/// is about what it takes to look at one state of a pattern or to compare one number.
public struct QueryBudget: Sendable {
    private var left: Int

    /// A budget.
    ///
    /// - Parameter steps: How many steps may be spent.
    public init(steps: Int = NGSILDLimits.querySteps) {
        left = steps
    }

    static let unlimited = QueryBudget(steps: .max)

    /// Whether more was asked for than there was: what has been found since is worth nothing.
    public var isSpent: Bool { left < 0 }

    /// Spends steps.
    ///
    /// - Returns: False when there are not so many.
    @inline(__always)
    mutating func spend(_ steps: Int) -> Bool {
        guard left >= 0 else { return false }
        left -= steps
        return left >= 0
    }

    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    func check() throws(NGSILDError) {
        guard isSpent else { return }
        throw NGSILDError(
            .tooComplexQuery,
            "the query takes more work than one request may ask for: use fewer terms, shorter patterns, or a narrower `type`"
        )
    }
}
