import ArgumentParser
import CityModel
import CityPath
import CityStorage
import Foundation

/// `bastide payload`: how foreign payloads are mapped, and what a mapping makes of one.
struct PayloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payload",
        abstract: "Show how payloads of Tasmota, Zigbee2MQTT, Sparkplug B and others are mapped, and try a mapping.",
        discussion: """
            What ships with the program is in force together with the payloads.yaml beside \
            city.yaml; docs/payloads.md explains it. Nothing here needs the city to run, and \
            nothing is recorded.

            EXAMPLES:
              bastide payload list --city rivertown
              bastide payload try --topic tele/plug-7/SENSOR telegram.json
              bastide payload shipped > rivertown/payloads.yaml
            """,
        subcommands: [List.self, Try.self, Shipped.self],
        defaultSubcommand: List.self)
}

/// Which mapping a command is about.
struct MappingOption: ParsableArguments {
    @Option(
        name: .customLong("city"),
        help: ArgumentHelp(
            "The city whose payloads.yaml and catalogue count. Without it: BASTIDE_CITY, else what ships alone.",
            valueName: "dir"), completion: .directory)
    var city: String?

    @Option(
        help: ArgumentHelp("A payloads.yaml to use instead of the city's.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var mapping: String?

    func mappings() throws -> PayloadMappings {
        var (catalogue, topics): (Catalogue, TopicScheme) = (try Catalogue.shipped(), .standard)
        var directory: CityDirectory?
        let environment = ProcessInfo.processInfo.environment["BASTIDE_CITY"] ?? ""
        if city != nil || !environment.isEmpty {
            let option = try CityOption.parse(city.map { ["--city", $0] } ?? [])
            let found = try option.directory()
            catalogue = try CityAccess.catalogue(of: found)
            topics = try CityConfiguration.read(found).configuration.topics
            directory = found
        }
        guard let mapping else {
            guard let directory else { return try PayloadMappings.shipped(catalogue: catalogue, topics: topics) }
            return try CityAccess.payloads(of: directory, catalogue: catalogue, topics: topics)
        }
        let text = String(decoding: try InputFile.read(mapping), as: UTF8.self)
        return try PayloadMappings(
            yaml: text, named: mapping, over: try PayloadMappings.shipped(catalogue: catalogue, topics: topics),
            catalogue: catalogue, topics: topics)
    }
}

/// A file, or standard input as `-`.
enum InputFile {
    /// The largest that is read: no payload is longer than MQTT's longest packet, and none here should be near it.
    private static let bound = 16 << 20

    static func read(_ path: String) throws -> [UInt8] {
        let data: Data
        if path == "-" {
            data = FileHandle.standardInput.readDataToEndOfFile()
        } else {
            guard let found = FileManager.default.contents(atPath: CityOption.absolute(path)) else {
                throw CommandFailure(.inputOutput, "\(path) cannot be read")
            }
            data = found
        }
        guard data.count <= bound else {
            throw CommandFailure(.inputOutput, "\(path) has \(data.count) bytes, and \(bound) are read at most")
        }
        return Array(data)
    }
}

extension PayloadCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the layouts in the order in which they are tried, and the gateways.",
            discussion: """
                EXAMPLES:
                  bastide payload list
                  bastide payload list --city rivertown --json
                """)

        @OptionGroup var mapping: MappingOption
        @OptionGroup var output: OutputOption

        private struct Report: Encodable {
            struct Layout: Encodable {
                var name: String
                var payload: String
                var deviceTypes: [String]
                var topics: [String]
                var values: [String: String]
                var note: String?
                var origin: String
            }

            struct Gateway: Encodable {
                var id: String
                var devices: [String: String]
                var edgeNode: String?
                var publish: [String]
                var subscribe: [String]
            }

            var layouts: [Layout]
            var gateways: [Gateway]
        }

        func run() throws {
            let mappings = try mapping.mappings()
            let report = Report(
                layouts: mappings.layoutSummaries.map {
                    Report.Layout(
                        name: $0.name, payload: $0.payload, deviceTypes: $0.deviceTypes, topics: $0.topics,
                        values: $0.values, note: $0.note, origin: $0.origin)
                },
                gateways: mappings.gatewaySummaries.map {
                    Report.Gateway(
                        id: $0.id, devices: $0.devices, edgeNode: $0.edgeNode, publish: $0.publish,
                        subscribe: $0.subscribe)
                })
            if output.isJSON { return try Console.say(json: report) }
            var layouts = TextTable("LAYOUT", "PAYLOAD", "DEVICE TYPES", "TOPICS", "WHERE")
            for layout in report.layouts {
                layouts.add(
                    layout.name, layout.payload,
                    layout.deviceTypes.isEmpty ? "all" : layout.deviceTypes.joined(separator: ", "),
                    layout.topics.isEmpty ? "Sparkplug's own" : layout.topics.joined(separator: ", "), layout.origin)
            }
            Console.say(report.layouts.isEmpty ? "no layouts" : layouts.text)
            guard !report.gateways.isEmpty else { return }
            var gateways = TextTable("GATEWAY", "EDGE NODE", "SPEAKS FOR")
            for gateway in report.gateways {
                let devices = gateway.devices.sorted { $0.key < $1.key }.map { "\($0.value) (\($0.key))" }
                gateways.add(
                    gateway.id, gateway.edgeNode ?? "-",
                    devices.isEmpty ? "nobody" : devices.joined(separator: ", "))
            }
            Console.say("\n" + gateways.text)
        }
    }

    struct Shipped: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the payloads.yaml that ships with the program, to copy from.",
            discussion: """
                EXAMPLE:
                  bastide payload shipped > payloads.yaml
                """)

        func run() throws {
            Console.say(try PayloadMappings.shippedYAML().trimmingCharacters(in: .newlines))
        }
    }
}
