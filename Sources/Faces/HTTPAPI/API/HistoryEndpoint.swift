import CityContext
import CityModel
import CityPath
import CityStorage
import Hummingbird
import JSONBytes
import TimeSeries

/// The numbers of one attribute over time, thinned out for a chart, with the alerts of that time.
struct HistoryEndpoint: Sendable {
    static let usualPoints = 1_000
    static let highestPoints = 20_000
    private static let usualSpan = Duration.seconds(86_400)

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(
            .get, "/api/v1/entities/{id}/history", parameters: ["attribute", "from", "to", "points"]
        ) { visit in
            try await shared.pool.run { try history(visit) }
        }
    }

    private func history(_ visit: Visit) throws -> Response {
        let permit = try visit.permit(.readEntities)
        let parameters = visit.parameters
        let id = EntityID(try visit.parameter("id"))
        guard let name = parameters.text("attribute") else { throw Problem(.badRequest, "`attribute` is missing") }
        let to = try parameters.moment("to") ?? visit.now
        let from = try parameters.moment("from") ?? to - HistoryEndpoint.usualSpan
        guard from <= to else { throw Problem(.badRequest, "`from` lies after `to`") }
        let limit = try parameters.integer(
            "points", in: 4...HistoryEndpoint.highestPoints, default: HistoryEndpoint.usualPoints)
        guard let attribute = shared.city.views.twin.entity(id)?[name] else {
            throw Problem(.notFound, "`\(id.text.prefix(200))` has no attribute `\(name.prefix(200))`")
        }
        try permit.check(attribute.definition)
        visit.note(.readEntities, of: id.text, dataClass: attribute.definition.label.dataClass)
        let span = from.microseconds...to.microseconds
        let run = try shared.city.views.history.run(of: attribute.definition.series, in: span)
        var sampler = Downsampler(to: limit, over: run.extent ?? span)
        try run.forEach { sampler.append($0) }
        let points = sampler.chosen
        let alerts = shared.city.views.alerts.newest(200) { alert in
            alert.entity == id && alert.attribute == name && from <= alert.observedAt && alert.observedAt <= to
        }
        return JSONWriter.answer { writer in
            writer.member("entityId", id.text)
            writer.member("attribute", name)
            writer.member("unitCode", ifPresent: attribute.definition.unitCode)
            writer.member("from", from)
            writer.member("to", to)
            writer.list("points", points) { point, writer in
                writer.beginArray()
                writer.double(Double(point.time) / 1_000)
                writer.double(point.value)
                writer.double((point.score * 1_000).rounded() / 1_000)
                writer.endArray()
            }
            writer.member("downsampled", points.count < sampler.count)
            writer.list("alerts", alerts) { alert, writer in
                shared.sight(of: alert, upTo: permit.highestClass).write(to: &writer)
            }
        }
    }
}

extension Permit {
    /// Holds one attribute that is asked for by name against what may be given.
    ///
    /// - Throws: ``Refusal/Code/notPermitted``, with what would help.
    func check(_ definition: AttributeDefinition) throws(Refusal) {
        guard definition.label.dataClass > highestClass else { return }
        throw Refusal(
            step: .authorise, code: .notPermitted,
            message:
                "`\(definition.attribute)` is \(definition.label.dataClass.rawValue): state why you read it in the "
                + "header `Bastide-Purpose`")
    }
}
