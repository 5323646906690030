/// Which entities are asked for: the query parameters `type` and `q`.
public struct EntityFilter: Sendable, Hashable {
    /// Only those of this type.
    public var type: String?
    /// Only those whose name or id contains this.
    public var text: String

    /// A filter; without arguments it lets all pass.
    public init(type: String? = nil, text: String = "") {
        self.type = type
        self.text = text
    }
}

/// The list of entities, at `/entities`.
public struct EntitiesPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// Which are asked for.
    public var filter: EntityFilter
    /// All types there are, in the order to offer them.
    public var types: [String]
    /// The entities on this page.
    public var rows: [EntityRow]
    /// Which part of the list this is.
    public var paging: Paging

    /// A list of entities.
    public init(frame: ConsoleFrame, filter: EntityFilter, types: [String], rows: [EntityRow], paging: Paging) {
        self.frame = frame
        self.filter = filter
        self.types = types
        self.rows = rows
        self.paging = paging
    }
}

extension EntitiesPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        let parameters: [(name: String, value: String?)] = [("type", filter.type), ("q", filter.text)]
        return PageContent(
            template: "entities", title: "Entities", section: .entities, scripts: ["entities"],
            view: [
                "text": .text(filter.text),
                "types": .list(
                    FilterOption.views(types.map { ($0, $0.spacedWords) }, selected: filter.type)),
                "isFiltered": .flag(filter != EntityFilter()),
                "hasRows": .flag(!rows.isEmpty),
                "rows": .list(rows.map(\.view)),
                "paging": .object(
                    paging.view(path: "/entities", parameters: parameters, noun: "entity", plural: "entities")),
            ])
    }
}
