/// The value of an attribute at one moment.
public enum AttributeValue: Sendable, Hashable {
    /// A finite number; the only kind that has a series and a detector.
    case number(Double)
    /// True or false.
    case boolean(Bool)
    /// Text.
    case text(String)
    /// Anything else JSON can say, as JSON text.
    case structured(json: String)
    /// A GeoJSON geometry (RFC 7946), as JSON text.
    case geometry(json: String)
    /// The id of another entity.
    case relationship(String)

    /// The number, where it is one.
    @inlinable
    public var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }
}

/// One value of one attribute of one entity at one time, ready to be committed: labelled through its series.
public struct Observation: Sendable, Hashable {
    /// Which attribute of which entity.
    public var series: SeriesID
    /// When it was so.
    public var observedAt: Timestamp
    /// What it was.
    public var value: AttributeValue

    /// An observation.
    @inlinable
    public init(series: SeriesID, observedAt: Timestamp, value: AttributeValue) {
        self.series = series
        self.observedAt = observedAt
        self.value = value
    }
}

/// What is known of an attribute of an entity apart from its values: the meaning of a ``SeriesID``.
public struct AttributeDefinition: Sendable, Hashable, Codable {
    /// The number it is known by.
    public let series: SeriesID
    /// The entity it belongs to.
    public let entity: EntityID
    /// The entity's type, a Smart Data Model where there is one.
    public let entityType: String
    /// The attribute's name.
    public let attribute: String
    /// The unit of its values, a UN/CEFACT Recommendation 20 code; nil for numbers without one and for other values.
    public let unitCode: String?
    /// The device that observes it; nil for what the city itself says.
    public let device: DeviceID?
    /// Who owns it.
    public let agency: AgencyID
    /// The zone it belongs to.
    public let zone: ZoneID
    /// How sensitive it is and how long it is kept.
    public let label: DataLabel

    /// A definition.
    public init(
        series: SeriesID, entity: EntityID, entityType: String, attribute: String, unitCode: String?,
        device: DeviceID?, agency: AgencyID, zone: ZoneID, label: DataLabel
    ) {
        self.series = series
        self.entity = entity
        self.entityType = entityType
        self.attribute = attribute
        self.unitCode = unitCode
        self.device = device
        self.agency = agency
        self.zone = zone
        self.label = label
    }
}
