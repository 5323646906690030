import CityIdentity
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import NIOCore
import WebConsole

/// Signing in and out.
///
/// The form before a session repeats a random cookie, so that another site cannot sign a browser in as somebody else.
struct SignInPages: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.routes.add(.get, "/sign-in", show)
        endpoints.routes.add(.post, "/sign-in", signIn)
        endpoints.routes.add(.post, "/sign-out", signOut)
        endpoints.routes.add(.get, "/signed-out") { [shared] _, _ in
            shared.html(.signedOut(SignedOutPage(city: shared.consoleCity)))
        }
    }

    @Sendable private func show(_ request: Request, _ context: HTTPContext) async -> Response {
        let returnTo = SignInPages.local((try? request.query())?["returnTo"])
        if await shared.recognised(request, on: context.peer) != nil {
            return .seeOther(returnTo ?? "/")
        }
        return form(request, status: .ok, returnTo: returnTo)
    }

    private func form(
        _ request: Request, status: HTTPResponse.Status, name: String = "", failure: SignInFailure? = nil,
        returnTo: String?, headers: HTTPFields = HTTPFields()
    ) -> Response {
        let token = ConsoleCookie.gate.value(in: request) ?? Secrets.nonce()
        var headers = headers
        headers.append(ConsoleCookie.gate.field(token))
        let page = SignInPage(
            city: shared.consoleCity, csrf: token, name: name, failure: failure, returnTo: returnTo)
        return shared.html(.signIn(page), status: status, headers: headers)
    }

    @Sendable private func signIn(_ request: Request, _ context: HTTPContext) async -> Response {
        do {
            return try await attempt(request, context.peer)
        } catch {
            return shared.errorPage(
                shared.problem(error, to: request, on: context.peer, caller: nil, face: .platform), for: nil)
        }
    }

    private func attempt(_ request: Request, _ peer: Peer) async throws -> Response {
        if let refusal = CrossOrigin.refusal(of: request, at: peer.door) { throw refusal }
        let fields = try await shared.bodies.form(of: request, from: peer)
        guard let token = ConsoleCookie.gate.value(in: request), Secrets.areEqual(token, fields["csrf"] ?? "") else {
            throw Refusal(
                step: .identify, code: .notPermitted,
                message: "the form is not this browser's: reload the page and try again")
        }
        let name = String((fields["name"] ?? "").prefix(64))
        let returnTo = SignInPages.local(fields["returnTo"])
        let password = fields["password"] ?? ""
        switch try await shared.gate.passwords.check(name: name, password: password, from: peer) {
        case .person(let person):
            let begun = shared.gate.sessions.begin(person, at: shared.city.clock.now)
            if let old = ConsoleCookie.session.value(in: request) { shared.gate.sessions.end(old) }
            var headers = HTTPFields()
            headers.append(ConsoleCookie.session.field(begun.token))
            headers.append(ConsoleCookie.gate.removal)
            return .seeOther(returnTo ?? "/", headers: headers)
        case .refused(let refusal, let principal):
            shared.city.path.record(refusal, by: principal, from: peer.address)
            return form(request, status: .unauthorized, name: name, failure: .refused, returnTo: returnTo)
        case .wait(let wait, let refusal):
            shared.city.path.record(refusal, by: .unknown("sign-in"), from: peer.address)
            let seconds = PasswordCheck.seconds(wait)
            return form(
                request, status: .tooManyRequests, name: name, failure: .rateLimited(waitSeconds: seconds),
                returnTo: returnTo, headers: [.retryAfter: "\(seconds)"])
        }
    }

    @Sendable private func signOut(_ request: Request, _ context: HTTPContext) async -> Response {
        await shared.page(request, context) { visit in
            let fields = try await shared.bodies.form(of: request, from: context.peer)
            try shared.gate.checkToken(fields["csrf"], of: visit.caller)
            if case .session(let token) = visit.caller.means { shared.gate.sessions.end(token) }
            return .seeOther("/signed-out", headers: HTTPFields([ConsoleCookie.session.removal]))
        }
    }

    /// A path within this server, whatever a browser makes of backslashes; nil for anything else.
    static func local(_ path: String?) -> String? {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.count <= 2_048 else { return nil }
        return path.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") } ? path : nil
    }
}
