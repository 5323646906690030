import HTTPTypes
import Hummingbird

/// All endpoints, by method and path. Knows which methods a path has, for `405`.
final class RouteTable {
    /// A method and a path with names in braces: `/api/v1/devices/{id}`.
    struct Route: Sendable, Hashable {
        let method: HTTPRequest.Method
        let path: String
        /// The parameters of the query that it takes; nil where unknown ones are not refused.
        let parameters: [String]?
    }

    private let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
    private(set) var routes: [Route] = []

    func add(
        _ method: HTTPRequest.Method, _ path: String, parameters: [String]? = nil,
        _ handler: @escaping @Sendable (Request, HTTPContext) async throws -> Response
    ) {
        routes.append(Route(method: method, path: path, parameters: parameters))
        router.on(RouterPath(path), method: method, responder: CallbackResponder(callback: handler))
    }

    /// What answers requests; `unmatched` gets those that no route fits, with the methods that the path has.
    func responder(
        unmatched: @escaping @Sendable (Request, HTTPContext, [HTTPRequest.Method]) async throws -> Response
    ) -> RouterResponder<HTTPContext> {
        // Added last, the middleware stands around nothing but the router's own "not found".
        router.add(middleware: Unmatched(routes: routes, answer: unmatched))
        return router.buildResponder()
    }
}

private struct Unmatched: RouterMiddleware {
    typealias Context = HTTPContext

    let routes: [RouteTable.Route]
    let answer: @Sendable (Request, HTTPContext, [HTTPRequest.Method]) async throws -> Response

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path.split(separator: "/")
        var methods: [HTTPRequest.Method] = []
        for route in routes where RouterPath(route.path).matches(path) {
            methods.append(route.method)
            if route.method == .get { methods.append(.head) }
        }
        return try await answer(request, context, methods)
    }
}

extension RouterPath {
    /// Whether a path as it came fits this one, element by element.
    fileprivate func matches(_ path: [Substring]) -> Bool {
        for (index, element) in components.enumerated() {
            if element.description == "**" { return path.count > index }
            guard index < path.count, element ~= path[index] else { return false }
        }
        return path.count == components.count
    }
}
