import Foundation
import Glibc
import MQTTClient
import NIOSSL
import Synchronization

/// Eclipse Mosquitto as the broker that a city had before: on loopback, with files of its own, stopped and started again on
/// the same ports.
final class LegacyBroker: Sendable {
    static let path = "/usr/sbin/mosquitto"
    static let isInstalled = [path, "/usr/bin/mosquitto_passwd", "/usr/bin/openssl"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Lets anybody in.
    let port: Int
    /// Speaks TLS, and lets in who knows ``password``.
    let guardedPort: Int
    /// The root of ``guardedPort``'s certificate, which is for `localhost`.
    let authority: String
    /// A root of nobody.
    let strangeAuthority: String
    static let user = "city"
    static let password = "a secret of the old days"

    private let directory: URL
    private let process = Mutex<ChildProcess?>(nil)

    init() async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "legacy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let folder = directory.path
        (authority, strangeAuthority) = ("\(folder)/authority.pem", "\(folder)/strange.pem")
        for (certificate, key) in [(authority, "\(folder)/key.pem"), (strangeAuthority, "\(folder)/strange-key.pem")] {
            let made = try await ChildProcess.run(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                    certificate,
                ])
            guard made.exited(0) else { throw Failure("openssl made no certificate: \(made.errors)") }
        }
        let passwords = "\(folder)/passwords"
        let made = try await ChildProcess.run(
            "/usr/bin/mosquitto_passwd", ["-b", "-c", passwords, LegacyBroker.user, LegacyBroker.password])
        guard made.exited(0) else { throw Failure("mosquitto_passwd: \(made.errors)") }
        (port, guardedPort) = (try LegacyBroker.freePort(), try LegacyBroker.freePort())
        let configuration = """
            per_listener_settings true
            log_dest stderr
            log_type information
            log_type error
            user root
            persistence true
            persistence_location \(folder)/
            max_queued_messages 0
            listener \(port) 127.0.0.1
            allow_anonymous true
            listener \(guardedPort) 127.0.0.1
            allow_anonymous false
            password_file \(passwords)
            certfile \(authority)
            keyfile \(folder)/key.pem

            """
        try Data(configuration.utf8).write(to: directory.appending(path: "mosquitto.conf"))
        try await start()
    }

    deinit {
        process.withLock { $0?.signal(SIGKILL) }
        try? FileManager.default.removeItem(at: directory)
    }

    func start() async throws {
        let started = try ChildProcess(
            LegacyBroker.path, ["-c", directory.appending(path: "mosquitto.conf").path], limit: .seconds(180))
        guard await started.errors.line(containing: " running") != nil else {
            throw Failure("mosquitto does not run: \(await started.outcome().errors)")
        }
        process.withLock { $0 = started }
    }

    /// Stops it; what it keeps, it keeps.
    func stop() async {
        guard let running = process.withLock({ $0 }) else { return }
        running.signal(SIGTERM)
        _ = await running.ended()
    }

    func connect(_ options: MQTTConnectionOptions = MQTTConnectionOptions()) async throws -> MQTTConnection {
        try await MQTTConnection.connect(host: "127.0.0.1", port: port, options: options)
    }

    /// A port that was free a moment ago.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure("no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

extension TestCity {
    /// Adds a bridge to the city's configuration; each line as it stands below `- name: legacy`.
    func bridge(to address: String, _ lines: String...) throws {
        let url = URL(filePath: "\(path)/city.yaml")
        let text = try String(contentsOf: url, encoding: .utf8)
        let bridge = ["bridges:", "  - name: legacy", "    address: \(address)"] + lines.map { "    \($0)" }
        try Data((text + bridge.joined(separator: "\n") + "\n").utf8).write(to: url)
    }
}

extension ServedCity {
    /// Connects to the laboratory: topics outside of the city's own are anybody's there.
    func connectToLaboratory(
        _ options: MQTTConnectionOptions = MQTTConnectionOptions()
    ) async throws -> MQTTConnection {
        try await MQTTConnection.connect(host: "127.0.0.1", port: ports.laboratoryMQTT ?? 0, options: options)
    }

    /// Waits until the log says so.
    func logs(_ words: String) async -> Bool { await process.errors.line(containing: words) != nil }
}
