import CityStorage
import Foundation
import Glibc
import MQTTListener

// Bridges to other brokers: their files, and whether somebody answers at the address.

extension Checkup {
    /// How long a broker has to answer.
    private static let patience: Int32 = 3_000

    mutating func checkBridges(_ configuration: CityConfiguration) {
        for bridge in configuration.bridges {
            let name = "bridge \(bridge.name)"
            do {
                try bridge.settings(domain: configuration.domain).checkFiles()
            } catch {
                problem(name, "\(error)", "correct the file, or the line of `bridges` in city.yaml that names it")
                continue
            }
            if let file = bridge.login?.passwordFile, let mode = Checkup.mode(of: file), mode & 0o077 != 0 {
                problem(name, "others can read the password in \(file)", "chmod go= \(file)")
                continue
            }
            if let reason = Checkup.reach(bridge.address) {
                notice(
                    name, "\(bridge.address) does not answer: \(reason)",
                    "see that the broker runs and that the way is open; until then what goes out waits in its queue")
            } else {
                fine(name, "its files can be read, and \(bridge.address) answers")
            }
        }
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : nil
    }

    /// Why nobody answers at an address; nil when somebody does.
    private static func reach(_ address: ListenAddress) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, "\(address.port)", &hints, &found) == 0 else {
            return "the name cannot be resolved"
        }
        defer { freeaddrinfo(found) }
        var reason = "there is no address"
        var next = found
        while let entry = next {
            guard let failure = connect(to: entry.pointee) else { return nil }
            reason = failure
            next = entry.pointee.ai_next
        }
        return reason
    }

    private static func connect(to entry: addrinfo) -> String? {
        let kind = entry.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(entry.ai_family, kind, entry.ai_protocol)
        guard descriptor >= 0 else { return String(cString: strerror(errno)).lowercased() }
        defer { close(descriptor) }
        if Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return String(cString: strerror(errno)).lowercased() }
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&poller, 1, patience) == 1 else { return "no answer in \(patience / 1_000) s" }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        return failure == 0 ? nil : String(cString: strerror(failure)).lowercased()
    }
}
