import JSONBytes

/// Where notifications go, and how (CIM 009 §5.2.15).
public struct Endpoint: Sendable, Hashable {
    /// In what form a notification is sent.
    public enum MediaType: String, Sendable, Hashable, CaseIterable {
        /// JSON, with the `@context` beside it.
        case json = "application/json"
        /// JSON-LD, with the `@context` inside.
        case jsonLD = "application/ld+json"
        /// GeoJSON.
        case geoJSON = "application/geo+json"
    }

    /// `http`, `https`, `mqtt` or `mqtts`; checked when it is read from a document.
    public var uri: String
    /// What the receiver accepts; nil if it did not say, which means JSON.
    public var accept: MediaType?
    /// How long to wait for an answer.
    public var timeout: Duration?
    /// How long nothing is sent after a failure.
    public var cooldown: Duration?
    /// For the receiver: HTTP headers, or metadata of an MQTT message.
    public var receiverInfo: [KeyValuePair]
    /// For us: how to set the connection up.
    public var notifierInfo: [KeyValuePair]

    /// An endpoint.
    ///
    /// - Parameters:
    ///   - uri: `http`, `https`, `mqtt` or `mqtts`; not checked.
    ///   - accept: What the receiver accepts; nil for JSON.
    ///   - timeout: How long to wait for an answer.
    ///   - cooldown: How long nothing is sent after a failure.
    ///   - receiverInfo: For the receiver.
    ///   - notifierInfo: For us.
    public init(
        uri: String, accept: MediaType? = nil, timeout: Duration? = nil, cooldown: Duration? = nil,
        receiverInfo: [KeyValuePair] = [], notifierInfo: [KeyValuePair] = []
    ) {
        self.uri = uri
        self.accept = accept
        self.timeout = timeout
        self.cooldown = cooldown
        self.receiverInfo = receiverInfo
        self.notifierInfo = notifierInfo
    }

    /// The form in which a notification is sent.
    public var mediaType: MediaType { accept ?? .json }

    /// The MQTT topic that the URI names, with what ``notifierInfo`` says of version and quality of service; nil for
    /// HTTP.
    public var mqtt: MQTTEndpoint? {
        guard var endpoint = MQTTEndpoint(uri: uri) else { return nil }
        for pair in notifierInfo {
            switch pair.key {
            case "MQTT-QoS": endpoint.qualityOfService = Self.qualityOfService(pair.value) ?? 0
            case "MQTT-Version": endpoint.version = MQTTEndpoint.Version(rawValue: pair.value) ?? .v5
            default: break
            }
        }
        return endpoint
    }

    private static func qualityOfService(_ text: String) -> Int? {
        ["0": 0, "1": 1, "2": 2][text]
    }
}

extension Endpoint {
    init(reading field: DocumentField) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path,
            known: ["uri", "accept", "timeout", "cooldown", "receiverInfo", "notifierInfo"],
            expected: "an endpoint, as a JSON object", context: field.context, purpose: .create)
        let uri = try members.required("uri", "the URI of the endpoint").uri("the URI of the endpoint")
        self.init(uri: uri)
        guard HostAndPort.isHTTP(uri) || MQTTEndpoint(uri: uri) != nil else {
            let expected = "a URI `http://host…`, `https://host…`, `mqtt://host/topic` or `mqtts://host/topic`"
            throw NGSILDError(at: field.path["uri"], expected: expected, found: NGSILDError.quoted(uri))
        }
        accept = try members["accept"]?.choice(of: MediaType.self)
        timeout = try members["timeout"]?.period(in: .milliseconds)
        cooldown = try members["cooldown"]?.period(in: .milliseconds)
        let info = members["receiverInfo"]
        receiverInfo = try mqtt == nil ? info?.headerPairs() ?? [] : info?.pairs() ?? []
        notifierInfo = try members["notifierInfo"]?.pairs() ?? []
        try checkNotifierInfo(at: field.path["notifierInfo"])
    }

    /// What MQTT knows must have one of the values that MQTT knows (table 7.2-1).
    private func checkNotifierInfo(at path: JSONPath) throws(NGSILDError) {
        for (index, pair) in notifierInfo.enumerated() {
            let expected: String
            switch pair.key {
            case "MQTT-QoS" where Self.qualityOfService(pair.value) == nil: expected = "`0`, `1` or `2`"
            case "MQTT-Version" where MQTTEndpoint.Version(rawValue: pair.value) == nil:
                expected = "`mqtt3.1.1` or `mqtt5.0`"
            default: continue
            }
            throw NGSILDError(at: path[index]["value"], expected: expected, found: NGSILDError.quoted(pair.value))
        }
    }

    func json(_ builder: DocumentBuilder) -> JSONValue {
        var builder = builder
        builder.add("uri", uri)
        builder.add("accept", accept?.rawValue)
        builder.add("timeout", timeout, in: .milliseconds)
        builder.add("cooldown", cooldown, in: .milliseconds)
        builder.add("receiverInfo", pairs: receiverInfo)
        builder.add("notifierInfo", pairs: notifierInfo)
        return builder.value
    }
}
