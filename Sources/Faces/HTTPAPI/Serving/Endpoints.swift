import CityModel
import CityPath
import CityStorage
import HTTPTypes
import Hummingbird
import Logging
import NGSILD
import WebConsole

/// Adds endpoints to the routes, each with what stands before and behind it: who asks, and what an error becomes.
final class Endpoints {
    let shared: HTTPShared
    let routes = RouteTable()
    private(set) var prompt: PromptEndpoints

    init(shared: HTTPShared) {
        self.shared = shared
        prompt = PromptEndpoints(shared: shared)
        StatusEndpoints(shared: shared).register(on: self)
        DeviceEndpoints(shared: shared).register(on: self)
        AlertEndpoints(shared: shared).register(on: self)
        HistoryEndpoint(shared: shared).register(on: self)
        MapEndpoints(shared: shared).register(on: self)
        LedgerEndpoints(shared: shared).register(on: self)
        MQTTEndpoints(shared: shared).register(on: self)
        EventStream(shared: shared).register(on: self)
        OperatorEndpoints(shared: shared).register(on: self)
        TokenEndpoints(shared: shared).register(on: self)
        CatalogueEndpoint(shared: shared).register(on: self)
        EntityEndpoints(shared: shared).register(on: self)
        TypeEndpoints(shared: shared).register(on: self)
        TemporalEndpoints(shared: shared).register(on: self)
        AttributeEndpoints(shared: shared).register(on: self)
        BatchEndpoints(shared: shared).register(on: self)
        for subject in Subscription.Subject.allCases {
            SubscriptionEndpoints(shared: shared, subject: subject).register(on: self)
        }
        RegistrationEndpoints(shared: shared).register(on: self)
        ContextEndpoints(shared: shared).register(on: self)
        SignInPages(shared: shared).register(on: self)
        CityPages(shared: shared).register(on: self)
        DevicePages(shared: shared).register(on: self)
        SessionPages(shared: shared).register(on: self)
        StaticFiles(shared: shared).register(on: self)
    }

    /// An endpoint that anybody may ask.
    func open(
        _ method: HTTPRequest.Method, _ path: String,
        _ handler: @escaping @Sendable (Request, HTTPContext) async throws -> Response
    ) {
        routes.add(method, path) { [shared] request, context in
            do {
                return try await handler(request, context)
            } catch {
                return shared.answer(error, to: request, on: context.peer, caller: nil)
            }
        }
    }

    /// An endpoint of an API: errors are told as problems, parameters of the query that are not among `parameters` are
    /// refused. One that pages ask by themselves (`isBackground`) does not keep a session alive.
    func api(
        _ method: HTTPRequest.Method, _ path: String, face: APIFace = .platform, parameters: [String] = [],
        isBackground: Bool = false,
        _ handler: @escaping @Sendable (Visit) async throws -> Response
    ) {
        let isUnsafe = method != .get
        routes.add(method, path, parameters: parameters) { [shared] request, context in
            var caller: Caller?
            do {
                let known = try await shared.gate.identify(request, from: context.peer, isBackground: isBackground)
                caller = known
                if isUnsafe, case .session = known.means {
                    try shared.gate.checkToken(request.headers[.csrfToken], of: known)
                }
                return try await handler(
                    try shared.visit(
                        request, elements: context.parameters, by: known, on: context.peer, face: face,
                        parameters: parameters))
            } catch let refused as Refused where isBackground && refused.isOfPage(request) {
                return refused.problem(in: face).response
            } catch {
                return shared.answer(error, to: request, on: context.peer, caller: caller, face: face)
            }
        }
    }

    /// An endpoint of the NGSI-LD API: the tenant that was asked for is named in the answer (CIM 009 §6.3.14).
    func context(
        _ method: HTTPRequest.Method, _ path: String, parameters: [String] = [],
        _ handler: @escaping @Sendable (ContextVisit) async throws -> Response
    ) {
        api(method, path, face: .ngsiLD, parameters: parameters) { [shared] visit in
            do {
                var response = try await handler(ContextVisit(visit, shared))
                if let tenant = visit.request.headers[.ngsiLDTenant] { response.headers[.ngsiLDTenant] = tenant }
                if method == .get { PreferredVersion(visit.request)?.apply(to: &response, of: path) }
                return response
            } catch let error as BareStatus {
                return Response(status: error.status)
            } catch {
                // Told here, so that the tenant is named in what is told, too.
                var response = shared.answer(
                    error, to: visit.request, on: visit.peer, caller: visit.caller, face: .ngsiLD)
                if let tenant = visit.request.headers[.ngsiLDTenant] { response.headers[.ngsiLDTenant] = tenant }
                return response
            }
        }
    }

    /// An endpoint of the NGSI-LD API that mostly need not wait for anything: one element of the path after `prefix`.
    ///
    /// - Parameters:
    ///   - prefix: The path before the element, with its slash.
    ///   - element: What the element is called.
    ///   - parameters: Those of the query that it takes.
    ///   - handler: Answers at once, or nil.
    ///   - slow: Answers when the other did not.
    func promptContext(
        _ prefix: String, element: String, parameters: [String],
        _ handler: @escaping @Sendable (Visit) throws -> PlainAnswer?,
        _ slow: @escaping @Sendable (ContextVisit) async throws -> Response
    ) {
        prompt.add(
            PromptEndpoints.Endpoint(
                prefix: prefix, element: element, face: .ngsiLD, parameters: parameters, handler: handler))
        context(.get, "\(prefix){\(element)}", parameters: parameters, slow)
    }

