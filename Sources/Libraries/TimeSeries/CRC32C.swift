/// The Castagnoli cyclic redundancy check, as in iSCSI (RFC 3720 §12.1) and ext4: reflected polynomial 0x82F63B78.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 1 ? (remainder >> 1) ^ 0x82F6_3B78 : remainder >> 1
        }
    }

    /// The check value of `bytes`, of any number of pieces when `previous` carries the value of those before.
    static func checksum(of bytes: ArraySlice<UInt8>, after previous: UInt32 = 0) -> UInt32 {
        let table = self.table
        return bytes.withUnsafeBufferPointer { bytes in
            table.withUnsafeBufferPointer { table in
                ~bytes.reduce(~previous) { remainder, byte in
                    table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8)
                }
            }
        }
    }
}
