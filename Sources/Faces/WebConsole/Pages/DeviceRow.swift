/// Whether a device may act.
public enum ConsoleDeviceStatus: String, Sendable, Hashable, CaseIterable {
    /// It may.
    case active
    /// Not for now; an operator can resume it.
    case suspended
    /// Never again under this identity.
    case revoked

    var view: View { StateWords.view(rawValue) }

    /// What can be done to a device of this status.
    var actions: [DeviceAction] {
        switch self {
        case .active: [.suspend, .revoke]
        case .suspended: [.resume, .revoke]
        case .revoked: []
        }
    }
}

/// A device in a list.
public struct DeviceRow: Sendable, Hashable {
    /// Its name within the city.
    public var id: String
    /// What people call it.
    public var name: String?
    /// Its type in the catalogue.
    public var type: String
    /// Whether it may act.
    public var status: ConsoleDeviceStatus
    /// Whether it is connected now.
    public var isConnected: Bool
    /// Who owns it.
    public var agency: String
    /// Where it may act.
    public var zone: String
    /// When it last sent anything; nil when it never did.
    public var lastSeen: ConsoleTime?

    /// A row.
    public init(
        id: String, name: String? = nil, type: String, status: ConsoleDeviceStatus, isConnected: Bool, agency: String,
        zone: String, lastSeen: ConsoleTime?
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.status = status
        self.isConnected = isConnected
        self.agency = agency
        self.zone = zone
        self.lastSeen = lastSeen
    }

    var view: View {
        [
            "id": .text(id),
            "path": .text(ConsoleLink.device(id)),
            "name": .text(name ?? id),
            "type": .text(type.spacedWords),
            "status": .object(status.view),
            "connection": .object(StateWords.view(isConnected ? "connected" : "disconnected")),
            "agency": .text(agency),
            "zone": .text(zone),
            "lastSeen": .object(lastSeen?.view),
        ]
    }
}
