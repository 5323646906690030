public import NGSILD

/// What leaves the city for another server: an `@context` that is fetched, a notification, a distributed operation.
public struct EgressRequest: Sendable {
    /// `GET`, `POST` and so on.
    public var method: String
    /// Absolute, `http` or `https`.
    public var url: String
    /// Names and values, in order.
    public var headers: [(name: String, value: String)]
    /// The body; nil for none.
    public var body: [UInt8]?
    /// Until when there must be an answer.
    public var timeout: Duration
    /// The most bytes of an answer's body.
    public var maximumBytes: Int
    /// How many redirections are followed.
    public var maximumRedirects: Int

    /// A request.
    public init(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        timeout: Duration = .seconds(5), maximumBytes: Int = 1 << 20, maximumRedirects: Int = 0
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumBytes = maximumBytes
        self.maximumRedirects = maximumRedirects
    }
}

/// What another server has answered.
public struct EgressAnswer: Sendable {
    /// The status code.
    public var status: Int
    /// Names in lower case, and values.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]

    /// An answer.
    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of a name in lower case.
    public subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there was no answer.
public struct EgressError: Error, Sendable {
    /// Closed on purpose: who asks decides for each what it becomes.
    public enum Code: Sendable, Hashable, CaseIterable {
        /// The city does not send anything there: the address is not allowed.
        case forbidden
        /// There was no answer in time.
        case timeout
        /// Nobody answers there, or not in HTTP.
        case unreachable
        /// The answer is larger than was asked for.
        case tooLarge
    }

    /// What went wrong, to branch on.
    public let code: Code
    /// What went wrong, for people.
    public let message: String

    /// An error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// A notification that goes to an MQTT broker (CIM 009 §7.2).
public struct MQTTDelivery: Sendable {
    /// Where to, and how.
    public var endpoint: MQTTEndpoint
    /// The message.
    public var payload: [UInt8]
    /// Until when it must be there.
    public var timeout: Duration

    /// A delivery.
    public init(_ endpoint: MQTTEndpoint, payload: [UInt8], timeout: Duration = .seconds(5)) {
        self.endpoint = endpoint
        self.payload = payload
        self.timeout = timeout
    }
}

/// The way out. Only allowed addresses are spoken to; whoever implements it decides nothing else.
public protocol Egress: Sendable {
    /// Sends a request and waits for its answer.
    ///
    /// - Throws: ``EgressError``.
    func send(_ request: EgressRequest) async throws(EgressError) -> EgressAnswer

    /// Publishes a message at another broker, and waits until it is there as far as its quality of service says.
    ///
    /// - Throws: ``EgressError``.
    func publish(_ delivery: MQTTDelivery) async throws(EgressError)
}

/// No way out at all.
public struct NoEgress: Egress {
    /// A closed door.
    public init() {}

    /// - Throws: ``EgressError/Code/forbidden``.
    public func send(_ request: EgressRequest) async throws(EgressError) -> EgressAnswer {
        throw EgressError(.forbidden, "this city sends nothing to other servers")
    }

    /// - Throws: ``EgressError/Code/forbidden``.
    public func publish(_ delivery: MQTTDelivery) async throws(EgressError) {
        throw EgressError(.forbidden, "this city sends nothing to other servers")
    }
}
