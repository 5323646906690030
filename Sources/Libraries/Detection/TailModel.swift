/// How often residuals of each size occur, and how the largest of them thin out.
///
/// Sizes are multiples of the usual size. They are counted in 64 bins, four to a doubling, from 1/32 to 2,048. Above a
/// threshold, which about one in fifty exceeds, the share of sizes greater than `x` is modelled as
/// `share × (x / threshold)^-exponent` (Hill, Annals of Statistics 1975; as used for streams by Siffer et al., KDD 2017).
struct TailModel: Sendable, Equatable {
    /// Counts in eighths, so that a rare size fades over three halvings. Empty until the first size is counted.
    private(set) var bins: [UInt16] = []
    private(set) var total: UInt16 = 0
    private(set) var untilFit: UInt8 = 0
    private(set) var threshold: Float = 1
    private(set) var logShare: Float = 0
    private(set) var exponent: Float = 2

    static let binCount = 64
    /// The bins' exponents begin at 2⁻⁵; two bits of the significand follow.
    private static let firstBin = (127 - 5) << 2
    /// When this many sizes are counted all counts are halved: what is older than a few thousand readings fades.
    static let memory: UInt16 = 4_500 * eighths
    /// Units of ``bins`` and ``total`` that one size adds. Bounds the memory: 8 × 4,700 fits 16 bits.
    static let eighths: UInt16 = 8
    /// Share of the sizes that the power law describes.
    private static let tailShare: Float = 0.017
    /// Fewest sizes that the power law is fitted to.
    private static let tailCount: Float = 8
    /// Steepest tail believed: residuals of real series are never as thin as the normal law's.
    static let steepest: Float = 3.3
    /// Sizes counted between two fits, once there are enough of them.
    private static let fitInterval: UInt8 = 16

    /// The negative decimal logarithm of the share of sizes greater than `size`; 0 below the threshold.
    @inline(__always)
    func surprise(of size: Float) -> Float {
        guard size > threshold else { return 0 }
        return (exponent * binaryLogarithm(size / threshold) - logShare) * 0.301_03
    }

    mutating func count(_ size: Float) {
        if bins.isEmpty { bins = [UInt16](repeating: 0, count: Self.binCount) }
        bins[Self.bin(of: size)] &+= Self.eighths
        total += Self.eighths
        if total > Self.memory { halve() }
        if untilFit == 0 || total < UInt16(Self.binCount) * Self.eighths {
            fit()
            untilFit = Self.fitInterval
        }
        untilFit -= 1
    }

    private mutating func halve() {
        total = 0
        for index in bins.indices {
            bins[index] /= 2
            total += bins[index]
        }
    }

    /// Sets the threshold to the lowest bin edge that few enough sizes exceed, and the exponent from those that do.
    private mutating func fit() {
        let sizes = Float(total) / Float(Self.eighths)
        let wanted = max(Self.tailShare * sizes, Self.tailCount)
        var tail: Float = 0
        var logSum: Float = 0
        var first = Self.binCount
        while first > 1, tail < wanted {
            let count = Float(bins[first - 1]) / Float(Self.eighths)
            if tail > 3, tail + count > wanted { break }
            first -= 1
            tail += count
            logSum += count * Self.logOfMiddle(first)
        }
        let logThreshold = Self.logOfEdge(first)
        let excess = (logSum - tail * logThreshold) * 0.693_147
        threshold = Self.edge(first)
        // One more size than seen, of the steepest law: keeps a tail of few sizes from being believed too thin.
        exponent = min((tail + 1) / (excess + 1 / Self.steepest), Self.steepest)
        logShare = binaryLogarithm((tail + 1) / (sizes + 2))
    }

    private static func bin(of size: Float) -> Int {
        min(max(Int(size.bitPattern >> 21) - firstBin, 0), binCount - 1)
    }

    private static func edge(_ bin: Int) -> Float { Float(bitPattern: UInt32(bin + firstBin) << 21) }

    private static func logOfEdge(_ bin: Int) -> Float {
        let quarters: Float =
            switch bin & 3 {
            case 0: 0
            case 1: 0.321_928
            case 2: 0.584_963
            default: 0.807_355
            }
        return Float(bin >> 2) - 5 + quarters
    }

    private static func logOfMiddle(_ bin: Int) -> Float { logOfEdge(bin) + 0.125 }
}

extension TailModel {
    func encode(into state: inout StateWriter) {
        state.append(total)
        state.append(untilFit)
        state.append(threshold)
        state.append(logShare)
        state.append(exponent)
        for bin in bins { state.append(variableLength: bin) }
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        total = try state.integer()
        untilFit = try state.integer()
        threshold = try state.number()
        logShare = try state.number()
        exponent = try state.number()
        guard total <= Self.memory, untilFit < Self.fitInterval else { throw .malformed }
        guard threshold >= Self.edge(0), (0...Self.steepest).contains(exponent), logShare <= 0 else { throw .malformed }
        guard total > 0 else { return }
        var sum = 0
        for _ in 0..<Self.binCount {
            let bin = try state.variableLength()
            bins.append(bin)
            sum += Int(bin)
        }
        guard sum == Int(total) else { throw .malformed }
    }
}
