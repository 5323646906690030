import CityModel
import Foundation
import JSONBytes
import MQTTPackets
import Testing

extension BuiltProgramTests {
    /// HTTPS with a client that other people wrote, and with what the command line hands out.
    @Suite("curl", .enabled(if: Curl.isInstalled, "curl is not installed"))
    struct CurlTests {
        @Test("a device posts readings with its certificate; strangers and bad readings are refused, and say why")
        func readings() async throws {
            let city = try await TestCity.found()
            let foreign = try await TestCity.found()
            let (gauge, rude) = (try await city.addDevice("gauge-1"), try await city.addDevice("rude"))
            var foreigner = try await foreign.addDevice("gauge-1")
            foreigner.authority = gauge.authority
            let server = try await city.serve()
            let curl = Curl(server: server)
            let path = "/api/v1/devices/gauge-1/readings"
            let good = "{\"t\":1700000000000,\"v\":1}"
            #expect(try await curl.post(good, to: path, as: gauge).status == 204)
            #expect(try await curl.post(good, to: path, as: gauge).status == 204, "said twice")
            let history = try await server.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-1")
            #expect(history.map(\.value) == [1])

            for (what, payload, credentials, status, code) in [
                ("an unknown key", "{\"w\":1}", gauge, 422, Refusal.Code.attributeUnknown),
                ("half an object", "{\"v\":", gauge, 400, .malformedPayload),
                ("another device", good, rude, 403, .topicNotOwn),
                ("another city's device", good, foreigner, 403, .certificateUntrusted),
            ] {
                let answer = try await curl.post(payload, to: path, as: credentials)
                #expect(answer.status == status, "\(what): \(answer.body)")
                #expect(try answer.body.string(at: ["code"]) == code.rawValue, "\(what)")
            }
            let nobody = try await curl.post(good, to: path, as: nil)
            #expect(nobody.status == 401, "\(nobody.body)")
            await server.stop()
            withExtendedLifetime(foreign) {}
        }

        @Test("an operator reads with a certificate who was refused what, after a restart too")
        func refusals() async throws {
            let city = try await TestCity.found()
            let (gauge, person) = (try await city.addDevice("gauge-1"), try await city.operatorCredentials())
            let server = try await city.serve()
            let device = try await server.connect(gauge)
            #expect(try await device.publish("{\"w\":1}", by: "gauge-1").isError)
            #expect(try await device.publish("{\"v\":null}", by: "gauge-1").isError)
            await server.stop()
            let second = try await city.serve()
            let curl = Curl(server: second)
            let answer = try await curl.get("/api/v1/refusals", as: person)
            #expect(answer.status == 200)
            let items = try answer.body.array(at: ["items"])
            #expect(
                try items.map { try $0.string(at: ["code"]) }.sorted() == ["attributeUnknown", "malformedPayload"])
            #expect(try items.allSatisfy { try $0.string(at: ["principal"]) == "device/gauge-1" })
            #expect(try items.allSatisfy { try $0.string(at: ["message"]).contains("at `$.") })
            #expect(try await curl.get("/api/v1/refusals", as: gauge).status == 403)
            #expect(try await curl.get("/api/v1/refusals", as: nil).status == 401)
            await second.stop()
        }
    }
}

/// curl, speaking with a served city over HTTPS.
private struct Curl {
    static let path = "/usr/bin/curl"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

    let server: ServedCity

    func get(_ path: String, as credentials: Credentials?) async throws -> Laboratory.Answer {
        try await ask(path, credentials, [])
    }

    func post(_ payload: String, to path: String, as credentials: Credentials?) async throws -> Laboratory.Answer {
        try await ask(path, credentials, ["-H", "Content-Type: application/json", "-d", payload])
    }

    private func ask(
        _ path: String, _ credentials: Credentials?, _ arguments: [String]
    ) async throws -> Laboratory.Answer {
        var identity = ["--insecure"]
        if let credentials {
            identity = [
                "--cacert", credentials.authority, "--cert", credentials.certificate, "--key", credentials.key,
            ]
        }
        let outcome = try await ChildProcess.run(
            Curl.path,
            ["-s", "-S", "--max-time", "20", "-w", "\n%{http_code}"] + identity + arguments
                + ["https://localhost:\(server.ports.https)\(path)"])
        var lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        guard outcome.exited(0), let status = lines.popLast().flatMap({ Int($0) }) else {
            throw Failure("curl \(path): \(outcome.end) \(outcome.errors)")
        }
        let body = lines.joined(separator: "\n")
        return Laboratory.Answer(status: status, body: body.isEmpty ? .null : try JSONValue(parsing: Array(body.utf8)))
    }
}
