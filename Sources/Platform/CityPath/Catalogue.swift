public import CityModel

/// What the city knows of data before any arrives: how sensitive each attribute is, its unit and range, how each type
/// of device says what it measures, and for which purposes personal data may be read.
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
    public let dataModels: [String: [String: AttributeSpecification]]
    /// From name to device type.
    public let deviceTypes: [String: DeviceType]
    /// Why data may be read that is not for everybody: from the purpose's name to the highest class it unlocks.
    public let purposes: [String: DataClass]
    /// From attribute to its specification in the types that no data model has it in, where some data model says that
    /// it is more than restricted: what is personal under one type is so under any other name of the same thing.
    private let elsewhere: [String: AttributeSpecification]

    /// A catalogue.
    public init(
        dataModels: [String: [String: AttributeSpecification]] = [:], deviceTypes: [String: DeviceType] = [:],
        purposes: [String: DataClass] = [:]
    ) {
        self.dataModels = dataModels
        self.deviceTypes = deviceTypes
        self.purposes = purposes
        var elsewhere: [String: AttributeSpecification] = [:]
        for (attribute, specification) in dataModels.values.joined() {
            let label = specification.label
            guard label.dataClass > elsewhere[attribute, default: .uncatalogued].label.dataClass else { continue }
            elsewhere[attribute] = AttributeSpecification(
                label: DataLabel(dataClass: label.dataClass, retentionDays: nil, isCatalogued: false), unitCode: nil,
                minimum: nil, maximum: nil)
        }
        self.elsewhere = elsewhere
    }

    /// The fourth step's knowledge: what holds for an attribute of an entity type.
    public func specification(of attribute: String, in entityType: String) -> AttributeSpecification {
        dataModels[entityType]?[attribute] ?? dataModels["*"]?[attribute] ?? elsewhere[attribute] ?? .uncatalogued
    }

    /// How far a reader's purpose reaches.
    ///
    /// - Parameter statement: A purpose's name, alone or with a note behind a colon: `legal-request: case 7`.
    /// - Returns: The highest class that it unlocks; nil when it is none of the city's purposes.
    public func highestClass(for statement: String) -> DataClass? {
        let words = statement.prefix { $0 != ":" }.split(separator: " ")
        return words.count == 1 ? purposes[String(words[0])] : nil
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

    /// What holds for an attribute of a device of this type: as the device type says, where it has such a value, else as
    /// the data model does.
    func specification(of attribute: String, in deviceType: DeviceType) -> AttributeSpecification {
        let values = deviceType.values.sorted { $0.key < $1.key }
        guard let value = values.first(where: { $1.attribute == attribute })?.value else {
            return specification(of: attribute, in: deviceType.entityType)
        }
        return specification(of: value, in: deviceType.entityType)
    }

    /// This catalogue with `other` laid over it: what `other` says of an attribute, device type or purpose wins.
    public func overlaid(with other: Catalogue) -> Catalogue {
        Catalogue(
            dataModels: dataModels.merging(other.dataModels) { $0.merging($1) { _, new in new } },
            deviceTypes: deviceTypes.merging(other.deviceTypes) { _, new in new },
            purposes: purposes.merging(other.purposes) { _, new in new })
    }
}

/// The fourth step: how sensitive is it? Every change gets its label here; there is none without.
public struct Classify: Sendable {
    private let catalogue: Catalogue

    /// Classifies by a catalogue.
    public init(catalogue: Catalogue) {
        self.catalogue = catalogue
    }

    /// The label of an attribute; at least `restricted` where no catalogue names it for this type.
    public func label(_ attribute: String, of entityType: String) -> DataLabel {
        catalogue.specification(of: attribute, in: entityType).label
    }

    /// The label of an attribute that has one: what somebody submits makes it stricter, never weaker.
    func label(_ attribute: String, of entityType: String, known: DataLabel?) -> DataLabel {
        let label = label(attribute, of: entityType)
        guard let known, known.dataClass > label.dataClass else { return label }
        return known
    }
}
