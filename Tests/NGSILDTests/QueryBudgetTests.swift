import JSONBytes
import NGSILD
import Testing

@Suite("What a query may cost")
struct QueryBudgetTests {
    private static let attributes = [
        Attribute("name", value: .string(String(repeating: "Riverside ", count: 20))),
        Attribute("levels", value: .array((0..<100).map { .number(JSONNumber(Int64($0))) })),
    ]

    /// How many entities a query is held against before its budget is spent; nil when it lasts for so many.
    private func entities(_ query: String, _ budget: QueryBudget, of count: Int) throws -> Int? {
        let parsed = try QueryExpression(parsing: query)
        var budget = budget
        for number in 0..<count {
            do throws(NGSILDError) {
                _ = try parsed.matches(QueryBudgetTests.attributes, within: &budget)
            } catch {
                #expect(error.code == .tooComplexQuery)
                #expect(budget.isSpent)
                return number
            }
        }
        return nil
    }

    @Test(
        "common questions to a hundred thousand entities fit", arguments: ["level>5", "name~=\"^River\"", "levels==7"])
    func common(query: String) throws {
        #expect(try entities(query, QueryBudget(), of: 100_000) == nil)
    }

    @Test(
        "what would take minutes ends, by whatever means it is made costly",
        arguments: [
            Array(repeating: "name!~=(.?){250}@@", count: 128).joined(separator: ";"),
            Array(repeating: "name!~=x{255}", count: 128).joined(separator: ";"),
            Array(repeating: "levels!=\"x\"", count: 64).joined(separator: ";"),
            "levels==" + Array(repeating: "2020-01-01T00:00:00Z", count: 100).joined(separator: ","),
        ])
    func costly(query: String) throws {
        let clock = ContinuousClock()
        let began = clock.now
        #expect(try entities(query, QueryBudget(), of: 100_000) != nil)
        #expect(clock.now - began < .seconds(20), "a budget is some tenths of a second")
    }

    @Test("a budget is for all entities together, and what is spent stays spent")
    func spent() throws {
        let query = try QueryExpression(parsing: "name")
        var budget = QueryBudget(steps: 10)
        for _ in 0..<3 { #expect(try query.matches(QueryBudgetTests.attributes, within: &budget)) }
        for _ in 0..<2 {
            #expect(throws: NGSILDError.self) { try query.matches(QueryBudgetTests.attributes, within: &budget) }
        }
        #expect(budget.isSpent)
    }

    @Test("patterns for ids are limited as well")
    func patterns() throws {
        let pattern = try TextPattern(parsing: "(.?){250}@@")
        var budget = QueryBudget(steps: 100_000)
        #expect(try !pattern.matches("urn", within: &budget))
        let error = #expect(throws: NGSILDError.self) {
            try pattern.matches(String(repeating: "x", count: 2_000), within: &budget)
        }
        #expect(error?.code == .tooComplexQuery)
    }

    @Test(
        "a query tells whether it looks at times that a broker would have to keep",
        arguments: [
            ("createdAt>2020-01-01T00:00:00Z", true), ("speed.modifiedAt>2020-01-01T00:00:00Z", true),
            ("speed;(a|deletedAt)", true), ("speed.observedAt>2020-01-01T00:00:00Z", false),
            ("speed[createdAt]", false),
            ("createdAt.x", false), ("speed", false),
        ])
    func systemTimes(query: String, looks: Bool) throws {
        #expect(try QueryExpression(parsing: query).looksAtSystemTimes == looks)
    }
}
