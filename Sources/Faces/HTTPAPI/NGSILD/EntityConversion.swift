import CityContext
import CityModel
import NGSILD

extension VisibleEntity {
    /// The entity as the standard writes it.
    var rendering: NGSILD.Entity {
        NGSILD.Entity(id: id.text, types: [type], attributes: attributes.map(\.ngsiLD))
    }
}
