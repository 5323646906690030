import CityContext
import CityModel
import CityStorage

extension City {
    /// Makes stored series what the catalogue says of them now: another class holds for what was kept before it, too.
    ///
    /// Called once, when the city is open and before anybody reads. What people read is labelled anew at once; that it is
    /// becomes an entry of the next batch, and is found out again at the next start where that batch does not come.
    ///
    /// - Returns: How many series have another label.
    @discardableResult
    func relabel() -> Int {
        var count = 0
        for index in 0..<views.series.count {
            guard let definition = views.series.definition(of: SeriesID(index: UInt32(index))) else { continue }
            let label = path.understand.classify.label(definition.attribute, of: definition.entityType)
            guard label != definition.label, isWord(label, against: definition.label) else { continue }
            let relabelled = definition.labelled(label)
            _ = views.series.define(definition.attribute, of: definition.entity) { _ in relabelled }
            views.twin.define(relabelled)
            count += 1
        }
        // Nothing but an occasion for a batch: the committer takes the new definitions along.
        if count > 0 { _ = path.commit(AcceptedChanges { _ in }) }
        return count
    }

    /// Whether a label is the catalogue's word. A line that is missing there takes no care away.
    private func isWord(_ label: DataLabel, against known: DataLabel) -> Bool {
        label.isCatalogued || label.dataClass >= known.dataClass
    }
}

extension AttributeDefinition {
    fileprivate func labelled(_ label: DataLabel) -> AttributeDefinition {
        AttributeDefinition(
            series: series, entity: entity, entityType: entityType, attribute: attribute, unitCode: unitCode,
            device: device, agency: agency, zone: zone, label: label)
    }
}
