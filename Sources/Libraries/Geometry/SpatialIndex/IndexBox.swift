/// A box as the index keeps it: west, south, and east and north negated, each rounded down to a `Float`, so that it is
/// up to 2 m larger than the envelope on each side and never smaller.
///
/// Written so, the box around two is the lesser of each number, and all comparisons go one way.
typealias IndexBox = SIMD4<Float>

extension IndexBox {
    /// Around nothing: the box around this and another is the other.
    static let nothing = IndexBox(repeating: .infinity)

    init(_ envelope: Envelope) {
        self.init(
            Self.down(envelope.west), Self.down(envelope.south), Self.down(-envelope.east), Self.down(-envelope.north))
    }

    private static func down(_ number: Double) -> Float {
        let near = Float(number)
        return Double(near) > number ? near.nextDown : near
    }

    /// What a box that intersects this one is at most, number by number.
    var probe: SIMD4<Float> { SIMD4(-z, -w, -x, -y) }

    /// Whether this intersects the box whose probe that is.
    @inline(__always)
    func intersects(probe: SIMD4<Float>) -> Bool { all(self .<= probe) }

    @inline(__always)
    func contains(_ other: IndexBox) -> Bool { all(self .<= other) }

    @inline(__always)
    func union(_ other: IndexBox) -> IndexBox { pointwiseMin(self, other) }

    /// In square degrees.
    var area: Float { (-z - x) * (-w - y) }

    /// Half of the way round, in degrees.
    var margin: Float { -z - x - w - y }

    /// What it has in common with another, in square degrees.
    func overlap(_ other: IndexBox) -> Float {
        let common = pointwiseMax(self, other)
        let (width, height) = (-common.z - common.x, -common.w - common.y)
        return width > 0 && height > 0 ? width * height : 0
    }

    /// Twice its middle.
    var doubleCentre: SIMD2<Float> { SIMD2(x - z, y - w) }
}
