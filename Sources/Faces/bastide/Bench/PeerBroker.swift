import CityStorage
import Foundation

/// Another broker under the same load: on core 0 like ours, with the city's own certificates, and nothing stored.
struct PeerBroker {
    let name: String
    let server: PinnedServer
    let port: Int

    /// Debian's mosquitto; nil where it is not installed.
    static func mosquitto(_ city: BenchCity, in folder: String) throws -> PeerBroker? {
        let program = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].first(where: FileManager.default.isExecutableFile)
        guard let program else { return nil }
        let pki = city.directory.pki
        return try start("mosquitto", program, in: folder) { port in
            """
            listener \(port) 127.0.0.1
            cafile \(try authorities(of: city, in: folder))
            certfile \(pki)/server.crt
            keyfile \(pki)/server.key
            require_certificate true
            allow_anonymous true
            persistence false
            max_queued_messages 0
            log_type none
            user root

            """
        }
    }

    /// FlashMQ, where BASTIDE_FLASHMQ names the built program.
    static func flashMQ(_ city: BenchCity, in folder: String) throws -> PeerBroker? {
        guard let program = ProcessInfo.processInfo.environment["BASTIDE_FLASHMQ"] else { return nil }
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw CommandFailure(.failed, "BASTIDE_FLASHMQ names no program: \(program)")
        }
        let pki = city.directory.pki
        return try start("FlashMQ", program, in: folder) { port in
            """
            allow_anonymous true
            thread_count 1
            log_level none
            log_file \(folder)/FlashMQ-messages.log
            rlimit_nofile 65535
            listen {
              protocol mqtt
              port \(port)
              inet_protocol ip4
              inet4_bind_address 127.0.0.1
              fullchain \(pki)/server.crt
              privkey \(pki)/server.key
              client_verification_ca_file \(try authorities(of: city, in: folder))
            }

            """
        }
    }

    private static func authorities(of city: BenchCity, in folder: String) throws -> String {
        let path = folder + "/authorities.crt"
        let chain = try ["root.crt", "issuing.crt"].map {
            try String(contentsOfFile: "\(city.directory.pki)/\($0)", encoding: .utf8)
        }
        try chain.joined().write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func start(
        _ name: String, _ program: String, in folder: String, configuration: (Int) throws -> String
    ) throws -> PeerBroker {
        let port = Int.random(in: 20_000...30_000)
        let file = "\(folder)/\(name).conf"
        try configuration(port).write(toFile: file, atomically: true, encoding: .utf8)
        let server = try PinnedServer(program, ["-c", file], log: "\(folder)/\(name).log")
        guard isListening(port, within: 5) else {
            server.stop()
            let said = (try? String(contentsOfFile: "\(folder)/\(name).log", encoding: .utf8)) ?? ""
            throw CommandFailure(.failed, "\(name) did not start: \(said.suffix(300))")
        }
        return PeerBroker(name: name, server: server, port: port)
    }

    private static func isListening(_ port: Int, within seconds: Double) -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(probe) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let isOpen = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isOpen { return true }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return false
    }
}
