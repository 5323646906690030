import CityIdentity
import CityModel
import CityPath
import CityStorage
import EgressClient
import Foundation
import HTTPAPI
import Logging
import MQTTListener
import ServiceLifecycle
import Synchronization
import UnixSignals

/// A city with its faces: built here, top to bottom, and run as one group of services.
final class CityServer: Sendable {
    /// Plain listeners without identity, on loopback; port 0 picks a free one.
    struct Laboratory: Sendable {
        var mqtt: Int
        var http: Int
    }

    let city: City
    let configuration: CityConfiguration
    let directory: CityDirectory
    let certificates: CertificateStore
    let laboratory: Laboratory?
    let logger: Logger
    let connections = ConnectionDirectory()
    let readiness = Readiness()
    let egress: HTTPEgress

    /// Opens the city and renews the server's certificate where that is due. Nothing listens yet.
    ///
    /// - Throws: As `CityAccess.open` does.
    init(
        _ directory: CityDirectory, _ configuration: CityConfiguration, laboratory: Laboratory?, logger: Logger
    ) throws {
        let open = DescriptorLimit.raise() ?? 0
        let needed = DescriptorLimit.needed(for: configuration)
        if open < needed {
            logger.notice(
                "too few open files are allowed for `mqtt.maximumConnections`: raise LimitNOFILE= or `ulimit -Hn`",
                metadata: ["allowed": "\(open)", "needed": "\(needed)"])
        }
        let opened = try CityAccess.open(directory, configuration, logger: logger)
        city = opened.city
        certificates = opened.certificates
        self.directory = directory
        self.configuration = configuration
        self.laboratory = laboratory
        self.logger = logger
        egress = HTTPEgress(policy: EgressPolicy(allowsLoopback: laboratory != nil))
        let isNew = try certificates.renewServerCertificate(
            dnsNames: configuration.dnsNames, ipAddresses: configuration.ipAddresses, now: city.clock.now.date)
        if isNew { logger.notice("a new server certificate was issued") }
    }

    /// Serves until SIGINT or SIGTERM, with `companions` beside the faces.
    ///
    /// - Parameters:
    ///   - companions: Services that live as long as the faces do.
    ///   - onReady: Called once, when every listener accepts connections.
    /// - Throws: When a port is taken, or a service fails.
    func run(
        beside companions: [any Service] = [], onReady: @escaping @Sendable (ServingPorts) -> Void
    ) async throws {
        try await serve(companions, signals: [.sigterm, .sigint], onReady: onReady)
    }

    /// Serves while `body` runs, then stops.
    func whileServing<Result: Sendable>(
        _ body: @escaping @Sendable (ServingPorts) async throws -> Result
    ) async throws -> Result {
        let work = Work(readiness: readiness, body: body)
        try await serve([work], signals: [.sigterm, .sigint]) { _ in }
        return try work.result()
    }

    /// The port that devices connect to, once there is one; 0 when the city stops before.
    func mqttPort() async -> Int { await readiness.ports()?.mqtt ?? 0 }

    private func serve(
        _ companions: [any Service], signals: [UnixSignal], onReady: @escaping @Sendable (ServingPorts) -> Void
    ) async throws {
        defer { city.close() }
        let readiness = readiness
        readiness.onReady(onReady)
        // Dependency order. Shutdown runs in reverse: what leans on the faces stops first, then intake, then the city.
        let http = try http()
        let notifications = NotificationService(notifier: city.notifier(contexts: http.contexts, egress: egress))
        let services: [any Service] =
            [notifications, mqtt(), http, StoreWatch(city: city), DescriptorWatch(logger: logger)] + companions
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        var group = ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: signals, logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(20)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            await egress.close()
            throw error
        }
        await egress.close()
    }

    private func mqtt() -> any Service {
        var settings = MQTTSettings(
            address: MQTTSettings.Address(host: configuration.mqtt.host, port: configuration.mqtt.port),
            laboratory: laboratory.map { MQTTSettings.Address(host: "127.0.0.1", port: $0.mqtt) },
            certificateChainFile: certificates.serverFiles.chain, privateKeyFile: certificates.serverFiles.key,
            authorityFile: certificates.rootFile)
        settings.maximumPacketBytes = configuration.mqttMaximumPacketBytes
        settings.maximumConnections = configuration.mqttMaximumConnections
        settings.sessionsPerPrincipal = configuration.mqttSessionsPerPrincipal
        settings.receiveMaximum = UInt16(clamping: configuration.mqttReceiveMaximum)
        settings.webSocketAddress = configuration.mqttWebSocket.map {
            MQTTSettings.Address(host: $0.host, port: $0.port)
        }
        settings.isBehindProxy = configuration.mqttProxyProtocol
        settings.queuedMessages = configuration.mqttQueuedMessages
        settings.messagesPerSecond = configuration.mqttMessagesPerSecond > 0 ? configuration.mqttMessagesPerSecond : nil
        settings.bytesPerSecond = configuration.mqttBytesPerSecond > 0 ? configuration.mqttBytesPerSecond : nil
        settings.longestSessionSeconds = UInt32(clamping: configuration.mqttSessionExpirySeconds)
        settings.longestKeepAlive = .seconds(configuration.mqttKeepAliveSeconds)
        settings.bridges = configuration.bridges.map { $0.settings(domain: configuration.domain) }
        let readiness = readiness
        return MQTTListener(city: city, settings: settings, connections: connections, logger: logger) { ports in
            readiness.listens(mqtt: ports.secure, laboratoryMQTT: ports.laboratory)
        }
    }

    /// What a person at a terminal wants to know when the city is up.
    func summary(of ports: ServingPorts) -> String {
        var facts = FactList()
        let host = configuration.reachableHost(of: configuration.https)
        facts.add("console", "https://\(host.contains(":") ? "[\(host)]" : host):\(ports.https)/")
        facts.add("devices", "\(configuration.mqtt.host) port \(ports.mqtt), MQTT over TLS, by certificate or token")
        facts.add("laboratory", ports.laboratoryMQTT.map { "MQTT 127.0.0.1:\($0), no identity" })
        facts.add("laboratory", ports.laboratoryHTTP.map { "HTTP 127.0.0.1:\($0), no identity" })
        facts.add("registered", "\(city.views.registry.count) devices, \(city.ledger.size) batches in the ledger")
        return "\(configuration.cityName) is served from \(directory.path)\n\n\(facts.text)\n\nCtrl-C stops it."
    }
}

