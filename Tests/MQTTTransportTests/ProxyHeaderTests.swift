import MQTTTransport
import NIOCore
import Testing

/// Headers of version 2, whole.
enum Headers {
    static let signature = "0d0a0d0a 000d0a51 5549540a"
    /// 192.0.2.1:1234 to 198.51.100.1:8080.
    static let ipv4 = signature + "21 11 000c c0000201 c6336401 04d2 1f90"
    /// [2001:db8::1]:1234 to [2001:db8::2]:8080.
    static let ipv6 =
        signature + "21 21 0024 20010db8000000000000000000000001 20010db8000000000000000000000002 04d2 1f90"
    /// HAProxy's health check.
    static let local = signature + "20 00 0000"
    /// A connection through an AWS endpoint service, as Amazon documents it: 172.31.7.113:51442 to 172.31.10.31:80, then a
    /// checksum, the endpoint's name (0xEA), and padding (NOOP).
    static let amazon =
        signature + "21 11 0054 ac1f0771 ac1f0a1f c8f2 0050 03 0004 e8d6892d"
        + "ea 0017 01 767063652d3038643262663135666163353030316339 04 0024" + String(repeating: "00", count: 36)
    /// From a UNIX socket with a path to one with a path.
    static let unix = signature + "21 31 00d8" + path("/run/client") + path("/run/mqtt")

    static func path(_ path: String) -> String {
        let filled = Array(path.utf8) + Array(repeating: 0, count: 108 - path.utf8.count)
        return hex(ByteBuffer(bytes: filled)) ?? ""
    }
}

@Suite("The PROXY protocol's header, version 2 (proxy-protocol.txt §2.2)")
struct ProxyHeaderTests {
    private func header(_ hex: String) -> ProxyHeader? {
        guard case .header(let header, _) = ProxyHeader.parse(bytes(hex)) else { return nil }
        return header
    }

    private func failure(_ hex: String, maximumBytes: Int = 4_096) -> ProxyHeader.Failure? {
        guard case .failure(let failure) = ProxyHeader.parse(bytes(hex), maximumBytes: maximumBytes) else { return nil }
        return failure
    }

    @Test("TCP over IPv4: addresses and ports in network order")
    func ipv4() throws {
        guard case .header(let header, bytes: 28) = ProxyHeader.parse(bytes(Headers.ipv4 + "10 05")) else {
            Issue.record("no header of 28 bytes")
            return
        }
        #expect(header.command == .proxy)
        #expect(header.source == (try SocketAddress(ipAddress: "192.0.2.1", port: 1234)))
        #expect(header.destination == (try SocketAddress(ipAddress: "198.51.100.1", port: 8080)))
        #expect(header.source?.ipAddress == "192.0.2.1")
    }

    @Test("TCP over IPv6")
    func ipv6() throws {
        guard case .header(let header, bytes: 52) = ProxyHeader.parse(bytes(Headers.ipv6)) else {
            Issue.record("no header of 52 bytes")
            return
        }
        #expect(header.source == (try SocketAddress(ipAddress: "2001:db8::1", port: 1234)))
        #expect(header.destination == (try SocketAddress(ipAddress: "2001:db8::2", port: 8080)))
    }

    @Test("a load balancer's published header, with its checksum and other TLVs")
    func published() throws {
        guard case .header(let header, bytes: 100) = ProxyHeader.parse(bytes(Headers.amazon)) else {
            Issue.record("no header of 100 bytes")
            return
        }
        #expect(header.source == (try SocketAddress(ipAddress: "172.31.7.113", port: 51_442)))
        #expect(header.destination == (try SocketAddress(ipAddress: "172.31.10.31", port: 80)))
    }

