/// A regular expression whose matching takes time linear in the text, whatever the pattern.
///
/// The extended expressions of IEEE 1003.2 without back-references, with `\d`, `\w`, `\s`, `(?:…)` and lazy quantifiers
/// from ECMAScript. A pattern comes from a client; an engine that backtracks would let one request occupy a core.
/// As with `regexec`, a pattern matches if it matches anywhere in the text; `^` and `$` anchor it.
public struct TextPattern: Sendable, Hashable {
    /// What one state of the automaton does.
    enum Instruction: Sendable, Hashable {
        /// Goes on to the next state after a character of this class.
        case consume(ScalarClass)
        /// Goes on at both states.
        case split(Int, Int)
        /// Goes on at this state.
        case jump(Int)
        /// Goes on to the next state at the beginning of the text.
        case assertStart
        /// Goes on to the next state at the end of the text.
        case assertEnd
        /// Has found a match.
        case match
    }

    /// The pattern as it was written.
    public let source: String
    let program: [Instruction]

    /// Compiles a pattern.
    ///
    /// - Parameters:
    ///   - source: A regular expression.
    ///   - parameter: The name of the parameter it came in, for messages.
    /// - Throws: ``ProblemCode/badRequestData`` with the column of what is wrong; ``ProblemCode/tooComplexQuery`` beyond
    ///   ``NGSILDLimits/patternStates``.
    public init(parsing source: String, parameter: String = "idPattern") throws(NGSILDError) {
        var parser = try TextPatternParser(source, parameter: parameter)
        program = try parser.parse()
        self.source = source
    }

    /// Whether the pattern matches anywhere in a text.
    ///
    /// - Parameter text: Any length; the cost is its length times the pattern's.
    /// - Returns: True at the first match.
    public func matches(_ text: String) -> Bool {
        var budget = QueryBudget.unlimited
        return matches(text, &budget)
    }

    /// Whether the pattern matches anywhere in a text, at a cost that is limited.
    ///
    /// - Parameters:
    ///   - text: Any length.
    ///   - budget: What may be spent, for all texts of one request.
    /// - Returns: True at the first match.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(_ text: String, within budget: inout QueryBudget) throws(NGSILDError) -> Bool {
        let isMatch = matches(text, &budget)
        try budget.check()
        return isMatch
    }

    /// Of no meaning when the budget is spent afterwards.
    func matches(_ text: String, _ budget: inout QueryBudget) -> Bool {
        // To clear the marks of all states takes time, too.
        guard budget.spend(1 + program.count / 8) else { return false }
        var current = StateSet(capacity: program.count)
        var next = StateSet(capacity: program.count)
        var isStart = true
        var scalars = text.unicodeScalars.makeIterator()
        var upcoming = scalars.next()
        while true {
            // A new attempt begins at every character: the match may stand anywhere.
            if follow(0, into: &current, isStart: isStart, isEnd: upcoming == nil) { return true }
            guard let scalar = upcoming, budget.spend(current.states.count) else { return false }
            upcoming = scalars.next()
            isStart = false
            next.removeAll()
            for state in current.states {
                guard case .consume(let allowed) = program[state], allowed.contains(scalar) else { continue }
                if follow(state + 1, into: &next, isStart: false, isEnd: upcoming == nil) { return true }
            }
            swap(&current, &next)
        }
    }

    /// Adds a state and all that are reached from it without a character; true if one of them is a match.
    private func follow(_ first: Int, into set: inout StateSet, isStart: Bool, isEnd: Bool) -> Bool {
        // What was added last and not yet looked at is the work that remains.
        var index = set.states.count
        set.insert(first)
        while index < set.states.count {
            let state = set.states[index]
            index += 1
            switch program[state] {
            case .consume: break
            case .match: return true
            case .jump(let target): set.insert(target)
            case .split(let one, let other):
                set.insert(one)
                set.insert(other)
            case .assertStart: if isStart { set.insert(state + 1) }
            case .assertEnd: if isEnd { set.insert(state + 1) }
            }
        }
        return false
    }

    /// Two patterns are equal if they are written the same.
    public static func == (left: TextPattern, right: TextPattern) -> Bool { left.source == right.source }

    /// Hashes the pattern as it is written.
    public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

/// States of the automaton, each once, cleared in constant time.
private struct StateSet {
    private(set) var states: [Int] = []
    private var marks: [Int]
    private var generation = 1

    init(capacity: Int) {
        marks = [Int](repeating: 0, count: capacity)
        states.reserveCapacity(capacity)
    }

    mutating func insert(_ state: Int) {
        guard marks[state] != generation else { return }
        marks[state] = generation
        states.append(state)
    }

    mutating func removeAll() {
        states.removeAll(keepingCapacity: true)
        generation += 1
    }
}

/// A set of characters: ranges, or all but these.
struct ScalarClass: Sendable, Hashable {
    var ranges: [ClosedRange<Unicode.Scalar>]
    var isInverted = false

    static let digit = ScalarClass(ranges: ["0"..."9"])
    static let space = ScalarClass(ranges: ["\t"..."\r", " "..." "])
    static let word = ScalarClass(ranges: ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"])
    static let any = ScalarClass(ranges: [], isInverted: true)

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar) } != isInverted
    }

    /// The ranges that make up the same set without inversion.
    var normalized: [ClosedRange<Unicode.Scalar>] {
        guard isInverted else { return ranges }
        var gaps: [ClosedRange<Unicode.Scalar>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if next < range.lowerBound.value { gaps += Self.range(next, range.lowerBound.value - 1) }
            next = max(next, range.upperBound.value + 1)
        }
        return next <= 0x10FFFF ? gaps + Self.range(next, 0x10FFFF) : gaps
    }

    /// Scalars between two values, around the surrogates.
    private static func range(_ low: UInt32, _ high: UInt32) -> [ClosedRange<Unicode.Scalar>] {
        let parts = [(low, min(high, 0xD7FF)), (max(low, 0xE000), high)]
        return parts.compactMap { low, high in
            guard low <= high, let low = Unicode.Scalar(low), let high = Unicode.Scalar(high) else { return nil }
            return low...high
        }
    }
}
