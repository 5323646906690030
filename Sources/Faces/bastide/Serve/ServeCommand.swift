import ArgumentParser
import CityStorage
import Foundation
import Logging

/// `bastide serve`: opens a city and serves it until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a city: MQTT for devices, HTTPS for people and programs.",
        discussion: """
            Stops on SIGINT or SIGTERM: intake first, then what waits is committed and the views are saved. With --json \
            it prints one line with its ports when it is ready, for scripts.

            --lab also opens plain listeners WITHOUT IDENTITY on loopback, for conformance suites and benchmarks.

            EXAMPLES:
              bastide serve rivertown
              bastide serve rivertown --set logging.level=debug
              bastide serve rivertown --mqtt 127.0.0.1:0 --https 127.0.0.1:0 --json
              bastide serve testtown --lab --lab-mqtt-port 0 --lab-http-port 0
            """)

    @Argument(help: ArgumentHelp("The city's directory.", valueName: "dir"), completion: .directory)
    var path: String

    @OptionGroup var settings: SettingOptions

    @Flag(name: .customLong("lab"), help: "Open plain listeners without identity, on loopback only.")
    var hasLaboratory = false

    @Option(name: .customLong("lab-mqtt-port"), help: "The laboratory's MQTT port; 0 picks a free one.")
    var laboratoryMQTTPort = 1_883

    @Option(name: .customLong("lab-http-port"), help: "The laboratory's HTTP port; 0 picks a free one.")
    var laboratoryHTTPPort = 8_080

    @Flag(name: .customLong("json"), help: "Print one line of JSON with the ports when ready.")
    var isJSON = false

    func validate() throws {
        for port in [laboratoryMQTTPort, laboratoryHTTPPort] where !(0...65_535).contains(port) {
            throw ValidationError("a port is from 0 to 65535")
        }
    }

    func run() async throws {
        let directory = CityDirectory(CityOption.absolute(path))
        let reading = try CityConfiguration.read(directory, overrides: settings.overrides)
        let logger = Logger.program(
            level: reading.configuration.loggingLevel, format: reading.configuration.loggingFormat)
        let server = try CityServer(
            directory, reading.configuration, laboratory: laboratoryPorts, logger: logger)
        if hasLaboratory {
            logger.warning(
                "LABORATORY: plain listeners without identity are open on loopback; never use real data here")
        }
        let isJSON = isJSON
        try await server.run { ports in
            guard !isJSON else {
                Console.say((try? JSONText.line(ports)) ?? "")
                return
            }
            Console.say(server.summary(of: ports))
        }
    }

    private var laboratoryPorts: CityServer.Laboratory? {
        hasLaboratory ? CityServer.Laboratory(mqtt: laboratoryMQTTPort, http: laboratoryHTTPPort) : nil
    }
}