    @Test("UNIX sockets: the path, or nothing where there is none or it is too long for an address")
    func unix() throws {
        let named = try #require(header(Headers.unix))
        #expect(named.source == (try SocketAddress(unixDomainSocketPath: "/run/client")))
        #expect(named.destination == (try SocketAddress(unixDomainSocketPath: "/run/mqtt")))
        let long = String(repeating: "x", count: 108)
        let nameless = try #require(
            header(Headers.signature + "21 31 00d8" + Headers.path("") + Headers.path(long)))
        #expect(nameless.source == nil && nameless.destination == nil && nameless.command == .proxy)
    }

    @Test("LOCAL: the block behind the length is skipped whatever it holds, the family ignored")
    func local() throws {
        #expect(header(Headers.local)?.command == .local)
        for block in ["20 11 000c c0000201 c6336401 04d2 1f90", "20 ff 0003 ffffff", "20 00 0007 03 0004 00000000"] {
            let local = try #require(header(Headers.signature + block))
            #expect(local.command == .local && local.source == nil && local.destination == nil)
        }
    }

    @Test("UNSPEC: accepted, and says nothing of addresses")
    func unspecified() throws {
        let unspecified = try #require(header(Headers.signature + "21 00 0005 0102030405"))
        #expect(unspecified.command == .proxy && unspecified.source == nil)
    }

    @Test("TLVs are skipped, and must not go beyond the end")
    func tlvs() {
        let start = Headers.signature + "21 11 "
        let addresses = "c0000201 c6336401 04d2 1f90"
        #expect(header(start + "0013" + addresses + "01 0004 6d717474") != nil)
        #expect(header(start + "000f" + addresses + "04 0000") != nil)
        #expect(failure(start + "000d" + addresses + "01") == .tlvTruncated)
        #expect(failure(start + "000e" + addresses + "01 00") == .tlvTruncated)
        #expect(failure(start + "0012" + addresses + "01 0004 6d7174") == .tlvTruncated)
        #expect(failure(start + "0010" + addresses + "01 ffff 6d") == .tlvTruncated)
    }

    @Test("a checksum is verified, whatever bit is wrong (§2.2.3)")
    func checksum() {
        let whole = bytes(Headers.amazon)
        // Without the TLVs' lengths and the checksum's type, which have errors of their own.
        for index in 16..<whole.readableBytes where ![28, 29, 30, 36, 37, 62, 63].contains(index) {
            var damaged = whole
            damaged.setInteger((whole.getInteger(at: index, as: UInt8.self) ?? 0) ^ 0x10, at: index)
            #expect(ProxyHeader.parse(damaged) == .failure(.checksumMismatch), "byte \(index)")
        }
    }

    @Test("a checksum has four bytes, and there is one of it at most")
    func checksumForm() {
        let start = Headers.signature + "21 11 "
        let addresses = "c0000201 c6336401 04d2 1f90"
        #expect(failure(start + "0012" + addresses + "03 0003 000000") == .checksumLength(bytes: 3))
        #expect(failure(start + "000f" + addresses + "03 0000") == .checksumLength(bytes: 0))
    }

    @Test("a checksum as this test reckons it, bit by bit, is right once and not twice")
    func castagnoli() {
        #expect(slowChecksum(text("123456789")) == 0xE306_9283, "the customary check value")
        let start = bytes(Headers.signature + "21 11 0013 c0000201 c6336401 04d2 1f90 03 0004 00000000")
        let sum = slowChecksum(start)
        var header = start
        header.setInteger(sum, at: 31)
        guard case .header(_, bytes: 35) = ProxyHeader.parse(header) else {
            Issue.record("refused: \(ProxyHeader.parse(header))")
            return
        }
        var twice = header
        twice.setInteger(UInt16(0x1A), at: 14)
        twice.writeImmutableBuffer(bytes("03 0004 00000000"))
        twice.setInteger(UInt32(0), at: 31)
        twice.setInteger(slowChecksum(twice), at: 31)
        #expect(ProxyHeader.parse(twice) == .failure(.checksumTwice))
    }

    /// The checksum, bit by bit.
    private func slowChecksum(_ buffer: ByteBuffer) -> UInt32 {
        var value = UInt32.max
        for byte in buffer.readableBytesView {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
        }
        return ~value
    }

    @Test("nothing is decided before the last byte, and the same header is read from every beginning of it")
    func truncated() {
        for example in [Headers.ipv4, Headers.ipv6, Headers.amazon, Headers.unix, Headers.local] {
            let whole = bytes(example)
            for count in 0..<whole.readableBytes {
                let part = whole.getSlice(at: 0, length: count) ?? ByteBuffer()
                #expect(ProxyHeader.parse(part) == .needMore, "\(count) bytes of \(example)")
            }
            guard case .header(_, whole.readableBytes) = ProxyHeader.parse(whole) else {
                Issue.record("\(example) is no header")
                continue
            }
        }
    }

    @Test("a header of version 1 is refused by name, as soon as it is one (§2.1)")
    func version1() {
        #expect(ProxyHeader.parse(text("PROXY TCP4 192.0.2.1 198.51.100.1 1234 8080\r\n")) == .failure(.version1))
        #expect(ProxyHeader.parse(text("PROXY")) == .failure(.version1))
        #expect(ProxyHeader.parse(text("PROX")) == .needMore)
        #expect(ProxyHeader.parse(text("POST")) == .failure(.noSignature))
        #expect(ProxyHeader.Failure.version1.message.contains("version 2"))
    }

    @Test("what is no header is refused at its first wrong byte: MQTT, TLS, HTTP, and a signature with one bit wrong")
    func noSignature() {
        #expect(failure("10") == .noSignature)
        #expect(failure("16 03 01") == .noSignature)
        #expect(ProxyHeader.parse(text("GET /mqtt HTTP/1.1\r\n")) == .failure(.noSignature))
        let signature = bytes(Headers.signature)
        for index in 0..<12 {
            var wrong = signature.getSlice(at: 0, length: index + 1) ?? ByteBuffer()
            wrong.setInteger((signature.getInteger(at: index, as: UInt8.self) ?? 0) ^ 0x01, at: index)
            #expect(ProxyHeader.parse(wrong) == .failure(.noSignature), "byte \(index)")
        }
    }

    @Test("only version 2, only LOCAL and PROXY, only the families and streams of the standard")
    func fields() {
        for version in 0..<16 where version != 2 {
            let digit = String(version, radix: 16)
            #expect(failure(Headers.signature + digit + "1") == .version(UInt8(version)))
        }
        for command in 2..<16 {
            let digit = String(command, radix: 16)
            #expect(failure(Headers.signature + "2" + digit) == .command(UInt8(command)))
        }
        for datagram in ["12", "22", "32"] { #expect(failure(Headers.signature + "21" + datagram) == .datagram) }
        for family in ["01", "02", "10", "20", "30", "13", "40", "41", "ff"] {
            #expect(failure(Headers.signature + "21" + family) == UInt8(family, radix: 16).map { .family($0) })
        }
    }

    @Test("a length without room for the addresses", arguments: [("11", 11), ("21", 35), ("31", 215)])
    func addressesTruncated(family: String, length: Int) {
        let header = Headers.signature + "21" + family + "00" + hex(ByteBuffer(integer: UInt8(length)))!
        #expect(failure(header) == .addressesTruncated)
    }

    @Test("a header longer than is accepted is refused by its length alone")
    func tooLong() {
        #expect(failure(Headers.signature + "21 11 0ff1") == .tooLong(bytes: 4_097))
        #expect(failure(Headers.signature + "20 00 ffff") == .tooLong(bytes: 65_551))
        #expect(ProxyHeader.parse(bytes(Headers.signature + "21 11 0ff0")) == .needMore)
        #expect(failure(Headers.ipv4, maximumBytes: 27) == .tooLong(bytes: 28))
        #expect(failure(Headers.ipv4, maximumBytes: 28) == nil)
    }

    @Test("each refusal has a sentence of its own")
    func messages() {
        let all: [ProxyHeader.Failure] = [
            .noSignature, .version1, .version(3), .command(2), .family(0x41), .datagram, .tooLong(bytes: 5_000),
            .addressesTruncated, .tlvTruncated, .checksumLength(bytes: 3), .checksumTwice, .checksumMismatch,
        ]
        #expect(Set(all.map(\.message)).count == all.count)
        #expect(all.allSatisfy { !$0.message.hasSuffix(".") })
    }

    @Test(
        "random bytes behind a right beginning never trap, and a byte more never undoes a refusal", arguments: 0..<200)
    func garbage(seed: Int) {
        var random = Seeded(UInt64(seed))
        var whole = bytes(Headers.signature + ["", "21", "2111", "2121", "2131 00"][seed % 5])
        var tail = random.bytes(300)
        whole.writeBuffer(&tail)
        var refused: ProxyHeader.Parsing?
        for count in 0...whole.readableBytes {
            let parsing = ProxyHeader.parse(whole.getSlice(at: 0, length: count) ?? ByteBuffer())
            if let refused { #expect(parsing == refused, "seed \(seed), \(count) bytes") }
            if case .failure = parsing { refused = parsing }
            if case .header(_, let bytes) = parsing { #expect(bytes <= count, "seed \(seed)") }
        }
    }
}
