import ArgumentParser
import CityStorage

/// `bastide settings`: the table of settings.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "List every setting: what it is for, its default, its name in the environment.",
        discussion: """
            With --city the values in force there are shown too, and where each comes from.

            EXAMPLES:
              bastide settings
              bastide settings --city rivertown --json
              bastide settings --markdown > settings.md
            """)

    @Option(name: .customLong("city"), help: "Also show the values in force in this city.", completion: .directory)
    var city: String?

    @Flag(help: "Print a Markdown table, for documentation.")
    var markdown = false

    @OptionGroup var output: OutputOption

    private struct Row: Encodable {
        var key: String
        var expected: String
        var standard: String
        var environment: String
        var documentation: String
        var value: String?
        var origin: CityConfiguration.Origin?

        enum CodingKeys: String, CodingKey {
            case key, expected, environment, documentation, value, origin
            case standard = "default"
        }
    }

    func run() throws {
        let reading = try city.map { try CityConfiguration.read(CityDirectory(CityOption.absolute($0))) }
        let rows = CityConfiguration.settings.map { setting in
            Row(
                key: setting.key, expected: setting.expected,
                standard: setting.isRequired ? "" : setting.text(in: CityConfiguration()),
                environment: setting.environmentName, documentation: setting.documentation,
                value: reading.map { setting.text(in: $0.configuration) },
                origin: reading.map { $0.origins[setting.key] ?? .standard })
        }
        if output.isJSON { return try Console.say(json: rows) }
        markdown ? printMarkdown(rows) : printText(rows)
    }

    private func printText(_ rows: [Row]) {
        for row in rows {
            var facts = FactList()
            facts.add(
                "  value", row.value.map { "\($0.isEmpty ? "nothing" : $0)  (from \(row.origin?.rawValue ?? ""))" })
            facts.add("  default", row.standard.isEmpty ? nil : row.standard)
            facts.add("  expected", row.expected)
            facts.add("  environment", row.environment)
            Console.say("\(row.key)\n  \(row.documentation)\n\(facts.text)\n")
        }
    }

    private func printMarkdown(_ rows: [Row]) {
        Console.say("| Setting | Default | Expected | Environment | What it is for |\n|---|---|---|---|---|")
        for row in rows {
            let cells = [
                "`\(row.key)`", row.standard.isEmpty ? "" : "`\(row.standard)`", row.expected, "`\(row.environment)`",
                row.documentation,
            ]
            Console.say("| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |")
        }
    }
}
