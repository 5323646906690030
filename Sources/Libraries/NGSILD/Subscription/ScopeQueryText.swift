/// The form of a scope query (CIM 009 §4.19).
enum ScopeQueryText {
    /// Whether text is a scope query: scopes between `,` or `|`; several at once between `;` in parentheses; `+` for a
    /// level, `/#` at the end for all below.
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= NGSILDLimits.queryBytes else { return false }
        var alternatives: [Substring] = []
        var depth = 0
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case ",", "|":
                if depth == 0 {
                    alternatives.append(text[start..<index])
                    start = text.index(after: index)
                }
            default: break
            }
            guard 0...1 ~= depth else { return false }
        }
        alternatives.append(text[start...])
        return depth == 0 && alternatives.allSatisfy(isAlternative)
    }

    private static func isAlternative(_ text: Substring) -> Bool {
        guard text.hasPrefix("(") else { return isScope(text) }
        guard text.hasSuffix(")") else { return false }
        return text.dropFirst().dropLast().split(separator: ";", omittingEmptySubsequences: false).allSatisfy(isScope)
    }

    private static func isScope(_ text: Substring) -> Bool {
        if text == "/#" || text == "#" { return true }
        var levels = (text.hasPrefix("/") ? text.dropFirst() : text).split(
            separator: "/", omittingEmptySubsequences: false)
        if levels.count > 1, levels.last == "#" { levels.removeLast() }
        return levels.allSatisfy { $0 == "+" || Names.isTerm($0) }
    }
}
