public import JSONBytes

/// What a subscriber is sent (CIM 009 §5.3.1, §6.3.8, §7.2):
///
///     {"id":…,"type":"Notification","subscriptionId":…,"notifiedAt":…,"data":[…]}
///
/// Entities are written by whoever knows them; this knows what stands around them.
public struct Notification: Sendable, Hashable {
    /// Where the `@context` is told.
    public enum ContextPlacement: Sendable, Hashable {
        /// Beside the document, in a `Link`.
        case link
        /// In each entity.
        case entities
        /// In the FeatureCollection.
        case collection
    }

    /// Why registrations are notified of (§5.3.3).
    public enum TriggerReason: String, Sendable, Hashable, CaseIterable {
        /// They match now, and did not before.
        case newlyMatching
        /// They were changed, and match as before.
        case updated
        /// They matched before, and do so no more.
        case noLongerMatching

        /// The reason, if there is one to notify at all.
        ///
        /// - Parameters:
        ///   - before: Whether the registration matched before it was changed.
        ///   - after: Whether it matches now.
        public init?(matchedBefore before: Bool, matchesNow after: Bool) {
            switch (before, after) {
            case (false, true): self = .newlyMatching
            case (true, true): self = .updated
            case (true, false): self = .noLongerMatching
            case (false, false): return nil
            }
        }
    }

    /// A URI that nothing else has.
    public var id: String
    /// The URI of the subscription.
    public var subscriptionId: String
    /// When it was made, in microseconds since 1970.
    public var notifiedAt: Int64
    /// Why, if it is about registrations; nil if it is about entities.
    public var triggerReason: TriggerReason?

    /// A notification.
    ///
    /// - Parameters:
    ///   - id: A URI that nothing else has.
    ///   - subscriptionId: The URI of the subscription.
    ///   - notifiedAt: In microseconds since 1970.
    ///   - triggerReason: Why, if it is about registrations; nil if it is about entities.
    public init(id: String, subscriptionId: String, notifiedAt: Int64, triggerReason: TriggerReason? = nil) {
        self.id = id
        self.subscriptionId = subscriptionId
        self.notifiedAt = notifiedAt
        self.triggerReason = triggerReason
    }

    /// Writes the notification as one JSON object.
    ///
    /// - Parameters:
    ///   - writer: Where to write.
    ///   - endpoint: Decides between JSON, JSON-LD and GeoJSON; registrations are never GeoJSON (§6.3.9).
    ///   - contextDocument: The `@context`: a URL, an object, or an array of these.
    ///   - data: Writes the elements, one after the other: entities, features of a FeatureCollection, or registrations.
    ///     Is handed the `@context` that each of them must bear, if any.
    public func write(
        to writer: inout JSONWriter, for endpoint: Endpoint, contextDocument: JSONValue,
        data: (inout JSONWriter, JSONValue?) -> Void
    ) {
        let placement = contextPlacement(at: endpoint)
        let isCollection = endpoint.mediaType == .geoJSON && triggerReason == nil
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("type")
        writer.string(triggerReason == nil ? "Notification" : "ContextSourceNotification")
        writer.key("subscriptionId")
        writer.string(subscriptionId)
        writer.key("notifiedAt")
        writer.timestamp(notifiedAt)
        if let triggerReason {
            writer.key("triggerReason")
            writer.string(triggerReason.rawValue)
        }
        writer.key("data")
        if isCollection {
            writer.beginObject()
            writer.key("type")
            writer.string("FeatureCollection")
            writer.key("features")
        }
        writer.beginArray()
        data(&writer, placement == .entities ? contextDocument : nil)
        writer.endArray()
        if isCollection {
            if placement == .collection {
                writer.key("@context")
                writer.value(contextDocument)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    /// Writes the notification as an MQTT message (§7.2): `{"metadata":{…},"body":{…}}`.
    ///
    /// - Parameters:
    ///   - writer: Where to write.
    ///   - endpoint: Decides between JSON, JSON-LD and GeoJSON, and about the metadata.
    ///   - contextURL: The URL of the `@context`.
    ///   - contextDocument: The `@context`: a URL, an object, or an array of these.
    ///   - tenant: Whose subscription it is; nil for the default tenant.
    ///   - data: As in ``write(to:for:contextDocument:data:)``.
    public func writeMessage(
        to writer: inout JSONWriter, for endpoint: Endpoint, contextURL: String, contextDocument: JSONValue,
        tenant: String? = nil, data: (inout JSONWriter, JSONValue?) -> Void
    ) {
        writer.beginObject()
        writer.key("metadata")
        writer.beginObject()
        var names: Set<String> = []
        for (name, value) in headers(for: endpoint, contextURL: contextURL, tenant: tenant)
        where names.insert(name).inserted {
            writer.key(name)
            writer.string(value)
        }
        writer.endObject()
        writer.key("body")
        write(to: &writer, for: endpoint, contextDocument: contextDocument, data: data)
        writer.endObject()
    }

    /// Headers of the HTTP request that carries the notification, in the order they shall be written (§6.3.8, §6.3.9,
    /// §6.3.14). `Host`, `Content-Length` and the like are left to whoever sends it.
    ///
    /// - Parameters:
    ///   - endpoint: Its `receiverInfo` is added, without what the connection decides; a `Link` there takes the place
    ///     of ours.
    ///   - contextURL: The URL of the `@context`.
    ///   - tenant: Whose subscription it is; nil for the default tenant.
    /// - Returns: Names and values, which may be written as they are.
    public func headers(
        for endpoint: Endpoint, contextURL: String, tenant: String? = nil
    ) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = [("Content-Type", mediaType(at: endpoint).rawValue)]
        let info = endpoint.receiverInfo.filter { !$0.isReserved }
        if contextPlacement(at: endpoint) == .link, Names.isURI(contextURL),
            !info.contains(where: { $0.key.lowercased() == "link" })
        {
            let relation = #"rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json""#
            headers.append(("Link", "<\(contextURL)>; \(relation)"))
        }
        if let tenant { headers.append(("NGSILD-Tenant", tenant)) }
        for pair in info { headers.append((pair.key, pair.value)) }
        return headers
    }

    /// GeoJSON is for entities; registrations are plain JSON then.
    private func mediaType(at endpoint: Endpoint) -> Endpoint.MediaType {
        endpoint.mediaType == .geoJSON && triggerReason != nil ? .json : endpoint.mediaType
    }

    /// Where the `@context` is told.
    ///
    /// - Parameter endpoint: Its media type decides, and a preference `body=json` in its `receiverInfo` (§6.3.8).
    /// - Returns: ``ContextPlacement/link`` for JSON, and for GeoJSON where that is preferred.
    public func contextPlacement(at endpoint: Endpoint) -> ContextPlacement {
        switch mediaType(at: endpoint) {
        case .json: return .link
        case .jsonLD: return .entities
        case .geoJSON:
            let isPlain = endpoint.receiverInfo.contains { $0.key.lowercased() == "prefer" && $0.value == "body=json" }
            return isPlain ? .link : .collection
        }
    }
}
