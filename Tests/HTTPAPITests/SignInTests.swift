import AsyncHTTPClient
import CityIdentity
import CityModel
import CityPath
import NIOHTTP1
import Testing

@Suite("Signing in and out")
struct SignInTests {
    @Test("a session's cookie is held to this host, to TLS and to our own pages")
    func cookie() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.signIn("anna", returnTo: "/entities?type=X")
                #expect(reply.status == 303)
                #expect(reply.header("location") == "/entities?type=X")
                let cookie = try #require(reply.headers["set-cookie"].first { $0.hasPrefix("__Host-bastide=") })
                for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] { #expect(cookie.contains(part)) }
                #expect(try await client.get("/").status == 200)
            }
        }
    }

    @Test(
        "nobody is sent to another server after signing in",
        arguments: ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\r\nX: y"])
    func openRedirect(target: String) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.signIn("anna", returnTo: target)
                #expect(reply.header("location") == "/")
            }
        }
    }

    @Test("a page without a session shows the way to sign in and back")
    func redirect() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let before = server.city.metrics.refusalCount
                let reply = try await client.get("/devices?q=a%20b")
                #expect(reply.status == 303)
                #expect(reply.header("location") == "/sign-in?returnTo=%2Fdevices%3Fq%3Da%2520b")
                #expect(server.city.metrics.refusalCount == before)
            }
        }
    }

    @Test("a wrong password and an unknown name get the same answer, and both are on record")
    func wrong() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let before = server.city.metrics.refusalCount
                let wrong = try await client.signIn("anna", password: "not the password")
                let unknown = try await client.signIn("nobody", password: "not the password")
                #expect(wrong.status == 401)
                #expect(unknown.status == 401)
                #expect(
                    wrong.body.replacing("value=\"anna\"", with: "")
                        == unknown.body.replacing("value=\"nobody\"", with: ""))
                #expect(server.city.metrics.refusalCount == before + 2)
            }
        }
    }

    @Test("after five failures the next try has to wait, also with the right password, and then may try again")
    func rateLimit() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                for _ in 0..<5 { _ = try await client.signIn("anna", password: "not the password") }
                // Four more, each after its wait: then a slow machine does not sit the next one out.
                for _ in 0..<4 {
                    server.clock.advance(by: .seconds(60))
                    #expect(try await client.signIn("anna", password: "not the password").status != 429)
                }
                let reply = try await client.signIn("anna")
                #expect(reply.status == 429)
                let wait = try #require(reply.header("retry-after").flatMap { Int($0) })
                #expect(wait > 0)
                #expect(try await client.get("/api/v1/status", basic("anna")).status == 429)
                server.clock.advance(by: .seconds(wait))
                #expect(try await client.signIn("anna").status == 303)
            }
        }
    }

    @Test(
        "no page tells whether a password is right but those that count the tries",
        arguments: ["/sign-in", "/nothing", "/nothing/at-all"])
    func passwordOracle(path: String) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let before = server.city.metrics.refusalCount
                for _ in 0..<8 {
                    let wrong = try await client.get(path, basic("anna", "not the password"))
                    let right = try await client.get(path, basic("anna"))
                    #expect(wrong.status == right.status)
                    #expect(
                        try TestClient.withoutTokens(wrong.body) == TestClient.withoutTokens(right.body))
                }
                // None of that was a try: nobody waits, nothing is on record.
                #expect(server.city.metrics.refusalCount == before)
                #expect(try await client.get("/api/v1/status", basic("anna")).status == 200)
            }
        }
    }

    @Test("whoever is known already needs no form: by session or certificate")
    func knownAlready() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                _ = try await client.session("anna")
                let reply = try await client.get("/sign-in?returnTo=/alerts")
                #expect(reply.status == 303)
                #expect(reply.header("location") == "/alerts")
            }
            let before = server.city.metrics.refusalCount
            _ = try await server.city.setStatus(
                .suspended, of: DeviceID("air-1"), reason: "test", by: .service("test")
            ).get()
            try await TestClient.guarded(server, keyPEM: server.air.keyPEM, certificatePEM: server.air.certificatePEM) {
                client in
                let status = try await client.get("/sign-in").status
                #expect(status == 200)
                #expect(server.city.metrics.refusalCount == before + 1, "a suspended device is on record")
            }
        }
    }

    @Test("a sign-in form that another site has filled in is refused")
    func forgedSignIn() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                _ = try await client.get("/sign-in")
                let fields = [
                    ("csrf", String(repeating: "0", count: 32)), ("name", "anna"), ("password", TestServer.password),
                ]
                #expect(try await client.post("/sign-in", form: fields).status == 403)
            }
        }
    }

    @Test("a session ends after half an hour without use; a form of it then says so")
    func expiry() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("anna")
                server.clock.advance(by: .seconds(29 * 60))
                #expect(try await client.get("/").status == 200)
                server.clock.advance(by: .seconds(31 * 60))
                let cookies = client.cookies
                let form = try await client.post("/devices/air-1/suspend", form: [("csrf", token), ("reason", "x")])
                #expect(form.status == 401)
                #expect(form.body.contains("Your session ended"))
                #expect(cookies["__Host-bastide"] != nil && client.cookies["__Host-bastide"] == nil)
                #expect(try await client.get("/").status == 303)
                #expect(server.city.views.registry.device(DeviceID("air-1"))?.status == .active)
            }
        }
    }

    @Test("what a page asks by itself does not keep a session alive")
    func backgroundUse() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                _ = try await client.session("anna")
                server.clock.advance(by: .seconds(29 * 60))
                #expect(try await client.open(.HEAD, "/api/v1/events").status.code == 200)
                server.clock.advance(by: .seconds(2 * 60))
                #expect(try await client.get("/").status == 303)
            }
        }
    }

    @Test("signing out ends the session on the server, not in the browser alone")
    func signOut() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("anna")
                let session = try #require(client.cookies["__Host-bastide"])
                let reply = try await client.post("/sign-out", form: [("csrf", token)])
                #expect(reply.header("location") == "/signed-out")
                #expect(try await client.get("/signed-out").status == 200)
                let replay = try await client.get("/api/v1/status", ["cookie": "__Host-bastide=\(session)"])
                #expect(replay.status == 401)
            }
        }
    }

    @Test("a new password ends the sessions that began with the old one")
    func newPassword() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                _ = try await client.session("otto")
                try await TestClient.admin(server) { admin in
                    let body = "{\"name\":\"otto\",\"role\":\"auditor\",\"password\":\"another-long-password\"}"
                    let reply = try await admin.post("/api/v1/operators", json: body)
                    #expect(reply.status == 200)
                }
                #expect(try await client.get("/").status == 303)
            }
        }
    }
}
