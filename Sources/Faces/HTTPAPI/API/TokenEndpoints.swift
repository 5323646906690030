import CityIdentity
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes

/// The tokens that people and services sign in with over MQTT. For operators only, to read them also.
struct TokenEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(.get, "/api/v1/tokens", list)
        endpoints.api(.post, "/api/v1/tokens", issue)
        endpoints.api(.delete, "/api/v1/tokens/{id}", revoke)
    }

    @Sendable private func list(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageAccounts)
        let tokens = shared.city.tokens.all()
        visit.note(.readOperations, of: "tokens", dataClass: .internal)
        return JSONWriter.answer { writer in
            writer.list("items", tokens) { token, writer in
                writer.object { TokenEndpoints.write(token, into: &$0) }
            }
        }
    }

    @Sendable private func issue(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageAccounts)
        let body = try await shared.bodies.object(
            of: visit.request, from: visit.peer, members: ["person", "service", "note", "validityDays"])
        let owner: TokenOwner
        switch (try body.string("person"), try body.string("service")) {
        case (let name?, nil): owner = TokenOwner(kind: .person, name: name)
        case (nil, let name?): owner = TokenOwner(kind: .service, name: name)
        default: throw Refusal.malformed("at `$`: expected either `person` or `service`, whom the token is for")
        }
        let issued = try await shared.city.issueToken(
            to: owner, note: try body.string("note") ?? "",
            validityDays: try body.integer("validityDays") ?? Tokens.usualDays, by: visit.caller.principal)
        return JSONWriter.answer(.created) {
            TokenEndpoints.write(issued.record, into: &$0)
            $0.member("token", issued.text.revealed)
        }
    }

    @Sendable private func revoke(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageAccounts)
        let id = try visit.parameter("id")
        guard try await shared.city.revokeToken(id, by: visit.caller.principal) else {
            throw Problem(.notFound, "there is no token `\(id.prefix(100))`")
        }
        return Response(status: .noContent)
    }

    private static func write(_ token: TokenRecord, into writer: inout JSONWriter) {
        writer.member("id", token.id)
        writer.member(token.owner.kind.rawValue, token.owner.name)
        writer.member("note", token.note)
        writer.member("createdBy", token.createdBy)
        writer.member("createdAt", token.createdAt)
        writer.member("expiresAt", token.expiresAt)
    }
}
