/// Watches one series of readings as they arrive and says how unusual each one is, and why.
///
/// - Takes: a time in microseconds since 1970 and a value, one reading at a time (``StreamDetector/observe(time:value:)``).
/// - Gives: a ``Finding`` for each: a score from 0 to 1, whether an alert starts, goes on or ends, what was expected,
///   and on demand a sentence (``Finding/explanation(value:unit:name:utcOffset:)``).
/// - Owns: nothing. A detector is a value; its state can be stored and restored byte for byte.
/// - Relies on: the standard library only. Same readings, same findings, on every machine.
///
/// ## How a reading is judged
///
/// Five residuals are formed, each a different idea of "as usual": the distance from the level of the last thousand
/// readings, from the last few readings, of a quarter hour's mean from the level, from what this half hour of the day
/// usually brings (once that has proven to predict better than the level), and of the present restlessness from the usual one.
///
/// Each residual, divided by its lasting mean size, goes into a histogram of logarithmic bins. Beyond the histogram's top
/// two percent a power law is fitted to the tail (peaks over threshold with Hill's estimator), so that a residual
/// larger than all before it still has a probability. The surprise of a reading is the negative decimal logarithm of
/// the smallest of the five probabilities, less a little as the series grows old: who looks more often sees rarer things.
///
/// What has just been said is no news: until a past surprise has faded, only a greater one keeps its full weight.
/// The score is the share `s² / (s² + t²)`, with `t` the surprise at which an alert starts. One threshold, a
/// half, serves all series, since probabilities have no unit.
public enum DetectionLimits {
    /// The score at which an alert starts.
    public static let alertScore = 0.5
    /// The largest value that is judged, either side of zero; beyond it, and for NaN, a reading is ignored.
    public static let largestValue = 1e30
    /// Readings in a row from before the newest one that are ignored; the next is taken to come from a clock set right.
    public static let backwardReadings = 50
}
