/// A JSON number: an exact 64-bit integer where the text denotes one, a `Double` otherwise.
///
/// Equality is numeric: `1`, `1.0` and `1e0` are one number. Negative zero is zero.
public struct JSONNumber: Sendable, Hashable {
    private enum Storage: Hashable {
        case integer(Int64)
        /// Finite, and not exactly an `Int64`.
        case double(Double)
    }

    private let storage: Storage

    /// An exact integer.
    ///
    /// - Parameter integer: Any value.
    public init(_ integer: Int64) {
        storage = .integer(integer)
    }

    /// A finite floating-point number.
    ///
    /// - Parameter double: Any value; infinities and NaN, which JSON cannot express, give nil.
    public init?(_ double: Double) {
        guard double.isFinite else { return nil }
        self.init(finite: double)
    }

    init(finite double: Double) {
        // Not `Int64(exactly:)`, which would need the C mathematics library. 2^63 is the first that does not fit.
        guard double >= -0x1p63, double < 0x1p63, Double(Int64(double)) == double else {
            storage = .double(double)
            return
        }
        storage = .integer(Int64(double))
    }

    /// The nearest `Double`; always finite.
    public var double: Double {
        switch storage {
        case .integer(let value): Double(value)
        case .double(let value): value
        }
    }

    /// The exact integer, if the number is one and fits.
    public var integer: Int64? {
        if case .integer(let value) = storage { value } else { nil }
    }
}

extension JSONNumber: Comparable {
    /// Numeric order.
    public static func < (left: JSONNumber, right: JSONNumber) -> Bool {
        if case .integer(let left) = left.storage, case .integer(let right) = right.storage { return left < right }
        return left.double < right.double
    }
}

extension JSONNumber: ExpressibleByIntegerLiteral {
    /// An exact integer.
    public init(integerLiteral value: Int64) { self.init(value) }
}

extension JSONNumber: CustomStringConvertible {
    /// The number as JSON text.
    public var description: String {
        var writer = JSONWriter(capacity: 32)
        writer.number(self)
        return writer.text
    }
}
