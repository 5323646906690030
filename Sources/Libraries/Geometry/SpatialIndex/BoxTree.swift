/// An R-tree of boxes that are known by their numbers: 0, 1, 2 and so on, without gaps.
///
/// All nodes stand in a few arrays, and refer to one another by index. All leaves are equally deep. No operation
/// recurs.
struct BoxTree: Sendable {
    /// Children of one node, at most. 16 boxes are four cache lines.
    static let fanOut = 16
    /// Children of each half when a node is split, at least; a node with fewer joins another when it can.
    static let leastFill = 6

    /// Of each node `fanOut` boxes: those of its children.
    var boxes: [IndexBox] = []
    /// Of each node `fanOut` numbers: of entries in a leaf, of nodes above.
    var children: [Int32] = []
    /// Of each node, how many children it has.
    var counts: [UInt8] = []
    /// Of each node, how far the leaves are below it: 0 for a leaf.
    var levels: [UInt8] = []
    /// Of each node, the one that it is a child of; nonsense for the root.
    var parents: [Int32] = []
    /// Nodes that are not in use.
    var unused: [Int32] = []
    /// Of each entry, the leaf that it is in.
    var leaves: [Int32] = []
    var root: Int32 = 0

    init() {
        root = makeNode(level: 0)
    }

    mutating func makeNode(level: UInt8) -> Int32 {
        if let node = unused.popLast() {
            counts[Int(node)] = 0
            levels[Int(node)] = level
            return node
        }
        let node = Int32(counts.count)
        boxes.append(contentsOf: repeatElement(.nothing, count: Self.fanOut))
        children.append(contentsOf: repeatElement(0, count: Self.fanOut))
        counts.append(0)
        levels.append(level)
        parents.append(0)
        return node
    }

    /// Where the children of a node stand in `boxes` and `children`.
    func places(of node: Int32) -> Range<Int> {
        let start = Int(node) * Self.fanOut
        return start..<start + Int(counts[Int(node)])
    }

    /// Where a child stands that is known to be one of a node's.
    func place(of child: Int32, in node: Int32) -> Int {
        guard let place = places(of: node).first(where: { children[$0] == child }) else {
            preconditionFailure("a node does not have the child that names it its parent")
        }
        return place
    }

    /// The box around a node's children.
    func bounds(of node: Int32) -> IndexBox {
        places(of: node).reduce(.nothing) { $0.union(boxes[$1]) }
    }

    /// Makes a node the parent of a child, or a leaf the home of an entry.
    mutating func adopt(_ child: Int32, by node: Int32) {
        if levels[Int(node)] == 0 { leaves[Int(child)] = node } else { parents[Int(child)] = node }
    }

    /// Adds a child to a node that has room.
    mutating func add(_ child: Int32, _ box: IndexBox, to node: Int32) {
        let place = places(of: node).upperBound
        boxes[place] = box
        children[place] = child
        counts[Int(node)] += 1
        adopt(child, by: node)
    }

    /// Takes the child at a place out of a node; the last child takes its place.
    mutating func removeChild(at place: Int, of node: Int32) {
        let last = places(of: node).upperBound - 1
        boxes[place] = boxes[last]
        children[place] = children[last]
        counts[Int(node)] -= 1
    }
}
