public import CityModel

/// What the MQTT face knows of live connections, for those who look at devices here.
public struct ConnectedDevices: Sendable {
    /// A device's live connection.
    public struct Presence: Sendable, Equatable {
        /// Where it comes from, without the port.
        public var address: String
        /// Since when.
        public var since: Timestamp

        /// A live connection.
        public init(address: String, since: Timestamp) {
            self.address = address
            self.since = since
        }
    }

    /// The live connection of a device; nil when it has none.
    public var presence: @Sendable (DeviceID) -> Presence?
    /// When a device was last connected, as far as is known.
    public var lastSeen: @Sendable (DeviceID) -> Timestamp?
    /// How many devices are connected.
    public var count: @Sendable () -> Int
    /// How the bridges to other brokers are.
    public var bridges: @Sendable () -> [BridgeStatus]

    /// The MQTT sessions, and what may be done to them.
    public var sessions: MQTTSessionDirectory

    /// Facts that are asked for each time they are shown; each closure must be quick and safe from any thread.
    ///
    /// - Parameters:
    ///   - presence: The live connection of a device.
    ///   - lastSeen: When a device was last connected.
    ///   - count: How many devices are connected.
    ///   - bridges: How the bridges are.
    ///   - sessions: The MQTT sessions.
    public init(
        presence: @escaping @Sendable (DeviceID) -> Presence?, lastSeen: @escaping @Sendable (DeviceID) -> Timestamp?,
        count: @escaping @Sendable () -> Int, bridges: @escaping @Sendable () -> [BridgeStatus] = { [] },
        sessions: MQTTSessionDirectory = .none
    ) {
        self.presence = presence
        self.lastSeen = lastSeen
        self.count = count
        self.bridges = bridges
        self.sessions = sessions
    }

    /// Nobody is ever connected.
    public static let none = ConnectedDevices(presence: { _ in nil }, lastSeen: { _ in nil }, count: { 0 })
}
