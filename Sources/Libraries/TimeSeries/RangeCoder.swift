/// What has been learnt of one yes-or-no question: how often the answer was no.
///
/// The first answers move the estimate by halves and quarters, later ones by 1/32, so that a block of a thousand
/// readings is well described after the first few dozen.
struct AdaptiveBit {
    /// The chance of `false`, in 1/32,768. Stays within 1...32,767 by the way it moves.
    private(set) var chanceOfFalse: UInt16 = 1 << 14
    private var seen: UInt8 = 0

    /// Answers seen before the estimate moves at its slowest: from then by 1/2⁵.
    private static let slowest: UInt8 = 16

    @inline(__always)
    mutating func learn(_ answer: Bool) {
        let shift = UInt16(truncatingIfNeeded: max(1, UInt8.bitWidth - seen.leadingZeroBitCount))
        if answer {
            chanceOfFalse &-= chanceOfFalse &>> shift
        } else {
            chanceOfFalse &+= (32_768 &- chanceOfFalse) &>> shift
        }
        if seen < Self.slowest { seen &+= 1 }
    }
}

/// Writes answers in as many bits as they surprise: the binary range coder with carry known from LZMA.
///
/// State: the interval `[low, low + range)` of numbers that begin with everything written so far. An answer keeps the
/// part of the interval that its chance assigns to it.
struct RangeEncoder {
    private var low: UInt64 = 0
    private var range: UInt32 = .max
    /// The newest byte, held back because a carry may still change it, and the 0xFF bytes behind it.
    private var held: UInt8 = 0
    private var heldCount = 1
    private var bytes: [UInt8] = []

    @inline(__always)
    mutating func encode(_ answer: Bool, _ bit: inout AdaptiveBit) {
        let bound = (range >> 15) &* UInt32(bit.chanceOfFalse)
        if answer {
            low &+= UInt64(bound)
            range &-= bound
        } else {
            range = bound
        }
        bit.learn(answer)
        normalise()
    }

    /// Writes the `width` lowest bits of `bits` as they are, highest first.
    mutating func encodeRaw(_ bits: UInt64, width: Int) {
        var left = width
        while left > 0 {
            let chunk = min(left, 16)
            left -= chunk
            range >>= UInt32(chunk)
            low &+= (bits >> UInt64(left) & (1 << UInt64(chunk) - 1)) &* UInt64(range)
            normalise()
        }
    }

    /// Ends the stream with as few bytes as tell it from any other. Zeros at the end are left out: the decoder assumes them.
    consuming func finish() -> [UInt8] {
        for width in stride(from: UInt64(32), through: 0, by: -1) {
            let mask = (1 as UInt64) << width - 1
            let candidate = (low + mask) & ~mask
            guard candidate < low + UInt64(range) else { continue }
            low = candidate
            break
        }
        for _ in 0..<5 { shiftLow() }
        let end = bytes.lastIndex { $0 != 0 } ?? 0
        // The first byte is the one held at the start: always zero.
        return Array(bytes.prefix(end + 1).dropFirst())
    }

    @inline(__always)
    private mutating func normalise() {
        while range < 1 << 24 {
            range <<= 8
            shiftLow()
        }
    }

    private mutating func shiftLow() {
        if low < 0xFF00_0000 || low > 0xFFFF_FFFF {
            let carry = UInt8(truncatingIfNeeded: low >> 32)
            bytes.append(held &+ carry)
            while heldCount > 1 {
                bytes.append(0xFF &+ carry)
                heldCount -= 1
            }
            heldCount = 0
            held = UInt8(truncatingIfNeeded: low >> 24)
        }
        heldCount += 1
        low = (low & 0x00FF_FFFF) << 8
    }
}

/// Reads what ``RangeEncoder`` wrote. Beyond the end it reads zeros; wrong bytes give wrong answers, never a trap.
struct RangeDecoder {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int
    private var range: UInt32 = .max
    private var code: UInt32 = 0

    /// A decoder of the stream in `range` of `bytes`. Precondition: `range` lies within `bytes`.
    init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "the stream lies outside its bytes")
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
        for _ in 0..<4 { code = code << 8 | UInt32(nextByte()) }
    }

    @inline(__always)
    mutating func decode(_ bit: inout AdaptiveBit) -> Bool {
        let bound = (range >> 15) &* UInt32(bit.chanceOfFalse)
        let answer = code >= bound
        if answer {
            code &-= bound
            range &-= bound
        } else {
            range = bound
        }
        bit.learn(answer)
        normalise()
        return answer
    }

    mutating func decodeRaw(width: Int) -> UInt64 {
        var bits: UInt64 = 0
        var left = width
        while left > 0 {
            let chunk = UInt32(min(left, 16))
            left -= Int(chunk)
            range >>= chunk
            let part = min(code / range, 1 << chunk - 1)
            code &-= part &* range
            bits = bits << UInt64(chunk) | UInt64(part)
            normalise()
        }
        return bits
    }

    @inline(__always)
    private mutating func normalise() {
        while range < 1 << 24 {
            range <<= 8
            code = code << 8 | UInt32(nextByte())
        }
    }

    @inline(__always)
    private mutating func nextByte() -> UInt8 {
        guard position < end else { return 0 }
        defer { position &+= 1 }
        return bytes[position]
    }
}
