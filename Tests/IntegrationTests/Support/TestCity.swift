import Foundation
import MQTTClient
import MQTTPackets
import NIOCore
import NIOSSL
import Testing

/// A city of a test's own, in a folder that goes away with it.
final class TestCity: Sendable {
    /// The city's directory.
    let path: String
    private let folder: String

    /// Founds a city with the program's own `init`.
    ///
    /// - Parameters:
    ///   - parent: Where to put it; nil for a new folder in the temporary directory.
    ///   - domain: The city's domain.
    /// - Returns: The city.
    /// - Throws: When `bastide init` fails.
    static func found(in parent: String? = nil, domain: String = "rivertown.example") async throws -> TestCity {
        let city = try TestCity(parent)
        try await city.succeed(["init", city.path, "--city", "Rivertown", "--domain", domain])
        return city
    }

    private init(_ parent: String?) throws {
        folder = parent ?? FileManager.default.temporaryDirectory.appending(path: "bastide-\(UUID().uuidString)").path
        path = folder + "/city"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The path of a file for the test's own use, beside the city.
    func scratch(_ name: String) -> String { "\(folder)/\(name)" }

    /// Runs the program.
    func bastide(_ arguments: [String], limit: Duration = .seconds(60)) async throws -> Outcome {
        let program = try #require(BuiltProgram.path)
        return try await ChildProcess.run(program, arguments, limit: limit)
    }

    /// Runs the program, which must succeed.
    ///
    /// - Returns: What it wrote to standard output.
    @discardableResult
    func succeed(_ arguments: [String], limit: Duration = .seconds(60)) async throws -> String {
        let outcome = try await bastide(arguments, limit: limit)
        guard outcome.exited(0) else {
            throw Failure("bastide \(arguments.joined(separator: " ")): \(outcome.end), \(outcome.errors)")
        }
        return outcome.output
    }

    /// Runs a command on this city, which must succeed.
    @discardableResult
    func command(_ arguments: String...) async throws -> String { try await succeed(arguments + ["--city", path]) }

    /// Runs a command again and again until what it prints contains `text`; false when it does not in a hundred runs.
    func command(_ arguments: String..., until text: String) async throws -> Bool {
        for _ in 0..<100 where try await succeed(arguments + ["--city", path]).contains(text) { return true }
        return false
    }

    /// Enrols a device.
    func addDevice(_ id: String, type: String = "sensor") async throws -> Credentials {
        try await command("device", "add", id, "--type", type)
        return Credentials(folder: "\(path)/devices/\(id)", stem: "device")
    }

    /// Gives the first operator a certificate.
    func operatorCredentials() async throws -> Credentials {
        try await command("operator", "certificate", "operator")
        return Credentials(folder: "\(path)/operators/operator", stem: "operator")
    }

    /// Serves the city on free loopback ports.
    func serve(_ arguments: [String] = [], limit: Duration = .seconds(120)) async throws -> ServedCity {
        let program = try #require(BuiltProgram.path)
        return try await ServedCity(program, self, arguments, limit: limit)
    }

    /// What the doctor says of the city that nobody serves; it must find no problem.
    func checkUp(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await bastide(["doctor", path])
        #expect(outcome.exited(0), "\(outcome.output)\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.output.contains("signed checkpoints hold"), "\(outcome.output)", sourceLocation: sourceLocation)
    }
}

/// The files that make a device or an operator.
struct Credentials: Sendable {
    var key: String
    var certificate: String
    /// The city's root, which the server's certificate leads to.
    var authority: String

    init(folder: String, stem: String) {
        key = "\(folder)/\(stem).key"
        certificate = "\(folder)/\(stem).crt"
        authority = "\(folder)/ca.crt"
    }

    /// Copies the files of others here.
    func take(from other: Credentials) throws {
        let folder = (key as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (from, to) in [(other.key, key), (other.certificate, certificate), (other.authority, authority)] {
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }
    }

    /// How to speak TLS with them.
    func tlsContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(authority)
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        return try NIOSSLContext(configuration: configuration)
    }
}

/// A city that is being served, by a process of its own.
final class ServedCity: Sendable {
    /// The line that `serve --json` prints.
    struct Ports: Decodable, Sendable {
        var mqtt: Int
        var https: Int
        var laboratoryMQTT: Int?
        var laboratoryHTTP: Int?
    }

    let ports: Ports
    let process: ChildProcess

    fileprivate init(_ program: String, _ city: TestCity, _ arguments: [String], limit: Duration) async throws {
        let laboratory = ["--lab", "--lab-mqtt-port", "0", "--lab-http-port", "0"]
        let listen = ["--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0", "--json"]
        process = try ChildProcess(program, ["serve", city.path] + listen + laboratory + arguments, limit: limit)
        guard let line = await process.output.line(containing: "{") else {
            throw Failure("the city does not serve: \(await process.outcome().errors)")
        }
        ports = try JSONDecoder().decode(Ports.self, from: Data(line.utf8))
    }

    deinit { process.signal(SIGKILL) }

    /// Ends it as a loss of power would, and waits until it is gone.
    func kill() async {
        process.signal(SIGKILL)
        _ = await process.ended()
    }

    /// Asks it to stop, and waits until it has.
    @discardableResult
    func stop() async -> ChildProcess.End {
        process.signal(SIGTERM)
        return await process.ended()
    }

    /// Connects over mutual TLS.
    ///
    /// - Parameters:
    ///   - credentials: Whose key and certificate.
    ///   - options: How to introduce oneself.
    /// - Returns: The accepted connection.
    /// - Throws: `MQTTConnectionError` when the city refuses.
    func connect(
        _ credentials: Credentials, _ options: MQTTConnectionOptions = MQTTConnectionOptions()
    ) async throws -> MQTTConnection {
        try await MQTTConnection.connect(
            host: "127.0.0.1", port: ports.mqtt, tls: try credentials.tlsContext(), options: options)
    }

    /// Connects over TLS, naming nobody, and trusting whoever answers.
    func connectWithoutCertificate(_ options: MQTTConnectionOptions) async throws -> MQTTConnection {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return try await MQTTConnection.connect(
            host: "127.0.0.1", port: ports.mqtt, tls: try NIOSSLContext(configuration: configuration), options: options)
    }
}

extension MQTTConnection {
    /// Publishes small JSON as a device.
    func publish(
        _ payload: String, by device: String, qos: QoS = .atLeastOnce, retain: Bool = false
    ) async throws -> ReasonCode {
        try await publish(
            topicName: "devices/\(device)/v", payload: ByteBuffer(string: payload), qos: qos, retain: retain)
    }
}
