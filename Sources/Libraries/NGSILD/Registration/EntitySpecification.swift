/// What a request is about, as far as registrations are concerned (CIM 009 §5.12): entities by type and identifier, and
/// attributes.
public struct EntitySpecification: Sendable, Hashable {
    /// Which types are asked for.
    public enum Types: Sendable, Hashable {
        /// None in particular: nobody said what types the entities have.
        case any
        /// A selection, as in a query.
        case selection(TypeSelection)
        /// Those of an entity at hand, all of them, as when one is created.
        case known([String])
    }

    /// Entities of these types with these identifiers.
    public struct Selector: Sendable, Hashable {
        /// Which types are asked for.
        public var types: Types
        /// Any of these; empty for any identifier, or those that match ``idPattern``.
        public var ids: [String]
        /// What identifiers must match; of no effect beside ``ids``.
        public var idPattern: TextPattern?

        /// Entities of these types with these identifiers.
        ///
        /// - Parameters:
        ///   - types: Which types are asked for.
        ///   - ids: Any of these; empty for any identifier.
        ///   - idPattern: What identifiers must match.
        public init(types: Types = .any, ids: [String] = [], idPattern: TextPattern? = nil) {
            self.types = types
            self.ids = ids
            self.idPattern = idPattern
        }
    }

    /// What registrations are considered as to time (§5.9.1).
    public enum Time: Sendable, Hashable {
        /// Those of sources that know what is now.
        case latest
        /// Those of sources that know what was, at any time.
        case history
        /// Those of sources that know what was at the time that a temporal query asks about.
        case query(TemporalQuery)
    }

    /// Any of these; empty if no entities in particular are asked for.
    public var selectors: [Selector]
    /// Canonical names; empty for all attributes.
    public var attributes: [String]
    /// Instances of attributes: URIs, and `@none` for default ones; empty for all.
    public var datasetIds: [String] = []
    /// What registrations are considered as to time.
    public var time = Time.latest
    /// Aliases of the sources that the request has come through, from its `Via` headers (§4.3.6.4).
    public var encounteredAliases: Set<String> = []

    /// A request.
    ///
    /// - Parameters:
    ///   - selectors: Any of these; empty if no entities in particular are asked for.
    ///   - attributes: Canonical names; empty for all attributes.
    public init(selectors: [Selector] = [], attributes: [String] = []) {
        self.selectors = selectors
        self.attributes = attributes
    }

    /// What is asked of an entity at hand: all that it says.
    ///
    /// - Parameter entity: Its attributes are those that are asked for.
    public init(_ entity: Entity) {
        var names = UniqueStrings()
        for attribute in entity.attributes { names.insert(attribute.name) }
        self.init(selectors: [Selector(types: .known(entity.types), ids: [entity.id])], attributes: names.strings)
    }

    /// What a subscription is about (§5.11.2.4): its entities; its watched attributes and those it is notified of,
    /// where it names both, else all.
    ///
    /// - Parameter subscription: To entities or to registrations.
    public init(_ subscription: Subscription) {
        self.init()
        selectors = subscription.entities.map { selector in
            Selector(
                types: selector.types.map { .selection($0) } ?? .any, ids: selector.ids, idPattern: selector.idPattern)
        }
        let notified =
            subscription.notification.attributes.isEmpty
            ? subscription.notification.pick.flatMap { ProjectionText.topMembers(of: $0).map(\.name) }
                .filter { !["id", "type", "scope"].contains($0) }
            : subscription.notification.attributes
        if !notified.isEmpty, !subscription.watchedAttributes.isEmpty {
            var names = UniqueStrings()
            for name in subscription.watchedAttributes + notified { names.insert(name) }
            attributes = names.strings
        }
        datasetIds = subscription.datasetId
        if let query = subscription.temporalQ { time = .query(query) }
    }
}

/// What of a registration concerns a request.
public struct RegistrationMatch: Sendable, Hashable {
    /// One registration info that does.
    public struct Part: Sendable, Hashable {
        /// Its place in ``ContextSourceRegistration/information``, from zero.
        public var index: Int
        /// Its entity infos that match; empty if it has none, and so means all entities.
        public var entities: [EntityInfo]
        /// The identifiers that were asked for, as far as they match; empty if none were.
        public var ids: [String]
        /// The attributes to ask the source for: what was asked for and is registered; empty for all.
        public var attributes: [String]
    }

    /// In the order of the registration; one or more.
    public var parts: [Part]

    /// The attributes to ask the source for, each once; empty for all.
    public var attributes: [String] {
        if parts.contains(where: \.attributes.isEmpty) { return [] }
        var names = UniqueStrings()
        for name in parts.flatMap(\.attributes) { names.insert(name) }
        return names.strings
    }

    /// The identifiers to ask the source for, each once; empty if none were asked for.
    public var ids: [String] {
        var ids = UniqueStrings()
        for id in parts.flatMap(\.ids) { ids.insert(id) }
        return ids.strings
    }
}
