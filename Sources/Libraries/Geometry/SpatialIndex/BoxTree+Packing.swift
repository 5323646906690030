extension BoxTree {
    /// A tree of many boxes at once, its nodes full: sorted into slices from west to east, each slice from south to
    /// north.
    ///
    /// - Parameter entries: The box of each entry, by its number.
    init(packing entries: [IndexBox]) {
        self.init()
        guard !entries.isEmpty else { return }
        unused.append(root)
        leaves = [Int32](repeating: 0, count: entries.count)
        var members = entries.indices.map { NodeSplit.Member(box: entries[$0], child: Int32($0)) }
        var level: UInt8 = 0
        repeat {
            members = packed(&members, level: level)
            level += 1
        } while members.count > 1
        root = members[0].child
    }

    /// Makes nodes of all members of a level.
    ///
    /// - Returns: The nodes.
    private mutating func packed(_ members: inout [NodeSplit.Member], level: UInt8) -> [NodeSplit.Member] {
        let nodeCount = (members.count + Self.fanOut - 1) / Self.fanOut
        let sliceCount = Int(Double(nodeCount).squareRoot().rounded(.up))
        let sliceSize = (nodeCount + sliceCount - 1) / sliceCount * Self.fanOut
        members.sort { $0.box.doubleCentre.x < $1.box.doubleCentre.x }
        var nodes: [NodeSplit.Member] = []
        for start in stride(from: 0, to: members.count, by: sliceSize) {
            let slice = start..<min(start + sliceSize, members.count)
            members[slice].sort { $0.box.doubleCentre.y < $1.box.doubleCentre.y }
            for first in stride(from: slice.lowerBound, to: slice.upperBound, by: Self.fanOut) {
                let node = makeNode(level: level)
                for member in members[first..<min(first + Self.fanOut, slice.upperBound)] {
                    add(member.child, member.box, to: node)
                }
                nodes.append(NodeSplit.Member(box: bounds(of: node), child: node))
            }
        }
        return nodes
    }
}
