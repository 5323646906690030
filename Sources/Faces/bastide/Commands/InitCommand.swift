import ArgumentParser
import CityModel
import CityStorage
import Foundation

/// `bastide init`: makes a city.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new city in an empty directory.",
        discussion: """
            Makes city.yaml (every setting explained), the certificate authority, the server's certificate, the \
            ledger's key and the first operator, whose password is shown this once.

            EXAMPLES:
              bastide init rivertown --city Rivertown --domain rivertown.example
              bastide init /srv/city --city Rivertown --domain rivertown.example \\
                --server-name city.rivertown.example
            """)

    @Argument(help: "The directory; made if it is not there, refused unless it is empty.", completion: .directory)
    var directory: String

    @Option(name: .customLong("city"), help: "The city's name.")
    var name = "Bastide"

    @Option(help: "The city's domain, lower case. Without it: made of the name, below `example`.")
    var domain: String?

    @Option(help: "The first operator's name.")
    var `operator` = "operator"

    @Option(
        name: .customLong("server-name"),
        help: "A further DNS name or IP address under which the city is reached; may be given several times.")
    var serverNames: [String] = []

    @OptionGroup var output: OutputOption

    func run() async throws {
        var configuration = CityConfiguration()
        configuration.cityName = name
        configuration.domain = domain ?? InitCommand.domain(from: name)
        for name in [ServerName.ofThisMachine].compactMap(\.self) + serverNames
        where !configuration.serverNames.contains(name) {
            configuration.serverNames.append(name)
        }
        let place = CityDirectory(CityOption.absolute(directory))
        let founding = CityFounding(directory: place, configuration: configuration, firstOperator: `operator`)
        let founded = try await founding.make()
        if output.isJSON { return try Console.say(json: founded) }
        Console.say(report(founded, configuration))
    }

    private func report(_ founded: CityFounding.Founded, _ configuration: CityConfiguration) -> String {
        let host = configuration.reachableHost(of: configuration.https)
        return """
            \(configuration.cityName) is founded in \(founded.directory)

              city.yaml          settings, each explained
              pki/               certificate authority; move pki/root.key to a safe place, it is not needed to run
              ledger/ledger.pub  \(founded.ledgerKey)
                                 give this key to everyone who should be able to check proofs

              operator  \(founded.operator)
              password  \(founded.password)
                        shown this once and kept nowhere; `bastide operator password` makes a new one

            Next:
              bastide serve \(directory)
              https://\(host):\(configuration.https.port)/  (trust \(directory)/pki/root.crt, or accept the warning)
              bastide device add my-first-sensor --city \(directory)
            """
    }

    /// `rivertown.example` for `Rivertown`.
    private static func domain(from name: String) -> String {
        let words = name.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        let label = words.joined(separator: "-").prefix(63)
        return label.isEmpty ? "city.example" : "\(label).example"
    }
}
