import Foundation

/// Where a city is served, once it is: the line of JSON that `serve --json` prints when it is ready.
struct ServingPorts: Codable, Sendable, Equatable {
    /// MQTT over TLS.
    var mqtt: Int
    /// HTTPS.
    var https: Int
    /// The laboratory's MQTT, plain, on loopback.
    var laboratoryMQTT: Int?
    /// The laboratory's HTTP, plain, on loopback.
    var laboratoryHTTP: Int?

    init(mqtt: Int, https: Int, laboratoryMQTT: Int? = nil, laboratoryHTTP: Int? = nil) {
        self.mqtt = mqtt
        self.https = https
        self.laboratoryMQTT = laboratoryMQTT
        self.laboratoryHTTP = laboratoryHTTP
    }

    /// Reads the line that a server has printed.
    init(parsing line: String) throws {
        do {
            self = try JSONDecoder().decode(ServingPorts.self, from: Data(line.utf8))
        } catch {
            throw CommandFailure(.failed, "the server says `\(line.prefix(200))`, where its ports were expected")
        }
    }
}
