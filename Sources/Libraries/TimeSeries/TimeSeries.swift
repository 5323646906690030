/// Readings of one series over time, kept small: compressed blocks, the open block before them, windows and charts.
///
/// - Takes: readings, each a time in microseconds since 1970, a `Double`, and optionally a score from 0 to 1.
/// - Gives: a ``Block`` of bytes that describes itself (``BlockEncoder``, ``SeriesHead``), the readings back bit for
///   bit, aggregates per window (``windows(of:width:)``) and few points that draw the same line (``downsample(_:to:)``,
///   ``Downsampler``).
/// - Owns: nothing. Everything here is a value; where blocks are stored is the caller's affair.
/// - Relies on: the standard library only.
/// - Format: drawn in ``BlockHeader``. Each column is turned into small integers (``TimeColumn``, ``ValueColumn``,
///   `ScoreColumn`), which an adaptive binary range coder writes in as many bits as they surprise it.
public enum TimeSeriesLimits {
    /// Readings in one block. At 1,024 a block of a five-minute series covers three and a half days, the header costs
    /// half a bit a reading, and an open block stays below 18 KiB.
    public static let readingsPerBlock = 1_024
    /// Steps in which scores are stored: a score is rounded to the nearest 1/255, so that it fits a byte.
    public static let scoreSteps = 255
}

/// A time in microseconds since 1970-01-01T00:00:00Z. Any `Int64` is a valid one.
public typealias Microseconds = Int64
