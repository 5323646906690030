import ArgumentParser
import CityIdentity
import CityModel
import CityPath
import CityStorage
import DemoCity
import Foundation
import Logging

/// `bastide demo`: a simulated town, complete: about 400 devices with certificates of their own, and things that happen.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Found and serve a simulated town, with devices that publish and things that happen.",
        discussion: """
            The first start founds the town, enrols its devices and gives them a week of history. Every device is an \
            MQTT client with a certificate of its own, through the same guarded port as any other. Every two or three \
            minutes something happens: a burst main, a blocked junction, bad air, a stuck sensor, a stolen identity, an \
            impostor. Listens on loopback unless city.yaml says otherwise.

            EXAMPLES:
              bastide demo
              bastide demo /srv/demo --seed 7
            """)

    @Argument(help: ArgumentHelp("The town's directory.", valueName: "dir"), completion: .directory)
    var path = "demo-city"

    @Option(help: "What the town grows from: another seed, another town. Counts at the first start.")
    var seed: UInt64 = 2_026

    @OptionGroup var settings: SettingOptions

    @Flag(name: .customLong("json"), help: "Print one line of JSON when ready: ports, operator, password.")
    var isJSON = false

    func run() async throws {
        let directory = CityDirectory(CityOption.absolute(path))
        try await DemoFounding(directory: directory, seed: seed).make()
        let configuration = try CityConfiguration.read(directory, overrides: settings.overrides).configuration
        guard configuration.isSimulation else {
            throw CommandFailure(
                .failed,
                "the city in \(path) is not a simulation: `bastide serve \(path)` serves it, `bastide demo` would not")
        }
        let logger = Logger.program(level: .warning, format: configuration.loggingFormat)
        let server = try CityServer(directory, configuration, laboratory: nil, logger: logger)
        let password = PasswordMaker.make()
        try await server.city.setAccount(
            DemoFounding.operatorName, password: password, role: .operator, by: .service("demo"))
        let simulation = CitySimulation(
            seed: try DemoFounding.seed(of: directory), start: DemoInstant(server.city.clock.now),
            utcOffset: .seconds(TimeZone.current.secondsFromGMT()))
        try await server.run(beside: [DemoSimulation(simulation, directory: directory, server: server, logger: logger)])
        {
            ports in
            Console.say(isJSON ? line(ports, password) : block(ports, password, server))
        }
    }

    private struct Ready: Encodable {
        var mqtt: Int
        var https: Int
        var `operator`: String
        var password: String
    }

    private func line(_ ports: ServingPorts, _ password: String) -> String {
        let ready = Ready(
            mqtt: ports.mqtt, https: ports.https, operator: DemoFounding.operatorName, password: password)
        return (try? JSONText.line(ready)) ?? ""
    }

    private func block(_ ports: ServingPorts, _ password: String, _ server: CityServer) -> String {
        let name = server.configuration.cityName
        let (program, path) = (ProgramName.text, ShellWord.quoted(path))
        return """

            ──────────────────────────────────────────────────────────────────────
             \(name) is running: \(server.city.views.registry.count) simulated devices, all through the guarded path.

             Open       https://localhost:\(ports.https)/
                        (the certificate is the town's own: \(path)/pki/root.crt)
             Sign in    \(DemoFounding.operatorName)
             Password   \(password)      good until the next start

             Try next
               watch the map: something happens within a minute, then every few
               open an entity, press "Verify this reading"
               \(program) status --city \(path)
               \(program) device add my-first-sensor --city \(path)
               \(program) device suspend tc-001 --city \(path) --reason "maintenance"
               \(program) ledger show --city \(path)

             Devices connect to localhost:\(ports.mqtt) (MQTT over TLS, by certificate or token). Ctrl-C stops the town.
            ──────────────────────────────────────────────────────────────────────
            """
    }
}

extension DemoInstant {
    init(_ timestamp: Timestamp) {
        self.init(millisecondsSinceEpoch: timestamp.microseconds / 1_000)
    }
}
