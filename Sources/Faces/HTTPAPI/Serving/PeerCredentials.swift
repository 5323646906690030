import Glibc
import NIOCore

/// Who is at the other end of a Unix socket, as the operating system says (unix(7), SO_PEERCRED).
///
///     struct ucred { pid_t pid; uid_t uid; gid_t gid; }   12 bytes
struct PeerCredentials: Sendable {
    var processID: pid_t
    var userID: uid_t
    var groupID: gid_t

    private static let option = NIOBSDSocket.Option(rawValue: SO_PEERCRED)

    /// The user id of the process that has connected.
    static func userID(of channel: any Channel) -> EventLoopFuture<uid_t> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(level: .socket, name: option)
        return credentials.map(\.userID)
    }
}
