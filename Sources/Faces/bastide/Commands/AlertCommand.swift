import ArgumentParser
import CityModel

/// `bastide alert`: what detectors and the watch have found.
struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert",
        abstract: "List and acknowledge alerts.",
        discussion: """
            EXAMPLES:
              bastide alert --city rivertown
              bastide alert acknowledge 17 --city rivertown
            """,
        subcommands: [List.self, Acknowledge.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List alerts, the newest first.",
            discussion: """
                EXAMPLES:
                  bastide alert list --city rivertown
                  bastide alert list --status all --severity critical --json
                """)

        enum Status: String, ExpressibleByArgument, CaseIterable, Sendable {
            case open, acknowledged, all
        }

        @Option(help: "open, acknowledged or all.")
        var status = Status.open

        @Option(help: "notice, warning or critical.")
        var severity: AlertSeverity?

        @Option(help: "The most alerts to list.")
        var limit = 100

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func validate() throws {
            guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000") }
        }

        func run() async throws {
            let page = try await CityClients.with(try city.directory()) { client in
                try await client.alerts(status: status.rawValue, severity: severity?.rawValue, limit: limit)
            }
            if output.isJSON { return try Console.say(json: page) }
            var table = TextTable("ID", "SEVERITY", "SINCE", "STATUS", "ABOUT", "WHAT")
            for alert in page.items {
                table.add(
                    "\(alert.id)", alert.severity, alert.observedAt, alert.status,
                    alert.entityId ?? alert.deviceId ?? "the city", alert.text)
            }
            Console.say(page.items.isEmpty ? "no alerts" : table.text)
            if page.total > page.items.count { Console.note("\(page.total - page.items.count) more: raise --limit") }
        }
    }

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Acknowledge an alert: somebody has seen to it.",
            discussion: """
                EXAMPLE:
                  bastide alert acknowledge 17 --city rivertown --note "valve closed"
                """)

        @Argument(help: "The alert's number.")
        var id: UInt64

        @Option(help: "What was found or done.")
        var note: String?

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let alert = try await CityClients.with(try city.directory()) { client in
                try await client.acknowledge(id, note: note)
            }
            if output.isJSON { return try Console.say(json: alert) }
            Console.say(
                "alert \(alert.id) acknowledged by \(alert.acknowledgedBy ?? "?") at \(alert.acknowledgedAt ?? "?")")
        }
    }
}
