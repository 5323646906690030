import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import HTTPAPI
import Logging
import PKI
import ServiceLifecycle
import Testing
import TransparencyLog

/// A city of its own in a temporary directory, served over loopback while a test runs.
final class TestServer: Sendable {
    static let domain = "test.example"
    static let password = "correct-horse-battery"
    static let carEntity = "urn:ngsi-ld:TrafficFlowObserved:loop-1"
    static let airEntity = "urn:ngsi-ld:AirQualityObserved:air-1"

    let city: City
    let clock: TestClock
    let certificates: CertificateStore
    let directory: CityDirectory
    let settings: HTTPSettings
    let ports: HTTPPorts
    /// An air quality station and a traffic counter.
    let air: EnrolledDevice
    let loop: EnrolledDevice
    let stop: @Sendable () async -> Void

    private init(_ founding: Founding, ports: HTTPPorts, stop: @escaping @Sendable () async -> Void) {
        city = founding.city
        clock = founding.clock
        certificates = founding.certificates
        directory = founding.directory
        settings = founding.settings
        air = founding.air
        loop = founding.loop
        self.ports = ports
        self.stop = stop
    }

    /// Serves a city while `body` runs; HTTPS listens on `host`. `sessions` says what is told of MQTT sessions.
    static func run(
        maximumBodyBytes: Int = 65_536, limits: HTTPLimits = HTTPLimits(), host: String = "127.0.0.1",
        sessions: (CityDirectory) -> MQTTSessionDirectory = { _ in .none },
        _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        let founding = try await Founding(maximumBodyBytes: maximumBodyBytes, limits: limits, host: host)
        defer { founding.end() }
        let (stream, ready) = AsyncStream<HTTPPorts>.makeStream()
        let face = try HTTPFace(
            city: founding.city, authority: founding.certificates.authority, settings: founding.settings,
            devices: ConnectedDevices(
                presence: { _ in nil }, lastSeen: { _ in nil }, count: { 0 }, sessions: sessions(founding.directory)),
            egress: NoEgress(), logger: founding.logger
        ) { ready.yield($0) }
        let group = ServiceGroup(services: [face], logger: founding.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { ready.finish() }
                try await group.run()
            }
            var ports = stream.makeAsyncIterator()
            if let ports = await ports.next() {
                let server = TestServer(founding, ports: ports) { await group.triggerGracefulShutdown() }
                do {
                    try await body(server)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    var laboratory: String { "http://127.0.0.1:\(ports.laboratory ?? 0)" }
}

/// What stands before the first request: directory, keys, accounts, two devices.
struct Founding: Sendable {
    let city: City
    let clock = TestClock()
    let certificates: CertificateStore
    let directory: CityDirectory
    let settings: HTTPSettings
    let logger: Logger
    let air: EnrolledDevice
    let loop: EnrolledDevice

    init(maximumBodyBytes: Int, limits: HTTPLimits, host: String) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        self.logger = logger
        // A short path: the name of a Unix socket has at most 107 bytes.
        directory = CityDirectory("/tmp/bastide-\(UInt32.random(in: 0 ... .max))")
        try DurableFile.makeFolder(directory.path, mode: 0o700)
        try DurableFile.write("city".utf8, to: directory.configuration, mode: 0o600)
        certificates = try CertificateStore.create(
            in: directory, organisation: "Test", domain: TestServer.domain, now: Date())
        _ = try certificates.renewServerCertificate(dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], now: Date())
        let origin = "\(TestServer.domain)/ledger"
        try City.found(directory, origin: origin)
        city = try City.open(
            directory,
            City.Parts(
                origin: origin, signer: try NoteSigner(name: origin),
                chains: try ChainVerifier(authority: certificates.authority), catalogue: try Catalogue.shipped(),
                clock: clock.clock, logger: logger))
        let founder = Principal.service("test")
        for (name, role) in [("anna", PersonRole.operator), ("otto", .auditor)] {
            try await city.setAccount(name, password: TestServer.password, role: role, by: founder)
        }
        let authority = certificates.authority
        air = try await city.enrol(
            EnrolmentRequest(
                id: "air-1", deviceType: Founding.type(of: "AirQualityObserved", in: city),
                displayName: "<script>alert(1)</script>", location: GeoPoint(longitude: 8.5, latitude: 47.4)),
            with: authority, by: founder
        ).get()
        loop = try await city.enrol(
            EnrolmentRequest(id: "loop-1", deviceType: Founding.type(of: "TrafficFlowObserved", in: city)),
            with: authority, by: founder
        ).get()
        var settings = HTTPSettings(
            https: HTTPSettings.Address(host: host, port: 0),
            laboratory: HTTPSettings.Address(host: "127.0.0.1", port: 0), adminSocket: directory.socket,
            certificateChainFile: certificates.serverFiles.chain, privateKeyFile: certificates.serverFiles.key,
            authorityFile: certificates.rootFile, cityName: "Test <City>", domain: TestServer.domain, version: "1.2.3",
            geometryFile: directory.geometry)
        settings.maximumBodyBytes = maximumBodyBytes
        settings.threads = 1
        settings.limits = limits
        self.settings = settings
    }

    private static func type(of entityType: String, in city: City) throws -> String {
        try #require(
            city.catalogue.deviceTypes.sorted { $0.key < $1.key }.first { $0.value.entityType == entityType }?.key)
    }

    func end() {
        city.close()
        try? FileManager.default.removeItem(atPath: directory.path)
    }
}
