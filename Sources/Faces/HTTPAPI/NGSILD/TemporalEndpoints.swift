import CityContext
import CityModel
import CityPath
import CityStorage
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD
import TimeSeries

/// The history of an entity (CIM 009 §6.19).
struct TemporalEndpoints: Sendable {
    /// The most instances of each attribute in one answer; more are asked for with a narrower time.
    static let instancesBound = 10_000
    static let parameters = [
        "timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "attrs", "options", "format", "local",
    ]

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(
            .get, "/ngsi-ld/v1/temporal/entities/{id}", face: .ngsiLD, parameters: TemporalEndpoints.parameters
        ) { visit in
            try await shared.pool.run { try retrieve(visit) }
        }
    }

    private func retrieve(_ visit: Visit) throws -> Response {
        let permit = try visit.permit(.readEntities)
        let form = try EntityForms(of: visit.request)
        let parameters = visit.parameters
        let query = try TemporalQuery(
            parsingTimerel: parameters["timerel"], timeAt: parameters["timeAt"], endTimeAt: parameters["endTimeAt"],
            timeproperty: parameters["timeproperty"], lastN: parameters["lastN"])
        guard query.timeProperty == .observedAt else {
            throw Problem(.operationNotSupported, "history is kept by `observedAt` only")
        }
        let options = try TemporalOptions(parsingOptions: parameters["options"], format: parameters["format"])
        let names = try parameters["attrs"].map { try Names.attributeList(parsing: $0) } ?? []
        let id = try visit.parameter("id")
        guard let state = shared.city.views.twin.entity(EntityID(id)) else {
            throw Problem(.resourceNotFound, "there is no entity `\(id.prefix(200))`")
        }
        let entity = VisibleEntity(state, upTo: permit.highestClass).only(names)
        guard names.isEmpty || !entity.attributes.isEmpty else {
            throw Problem(.resourceNotFound, "the entity has none of the attributes asked for")
        }
        visit.note(.readEntities, of: id, dataClass: entity.highestClass)
        return try answer(entity, query, options, form)
    }

    private func answer(
        _ entity: VisibleEntity, _ query: TemporalQuery, _ options: TemporalOptions, _ form: EntityForms
    ) throws -> Response {
        let bound = TemporalEndpoints.instancesBound
        let limit = min(query.lastN ?? bound, bound)
        var isCut = false
        var span: ClosedRange<Int64>?
        let series = try entity.attributes.map { attribute in
            // One more than may be given tells whether there are more.
            var instances = try instances(of: attribute, in: query.relation.span, newest: limit + 1)
            if instances.count > limit {
                instances.removeFirst(instances.count - limit)
                if query.lastN.map({ $0 > bound }) ?? true { isCut = true }
            }
            if let first = instances.first?.instant, let last = instances.last?.instant {
                span = min(span?.lowerBound ?? first, first)...max(span?.upperBound ?? last, last)
            }
            let kind = attribute.current.value.ngsiLD.kind
            return AttributeSeries(
                attribute.definition.attribute, kind: kind,
                unitCode: kind == .property ? attribute.definition.unitCode : nil,
                instances: instances)
        }
        let rendering = RenderTemporalEntity(id: entity.id.text, types: [entity.type], series: series)
        var writer = JSONWriter(capacity: 16_384)
        form.write(to: &writer) { rendering.write(to: &$0, as: options.representation) }
        var answer = form.answer(writer)
        if isCut { answer.status = .partialContent }
        if isCut, let span {
            let (first, last) = (RFC3339.string(span.lowerBound), RFC3339.string(span.upperBound))
            answer.headers[.contentRange] = "date-time \(first)-\(last)/*"
        }
        return answer.response
    }

    private func instances(
        of attribute: VisibleEntity.Attribute, in span: ClosedRange<Int64>, newest limit: Int
    ) throws -> [AttributeSeries.Instance] {
        let history = shared.city.views.history
        let series = attribute.definition.series
        let numbers = try history.readings(of: series, in: span, newest: limit).map { reading in
            AttributeSeries.Instance(JSONValue(reading.value) ?? .null, at: reading.time)
        }
        let words = try history.words(of: series, in: span, newest: limit).map { word in
            AttributeSeries.Instance(word.value.ngsiLD.value, at: word.observedAt.microseconds)
        }
        guard !words.isEmpty else { return numbers }
        return Array((numbers + words).sorted { $0.instant < $1.instant }.suffix(limit))
    }
}

extension TemporalQuery.Relation {
    /// The instants that stand in the relation, both ends included.
    var span: ClosedRange<Int64> {
        switch self {
        case .always: Int64.min...Int64.max
        case .before(let end): Int64.min...(end == .min ? .min : end - 1)
        case .after(let start): start...Int64.max
        case .between(let start, let end): start...max(start, end - 1)
        }
    }
}
