/// Lists of members with linked ones in braces, `name,observation{temperature}` (CIM 009 §4.21).
enum ProjectionText {
    /// The same text with every name mapped.
    ///
    /// - Returns: Nil for what is no projection.
    static func mapNames(_ text: String, _ map: (String) -> String) -> String? {
        guard text.utf8.count <= NGSILDLimits.queryBytes else { return nil }
        var mapped = ""
        var name = ""
        var depth = 0
        // Whether a name must come next, and whether one may not.
        var closed = false
        for character in text.unicodeScalars {
            switch character {
            case ",", "|", "{", "}":
                if !name.isEmpty {
                    guard !closed, Names.isName(name) else { return nil }
                    mapped += map(name)
                    name = ""
                } else if !closed {
                    return nil
                }
                if character == "{" {
                    guard !closed, depth < NGSILDLimits.queryDepth else { return nil }
                    depth += 1
                } else if character == "}" {
                    guard depth > 0 else { return nil }
                    depth -= 1
                }
                closed = character == "}"
                mapped.unicodeScalars.append(character)
            default:
                guard !closed else { return nil }
                name.unicodeScalars.append(character)
            }
        }
        guard depth == 0 else { return nil }
        if name.isEmpty { return closed ? mapped : nil }
        return Names.isName(name) ? mapped + map(name) : nil
    }

    /// The names at the top, and whether linked ones follow: `name` and, linked, `observation` of
    /// `name,observation{temperature}`.
    static func topMembers(of text: String) -> [(name: String, isLinked: Bool)] {
        var members: [(name: String, isLinked: Bool)] = []
        var member = (name: "", isLinked: false)
        var depth = 0
        for character in text.unicodeScalars {
            switch character {
            case "{":
                depth += 1
                member.isLinked = true
            case "}": depth -= 1
            case ",", "|":
                if depth == 0 {
                    members.append(member)
                    member = ("", false)
                }
            default: if depth == 0 { member.name.unicodeScalars.append(character) }
            }
        }
        return members + [member]
    }
}