    /// A page of the console: whoever has not signed in is shown the way, errors are pages too.
    func page(_ path: String, _ handler: @escaping @Sendable (Visit) async throws -> ConsolePage) {
        routes.add(.get, path) { [shared] request, context in
            await shared.page(request, context) { visit in
                let page = try await handler(visit)
                return shared.html(page)
            }
        }
    }

    /// A form of the console, its token checked.
    func form(
        _ path: String, _ handler: @escaping @Sendable (Visit, RequestParameters) async throws -> Response
    ) {
        routes.add(.post, path) { [shared] request, context in
            await shared.page(request, context) { visit in
                let fields = try await shared.bodies.form(of: request, from: context.peer)
                try shared.gate.checkToken(fields["csrf"], of: visit.caller)
                return try await handler(visit, fields)
            }
        }
    }

    /// What answers requests.
    func responder() -> RouterResponder<HTTPContext> {
        routes.responder { [shared] request, context, methods in
            await shared.unmatched(request, context, methods)
        }
    }
}

extension HTTPShared {
    /// What an error becomes for a program. Refusals are put on record here, and nowhere else.
    func answer(
        _ error: any Error, to request: Request, on peer: Peer, caller: Caller?, face: APIFace = .platform
    ) -> Response {
        problem(error, to: request, on: peer, caller: caller, face: face).response
    }

    func problem(
        _ error: any Error, to request: Request, on peer: Peer, caller: Caller?, face: APIFace
    ) -> Problem {
        switch error {
        case let refused as Refused:
            city.path.record(refused.refusal, by: refused.principal, from: peer.address)
            return refused.problem(in: face)
        case let refusal as Refusal:
            city.path.record(refusal, by: caller?.principal ?? .unknown(peer.address), from: peer.address)
            return Problem(refusal, in: face)
        case let error as NGSILDError: return Problem(ProblemDetails(error))
        case let problem as Problem: return problem.told(by: face)
        case let error as StorageError:
            logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error.message)"])
            return Problem(.serviceUnavailable, "the store cannot be read now", headers: [.retryAfter: "5"])
        default:
            logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return Problem(.internalServerError, "something broke on our side").told(by: face)
        }
    }

    /// Requests that no route fits.
    func unmatched(_ request: Request, _ context: HTTPContext, _ methods: [HTTPRequest.Method]) async -> Response {
        if request.lacksIdentifier {
            return Problem(.badRequestData, "the id of an entity, or of what else is meant, is missing in the path")
                .response
        }
        let problem =
            methods.isEmpty
            ? Problem(.notFound, "there is nothing at `\(request.uri.path.prefix(200))`")
            : Problem(
                .methodNotAllowed, "\(request.method.rawValue.prefix(20)) is not for this; see the header `Allow`",
                headers: [.allow: Set(methods.map(\.rawValue)).sorted().joined(separator: ", ")])
        let path = request.uri.path
        if path.hasPrefix("/ngsi-ld/") { return problem.told(by: .ngsiLD).response }
        if path.hasPrefix("/api/") || path.hasPrefix("/openapi") { return problem.response }
        return errorPage(problem, for: await recognised(request, on: context.peer))
    }

    /// Who asks, where that makes a page friendlier and nothing more: by session or certificate. Nobody's password is
    /// tried here, and whoever is refused is on record and counts as nobody.
    func recognised(_ request: Request, on peer: Peer) async -> Caller? {
        do {
            return try await gate.identify(request, from: peer, isBackground: true, takesPasswords: false)
        } catch let refused as Refused where refused.refusal.code == .notIdentified {
            return nil
        } catch {
            _ = problem(error, to: request, on: peer, caller: nil, face: .platform)
            return nil
        }
    }
}

extension Request {
    /// Whether the path of the NGSI-LD API is one with an element that is empty.
    fileprivate var lacksIdentifier: Bool {
        let path = uri.path
        guard path.hasPrefix("/ngsi-ld/v1/") else { return false }
        if path.contains("//") { return true }
        // All else is of one mind with RFC 9110: there it is the method that is not for the path.
        return [.patch, .put].contains(method) && ["/ngsi-ld/v1/entities", "/ngsi-ld/v1/entities/"].contains(path)
    }
}

extension Refused {
    /// Whether it is a page of our own that has asked, its session being over: nobody has tried anything, and screens
    /// on walls would fill the record of refusals.
    fileprivate func isOfPage(_ request: Request) -> Bool {
        refusal.code == .notIdentified && request.headers[.secFetchSite] == "same-origin"
            && request.headers[.authorization] == nil
    }

    fileprivate func problem(in face: APIFace) -> Problem {
        var problem = Problem(refusal, in: face)
        for field in headers { problem.headers.append(field) }
        return problem
    }
}

extension Problem {
    /// Problems of HTTP itself have types in NGSI-LD (CIM 009 §5.5.2).
    func told(by face: APIFace) -> Problem {
        guard face == .ngsiLD, type == "about:blank" else { return self }
        let code: ProblemCode
        switch status {
        case .badRequest: code = .invalidRequest
        case .notFound: code = .resourceNotFound
        case .internalServerError: code = .internalError
        default: return self
        }
        var problem = Problem(code, detail)
        problem.headers = headers
        return problem
    }
}
