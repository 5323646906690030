/// Which entity types are asked for (CIM 009 §4.17): any of several, each one type or several at once.
///
///     Building|House      Building,House      (Home;Vehicle)|Motorhome
public struct TypeSelection: Sendable, Hashable {
    /// An entity matches if it has all types of any one element.
    public let alternatives: [[String]]

    /// A selection.
    ///
    /// - Parameter alternatives: An entity matches if it has all types of any one element.
    public init(alternatives: [[String]]) {
        self.alternatives = alternatives
    }

    /// Reads a `type` parameter.
    ///
    /// - Parameters:
    ///   - text: Type names between `,` or `|`; several at once between `;` in parentheses; any of
    ///     several may stand in parentheses, too.
    ///   - context: What the names stand for.
    /// - Throws: ``ProblemCode/badRequestData`` with the column of what is wrong; ``ProblemCode/tooComplexQuery``
    ///   beyond ``NGSILDLimits/queryBytes``.
    public init(parsing text: String, context: JSONLDContext = .core) throws(NGSILDError) {
        var cursor = try TextCursor(text, parameter: "type")
        var alternatives: [[String]] = []
        repeat {
            guard cursor.consume("(") else {
                alternatives.append([try Self.name(&cursor, context)])
                continue
            }
            var together = [try Self.name(&cursor, context)]
            if cursor.peek == "|" || cursor.peek == "," {
                // Not in the grammar of the standard, yet what parentheses say: (A|B).
                while cursor.consume("|") || cursor.consume(",") { together.append(try Self.name(&cursor, context)) }
                alternatives += together.map { [$0] }
            } else {
                while cursor.consume(";") { together.append(try Self.name(&cursor, context)) }
                alternatives.append(together)
            }
            guard cursor.consume(")") else { throw cursor.error("expected `;` or `)`") }
        } while cursor.consume(",") || cursor.consume("|")
        if cursor.peek == ";" { throw cursor.error("types joined by `;` need parentheses, as in `(Home;Vehicle)`") }
        guard cursor.isAtEnd else { throw cursor.error("expected `,` or `|`") }
        self.init(alternatives: alternatives)
    }

    private static func name(_ cursor: inout TextCursor, _ context: JSONLDContext) throws(NGSILDError) -> String {
        let start = cursor.position
        let name = cursor.take { !",|;()".unicodeScalars.contains($0) }
        guard Names.isName(name) else {
            throw cursor.error("expected an entity type name", at: start)
        }
        return context.name(of: name)
    }

    /// Whether an entity of these types is asked for.
    ///
    /// - Parameter types: All types of the entity.
    /// - Returns: True if all types of any alternative are among them.
    public func matches(_ types: [String]) -> Bool {
        alternatives.contains { $0.allSatisfy(types.contains) }
    }
}
