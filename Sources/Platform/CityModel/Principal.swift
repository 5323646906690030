/// Who acts.
public enum Principal: Sendable, Hashable {
    /// A device, known by its certificate.
    case device(DeviceIdentity)
    /// A person with an account, known by session or certificate.
    case person(PersonIdentity)
    /// A part of the city itself: its detectors, its clock, its command line on the same machine.
    case service(String)
    /// A service outside of the city's own program, known by a token.
    case namedService(NamedService)
    /// Whoever comes through the laboratory listeners: nobody in particular.
    case laboratory
    /// A peer that could not be identified; carries what is known of it, for the record.
    case unknown(String)

    /// The name under which records keep this principal.
    public var name: String {
        switch self {
        case .device(let device): "device/\(device.id)"
        case .person(let person): "person/\(person.name)"
        case .service(let name): "service/\(name)"
        case .namedService(let service): "namedService/\(service.name)"
        case .laboratory: "laboratory"
        case .unknown(let description): "unknown/\(description)"
        }
    }
}

/// A device as its certificate and the registry describe it.
public struct DeviceIdentity: Sendable, Hashable {
    /// Its name.
    public let id: DeviceID
    /// Who owns it.
    public let agency: AgencyID
    /// Where it may act.
    public let zone: ZoneID

    /// A device's identity.
    public init(id: DeviceID, agency: AgencyID, zone: ZoneID) {
        self.id = id
        self.agency = agency
        self.zone = zone
    }
}

/// A person as the accounts describe them.
public struct PersonIdentity: Sendable, Hashable {
    /// The name they sign in with.
    public let name: String
    /// What they are in the city.
    public let role: PersonRole

    /// A person's identity.
    public init(name: String, role: PersonRole) {
        self.name = name
        self.role = role
    }
}

/// A service as its tokens describe it: a flow engine, an agency's gateway, a dashboard. It is there for as long as it has
/// a token.
public struct NamedService: Sendable, Hashable {
    /// The name it signs in with.
    public let name: String

    /// A service.
    public init(name: String) {
        self.name = name
    }
}

/// What a person is in the city.
public enum PersonRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// Runs the city: reads, acknowledges, suspends.
    case `operator`
    /// Reads the ledger and the records, of entities only what is public; changes nothing.
    case auditor
}
