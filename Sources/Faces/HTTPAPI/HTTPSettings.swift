public import WebConsole

/// What the HTTP face is told.
public struct HTTPSettings: Sendable {
    /// A host and a port; port 0 lets the system choose.
    public struct Address: Sendable, Equatable, CustomStringConvertible {
        /// The address to listen on.
        public var host: String
        /// The port.
        public var port: Int

        /// An address.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// As people write it: `127.0.0.1:8443`, `[::1]:8443`.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// Where people and programs connect, over TLS.
    public var https: Address
    /// The plain listener of the laboratory; loopback only.
    public var laboratory: Address?
    /// The Unix socket of the city's own command line; nil for none. At most 107 bytes.
    public var adminSocket: String?
    /// The server's certificate chain, PEM.
    public var certificateChainFile: String
    /// The server's key, PEM.
    public var privateKeyFile: String
    /// The root that client certificates are named after in the handshake, PEM.
    public var authorityFile: String
    /// What people call the city.
    public var cityName: String
    /// The city's domain: the trust domain of its identities.
    public var domain: String
    /// The program's version.
    public var version: String
    /// Whether readings come from a simulation; every screen says so.
    public var isSimulation = false
    /// The tile server under the city's own plan on the map.
    public var tiles: TileLayer?
    /// Where Leaflet is installed.
    public var leafletDirectory = LeafletAssets.debianDirectory
    /// The city's plan, GeoJSON; may be missing.
    public var geometryFile: String
    /// The largest request body that is accepted, in bytes.
    public var maximumBodyBytes = 1_048_576
    /// The most connections to each listener at one time; more wait in the system's backlog.
    public var maximumConnections = 4_096
    /// An entity that has said nothing for this long counts as offline.
    public var silenceLimit = Duration.seconds(900)
    /// How many threads read and write; nil for one on each core this program may use.
    public var threads: Int?
    /// How long things may take.
    package var limits = HTTPLimits()

    /// Settings with the usual limits.
    ///
    /// - Parameters:
    ///   - https: Where people and programs connect.
    ///   - laboratory: The plain listener, loopback only; nil for none.
    ///   - adminSocket: The Unix socket's path; nil for none.
    ///   - certificateChainFile: PEM.
    ///   - privateKeyFile: PEM.
    ///   - authorityFile: The city's root certificate, PEM.
    ///   - cityName: What people call the city.
    ///   - domain: The trust domain.
    ///   - version: The program's version.
    ///   - geometryFile: The city's plan, GeoJSON; may be missing.
    public init(
        https: Address, laboratory: Address? = nil, adminSocket: String?, certificateChainFile: String,
        privateKeyFile: String, authorityFile: String, cityName: String, domain: String, version: String,
        geometryFile: String
    ) {
        self.https = https
        self.laboratory = laboratory
        self.adminSocket = adminSocket
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.authorityFile = authorityFile
        self.cityName = cityName
        self.domain = domain
        self.version = version
        self.geometryFile = geometryFile
    }
}

/// Where the face listens, once it does.
public struct HTTPPorts: Sendable, Equatable {
    /// The guarded port.
    public let https: Int
    /// The laboratory's, where there is one.
    public let laboratory: Int?
}
