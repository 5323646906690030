import CityModel
import MQTTClient
import MQTTPackets
import Testing

extension BuiltProgramTests {
    /// What an operator says of a device holds at once.
    @Suite("Suspending and revoking")
    struct RevocationTests {
        /// From the command's start until the device is disconnected.
        private static let limit = Duration.seconds(1)

        @Test("a suspended device is disconnected within a second and refused; resumed, it is let in again")
        func suspend() async throws {
            let city = try await TestCity.found()
            let (gauge, other) = (try await city.addDevice("gauge-1"), try await city.addDevice("other"))
            let server = try await city.serve()
            let witness = try await server.connect(other)
            try await expectDisconnection(
                of: gauge, at: server, by: city, "suspend", "stolen?", refused: .notAuthorized)
            try await city.command("device", "resume", "gauge-1")
            let back = try await server.connect(gauge)
            #expect(try await back.publish("{\"v\":2}", by: "gauge-1") == .success)
            #expect(try await witness.publish("{\"v\":1}", by: "other") == .success)
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            let refusals = journal.refusals(of: "device/gauge-1")
            #expect(refusals.map(\.code) == [.deviceSuspended])
            #expect(refusals.allSatisfy { $0.message.contains("stolen?") })
            #expect(journal.alerts.map(\.kind) == ["barredDeviceReturns"])
        }

        @Test("a revoked device is disconnected within a second and banned, and stays so over a restart")
        func revoke() async throws {
            let city = try await TestCity.found()
            let gauge = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            try await expectDisconnection(of: gauge, at: server, by: city, "revoke", "key stolen", refused: .banned)
            let resumed = try await city.bastide(["device", "resume", "gauge-1", "--city", city.path])
            #expect(resumed.exited(1) && resumed.errors.contains("revoked for good"), "\(resumed.errors)")
            await server.stop()

            let second = try await city.serve()
            await expectRefusal(of: gauge, at: second, .banned)
            let record = try await city.command("device", "show", "gauge-1")
            #expect(record.contains("revoked") && record.contains("key stolen"), "\(record)")
            // A new certificate is a new beginning; the old one stays worthless.
            let old = Credentials(folder: city.scratch("old"), stem: "device")
            try old.take(from: gauge)
            try await city.command("device", "add", "gauge-1", "--replace")
            let renewed = try await second.connect(gauge)
            #expect(try await renewed.publish("{\"v\":2}", by: "gauge-1") == .success)
            await expectRefusal(of: old, at: second, .notAuthorized)
            await second.stop()
        }

        @Test("a certificate that is replaced while its device is connected ends that connection")
        func replace() async throws {
            let city = try await TestCity.found()
            let gauge = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let connection = try await server.connect(gauge)
            #expect(try await connection.publish("{\"v\":1}", by: "gauge-1") == .success)
            try await city.command("device", "add", "gauge-1", "--replace")
            #expect(await connection.closed.disconnectReason == .administrativeAction)
            await server.stop()
        }

        private func expectDisconnection(
            of gauge: Credentials, at server: ServedCity, by city: TestCity, _ change: String, _ reason: String,
            refused code: ReasonCode
        ) async throws {
            let connection = try await server.connect(gauge)
            #expect(try await connection.publish("{\"v\":1}", by: "gauge-1") == .success)
            let began = ContinuousClock.now
            async let command: Void = {
                try await city.command("device", change, "gauge-1", "--reason", reason)
            }()
            #expect(await connection.closed.disconnectReason == .administrativeAction)
            let elapsed = began.duration(to: .now)
            #expect(elapsed < RevocationTests.limit, "\(elapsed)")
            try await command
            await expectRefusal(of: gauge, at: server, code)
        }

        private func expectRefusal(of credentials: Credentials, at server: ServedCity, _ code: ReasonCode) async {
            await #expect {
                _ = try await server.connect(credentials)
            } throws: { error in
                (error as? MQTTConnectionError)?.reasonCode == code
            }
        }
    }
}
