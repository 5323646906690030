import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import WebConsole

/// What the last thing somebody did came to, kept until their next page.
final class Notices: Sendable {
    private static let bound = 1_000
    private let waiting = Mutex<[String: ConsoleNotice]>([:])

    func leave(_ notice: ConsoleNotice, for caller: Caller) {
        waiting.withLock { waiting in
            if waiting.count >= Notices.bound { waiting.removeAll() }
            waiting[caller.csrfToken] = notice
        }
    }

    func take(for caller: Caller) -> ConsoleNotice? {
        waiting.withLock { $0.removeValue(forKey: caller.csrfToken) }
    }
}

extension HTTPShared {
    /// What surrounds a page.
    func frame(for caller: Caller) -> ConsoleFrame {
        ConsoleFrame(
            city: consoleCity, user: ConsoleUser(name: caller.displayName, role: caller.displayRole),
            csrf: caller.csrfToken, openAlerts: city.views.alerts.openCount, notice: notices.take(for: caller))
    }

    /// A page as an answer.
    func html(_ page: ConsolePage, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()) -> Response {
        var headers = headers
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: renderer.render(page))))
    }

    func errorPage(_ problem: Problem, for caller: Caller?) -> Response {
        let page = ErrorPage(
            city: consoleCity, frame: caller.map(frame), status: problem.status.code, message: problem.detail)
        return html(.error(page), status: problem.status, headers: problem.headers)
    }

    /// Answers a request for a page: identifies, shows the way to sign in, turns errors into pages.
    func page(
        _ request: Request, _ context: HTTPContext, _ handler: @Sendable (Visit) async throws -> Response
    ) async -> Response {
        var caller: Caller?
        do {
            let known = try await gate.identify(request, from: context.peer)
            caller = known
            let parameters = try request.query(isForm: true)
            return try await handler(
                Visit(
                    request: request, elements: context.parameters, parameters: parameters, caller: known,
                    peer: context.peer, city: city))
        } catch let refused as Refused where refused.refusal.code == .notIdentified {
            return signInFirst(request)
        } catch {
            return errorPage(
                problem(error, to: request, on: context.peer, caller: caller, face: .platform), for: caller)
        }
    }

    /// Nobody is refused for coming without a session: they are asked who they are.
    private func signInFirst(_ request: Request) -> Response {
        let hadSession = ConsoleCookie.session.value(in: request) != nil
        var headers = HTTPFields()
        if hadSession { headers.append(ConsoleCookie.session.removal) }
        guard request.method == .get || request.method == .head else {
            // A form of a session that has ended: what it says is lost, and the person should know.
            return html(
                .signedOut(SignedOutPage(city: consoleCity, hasExpired: true)), status: .unauthorized, headers: headers)
        }
        let path =
            request.uri.path == "/" ? "/sign-in" : "/sign-in?returnTo=\(PercentCoding.encode(request.head.path ?? "/"))"
        return .seeOther(path, headers: headers)
    }
}

extension ConsoleTime {
    init(_ moment: Timestamp) { self.init(microseconds: moment.microseconds) }
}
