import CityModel
import Geometry
import JSONBytes
import NGSILD

/// What notifications of one subscription say.
protocol NotificationContents {
    /// What tells of a step; nil when there is nothing to tell.
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    func request(for step: [PendingNotification], at now: Int64, tenant: String) throws -> NotificationRequest?

    /// What tells of all there is now; nil when there is nothing to tell.
    ///
    /// - Throws: The same.
    func currentRequest(at now: Int64, tenant: String) throws -> NotificationRequest?
}

/// What one notification says, worked out from changes, as the subscription's owner may see them (CIM 009 §5.8.6).
struct NotificationContent: NotificationContents {
    let standing: StandingSubscription
    /// What the receiver's terms stand for.
    let context: JSONLDContext
    /// What `q` is asked with.
    let condition: QueryExpression?
    let sight: EntitySight
    let highest: DataClass

    private var subscription: Subscription { standing.subscription }

    func request(for step: [PendingNotification], at now: Int64, tenant: String) throws -> NotificationRequest? {
        let entities = try entities(of: step)
        return entities.isEmpty ? nil : request(entities, at: now, tenant: tenant)
    }

    func currentRequest(at now: Int64, tenant: String) throws -> NotificationRequest? {
        let entities = try currentEntities()
        return entities.isEmpty ? nil : request(entities, at: now, tenant: tenant)
    }

    /// The entities that changes tell of; those that the subscription does not ask for are left out.
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    private func entities(of changes: [PendingNotification]) throws -> [Entity] {
        var budget = QueryBudget()
        return try changes.compactMap { pending in
            guard let change = pending.change(upTo: highest),
                let match = try subscription.match(change, within: &budget),
                let whole = change.entity, try holds(for: whole, within: &budget)
            else { return nil }
            return subscription.content(of: change, match)
        }
    }

    /// All entities that are subscribed to, as they are now: what a periodic notification says.
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    private func currentEntities() throws -> [Entity] {
        var selection = EntitySelection()
        selection.selectors = subscription.entities
        var budget = QueryBudget()
        return try sight.store.candidates(selection.narrowing).entities.compactMap { stored in
            guard let seen = sight.seen(stored), try subscription.selects(seen.entity, within: &budget),
                try holds(for: seen.entity, within: &budget)
            else { return nil }
            var entity = seen.entity
            entity.attributes.removeAll { !subscription.selects($0) || !subscription.notification.shows($0.name) }
            return entity
        }
    }

    private func holds(for entity: Entity, within budget: inout QueryBudget) throws -> Bool {
        if let text = subscription.scopeQ, try !ScopeQuery(parsing: text).matches(entity.scopes) { return false }
        if let condition {
            let isMet = try condition.matches(entity, linked: { sight.entity($0)?.entity }, within: &budget)
            guard isMet else { return false }
        }
        guard let document = subscription.geoQ else { return true }
        guard let query = document.query else { return false }
        return try GeoCondition(query).holds(for: entity)
    }

    private func request(_ entities: [Entity], at now: Int64, tenant: String) -> NotificationRequest {
        let notification = NGSILD.Notification(
            id: "urn:ngsi-ld:Notification:\(SubscriptionIDs.random())", subscriptionId: subscription.id, notifiedAt: now
        )
        return standing.request(notification, tenant: tenant) { writer, context in
            for (entity, options) in joined(entities) {
                writer.beginObject()
                entity.writeMembers(to: &writer, options)
                if let context {
                    writer.key("@context")
                    writer.value(context)
                }
                writer.endObject()
            }
        }
    }

    /// Entities with those that they are linked to, and how each is written (§4.5.23).
    private func joined(_ entities: [Entity]) -> [(Entity, EntityOptions)] {
        let parameters = subscription.notification
        var options = subscription.entityOptions(context: context)
        let level = min(parameters.joinLevel ?? 1, LinkedEntityOptions.highestLevel)
        switch parameters.join {
        case nil, .some(.none): return entities.map { ($0, options) }
        case .inline:
            options.linked = LinkedEntities(isInline: true, depth: level, met: []) { uri, _ in
                sight.entity(uri)?.entity
            }
            return entities.map { ($0, options) }
        case .flat:
            let links = LinkedEntities(isInline: false, depth: level, met: Set(entities.map(\.id))) { uri, _ in
                sight.entity(uri)?.entity
            }
            var all = entities
            for entity in entities {
                for linked in links.reached(from: entity) where !all.contains(where: { $0.id == linked.id }) {
                    all.append(linked)
                }
            }
            return all.map { ($0, options) }
        }
    }
}

