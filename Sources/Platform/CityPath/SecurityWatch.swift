import CityModel

/// An alert before it has a number.
struct AlertDraft: Sendable {
    var entity: EntityID?
    var attribute: String?
    var device: DeviceID?
    var kind: String
    var severity: AlertSeverity
    var text: String
    var observedAt: Timestamp
}

/// Finds, among refusals and what faces report, what a person should see: a device that speaks for another, a device
/// that was thrown out and comes back, or comes from a network that is not its zone's, one identity in two places. Used
/// by the committer's thread.
struct SecurityWatch {
    /// A like alert about the same device is raised at most once in this time.
    private static let quiet = Duration.seconds(600)
    /// Refused connections by strangers within one record that are worth an alert.
    private static let strangerThreshold = 20

    private var raised: [String: Timestamp] = [:]

    /// What a record of refusals is worth.
    mutating func alert(for refusal: RefusalRecord) -> AlertDraft? {
        let device = refusal.principal.hasPrefix("device/") ? String(refusal.principal.dropFirst(7)) : nil
        switch refusal.code {
        case .zoneMismatch where refusal.step == .identify:
            guard let device else { return nil }
            return draft(
                "outsideZone", device, .warning, refusal.at,
                "device \(device) tries to connect from \(refusal.source), which is in none of its zone's networks, and is "
                    + "refused: it was moved, its key was taken elsewhere, or `zones` in city.yaml lacks a network")
        case .topicNotOwn, .entityNotOwn, .zoneMismatch:
            guard let device else { return nil }
            return draft(
                "speaksForAnother", device, .critical, refusal.at,
                "device \(device) tried to speak for another: \(refusal.message). Every try was refused; suspend the "
                    + "device until somebody has looked at it")
        case .deviceRevoked, .deviceSuspended, .certificateSuperseded:
            guard let device else { return nil }
            return draft(
                "barredDeviceReturns", device, .warning, refusal.at,
                "device \(device) keeps trying to \(refusal.step == .identify ? "connect" : "speak") from "
                    + "\(refusal.source): \(refusal.message)")
        case .certificateUntrusted where refusal.count >= SecurityWatch.strangerThreshold:
            return draft(
                "strangersKnock", nil, .warning, refusal.at,
                "\(refusal.count) connections from \(refusal.source) with certificates of another authority were refused"
            )
        default:
            return nil
        }
    }

    /// One identity, two places at once.
    mutating func identityInTwoPlaces(_ device: DeviceID, first: String, second: String, at now: Timestamp)
        -> AlertDraft?
    {
        draft(
            "identityInTwoPlaces", device.text, .critical, now,
            "device \(device) is connected from \(first), and its certificate was presented from \(second) too: its key "
                + "may be stolen. The second connection was refused; revoke the identity and enrol the device anew")
    }

    private mutating func draft(
        _ kind: String, _ device: String?, _ severity: AlertSeverity, _ at: Timestamp, _ text: String
    ) -> AlertDraft? {
        let key = "\(kind)/\(device ?? "")"
        if let last = raised[key], at.since(last) < SecurityWatch.quiet { return nil }
        if raised.count > 10_000 { raised.removeAll() }
        raised[key] = at
        return AlertDraft(
            entity: nil, attribute: nil, device: device.map { DeviceID($0) }, kind: kind, severity: severity,
            text: text,
            observedAt: at)
    }
}
