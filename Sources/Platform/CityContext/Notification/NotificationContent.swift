import CityModel
import Geometry
import JSONBytes
import NGSILD

/// What one notification says, worked out from changes, as the subscription's owner may see them (CIM 009 §5.8.6).
struct NotificationContent {
    let standing: StandingSubscription
    /// What the receiver's terms stand for.
    let context: JSONLDContext
    /// What `q` is asked with.
    let condition: QueryExpression?
    let sight: EntitySight
    let highest: DataClass

    private var subscription: Subscription { standing.subscription }

    /// The entities that changes tell of; those that the subscription does not ask for are left out.
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    func entities(of changes: [PendingNotification]) throws -> [Entity] {
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
    func currentEntities() throws -> [Entity] {
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

    /// Writes the notification, with what its endpoint is to be sent.
    func request(_ entities: [Entity], at now: Int64, tenant: String) -> NotificationRequest {
        let notification = NGSILD.Notification(
            id: "urn:ngsi-ld:Notification:\(SubscriptionIDs.random())", subscriptionId: subscription.id, notifiedAt: now
        )
        let parameters = subscription.notification
        let endpoint = parameters.endpoint
        let document: JSONValue =
            subscription.jsonldContext.map { .string($0) } ?? subscription.context
            ?? .string(JSONLDContext.coreURL)
        let url = subscription.jsonldContext ?? standing.contextURL
        var writer = JSONWriter(capacity: 512 + 600 * entities.count)
        let write: (inout JSONWriter, JSONValue?) -> Void = { writer, context in
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
        guard let mqtt = endpoint.mqtt else {
            notification.write(to: &writer, for: endpoint, contextDocument: document, data: write)
            var headers = notification.headers(for: endpoint, contextURL: url, tenant: tenant.isEmpty ? nil : tenant)
            headers.append(("Accept", "application/json"))
            return .http(
                EgressRequest(
                    "POST", endpoint.uri, headers: headers, body: writer.take(),
                    timeout: endpoint.timeout ?? NotificationRequest.timeout))
        }
        notification.writeMessage(
            to: &writer, for: endpoint, contextURL: url, contextDocument: document,
            tenant: tenant.isEmpty ? nil : tenant, data: write)
        return .mqtt(
            MQTTDelivery(mqtt, payload: writer.take(), timeout: endpoint.timeout ?? NotificationRequest.timeout))
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
