/// How sensitive a property's values are.
public enum ConsoleDataClass: String, Sendable, Hashable, CaseIterable {
    /// May be published as open data.
    case `public`
    /// For the city's own operations.
    case `internal`
    /// For those named.
    case restricted
    /// Relates to a person.
    case personal
    /// Special categories of personal data.
    case sensitive

    private var meaning: String {
        switch self {
        case .public: "May be published as open data"
        case .internal: "For the city's own operations"
        case .restricted: "Only for those named in the policy"
        case .personal: "Relates to a person; every read is recorded"
        case .sensitive: "A special category of personal data; every read is recorded"
        }
    }

    var view: View { ["key": .text(rawValue), "words": .text(rawValue), "meaning": .text(meaning)] }
}

/// The value of a property, as it is shown.
public enum ObservedValue: Sendable, Hashable {
    /// A number; the only kind that has a chart.
    case number(Double)
    /// True or false.
    case boolean(Bool)
    /// Text.
    case text(String)
    /// Anything else JSON can say, as JSON text.
    case structured(json: String)
    /// The id of another entity.
    case relationship(entity: String)
    /// There is a value, but the person may not see it.
    case withheld
}

/// How far an observation is from what the detector expects.
public struct AnomalyScore: Sendable, Hashable {
    /// The detector's score.
    public var score: Double
    /// From which score on the detector calls it unusual.
    public var threshold: Double

    /// A score.
    public init(score: Double, threshold: Double) {
        self.score = score
        self.threshold = threshold
    }

    /// In steps of a gauge from 0 to 10, of which the threshold is the eighth.
    private var step: Int {
        guard score.isFinite, threshold > 0 else { return 0 }
        return Int(min(10, max(0, (score / threshold * 8).rounded())))
    }

    var view: View {
        [
            "words": .text(NumberWords.measured(score)),
            "threshold": .text("\(threshold)"),
            "step": .text("\(step)"),
            "isUnusual": .flag(score >= threshold),
        ]
    }
}

/// The newest observation of one property of an entity.
public struct ObservationRow: Sendable, Hashable {
    /// The attribute's name.
    public var attribute: String
    /// Its value.
    public var value: ObservedValue
    /// The unit of its value, a UN/CEFACT code.
    public var unitCode: String?
    /// When it was so.
    public var observedAt: ConsoleTime
    /// How sensitive it is.
    public var dataClass: ConsoleDataClass
    /// How unusual it is; nil when no detector looks at it.
    public var anomaly: AnomalyScore?
    /// Whether the ledger can prove it. A withheld value offers no proof: the proof would tell it.
    public var isProvable: Bool

    /// A row.
    public init(
        attribute: String, value: ObservedValue, unitCode: String? = nil, observedAt: ConsoleTime,
        dataClass: ConsoleDataClass, anomaly: AnomalyScore? = nil, isProvable: Bool = true
    ) {
        self.attribute = attribute
        self.value = value
        self.unitCode = unitCode
        self.observedAt = observedAt
        self.dataClass = dataClass
        self.anomaly = anomaly
        self.isProvable = isProvable
    }

    /// Whether the property has a series to chart.
    var isNumeric: Bool {
        if case .number = value { true } else { false }
    }

    func view(entity: String, vocabulary: Vocabulary) -> View {
        var view: View = [
            "attribute": .text(attribute),
            "name": .text(vocabulary.words(for: attribute)),
            "unitCode": .text(unitCode),
            "unit": .text(vocabulary.symbol(ofUnit: unitCode)),
            "observedAt": .object(observedAt.view),
            "dataClass": .object(dataClass.view),
            "anomaly": .object(anomaly?.view),
            "historyLink": .text(ConsoleLink.path(ConsoleLink.history(of: entity), [("attribute", attribute)])),
            "proof": .text(isProvable && value != .withheld ? proofPath(entity: entity) : nil),
        ]
        view.merge(valueView)
        return view
    }

    private func proofPath(entity: String) -> String {
        ConsoleLink.proof(entity: entity, attribute: attribute, observedAt: observedAt)
    }

    private var valueView: View {
        var view: View = [
            "number": .text(nil), "text": .text(nil), "json": .text(nil), "relation": .object(nil),
            "isWithheld": .flag(value == .withheld),
        ]
        switch value {
        case .number(let number): view["number"] = .text(NumberWords.measured(number))
        case .boolean(let flag): view["text"] = .text(flag ? "yes" : "no")
        case .text(let text): view["text"] = .text(text)
        case .structured(let json): view["json"] = .text(json)
        case .relationship(let entity):
            view["relation"] = .object(["id": .text(entity), "path": .text(ConsoleLink.entity(entity))])
        case .withheld: break
        }
        return view
    }
}
