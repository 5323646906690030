import Foundation
import MQTTPackets
import NIOCore
import NIOPosix
import NIOSSL

/// What a bridge needs to be let in by the remote broker: read from its files anew for each attempt, so that a certificate
/// or a password can be exchanged while the city runs.
struct BridgeCredentials: Sendable {
    let tls: NIOSSLContext?
    let password: ByteBuffer?

    /// Passwords are as long as MQTT lets them be.
    private static let passwordBytes = MQTTLimits.fieldBytes

    /// Reads the files, away from the event loop.
    static func load(_ settings: BridgeSettings, on loop: any EventLoop) -> EventLoopFuture<BridgeCredentials> {
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try BridgeCredentials(settings) }
    }

    /// - Throws: ``BridgeFileError`` that names the file.
    init(_ settings: BridgeSettings) throws {
        tls = try settings.tls.map { try BridgeCredentials.context($0) }
        password = try settings.login?.passwordFile.map { try BridgeCredentials.password(in: $0) }
    }

    private static func context(_ tls: BridgeSettings.TLS) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["mqtt"]
        if let file = tls.authorityFile {
            configuration.trustRoots = .certificates(
                try reading(file, "certificates to trust") { try NIOSSLCertificate.fromPEMFile(file) })
        }
        if let identity = tls.identity {
            configuration.certificateChain = try reading(identity.certificateFile, "a certificate") {
                try NIOSSLCertificate.fromPEMFile(identity.certificateFile).map { .certificate($0) }
            }
            configuration.privateKey = .privateKey(
                try reading(identity.keyFile, "a key") { try NIOSSLPrivateKey(file: identity.keyFile, format: .pem) })
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw BridgeFileError("the certificate and the key do not belong together, or cannot be used: \(error)")
        }
    }

    private static func reading<Value>(_ file: String, _ what: String, _ body: () throws -> Value) throws -> Value {
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw BridgeFileError("\(file) cannot be read: expected \(what) in PEM")
        }
        do {
            return try body()
        } catch {
            throw BridgeFileError("\(file) does not hold \(what) in PEM")
        }
    }

    private static func password(in file: String) throws -> ByteBuffer {
        guard var bytes = FileManager.default.contents(atPath: file) else {
            throw BridgeFileError("\(file) cannot be read: expected a password")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard (1...passwordBytes).contains(bytes.count) else {
            throw BridgeFileError("\(file) holds \(bytes.count) bytes: expected a password of 1 to \(passwordBytes)")
        }
        return ByteBuffer(bytes: bytes)
    }
}

/// A file of a bridge is not there, or not as it must be. Says which, and never what is in it.
public struct BridgeFileError: Error, Sendable, CustomStringConvertible {
    /// For people.
    public let description: String

    init(_ description: String) { self.description = description }
}

extension BridgeSettings {
    /// Reads all of the bridge's files.
    ///
    /// - Throws: ``BridgeFileError`` for the first that is not as it must be.
    public func checkFiles() throws { _ = try BridgeCredentials(self) }
}
