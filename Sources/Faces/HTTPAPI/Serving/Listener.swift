import Glibc
import NIOCore
import ServiceLifecycle

/// One door: a server, and how people call it when it does not open.
struct Listener: Service {
    /// What it speaks.
    let name: String
    /// Where it listens.
    let place: String
    /// What chooses another place; nil where nothing does.
    let setting: String?
    let server: any Service

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Throws: ``HTTPListenError`` when it cannot listen, or stops to although nobody has told it.
    func run() async throws {
        do {
            try await server.run()
        } catch {
            throw HTTPListenError(listener: self, cause: error)
        }
        guard Task.isShuttingDownGracefully || Task.isCancelled else {
            throw HTTPListenError(listener: self, cause: nil)
        }
    }
}

/// Why the face does not listen, or no longer: its place is taken, or not one of this machine's.
public struct HTTPListenError: Error, CustomStringConvertible {
    private let name: String
    private let place: String
    private let setting: String?
    /// For the log; nil when the listener has stopped by itself.
    public let cause: (any Error)?

    init(listener: Listener, cause: (any Error)?) {
        name = listener.name
        place = listener.place
        setting = listener.setting
        self.cause = cause
    }

    /// For people: what listens where, what the system says, and what would help.
    public var description: String {
        guard let cause else { return "\(name) takes no more connections on \(place): the log says why" }
        let why = (cause as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() } ?? "\(cause)"
        let help = setting.map { "; end the program that has it, or choose another with \($0)" } ?? ""
        return "\(name) cannot listen on \(place): \(why)\(help)"
    }
}
