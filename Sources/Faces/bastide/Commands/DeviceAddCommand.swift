import ArgumentParser
import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes

/// `bastide device add`: enrols a device and writes what it needs.
struct DeviceAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Enrol a device: issue its certificate and write what it needs.",
        discussion: """
            Writes device.key (readable by its owner alone; the city keeps no copy), device.crt (with the issuing \
            certificate behind it) and ca.crt, and prints commands that send a first reading.

            EXAMPLES:
              bastide device add gauge-7 --city rivertown
              bastide device add counter-12 --city rivertown --type traffic-counter \\
                --agency traffic --name "Bridge Street" --location 4.8936,52.3731
              bastide device add gauge-7 --replace --city rivertown
            """)

    @Argument(help: "The device's name: 1 to 64 letters, digits, `.`, `_`, `-`.")
    var id: String

    @Option(help: "Who owns it.")
    var agency = "city"

    @Option(help: "Where it may act: a zone of city.yaml, or any name.")
    var zone = "street"

    @Option(help: "Its type: one of the catalogue's.")
    var type = "sensor"

    @Option(help: "What people call it.")
    var name: String?

    @Option(help: "Where it stands, in degrees: longitude,latitude.")
    var location: PlaceArgument?

    @Option(
        name: .customLong("entity"),
        help: "An entity that it may write; may be given several times. Without it: one made of its type and name.")
    var entities: [String] = []

    @Option(help: "How many days its certificate is good for: 1 to 3650.")
    var days = 397

    @Option(help: "The folder to write to. Without it: devices/ID in the city's directory.", completion: .directory)
    var out: String?

    @Flag(help: "Give a device that is enrolled already a new certificate; the old one ends.")
    var replace = false

    @OptionGroup var city: CityOption
    @OptionGroup var output: OutputOption

    private struct Report: Encodable {
        var device: DeviceView
        var files: CredentialFolder.Files
        var examples: [String]
    }

    func run() async throws {
        let directory = try city.directory()
        guard DeviceID.isPlainName(id) else {
            throw CommandFailure(
                .failed,
                "`\(id)` cannot name a device: use 1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or "
                    + "digit"
            )
        }
        let folder = CredentialFolder(
            path: out.map(CityOption.absolute) ?? "\(directory.devices)/\(id)", stem: "device")
        let request = EnrolmentRequest(
            id: id, agency: agency, zone: zone, deviceType: type, displayName: name, location: location?.point,
            entities: entities, validityDays: days, replacesExisting: replace)
        let enrolled = try await folder.prepared(replacing: replace) {
            try await CityClients.with(directory) { try await $0.enrol(request) }
        }
        try folder.write(
            key: enrolled.keyPEM, certificate: enrolled.certificatePEM, authority: enrolled.authorityPEM)
        let examples = try DeviceExamples(
            device: enrolled.device, folder: folder, configuration: CityConfiguration.read(directory).configuration,
            catalogue: CityAccess.catalogue(of: directory))
        if output.isJSON {
            return try Console.say(
                json: Report(device: enrolled.device, files: folder.files, examples: examples.commands))
        }
        Console.say(
            """
            \(id) is enrolled until \(enrolled.device.certificateNotAfter.prefix(10)) as \(enrolled.device.spiffeId)

            \(folder.listing)

            Send a reading:

            \(examples.commands.joined(separator: "\n\n"))
            """)
    }
}

/// `4.8936,52.3731`
struct PlaceArgument: ExpressibleByArgument {
    let point: GeoPoint

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0.trimmed) }
        guard parts.count == 2, let longitude = parts[0], let latitude = parts[1],
            (-180...180).contains(longitude), (-90...90).contains(latitude)
        else { return nil }
        point = GeoPoint(longitude: longitude, latitude: latitude)
    }
}

/// Commands that send a first reading as a new device, ready to be pasted.
struct DeviceExamples {
    let commands: [String]

    init(device: DeviceView, folder: CredentialFolder, configuration: CityConfiguration, catalogue: Catalogue) {
        let payload = DeviceExamples.payload(of: device.deviceType, catalogue)
        let files = folder.files
        let mqttHost = configuration.reachableHost(of: configuration.mqtt)
        let host = configuration.reachableHost(of: configuration.https)
        let authority = host.contains(":") ? "[\(host)]" : host
        commands = [
            """
            mosquitto_pub -V 5 -h \(mqttHost) -p \(configuration.mqtt.port) -q 1 -i \(device.id) \\
              --cafile \(ShellWord.quoted(files.authority)) --cert \(ShellWord.quoted(files.certificate)) --key \(ShellWord.quoted(files.key)) \\
              -t devices/\(device.id)/v -m '\(payload)'
            """,
            """
            curl --cacert \(ShellWord.quoted(files.authority)) --cert \(ShellWord.quoted(files.certificate)) --key \(ShellWord.quoted(files.key)) \\
              -H 'Content-Type: application/json' -d '\(payload)' \\
              https://\(authority):\(configuration.https.port)/api/v1/devices/\(device.id)/readings
            """,
        ]
    }

    /// Small JSON with one number that the catalogue accepts; a true value for what has no range and may not be one.
    private static func payload(of type: String, _ catalogue: Catalogue) -> String {
        guard let device = catalogue.deviceTypes[type],
            let key = device.values.keys.sorted().first(where: { key in
                device.values[key].map { !["powerState", "status"].contains($0.attribute) } ?? false
            }), let value = device.values[key]
        else { return "{\"v\":1}" }
        let model = catalogue.specification(of: value.attribute, in: device.entityType)
        let isOwnUnit = value.unitCode == nil || value.unitCode == model.unitCode
        let low = value.minimum ?? (isOwnUnit ? model.minimum : nil)
        let high = value.maximum ?? (isOwnUnit ? model.maximum : nil)
        let number = min(max(1, low ?? 1), high ?? .infinity)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(key)
        writer.double(number)
        writer.endObject()
        return writer.text
    }
}
