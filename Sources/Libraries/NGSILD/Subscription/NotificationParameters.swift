import JSONBytes

/// What a notification contains, and where it goes (CIM 009 §5.2.14.1). What it came to is in
/// ``Subscription/deliveries``.
public struct NotificationParameters: Sendable, Hashable {
    /// How entities are written.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// In full.
        case normalized
        /// In full, without what follows from the rest.
        case concise
        /// Values alone.
        case simplified
        /// The same, in the words of earlier versions.
        case keyValues
    }

    /// How linked entities are added (§4.5.23).
    public enum Join: String, Sendable, Hashable, CaseIterable {
        /// Beside the entity.
        case flat
        /// Inside its relationships.
        case inline
        /// Not at all.
        case none = "@none"
    }

    /// Where notifications go.
    public var endpoint: Endpoint
    /// As it was given; nil means normalized.
    public var format: Format?
    /// Attributes that are shown, canonical names; empty for all.
    public var attributes: [String] = []
    /// Members that alone are shown, in the projection language (§4.21) with canonical names; empty for all.
    public var pick: [String] = []
    /// Members that are not shown, in the projection language with canonical names.
    public var omit: [String] = []
    /// As it was given; nil means false.
    public var sysAttrs: Bool?
    /// As it was given; nil means false.
    public var showChanges: Bool?
    /// As it was given; nil means not at all.
    public var join: Join?
    /// As it was given; nil means 1.
    public var joinLevel: Int?

    /// Parameters with nothing but an endpoint.
    ///
    /// - Parameter endpoint: Where notifications go.
    public init(endpoint: Endpoint) {
        self.endpoint = endpoint
    }

    /// How entities are written.
    public var representation: EntityRepresentation {
        switch format {
        case nil, .normalized: .normalized
        case .concise: .concise
        case .simplified, .keyValues: .keyValues
        }
    }

    /// What ``pick`` and ``omit`` leave of entities.
    public var projection: Projection {
        func text(_ parts: [String]) -> String? { parts.isEmpty ? nil : parts.joined(separator: ",") }
        // Names are canonical already, and were checked when they were read.
        return (try? Projection(pick: text(pick), omit: text(omit))) ?? .all
    }

    /// Whether a notification shows a member of an entity.
    ///
    /// - Parameter member: `id`, `type`, `scope` or the canonical name of an attribute.
    /// - Returns: False for attributes that ``attributes`` leaves out, and for what ``pick`` leaves out or ``omit``
    ///   takes away as a whole.
    public func shows(_ member: String) -> Bool {
        attributes.isEmpty
            ? projection.keeps(member) : ["id", "type", "scope"].contains(member) || attributes.contains(member)
    }
}

extension NotificationParameters {
    static let members: Set<String> = DeliveryRecord.members.union([
        "endpoint", "format", "attributes", "pick", "omit", "sysAttrs", "showChanges", "join", "joinLevel",
    ])

    init(reading members: DocumentMembers) throws(NGSILDError) {
        self.init(
            endpoint: try Endpoint(reading: members.required("endpoint", "an endpoint, as a JSON object")))
        format = try members["format"]?.choice(of: Format.self)
        attributes = try members["attributes"]?.names() ?? []
        pick = try members["pick"]?.projections(purpose: members.purpose) ?? []
        omit = try members["omit"]?.projections(purpose: members.purpose) ?? []
        sysAttrs = try members["sysAttrs"]?.bool()
        showChanges = try members["showChanges"]?.bool()
        join = try members["join"]?.choice(of: Join.self)
        joinLevel = try members["joinLevel"]?.positiveInteger()
        try checkRestrictions(at: members.path)
    }

    private func checkRestrictions(at path: JSONPath) throws(NGSILDError) {
        if showChanges == true, representation == .keyValues {
            let expected = "`showChanges` with another format than `\(format?.rawValue ?? "")`"
            throw NGSILDError(at: path["showChanges"], expected: expected, found: "`true`")
        }
        for name in attributes where ["id", "type", "scope"].contains(name) {
            throw NGSILDError(at: path["attributes"], expected: "attribute names only", found: "`\(name)`")
        }
        if !attributes.isEmpty, !pick.isEmpty || !omit.isEmpty {
            throw NGSILDError(
                at: path["attributes"], expected: "either `attributes` or `pick` and `omit`", found: "both")
        }
        let picked = Set(Self.members(of: pick).map(\.name))
        for member in Self.members(of: omit) where !member.isLinked && picked.contains(member.name) {
            throw NGSILDError(
                at: path["omit"], expected: "no member that `pick` has", found: NGSILDError.quoted(member.name))
        }
    }

    private static func members(of projections: [String]) -> [(name: String, isLinked: Bool)] {
        projections.flatMap(ProjectionText.topMembers)
    }

    func json(_ builder: DocumentBuilder, _ deliveries: DeliveryRecord) -> JSONValue {
        var builder = builder
        let term = builder.context.term
        builder.add("attributes", names: attributes)
        builder.add("pick", strings: pick.map { ProjectionText.mapNames($0, term) ?? $0 })
        builder.add("omit", strings: omit.map { ProjectionText.mapNames($0, term) ?? $0 })
        builder.add("format", format?.rawValue)
        builder.add("sysAttrs", sysAttrs)
        builder.add("showChanges", showChanges)
        builder.add("join", join?.rawValue)
        builder.add("joinLevel", count: joinLevel)
        builder.add("endpoint", endpoint.json(builder.nested))
        deliveries.add(to: &builder)
        return builder.value
    }
}

extension DocumentField {
    /// Texts of the projection language, one or more, with canonical names.
    fileprivate func projections(purpose: DocumentPurpose) throws(NGSILDError) -> [String] {
        var texts = UniqueStrings()
        for element in try someElements("an array of one or more entity members", atMost: DocumentLimits.names) {
            // What is stored has canonical names, among them IRIs that could not be told from lists any more.
            if purpose == .storage {
                texts.insert(try element.string())
                continue
            }
            guard case .string(let text) = element.value,
                let mapped = ProjectionText.mapNames(text, { $0 == "id" || $0 == "type" ? $0 : context.name(of: $0) })
            else { throw element.error(expected: "an entity member, as in `name` or `observation{temperature}`") }
            texts.insert(mapped)
        }
        return texts.strings
    }
}
