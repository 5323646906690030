public import CityModel

/// What a writer may do to attributes, and how what they enter is labelled.
public struct WriteRights: Sendable {
    /// Whose the attributes are that they enter; nil for nobody's in particular.
    public let agency: AgencyID?
    /// Whether they may change attributes of any agency.
    public let isUnrestricted: Bool
    /// How sensitive an attribute of an entity type is.
    public let classify: @Sendable (_ types: [String], _ name: String) -> DataClass

    /// Rights.
    public init(
        agency: AgencyID?, isUnrestricted: Bool,
        classify: @escaping @Sendable (_ types: [String], _ name: String) -> DataClass
    ) {
        self.agency = agency
        self.isUnrestricted = isUnrestricted
        self.classify = classify
    }

    /// Whether an attribute may be changed.
    func mayChange(_ label: AttributeLabel) -> Bool {
        isUnrestricted || label.agency == nil || label.agency == agency
    }
}
