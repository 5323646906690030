public import NIOCore

/// What a load balancer says of a connection before the connection's own bytes (PROXY protocol, version 2).
///
/// - SeeAlso: haproxy.org, `proxy-protocol.txt`, section 2.2.
public struct ProxyHeader: Equatable, Sendable {
    /// On whose behalf the connection was made.
    public enum Command: Equatable, Sendable {
        /// The proxy's own, as for health checks: the socket's addresses are the true ones.
        case local
        /// Another node's: the header's addresses are the true ones.
        case proxy
    }

    /// What reading the beginning of a connection has brought.
    public enum Parsing: Equatable, Sendable {
        /// So far nothing is wrong, and the header is not complete.
        case needMore
        /// A header of so many bytes; the connection's own bytes follow.
        case header(ProxyHeader, bytes: Int)
        /// No header that may be accepted, whatever were to follow: the connection must be dropped.
        case failure(Failure)
    }

    /// On whose behalf the connection was made.
    public let command: Command

    /// Who opened the connection. Nil where the header does not say: for ``Command/local``, for a family that the proxy
    /// does not know (UNSPEC), and for a UNIX socket without a path.
    public let source: SocketAddress?

    /// Where the connection was opened to; nil as ``source`` is.
    public let destination: SocketAddress?
}

// MARK: Parsing

extension ProxyHeader {
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]

    /// How a header of version 1 begins (section 2.1).
    private static let version1 = Array("PROXY".utf8)

    /// The part that every header has, in bytes.
    private static let fixedBytes = 16

    /// Reads a header from the first of a connection's bytes, without taking them from the buffer.
    ///
    ///      0       11 12        13           14     16                                 16 + length
    ///     +----------+---------+------------+--------+-----------------+----------------+
    ///     | signature| version | family     | length | addresses       | TLVs           |
    ///     | 12 bytes | 4 bits  | 4 bits     | 16 bit | 0, 12, 36, 216  | rest of length |
    ///     |          | command | protocol   |        | bytes by family |                |
    ///     |          | 4 bits  | 4 bits     |        |                 |                |
    ///     +----------+---------+------------+--------+-----------------+----------------+
    ///
    /// All integers are in network byte order. Answers ``Parsing/failure(_:)`` at the first byte that cannot be right.
    /// The block behind the length is skipped unread for LOCAL ("discard the protocol block including the family") and
    /// for UNSPEC ("ignore address information").
    ///
    /// - Parameters:
    ///   - buffer: All that the connection has brought yet.
    ///   - maximumBytes: The longest header that is accepted, at least 16.
    /// - Returns: The header, why there is none, or that more must be read. The same bytes give the same answer.
    public static func parse(
        _ buffer: ByteBuffer, maximumBytes: Int = TransportLimits.proxyHeaderBytes
    ) -> Parsing {
        do throws(Failure) {
            return try read(buffer, maximumBytes: maximumBytes)
        } catch {
            return .failure(error)
        }
    }

    private static func read(_ buffer: ByteBuffer, maximumBytes: Int) throws(Failure) -> Parsing {
        guard try hasSignature(buffer.readableBytesView) else { return .needMore }
        var rest = buffer
        rest.moveReaderIndex(forwardBy: signature.count)
        guard let versionAndCommand = rest.readInteger(as: UInt8.self) else { return .needMore }
        let command = try command(versionAndCommand)
        guard let familyAndProtocol = rest.readInteger(as: UInt8.self) else { return .needMore }
        let family = command == .local ? .unspecified : try family(familyAndProtocol)
        guard let length = rest.readInteger(as: UInt16.self) else { return .needMore }
        let bytes = fixedBytes + Int(length)
        guard bytes <= maximumBytes else { throw .tooLong(bytes: bytes) }
        guard length >= family.addressBytes else { throw .addressesTruncated }
        guard var block = rest.readSlice(length: Int(length)) else { return .needMore }
        let (source, destination) = family.readAddresses(from: &block)
        if family != .unspecified {
            try check(block, of: buffer.getSlice(at: buffer.readerIndex, length: bytes) ?? buffer)
        }
        return .header(ProxyHeader(command: command, source: source, destination: destination), bytes: bytes)
    }

    /// - Returns: Whether the whole signature is there.
    private static func hasSignature(_ bytes: ByteBufferView) throws(Failure) -> Bool {
        if bytes.starts(with: version1) { throw .version1 }
        if bytes.count < version1.count, version1.starts(with: bytes) { return false }
        guard signature.starts(with: bytes.prefix(signature.count)) else { throw .noSignature }
        return bytes.count >= signature.count
    }

    private static func command(_ byte: UInt8) throws(Failure) -> Command {
        guard byte >> 4 == 2 else { throw .version(byte >> 4) }
        switch byte & 0x0F {
        case 0: return .local
        case 1: return .proxy
        case let other: throw .command(other)
        }
    }

    private static func family(_ byte: UInt8) throws(Failure) -> Family {
        switch byte {
        case 0x00: return .unspecified
        case 0x11: return .inet
        case 0x21: return .inet6
        case 0x31: return .unix
        case 0x12, 0x22, 0x32: throw .datagram
        default: throw .family(byte)
        }
    }

    /// Walks over the TLVs behind the addresses, and verifies the checksum if one of them is that.
    ///
    ///      0       1         3                3 + length
    ///     +-------+---------+----------------+
    ///     | type  | length  | value          |
    ///     | 8 bit | 16 bit  | length bytes   |
    ///     +-------+---------+----------------+
    ///
    /// - Parameters:
    ///   - block: The TLVs.
    ///   - header: The whole header that they end.
    /// - Throws: ``Failure`` when one of them goes beyond the end, or the checksum is wrong.
    private static func check(_ block: ByteBuffer, of header: ByteBuffer) throws(Failure) {
        var rest = block
        var isVerified = false
        while rest.readableBytes > 0 {
            guard let type = rest.readInteger(as: UInt8.self), let length = rest.readInteger(as: UInt16.self),
                let value = rest.readSlice(length: Int(length))
            else { throw .tlvTruncated }
            guard type == checksumType else { continue }
            guard !isVerified else { throw .checksumTwice }
            guard length == 4, let checksum = value.getInteger(at: value.readerIndex, as: UInt32.self) else {
                throw .checksumLength(bytes: Int(length))
            }
            var zeroed = header
            zeroed.setInteger(UInt32(0), at: header.writerIndex - rest.readableBytes - 4)
            guard CRC32C.checksum(of: zeroed.readableBytesView) == checksum else { throw .checksumMismatch }
            isVerified = true
        }
    }

    /// PP2_TYPE_CRC32C (section 2.2.3).
    private static let checksumType: UInt8 = 0x03
}

