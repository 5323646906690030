/// A queue in contiguous storage that grows by doubling: constant cost at both ends, no allocation in steady state.
struct Ring<Element: Sendable>: Sendable {
    private var slots: ContiguousArray<Element> = []
    private var head = 0
    private(set) var count = 0
    /// Fills slots that hold nothing, so that they keep nothing alive.
    private let filler: Element

    init(filler: Element) { self.filler = filler }

    var isEmpty: Bool { count == 0 }

    /// A copy of the oldest.
    var first: Element? { count == 0 ? nil : slots[head] }

    /// Capacity is a power of two: the mask replaces a division.
    private func slot(_ index: Int) -> Int { (head &+ index) & (slots.count &- 1) }

    /// - Parameter index: From 0, the oldest. Precondition: less than ``count``.
    subscript(index: Int) -> Element {
        _read {
            precondition(index >= 0 && index < count, "index out of the ring")
            yield slots[slot(index)]
        }
        _modify {
            precondition(index >= 0 && index < count, "index out of the ring")
            yield &slots[slot(index)]
        }
    }

    mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[slot(count)] = element
        count &+= 1
    }

    /// Takes the oldest away. Precondition: there is one.
    @discardableResult
    mutating func removeFirst() -> Element {
        precondition(count > 0, "the ring is empty")
        var element = filler
        swap(&element, &slots[head])
        head = slot(1)
        count &-= 1
        return element
    }

    mutating func removeAll() {
        slots = []
        head = 0
        count = 0
    }

    private mutating func grow() {
        var larger = ContiguousArray<Element>()
        larger.reserveCapacity(max(8, slots.count * 2))
        for index in 0..<count { larger.append(slots[slot(index)]) }
        while larger.count < max(8, slots.count * 2) { larger.append(filler) }
        slots = larger
        head = 0
    }
}
