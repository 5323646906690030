import CityStorage
import Foundation
import MQTTClient
import NIOCore
import NIOPosix
import NIOSSL

/// Where a device connects, and with what: its own key and certificate, as any device would.
struct DeviceConnection: Sendable {
    let host: String
    let port: Int
    let tls: NIOSSLContext
    let device: String

    /// A device's way in.
    ///
    /// - Throws: When a key or certificate cannot be read.
    init(device: String, host: String, port: Int, credentials: CredentialFolder.Files) throws {
        self.device = device
        self.host = host
        self.port = port
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(credentials.authority)
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(credentials.certificate).map {
            .certificate($0)
        }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: credentials.key, format: .pem))
        tls = try NIOSSLContext(configuration: configuration)
    }

    /// Connects with MQTT 5.
    ///
    /// - Parameters:
    ///   - group: Where the connection lives.
    ///   - localAddress: From which address; nil lets the system choose.
    ///   - window: How many publications may be unacknowledged.
    /// - Returns: The accepted connection.
    /// - Throws: `MQTTConnectionError` when the server cannot be reached or refuses.
    func open(
        on group: any EventLoopGroup, from localAddress: String? = nil, window: Int = 16
    ) async throws(MQTTConnectionError) -> MQTTConnection {
        try await MQTTConnection.connect(
            host: host, port: port, tls: tls,
            options: MQTTConnectionOptions(
                clientIdentifier: device, keepAlive: .seconds(60), localAddress: localAddress, publishWindow: window),
            group: group)
    }
}
