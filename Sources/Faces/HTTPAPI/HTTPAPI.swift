/// The HTTP face: NGSI-LD, the platform's own API, the console; HTTP/1.1 and 2 over TLS.
///
/// - Takes: requests on the guarded port, on the city's own Unix socket and, in the laboratory, on a loopback port.
/// - Gives: answers after the commit, problems (RFC 9457) or error pages where a step of the path says no.
/// - Owns: sockets, sessions, the limits of sign-in. Decides nothing: who may do what is the path's to say, and every
///   refusal a client gets is on the path's record.
/// - Relies on: Hummingbird and SwiftNIO for HTTP, `WebConsole` for pages, `NGSILD` for the standard's representations,
///   `CityPath` for everything that matters. What it speaks is written in `Resources/openapi.yaml`.
public import CityContext
public import CityPath
import Foundation
import HTTPTypes
public import Logging
import NIOCore
import NIOPosix
public import PKI
public import ServiceLifecycle

/// Serves HTTP until it is told to stop.
public struct HTTPFace: Service {
    private let shared: HTTPShared
    private let logger: Logger
    private let onReady: @Sendable (HTTPPorts) -> Void

    /// A face over a city.
    ///
    /// - Parameters:
    ///   - city: Open.
    ///   - authority: Issues the certificates of devices and operators.
    ///   - settings: See ``HTTPSettings``.
    ///   - devices: What the MQTT face knows of live connections.
    ///   - egress: The way to other servers.
    ///   - logger: Where to log.
    ///   - onReady: Called once with the ports, when every listener accepts connections.
    /// - Throws: When templates, static files or the API's document cannot be read.
    public init(
        city: City, authority: CertificateAuthority, settings: HTTPSettings, devices: ConnectedDevices,
        egress: any Egress, logger: Logger, onReady: @escaping @Sendable (HTTPPorts) -> Void
    ) throws {
        self.logger = logger
        self.onReady = onReady
        shared = try HTTPShared(
            city: city, authority: authority, settings: settings, devices: devices, egress: egress,
            logger: logger)
    }

    /// The `@context`s that requests come with.
    public var contexts: ContextCatalog { shared.contexts }

    /// Every endpoint there is, for those who hold the API's document against it: method, path, and the parameters of
    /// the query that it takes; nil where it does not look at unknown ones.
    package var routes: [(method: String, path: String, parameters: [String]?)] {
        Endpoints(shared: shared).routes.routes.map { ($0.method.rawValue, $0.path, $0.parameters) }
    }

    /// Listens, and serves until graceful shutdown; requests under way are finished, event streams are ended.
    ///
    /// - Throws: ``HTTPListenError`` when a port or the socket is taken, or a listener stops by itself; other errors when
    ///   a key or certificate cannot be read.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: shared.settings.threads ?? usableCores())
        shared.start()
        do {
            try await serve(on: group)
        } catch {
            await shared.stop()
            try? await group.shutdownGracefully()
            throw error
        }
        await shared.stop()
        try await group.shutdownGracefully()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let listeners = Listeners(shared: shared, group: group, logger: logger)
        let services: [any Service] =
            [shared.rate.counting(shared.city)] + (try listeners.all { [onReady] in onReady($0) })
        defer { listeners.removeSocket() }
        // Half a face is none: with one door that fails all others close, and what is under way there is finished.
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        try await ServiceGroup(configuration: ServiceGroupConfiguration(services: configurations, logger: logger)).run()
    }
}

/// The cores that this program may run on, as the scheduler sees it (`taskset`, cpusets): `Cpus_allowed` is a mask in
/// hexadecimal digits and commas.
private func usableCores() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
    else { return System.coreCount }
    let count = line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return max(1, min(count, System.coreCount))
}
