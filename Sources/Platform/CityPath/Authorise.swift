public import CityModel

/// What somebody wants to do.
public enum Action: Sendable, Hashable {
    /// Say what is so: publish on a topic.
    case publish(topic: String)
    /// Say what is so: write attributes of an entity.
    case writeEntity(EntityID)
    /// Hear what others say on the topics that match a filter.
    case subscribe(filter: String)
    /// Read entities and their history.
    case readEntities
    /// Read devices, alerts, refusals and the records of access.
    case readOperations
    /// Read the ledger: checkpoints and proofs.
    case readLedger
    /// Enrol, suspend, resume or revoke a device.
    case manageDevices
    /// Acknowledge an alert.
    case acknowledgeAlerts
    /// Create accounts and change passwords.
    case manageAccounts

    /// The action's name in records and messages.
    public var name: String {
        switch self {
        case .publish: "publish"
        case .writeEntity: "writeEntity"
        case .subscribe: "subscribe"
        case .readEntities: "readEntities"
        case .readOperations: "readOperations"
        case .readLedger: "readLedger"
        case .manageDevices: "manageDevices"
        case .acknowledgeAlerts: "acknowledgeAlerts"
        case .manageAccounts: "manageAccounts"
        }
    }
}

/// What must be done along with what is permitted.
public enum Obligation: Sendable, Hashable {
    /// Leave out values of a class above this one.
    case redact(above: DataClass)
    /// Keep a record of the access.
    case recordAccess
}

/// A rule's yes.
public struct Permit: Sendable, Hashable {
    /// What must be done along with it.
    public let obligations: Set<Obligation>

    /// A yes.
    public init(obligations: Set<Obligation> = []) {
        self.obligations = obligations
    }

    /// The highest class whose values may be given; the most sensitive one where nothing limits it.
    public var highestClass: DataClass {
        obligations.compactMap { if case .redact(let above) = $0 { above } else { nil } }.min() ?? .sensitive
    }
}

/// What a rule set answers.
public enum Decision: Sendable, Hashable {
    /// Yes, with obligations.
    case permit(Permit)
    /// No, and what was missing.
    case forbid(Refusal)
}

/// What a decision may rest on besides who and what.
public struct DecisionContext: Sendable, Hashable {
    /// Why personal data is read, as the reader stated it.
    public var purpose: String?

    /// A context.
    public init(purpose: String? = nil) {
        self.purpose = purpose
    }
}

/// The second step: may they do this here? The rule set below stands here until the Cedar engine takes its place.
public protocol Authoriser: Sendable {
    /// Decides. Pure: equal questions get equal answers while ``generation`` stays the same.
    func decide(_ principal: Principal, _ action: Action, _ context: DecisionContext) -> Decision

    /// Counts the changes of the rules and of what they rest on.
    var generation: UInt64 { get }
}

/// Deny by default, and five rules: a device publishes only as itself and hears only what is meant for it; a device
/// writes only entities of its own, in its own zone; operators read and run; auditors read; the city's own services
/// do what they are there for. The laboratory is nobody and may do what conformance suites need.
public struct DenyByDefault: Authoriser {
    private let ownerOf: @Sendable (EntityID) -> (device: DeviceID, zone: ZoneID)?
    private let currentGeneration: @Sendable () -> UInt64

    /// - Parameters:
    ///   - ownerOf: Tells which device owns an entity, and that device's zone.
    ///   - generation: Counts the changes of what `ownerOf` answers.
    public init(
        ownerOf: @escaping @Sendable (EntityID) -> (device: DeviceID, zone: ZoneID)?,
        generation: @escaping @Sendable () -> UInt64
    ) {
        self.ownerOf = ownerOf
        self.currentGeneration = generation
    }

    /// Changes whenever a device's record does.
    public var generation: UInt64 { currentGeneration() }

    /// Decides by the rules above.
    public func decide(_ principal: Principal, _ action: Action, _ context: DecisionContext) -> Decision {
        switch principal {
        case .device(let device): decide(device, action)
        case .person(let person): decide(person, action, context)
        case .service: .permit(Permit())
        case .laboratory: decideForLaboratory(action)
        case .unknown: forbid(.notIdentified, "\(action.name) needs an identity: present a certificate or sign in")
        }
    }

    private func decide(_ device: DeviceIdentity, _ action: Action) -> Decision {
        switch action {
        case .publish(let topic):
            guard DeviceTopic.owner(of: topic) == device.id.text else {
                return forbid(
                    .topicNotOwn,
                    "device `\(device.id)` may publish below `devices/\(device.id)/` only, not on `\(topic)`")
            }
            return .permit(Permit())
        case .writeEntity(let entity):
            guard let owner = ownerOf(entity), owner.device == device.id else {
                return forbid(
                    .entityNotOwn,
                    "entity `\(entity)` is not one of device `\(device.id)`'s: enrol it with `bastide device add --entity`"
                )
            }
            guard owner.zone == device.zone else {
                return forbid(
                    .zoneMismatch, "entity `\(entity)` lies in zone `\(owner.zone)`, the device in `\(device.zone)`")
            }
            return .permit(Permit())
        case .subscribe(let filter):
            guard DeviceTopic.owner(of: filter) == device.id.text else {
                return forbid(
                    .topicNotOwn,
                    "device `\(device.id)` may subscribe below `devices/\(device.id)/` only, not to `\(filter)`")
            }
            return .permit(Permit())
        case .readEntities, .readOperations, .readLedger, .manageDevices, .acknowledgeAlerts, .manageAccounts:
            return forbid(.notPermitted, "no rule lets a device \(action.name)")
        }
    }

    private func decide(_ person: PersonIdentity, _ action: Action, _ context: DecisionContext) -> Decision {
        let reading = Permit(obligations: [
            .recordAccess, .redact(above: context.purpose == nil ? .restricted : .sensitive),
        ])
        switch action {
        case .readEntities, .readOperations, .readLedger: return .permit(reading)
        case .subscribe where person.role == .operator: return .permit(reading)
        case .manageDevices where person.role == .operator, .acknowledgeAlerts where person.role == .operator,
            .manageAccounts where person.role == .operator:
            return .permit(Permit())
        case .subscribe, .manageDevices, .acknowledgeAlerts, .manageAccounts, .publish, .writeEntity:
            return forbid(.notPermitted, "no rule lets the \(person.role.rawValue) `\(person.name)` \(action.name)")
        }
    }

    private func decideForLaboratory(_ action: Action) -> Decision {
        switch action {
        case .publish, .subscribe, .writeEntity, .readEntities, .readLedger: .permit(Permit())
        case .readOperations, .manageDevices, .acknowledgeAlerts, .manageAccounts:
            forbid(.notPermitted, "the laboratory may not \(action.name): use the guarded port")
        }
    }

    private func forbid(_ code: Refusal.Code, _ message: String) -> Decision {
        .forbid(Refusal(step: .authorise, code: code, message: message))
    }
}

/// The topics that belong to a device: `devices/<device>/<channel>`.
public enum DeviceTopic {
    /// Small JSON, mapped by the device's type.
    public static let values = "v"
    /// An NGSI-LD entity fragment.
    public static let entity = "ngsi-ld"

    /// The device below whose topics `topic` (or a filter) lies, or nil when it lies below none.
    public static func owner(of topic: String) -> String? {
        let levels = topic.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard levels.count == 3, levels[0] == "devices", levels[1] != "+", levels[1] != "#" else { return nil }
        return String(levels[1])
    }

    /// What stands behind the device's name.
    public static func channel(of topic: String) -> String? {
        let levels = topic.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        return levels.count == 3 ? String(levels[2]) : nil
    }
}
