/// Where an entity stands, WGS 84.
public struct ConsolePoint: Sendable, Hashable {
    /// Degrees north.
    public var latitude: Double
    /// Degrees east.
    public var longitude: Double

    /// A point.
    public init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }

    var words: String { "\(rounded(latitude)), \(rounded(longitude))" }

    private func rounded(_ degrees: Double) -> Double { (degrees * 100_000).rounded() / 100_000 }
}

/// One entity: its observations, their history and their proofs, at `/entities/{id}`.
public struct EntityPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// The entity's id, a URI.
    public var id: String
    /// Its type, as the data model has it.
    public var type: String
    /// What people call it.
    public var name: String
    /// How it is doing.
    public var state: EntityState
    /// Where it stands.
    public var location: ConsolePoint?
    /// The device that observes it.
    public var device: String?
    /// Who owns it.
    public var agency: String?
    /// The zone it belongs to.
    public var zone: String?
    /// The newest observation of each property.
    public var observations: [ObservationRow]
    /// Its latest alerts.
    public var alerts: [AlertRow]
    /// Whether the person may acknowledge alerts.
    public var mayAcknowledge: Bool

    /// An entity's page.
    public init(
        frame: ConsoleFrame, id: String, type: String, name: String, state: EntityState, location: ConsolePoint? = nil,
        device: String? = nil, agency: String? = nil, zone: String? = nil, observations: [ObservationRow],
        alerts: [AlertRow] = [], mayAcknowledge: Bool = false
    ) {
        self.frame = frame
        self.id = id
        self.type = type
        self.name = name
        self.state = state
        self.location = location
        self.device = device
        self.agency = agency
        self.zone = zone
        self.observations = observations
        self.alerts = alerts
        self.mayAcknowledge = mayAcknowledge
    }
}

extension EntityPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        // What is measured before what stays: names, places.
        let numeric = observations.filter(\.isNumeric).map { $0.view(entity: id, vocabulary: assets.vocabulary) }
        let others = observations.filter { !$0.isNumeric }.map { $0.view(entity: id, vocabulary: assets.vocabulary) }
        let rows = numeric + others
        return PageContent(
            template: "entity", title: name.isEmpty ? id : name, section: .entities,
            scripts: ["entity"], styles: ["entity"],
            view: [
                "id": .text(id),
                "type": .text(type),
                "typeWords": .text(type.spacedWords),
                "name": .text(name.isEmpty ? id : name),
                "state": .object(state.view),
                "location": .text(location?.words),
                "device": .object(device.map { ["id": .text($0), "path": .text(ConsoleLink.device($0))] }),
                "agency": .text(agency),
                "zone": .text(zone),
                "observations": .list(rows),
                "hasObservations": .flag(!rows.isEmpty),
                "series": .list(numeric),
                "hasSeries": .flag(!numeric.isEmpty),
                "historyPath": .text(ConsoleLink.history(of: id)),
                "alerts": .list(alerts.map { $0.view(csrf: frame.csrf, mayAcknowledge: mayAcknowledge) }),
                "hasAlerts": .flag(!alerts.isEmpty),
            ])
    }
}
