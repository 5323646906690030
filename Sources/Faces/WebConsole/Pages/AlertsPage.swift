/// Which alerts are asked for: the query parameter `status`.
public enum AlertFilter: String, Sendable, Hashable, CaseIterable {
    /// Those nobody has acknowledged.
    case open
    /// Those somebody has.
    case acknowledged
    /// Both.
    case all
}

/// The list of alerts, at `/alerts`. A form posts `csrf` and perhaps `note` to `/alerts/{id}/acknowledge`.
public struct AlertsPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// Which are asked for.
    public var filter: AlertFilter
    /// The alerts on this page, newest first.
    public var rows: [AlertRow]
    /// How many are acknowledged; how many are open is in the frame.
    public var acknowledgedCount: Int
    /// Which part of the list this is.
    public var paging: Paging
    /// Whether the person may acknowledge alerts.
    public var mayAcknowledge: Bool

    /// A list of alerts.
    public init(
        frame: ConsoleFrame, filter: AlertFilter, rows: [AlertRow], acknowledgedCount: Int, paging: Paging,
        mayAcknowledge: Bool
    ) {
        self.frame = frame
        self.filter = filter
        self.rows = rows
        self.acknowledgedCount = acknowledgedCount
        self.paging = paging
        self.mayAcknowledge = mayAcknowledge
    }
}

extension AlertsPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        PageContent(
            template: "alerts", title: "Alerts", section: .alerts, scripts: ["fresh"],
            view: [
                "tabs": .list(AlertFilter.allCases.map(tab)),
                "isOpen": .flag(filter == .open),
                "hasRows": .flag(!rows.isEmpty),
                "rows": .list(rows.map { $0.view(csrf: frame.csrf, mayAcknowledge: mayAcknowledge) }),
                "paging": .object(
                    paging.view(
                        path: "/alerts", parameters: [("status", filter.rawValue)], noun: "alert", plural: "alerts")),
            ])
    }

    private func tab(_ choice: AlertFilter) -> View {
        let count =
            switch choice {
            case .open: frame.openAlerts
            case .acknowledged: acknowledgedCount
            case .all: frame.openAlerts + acknowledgedCount
            }
        return [
            "words": .text(choice.rawValue.capitalizedFirst),
            "path": .text(ConsoleLink.path("/alerts", [("status", choice.rawValue)])),
            "count": .text(NumberWords.count(count)),
            "isCurrent": .flag(choice == filter),
        ]
    }
}
