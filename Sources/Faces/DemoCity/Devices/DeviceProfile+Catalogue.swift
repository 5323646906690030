extension DeviceProfile {
    /// One profile for each kind of device, in the order of ``DeviceKind``.
    public static let all: [DeviceProfile] = DeviceKind.allCases.map { DeviceProfile(of: $0) }

    /// The profile of one kind of device.
    ///
    /// - Parameter kind: Which kind.
    public init(of kind: DeviceKind) {
        switch kind {
        case .trafficCounter: self = .trafficCounter
        case .airQualityStation: self = .airQualityStation
        case .soundMeter: self = .soundMeter
        case .carPark: self = .carPark
        case .wasteContainer: self = .wasteContainer
        case .waterMeter: self = .waterMeter
        case .streetlight: self = .streetlight
        case .chargingStation: self = .chargingStation
        }
    }

    private static let trafficCounter = DeviceProfile(
        kind: .trafficCounter, entityType: "TrafficFlowObserved", agency: "mobility", label: "Traffic counter",
        shortLabel: "TC", iconClass: "icon-traffic", colour: "#D55E00", style: .named, interval: .seconds(8),
        fields: [
            .number("count", "intensity", "H10", 0...4_000, 0, .public, "Vehicles per hour"),
            .number("speed", "averageVehicleSpeed", "KMH", 0...130, 1, .public, "Speed"),
            .number("occupancy", "occupancy", "C62", 0...1, 3, .public, "Road occupancy"),
        ])

    private static let airQualityStation = DeviceProfile(
        kind: .airQualityStation, entityType: "AirQualityObserved", agency: "environment", label: "Air quality station",
        shortLabel: "AQ", iconClass: "icon-air", colour: "#009E73", style: .ngsiLD, interval: .seconds(15),
        fields: [
            .number("no2", "no2", "GQ", 0...400, 1, .public, "Nitrogen dioxide"),
            .number("pm10", "pm10", "GQ", 0...600, 1, .public, "Particles PM10"),
            .number("pm25", "pm25", "GQ", 0...400, 1, .public, "Particles PM2.5"),
            .number("o3", "o3", "GQ", 0...400, 1, .public, "Ozone"),
            .number("temperature", "temperature", "CEL", -30...55, 1, .public, "Temperature"),
            .number("relativeHumidity", "relativeHumidity", "C62", 0...1, 2, .public, "Relative humidity"),
        ])

    private static let soundMeter = DeviceProfile(
        kind: .soundMeter, entityType: "NoiseLevelObserved", agency: "environment", label: "Sound meter",
        shortLabel: "dB", iconClass: "icon-noise", colour: "#CC79A7", style: .single, interval: .seconds(5),
        fields: [.number("v", "LAeq", "2N", 20...130, 1, .public, "Sound level LAeq")])

    private static let carPark = DeviceProfile(
        kind: .carPark, entityType: "OffStreetParking", agency: "mobility", label: "Car park",
        shortLabel: "P", iconClass: "icon-parking", colour: "#0072B2", style: .single, interval: .seconds(15),
        fields: [.number("v", "availableSpotNumber", "C62", 0...1_000, 0, .public, "Free spaces")])

    private static let wasteContainer = DeviceProfile(
        kind: .wasteContainer, entityType: "WasteContainer", agency: "waste", label: "Waste container",
        shortLabel: "WC", iconClass: "icon-waste", colour: "#4D4D4D", style: .named, interval: .seconds(20),
        fields: [
            .number("fill", "fillingLevel", "C62", 0...1, 3, .internal, "Filling level"),
            .number("temp", "temperature", "CEL", -30...90, 1, .internal, "Temperature inside"),
        ])

    private static let waterMeter = DeviceProfile(
        kind: .waterMeter, entityType: "WaterConsumptionObserved", agency: "water", label: "Water meter",
        shortLabel: "WM", iconClass: "icon-water", colour: "#56B4E9", style: .named, interval: .seconds(8),
        fields: [
            .number("flow", "flow", "MQH", 0...400, 2, .restricted, "Flow"),
            .number("pressure", "pressure", "BAR", 0...16, 2, .restricted, "Pressure"),
            .number("volume", "waterConsumption", "MTQ", 0...1e9, 0, .restricted, "Volume passed"),
        ])

    private static let streetlight = DeviceProfile(
        kind: .streetlight, entityType: "Streetlight", agency: "energy", label: "Street light",
        shortLabel: "SL", iconClass: "icon-light", colour: "#F0E442", style: .named, interval: .seconds(12),
        fields: [
            .text("state", "powerState", ["off", "low", "on"], .internal, "State"),
            .number("level", "illuminanceLevel", "C62", 0...1, 2, .internal, "Light level"),
            .number("power", "powerConsumption", "WTT", 0...500, 1, .internal, "Power"),
        ])

    private static let chargingStation = DeviceProfile(
        kind: .chargingStation, entityType: "EVChargingStation", agency: "energy", label: "Charging station",
        shortLabel: "EV", iconClass: "icon-charging", colour: "#E69F00", style: .named, interval: .seconds(10),
        fields: [
            .number("power", "powerConsumption", "KWT", 0...400, 1, .internal, "Power"),
            .number("free", "availableCapacity", "C62", 0...16, 0, .public, "Free sockets"),
        ])
}

extension DeviceProfile.Field {
    fileprivate static func number(
        _ key: String, _ property: String, _ unitCode: String, _ range: ClosedRange<Double>, _ decimals: Int,
        _ dataClass: DeviceProfile.DataClass, _ label: String
    ) -> Self {
        Self(
            key: key, property: property, unitCode: unitCode, range: range, choices: [], decimals: decimals,
            dataClass: dataClass, label: label)
    }

    fileprivate static func text(
        _ key: String, _ property: String, _ choices: [String], _ dataClass: DeviceProfile.DataClass, _ label: String
    ) -> Self {
        Self(
            key: key, property: property, unitCode: nil, range: 0...0, choices: choices, decimals: 0,
            dataClass: dataClass, label: label)
    }
}
