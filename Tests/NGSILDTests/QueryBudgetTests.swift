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
            ("", "name!~=(.?){250}@@", 128, ";"), ("", "name!~=x{255}", 128, ";"), ("", "levels!=\"x\"", 64, ";"),
            ("levels==", "2020-01-01T00:00:00Z", 100, ","),
        ])
    func costly(start: String, part: String, count: Int, separator: String) throws {
        let query = start + Array(repeating: part, count: count).joined(separator: separator)
        let clock = ContinuousClock()
        let began = clock.now
        #expect(try entities(query, QueryBudget(), of: 100_000) != nil)
        #expect(clock.now - began < .seconds(20), "a budget is some tenths of a second")
    }

    @Test("a budget is for all entities together, and what is spent stays spent")
    func spent() throws {
        let query = try QueryExpression(parsing: "name")
        var budget = QueryBudget(steps: 100)
        var answers = 0
        while (try? query.matches(QueryBudgetTests.attributes, within: &budget)) == true { answers += 1 }
        #expect((10..<100).contains(answers))
        #expect(throws: NGSILDError.self) { try query.matches(QueryBudgetTests.attributes, within: &budget) }
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
