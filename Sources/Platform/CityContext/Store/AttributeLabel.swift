public import CityModel

/// Whose an attribute is, and how sensitive: what decides on who may see and change it.
public struct AttributeLabel: Sendable, Hashable {
    /// How sensitive its values are.
    public let dataClass: DataClass
    /// Whose it is; nil where nobody in particular entered it.
    public let agency: AgencyID?

    /// A label.
    public init(dataClass: DataClass, agency: AgencyID?) {
        self.dataClass = dataClass
        self.agency = agency
    }
}

/// The labels of an entity's attributes, instance by instance. Most entities have one for all.
enum AttributeLabels: Sendable, Hashable {
    case one(AttributeLabel)
    case each([AttributeLabel])

    init(_ labels: [AttributeLabel]) {
        if let first = labels.first, labels.allSatisfy({ $0 == first }) {
            self = .one(first)
        } else {
            self = .each(labels)
        }
    }

    subscript(index: Int) -> AttributeLabel {
        switch self {
        case .one(let label): label
        case .each(let labels): labels[index]
        }
    }

    /// The most sensitive of them.
    var highestClass: DataClass {
        switch self {
        case .one(let label): label.dataClass
        case .each(let labels): labels.reduce(.public) { max($0, $1.dataClass) }
        }
    }
}
