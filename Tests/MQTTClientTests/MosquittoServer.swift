import Foundation
import Synchronization

/// Eclipse Mosquitto, started on free ports of the loopback, with a directory of its own; stopped when it goes away.
final class MosquittoServer: Sendable {
    static let path = "/usr/sbin/mosquitto"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

    /// Lets anybody in.
    let port: Int
    /// Lets nobody in, for want of a password file.
    let guardedPort: Int
    /// Speaks TLS, if there is a certificate.
    let tlsPort: Int
    /// The certificate that ``tlsPort`` shows: for `localhost`, signed by itself.
    let certificatePath: String

    private let directory: URL
    private let process: Mutex<ChildProcess?>

    init(withTLS: Bool = false) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "mosquitto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        certificatePath = directory.appending(path: "certificate.pem").path
        let keyPath = directory.appending(path: "key.pem").path
        if withTLS { try MosquittoServer.makeCertificate(certificatePath, keyPath) }
        let file = directory.appending(path: "mosquitto.conf")
        var attempts = 0
        while true {
            let ports = try FreePorts(count: 3).numbers
            var configuration = MosquittoServer.configuration(open: ports[0], guarded: ports[1])
            if withTLS {
                configuration += MosquittoServer.tlsConfiguration(ports[2], certificatePath, keyPath)
            }
            try Data(configuration.utf8).write(to: file)
            let started = try ChildProcess(MosquittoServer.path, ["-c", file.path])
            do {
                try started.wait(for: " running")
                process = Mutex(started)
                (port, guardedPort, tlsPort) = (ports[0], ports[1], ports[2])
                return
            } catch {
                // Somebody else may have taken a port in the meantime.
                started.waitForEnd()
                attempts += 1
                if attempts == 5 { throw error }
            }
        }
    }

    private static func configuration(open port: Int, guarded guardedPort: Int) -> String {
        """
        per_listener_settings true
        log_dest stderr
        log_type information
        log_type error
        user root
        listener \(port) 127.0.0.1
        allow_anonymous true
        max_queued_messages 0
        listener \(guardedPort) 127.0.0.1
        allow_anonymous false

        """
    }

    private static func tlsConfiguration(_ port: Int, _ certificatePath: String, _ keyPath: String) -> String {
        """
        listener \(port) 127.0.0.1
        allow_anonymous true
        certfile \(certificatePath)
        keyfile \(keyPath)

        """
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Ends the program, once.
    func stop() {
        process.withLock { process in
            process?.stop()
            process = nil
        }
    }

    private static func makeCertificate(_ certificatePath: String, _ keyPath: String) throws {
        let arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", keyPath, "-out",
            certificatePath,
        ]
        guard try ChildProcess("/usr/bin/openssl", arguments).waitForEnd() else {
            throw ChildProcessFailure(log: "openssl made no certificate")
        }
    }
}

/// Ports that were free a moment ago: found by binding to port 0, and given back when all are found.
struct FreePorts {
    let numbers: [Int]

    init(count: Int) throws {
        var sockets: [Int32] = []
        var numbers: [Int] = []
        defer { for descriptor in sockets { close(descriptor) } }
        for _ in 0..<count {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw ChildProcessFailure(log: "no socket") }
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard bound else { throw ChildProcessFailure(log: "no free port") }
            numbers.append(Int(UInt16(bigEndian: address.sin_port)))
        }
        self.numbers = numbers
    }
}