/// Knows when all listeners listen.
final class Readiness: Sendable {
    private struct State {
        var mqtt: (port: Int, laboratory: Int?)?
        var https: (port: Int, laboratory: Int?)?
        var waiters: [UInt64: CheckedContinuation<ServingPorts?, Never>] = [:]
        /// Those who stopped to wait before they had begun.
        var gone: Set<UInt64> = []
        var nextWaiter: UInt64 = 0
        var action: (@Sendable (ServingPorts) -> Void)?

        var ports: ServingPorts? {
            guard let mqtt, let https else { return nil }
            return ServingPorts(
                mqtt: mqtt.port, https: https.port, laboratoryMQTT: mqtt.laboratory, laboratoryHTTP: https.laboratory)
        }
    }

    private let state = Mutex(State())

    func onReady(_ action: @escaping @Sendable (ServingPorts) -> Void) { state.withLock { $0.action = action } }

    func listens(mqtt port: Int, laboratoryMQTT laboratory: Int?) { advance { $0.mqtt = (port, laboratory) } }

    func listens(https port: Int, laboratoryHTTP laboratory: Int?) { advance { $0.https = (port, laboratory) } }

    private func advance(_ change: @Sendable (inout State) -> Void) {
        let waiting = state.withLock { state -> (ServingPorts, State)? in
            change(&state)
            guard let ports = state.ports else { return nil }
            defer { (state.waiters, state.action) = ([:], nil) }
            return (ports, state)
        }
        guard let (ports, told) = waiting else { return }
        told.action?(ports)
        for waiter in told.waiters.values { waiter.resume(returning: ports) }
    }

    /// Where the city listens, once it does; nil when the task is cancelled or shut down before.
    func ports() async -> ServingPorts? {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                let (mustWait, ports) = state.withLock { state -> (Bool, ServingPorts?) in
                    if let ports = state.ports { return (false, ports) }
                    guard state.gone.remove(waiter) == nil else { return (false, nil) }
                    state.waiters[waiter] = continuation
                    return (true, nil)
                }
                if !mustWait { continuation.resume(returning: ports) }
            }
        } onCancelOrGracefulShutdown: { [self] in
            let continuation = state.withLock { state in
                if state.waiters[waiter] == nil { state.gone.insert(waiter) }
                return state.waiters.removeValue(forKey: waiter)
            }
            continuation?.resume(returning: nil)
        }
    }
}

/// A piece of work as a service: when it is done, the group stops.
private final class Work<Result: Sendable>: Service {
    private let readiness: Readiness
    private let body: @Sendable (ServingPorts) async throws -> Result
    private let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)

    init(readiness: Readiness, body: @escaping @Sendable (ServingPorts) async throws -> Result) {
        self.readiness = readiness
        self.body = body
    }

    func run() async throws {
        guard let ports = await readiness.ports() else { return }
        do {
            let result = try await cancelWhenGracefulShutdown { [body] in try await body(ports) }
            outcome.withLock { $0 = .success(result) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
    }

    func result() throws -> Result {
        guard let outcome = outcome.withLock({ $0 }) else {
            throw CommandFailure(.failed, "stopped before the city was ready")
        }
        return try outcome.get()
    }
}
