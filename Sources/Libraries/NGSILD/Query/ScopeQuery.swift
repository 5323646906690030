/// Which scopes are asked for (CIM 009 §4.19): any of several, each one scope or several at once.
///
///     /Madrid/Gardens     /Madrid/#     /+/Gardens     (/Madrid;/CompanyA),/CompanyB
public struct ScopeQuery: Sendable, Hashable {
    private struct Scope: Sendable, Hashable {
        /// `+` stands for any level.
        var levels: [String]
        /// Whether everything below belongs to it.
        var isOpen: Bool

        func matches(_ levels: [Substring]) -> Bool {
            guard isOpen ? levels.count >= self.levels.count : levels.count == self.levels.count else { return false }
            return zip(self.levels, levels).allSatisfy { $0 == "+" || $0 == $1 }
        }
    }

    /// An entity matches if it has all scopes of any one element.
    private let alternatives: [[Scope]]

    /// Reads a `scopeQ` parameter.
    ///
    /// - Throws: ``ProblemCode/badRequestData`` with the column of what is wrong; ``ProblemCode/tooComplexQuery`` beyond
    ///   ``NGSILDLimits/queryBytes``.
    public init(parsing text: String) throws(NGSILDError) {
        var cursor = try TextCursor(text, parameter: "scopeQ")
        var alternatives: [[Scope]] = []
        repeat {
            guard cursor.consume("(") else {
                alternatives.append([try ScopeQuery.scope(&cursor)])
                continue
            }
            var together = [try ScopeQuery.scope(&cursor)]
            while cursor.consume(";") { together.append(try ScopeQuery.scope(&cursor)) }
            guard cursor.consume(")") else { throw cursor.error("expected `;` or `)`") }
            alternatives.append(together)
        } while cursor.consume(",") || cursor.consume("|")
        guard cursor.isAtEnd else { throw cursor.error("expected `,` or `|`; scopes joined by `;` need parentheses") }
        self.alternatives = alternatives
    }

    private static func scope(_ cursor: inout TextCursor) throws(NGSILDError) -> Scope {
        var scope = Scope(levels: [], isOpen: false)
        guard cursor.peek == "/" else { throw cursor.error("expected a scope such as `/Madrid/Gardens`") }
        while cursor.consume("/") {
            if cursor.consume("#") {
                scope.isOpen = true
                break
            }
            let start = cursor.position
            let level =
                cursor.consume("+") ? "+" : cursor.take { Names.isLetter($0) || Names.isNumber($0) || $0 == "_" }
            guard level == "+" || Names.isTerm(level) else {
                throw cursor.error("expected a level of a scope", at: start)
            }
            scope.levels.append(level)
        }
        return scope
    }

    /// Whether an entity with these scopes is asked for.
    public func matches(_ scopes: [String]) -> Bool {
        let levels = scopes.map { $0.split(separator: "/") }
        return alternatives.contains { together in
            together.allSatisfy { scope in levels.contains(where: scope.matches) }
        }
    }
}
