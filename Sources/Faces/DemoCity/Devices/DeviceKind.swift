/// The kinds of device in the town. The raw value is the `deviceType`: the name of the device's profile.
public enum DeviceKind: String, CaseIterable, Sendable {
    /// Counts and clocks vehicles on a road.
    case trafficCounter = "traffic-counter"
    /// Measures what people breathe, and the weather with it.
    case airQualityStation = "air-quality-station"
    /// Measures the sound level in a street.
    case soundMeter = "sound-meter"
    /// Counts the free spaces of a car park.
    case carPark = "car-park"
    /// Measures how full a waste container is.
    case wasteContainer = "waste-container"
    /// Measures flow and pressure in a drinking-water main, and the volume passed.
    case waterMeter = "water-meter"
    /// Reports the state of one street light.
    case streetlight = "streetlight"
    /// Reports the sockets and the power of a charging station.
    case chargingStation = "charging-station"

    /// The first letters of the identifiers of such devices: `tc` in `tc-001`.
    public var prefix: String {
        switch self {
        case .trafficCounter: "tc"
        case .airQualityStation: "aq"
        case .soundMeter: "sm"
        case .carPark: "cp"
        case .wasteContainer: "wc"
        case .waterMeter: "wm"
        case .streetlight: "sl"
        case .chargingStation: "ev"
        }
    }

    /// How many of them the town has: 404 devices in all, which send about forty messages a second.
    public var count: Int {
        switch self {
        case .trafficCounter: 72
        case .airQualityStation: 24
        case .soundMeter: 32
        case .carPark: 28
        case .wasteContainer: 72
        case .waterMeter: 56
        case .streetlight: 88
        case .chargingStation: 32
        }
    }
}
