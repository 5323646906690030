import CityIdentity
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes

/// The people who may sign in.
struct OperatorEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(.get, "/api/v1/operators", list)
        endpoints.api(.post, "/api/v1/operators", set)
        endpoints.api(.delete, "/api/v1/operators/{name}", remove)
        endpoints.api(.post, "/api/v1/operators/{name}/certificate", certificate)
    }

    @Sendable private func list(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.readOperations)
        let people = try await shared.pool.run { [accounts = shared.city.accounts] in try accounts.all() }
        visit.note(.readOperations, of: "operators", dataClass: .internal)
        return JSONWriter.answer { writer in
            writer.list("items", people) { person, writer in
                writer.object {
                    $0.member("name", person.name)
                    $0.member("role", person.role.rawValue)
                }
            }
        }
    }

    @Sendable private func set(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageAccounts)
        let body = try await shared.bodies.object(
            of: visit.request, from: visit.peer, members: ["name", "role", "password"])
        guard let name = try body.string("name") else { throw Refusal.malformed("at `$.name`: expected a name") }
        guard let word = try body.string("role"), let role = PersonRole(rawValue: word) else {
            let known = PersonRole.allCases.map { "`\($0.rawValue)`" }.joined(separator: " or ")
            throw Refusal.malformed("at `$.role`: expected \(known)")
        }
        let given = try body.string("password")
        guard given?.utf8.count ?? 0 <= PasswordCheck.longestPassword else {
            throw Refusal.malformed("at `$.password`: expected at most \(PasswordCheck.longestPassword) bytes")
        }
        let password = given ?? PasswordMaker.make()
        let isNew = try await shared.pool.run { [accounts = shared.city.accounts] in try accounts.person(name) == nil }
        do {
            try await shared.city.setAccount(name, password: password, role: role, by: visit.caller.principal)
        } catch let error as AccountError {
            throw Refusal.malformed(error.description)
        }
        forget(name)
        return JSONWriter.answer(isNew ? .created : .ok) {
            $0.member("name", name)
            $0.member("role", role.rawValue)
            $0.member("password", ifPresent: given == nil ? password : nil)
        }
    }

    /// Nobody is signed in as a person who is no more; their connections may do nothing from here on.
    @Sendable private func remove(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageAccounts)
        let name = try visit.parameter("name")
        guard try await shared.city.removeAccount(name, by: visit.caller.principal) else { throw unknown(name) }
        forget(name)
        return Response(status: .noContent)
    }

    /// Whoever was signed in with the old password or role has to sign in again.
    private func forget(_ name: String) {
        shared.gate.sessions.end(of: name)
        shared.gate.passwords.forget(name)
    }

    private func unknown(_ name: String) -> Problem {
        Problem(.notFound, "there is no account `\(name.prefix(100))`")
    }

    @Sendable private func certificate(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageAccounts)
        let body = try await shared.bodies.object(
            of: visit.request, from: visit.peer, members: ["agency", "validityDays"])
        let name = try visit.parameter("name")
        let isKnown = try await shared.pool.run { [accounts = shared.city.accounts] in try accounts.person(name) != nil
        }
        guard isKnown else { throw unknown(name) }
        let issued = try await shared.city.issueOperatorCertificate(
            to: name, agency: try body.string("agency") ?? "city",
            validityDays: try body.integer("validityDays") ?? 397, with: shared.authority,
            by: visit.caller.principal
        ).get()
        return JSONWriter.answer(.created) {
            $0.member("keyPEM", issued.keyPEM)
            $0.member("certificatePEM", issued.certificatePEM)
            $0.member("authorityPEM", issued.authorityPEM)
        }
    }
}
