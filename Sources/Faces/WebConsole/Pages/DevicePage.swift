/// A device's certificate.
public struct DeviceCertificate: Sendable, Hashable {
    /// The serial number, hexadecimal.
    public var serialNumber: String
    /// When it ends.
    public var notAfter: ConsoleTime
    /// How many whole days it still holds; less than none when it has ended.
    public var daysLeft: Int
    /// The SPIFFE ID it names.
    public var spiffeID: String

    /// A certificate.
    public init(serialNumber: String, notAfter: ConsoleTime, daysLeft: Int, spiffeID: String) {
        self.serialNumber = serialNumber
        self.notAfter = notAfter
        self.daysLeft = daysLeft
        self.spiffeID = spiffeID
    }

    private var remaining: (state: String, words: String) {
        switch daysLeft {
        case ..<0: ("critical", "Expired")
        case 0: ("warning", "Ends today")
        case 1: ("warning", "1 day left")
        case ..<30: ("warning", "\(daysLeft) days left")
        default: ("normal", "\(NumberWords.count(daysLeft)) days left")
        }
    }

    var view: View {
        [
            "serialNumber": .text(serialNumber),
            "notAfter": .object(notAfter.view),
            "remaining": .object(StateWords.view(remaining.state, words: remaining.words)),
            "spiffeID": .text(spiffeID),
        ]
    }
}

/// One device, at `/devices/{id}`.
///
/// The forms post `csrf`, `reason` and, to revoke, `understood` to `/devices/{id}/{action}`.
public struct DevicePage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// The device as in a list.
    public var device: DeviceRow
    /// Its certificate.
    public var certificate: DeviceCertificate
    /// When it was enrolled.
    public var enrolledAt: ConsoleTime
    /// Why its status was last changed, in the operator's words.
    public var statusReason: String?
    /// When its status was last changed.
    public var statusChangedAt: ConsoleTime?
    /// The entities it may write.
    public var entities: [EntityLink]
    /// Its latest refusals.
    public var refusals: [RefusalRow]
    /// Whether the person may change its status.
    public var mayChange: Bool
    /// The change to confirm: the query parameter `confirm`. One its status does not allow is left out.
    public var confirming: DeviceAction?

    /// A device's page.
    public init(
        frame: ConsoleFrame, device: DeviceRow, certificate: DeviceCertificate, enrolledAt: ConsoleTime,
        statusReason: String? = nil, statusChangedAt: ConsoleTime? = nil, entities: [EntityLink],
        refusals: [RefusalRow], mayChange: Bool, confirming: DeviceAction? = nil
    ) {
        self.frame = frame
        self.device = device
        self.certificate = certificate
        self.enrolledAt = enrolledAt
        self.statusReason = statusReason
        self.statusChangedAt = statusChangedAt
        self.entities = entities
        self.refusals = refusals
        self.mayChange = mayChange
        self.confirming = confirming
    }
}

extension DevicePage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        let actions = mayChange ? device.status.actions : []
        let confirmation = confirming.flatMap { actions.contains($0) ? $0 : nil }
        return PageContent(
            template: "device", title: device.name ?? device.id, section: .devices,
            view: [
                "device": .object(device.view),
                "sessionsPath": .text(ConsoleLink.path("/sessions", [("q", "device/\(device.id)")])),
                "certificate": .object(certificate.view),
                "enrolledAt": .object(enrolledAt.view),
                "statusReason": .text(statusReason),
                "statusChangedAt": .object(statusChangedAt?.view),
                "entities": .list(entities.map(\.view)),
                "hasEntities": .flag(!entities.isEmpty),
                "hasRefusals": .flag(!refusals.isEmpty),
                "rows": .list(refusals.map(\.view)),
                "isRevoked": .flag(device.status == .revoked),
                "mayChange": .flag(mayChange),
                "actions": .list(actions.map { $0.linkView(device: device.id) }),
                "confirmation": .object(confirmation?.confirmationView(device: device.id, csrf: frame.csrf)),
            ])
    }
}
