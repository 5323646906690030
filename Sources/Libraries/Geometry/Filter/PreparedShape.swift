import Synchronization

/// One shape that is held against many others, the *targets*. What GEOS needs for it is made when it is needed first,
/// and freed with the last copy of the reference.
///
/// Any thread may ask. A lock lets one at a time into GEOS, because GEOS's indexes are not made for more; whoever asks
/// from many threads at once gives each its own. Points are compared with points without lock and GEOS.
///
/// Mixed collections are taken apart by dimension, and each relation holds when it holds part by part: `contains` asks
/// that each part of the target lies in one part of this shape. For all other shapes the relations are exact.
public final class PreparedShape: Sendable {
    /// The shape itself.
    public let shape: Shape
    let inGEOS = Mutex<PreparedParts?>(nil)

    /// Prepares nothing yet.
    ///
    /// - Parameter shape: What others are held against.
    public init(_ shape: Shape) {
        self.shape = shape
    }

    /// Holds a target against this shape: intersects (OGC 06-103r4 §6.1.15).
    ///
    /// - Parameter target: What is looked at.
    /// - Returns: Whether they have a position in common.
    public func intersects(_ target: Shape) -> Bool {
        if let same = isSame(target) { return same }
        guard shape.envelope.intersects(target.envelope) else { return false }
        return ask(target, by: .index) { own, target in
            own.contains { own in target.contains { own.intersects($0) } }
        }
    }

    /// Holds a target against this shape: disjoint.
    ///
    /// - Parameter target: What is looked at.
    /// - Returns: Whether they have none in common.
    public func isDisjoint(from target: Shape) -> Bool {
        if let same = isSame(target) { return !same }
        guard shape.envelope.intersects(target.envelope) else { return true }
        return ask(target, by: .index) { own, target in
            own.allSatisfy { own in target.allSatisfy { own.isDisjoint(from: $0) } }
        }
    }

    /// Holds a target against this shape: does this contain the target.
    ///
    /// - Parameter target: What is looked at.
    /// - Returns: Whether no part of the target is outside, and not all of it on the border.
    public func contains(_ target: Shape) -> Bool {
        if let same = isSame(target) { return same }
        guard shape.envelope.contains(target.envelope) else { return false }
        return ask(target, by: .walk) { own, target in
            target.allSatisfy { target in own.contains { $0.contains(target) } }
        }
    }

    /// Holds a target against this shape: is this within the target.
    ///
    /// - Parameter target: What is looked at.
    /// - Returns: Whether no part of this shape is outside, and not all of it on the border.
    public func isWithin(_ target: Shape) -> Bool {
        if let same = isSame(target) { return same }
        guard target.envelope.contains(shape.envelope) else { return false }
        return ask(target, by: .walk) { own, target in
            own.allSatisfy { own in target.contains { own.isWithin($0) } }
        }
    }

    /// Holds a target against this shape: do they cover the same ground.
    ///
    /// - Parameter target: What is looked at.
    /// - Returns: Whether neither has ground for itself.
    public func equals(_ target: Shape) -> Bool {
        if let same = isSame(target) { return same }
        guard target.envelope == shape.envelope else { return false }
        return ask(target, by: .walk) { own, target in
            own.count == target.count && zip(own, target.indices).allSatisfy { $0.equals(target[$1]) }
        }
    }

    /// Holds a target against this shape: are both of one dimension, with ground of that dimension in common, and does
    /// each have some for itself.
    ///
    /// - Parameter target: What is looked at.
    /// - Returns: Whether they do.
    public func overlaps(_ target: Shape) -> Bool {
        // A point is either all of it in common, or nothing.
        if shape.position != nil || target.position != nil { return false }
        guard shape.envelope.intersects(target.envelope) else { return false }
        return ask(target, by: .walk) { own, target in
            own.contains { own in target.contains { own.overlaps($0) } }
        }
    }

    /// Whether both are one and the same; nil when that does not follow from how they are written down.
    private func isSame(_ target: Shape) -> Bool? {
        if shape == target { return true }
        return shape.position == nil || target.position == nil ? nil : false
    }
}
