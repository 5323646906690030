/// The values of a block, told in whichever of three ways takes the fewest bytes.
///
/// ```
/// scheme       1 byte     0 decimal levels, 1 decimal steps, 2 bit patterns
/// parameter    1 byte     decimal: digits after the point; bit patterns: low bits that are zero in every step
/// base         8 bytes    decimal: digits of the usual value, or of the first; bit patterns: the first value
/// stream       the rest   decimal: for each reading the digits less those of the base (levels) or of the reading before
///                         (steps), then the correction; bit patterns: the step from the reading before
/// ```
enum ValueColumn {
    enum Scheme: UInt8 { case decimalLevels, decimalSteps, bitPatterns }

    static func encode(_ values: [Double]) -> [UInt8] {
        guard let scale = DecimalScale(fitting: values) else { return bitPatterns(values) }
        let parts = values.map { scale.split($0) }
        let levels = decimals(parts, scale, .decimalLevels)
        let steps = decimals(parts, scale, .decimalSteps)
        let best = levels.count <= steps.count ? levels : steps
        // Dear corrections may mean that the decimals were an accident: then the bit patterns get their chance.
        guard parts.contains(where: { $0.correction != 0 }), best.count > values.count * 4 else { return best }
        let patterns = bitPatterns(values)
        return best.count <= patterns.count ? best : patterns
    }

    private static func decimals(
        _ parts: [(digits: Int64, correction: Int64)], _ scale: DecimalScale, _ scheme: Scheme
    ) -> [UInt8] {
        let usual = scheme == .decimalSteps ? parts.first : parts.sorted { $0.digits < $1.digits }[parts.count / 2]
        var base = usual?.digits ?? 0
        var bytes = [scheme.rawValue, UInt8(scale.exponent)]
        bytes.append(littleEndian: base)
        var encoder = RangeEncoder()
        var digitModel = IntegerModel()
        var correctionModel = IntegerModel()
        for part in parts {
            digitModel.encode(part.digits &- base, to: &encoder)
            correctionModel.encode(part.correction, to: &encoder)
            if scheme == .decimalSteps { base = part.digits }
        }
        return bytes + encoder.finish()
    }

    private static func bitPatterns(_ values: [Double]) -> [UInt8] {
        var previous = values.first?.bitPattern ?? 0
        var zeros = 63
        for pair in zip(values.dropFirst(), values) {
            zeros = min(zeros, (pair.0.bitPattern &- pair.1.bitPattern).trailingZeroBitCount)
        }
        var bytes = [Scheme.bitPatterns.rawValue, UInt8(zeros)]
        bytes.append(littleEndian: previous)
        var encoder = RangeEncoder()
        var model = IntegerModel()
        for value in values {
            let step = Int64(bitPattern: value.bitPattern &- previous)
            model.encode(step >> Int64(zeros), to: &encoder)
            previous = value.bitPattern
        }
        return bytes + encoder.finish()
    }

    /// Gives the values one after the other. State: the digits or bits of the value last given.
    struct Decoder {
        private enum Method { case decimal(DecimalScale, steps: Bool), bitPatterns(zeros: Int64) }

        private let method: Method
        private var base: Int64
        private var decoder: RangeDecoder
        private var model = IntegerModel()
        private var correctionModel = IntegerModel()

        init(_ bytes: [UInt8], in range: Range<Int>) throws(BlockError) {
            var fields = FieldReader(bytes, in: range)
            guard let scheme = Scheme(rawValue: try fields.littleEndian(UInt8.self)) else { throw .malformed }
            let parameter = try fields.littleEndian(UInt8.self)
            base = try fields.littleEndian(Int64.self)
            switch scheme {
            case .decimalLevels, .decimalSteps:
                guard let scale = DecimalScale(exponent: Int(parameter)) else { throw .malformed }
                method = .decimal(scale, steps: scheme == .decimalSteps)
            case .bitPatterns:
                guard parameter < 64 else { throw .malformed }
                method = .bitPatterns(zeros: Int64(parameter))
            }
            decoder = RangeDecoder(bytes, in: fields.position..<range.upperBound)
        }

        mutating func next() -> Double {
            switch method {
            case .decimal(let scale, let steps):
                let digits = base &+ model.decode(from: &decoder)
                if steps { base = digits }
                return scale.join(digits: digits, correction: correctionModel.decode(from: &decoder))
            case .bitPatterns(let zeros):
                base &+= model.decode(from: &decoder) << zeros
                return Double(bitPattern: UInt64(bitPattern: base))
            }
        }
    }
}
