/// What the platform must know to understand one type of device, and what a map needs to draw it.
public struct DeviceProfile: Sendable {
    /// The shape of what such devices send.
    public enum PayloadStyle: String, Sendable {
        /// `{"t":<ms>,"v":<number>}`: one property.
        case single
        /// `{"t":<ms>,"<field>":<value>,…}`: several named values.
        case named
        /// NGSI-LD attributes in concise form, each with `value`, `unitCode` and `observedAt` (ETSI GS CIM 009 §4.5).
        case ngsiLD = "ngsi-ld"
    }

    /// How sensitive a property is: a suggestion for the city's catalogue.
    public enum DataClass: String, Sendable {
        /// Anyone may see it.
        case `public`
        /// For the city's staff.
        case `internal`
        /// For the agency that owns it, and those it names: it could help an attacker.
        case restricted
    }

    /// One value in the payload.
    public struct Field: Sendable {
        /// The key in the payload: `v` for ``PayloadStyle/single``, the property's own name for ``PayloadStyle/ngsiLD``.
        public let key: String
        /// The property's name in Smart Data Models.
        public let property: String
        /// UN/CEFACT Recommendation 20 common code; `nil` for text.
        public let unitCode: String?
        /// What a working device can report; `0...0` for text.
        public let range: ClosedRange<Double>
        /// The only texts a text property can have; empty for numbers.
        public let choices: [String]
        /// Digits after the point that the device sends.
        public let decimals: Int
        /// Suggested data class.
        public let dataClass: DataClass
        /// What a person would call it: "Speed".
        public let label: String
    }

    /// The kind of device this describes.
    public let kind: DeviceKind
    /// Smart Data Models entity type.
    public let entityType: String
    /// The agency that owns such devices: mobility, environment, water, energy or waste.
    public let agency: String
    /// What a person calls such a device: "Traffic counter".
    public let label: String
    /// Two or three letters for a marker: "TC".
    public let shortLabel: String
    /// CSS class of the marker's icon: "icon-traffic".
    public let iconClass: String
    /// Marker colour as `#RRGGBB`, from a palette that colour-blind people can tell apart (Okabe and Ito).
    public let colour: String
    /// How such devices write their payload.
    public let style: PayloadStyle
    /// How often such devices report.
    public let interval: Duration
    /// The values of a reading, in order.
    public let fields: [Field]

    /// The profile's name.
    public var deviceType: String { kind.rawValue }

    /// Last level of the topic: `devices/<id>/v` or `devices/<id>/ngsi-ld`.
    public var topicSuffix: String { style == .ngsiLD ? "ngsi-ld" : "v" }
}
