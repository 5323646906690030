/// Which MQTT sessions are asked for: the query parameters `connection` and `q`.
public struct SessionFilter: Sendable, Hashable {
    /// Only those that are (`connected`) or are not (`disconnected`) connected.
    public var isConnected: Bool?
    /// Only those whose owner, client identifier or address contains this.
    public var text: String

    /// A filter; without arguments it lets all pass.
    public init(isConnected: Bool? = nil, text: String = "") {
        self.isConnected = isConnected
        self.text = text
    }
}

/// The list of MQTT sessions, at `/sessions`.
public struct SessionsPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// Which are asked for.
    public var filter: SessionFilter
    /// The sessions on this page.
    public var rows: [SessionRow]
    /// Which part of the list this is.
    public var paging: Paging

    /// A list of sessions.
    public init(frame: ConsoleFrame, filter: SessionFilter, rows: [SessionRow], paging: Paging) {
        self.frame = frame
        self.filter = filter
        self.rows = rows
        self.paging = paging
    }
}

extension SessionsPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        let connection = FilterOption.connection(filter.isConnected)
        return PageContent(
            template: "sessions", title: "MQTT sessions", section: .sessions,
            view: [
                "text": .text(filter.text),
                "connections": .list(FilterOption.views(FilterOption.connections, selected: connection)),
                "isFiltered": .flag(filter != SessionFilter()),
                "hasRows": .flag(!rows.isEmpty),
                "rows": .list(rows.map(\.view)),
                "paging": .object(
                    paging.view(
                        path: "/sessions", parameters: [("connection", connection), ("q", filter.text)],
                        noun: "session", plural: "sessions")),
            ])
    }
}