// MARK: Addresses

extension ProxyHeader {
    /// The address family, with STREAM as its protocol: the layout of the addresses.
    private enum Family {
        case unspecified
        /// Source and destination of 4 bytes each, then their ports of 2 bytes each.
        case inet
        /// Source and destination of 16 bytes each, then their ports of 2 bytes each.
        case inet6
        /// Source and destination of 108 bytes each: paths, filled up with zeros.
        case unix

        var addressBytes: Int {
            switch self {
            case .unspecified: 0
            case .inet: 2 * 4 + 2 * 2
            case .inet6: 2 * 16 + 2 * 2
            case .unix: 2 * 108
            }
        }

        /// Takes the addresses from a block that holds at least ``addressBytes``.
        func readAddresses(from block: inout ByteBuffer) -> (source: SocketAddress?, destination: SocketAddress?) {
            switch self {
            case .unspecified: (nil, nil)
            case .inet: Self.readPorts(from: &block, behind: 4)
            case .inet6: Self.readPorts(from: &block, behind: 16)
            case .unix: (Self.readPath(from: &block), Self.readPath(from: &block))
            }
        }

        private static func readPorts(
            from block: inout ByteBuffer, behind addressBytes: Int
        ) -> (SocketAddress?, SocketAddress?) {
            let source = block.readSlice(length: addressBytes)
            let destination = block.readSlice(length: addressBytes)
            let sourcePort = block.readInteger(as: UInt16.self)
            let destinationPort = block.readInteger(as: UInt16.self)
            return (address(source, sourcePort), address(destination, destinationPort))
        }

        private static func address(_ packed: ByteBuffer?, _ port: UInt16?) -> SocketAddress? {
            guard let packed, let port else { return nil }
            do {
                return try SocketAddress(packedIPAddress: packed, port: Int(port))
            } catch {
                // Thrown for other lengths than 4 and 16 only, and there is no other here.
                return nil
            }
        }

        private static func readPath(from block: inout ByteBuffer) -> SocketAddress? {
            guard let path = block.readSlice(length: 108)?.readableBytesView.prefix(while: { $0 != 0 }), !path.isEmpty
            else { return nil }
            do {
                return try SocketAddress(unixDomainSocketPath: String(decoding: path, as: UTF8.self))
            } catch {
                // A path that is longer than 103 bytes is lawful on some systems, but no address here.
                return nil
            }
        }
    }
}
