public import CityModel

/// Which MQTT topics belong to which device: patterns such as `city/{agency}/{device}`, below which its channels lie.
///
///     city/water/gauge-7/v              a reading
///     city/water/gauge-7/ngsi-ld        an NGSI-LD fragment
///     city/water/gauge-7/app/...        messages of the device's own application: given on, not kept
///     city/water/gauge-7/command/...    what the device is told to do
///
/// The first level of each pattern is the city's own: a topic below it that is no device's is refused. All other topics
/// are applications' topics; the city gives their messages on and keeps none of them.
public struct TopicScheme: Sendable, Hashable {
    /// Small JSON, mapped by the device's type.
    public static let values = "v"
    /// An NGSI-LD entity fragment.
    public static let entity = "ngsi-ld"
    /// The device's own application.
    public static let application = "app"
    /// Commands to the device.
    public static let command = "command"

    /// By agency and device; and by device alone, which is shorter and as good, since devices' names are the city's.
    public static let standard = TopicScheme(checked: [
        Pattern(levels: ["city", "{agency}", "{device}"]), Pattern(levels: ["devices", "{device}"]),
    ])

    private struct Pattern: Sendable, Hashable {
        let levels: [String]

        var text: String { levels.joined(separator: "/") }
    }

    private let patterns: [Pattern]

    private init(checked patterns: [Pattern]) { self.patterns = patterns }

    /// A scheme of patterns, the one for new devices first.
    ///
    /// Nil when there is none, or one of them is not as it must be.
    ///
    /// - Parameter texts: Each begins with a level of plain text and has one level `{device}` and at most one `{agency}`.
    public init?(_ texts: [String]) {
        guard !texts.isEmpty else { return nil }
        var patterns: [Pattern] = []
        for text in texts {
            let levels = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let variables = levels.filter { $0.contains { "{}".contains($0) } }
            guard let first = levels.first, first.first != "$", !variables.contains(first),
                variables.count == Set(variables).count, variables.contains("{device}"),
                variables.allSatisfy({ ["{device}", "{agency}"].contains($0) }),
                levels.allSatisfy({ !$0.isEmpty && !$0.contains { "+#\0".contains($0) } })
            else { return nil }
            patterns.append(Pattern(levels: levels))
        }
        self.patterns = patterns
    }

    /// The patterns as they are written.
    public var texts: [String] { patterns.map(\.text) }

    /// Where a topic, or a filter, lies below a device.
    public struct Place: Sendable, Hashable {
        /// The device that it names.
        public let device: String
        /// The agency that it names; nil where the pattern has none.
        public let agency: String?
        /// What stands behind the device's name: one level or more, perhaps with wildcards in a filter.
        public let channel: String

        /// A place.
        public init(device: String, agency: String?, channel: String) {
            self.device = device
            self.agency = agency
            self.channel = channel
        }

        /// The first level of the channel.
        public var kind: Substring { channel.prefix { $0 != "/" } }

        /// Whether the topic is this device's.
        public func belongs(to device: DeviceIdentity) -> Bool {
            self.device == device.id.text && (agency ?? device.agency.text) == device.agency.text
        }
    }

    /// The device below whose topics `topic` (or a filter) lies, or nil when it lies below none.
    ///
    /// A wildcard in the place of a name is no name.
    public func place(of topic: String) -> Place? {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        for pattern in patterns where levels.count > pattern.levels.count {
            var (device, agency): (String?, String?)
            let matches = zip(pattern.levels, levels).allSatisfy { expected, level in
                switch expected {
                case "{device}": device = String(level)
                case "{agency}": agency = String(level)
                default: return expected == level
                }
                return !level.isEmpty && level != "+" && level != "#"
            }
            guard matches, let device else { continue }
            let channel = levels[pattern.levels.count...].joined(separator: "/")
            return Place(device: device, agency: agency, channel: channel)
        }
        return nil
    }

    /// Whether a topic is the city's, although it may be no device's.
    public func isReserved(_ topic: String) -> Bool {
        let first = topic.prefix { $0 != "/" }
        return first.first == "$" || patterns.contains { $0.levels[0] == first }
    }

    /// Whether topics that a filter matches may be the city's: those below a reserved first level, and with a wildcard as
    /// its first level those of any.
    public func mayMatchReserved(_ filter: String) -> Bool {
        let first = filter.prefix { $0 != "/" }
        return first == "+" || first == "#" || isReserved(filter)
    }

    /// The topic of a device's channel, by the first pattern.
    public func topic(of device: DeviceID, agency: AgencyID, channel: String) -> String {
        let levels = patterns[0].levels.map { level in
            switch level {
            case "{device}": device.text
            case "{agency}": agency.text
            default: level
            }
        }
        return (levels + [channel]).joined(separator: "/")
    }
}
