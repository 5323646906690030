/// A named street.
struct TownRoad: Sendable {
    /// What the street is for; the raw value is the feature's `class`.
    enum Class: String, Sendable {
        case ring, primary, secondary, street, lane, bridge, pedestrian

        /// Half the width between façades or ditches, in metres.
        var clearance: Double {
            switch self {
            case .ring, .primary, .bridge: 9
            case .secondary: 7
            case .street: 5
            case .lane, .pedestrian: 3.5
            }
        }

        /// Vehicles per hour in the busiest hour, both directions.
        var peakIntensity: Double {
            switch self {
            case .ring, .bridge: 1_900
            case .primary: 1_250
            case .secondary: 620
            case .street: 240
            case .lane, .pedestrian: 60
            }
        }

        /// Speed on an empty road, in km/h.
        var freeFlowSpeed: Double {
            switch self {
            case .ring: 72
            case .primary, .bridge: 49
            case .secondary: 43
            case .street: 31
            case .lane, .pedestrian: 19
            }
        }
    }

    let name: String
    let roadClass: Class
    let line: Polyline
}
