public import CityModel

/// A way into the city that is open: what one principal may say on one topic and how it will be understood, worked out
/// once and good until a rule or a device's record changes.
///
/// A face keeps the route of each connection's last topic, so that a device that sends the same kind of reading a
/// thousand times a second is identified, authorised and classified once.
public final class Route: Sendable {
    /// Who speaks.
    public let principal: Principal
    /// The topic it is for.
    public let topic: String

    let meaning: Meaning
    let generation: UInt64
    /// When messages came that do not say: shared with all other routes of the device that the topic is of.
    let arrivals: ArrivalClock

    init(principal: Principal, topic: String, meaning: Meaning, generation: UInt64, arrivals: ArrivalClock) {
        self.principal = principal
        self.topic = topic
        self.meaning = meaning
        self.generation = generation
        self.arrivals = arrivals
    }

    enum Meaning: Sendable {
        /// Small JSON, by the keys of the device's type.
        case values(ValueMapping)
        /// An NGSI-LD entity or fragment.
        case entity(EntityMapping)
        /// Another layout's payload, mapped by the city's YAML.
        case payload(PayloadMapping)
        /// A message of an edge node that speaks Sparkplug B.
        case sparkplug(SparkplugMapping)
        /// Nothing the city keeps: messages of applications, commands and the laboratory's, given on to subscribers.
        case message

        /// The device whose series are spoken of.
        var device: DeviceID? {
            switch self {
            case .values(let mapping): mapping.device
            case .entity(let mapping): mapping.device?.id
            case .payload(let mapping): mapping.device.id
            case .sparkplug(let mapping): mapping.speaker
            case .message: nil
            }
        }
    }
}

/// From the keys of a device's small JSON to the series they are observations of.
struct ValueMapping: Sendable {
    struct Binding: Sendable {
        let key: [UInt8]
        let attribute: String
        let specification: Catalogue.AttributeSpecification
        let series: SeriesID
    }

    let device: DeviceID
    let deviceType: String
    let bindings: [Binding]

    /// The keys, for messages.
    var keys: String { bindings.map { "`\(String(decoding: $0.key, as: UTF8.self))`" }.joined(separator: ", ") }
}

/// Whose entities a fragment may be about.
struct EntityMapping: Sendable {
    /// The device that speaks, or nil for the laboratory and the city itself.
    let device: DeviceRecord?
    /// The type of an entity that does not say its own.
    let defaultType: String?
}
