import CityIdentity
import CityModel
import CityPath
import Foundation
import NIOHTTP1
import Testing

@Suite("The console")
struct ConsoleTests {
    private static let pages = [
        "/", "/entities", "/entities/\(TestServer.airEntity)", "/devices", "/devices/air-1",
        "/devices/air-1?confirm=revoke", "/alerts", "/alerts?status=all", "/refusals", "/ledger",
    ]

    @Test("every page is there for those who signed in, and no name breaks out of it", arguments: pages)
    func page(path: String) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                _ = try await client.session("anna")
                let reply = try await client.get(path)
                #expect(reply.status == 200)
                #expect(reply.header("content-type") == "text/html; charset=utf-8")
                #expect(reply.header("cache-control") == "no-store")
                #expect(!reply.body.contains("<script>alert"))
                #expect(!reply.body.contains("Test <City>"))
            }
        }
    }

    @Test(
        "every answer holds the browser to its policy", arguments: ["/sign-in", "/livez", "/nothing", "/api/v1/status"])
    func headers(path: String) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.get(path)
                #expect(reply.header("content-security-policy")?.contains("frame-ancestors 'none'") == true)
                #expect(reply.header("content-security-policy")?.contains("default-src 'none'") == true)
                #expect(reply.header("x-content-type-options") == "nosniff")
                #expect(reply.header("referrer-policy") == "same-origin")
                #expect(reply.header("cross-origin-opener-policy") == "same-origin")
                #expect(reply.header("strict-transport-security")?.contains("max-age=") == true)
            }
        }
    }

    @Test(
        "errors are pages that say what is wrong, in escaped words",
        arguments: [
            ("/nothing/%3Cscript%3E", 404), ("/entities/%3Cscript%3Ealert", 404), ("/devices/nobody", 404),
            ("/alerts?status=%3Cb%3E", 400), ("/devices?connection=%3Cb%3E", 400), ("/entities?q=%FF", 400),
        ])
    func errors(path: String, status: Int) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                _ = try await client.session("anna")
                let reply = try await client.get(path)
                #expect(reply.status == status)
                #expect(reply.header("content-type") == "text/html; charset=utf-8")
                #expect(!reply.body.contains("<script>alert") && !reply.body.contains("<b>"))
            }
        }
    }

    @Test("a form of the console suspends a device, says so once, and resumes it")
    func forms() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("anna")
                let reply = try await client.post(
                    "/devices/air-1/suspend", form: [("csrf", token), ("reason", "test")])
                #expect(reply.header("location") == "/devices/air-1")
                #expect(try await client.get("/devices/air-1").body.contains("Device air-1 is suspended now."))
                #expect(try await !client.get("/devices/air-1").body.contains("Device air-1 is suspended now."))
                _ = try await client.post("/devices/air-1/resume", form: [("csrf", token), ("reason", "test")])
                #expect(server.city.views.registry.device(DeviceID("air-1"))?.status == .active)
            }
        }
    }

    @Test("a form without its token, its reason or its consent changes nothing")
    func incompleteForms() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("anna")
                for (fields, status) in [
                    ([("reason", "test")], 403), ([("csrf", "0000"), ("reason", "test"), ("understood", "yes")], 403),
                    ([("csrf", token)], 400), ([("csrf", token), ("reason", "test")], 400),
                ] {
                    #expect(try await client.post("/devices/air-1/revoke", form: fields).status == status)
                }
                let json = try await client.send(
                    .POST, "/devices/air-1/revoke", ["content-type": "application/json"], "{}")
                #expect(json.status == 415)
                #expect(server.city.views.registry.device(DeviceID("air-1"))?.status == .active)
            }
        }
    }

    @Test("an auditor sees, and changes nothing")
    func auditor() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let token = try await client.session("otto")
                let page = try await client.get("/devices/air-1")
                #expect(page.body.contains("Your role does not include changing devices."))
                let reply = try await client.post("/devices/air-1/suspend", form: [("csrf", token), ("reason", "x")])
                #expect(reply.status == 403)
                #expect(server.city.views.registry.device(DeviceID("air-1"))?.status == .active)
            }
        }
    }

    @Test("a personal value is withheld on an entity's page")
    func withheld() async throws {
        try await TestServer.run { server in
            try await TestClient.laboratory(server) { laboratory in
                let path = "/ngsi-ld/v1/entities/\(TestServer.carEntity)/attrs"
                let reply = try await laboratory.post(path, json: "{\"vehiclePlate\":{\"value\":\"ZH 123\"}}")
                #expect(reply.status == 204)
            }
            try await TestClient.guarded(server) { client in
                _ = try await client.session("anna")
                let page = try await client.get("/entities/\(TestServer.carEntity)").body
                #expect(page.contains("vehiclePlate"))
                #expect(!page.contains("ZH 123"))
            }
        }
    }

    @Test("static files are kept by their hash, and asked for again by their tag")
    func staticFiles() async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let page = try await client.get("/sign-in").body
                let start = try #require(page.range(of: "/static/"))
                let path = String(page[start.lowerBound...].prefix { $0 != "\"" })
                let file = try await client.get(path)
                #expect(file.status == 200)
                #expect(file.header("cache-control")?.contains("immutable") == true)
                let tag = try #require(file.header("etag"))
                let again = try await client.get(path, ["if-none-match": "\"other\", W/\(tag)"])
                #expect(again.status == 304)
                #expect(again.body.isEmpty)
                let head = try await client.send(.HEAD, path)
                #expect(head.header("content-length") == "\(file.body.utf8.count)")
            }
        }
    }

    @Test(
        "no path leads out of the static files",
        arguments: [
            "/static/", "/static/x", "/static/x/../../../etc/passwd", "/static/x/..%2f..%2f..%2fetc%2fpasswd",
            "/static/x/css/../../templates/layout.mustache", "/static/x//etc/passwd", "/static/x/%00", "/static/x/%zz",
        ])
    func traversal(path: String) async throws {
        try await TestServer.run { server in
            try await TestClient.guarded(server) { client in
                let reply = try await client.get(path)
                #expect(reply.status == 404)
                #expect(!reply.body.contains("root:"))
            }
        }
    }
}
