extension JSONNumber {
    /// Appends a number in its shortest form that reads back as the same `Double`.
    ///
    /// - Parameters:
    ///   - double: Integral values are written without a fraction; infinities and NaN, which JSON cannot express, as
    ///     `null`.
    ///   - bytes: Grows by 1 to 25 bytes.
    public static func append(_ double: Double, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.longest) { buffer in
            guard let base = buffer.baseAddress else { return }
            let length = NumberText.write(double, to: base)
            bytes.append(contentsOf: UnsafeBufferPointer(start: base, count: length))
        }
    }
}
