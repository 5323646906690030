import ArgumentParser
import CityModel

/// `bastide refusal`: who tried what, and why it was refused.
struct RefusalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refusal",
        abstract: "List what was refused, and why.",
        discussion: """
            EXAMPLE:
              bastide refusal list --city rivertown
            """,
        subcommands: [List.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List refusals, the newest first.",
            discussion: """
                EXAMPLES:
                  bastide refusal list --city rivertown
                  bastide refusal list --code rateLimited --limit 20 --json
                """)

        @Option(help: "Only those for this reason, as the list shows it.")
        var code: String?

        @Option(help: "Only those of this principal, as the list shows it.")
        var principal: String?

        @Option(help: "The most refusals to list: 1 to 1000.")
        var limit = 100

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func validate() throws {
            guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000") }
            if let code, Refusal.Code(rawValue: code) == nil {
                let known = Refusal.Code.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no reason `\(code)`; there are \(known)")
            }
        }

        func run() async throws {
            let refusals = try await CityClients.with(try city.directory()) { client in
                try await client.refusals(code: code, principal: principal, limit: limit)
            }
            if output.isJSON { return try Console.say(json: refusals) }
            var table = TextTable("AT", "WHO", "FROM", "STEP", "REASON", "TIMES", "WHY")
            for refusal in refusals {
                table.add(
                    refusal.at, refusal.principal, refusal.source, refusal.step, refusal.code, "\(refusal.count)",
                    refusal.message)
            }
            Console.say(refusals.isEmpty ? "no refusals" : table.text)
        }
    }
}
