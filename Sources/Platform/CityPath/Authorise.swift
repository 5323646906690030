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
    /// Have changes of entities sent elsewhere, and say which other brokers are asked.
    case manageSubscriptions
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
    /// Bring what a device has said on another broker.
    case speakFor(DeviceID)

    /// The action's name in records and messages.
    public var name: String {
        switch self {
        case .publish: "publish"
        case .writeEntity: "writeEntity"
        case .subscribe: "subscribe"
        case .readEntities: "readEntities"
        case .manageSubscriptions: "manageSubscriptions"
        case .readOperations: "readOperations"
        case .readLedger: "readLedger"
        case .manageDevices: "manageDevices"
        case .acknowledgeAlerts: "acknowledgeAlerts"
        case .manageAccounts: "manageAccounts"
        case .speakFor: "speakFor"
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

/// Deny by default, and eight rules: a device that may act publishes only as itself and hears only what is meant for it;
/// it writes only entities of its own; operators read and run, command devices, and use applications' topics; auditors
/// read the ledger and the records; the city's own services do what they are there for; bridges do what their
/// configuration names; a named service from outside uses applications' topics, and nothing else. The laboratory is
/// nobody and may do what conformance suites need.
///
/// Who was identified when they connected is looked at again for each decision: a device that was suspended or revoked
/// since, or a person whose account was removed, may do nothing more, connected or not.
public struct DenyByDefault: Authoriser {
    let topics: TopicScheme
    let bridges: [String: BridgeRights]
    private let payloads: PayloadMappings
    private let catalogue: Catalogue
    private let standing: any Standings

    /// - Parameters:
    ///   - topics: Tells which topics are whose.
    ///   - payloads: Tells which topics of other layouts are whose.
    ///   - catalogue: Tells which purposes there are.
    ///   - standing: Tells who is who.
    ///   - bridges: What bridges may, by their names.
    public init(
        topics: TopicScheme = .standard, payloads: PayloadMappings = .none, catalogue: Catalogue,
        standing: any Standings, bridges: [String: BridgeRights] = [:]
    ) {
        self.topics = topics
        self.payloads = payloads
        self.bridges = bridges
        self.catalogue = catalogue
        self.standing = standing
    }

    /// Changes whenever a device's record or an account does.
    public var generation: UInt64 { standing.generation }

    /// Decides by the rules above.
    public func decide(_ principal: Principal, _ action: Action, _ context: DecisionContext) -> Decision {
        switch principal {
        case .device(let device): barred(device).map(Decision.forbid) ?? decide(device, action)
        case .person(let person): decide(person, action, context.purpose)
        case .service:
            if let bridge = principal.bridgeName {
                decideForBridge(bridge, action)
            } else {
                unknown(context.purpose).map(Decision.forbid) ?? .permit(Permit())
            }
        case .namedService(let service): decide(service, action)
        case .laboratory: unknown(context.purpose).map(Decision.forbid) ?? decideForLaboratory(action)
        case .unknown: forbid(.notIdentified, "\(action.name) needs an identity: present a certificate or sign in")
        }
    }

    /// Why a purpose is refused, whatever it is stated for: what unlocks nothing here must not look as if it did.
    private func unknown(_ purpose: String?) -> Refusal? {
        guard let purpose, catalogue.highestClass(for: purpose) == nil else { return nil }
        let known = catalogue.purposes.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
        let choice = known.isEmpty ? "there are none" : "state one of \(known), with a note behind a colon if you like"
        return refusal(
            .purposeUnknown,
            "`\(purpose.prefix(64))` is no purpose of this city: \(choice); `purposes` in catalogue.yaml adds others")
    }

    /// Why a device may do nothing at this moment, although its certificate was good when it connected.
    private func barred(_ device: DeviceIdentity) -> Refusal? {
        guard let record = standing.device(device.id), record.agency == device.agency else {
            return refusal(.deviceUnknown, "no device `\(device.id)` of agency `\(device.agency)` is registered")
        }
        let reason = record.statusReason.map { ": \($0)" } ?? ""
        switch record.status {
        case .suspended: return refusal(.deviceSuspended, "device `\(device.id)` is suspended\(reason)")
        case .revoked: return refusal(.deviceRevoked, "the identity of device `\(device.id)` is revoked\(reason)")
        case .active: break
        }
        guard record.zone == device.zone else {
            return refusal(
                .zoneMismatch,
                "device `\(device.id)` belongs to zone `\(record.zone)` now, and connected from `\(device.zone)`: connect "
                    + "again")
        }
        return nil
    }

    private func decide(_ device: DeviceIdentity, _ action: Action) -> Decision {
        switch action {
        case .publish(let topic):
            guard let place = topics.place(of: topic), place.belongs(to: device) else {
                if payloads.speaks(of: topic) { return decideOnPayloads(device, topic) }
                return forbid(
                    .topicNotOwn,
                    "device `\(device.id)` may publish below `\(root(of: device))/` only, not on `\(topic)`")
            }
            guard place.kind != TopicScheme.command else {
                return forbid(.topicNotOwn, "device `\(device.id)` is told on `\(topic)`, and may not publish there")
            }
            return .permit(Permit())
        case .writeEntity(let entity):
            guard standing.owner(of: entity) == device.id else {
                return forbid(
                    .entityNotOwn,
                    "entity `\(entity)` is not one of device `\(device.id)`'s: enrol it with `bastide device add --entity`"
                )
            }
            return .permit(Permit())
        case .subscribe(let filter):
            guard topics.place(of: filter)?.belongs(to: device) == true || isMapped(filter, for: device) else {
                return forbid(
                    .topicNotOwn,
                    "device `\(device.id)` may subscribe below `\(root(of: device))/` only, not to `\(filter)`")
            }
            return .permit(Permit())
        case .readEntities, .manageSubscriptions, .readOperations, .readLedger, .manageDevices, .acknowledgeAlerts,
            .manageAccounts, .speakFor:
            return forbid(.notPermitted, "no rule lets a device \(action.name)")
        }
    }

    /// On a topic that mappings may speak of: a device says what is its own, and as a gateway what is of the devices that
    /// are listed for it. What an edge node's devices say is its own to send; whether it counts is looked at later, so
    /// that no message is missing in Sparkplug's count.
    private func decideOnPayloads(_ device: DeviceIdentity, _ topic: String) -> Decision {
        let claim = payloads.claim(topic, by: device.id) { standing.device($0)?.deviceType }
        guard let claim, claim.publisher == device.id, let record = standing.device(device.id) else {
            return forbid(
                .topicNotOwn,
                "device `\(device.id)` may publish below `\(root(of: device))/`, and where a layout for its type or its "
                    + "entry under `gateways` says so; not on `\(topic)`: see `bastide payload list`")
        }
        guard case .values(_, _, let subject) = claim else { return .permit(Permit()) }
        let refusal = PayloadMappings.refusal(of: subject, standing.device(subject), through: record)
        return refusal.map(Decision.forbid) ?? .permit(Permit())
    }

    private func isMapped(_ filter: String, for device: DeviceIdentity) -> Bool {
        guard let record = standing.device(device.id) else { return false }
        return payloads.permitsSubscription(to: filter, by: device.id, type: record.deviceType)
    }

    private func root(of device: DeviceIdentity) -> String {
        String(topics.topic(of: device.id, agency: device.agency, channel: "").dropLast())
    }

    private func decide(_ identified: PersonIdentity, _ action: Action, _ purpose: String?) -> Decision {
        guard let person = standing.current(identified) else {
            return forbid(.notIdentified, "the account `\(identified.name)` was removed")
        }
        if let refusal = unknown(purpose) { return .forbid(refusal) }
        switch action {
        case .readEntities, .readOperations, .readLedger, .subscribe:
            let unlocked = purpose.flatMap(catalogue.highestClass)
            guard let limit = limit(of: person, action, unlocked) else { break }
            return .permit(Permit(obligations: [.recordAccess, .redact(above: limit)]))
        case .publish(let topic) where person.role == .operator:
            if let owner = ownerByPayloads(of: topic) {
                return forbid(.topicNotOwn, "`\(topic)` is device `\(owner)`'s: only it may say what it measures")
            }
            if topics.place(of: topic)?.kind == TopicScheme.command[...] || !topics.isReserved(topic) {
                return .permit(Permit())
            }
            return forbid(
                .topicNotOwn,
                "`\(topic)` is the city's: a person may publish on a device's `\(TopicScheme.command)` channel and on "
                    + "applications' topics")
        case .manageSubscriptions where person.role == .operator, .manageDevices where person.role == .operator,
            .acknowledgeAlerts where person.role == .operator, .manageAccounts where person.role == .operator:
            return .permit(Permit())
        case .manageSubscriptions, .manageDevices, .acknowledgeAlerts, .manageAccounts, .publish, .writeEntity,
            .speakFor:
            break
        }
        return forbid(.notPermitted, "no rule lets the \(person.role.rawValue) `\(person.name)` \(action.name)")
    }

    /// Whose readings a topic is for by the mappings; nil where it is for nobody's.
    func ownerByPayloads(of topic: String) -> DeviceID? {
        guard payloads.speaks(of: topic) else { return nil }
        let claim = payloads.claim(topic, by: nil) { standing.device($0)?.deviceType }
        return claim.flatMap { $0.isKept ? $0.publisher : nil }
    }

    private func decide(_ service: NamedService, _ action: Action) -> Decision {
        guard standing.isKnown(service) else {
            return forbid(.notIdentified, "the service `\(service.name)` has no token any more")
        }
        switch action {
        case .publish(let topic):
            guard !topics.isReserved(topic) else {
                return forbid(
                    .topicNotOwn,
                    "`\(topic)` is the city's: a service may publish on applications' topics only")
            }
            if let owner = ownerByPayloads(of: topic) {
                return forbid(.topicNotOwn, "`\(topic)` is device `\(owner)`'s: only it may say what it measures")
            }
            return .permit(Permit())
        case .subscribe(let filter):
            guard !topics.mayMatchReserved(filter) else {
                return forbid(
                    .topicNotOwn,
                    "`\(filter)` may match topics of the city: a service may subscribe to applications' topics only, below "
                        + "a first level that it names")
            }
            return .permit(Permit(obligations: [.redact(above: .public)]))
        case .writeEntity, .readEntities, .manageSubscriptions, .readOperations, .readLedger, .manageDevices,
            .acknowledgeAlerts, .manageAccounts, .speakFor:
            return forbid(.notPermitted, "no rule lets a named service \(action.name)")
        }
    }

    /// Up to which class a person may read; nil for not at all. A purpose unlocks something for operators alone: what
    /// auditors are there for is the ledger and the records.
    private func limit(of person: PersonIdentity, _ action: Action, _ unlocked: DataClass?) -> DataClass? {
        switch (person.role, action) {
        case (.operator, _): max(.restricted, unlocked ?? .restricted)
        case (.auditor, .readEntities): .public
        case (.auditor, .readOperations), (.auditor, .readLedger): .internal
        case (.auditor, _): nil
        }
    }

    private func decideForLaboratory(_ action: Action) -> Decision {
        switch action {
        // Conformance suites want one topic that nobody may subscribe to.
        case .subscribe(filter: "test/nosubscribe"):
            forbid(.notPermitted, "`test/nosubscribe` is there to be refused")
        case .publish, .subscribe, .writeEntity, .readEntities, .manageSubscriptions, .readLedger: .permit(Permit())
        case .readOperations, .manageDevices, .acknowledgeAlerts, .manageAccounts, .speakFor:
            forbid(.notPermitted, "the laboratory may not \(action.name): use the guarded port")
        }
    }

    func forbid(_ code: Refusal.Code, _ message: String) -> Decision { .forbid(refusal(code, message)) }

    private func refusal(_ code: Refusal.Code, _ message: String) -> Refusal {
        Refusal(step: .authorise, code: code, message: message)
    }
}
