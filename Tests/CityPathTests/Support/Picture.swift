import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import TimeSeries

/// All that the views of a city say, to be held against another time or another city.
struct Picture: Equatable {
    var applied: UInt64
    var definitions: [AttributeDefinition]
    var entities: [String]
    var readings: [[Reading]]
    var words: [[Observation]]
    var devices: [DeviceRecord]
    var alerts: [AlertRecord]
    var openAlerts: Int
    var refusals: [RefusalRecord]
    var retained: [RetainedMessage]

    init(_ city: City) throws {
        let views = city.views
        applied = views.applied.batch
        let series = (0..<views.series.count).map { SeriesID(index: UInt32($0)) }
        definitions = series.compactMap { views.series.definition(of: $0) }
        entities = views.twin.index().map { entry in
            let state = views.twin.entity(at: entry.place)
            let attributes = state.attributes.map { "\($0.definition.attribute)=\($0.current)" }
            return "\(entry.id) \(entry.type) \(attributes)"
        }
        let always = Int64.min...Int64.max
        readings = try series.map { try views.history.readings(of: $0, in: always) }
        words = try series.map { try views.history.words(of: $0, in: always, newest: .max) }
        devices = views.registry.all()
        alerts = views.alerts.newest(.max)
        openAlerts = views.alerts.openCount
        refusals = views.refusals.newest(.max)
        retained = views.retained.messages { _ in true }
    }

    /// Where two pictures differ.
    func differences(from other: Picture) -> [String] {
        var found: [String] = []
        if applied != other.applied { found.append("applied: \(applied), \(other.applied)") }
        if definitions != other.definitions { found.append("definitions") }
        for (left, right) in zip(entities, other.entities) where left != right { found.append("\(left)\n\(right)") }
        if entities.count != other.entities.count { found.append("entities") }
        for (index, (left, right)) in zip(readings, other.readings).enumerated() where left != right {
            found.append("readings of \(index): \(left.count), \(right.count)")
        }
        if words != other.words { found.append("words") }
        if devices != other.devices { found.append("devices") }
        if alerts != other.alerts { found.append("alerts: \(alerts.map(\.id)), \(other.alerts.map(\.id))") }
        if openAlerts != other.openAlerts { found.append("open alerts") }
        if refusals != other.refusals { found.append("refusals: \(refusals.count), \(other.refusals.count)") }
        if retained != other.retained { found.append("retained") }
        return found
    }
}
