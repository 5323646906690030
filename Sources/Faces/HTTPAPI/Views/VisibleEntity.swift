import CityContext
import CityModel
import CityPath

/// An entity as one reader may see it: what is above their class is left out.
struct VisibleEntity: Sendable {
    typealias Attribute = CityContext.EntityState.Attribute

    let id: EntityID
    let type: String
    let attributes: [Attribute]

    init(_ entity: CityContext.EntityState, upTo highest: DataClass) {
        id = entity.id
        type = entity.type
        let isWhole = entity.attributes.allSatisfy { $0.definition.label.dataClass <= highest }
        attributes =
            isWhole ? entity.attributes : entity.attributes.filter { $0.definition.label.dataClass <= highest }
    }

    private init(id: EntityID, type: String, attributes: [Attribute]) {
        self.id = id
        self.type = type
        self.attributes = attributes
    }

    subscript(name: String) -> Attribute? { attributes.first { $0.definition.attribute == name } }

    /// With those attributes alone that are named; with all when none are.
    func only(_ names: [String]) -> VisibleEntity {
        guard !names.isEmpty else { return self }
        return VisibleEntity(
            id: id, type: type, attributes: attributes.filter { names.contains($0.definition.attribute) })
    }

    /// The class of the most sensitive among its values.
    var highestClass: DataClass {
        attributes.reduce(.public) { max($0, $1.definition.label.dataClass) }
    }

    /// When anything about it was last observed.
    var observedAt: Timestamp? { attributes.map(\.current.observedAt).max() }

    /// What people call it; its id where nothing else is known.
    var name: String {
        if case .text(let name)? = self["name"]?.current.value, !name.isEmpty { name } else { id.text }
    }
}

extension Sequence<VisibleEntity> {
    /// The class of the most sensitive among the values of all.
    var highestClass: DataClass { reduce(.public) { Swift.max($0, $1.highestClass) } }
}
