import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// What other brokers and devices know of: context source registrations (CIM 009 §5.9, §5.10, §6.8, §6.9).
struct RegistrationEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let path = "/ngsi-ld/v1/csourceRegistrations"
        endpoints.context(.post, path) { try await create($0) }
        endpoints.context(
            .get, path,
            parameters: EntityEndpoints.selection + [
                "type", "attrs", "pick", "omit", "lang", "geometryProperty", "timerel", "timeAt", "endTimeAt",
                "timeproperty", "limit", "offset", "count", "options", "datasetId",
            ]
        ) { try await query($0) }
        endpoints.context(.get, "\(path)/{id}", parameters: ["options"]) { try await retrieve($0) }
        endpoints.context(.patch, "\(path)/{id}") { try await update($0) }
        endpoints.context(.delete, "\(path)/{id}") { try await delete($0) }
        endpoints.context(.get, "/ngsi-ld/v1/info/sourceIdentity") { try await identity($0) }
    }

    /// Who this broker is, for others that register it (§5.2.40, §5.16.1).
    private func identity(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.readEntities)
        let context = try await visit.linkedContext()
        let form = try EntityForms(of: visit.request)
        let alias = shared.federation.alias(tenant: visit.tenant)
        let seconds = max(0, (visit.now - visit.city.openedAt.microseconds) / 1_000_000)
        var writer = JSONWriter()
        form.write(to: &writer, context) { writer in
            writer.member("id", "urn:ngsi-ld:ContextSource:\(alias)")
            writer.member("type", "ContextSourceIdentity")
            writer.member("contextSourceAlias", alias)
            writer.member("contextSourceUptime", "PT\(seconds)S")
            writer.key("contextSourceTimeAt")
            writer.timestamp(visit.now)
        }
        return form.answer(writer, context).response
    }

    // MARK: Writing

    private func create(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let (value, context) = try await visit.body()
        var registration = try ContextSourceRegistration(
            parsing: value, context: context.context, contextDocument: context.document, at: visit.now)
        if registration.id.isEmpty {
            registration.id = "urn:ngsi-ld:ContextSourceRegistration:\(SubscriptionIDs.random())"
        }
        (registration.createdAt, registration.modifiedAt) = (visit.now, visit.now)
        let (id, new) = (registration.id, registration)
        try await visit.change { draft in
            guard draft.document(.registration, tenant: visit.tenant, id: id) == nil else {
                throw Problem(.alreadyExists, "the registration `\(id.prefix(200))` exists already")
            }
            try check(new, visit)
            draft.put(.registration, tenant: visit.tenant, id: id, new.storageJSON)
        }
        return Response(
            status: .created,
            headers: [.location: "/ngsi-ld/v1/csourceRegistrations/\(PercentCoding.encode(id))"])
    }

    private func update(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let id = try visit.uri()
        let (value, context) = try await visit.body()
        guard case .object(let object) = value, object.members.contains(where: { $0.name != "@context" }) else {
            throw Problem(.badRequestData, "at `$`: expected a fragment of a registration, found nothing to change")
        }
        _ = try visit.store()
        let updated = try find(id, visit).updated(by: value, context: context.context, at: visit.now)
        try await visit.change { draft in
            guard draft.document(.registration, tenant: visit.tenant, id: id) != nil else {
                throw Problem(.resourceNotFound, "there is no registration `\(id.prefix(200))`")
            }
            try check(updated, visit)
            draft.put(.registration, tenant: visit.tenant, id: id, updated.storageJSON)
        }
        return Response(status: .noContent)
    }

    private func delete(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let id = try visit.uri()
        _ = try visit.store()
        try await visit.change { draft in
            guard draft.document(.registration, tenant: visit.tenant, id: id) != nil else {
                throw Problem(.resourceNotFound, "there is no registration `\(id.prefix(200))`")
            }
            draft.put(.registration, tenant: visit.tenant, id: id, nil)
        }
        return Response(status: .noContent)
    }

    /// Whether it may stand beside what there is (§5.9.2.4).
    private func check(_ registration: ContextSourceRegistration, _ visit: ContextVisit) throws {
        guard registration.effectiveMode.isProxied else { return }
        var budget = QueryBudget()
        for other in visit.city.views.registrations.all(tenant: visit.tenant) {
            try registration.checkConflict(with: other, at: visit.now, within: &budget)
        }
        guard let store = visit.city.views.context.tenant(visit.tenant) else { return }
        var narrowing = Narrowing()
        let infos = registration.information.flatMap(\.entities)
        if !infos.isEmpty, infos.allSatisfy({ $0.id != nil }) { narrowing.ids = infos.compactMap(\.id) }
        if narrowing.ids.isEmpty, !infos.isEmpty { narrowing.types = infos.compactMap(\.types.first) }
        for stored in store.candidates(narrowing).entities where !stored.entity.isExpired(at: visit.now) {
            try registration.checkConflict(with: stored.entity, within: &budget)
        }
    }

    // MARK: Reading

    private func retrieve(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let id = try visit.uri()
        let context = try await visit.linkedContext()
        let form = try EntityForms(of: visit.request)
        let sysAttrs = try visit.sysAttrs()
        _ = try visit.store()
        let registration = try find(id, visit)
        var writer = JSONWriter(capacity: 1_024)
        registration.write(
            to: &writer, context: context.context, contextDocument: form.hasContextInBody ? context.body : nil,
            sysAttrs: sysAttrs)
        return form.answer(writer, context).response
    }

    private func query(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let context = try await visit.linkedContext()
        let form = try EntityForms(of: visit.request)
        let sysAttrs = try visit.sysAttrs()
        let page = try ResultPage(visit.parameters)
        let selection = try RegistrationSelection(visit.parameters, context.context)
        _ = try visit.store()
        let known = visit.city.views.registrations.all(tenant: visit.tenant)
        return try await shared.pool.run {
            var budget = QueryBudget()
            let all = try known.filter { try selection.match($0, at: visit.now, within: &budget) != nil }
            let (part, hasMore) = page.page(of: all)
            var writer = JSONWriter(capacity: 1_024 * part.count)
            writer.beginArray()
            for registration in part {
                registration.write(
                    to: &writer, context: context.context, contextDocument: form.hasContextInBody ? context.body : nil,
                    sysAttrs: sysAttrs)
            }
            writer.endArray()
            let links = page.links(
                path: visit.request.uri.path, hasMore: hasMore, type: visit.linkType(form), isSorted: false)
            var answer = form.answer(writer, context, links: links)
            if page.counts { answer.headers[.ngsiLDResultsCount] = "\(all.count)" }
            return answer.response
        }
    }

    private func find(_ id: String, _ visit: ContextVisit) throws(Problem) -> ContextSourceRegistration {
        guard let found = visit.city.views.registrations.registration(id, tenant: visit.tenant),
            !found.isExpired(at: visit.now)
        else { throw Problem(.resourceNotFound, "there is no registration `\(id.prefix(200))`") }
        return found
    }
}

