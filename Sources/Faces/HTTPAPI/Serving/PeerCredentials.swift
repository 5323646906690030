import Glibc
import NIOCore

/// Who is at the other end of a Unix socket, as the operating system says (unix(7), SO_PEERCRED).
enum PeerCredentials {
    private static let name = NIOBSDSocket.Option(rawValue: SO_PEERCRED)

    /// The user id of the process that has connected.
    static func userID(of channel: any Channel) -> EventLoopFuture<uid_t> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<ucred> = provider.unsafeGetSocketOption(level: .socket, name: name)
        return credentials.map(\.uid)
    }
}
