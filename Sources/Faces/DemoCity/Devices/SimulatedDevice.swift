/// One device of the town: who it is, where it stands, and which entity it observes.
public struct SimulatedDevice: Sendable, Identifiable {
    /// A property that never changes, for the entity's first version.
    public struct FixedProperty: Sendable {
        /// Smart Data Models name: `totalSpotNumber`.
        public let property: String
        /// The value.
        public let value: Double
        /// UN/CEFACT Recommendation 20 common code.
        public let unitCode: String
    }

    /// `tc-001`: unique, and the client identifier and certificate name the device should use.
    public let id: String
    /// What it is; gives the profile.
    public let kind: DeviceKind
    /// The agency that owns it: mobility, environment, water, energy or waste.
    public let agency: String
    /// Its security zone (IEC 62443): the agency's devices in one part of town, such as `water-north`.
    public let zone: String
    /// The quarter it stands in: "Les Capucins".
    public let district: String
    /// `urn:ngsi-ld:TrafficFlowObserved:tc-001`.
    public let entityID: String
    /// What a person would call it: "Traffic counter, Avenue de Toulouse / Rocade Est". Unique.
    public let name: String
    /// The nearest street: "Avenue de Toulouse".
    public let street: String
    /// Where it stands.
    public let location: GeoPoint
    /// Properties of its entity that never change, such as the size of a car park; often empty.
    public let fixedProperties: [FixedProperty]
    let traits: DeviceTraits

    /// What such devices send, and how to draw them.
    public var profile: DeviceProfile { DeviceProfile.all[DeviceKind.position(of: kind)] }
    /// Smart Data Models entity type: `TrafficFlowObserved`.
    public var entityType: String { profile.entityType }
    /// The profile's name: `traffic-counter`.
    public var deviceType: String { kind.rawValue }
    /// How often it reports.
    public var interval: Duration { profile.interval }
}

extension DeviceKind {
    /// Where the kind stands in `allCases`, and its profile in ``DeviceProfile/all``.
    static func position(of kind: DeviceKind) -> Int {
        switch kind {
        case .trafficCounter: 0
        case .airQualityStation: 1
        case .soundMeter: 2
        case .carPark: 3
        case .wasteContainer: 4
        case .waterMeter: 5
        case .streetlight: 6
        case .chargingStation: 7
        }
    }
}

/// What makes one device behave unlike the next of its kind.
struct DeviceTraits: Sendable {
    /// Who uses the place most: shapes the day.
    enum Use: Sendable { case offices, shops, residents, station }

    let place: PlanPoint
    let roadClass: TownRoad.Class
    let use: Use
    /// Seeds the device's own noise.
    let seed: UInt64
    /// Spaces, sockets, watts, cubic metres an hour: the size of what is measured. See ``DevicePlacement``.
    let size: Double
    /// 0...1, fixed for the device: where it stands between two extremes of its kind.
    let lean: Double
}