extension RegistrationSelection {
    /// Reads the parameters of a query for registrations (§6.8.3.2).
    ///
    /// - Throws: A problem or an `NGSILDError` that says which parameter is wrong.
    init(_ parameters: RequestParameters, _ context: JSONLDContext) throws {
        let entities = try EntitySelection(parameters, context)
        let asked = !entities.selectors.isEmpty || parameters["attrs"] != nil
        guard asked || parameters["q"] != nil || parameters["georel"] != nil || parameters["pick"] != nil else {
            throw Problem(.badRequestData, "too wide: state one of `type`, `id`, `attrs`, `q` and `georel`")
        }
        var specification = EntitySpecification(
            selectors: entities.selectors.map { selector in
                EntitySpecification.Selector(
                    types: selector.types.map { .selection($0) } ?? .any, ids: selector.ids,
                    idPattern: selector.idPattern)
            })
        let names = entities.attributes + (entities.condition?.attributeNames.sorted() ?? [])
        specification.attributes = names
        let time = try TemporalQuery(
            parsingTimerel: parameters["timerel"], timeAt: parameters["timeAt"], endTimeAt: parameters["endTimeAt"],
            timeproperty: parameters["timeproperty"], lastN: nil)
        if parameters["timerel"] != nil { specification.time = .query(time) }
        self.init(specification)
        filter = try parameters["csf"].map { try QueryExpression(parsing: $0, context: context) }
        geo = entities.geo
        scopes = entities.scopes
    }
}
