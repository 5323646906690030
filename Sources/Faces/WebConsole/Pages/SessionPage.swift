/// What an operator can do to an MQTT session. Each is a form that posts to `/sessions/{owner}/{client}/{action}`.
public enum SessionAction: String, Sendable, Hashable, CaseIterable {
    /// The client goes; its session stays.
    case disconnect
    /// Both go.
    case end

    private var words: String {
        switch self {
        case .disconnect: "Disconnect"
        case .end: "End session"
        }
    }

    private var consequence: String {
        switch self {
        case .disconnect:
            "Its connection is closed now. It may come back at once, and finds its session and what waits for it. "
                + "To keep a device out, suspend it."
        case .end:
            "Its connection is closed now, and its subscriptions and the messages that wait for it are forgotten. "
                + "It may come back, to a session that is new."
        }
    }

    func linkView(_ row: SessionRow) -> View {
        [
            "words": .text(words),
            "path": .text("\(ConsoleLink.session(row.owner, row.clientIdentifier))?confirm=\(rawValue)"),
            "isGrave": .flag(self == .end),
        ]
    }

    func confirmationView(_ row: SessionRow, csrf: String) -> View {
        let path = ConsoleLink.session(row.owner, row.clientIdentifier)
        return [
            "words": .text(words), "question": .text("\(words)?"), "consequence": .text(consequence),
            "isGrave": .flag(self == .end), "action": .text("\(path)/\(rawValue)"), "cancel": .text(path),
            "csrf": .text(csrf),
        ]
    }
}

/// A subscription of an MQTT session.
public struct SubscriptionRow: Sendable, Hashable {
    /// The topic filter.
    public var filter: String
    /// The greatest quality of service: 0, 1 or 2.
    public var qos: Int

    /// A subscription.
    public init(filter: String, qos: Int) {
        self.filter = filter
        self.qos = qos
    }

    var view: View { ["filter": .text(filter), "qos": .text("\(qos)")] }
}

/// One MQTT session, at `/sessions/{owner}/{client}`.
public struct SessionPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// The session as in a list.
    public var session: SessionRow
    /// The device it is of, where it is one's.
    public var device: String?
    /// How long it outlives its connection, in seconds; nil for ever.
    public var expirySeconds: Int?
    /// Its subscriptions.
    public var subscriptions: [SubscriptionRow]
    /// Whether the person may disconnect clients.
    public var mayChange: Bool
    /// What is to be confirmed: the query parameter `confirm`. What cannot be done is left out.
    public var confirming: SessionAction?

    /// A session's page.
    public init(
        frame: ConsoleFrame, session: SessionRow, device: String?, expirySeconds: Int?,
        subscriptions: [SubscriptionRow], mayChange: Bool, confirming: SessionAction? = nil
    ) {
        self.frame = frame
        self.session = session
        self.device = device
        self.expirySeconds = expirySeconds
        self.subscriptions = subscriptions
        self.mayChange = mayChange
        self.confirming = confirming
    }
}

extension SessionPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    private var expiry: String {
        switch expirySeconds {
        case nil: "for ever"
        case 0: "no"
        case let seconds?: "for \(NumberWords.wait(seconds: seconds))"
        }
    }

    func content(assets: ConsoleAssets) -> PageContent {
        let possible = session.isConnected ? SessionAction.allCases : [.end]
        let actions = mayChange ? possible : []
        let confirmation = confirming.flatMap { actions.contains($0) ? $0 : nil }
        return PageContent(
            template: "session", title: session.clientIdentifier, section: .sessions,
            view: [
                "session": .object(session.view),
                "devicePath": .text(device.map { ConsoleLink.device($0) }),
                "device": .text(device),
                "expiry": .text(expiry),
                "hasSubscriptions": .flag(!subscriptions.isEmpty),
                "subscriptions": .list(subscriptions.map(\.view)),
                "mayChange": .flag(mayChange),
                "actions": .list(actions.map { $0.linkView(session) }),
                "confirmation": .object(confirmation?.confirmationView(session, csrf: frame.csrf)),
            ])
    }
}