/// What a notification about registrations says (CIM 009 §5.11.7).
struct RegistrationContent: NotificationContents {
    let standing: StandingSubscription
    /// What the receiver's terms stand for.
    let context: JSONLDContext
    /// The context source filter.
    let filter: QueryExpression?
    /// All there are now.
    let registrations: [ContextSourceRegistration]

    func request(for step: [PendingNotification], at now: Int64, tenant: String) throws -> NotificationRequest? {
        guard let pending = step.first else { return nil }
        guard case .registration(let before, let after) = pending.event else {
            return try currentRequest(at: now, tenant: tenant)
        }
        let selection = try selection()
        var budget = QueryBudget()
        let matchBefore = try before.flatMap { try selection.match($0, at: pending.at, within: &budget) }
        let matchAfter = try after.flatMap { try selection.match($0, at: pending.at, within: &budget) }
        guard
            let reason = NGSILD.Notification.TriggerReason(
                matchedBefore: matchBefore != nil, matchesNow: matchAfter != nil),
            let told = matchAfter.flatMap({ after?.filtered(by: $0) })
                ?? matchBefore.flatMap({ before?.filtered(by: $0) })
        else { return nil }
        return request([told], reason, at: now, tenant: tenant)
    }

    func currentRequest(at now: Int64, tenant: String) throws -> NotificationRequest? {
        let selection = try selection()
        var budget = QueryBudget()
        let matching = try registrations.compactMap { registration in
            try selection.match(registration, at: now, within: &budget).map { registration.filtered(by: $0) }
        }
        return matching.isEmpty ? nil : request(matching, .newlyMatching, at: now, tenant: tenant)
    }

    private func selection() throws -> RegistrationSelection {
        let subscription = standing.subscription
        var selection = RegistrationSelection(EntitySpecification(subscription))
        selection.filter = filter
        selection.geo = try subscription.geoQ?.query.map { try GeoCondition($0) }
        selection.scopes = try subscription.scopeQ.map { try ScopeQuery(parsing: $0) }
        return selection
    }

    private func request(
        _ registrations: [ContextSourceRegistration], _ reason: NGSILD.Notification.TriggerReason, at now: Int64,
        tenant: String
    ) -> NotificationRequest {
        let notification = NGSILD.Notification(
            id: "urn:ngsi-ld:Notification:\(SubscriptionIDs.random())", subscriptionId: standing.subscription.id,
            notifiedAt: now, triggerReason: reason)
        return standing.request(notification, tenant: tenant) { writer, document in
            for registration in registrations {
                registration.write(
                    to: &writer, context: context, contextDocument: document,
                    sysAttrs: standing.subscription.notification.sysAttrs ?? false)
            }
        }
    }
}

extension StandingSubscription {
    /// A notification as its endpoint is to be sent it.
    fileprivate func request(
        _ notification: NGSILD.Notification, tenant: String, data: (inout JSONWriter, JSONValue?) -> Void
    ) -> NotificationRequest {
        let endpoint = subscription.notification.endpoint
        let document: JSONValue =
            subscription.jsonldContext.map { .string($0) } ?? subscription.context ?? .string(JSONLDContext.coreURL)
        let url = subscription.jsonldContext ?? contextURL
        let (tenant, timeout) = (tenant.isEmpty ? nil : tenant, endpoint.timeout ?? NotificationRequest.timeout)
        var writer = JSONWriter(capacity: 1_024)
        guard let mqtt = endpoint.mqtt else {
            notification.write(to: &writer, for: endpoint, contextDocument: document, data: data)
            var headers = notification.headers(for: endpoint, contextURL: url, tenant: tenant)
            headers.append(("Accept", "application/json"))
            // Receivers are many and seldom told of anything: a connection that was kept may be gone by then.
            headers.append(("Connection", "close"))
            return .http(
                EgressRequest("POST", endpoint.uri, headers: headers, body: writer.take(), timeout: timeout))
        }
        notification.writeMessage(
            to: &writer, for: endpoint, contextURL: url, contextDocument: document, tenant: tenant, data: data)
        return .mqtt(MQTTDelivery(mqtt, payload: writer.take(), timeout: timeout))
    }
}

/// What is sent.
enum NotificationRequest: Sendable {
    case http(EgressRequest)
    case mqtt(MQTTDelivery)

    /// Until when a receiver must have answered that did not say so itself.
    static let timeout = Duration.seconds(5)
}

/// Names that nothing else has.
public enum SubscriptionIDs {
    /// 96 bits that cannot be guessed.
    public static func random() -> String {
        let (high, low) = (UInt64.random(in: .min ... .max), UInt32.random(in: .min ... .max))
        return String(high, radix: 36) + String(low, radix: 36)
    }
}
