import ArgumentParser
import CityModel

/// `bastide entity`: what the city knows now.
struct EntityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entity",
        abstract: "List entities and show their current values.",
        discussion: """
            What needs a purpose to be read is left out.

            EXAMPLES:
              bastide entity list --city rivertown
              bastide entity show urn:ngsi-ld:Device:gauge-7 --city rivertown
            """,
        subcommands: [List.self, Show.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entities.",
            discussion: """
                EXAMPLES:
                  bastide entity list --city rivertown
                  bastide entity list --type TrafficFlowObserved --json
                """)

        @Option(help: "Only those of this type.")
        var type: String?

        @Option(help: "The most entities to list: 1 to 1000.")
        var limit = 100

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func validate() throws {
            guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000") }
        }

        func run() async throws {
            let entities = try await CityClients.with(try city.directory()) { client in
                try await client.entities(type: type, limit: limit)
            }
            if output.isJSON { return try Console.say(json: entities) }
            var table = TextTable("ID", "TYPE", "LAST OBSERVED", "ATTRIBUTES")
            for entity in entities {
                table.add(
                    entity.id, entity.type, entity.attributes.compactMap(\.observedAt).max() ?? "",
                    entity.attributes.map(\.name).joined(separator: ", "))
            }
            Console.say(entities.isEmpty ? "no entities" : table.text)
            if entities.count == limit { Console.note("there may be more: raise --limit, or name a --type") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an entity's current values.",
            discussion: """
                EXAMPLE:
                  bastide entity show urn:ngsi-ld:Device:gauge-7 --city rivertown
                """)

        @Argument(help: "The entity's id.")
        var id: String

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let entity = try await CityClients.with(try city.directory()) { try await $0.entity(id) }
            if output.isJSON { return try Console.say(json: entity) }
            var table = TextTable("ATTRIBUTE", "VALUE", "UNIT", "OBSERVED")
            for attribute in entity.attributes {
                table.add(
                    attribute.name, try attribute.value.shown(), attribute.unitCode ?? "", attribute.observedAt ?? "")
            }
            Console.say("\(entity.id), \(entity.type)\n\n\(table.text)")
        }
    }
}
