public import JSONBytes

/// What a context source may have, and how it wants to be asked (CIM 009 §5.2.9).
///
/// Names are canonical (``JSONLDContext``), instants in microseconds since 1970.
public struct ContextSourceRegistration: Sendable, Hashable {
    /// How the source stands to what is held here (§4.3.6).
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Both count the same; the default.
        case inclusive
        /// The source alone has attributes of single entities.
        case exclusive
        /// This source, and perhaps others, have what is registered; it is not held here.
        case redirect
        /// The source adds what nobody else has.
        case auxiliary

        /// Whether what is registered must not be held here (§4.3.6.3).
        public var isProxied: Bool { self == .exclusive || self == .redirect }
    }

    /// A URI; empty until the broker has given one to a document without.
    public var id = ""
    /// A name for people.
    public var registrationName: String?
    /// For people.
    public var description: String?
    /// Any of these; one or more.
    public var information: [RegistrationInfo]
    /// The `http` or `https` URI under which the source offers NGSI-LD.
    public var endpoint: String
    /// For the source, whenever it is asked.
    public var contextSourceInfo: [KeyValuePair] = []
    /// What the source calls itself in a `Via` header.
    public var contextSourceAlias: String?
    /// The tenant of the source that is meant; nil for its default tenant.
    public var tenant: String?
    /// As it was given; nil means inclusive.
    public var mode: Mode?
    /// Names of operations and of groups, as they were given; empty for `federationOps`.
    public var operationNames: [String] = []
    /// Instances of attributes that the source has: URIs, and `@none` for default ones; empty if it did not say.
    public var datasetId: [String] = []
    /// When it ends.
    public var expiresAt: Int64?
    /// Where the entities are, GeoJSON.
    public var location: JSONValue?
    /// What the entities observe, GeoJSON.
    public var observationSpace: JSONValue?
    /// Where the entities operate, GeoJSON.
    public var operationSpace: JSONValue?
    /// From when to when values were observed; makes it a registration of history.
    public var observationInterval: TimeInterval?
    /// From when to when values were entered, changed or deleted; makes it a registration of history.
    public var managementInterval: TimeInterval?
    /// How to treat the source.
    public var management: RegistrationManagement?
    /// The likely time between changes, an ISO 8601 duration as it was given.
    public var refreshRate: String?
    /// Scopes of the entities.
    public var scopes: [String] = []
    /// Properties that the registrant added: canonical names, values as they were written.
    public var properties: [JSONObject.Member] = []
    /// The `@context` that the document came with: a URL, an object, or an array of these.
    public var context: JSONValue?
    /// When it was entered.
    public var createdAt: Int64?
    /// When it was last changed.
    public var modifiedAt: Int64?
    /// How requests to the source went so far.
    public var deliveries = DeliveryRecord()

    /// A registration of the default mode and operations.
    ///
    /// - Parameters:
    ///   - id: A URI.
    ///   - endpoint: An `http` or `https` URI.
    ///   - information: One or more.
    public init(id: String, endpoint: String, information: [RegistrationInfo]) {
        self.id = id
        self.endpoint = endpoint
        self.information = information
    }

    /// The mode that counts.
    public var effectiveMode: Mode { mode ?? .inclusive }

    /// The operations that the source may be asked for: those named, `federationOps` where none is; of an auxiliary
    /// source only such as read (§4.3.6.2).
    public var operations: Set<ContextSourceOperation> {
        var operations: Set<ContextSourceOperation> = []
        for name in operationNames {
            if let operation = ContextSourceOperation(rawValue: name) { operations.insert(operation) }
            operations.formUnion(ContextSourceOperationGroup(rawValue: name)?.operations ?? [])
        }
        if operationNames.isEmpty { operations = ContextSourceOperationGroup.federationOps.operations }
        return effectiveMode == .auxiliary ? operations.filter(\.isConsumption) : operations
    }

    /// Whether the source shall answer from what it holds itself, without asking others (§4.3.6.4).
    public var isLocalOnly: Bool {
        management?.localOnly ?? properties.contains { $0.name == "localOnly" && $0.value == true }
    }

    /// Whether it is over; it shall be deleted then (§5.9.2.4).
    ///
    /// - Parameter now: In microseconds since 1970.
    /// - Returns: False for one without an end.
    public func isExpired(at now: Int64) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// Whether the source is left alone after a failure (§5.2.34): a request is answered as if it had timed out.
    ///
    /// - Parameter now: In microseconds since 1970.
    /// - Returns: False once anything succeeded after the failure.
    public func isCoolingDown(at now: Int64) -> Bool {
        guard deliveries.status == .failed, let failure = deliveries.lastFailure, let cooldown = management?.cooldown
        else { return false }
        return failure <= now && now < failure.later(by: cooldown)
    }

    /// The registration as attributes, for the query of a context source filter (§5.10.2.4): what the registrant added,
    /// and what the standard gives it.
    public var contextSourceProperties: [Attribute] {
        var attributes: [Attribute] = []
        func add(_ name: String, _ text: String?) {
            if let text { attributes.append(Attribute(name, value: .string(text))) }
        }
        add("endpoint", endpoint)
        add("registrationName", registrationName)
        add("description", description)
        add("contextSourceAlias", contextSourceAlias)
        add("tenant", tenant)
        add("mode", effectiveMode.rawValue)
        add("refreshRate", refreshRate)
        if let expiresAt { add("expiresAt", RFC3339.string(expiresAt)) }
        if !operationNames.isEmpty {
            attributes.append(Attribute("operations", value: .array(operationNames.map { .string($0) })))
        }
        if !scopes.isEmpty { attributes.append(Attribute("scope", value: .array(scopes.map { .string($0) }))) }
        let geometries = [
            ("location", location), ("observationSpace", observationSpace), ("operationSpace", operationSpace),
        ]
        for (name, geometry) in geometries {
            if let geometry { attributes.append(Attribute(name, kind: .geoProperty, value: geometry)) }
        }
        for member in properties {
            attributes += (try? Attribute.instances(parsing: member.value, name: member.name)) ?? []
        }
        return attributes
    }
}
