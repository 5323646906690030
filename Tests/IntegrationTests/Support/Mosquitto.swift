import Foundation

/// Eclipse Mosquitto's command-line clients, as an installer uses them.
enum Mosquitto {
    static let publisher = "/usr/bin/mosquitto_pub"
    static let subscriber = "/usr/bin/mosquitto_sub"
    static let isInstalled = [publisher, subscriber].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

    /// How they name the editions of MQTT.
    enum Version: String, CaseIterable, Sendable {
        case v3_1_1 = "mqttv311"
        case v5 = "mqttv5"
    }

    /// Publishes one message.
    ///
    /// - Parameters:
    ///   - payload: The message.
    ///   - topic: Where to.
    ///   - server: The city.
    ///   - credentials: Whose key and certificate.
    ///   - version: The edition of MQTT.
    ///   - arguments: Further ones, such as `-q 1` or `-r`.
    /// - Returns: How the client ended.
    /// - Throws: When the client cannot be started.
    static func publish(
        _ payload: String, to topic: String, at server: ServedCity, as credentials: Credentials,
        _ version: Version = .v5,
        _ arguments: [String] = []
    ) async throws -> Outcome {
        try await ChildProcess.run(
            publisher, connection(server, credentials, version) + ["-t", topic, "-m", payload] + arguments,
            limit: .seconds(20))
    }

    /// Publishes what a file holds.
    static func publish(
        file: String, to topic: String, at server: ServedCity, as credentials: Credentials, _ version: Version = .v5,
        _ arguments: [String] = []
    ) async throws -> Outcome {
        try await ChildProcess.run(
            publisher, connection(server, credentials, version) + ["-t", topic, "-f", file] + arguments,
            limit: .seconds(20))
    }

    /// Begins to subscribe: each message becomes a line, the topic and the payload with a space between.
    static func subscribe(
        to filters: [String], at server: ServedCity, as credentials: Credentials, _ version: Version = .v5,
        _ arguments: [String] = []
    ) throws -> ChildProcess {
        try ChildProcess(
            subscriber,
            connection(server, credentials, version) + ["-v"] + filters.flatMap { ["-t", $0] } + arguments,
            limit: .seconds(20))
    }

    /// Publishes one message with a user name and a token, without a certificate.
    static func publish(
        _ payload: String, to topic: String, at server: ServedCity, token: (name: String, text: String),
        _ city: TestCity, _ version: Version, _ arguments: [String] = []
    ) async throws -> Outcome {
        try await ChildProcess.run(
            publisher, connection(server, token, city, version) + ["-t", topic, "-m", payload] + arguments,
            limit: .seconds(20))
    }

    /// Begins to subscribe with a user name and a token, without a certificate.
    static func subscribe(
        to filters: [String], at server: ServedCity, token: (name: String, text: String), _ city: TestCity,
        _ version: Version, _ arguments: [String] = []
    ) throws -> ChildProcess {
        try ChildProcess(
            subscriber,
            connection(server, token, city, version) + ["-v"] + filters.flatMap { ["-t", $0] } + arguments,
            limit: .seconds(20))
    }

    private static func connection(
        _ server: ServedCity, _ token: (name: String, text: String), _ city: TestCity, _ version: Version
    ) -> [String] {
        [
            "-h", "localhost", "-p", "\(server.ports.mqtt)", "-V", version.rawValue, "--cafile",
            "\(city.path)/pki/root.crt", "-u", token.name, "-P", token.text,
        ]
    }

    private static func connection(_ server: ServedCity, _ credentials: Credentials, _ version: Version) -> [String] {
        [
            "-h", "localhost", "-p", "\(server.ports.mqtt)", "-V", version.rawValue, "--cafile", credentials.authority,
            "--cert", credentials.certificate, "--key", credentials.key,
        ]
    }
}
