extension ProxyHeader {
    /// Why the beginning of a connection is no PROXY header that may be accepted.
    public enum Failure: Error, Equatable, Sendable {
        /// The first bytes are not the signature: whoever connects is no proxy, or does not announce itself.
        case noSignature
        /// A header of version 1, which is text.
        case version1
        /// A version that is not 2.
        case version(UInt8)
        /// A command that is neither LOCAL nor PROXY.
        case command(UInt8)
        /// A combination of family and protocol that the standard does not have.
        case family(UInt8)
        /// The connection that is forwarded is not a stream.
        case datagram
        /// The header is longer than is accepted.
        case tooLong(bytes: Int)
        /// The length leaves no room for the addresses of the family.
        case addressesTruncated
        /// A TLV ends behind the header's end.
        case tlvTruncated
        /// A checksum that does not have 4 bytes.
        case checksumLength(bytes: Int)
        /// More than one checksum.
        case checksumTwice
        /// The checksum is not that of the header.
        case checksumMismatch

        /// What to tell an operator.
        public var message: String {
            switch self {
            case .noSignature:
                "the connection does not begin with a PROXY protocol header: connect through the load balancer, or turn "
                    + "the PROXY protocol off for this listener"
            case .version1:
                "the PROXY protocol header is of version 1: have the load balancer send version 2 (`send-proxy-v2`)"
            case .version(let version): "the PROXY protocol header is of version \(version), not 2"
            case .command(let command): "the PROXY protocol has no command \(command)"
            case .family(let byte): "the PROXY protocol has no family and protocol 0x\(String(byte, radix: 16))"
            case .datagram: "the PROXY protocol header tells of datagrams, and this is a stream"
            case .tooLong(let bytes): "the PROXY protocol header has \(bytes) bytes, which is more than is accepted"
            case .addressesTruncated: "the PROXY protocol header is too short for the addresses of its family"
            case .tlvTruncated: "a field of the PROXY protocol header goes beyond the header's end"
            case .checksumLength(let bytes): "the PROXY protocol header has a checksum of \(bytes) bytes, not 4"
            case .checksumTwice: "the PROXY protocol header has two checksums"
            case .checksumMismatch: "the PROXY protocol header does not have the checksum that it states"
            }
        }
    }
}
