/// A step of the guarded path, in the order in which a submission walks them.
public enum ConsoleStep: String, Sendable, Hashable, CaseIterable {
    /// Who is this?
    case identify
    /// May they do this here?
    case authorise
    /// What does it say?
    case understand
    /// How sensitive is it?
    case classify
    /// Keep it, once.
    case commit
    /// Tell who may know.
    case publish

    /// The word and the six marks of the path: passed, refused here, not reached.
    var view: View {
        let position = ConsoleStep.allCases.firstIndex(of: self) ?? 0
        let marks: [View] = ConsoleStep.allCases.indices.map { index in
            ["key": .text(index < position ? "passed" : index == position ? "refused" : "unreached")]
        }
        return [
            "key": .text(rawValue), "words": .text(rawValue.capitalizedFirst), "number": .text("\(position + 1)"),
            "marks": .list(marks),
        ]
    }
}

/// Refusals of one kind in a list.
public struct RefusalRow: Sendable, Hashable {
    /// Who was refused: `device/air-7`, `unknown/…`.
    public var principal: String
    /// Where they came from.
    public var source: String
    /// The step that refused.
    public var step: ConsoleStep
    /// Why, as a word.
    public var code: String
    /// Why, as a sentence.
    public var message: String
    /// How often.
    public var count: Int
    /// When it last happened.
    public var last: ConsoleTime

    /// A row.
    public init(
        principal: String, source: String, step: ConsoleStep, code: String, message: String, count: Int,
        last: ConsoleTime
    ) {
        self.principal = principal
        self.source = source
        self.step = step
        self.code = code
        self.message = message
        self.count = count
        self.last = last
    }

    var view: View {
        [
            "principal": .text(principal),
            "source": .text(source),
            "step": .object(step.view),
            "code": .text(code),
            "codeWords": .text(code.spacedWords),
            "message": .text(message),
            "count": .text(NumberWords.count(count)),
            "isMany": .flag(count > 1),
            "last": .object(last.view),
        ]
    }
}

/// Which refusals are asked for: the query parameters `step` and `q`.
public struct RefusalFilter: Sendable, Hashable {
    /// Only those of this step.
    public var step: ConsoleStep?
    /// Only those whose principal, code or message contains this.
    public var text: String

    /// A filter; without arguments it lets all pass.
    public init(step: ConsoleStep? = nil, text: String = "") {
        self.step = step
        self.text = text
    }
}

/// The list of refusals, at `/refusals`.
public struct RefusalsPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// Which are asked for.
    public var filter: RefusalFilter
    /// The refusals on this page, latest first.
    public var rows: [RefusalRow]
    /// Which part of the list this is.
    public var paging: Paging

    /// A list of refusals.
    public init(frame: ConsoleFrame, filter: RefusalFilter, rows: [RefusalRow], paging: Paging) {
        self.frame = frame
        self.filter = filter
        self.rows = rows
        self.paging = paging
    }
}

extension RefusalsPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        let steps = ConsoleStep.allCases.map { (value: $0.rawValue, words: $0.rawValue.capitalizedFirst) }
        return PageContent(
            template: "refusals", title: "Refusals", section: .refusals, scripts: ["fresh"],
            view: [
                "text": .text(filter.text),
                "steps": .list(FilterOption.views(steps, selected: filter.step?.rawValue)),
                "isFiltered": .flag(filter != RefusalFilter()),
                "hasRows": .flag(!rows.isEmpty),
                "rows": .list(rows.map(\.view)),
                "paging": .object(
                    paging.view(
                        path: "/refusals", parameters: [("step", filter.step?.rawValue), ("q", filter.text)],
                        noun: "refusal", plural: "refusals")),
            ])
    }
}
