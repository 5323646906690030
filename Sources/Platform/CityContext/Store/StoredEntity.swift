public import CityModel
public import NGSILD

/// An entity as the context broker keeps it: never changed, only replaced.
///
/// What devices observe of it as numbers is not in here but in the ``Twin``, under `series`.
public final class StoredEntity: Sendable {
    /// Its place among all entities of its tenant, in the order in which they came.
    public let place: Int
    /// What was said of it, by names that are canonical.
    public let entity: Entity
    /// Attributes that devices observe.
    public let series: [SeriesID]
    let labels: AttributeLabels

    init(place: Int, entity: Entity, labels: AttributeLabels, series: [SeriesID]) {
        self.place = place
        self.entity = entity
        self.labels = labels
        self.series = series
    }

    /// The label of an attribute that is there; nil for another.
    public func label(of name: String) -> AttributeLabel? {
        entity.attributes.firstIndex { $0.name == name }.map { labels[$0] }
    }

    /// What of it may be seen.
    ///
    /// - Parameter highest: The most sensitive class that may be.
    /// - Returns: The entity, attributes above the class left out, and the highest class among those that are left.
    func visible(upTo highest: DataClass) -> (entity: Entity, highestClass: DataClass) {
        guard labels.highestClass > highest else { return (entity, labels.highestClass) }
        var (visible, left) = (entity, DataClass.public)
        visible.attributes = []
        for (index, attribute) in entity.attributes.enumerated() where labels[index].dataClass <= highest {
            visible.attributes.append(attribute)
            left = max(left, labels[index].dataClass)
        }
        return (visible, left)
    }
}
