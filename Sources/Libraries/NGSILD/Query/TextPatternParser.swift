/// Compiles a regular expression to the states of ``TextPattern``, in one pass.
///
///     alternation = sequence *("|" sequence)
///     sequence    = *(atom [quantifier])
///     atom        = character / "." / class / "^" / "$" / "(" alternation ")" / "(?:" alternation ")" / "\" escape
///     quantifier  = ("*" / "+" / "?" / "{" m "}" / "{" m "," [n] "}") ["?"]
struct TextPatternParser {
    typealias Program = [TextPattern.Instruction]

    private var cursor: TextCursor
    private var depth = 0

    init(_ source: String, parameter: String) throws(NGSILDError) {
        cursor = try TextCursor(source, parameter: parameter)
    }

    mutating func parse() throws(NGSILDError) -> Program {
        let program = try alternation()
        guard cursor.isAtEnd else { throw cursor.error("there is no `(` for this") }
        return program + [.match]
    }

    // MARK: Structure. Each part is compiled to start at state 0; joining parts moves their targets.

    private mutating func alternation() throws(NGSILDError) -> Program {
        var program = try sequence()
        while cursor.consume("|") {
            let other = try sequence()
            let join = program.count + other.count + 2
            program =
                [.split(1, program.count + 2)] + Self.moved(program, by: 1) + [.jump(join)]
                + Self.moved(other, by: program.count + 2)
            try checkSize(program)
        }
        return program
    }

    private mutating func sequence() throws(NGSILDError) -> Program {
        var program: Program = []
        while let scalar = cursor.peek, scalar != "|", scalar != ")" {
            let part = try quantified()
            program += Self.moved(part, by: program.count)
            try checkSize(program)
        }
        return program
    }

    private mutating func quantified() throws(NGSILDError) -> Program {
        var part = try atom()
        while let (least, most) = try quantifier() {
            part = try Self.repeated(part, least, most, checkSize)
            try checkSize(part)
        }
        return part
    }

