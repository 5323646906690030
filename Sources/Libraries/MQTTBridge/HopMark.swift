public import MQTTPackets

/// The user property by which a message shows through which brokers it was bridged (5.0 §3.3.2.3.7): it gets one each time
/// it leaves, and does not come in where it has been before.
///
/// Beside No Local, which stops a message at the broker that it came from, this stops it on longer ways round: through
/// other bridges and other brokers, as long as they hand user properties on. A 3.1.1 link on the way loses the marks.
public struct HopMark: Sendable, Equatable {
    /// The user property's name.
    public static let name = "bastide-bridge"
    /// A message that was bridged so often goes no further, wherever it has been.
    public static let mostHops = 8

    /// The user property's value: names the broker, the same on all of its bridges.
    public let broker: String

    /// The mark of a broker.
    ///
    /// - Parameter broker: A name that no other broker has, such as the city's domain.
    public init(broker: String) { self.broker = broker }

    /// Whether a message with these properties must not come in.
    public func bars(_ properties: Properties) -> Bool {
        var hops = 0
        for case .userProperty(HopMark.name, let value) in properties.list {
            hops += 1
            if value == broker || hops >= HopMark.mostHops { return true }
        }
        return false
    }

    /// The mark as a property.
    public var property: Property { .userProperty(name: HopMark.name, value: broker) }

    /// What it adds to a packet, in bytes: identifier, two lengths, and two texts.
    var bytes: Int { 1 + 2 + HopMark.name.utf8.count + 2 + broker.utf8.count }
}
