/// One idea of "as usual": turns residuals of any unit into surprises.
///
/// State: the residual's mean size, once over the last thousand readings with outliers cut, once over the last few
/// thousand uncut; and the histogram of sizes divided by them.
struct ResidualChannel: Sendable, Equatable {
    private(set) var recentSize: Float = 0
    private(set) var lastingSize: Float = 0
    private(set) var count: UInt16 = 0
    private(set) var tail = TailModel()

    /// Readings over which the recent size is the mean.
    private static let recentMemory: Float = 925
    /// Readings over which the lasting size is the mean.
    private static let lastingMemory: Float = 1_650
    /// Multiples of the usual size above which a residual does not move the recent size further.
    private static let outlier: Float = 8
    /// Residuals seen before sizes are counted, before they are judged, and before the judgement has full weight.
    private static let (beforeCounting, beforeJudging, untilTrusted): (UInt16, UInt16, Float) = (10, 20, 100)

    /// What a residual is measured with: half the lasting size at least, so that calm hours do not make all else look wild.
    @inline(__always)
    func usualSize(grain: Float) -> Float {
        max(recentSize, lastingSize * 0.6, grain)
    }

    /// How far residuals usually stray either side: about one in fifty strays further.
    func usualReach(grain: Float) -> Float { usualSize(grain: grain) * max(tail.threshold, 1) }

    /// Judges a residual by those before it, then learns it.
    ///
    /// - Parameters:
    ///   - residual: A finite number.
    ///   - grain: The smallest residual that is more than a rounding error. Above zero.
    /// - Returns: The surprise; 0 for the ordinary and while little is known.
    mutating func judge(_ residual: Float, grain: Float) -> Float {
        let size = abs(residual)
        guard count > 0 else {
            (recentSize, lastingSize, count) = (size, size, 1)
            return 0
        }
        let usual = usualSize(grain: grain)
        let multiple = min(size / usual, 1e9)
        var surprise: Float = 0
        if count > Self.beforeJudging {
            surprise = tail.surprise(of: multiple) * min(Float(count) / Self.untilTrusted, 1)
        }
        if count > Self.beforeCounting { tail.count(multiple) }
        if count < .max { count += 1 }
        let share = 1 / Float(count)
        lastingSize += max(share, 1 / Self.lastingMemory) * (size - lastingSize)
        recentSize += max(share, 1 / Self.recentMemory) * (min(size, Self.outlier * usual) - recentSize)
        return surprise
    }
}

extension ResidualChannel {
    func encode(into state: inout StateWriter) {
        state.append(recentSize)
        state.append(lastingSize)
        state.append(count)
        tail.encode(into: &state)
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        recentSize = try state.number()
        lastingSize = try state.number()
        count = try state.integer()
        tail = try TailModel(decoding: &state)
        guard recentSize >= 0, lastingSize >= 0 else { throw .malformed }
    }
}