    private mutating func quantifier() throws(NGSILDError) -> (least: Int, most: Int?)? {
        let bounds: (Int, Int?)
        switch cursor.peek {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{": return try interval()
        default: return nil
        }
        cursor.position += 1
        // Lazy or greedy is the same as long as nobody asks where the match ends.
        _ = cursor.consume("?")
        return bounds
    }

    private mutating func interval() throws(NGSILDError) -> (least: Int, most: Int?) {
        let start = cursor.position
        cursor.position += 1
        let least = cursor.take { "0"..."9" ~= $0 }
        var most = least
        let hasComma = cursor.consume(",")
        if hasComma { most = cursor.take { "0"..."9" ~= $0 } }
        guard cursor.consume("}"), let low = Int(least), most.isEmpty || Int(most) != nil else {
            throw cursor.error("expected `{m}`, `{m,}` or `{m,n}`", at: start)
        }
        let high = Int(most)
        guard low <= high ?? low, max(low, high ?? 0) <= 255 else {
            throw cursor.error("a repetition runs from its smaller to its larger number, at most 255", at: start)
        }
        _ = cursor.consume("?")
        return (low, high)
    }

    private static func repeated(
        _ part: Program, _ least: Int, _ most: Int?, _ checkSize: (Program) throws(NGSILDError) -> Void
    ) throws(NGSILDError) -> Program {
        var program: Program = []
        for _ in 0..<least {
            program += moved(part, by: program.count)
            try checkSize(program)
        }
        guard let most else {
            let loop = program.count
            return program + [.split(loop + 1, loop + part.count + 2)] + moved(part, by: loop + 1) + [.jump(loop)]
        }
        for _ in least..<most {
            let optional = program.count
            program += [.split(optional + 1, optional + part.count + 1)] + moved(part, by: optional + 1)
            try checkSize(program)
        }
        return program
    }

    private static func moved(_ program: Program, by distance: Int) -> Program {
        program.map { instruction in
            switch instruction {
            case .split(let one, let other): .split(one + distance, other + distance)
            case .jump(let target): .jump(target + distance)
            case .consume, .assertStart, .assertEnd, .match: instruction
            }
        }
    }

    private func checkSize(_ program: Program) throws(NGSILDError) {
        guard program.count < NGSILDLimits.patternStates else {
            throw NGSILDError(.tooComplexQuery, "the pattern in `\(cursor.parameter)` is too complex")
        }
    }

    // MARK: Atoms

    private mutating func atom() throws(NGSILDError) -> Program {
        let start = cursor.position
        switch cursor.next() {
        case "(": return try group(from: start)
        case "[": return [.consume(try bracket(from: start))]
        case ".": return [.consume(.any)]
        case "^": return [.assertStart]
        case "$": return [.assertEnd]
        case "\\": return [.consume(try escape(from: start))]
        case "*", "+", "?", "{": throw cursor.error("there is nothing to repeat", at: start)
        case let scalar?: return [.consume(ScalarClass(ranges: [scalar...scalar]))]
        case nil: throw cursor.error("expected a character", at: start)
        }
    }

    private mutating func group(from start: Int) throws(NGSILDError) -> Program {
        if cursor.peek == "?", !cursor.consume("?:") {
            throw cursor.error("look-around and named groups are not supported", at: start)
        }
        depth += 1
        guard depth <= NGSILDLimits.queryDepth else {
            throw cursor.error("too many parentheses inside each other", at: start, code: .tooComplexQuery)
        }
        let program = try alternation()
        guard cursor.consume(")") else { throw cursor.error("expected `)`") }
        depth -= 1
        return program
    }

    private mutating func escape(from start: Int) throws(NGSILDError) -> ScalarClass {
        guard let scalar = cursor.next() else { throw cursor.error("expected a character after `\\`", at: start) }
        switch scalar {
        case "d": return .digit
        case "w": return .word
        case "s": return .space
        case "D": return ScalarClass(ranges: ScalarClass.digit.ranges, isInverted: true)
        case "W": return ScalarClass(ranges: ScalarClass.word.ranges, isInverted: true)
        case "S": return ScalarClass(ranges: ScalarClass.space.ranges, isInverted: true)
        case "t": return ScalarClass(ranges: ["\t"..."\t"])
        case "n": return ScalarClass(ranges: ["\n"..."\n"])
        case "r": return ScalarClass(ranges: ["\r"..."\r"])
        case "a"..."z", "A"..."Z", "0"..."9":
            throw cursor.error("`\\\(scalar)` is not supported", at: start)
        default: return ScalarClass(ranges: [scalar...scalar])
        }
    }

    /// `[abc]`, `[^a-z]`, `[[:alpha:]_]`; a `]` that comes first stands for itself.
    private mutating func bracket(from start: Int) throws(NGSILDError) -> ScalarClass {
        var result = ScalarClass(ranges: [], isInverted: cursor.consume("^"))
        var isFirst = true
        while let scalar = cursor.peek, scalar != "]" || isFirst {
            isFirst = false
            if cursor.consume("[:") {
                result.ranges += try namedClass().ranges
                continue
            }
            let low = try bracketElement()
            guard cursor.peek == "-", let after = cursor.peek(ahead: 1), after != "]" else {
                result.ranges += low.normalized
                continue
            }
            cursor.position += 1
            let high = try bracketElement()
            guard let first = low.single, let last = high.single, first <= last else {
                throw cursor.error("a range runs from its smaller to its larger character")
            }
            result.ranges.append(first...last)
        }
        guard cursor.consume("]") else { throw cursor.error("there is no `]` for this", at: start) }
        return result
    }

    private mutating func bracketElement() throws(NGSILDError) -> ScalarClass {
        let start = cursor.position
        guard let scalar = cursor.next() else { throw cursor.error("expected a character or `]`") }
        return scalar == "\\" ? try escape(from: start) : ScalarClass(ranges: [scalar...scalar])
    }

    private mutating func namedClass() throws(NGSILDError) -> ScalarClass {
        let start = cursor.position
        let name = cursor.take { "a"..."z" ~= $0 }
        guard cursor.consume(":]") else { throw cursor.error("expected `:]`") }
        switch name {
        case "alpha": return ScalarClass(ranges: ["a"..."z", "A"..."Z"])
        case "digit": return .digit
        case "alnum": return ScalarClass(ranges: ["a"..."z", "A"..."Z", "0"..."9"])
        case "upper": return ScalarClass(ranges: ["A"..."Z"])
        case "lower": return ScalarClass(ranges: ["a"..."z"])
        case "space": return .space
        case "xdigit": return ScalarClass(ranges: ["0"..."9", "a"..."f", "A"..."F"])
        case "punct": return ScalarClass(ranges: ["!"..."/", ":"..."@", "["..."`", "{"..."~"])
        default: throw cursor.error("there is no class `[:\(name):]`", at: start)
        }
    }
}

extension ScalarClass {
    /// The character, if it is one alone.
    fileprivate var single: Unicode.Scalar? {
        guard !isInverted, ranges.count == 1, ranges[0].lowerBound == ranges[0].upperBound else { return nil }
        return ranges[0].lowerBound
    }
}
