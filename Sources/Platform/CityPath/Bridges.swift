import CityIdentity
public import CityModel

/// What a bridge to another broker may do: what the city's configuration names, and nothing else.
public struct BridgeRights: Sendable {
    /// Whether it may publish on a topic that is no device's.
    public var mayPublish: @Sendable (_ topic: String) -> Bool
    /// Whether it may subscribe to a filter, byte for byte.
    public var maySubscribe: @Sendable (_ filter: String) -> Bool
    /// Whether it may bring what a device has said.
    public var maySpeakFor: @Sendable (DeviceID) -> Bool
    /// The most sensitive data that it may give out.
    public var highestClass: DataClass

    /// Rights of the given kind; each closure must be quick, and answer the same each time.
    public init(
        mayPublish: @escaping @Sendable (String) -> Bool, maySubscribe: @escaping @Sendable (String) -> Bool,
        maySpeakFor: @escaping @Sendable (DeviceID) -> Bool, highestClass: DataClass
    ) {
        self.mayPublish = mayPublish
        self.maySubscribe = maySubscribe
        self.maySpeakFor = maySpeakFor
        self.highestClass = highestClass
    }
}

extension Principal {
    /// Which services are bridges.
    private static let bridgePrefix = "bridge/"

    /// The bridge of that name.
    public static func bridge(_ name: String) -> Principal { .service(bridgePrefix + name) }

    /// The name of the bridge that this is; nil for everybody else.
    public var bridgeName: String? {
        guard case .service(let name) = self, name.hasPrefix(Principal.bridgePrefix) else { return nil }
        return String(name.dropFirst(Principal.bridgePrefix.count))
    }
}

extension GuardedPath {
    /// Who speaks on a topic when a bridge publishes there: the device that the topic is of, or else the bridge itself.
    ///
    /// A device is spoken for when the bridge's configuration names it. What it may say is then decided as if it had come by
    /// itself; from which network it connects is not asked, because it does not.
    ///
    /// - Parameters:
    ///   - topic: The topic name.
    ///   - bridge: From ``CityModel/Principal/bridge(_:)``.
    /// - Returns: The principal to go on with, or why there is none.
    public func speaker(on topic: String, through bridge: Principal) -> Result<Principal, Refusal> {
        guard let place = topics.place(of: topic) else { return .success(bridge) }
        let id = DeviceID(place.device)
        if case .failure(let refusal) = authorise(bridge, .speakFor(id)) { return .failure(refusal) }
        guard let record = registry.device(id) else {
            return .failure(
                .identity(
                    .deviceUnknown,
                    "no device `\(id)` is registered: enrol it with `bastide device add`, so that the bridge can speak for it"
                ))
        }
        return .success(.device(DeviceIdentity(id: record.id, agency: record.agency, zone: record.zone)))
    }
}

extension DenyByDefault {
    /// What a bridge may: what its configuration names.
    func decideForBridge(_ name: String, _ action: Action) -> Decision {
        guard let rights = bridges[name] else {
            return forbid(.notIdentified, "city.yaml names no bridge `\(name)`")
        }
        switch action {
        case .publish(let topic):
            if let owner = ownerByPayloads(of: topic) {
                return forbid(
                    .topicNotOwn, "`\(topic)` is device `\(owner)`'s by a layout of payloads: no bridge speaks there")
            }
            return decideOnPublishing(topic, name, rights)
        case .speakFor(let device) where rights.maySpeakFor(device): return .permit(Permit())
        case .speakFor(let device):
            return forbid(
                .notPermitted, "no line below `in` of bridge `\(name)` in city.yaml names the device `\(device)`")
        case .subscribe(let filter) where rights.maySubscribe(filter):
            return .permit(Permit(obligations: [.redact(above: rights.highestClass)]))
        case .subscribe(let filter):
            return forbid(
                .notPermitted, "no line below `out` of bridge `\(name)` in city.yaml lets it hear `\(filter)`")
        case .writeEntity, .readEntities, .manageSubscriptions, .readOperations, .readLedger, .manageDevices,
            .acknowledgeAlerts, .manageAccounts:
            return forbid(.notPermitted, "no rule lets a bridge \(action.name)")
        }
    }
    private func decideOnPublishing(_ topic: String, _ name: String, _ rights: BridgeRights) -> Decision {
        if !topics.isReserved(topic), rights.mayPublish(topic) { return .permit(Permit()) }
        return forbid(
            .topicNotOwn,
            "no line below `in` of bridge `\(name)` in city.yaml lets it publish on `\(topic)`"
                + (topics.isReserved(topic) ? ": the topic is the city's, name the `device` that speaks there" : ""))
    }
}
