import ArgumentParser
import CityModel
import Foundation

/// `bastide device`: the registry of devices.
struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "Enrol, list, suspend and revoke devices.",
        discussion: """
            EXAMPLES:
              bastide device add gauge-7 --city rivertown
              bastide device list --city rivertown
            """,
        subcommands: [DeviceAddCommand.self, List.self, Show.self, Suspend.self, Resume.self, Revoke.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List devices.",
            discussion: """
                EXAMPLES:
                  bastide device list --city rivertown
                  bastide device list --status suspended --agency water --json
                """)

        @Option(help: "Only those that are active, suspended or revoked.")
        var status: DeviceStatus?

        @Option(help: "Only those of this agency.")
        var agency: String?

        @Option(help: "Only those of this device type.")
        var type: String?

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let filter = DeviceFilter(status: status, agency: agency, type: type)
            let devices = try await CityClients.with(try city.directory()) { try await $0.devices(filter) }
            if output.isJSON { return try Console.say(json: devices) }
            var table = TextTable("ID", "TYPE", "AGENCY", "ZONE", "STATUS", "CONNECTED", "CERTIFICATE ENDS")
            for device in devices {
                table.add(
                    device.id, device.deviceType, device.agency, device.zone, device.status,
                    device.connected ? "yes" : "", String(device.certificateNotAfter.prefix(10)))
            }
            Console.say(devices.isEmpty ? "no devices" : table.text)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show all that the registry knows of a device.",
            discussion: """
                EXAMPLE:
                  bastide device show gauge-7 --city rivertown
                """)

        @Argument(help: "The device.")
        var id: String

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let device = try await CityClients.with(try city.directory()) { try await $0.device(id) }
            try DeviceCommand.show(device, output)
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Suspend a device: it is disconnected at once and refused until it is resumed.",
            discussion: """
                EXAMPLE:
                  bastide device suspend gauge-7 --city rivertown --reason "found open"
                """)

        @OptionGroup var change: ChangeOptions

        func run() async throws { try await change.carryOut(.suspend) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a suspended device act again.",
            discussion: """
                EXAMPLE:
                  bastide device resume gauge-7 --city rivertown
                """)

        @OptionGroup var change: ChangeOptions

        func run() async throws { try await change.carryOut(.resume) }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a device's identity for good; `device add --replace` gives it a new one.",
            discussion: """
                EXAMPLE:
                  bastide device revoke gauge-7 --city rivertown --reason "key stolen"
                """)

        @OptionGroup var change: ChangeOptions

        func run() async throws { try await change.carryOut(.revoke) }
    }

    /// What suspend, resume and revoke have in common.
    struct ChangeOptions: ParsableArguments {
        @Argument(help: "The device.")
        var id: String

        @Option(help: "Why, for the record.")
        var reason: String?

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func carryOut(_ change: DeviceChange) async throws {
            let device = try await CityClients.with(try city.directory()) { client in
                try await client.setStatus(change, of: id, reason: reason)
            }
            if output.isJSON { return try Console.say(json: device) }
            Console.say("\(device.id) is \(device.status)\(device.statusReason.map { ": \($0)" } ?? "")")
        }
    }

    private static func show(_ device: DeviceView, _ output: OutputOption) throws {
        if output.isJSON { return try Console.say(json: device) }
        var facts = FactList()
        facts.add("id", device.id)
        facts.add("name", device.displayName)
        facts.add("identity", device.spiffeId)
        facts.add("type", device.deviceType)
        facts.add("agency", device.agency)
        facts.add("zone", device.zone)
        facts.add("location", device.location.map { "\($0.longitude), \($0.latitude)" })
        facts.add("entities", device.entities.joined(separator: " "))
        facts.add("status", "\(device.status) since \(device.statusChangedAt)")
        facts.add("reason", device.statusReason)
        facts.add("connected", device.connected ? "from \(device.connectedFrom ?? "?")" : "no")
        facts.add("last seen", device.lastSeenAt)
        facts.add("enrolled", device.enrolledAt)
        facts.add("certificate", "\(device.certificateSerial), ends \(device.certificateNotAfter)")
        Console.say(facts.text)
    }
}
