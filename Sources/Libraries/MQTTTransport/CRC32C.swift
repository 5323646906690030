/// The checksum of Castagnoli's polynomial (RFC 4960, appendix B).
enum CRC32C {
    /// What each value of a byte does to the checksum: 0x82F63B78 is the polynomial, its lowest power first.
    private static let table: [UInt32] = (0..<256).map { byte in
        var value = UInt32(byte)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
        return value
    }

    static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        var checksum = UInt32.max
        for byte in bytes { checksum = checksum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: checksum) ^ byte)] }
        return ~checksum
    }
}
