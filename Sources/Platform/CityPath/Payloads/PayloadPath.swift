import JSONBytes

/// The way to a value in a payload as a mapping writes it: `ENERGY.Power`, `list[0].name`, `["a.b"].c`; `$` is the payload
/// itself.
enum PayloadPath {
    /// The deepest way that a mapping may name.
    static let depthLimit = 16

    /// Reads a path; nil when it is none.
    static func parse(_ text: String) -> JSONPath? {
        var rest = text[...]
        var steps: [JSONPath.Step] = []
        if rest.first == "$" {
            rest.removeFirst()
            if rest.isEmpty { return .root }
            guard let next = rest.first, next == "." || next == "[" else { return nil }
        } else if rest.first != "[" {
            guard let name = takeName(&rest) else { return nil }
            steps.append(.member(name))
        }
        while let next = rest.first {
            rest.removeFirst()
            switch next {
            case ".":
                guard let name = takeName(&rest) else { return nil }
                steps.append(.member(name))
            case "[":
                guard let step = takeBracket(&rest) else { return nil }
                steps.append(step)
            default: return nil
            }
        }
        return steps.isEmpty || steps.count > depthLimit ? nil : JSONPath(steps: steps)
    }

    private static func takeName(_ rest: inout Substring) -> String? {
        let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" }
        rest = rest[name.endIndex...]
        return name.isEmpty ? nil : String(name)
    }

    /// `3]` or `"a.b"]`.
    private static func takeBracket(_ rest: inout Substring) -> JSONPath.Step? {
        if rest.first == "\"" {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: "\"") else { return nil }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard rest.first == "]", !name.isEmpty else { return nil }
            rest.removeFirst()
            return .member(name)
        }
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let digits = rest[..<end]
        guard !digits.isEmpty, digits.count <= 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let index = Int(digits)
        else { return nil }
        rest = rest[rest.index(after: end)...]
        return .element(index)
    }
}
