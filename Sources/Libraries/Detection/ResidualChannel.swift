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
    private static let recentMemory: Float = 935
    /// Readings over which the lasting size is the mean.
    private static let lastingMemory: Float = 2_650
    /// Multiples of the usual size above which a residual does not move the recent size further.
    private static let outlier: Float = 9
    /// Residuals seen before sizes are counted, before they are judged, and before the judgement has full weight.
    private static let (beforeCounting, beforeJudging, untilTrusted): (UInt16, UInt16, Float) = (10, 20, 100)
    /// Smaller residuals are rounding errors of the arithmetic, in units of the values they come from.
    private static let rounding: Float = 1e-6

    /// What a residual is measured with: half the lasting size at least, so that calm hours do not make all else look wild.
    @inline(__always)
    func usualSize(near magnitude: Float) -> Float {
        max(recentSize, lastingSize / 2, magnitude * Self.rounding, .leastNormalMagnitude)
    }

    /// How far residuals usually stray either side: about one in fifty strays further.
    func usualReach(near magnitude: Float) -> Float { usualSize(near: magnitude) * max(tail.threshold, 1) }

    /// Judges a residual by those before it, then learns it.
    ///
    /// - Parameters:
    ///   - residual: A finite number.
    ///   - magnitude: The size of the numbers whose difference it is.
    /// - Returns: The surprise; 0 for the ordinary and while little is known.
    mutating func judge(_ residual: Float, near magnitude: Float) -> Float {
        let size = abs(residual)
        guard count > 0 else {
            (recentSize, lastingSize, count) = (size, size, 1)
            return 0
        }
        let usual = usualSize(near: magnitude)
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
