/// Which devices are asked for: the query parameters `status`, `connection` and `q`.
public struct DeviceFilter: Sendable, Hashable {
    /// Only those of this status.
    public var status: ConsoleDeviceStatus?
    /// Only those that are (`connected`) or are not (`disconnected`) connected.
    public var isConnected: Bool?
    /// Only those whose name, id, agency or zone contains this.
    public var text: String

    /// A filter; without arguments it lets all pass.
    public init(status: ConsoleDeviceStatus? = nil, isConnected: Bool? = nil, text: String = "") {
        self.status = status
        self.isConnected = isConnected
        self.text = text
    }
}

/// The list of devices, at `/devices`.
public struct DevicesPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// Which are asked for.
    public var filter: DeviceFilter
    /// The devices on this page.
    public var rows: [DeviceRow]
    /// Which part of the list this is.
    public var paging: Paging

    /// A list of devices.
    public init(frame: ConsoleFrame, filter: DeviceFilter, rows: [DeviceRow], paging: Paging) {
        self.frame = frame
        self.filter = filter
        self.rows = rows
        self.paging = paging
    }
}

extension DevicesPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        let statuses = ConsoleDeviceStatus.allCases.map { (value: $0.rawValue, words: $0.rawValue.capitalizedFirst) }
        let connection = FilterOption.connection(filter.isConnected)
        let parameters: [(name: String, value: String?)] = [
            ("status", filter.status?.rawValue), ("connection", connection), ("q", filter.text),
        ]
        return PageContent(
            template: "devices", title: "Devices", section: .devices,
            view: [
                "text": .text(filter.text),
                "statuses": .list(FilterOption.views(statuses, selected: filter.status?.rawValue)),
                "connections": .list(FilterOption.views(FilterOption.connections, selected: connection)),
                "isFiltered": .flag(filter != DeviceFilter()),
                "hasRows": .flag(!rows.isEmpty),
                "rows": .list(rows.map(\.view)),
                "paging": .object(
                    paging.view(path: "/devices", parameters: parameters, noun: "device", plural: "devices")),
            ])
    }
}
