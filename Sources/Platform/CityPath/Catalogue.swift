public import CityModel

/// What the city knows of data before any arrives: how sensitive each attribute is, its unit and range, and how each
/// type of device says what it measures.
///
/// Written in YAML: ``init(yaml:named:)``. The city's own `catalogue.yaml` is laid over the one that ships.
public struct Catalogue: Sendable, Equatable {
    /// What an attribute of a data model can be.
    public struct AttributeSpecification: Sendable, Equatable {
        /// How sensitive, how long kept.
        public let label: DataLabel
        /// Its unit, a UN/CEFACT Recommendation 20 code; nil where it has none.
        public let unitCode: String?
        /// The smallest value it can have.
        public let minimum: Double?
        /// The largest value it can have.
        public let maximum: Double?

        /// A specification.
        public init(label: DataLabel, unitCode: String?, minimum: Double?, maximum: Double?) {
            self.label = label
            self.unitCode = unitCode
            self.minimum = minimum
            self.maximum = maximum
        }

        /// Whether values are numbers: only they have a unit or a range.
        var isOfNumbers: Bool { unitCode != nil || minimum != nil || maximum != nil }

        /// What holds for an attribute that no catalogue names: restricted, without unit or range.
        public static let uncatalogued = AttributeSpecification(
            label: DataLabel(dataClass: .restricted, retentionDays: nil, isCatalogued: false), unitCode: nil,
            minimum: nil, maximum: nil)
    }

    /// How a type of device says what it measures.
    public struct DeviceType: Sendable, Equatable {
        /// The type of the entity it describes.
        public let entityType: String
        /// From the keys of its small JSON to attributes of the entity.
        public let values: [String: Value]

        /// A type of device.
        public init(entityType: String, values: [String: Value]) {
            self.entityType = entityType
            self.values = values
        }
    }

    /// One value of a device's small JSON. Unit and range are the data model's where the device type does not say.
    public struct Value: Sendable, Equatable {
        /// The attribute it is a value of.
        public let attribute: String
        /// The unit in which this type of device measures.
        public let unitCode: String?
        /// The smallest value it can send.
        public let minimum: Double?
        /// The largest value it can send.
        public let maximum: Double?

        /// A value.
        public init(attribute: String, unitCode: String? = nil, minimum: Double? = nil, maximum: Double? = nil) {
            self.attribute = attribute
            self.unitCode = unitCode
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// From entity type to attribute to specification. The type `*` holds for every type.
    public private(set) var dataModels: [String: [String: AttributeSpecification]]
    /// From name to device type.
    public private(set) var deviceTypes: [String: DeviceType]

    /// A catalogue.
    public init(dataModels: [String: [String: AttributeSpecification]] = [:], deviceTypes: [String: DeviceType] = [:]) {
        self.dataModels = dataModels
        self.deviceTypes = deviceTypes
    }

    /// The fourth step's knowledge: what holds for an attribute of an entity type.
    public func specification(of attribute: String, in entityType: String) -> AttributeSpecification {
        dataModels[entityType]?[attribute] ?? dataModels["*"]?[attribute] ?? .uncatalogued
    }

    /// What holds for a value of a device's small JSON: the data model's word, and the device type's where it says more.
    ///
    /// A device that measures in another unit than the data model's brings its own range or has none.
    func specification(of value: Value, in entityType: String) -> AttributeSpecification {
        let model = specification(of: value.attribute, in: entityType)
        let isOtherUnit = value.unitCode != nil && value.unitCode != model.unitCode
        return AttributeSpecification(
            label: model.label, unitCode: value.unitCode ?? model.unitCode,
            minimum: value.minimum ?? (isOtherUnit ? nil : model.minimum),
            maximum: value.maximum ?? (isOtherUnit ? nil : model.maximum))
    }

    /// This catalogue with `other` laid over it: what `other` says of an attribute or device type wins.
    public func overlaid(with other: Catalogue) -> Catalogue {
        var result = self
        for (type, attributes) in other.dataModels {
            result.dataModels[type, default: [:]].merge(attributes) { _, new in new }
        }
        result.deviceTypes.merge(other.deviceTypes) { _, new in new }
        return result
    }
}

/// The fourth step: how sensitive is it? Every change gets its label here; there is none without.
public struct Classify: Sendable {
    private let catalogue: Catalogue

    /// Classifies by a catalogue.
    public init(catalogue: Catalogue) {
        self.catalogue = catalogue
    }

    /// The label of an attribute; `restricted` where no catalogue names it.
    public func label(_ attribute: String, of entityType: String) -> DataLabel {
        catalogue.specification(of: attribute, in: entityType).label
    }
}
