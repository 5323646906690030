import CityIdentity
import CityModel
import CityStorage
import Foundation
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// User name and token in the place of a certificate.
    @Suite("Sign-in with a token")
    struct TokenTests {
        /// From the command's start until the connection is closed.
        private static let limit = Duration.seconds(1)

        /// What `bastide token add --json` prints.
        private struct Token: Decodable {
            var id: String
            var token: String
        }

        private static var now: Timestamp {
            Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        }

        private static func add(_ arguments: String..., to city: TestCity) async throws -> Token {
            let text = try await city.succeed(["token", "add", "--json", "--city", city.path] + arguments)
            return try JSONDecoder().decode(Token.self, from: Data(text.utf8))
        }

        private static func options(
            _ name: String, _ password: String?, _ version: ProtocolVersion = .v5, from address: String? = nil
        ) -> MQTTConnectionOptions {
            var options = MQTTConnectionOptions(version: version, localAddress: address)
            options.userName = name
            options.password = password.map { ByteBuffer(string: $0) }
            return options
        }

        private static func refusal(
            of options: MQTTConnectionOptions, at server: ServedCity
        ) async throws -> (code: ReasonCode?, words: String) {
            do {
                _ = try await server.connectWithoutCertificate(options)
                Issue.record("let in")
                return (nil, "")
            } catch let error as MQTTConnectionError {
                return (error.reasonCode, "\(error)")
            }
        }

        @Test(
            "Mosquitto's clients get in with -u and -P, as an operator and as a service",
            .enabled(if: Mosquitto.isInstalled, "mosquitto_pub and mosquitto_sub are not installed"))
        func mosquitto() async throws {
            let city = try await TestCity.found()
            let gauge = try await city.addDevice("gauge-1")
            let person = try await TokenTests.add("--person", "operator", to: city)
            let service = try await TokenTests.add("--service", "flows", to: city)
            let server = try await city.serve()
            for version in Mosquitto.Version.allCases {
                let kept = try await Mosquitto.publish(
                    "{\"v\":1}", to: "devices/gauge-1/v", at: server, as: gauge, version, ["-q", "1", "-r"])
                #expect(kept.exited(0), "\(kept.errors)")
                let heard = try Mosquitto.subscribe(
                    to: ["devices/+/v"], at: server, token: ("operator", person.token), city, version, ["-C", "1"])
                #expect(await heard.outcome().output == "devices/gauge-1/v {\"v\":1}\n")
                let own = try await Mosquitto.publish(
                    "hello", to: "plant/line", at: server, token: ("flows", service.token), city, version,
                    ["-q", "1", "-r"])
                #expect(own.exited(0) && own.errors.isEmpty, "\(own.errors)")
                let app = try Mosquitto.subscribe(
                    to: ["plant/#"], at: server, token: ("flows", service.token), city, version, ["-C", "1"])
                #expect(await app.outcome().output == "plant/line hello\n")
                let denied = try Mosquitto.subscribe(
                    to: ["#"], at: server, token: ("flows", service.token), city, version, ["-C", "1"])
                #expect(await denied.outcome().errors.contains("denied"))
                let wrong = try await Mosquitto.publish(
                    "hello", to: "plant/line", at: server, token: ("flows", person.token), city, version)
                #expect(!wrong.exited(0), "a token under another name")
            }
            await server.stop()
        }

        @Test("a service hears and says nothing of the city's own")
        func service() async throws {
            let city = try await TestCity.found()
            _ = try await city.addDevice("gauge-1")
            let token = try await TokenTests.add("--service", "flows", to: city)
            let server = try await city.serve()
            let flows = try await server.connectWithoutCertificate(TokenTests.options("flows", token.token))
            for filter in [
                "#", "+/gauge-1/v", "devices/gauge-1/v", "city/#", "$SYS/#", "$share/g/#", "$share/g/devices/#", "+",
            ] {
                #expect(try await flows.subscribe(to: try TopicFilter(filter)) == .notAuthorized, "\(filter)")
            }
            for topic in ["devices/gauge-1/v", "city/city/gauge-1/command/x", "devices/gauge-1/command/x", "city/x"] {
                let code = try await flows.publish(
                    topicName: topic, payload: ByteBuffer(string: "{\"v\":1}"), qos: .atLeastOnce)
                #expect(code.isError, "\(topic): \(code)")
            }
            #expect(try await flows.subscribe(to: try TopicFilter("plant/+")) == .grantedQoS1)
            let code = try await flows.publish(
                topicName: "plant/a", payload: ByteBuffer(string: "hello"), qos: .atLeastOnce)
            #expect(code == .success)
            #expect(await flows.messages.first { _ in true }.map { String(buffer: $0.payload) } == "hello")
            await server.stop()
        }

        @Test("a revoked token closes its connection within a second, and only its own; a removed account closes all")
        func revoked() async throws {
            let city = try await TestCity.found()
            try await city.command("operator", "add", "ada")
            let (first, second) = (
                try await TokenTests.add("--person", "ada", to: city),
                try await TokenTests.add("--person", "ada", to: city)
            )
            let server = try await city.serve()
            var options = TokenTests.options("ada", first.token)
            options.will = WillMessage(topicName: "plant/will", payload: ByteBuffer(string: "farewell"))
            let gone = try await server.connectWithoutCertificate(options)
            let stays = try await server.connectWithoutCertificate(TokenTests.options("ada", second.token))
            #expect(try await stays.subscribe(to: try TopicFilter("plant/#")) == .grantedQoS1)
            try await expectDisconnection(of: gone, by: city, ["token", "revoke", first.id])
            let again = try await TokenTests.refusal(of: TokenTests.options("ada", first.token), at: server)
            #expect(again.code == .badUserNameOrPassword)
            let code = try await stays.publish(
                topicName: "plant/a", payload: ByteBuffer(string: "still here"), qos: .atLeastOnce)
            #expect(code == .success)
            // The will was not published: what is heard first is what was said next.
            #expect(await stays.messages.first { _ in true }.map { String(buffer: $0.payload) } == "still here")
            try await expectDisconnection(of: stays, by: city, ["operator", "remove", "ada"])
            let nobody = try await TokenTests.refusal(of: TokenTests.options("ada", second.token), at: server)
            #expect(nobody.code == .badUserNameOrPassword)
            // An account of the same name does not find the tokens of the old one.
            try await city.command("operator", "add", "ada")
            let new = try await TokenTests.refusal(of: TokenTests.options("ada", second.token), at: server)
            #expect(new.code == .badUserNameOrPassword)
            #expect(try await !city.command("token", "list").contains(second.id))
            await server.stop()
        }

        private func expectDisconnection(
            of connection: MQTTConnection, by city: TestCity, _ command: [String]
        ) async throws {
            let began = ContinuousClock.now
            async let done = city.succeed(command + ["--city", city.path])
            #expect(await connection.closed.disconnectReason != nil)
            let elapsed = began.duration(to: .now)
            #expect(elapsed < TokenTests.limit, "\(command): \(elapsed)")
            _ = try await done
        }

        @Test("a token that expires closes its connection within a second, and opens no other, restart or not")
        func expired() async throws {
            let city = try await TestCity.found()
            let start = TokenTests.now
            let journal = try SQLiteJournal(existing: "\(city.path)/data/journal.sqlite")
            let tokens = try Tokens(table: journal)
            let owner = TokenOwner(kind: .service, name: "flows")
            let (change, token) = try tokens.issuing(
                to: owner, note: "", validity: .seconds(8), by: "test", at: start)
            try tokens.make(change)
            try journal.close()
            let server = try await city.serve()
            let options = TokenTests.options("flows", token.text.revealed)
            let connection = try await server.connectWithoutCertificate(options)
            #expect(await connection.closed.disconnectReason == .notAuthorized)
            let late = TokenTests.now.since(token.record.expiresAt)
            #expect(late >= .zero && late < TokenTests.limit, "\(late)")
            #expect(try await TokenTests.refusal(of: options, at: server).code == .badUserNameOrPassword)
            await server.stop()
            let second = try await city.serve()
            #expect(try await TokenTests.refusal(of: options, at: second).code == .badUserNameOrPassword)
            await second.stop()
        }

        @Test("whoever presents nothing, or something wrong, is refused the same way, recorded without the secret")
        func refused() async throws {
            let city = try await TestCity.found()
            let token = try await TokenTests.add("--service", "flows", to: city)
            let revoked = try await TokenTests.add("--service", "flows", to: city)
            try await city.command("token", "revoke", revoked.id)
            let secret = String(token.token.suffix(64))
            let wrongSecret = String(token.token.dropLast(4)) + "0000"
            let server = try await city.serve()
            let wrong: [(name: String, password: String)] = [
                ("flows", wrongSecret), ("flows", revoked.token), ("nobody", token.token), ("flows", "secret"),
                ("flows", ""),
            ]
            var answers: Set<String> = []
            for (index, (name, password)) in wrong.enumerated() {
                for (version, offset) in [(ProtocolVersion.v5, 10), (.v3_1_1, 40)] {
                    let address = "127.0.0.\(offset + index)"
                    let answer = try await TokenTests.refusal(
                        of: TokenTests.options(name, password, version, from: address), at: server)
                    #expect(answer.code == .badUserNameOrPassword, "\(name) \(version): \(answer.words)")
                    answers.insert("\(version) \(answer.words)")
                }
            }
            #expect(answers.count == 2, "\(answers)")
            for version in [ProtocolVersion.v5, .v3_1_1] {
                let nothing = MQTTConnectionOptions(version: version, localAddress: "127.0.0.90")
                #expect(try await TokenTests.refusal(of: nothing, at: server).code == .badUserNameOrPassword)
            }
            // From one place, tries have an end: then the right token has to wait, too.
            for _ in 0..<5 {
                _ = try await TokenTests.refusal(
                    of: TokenTests.options("flows", wrongSecret, from: "127.0.0.91"), at: server)
            }
            let limited = try await TokenTests.refusal(
                of: TokenTests.options("flows", token.token, from: "127.0.0.91"), at: server)
            #expect(limited.code == .serverBusy)
            let elsewhere = try await server.connectWithoutCertificate(TokenTests.options("flows", token.token))
            await elsewhere.disconnect()
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            for index in wrong.indices {
                for offset in [10, 40] {
                    let refusals = journal.refusals(from: "127.0.0.\(offset + index)")
                    #expect(refusals.map(\.code) == [.credentialsWrong], "\(wrong[index].name): \(refusals)")
                    #expect(refusals.allSatisfy { $0.step == .identify && $0.count == 1 })
                }
            }
            #expect(journal.refusals(from: "127.0.0.90").map(\.code) == [.notIdentified])
            #expect(journal.refusals(from: "127.0.0.91").map(\.code).contains(.rateLimited))
            #expect(journal.refusals.allSatisfy { !$0.message.contains(secret) && !$0.message.contains("bst_") })
        }

        @Test("a certificate wins over what else is presented, and opens as before")
        func certificateWins() async throws {
            let city = try await TestCity.found()
            let gauge = try await city.addDevice("gauge-1")
            let person = try await city.operatorCredentials()
            let token = try await TokenTests.add("--service", "flows", to: city)
            let server = try await city.serve()
            let device = try await server.connect(gauge)
            #expect(try await device.publish("{\"v\":1}", by: "gauge-1") == .success)
            // An operator's certificate with a service's token: the operator it is.
            let both = try await server.connect(person, TokenTests.options("flows", token.token))
            #expect(try await both.subscribe(to: try TopicFilter("#")) == .grantedQoS1)
            // A suspended device's certificate is not made good by a token.
            try await city.command("device", "suspend", "gauge-1")
            await #expect {
                _ = try await server.connect(gauge, TokenTests.options("flows", token.token))
            } throws: { error in
                (error as? MQTTConnectionError)?.reasonCode == .notAuthorized
            }
            await server.stop()
        }
    }
}
