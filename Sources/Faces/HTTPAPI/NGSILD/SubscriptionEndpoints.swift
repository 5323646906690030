import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// Subscriptions to entities (CIM 009 §5.8, §6.10, §6.11), and to registrations (§5.11, §6.12, §6.13).
struct SubscriptionEndpoints: Sendable {
    let shared: HTTPShared
    let subject: Subscription.Subject

    private var path: String {
        switch subject {
        case .entities: "/ngsi-ld/v1/subscriptions"
        case .registrations: "/ngsi-ld/v1/csourceSubscriptions"
        }
    }

    private var kind: DocumentChange.Kind { subject == .entities ? .subscription : .registrationSubscription }

    private var deliveryKind: DocumentChange.Kind { subject == .entities ? .delivery : .registrationDelivery }

    func register(on endpoints: Endpoints) {
        let path = path
        endpoints.context(.post, path, parameters: ["local", "via"]) { try await create($0) }
        endpoints.context(.get, path, parameters: ["limit", "offset", "count", "options", "local", "via"]) {
            try await list($0)
        }
        endpoints.context(.get, "\(path)/{id}", parameters: ["options", "local", "via"]) { try await retrieve($0) }
        endpoints.context(.patch, "\(path)/{id}", parameters: ["local", "via"]) { try await update($0) }
        endpoints.context(.delete, "\(path)/{id}", parameters: ["local", "via"]) { try await delete($0) }
    }

    // MARK: Writing

    private func create(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let (value, context) = try await visit.body()
        var subscription = try Subscription(
            parsing: value, context: context.context, contextDocument: context.document, at: visit.now)
        if subscription.id.isEmpty { subscription.id = "urn:ngsi-ld:Subscription:\(SubscriptionIDs.random())" }
        try await complete(&subscription, visit, context)
        (subscription.createdAt, subscription.modifiedAt) = (visit.now, visit.now)
        let standing = StandingSubscription(
            subscription, owner: SubscriptionOwner(visit.visit.caller.principal, purpose: visit.visit.purpose),
            contextURL: context.url)
        try await visit.change { draft in
            guard draft.document(kind, tenant: visit.tenant, id: subscription.id) == nil else {
                throw Problem(.alreadyExists, "the subscription `\(subscription.id.prefix(200))` exists already")
            }
            draft.put(kind, tenant: visit.tenant, id: subscription.id, standing.document)
        }
        return Response(
            status: .created,
            headers: [.location: "\(path)/\(PercentCoding.encode(subscription.id))"])
    }

    private func update(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let id = try visit.uri()
        let (value, context) = try await visit.body()
        guard case .object(let object) = value, object.members.contains(where: { $0.name != "@context" }) else {
            throw Problem(.badRequestData, "at `$`: expected a fragment of a subscription, found nothing to change")
        }
        _ = try visit.store()
        var known = try find(id, visit)
        known.subscription = try known.subscription.updated(
            by: value, context: context.context, contextDocument: context.document, at: visit.now)
        try await complete(&known.subscription, visit, context)
        // Who changes what is sent answers for it from now on.
        known.owner = SubscriptionOwner(visit.visit.caller.principal, purpose: visit.visit.purpose)
        let changed = known
        try await visit.change { draft in
            guard draft.document(kind, tenant: visit.tenant, id: id) != nil else {
                throw Problem(.resourceNotFound, "there is no subscription `\(id.prefix(200))`")
            }
            draft.put(kind, tenant: visit.tenant, id: id, changed.document)
        }
        return Response(status: .noContent)
    }

    private func delete(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let id = try visit.uri()
        _ = try visit.store()
        try await visit.change { draft in
            guard draft.document(kind, tenant: visit.tenant, id: id) != nil else {
                throw Problem(.resourceNotFound, "there is no subscription `\(id.prefix(200))`")
            }
            draft.put(kind, tenant: visit.tenant, id: id, nil)
            if draft.document(deliveryKind, tenant: visit.tenant, id: id) != nil {
                draft.put(deliveryKind, tenant: visit.tenant, id: id, nil)
            }
        }
        return Response(status: .noContent)
    }

