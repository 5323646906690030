import CityIdentity
import CityModel
import CityPath
import JSONBytes
import NIOHTTP1
import Testing

@Suite("Tokens over the API")
struct TokenTests {
    private static func post(
        _ body: String, _ client: TestClient, _ headers: [String: String] = [:]
    ) async throws -> (status: Int, body: String) {
        let reply = try await client.post("/api/v1/tokens", json: body, headers)
        return (reply.status, reply.body)
    }

    @Test("an operator makes a token, sees it listed without its secret, and revokes it; each is on record")
    func lifecycle() async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let made = try await TokenTests.post(
                    #"{"person":"anna","note":"laptop","validityDays":30}"#, admin)
                #expect(made.status == 201, "\(made.body)")
                let answer = try JSONValue(parsing: made.body)
                let (id, text) = (try answer.string(at: ["id"]), try answer.string(at: ["token"]))
                let trusted = try server.city.path.identify.token(text.utf8, of: "anna").get()
                let madeAt = try #require(server.city.tokens.record(id)).createdAt
                #expect(trusted.expiresAt == madeAt + .seconds(30 * 86_400))
                let principal = try server.city.path.identify.principal(of: trusted).get()
                #expect(principal.name == "person/anna")
                let list = try await admin.get("/api/v1/tokens").body
                #expect(list.contains(id) && list.contains("laptop") && !list.contains(text.suffix(64)))
                let removals = [
                    try await admin.send(.DELETE, "/api/v1/tokens/\(id)").status,
                    try await admin.send(.DELETE, "/api/v1/tokens/\(id)").status,
                ]
                #expect(removals == [204, 404])
                guard case .failure(let refusal) = server.city.path.identify.principal(of: trusted) else {
                    Issue.record("a revoked token is good")
                    return
                }
                #expect(refusal.code == .credentialsWrong)
            }
        }
    }

    @Test(
        "what cannot be is refused, with what was expected",
        arguments: [
            (#"{}"#, "either `person` or `service`"), (#"{"person":"a","service":"b"}"#, "either"),
            (#"{"person":"nobody"}"#, "no account `nobody`"), (#"{"service":"a/b"}"#, "cannot be a name"),
            (#"{"service":"a","validityDays":398}"#, "397"), (#"{"service":"a","validityDays":0}"#, "397"),
            (#"{"service":"a","days":1}"#, "days"),
        ])
    func unfit(body: String, words: String) async throws {
        try await TestServer.run { server in
            try await TestClient.admin(server) { admin in
                let reply = try await TokenTests.post(body, admin)
                #expect(reply.status == 400 && reply.body.contains(words), "\(reply)")
                #expect(server.city.tokens.all().isEmpty)
            }
        }
    }

    @Test("a token in `Authorization: Bearer` is its owner, until it is revoked; a wrong one is nobody")
    func bearer() async throws {
        try await TestServer.run { server in
            func issue(_ kind: TokenOwner.Kind, _ name: String) async throws -> IssuedToken {
                try await server.city.issueToken(to: TokenOwner(kind: kind, name: name), by: .service("test"))
            }
            let (anna, otto, flows) = (
                try await issue(.person, "anna"), try await issue(.person, "otto"), try await issue(.service, "flows")
            )
            try await TestClient.guarded(server) { client in
                func status(_ path: String, _ token: String) async throws -> Int {
                    try await client.get(path, ["authorization": "Bearer \(token)"]).status
                }
                let operators = [
                    try await status("/api/v1/tokens", anna.text.revealed),
                    try await status("/api/v1/tokens", otto.text.revealed),
                    try await status("/api/v1/refusals", otto.text.revealed),
                    try await status("/api/v1/refusals", flows.text.revealed),
                ]
                #expect(operators == [200, 403, 200, 403])
                #expect(try await server.city.revokeToken(anna.record.id, by: .service("test")))
                let secret = otto.text.revealed.suffix(64)
                let mixed = "bst_\(flows.record.id)_\(secret)"
                for wrong in [anna.text.revealed, mixed, "bst_", "x"] {
                    let reply = try await client.get("/api/v1/refusals", ["authorization": "Bearer \(wrong)"])
                    #expect(reply.status == 401)
                    #expect(reply.header("www-authenticate") == "Bearer error=\"invalid_token\"")
                    #expect(try reply.string(["detail"]) == "the token is wrong, or good no more")
                }
                let stranger = "bst_000000000000_\(secret)"
                let fifth = try await status("/api/v1/refusals", stranger)
                let limited = try await status("/api/v1/refusals", stranger)
                #expect([fifth, limited] == [401, 429])
                // Who has been here lately is not kept out by others' failures.
                #expect(try await status("/api/v1/refusals", otto.text.revealed) == 200)
            }
        }
    }

    @Test("auditors neither see nor make nor revoke tokens")
    func auditors() async throws {
        try await TestServer.run { server in
            let token = try await server.city.issueToken(
                to: TokenOwner(kind: .person, name: "otto"), by: .service("test"))
            try await TestClient.guarded(server) { client in
                let statuses = [
                    try await client.get("/api/v1/tokens", basic("otto")).status,
                    try await TokenTests.post(#"{"person":"otto"}"#, client, basic("otto")).status,
                    try await client.send(.DELETE, "/api/v1/tokens/\(token.record.id)", basic("otto")).status,
                ]
                #expect(statuses == [403, 403, 403])
            }
            #expect(server.city.tokens.all() == [token.record])
        }
    }

    @Test("an account that is removed takes its tokens along, and they do not come back with its name")
    func removedAccount() async throws {
        try await TestServer.run { server in
            let token = try await server.city.issueToken(
                to: TokenOwner(kind: .person, name: "otto"), by: .service("test"))
            let other = try await server.city.issueToken(
                to: TokenOwner(kind: .service, name: "otto"), by: .service("test"))
            #expect(try await server.city.removeAccount("otto", by: .service("test")))
            #expect(server.city.tokens.all() == [other.record])
            try await server.city.setAccount(
                "otto", password: "correct horse battery", role: .operator, by: .service("test"))
            guard case .failure = server.city.path.identify.token(token.text.revealed.utf8, of: "otto") else {
                Issue.record("a token outlived its account")
                return
            }
        }
    }
}
