import CityModel
import MQTTClient
import MQTTPackets
import Testing

extension BuiltProgramTests {
    /// Who is not one of the city's stays out, whatever they present, and the record says why.
    @Suite("Identity", .enabled(if: ForgedCertificates.isInstalled, "OpenSSL is not installed"))
    struct IdentityTests {
        /// Somebody who is to be refused.
        struct Stranger {
            let what: String
            let credentials: Credentials?
            let code: Refusal.Code
            /// What CONNACK says; nil when the handshake fails already.
            let reason: ReasonCode?
            /// Whom the record names.
            var principal: String?
        }

        @Test("strangers are refused for what is wrong with them, and each refusal is recorded with its address")
        func strangers() async throws {
            let city = try await TestCity.found()
            let strangers = try await IdentityTests.strangers(of: city)
            let server = try await city.serve()
            for (index, stranger) in strangers.enumerated() {
                try await expectRefusal(of: stranger, at: server, from: "127.0.0.\(index + 10)")
            }
            // The city is none the worse for it.
            let honest = try await server.connect(Credentials(folder: "\(city.path)/devices/honest", stem: "device"))
            #expect(try await honest.publish("{\"v\":1}", by: "honest") == .success)
            await honest.disconnect()
            #expect(await server.stop() == .exited(0))
            var journal = JournalContents(of: city)
            try journal.readOn()
            for (index, stranger) in strangers.enumerated() {
                let address = "127.0.0.\(index + 10)"
                let refusals = journal.refusals(from: address)
                #expect(refusals.map(\.code) == [stranger.code], "\(stranger.what): \(refusals.map(\.message))")
                #expect(refusals.allSatisfy { $0.step == .identify && $0.count == 1 }, "\(stranger.what)")
                #expect(refusals.map(\.principal) == [stranger.principal ?? "unknown/\(address)"], "\(stranger.what)")
            }
        }

        private func expectRefusal(of stranger: Stranger, at server: ServedCity, from address: String) async throws {
            let options = MQTTConnectionOptions(clientIdentifier: "stranger", localAddress: address)
            do {
                let connection =
                    if let credentials = stranger.credentials {
                        try await server.connect(credentials, options)
                    } else {
                        try await server.connectWithoutCertificate(options)
                    }
                Issue.record("\(stranger.what): let in as \(connection.clientIdentifier)")
            } catch let error as MQTTConnectionError {
                #expect(error.reasonCode == stranger.reason, "\(stranger.what): \(error)")
            }
        }

        private static func strangers(of city: TestCity) async throws -> [Stranger] {
            _ = try await city.addDevice("honest")
            let foreign = try await TestCity.found()
            var foreigner = Credentials(folder: city.scratch("foreigner"), stem: "device")
            try foreigner.take(from: try await foreign.addDevice("honest"))
            foreigner.authority = "\(city.path)/pki/root.crt"
            let spiffe = "URI:spiffe://rivertown.example/agency/city/device"
            func forged(_ name: String, _ recipe: ForgedCertificates.Recipe) async throws -> Credentials {
                try await ForgedCertificates.make(recipe, by: city, name)
            }
            func registered(_ id: String, then change: String) async throws -> Credentials {
                let credentials = try await city.addDevice(id)
                try await city.command("device", change, id)
                return credentials
            }
            let replaced = try await city.addDevice("replaced")
            let old = Credentials(folder: city.scratch("old"), stem: "device")
            try old.take(from: replaced)
            try await city.command("device", "add", "replaced", "--replace")
            return [
                Stranger(
                    what: "another city's device", credentials: foreigner, code: .certificateUntrusted, reason: nil),
                Stranger(
                    what: "no certificate", credentials: nil, code: .notIdentified, reason: .badUserNameOrPassword),
                Stranger(
                    what: "an expired certificate",
                    credentials: try await forged(
                        "expired", .init(notAfter: "20250101000000Z", names: "\(spiffe)/honest")),
                    code: .certificateExpired, reason: nil),
                Stranger(
                    what: "a certificate of tomorrow",
                    credentials: try await forged(
                        "early", .init(notBefore: "20390101000000Z", names: "\(spiffe)/honest")),
                    code: .certificateExpired, reason: nil),
                Stranger(
                    what: "a certificate without a SPIFFE name", credentials: try await forged("nameless", .init()),
                    code: .certificateNameless, reason: nil),
                Stranger(
                    what: "a certificate with two names",
                    credentials: try await forged("two", .init(names: "\(spiffe)/honest,\(spiffe)/other")),
                    code: .certificateNameless, reason: nil),
                Stranger(
                    what: "a name of another city",
                    credentials: try await forged(
                        "away", .init(names: "URI:spiffe://lake.example/agency/city/device/honest")),
                    code: .certificateNameless, reason: nil),
                Stranger(
                    what: "a server's certificate",
                    credentials: try await forged(
                        "server", .init(names: "\(spiffe)/honest", extendedKeyUsage: "serverAuth")),
                    code: .certificateUntrusted, reason: nil),
                Stranger(
                    what: "a name that nobody registered",
                    credentials: try await forged("unknown", .init(names: "\(spiffe)/nobody")), code: .deviceUnknown,
                    reason: .notAuthorized, principal: "device/nobody"),
                Stranger(
                    what: "a registered name under another certificate",
                    credentials: try await forged("other", .init(names: "\(spiffe)/honest")),
                    code: .certificateSuperseded,
                    reason: .notAuthorized, principal: "device/honest"),
                Stranger(
                    what: "a replaced certificate", credentials: old, code: .certificateSuperseded,
                    reason: .notAuthorized,
                    principal: "device/replaced"),
                Stranger(
                    what: "a suspended device", credentials: try await registered("suspended", then: "suspend"),
                    code: .deviceSuspended, reason: .notAuthorized, principal: "device/suspended"),
                Stranger(
                    what: "a revoked device", credentials: try await registered("revoked", then: "revoke"),
                    code: .deviceRevoked, reason: .banned, principal: "device/revoked"),
            ]
        }
    }
}