    /// Gives a subscription the `@context` that its notifications are written with: by a URL, also where it stood in the
    /// request (§5.8.1.4).
    private func complete(
        _ subscription: inout Subscription, _ visit: ContextVisit, _ context: ResolvedContext
    ) async throws {
        if let url = subscription.jsonldContext {
            _ = try await shared.contexts.resolve(.string(url))
        } else if context.isCreatedHere {
            subscription.jsonldContext = context.url
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
        let subscription = try find(id, visit).subscription
        var writer = JSONWriter(capacity: 1_024)
        write(subscription, to: &writer, visit, context, form, sysAttrs)
        return form.answer(writer, context).response
    }

    private func list(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let context = try await visit.linkedContext()
        let form = try EntityForms(of: visit.request)
        let sysAttrs = try visit.sysAttrs()
        let page = try ResultPage(visit.parameters)
        _ = try visit.store()
        let all = visit.city.views.context.documents(kind, tenant: visit.tenant).values
            .compactMap { StandingSubscription(document: $0)?.subscription }
            .sorted { ($0.createdAt ?? 0, $0.id) < ($1.createdAt ?? 0, $1.id) }
        let (part, hasMore) = page.page(of: all)
        var writer = JSONWriter(capacity: 1_024 * part.count)
        writer.beginArray()
        for subscription in part { write(subscription, to: &writer, visit, context, form, sysAttrs) }
        writer.endArray()
        let type = subject == .registrations ? visit.linkType(form) : form.type
        let links = page.links(path: visit.request.uri.path, hasMore: hasMore, type: type)
        var answer = form.answer(writer, context, links: links)
        if page.counts { answer.headers[.ngsiLDResultsCount] = "\(all.count)" }
        return answer.response
    }

    private func write(
        _ subscription: Subscription, to writer: inout JSONWriter, _ visit: ContextVisit, _ context: ResolvedContext,
        _ form: EntityForms, _ sysAttrs: Bool
    ) {
        var subscription = subscription
        subscription.deliveries =
            visit.city.views.outbox.delivery(
                subject, tenant: visit.tenant, id: subscription.id
            ).record
        subscription.write(
            to: &writer, context: context.context, as: subject,
            contextDocument: form.hasContextInBody ? context.body : nil,
            sysAttrs: sysAttrs, at: visit.now)
    }

    private func find(_ id: String, _ visit: ContextVisit) throws(Problem) -> StandingSubscription {
        let document = visit.city.views.context.document(kind, tenant: visit.tenant, id: id)
        guard let found = document.flatMap(StandingSubscription.init(document:)) else {
            throw Problem(.resourceNotFound, "there is no subscription `\(id.prefix(200))`")
        }
        return found
    }
}

extension ContextVisit {
    /// Whether times of creation and change are asked for, where nothing else can be (§6.3.11).
    func sysAttrs() throws(Problem) -> Bool {
        var sysAttrs = false
        for word in (parameters["options"] ?? "").split(separator: ",") {
            guard word == "sysAttrs" else {
                throw Problem(.invalidRequest, "`\(word.prefix(64))` is no option here; `sysAttrs` is")
            }
            sysAttrs = true
        }
        return sysAttrs
    }

    /// What pages before and after are said to be: JSON-LD, unless JSON is what is asked for.
    func linkType(_ form: EntityForms) -> String {
        request.headers[.accept].map { $0 == "*/*" } ?? true ? "application/ld+json" : form.type
    }

    /// A body in which `@context` has no meaning of its own.
    func plainBody() async throws -> JSONValue {
        let type = MediaRange.type(of: request.headers[.contentType])
        guard type == "application/json" || type == "application/ld+json" else {
            throw BareStatus(.unsupportedMediaType)
        }
        let bytes = try await shared.bodies.bytes(of: request, from: visit.peer)
        do throws(JSONError) {
            return try JSONValue(parsing: bytes.readableBytesView)
        } catch {
            throw Problem(.invalidRequest, error.message)
        }
    }
}
