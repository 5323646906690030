public import NIOCore

/// What a peer can make this library keep, and how long it can make it wait.
public enum TransportLimits {
    /// The head of an upgrade request, in bytes: browsers send less than 1 KiB, and up to 4 KiB of cookies.
    public static let requestHeadBytes = 8_192

    /// A PROXY header, in bytes. With a TLS client's certificate names in it, HAProxy writes less than 1 KiB.
    public static let proxyHeaderBytes = 4_096

    /// Pongs that wait to be written. Of pings that come meanwhile only the newest is answered (RFC 6455 §5.5.3), so
    /// that a peer which does not read its pongs makes this side keep 33 × 127 bytes, 4 KiB.
    public static let pongsInFlight = 32

    /// A client that has not sent its upgrade request by then is disconnected.
    public static let upgradeDeadline = TimeAmount.seconds(10)

    /// A proxy that has not sent its header by then is disconnected: "at least 3 seconds to cover a TCP retransmit"
    /// (proxy-protocol.txt, section 2).
    public static let proxyHeaderDeadline = TimeAmount.seconds(3)

    /// How long a Close frame may take to leave, and its answer to come (RFC 6455 §7.1.1).
    public static let closeDeadline = TimeAmount.seconds(3)
}
