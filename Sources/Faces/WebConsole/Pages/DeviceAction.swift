/// What an operator can do to a device. Each is a form that posts to `/devices/{id}/{action}`.
public enum DeviceAction: String, Sendable, Hashable, CaseIterable {
    /// Not for now.
    case suspend
    /// Again.
    case resume
    /// Never again.
    case revoke

    private var question: String {
        switch self {
        case .suspend: "Suspend this device?"
        case .resume: "Let this device act again?"
        case .revoke: "Revoke this device's identity?"
        }
    }

    private var consequence: String {
        switch self {
        case .suspend:
            "It is disconnected now, and refused at the step “identify” until somebody resumes it. Its history stays."
        case .resume: "It may connect and report again at once, with the certificate it has."
        case .revoke:
            "It is disconnected now, and refused for ever, at every connection to this city. "
                + "This cannot be undone: the device has to be enrolled again under a new certificate. "
                + "Its history stays."
        }
    }

    /// A link to the confirmation.
    func linkView(device: String) -> View {
        [
            "key": .text(rawValue), "words": .text(rawValue.capitalizedFirst),
            "path": .text(ConsoleLink.confirm(self, of: device)), "isGrave": .flag(self == .revoke),
        ]
    }

    /// The confirmation itself.
    func confirmationView(device: String, csrf: String) -> View {
        [
            "words": .text(rawValue.capitalizedFirst),
            "question": .text(question),
            "consequence": .text(consequence),
            "isGrave": .flag(self == .revoke),
            "action": .text(ConsoleLink.device(device, action: self)),
            "cancel": .text(ConsoleLink.device(device)),
            "csrf": .text(csrf),
        ]
    }
}
