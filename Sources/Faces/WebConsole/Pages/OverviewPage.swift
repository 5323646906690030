/// What the city is doing now, in five numbers.
public struct CityCounts: Sendable, Hashable {
    /// Devices connected now.
    public var devicesConnected: Int
    /// Readings committed per second, over the last seconds.
    public var readingsPerSecond: Double
    /// Alerts nobody has acknowledged.
    public var openAlerts: Int
    /// Refusals in the last hour.
    public var refusalsLastHour: Int
    /// Leaves in the ledger.
    public var ledgerSize: UInt64

    /// Counts.
    public init(
        devicesConnected: Int, readingsPerSecond: Double, openAlerts: Int, refusalsLastHour: Int, ledgerSize: UInt64
    ) {
        self.devicesConnected = devicesConnected
        self.readingsPerSecond = readingsPerSecond
        self.openAlerts = openAlerts
        self.refusalsLastHour = refusalsLastHour
        self.ledgerSize = ledgerSize
    }

    var view: View {
        [
            "devicesConnected": .text(NumberWords.count(devicesConnected)),
            "readingsPerSecond": .text(NumberWords.rate(readingsPerSecond)),
            "openAlerts": .text(NumberWords.count(openAlerts)),
            "hasOpenAlerts": .flag(openAlerts > 0),
            "refusalsLastHour": .text(NumberWords.count(refusalsLastHour)),
            "ledgerSize": .text(NumberWords.grouped(ledgerSize)),
        ]
    }
}

/// The live map of the city, its counts and its latest alerts and refusals, at `/`.
public struct OverviewPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// What the city is doing now.
    public var counts: CityCounts
    /// The latest alerts, newest first; ten are enough.
    public var alerts: [AlertRow]
    /// The latest refusals, newest first; ten are enough.
    public var refusals: [RefusalRow]
    /// The entities to list beside the map, those in alert first; fifty are enough.
    public var entities: [EntityRow]
    /// The tile server to draw under the city's own plan, where there is one.
    public var tiles: TileLayer?

    /// An overview.
    public init(
        frame: ConsoleFrame, counts: CityCounts, alerts: [AlertRow], refusals: [RefusalRow], entities: [EntityRow],
        tiles: TileLayer? = nil
    ) {
        self.frame = frame
        self.counts = counts
        self.alerts = alerts
        self.refusals = refusals
        self.entities = entities
        self.tiles = tiles
    }
}

extension OverviewPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        let canShowMap = assets.leaflet != nil
        return PageContent(
            template: "overview", title: "Overview", section: .overview,
            scripts: ["overview"], styles: ["overview"], hasMap: canShowMap,
            view: [
                "counts": .object(counts.view),
                "canShowMap": .flag(canShowMap),
                "tiles": .object(
                    tiles.map { ["url": .text($0.urlTemplate), "attribution": .text($0.attribution)] }),
                "alerts": .list(alerts.map { $0.view(csrf: frame.csrf, mayAcknowledge: false) }),
                "hasAlerts": .flag(!alerts.isEmpty),
                "refusals": .list(refusals.map(\.view)),
                "hasRefusals": .flag(!refusals.isEmpty),
                "rows": .list(entities.map(\.view)),
                "hasRows": .flag(!entities.isEmpty),
            ])
    }
}
