import CityPath
import HTTPTypes
import Hummingbird
import NIOCore

/// Endpoints that need not wait for anything, by the path before their one element. What asks for them is answered on
/// the connection's own event loop, before anything else is done.
///
/// They are ordinary endpoints besides: what stands in the way of a prompt answer (a body, a password to be checked)
/// takes the road of all others and meets the same code.
struct PromptEndpoints: Sendable {
    struct Endpoint: Sendable {
        /// With its slash at the end: `/ngsi-ld/v1/entities/`.
        let prefix: String
        /// What the element after it is called: `id`.
        let element: String
        let face: APIFace
        let parameters: [String]
        /// Answers nil when the answer must wait for something.
        let handler: @Sendable (Visit) throws -> PlainAnswer?
    }

    let shared: HTTPShared
    private(set) var endpoints: [Endpoint] = []

    init(shared: HTTPShared) {
        self.shared = shared
    }

    mutating func add(_ endpoint: Endpoint) { endpoints.append(endpoint) }

    /// The endpoint that a request without a body is for, and the element of its path; nil when there is none, or when
    /// the head asks for something that takes a conversation.
    func endpoint(for head: HTTPRequest) -> (endpoint: Endpoint, element: Substring)? {
        guard head.method == .get, let path = head.path else { return nil }
        for endpoint in endpoints where path.hasPrefix(endpoint.prefix) {
            let element = path[path.utf8.index(path.startIndex, offsetBy: endpoint.prefix.utf8.count)...]
                .prefix { $0 != "?" }
            guard !element.isEmpty, !element.utf8.contains(UInt8(ascii: "/")), Self.isPlain(head.headerFields) else {
                return nil
            }
            return (endpoint, element)
        }
        return nil
    }

    /// Whether nothing is announced that comes before the answer or after it.
    private static func isPlain(_ headers: HTTPFields) -> Bool {
        for field in headers {
            switch field.name {
            case .expect, .contentLength, .transferEncoding: return false
            case .connection where field.value.lowercased() != "keep-alive": return false
            default: continue
            }
        }
        return true
    }

    /// The answer; nil when who asks cannot be told at once.
    func answer(_ head: HTTPRequest, _ endpoint: Endpoint, _ element: Substring, on peer: Peer) -> PlainAnswer? {
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        var caller: Caller?
        do {
            caller = try shared.gate.identifyAtOnce(request, from: peer)
            guard let caller else { return nil }
            return try endpoint.handler(
                try shared.visit(
                    request, elements: [endpoint.element[...]: element], by: caller, on: peer, face: endpoint.face,
                    parameters: endpoint.parameters))
        } catch {
            return shared.problem(error, to: request, on: peer, caller: caller, face: endpoint.face).answer
        }
    }
}

extension HTTPShared {
    /// A request of an API by somebody who is known: the query's parameters are read, and those that are not among
    /// `parameters` refused.
    func visit(
        _ request: Request, elements: Parameters, by caller: Caller, on peer: Peer, face: APIFace, parameters: [String]
    ) throws -> Visit {
        var given = try request.query(isForm: face == .ngsiLD)
        // Clients of this API write a space as a plus; in scopes and times a plus is one.
        if face == .ngsiLD { given.restorePluses(in: ["scopeQ", "timeAt", "endTimeAt", "observedAt"]) }
        try given.check(known: parameters)
        return Visit(request: request, elements: elements, parameters: given, caller: caller, peer: peer, city: city)
    }
}
