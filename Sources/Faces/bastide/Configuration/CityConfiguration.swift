import CityModel
import CityPath
import Logging
import WebConsole

/// What a city's operators decide: `city.yaml`, read once and validated whole, then passed on as a value.
///
/// The defaults stand here and nowhere else; what each setting is for and may be stands in ``settings``.
struct CityConfiguration: Sendable, Equatable {
    var cityName = "Bastide"
    var domain = "city.example"
    var mqtt = ListenAddress(host: "0.0.0.0", port: 8_883)
    var https = ListenAddress(host: "0.0.0.0", port: 8_443)
    var serverNames = ["localhost", "127.0.0.1", "::1"]
    var mqttMaximumPacketBytes = 262_144
    var mqttMaximumConnections = 20_000
    var mqttReceiveMaximum = 1_024
    var mqttQueuedMessages = 10_000
    var mqttSessionsPerPrincipal = 10_000
    /// 0 for any number, as below.
    var mqttMessagesPerSecond = 0
    var mqttBytesPerSecond = 0
    var mqttSessionExpirySeconds = 604_800
    var mqttKeepAliveSeconds = 3_600
    var topics = TopicScheme.standard
    var mqttWebSocket: ListenAddress?
    var mqttProxyProtocol = false
    var httpMaximumBodyBytes = 1_048_576
    var tileURL = ""
    var tileAttribution = ""
    var leafletDirectory = LeafletAssets.debianDirectory
    var zones: [ZoneID: Zone] = [:]
    var bridges: [BridgeConfiguration] = []
    var loggingLevel = Logger.Level.info
    var loggingFormat = LogFormat.text
    var isSimulation = false

    /// From where the devices of a zone may connect.
    struct Zone: Sendable, Equatable {
        /// The networks that belong to it; empty for any.
        var networks: [NetworkPrefix] = []
        /// What people should know of it.
        var note: String?
    }
}

extension CityConfiguration {
    /// The log's name, the first line of every checkpoint.
    var ledgerOrigin: String { domain + "/ledger" }

    /// The server's names that are DNS names.
    var dnsNames: [String] { serverNames.filter { IPAddress($0) == nil } }

    /// The server's names that are IP addresses.
    var ipAddresses: [String] { serverNames.filter { IPAddress($0) != nil } }

    /// The tile server under the city's own plan; nil for none.
    var tileLayer: TileLayer? {
        tileURL.isEmpty ? nil : TileLayer(urlTemplate: tileURL, attribution: tileAttribution)
    }

    /// Whether a device of a zone may connect from an address. A zone without networks, or not named, allows any.
    func isInZone(_ zone: ZoneID, address: String) -> Bool {
        guard let networks = zones[zone]?.networks, !networks.isEmpty else { return true }
        guard let address = IPAddress(address) else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// A host under which this machine's own clients reach a listener: examples use it.
    func reachableHost(of address: ListenAddress) -> String {
        ["0.0.0.0", "::", "[::]"].contains(address.host) ? serverNames.first ?? "localhost" : address.host
    }
}
