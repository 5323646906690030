import Testing
import TimeSeries

@Suite("Bytes that are no block are refused")
struct DamagedBlockTests {
    static func sample() throws -> [UInt8] {
        try sealed((0..<300).map { Reading(time: Int64($0) * 60_000_000, value: Double($0 % 40) / 2, score: 0.1) })
            .bytes
    }

    @Test("every shorter piece of a block is refused")
    func truncated() throws {
        let bytes = try Self.sample()
        for count in 0..<bytes.count {
            #expect(throws: BlockError.self, "\(count) bytes") { try Block(bytes: Array(bytes.prefix(count))) }
        }
        #expect(throws: BlockError.truncated) { try Block(bytes: []) }
        #expect(throws: BlockError.truncated) { try Block(bytes: Array(bytes.prefix(60))) }
    }

    @Test("every single flipped bit is found")
    func flippedBits() throws {
        let bytes = try Self.sample()
        for position in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << UInt8(bit)
                #expect(throws: BlockError.self, "bit \(bit) of byte \(position)") { try Block(bytes: damaged) }
            }
        }
    }

    @Test("another version and a wrong checksum are told apart")
    func reasons() throws {
        var bytes = try Self.sample()
        bytes[0] = 2
        #expect(throws: BlockError.unsupportedVersion) { try Block(bytes: bytes) }
        bytes[0] = 1
        bytes[bytes.count - 1] ^= 1
        #expect(throws: BlockError.checksumMismatch) { try Block(bytes: bytes) }
        bytes[1] = 9
        #expect(throws: BlockError.malformed) { try Block(bytes: bytes) }
        #expect(BlockError.allCases.allSatisfy { !$0.description.isEmpty })
    }

    @Test("bytes appended to a block are found")
    func appended() throws {
        #expect(throws: BlockError.checksumMismatch) { try Block(bytes: Self.sample() + [0]) }
    }

    @Test("a forged header over sound columns is found when decoding")
    func forged() throws {
        var bytes = try Self.sample()
        bytes[16] ^= 1  // the last time
        let block = try Block(bytes: rechecked(bytes))
        #expect(throws: BlockError.inconsistent) { try block.decode() }
    }

    @Test("a column with parameters that no encoder writes is malformed, though the checksum fits")
    func parameters() throws {
        let bytes = try Self.sample()
        let valueColumn = 54 + Int(bytes[26]) + Int(bytes[27]) << 8
        for (offset, byte) in [(54, UInt8(0)), (valueColumn, 3), (valueColumn + 1, 16)] {
            var forged = bytes
            forged[offset] = byte
            let checked = rechecked(forged)
            #expect(throws: BlockError.malformed, "byte \(offset)") { try Block(bytes: checked) }
        }
    }

    @Test("mutated blocks with a fitting checksum decode to something or throw, and never trap", arguments: 0..<40)
    func fuzz(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed) &+ 77)
        let sound = try sealed(BlockTests.randomReadings(using: &generator)).bytes
        for _ in 0..<50 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8(generator.next() >> 56)
                case 1: bytes[Int.random(in: 1..<60, using: &generator)] ^= 1 << UInt8(generator.next() >> 61)
                case 2: bytes.removeLast(min(bytes.count - 64, Int.random(in: 0...20, using: &generator)))
                default: bytes.append(UInt8(generator.next() >> 56))
                }
            }
            guard let block = try? Block(bytes: rechecked(bytes)) else { continue }
            #expect(Array(block).count == block.header.count, "seed \(seed)")
            _ = try? block.decode()
        }
    }
}

/// `bytes` with the checksum that a forger would compute: CRC-32C, written out once more, bit by bit.
func rechecked(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 8 else { return bytes }
    var remainder = UInt32.max
    for byte in bytes[..<4] + bytes[8...] {
        remainder ^= UInt32(byte)
        for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1 }
    }
    var bytes = bytes
    for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: ~remainder >> UInt32(8 * index)) }
    return bytes
}
