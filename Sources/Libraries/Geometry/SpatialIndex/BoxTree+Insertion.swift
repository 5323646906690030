extension BoxTree {
    /// Puts in an entry; its number is how many there are.
    mutating func append(_ box: IndexBox) {
        leaves.append(0)
        insert(Int32(leaves.count - 1), box)
    }

    /// Puts in an entry that has a number already.
    mutating func insert(_ number: Int32, _ box: IndexBox) {
        var node = root
        while levels[Int(node)] > 0 {
            let place = bestPlace(for: box, in: node)
            boxes[place] = boxes[place].union(box)
            node = children[place]
        }
        var (child, childBox) = (number, box)
        while counts[Int(node)] == Self.fanOut {
            let (sibling, siblingBox) = split(node, adding: child, childBox)
            if node == root {
                root = makeNode(level: levels[Int(node)] + 1)
                add(node, bounds(of: node), to: root)
                add(sibling, siblingBox, to: root)
                return
            }
            let parent = parents[Int(node)]
            boxes[place(of: node, in: parent)] = bounds(of: node)
            (child, childBox, node) = (sibling, siblingBox, parent)
        }
        add(child, childBox, to: node)
    }

    /// The child that grows least when it takes in a box, and of several the smallest.
    private func bestPlace(for box: IndexBox, in node: Int32) -> Int {
        var best = (place: 0, growth: Float.infinity, area: Float.infinity)
        for place in places(of: node) {
            let area = boxes[place].area
            let growth = boxes[place].union(box).area - area
            if (growth, area) < (best.growth, best.area) || best.growth == .infinity { best = (place, growth, area) }
        }
        return best.place
    }

    /// Distributes the children of a full node and one more over this node and a new one beside it.
    private mutating func split(_ node: Int32, adding child: Int32, _ box: IndexBox) -> (Int32, IndexBox) {
        var members = places(of: node).map { NodeSplit.Member(box: boxes[$0], child: children[$0]) }
        members.append(NodeSplit.Member(box: box, child: child))
        let size = NodeSplit.sort(&members)
        let sibling = makeNode(level: levels[Int(node)])
        counts[Int(node)] = 0
        for member in members[..<size] { add(member.child, member.box, to: node) }
        for member in members[size...] { add(member.child, member.box, to: sibling) }
        return (sibling, bounds(of: sibling))
    }
}

/// How R*-trees split a node: along the axis with the least sum of margins, where the halves overlap least.
enum NodeSplit {
    struct Member {
        var box: IndexBox
        var child: Int32
    }

    /// Puts the members in order, the first half first.
    ///
    /// - Returns: How many the first half has.
    static func sort(_ members: inout [Member]) -> Int {
        var best: (members: [Member], size: Int)?
        var leastMargin = Float.infinity
        for axis in 0...1 {
            var margin: Float = 0
            var candidate: (members: [Member], size: Int, overlap: Float, area: Float)?
            // By the lower and by the upper side. Upper sides are negated: the order is the other way round, and as
            // good.
            for side in [axis, axis + 2] {
                let sorted = members.sorted { $0.box[side] < $1.box[side] }
                for (size, first, second) in halves(of: sorted) {
                    margin += first.margin + second.margin
                    let (overlap, area) = (first.overlap(second), first.area + second.area)
                    if let candidate, (candidate.overlap, candidate.area) <= (overlap, area) { continue }
                    candidate = (sorted, size, overlap, area)
                }
            }
            if let candidate, margin < leastMargin || best == nil {
                leastMargin = margin
                best = (candidate.members, candidate.size)
            }
        }
        guard let best else { return members.count / 2 }
        members = best.members
        return best.size
    }

    /// The boxes around both halves, for each size that the first may have.
    private static func halves(of members: [Member]) -> [(size: Int, first: IndexBox, second: IndexBox)] {
        var seconds = [IndexBox](repeating: .nothing, count: members.count + 1)
        for index in members.indices.reversed() { seconds[index] = seconds[index + 1].union(members[index].box) }
        var halves: [(size: Int, first: IndexBox, second: IndexBox)] = []
        var first = IndexBox.nothing
        for index in members.indices {
            let size = index + 1
            first = first.union(members[index].box)
            if BoxTree.leastFill...members.count - BoxTree.leastFill ~= size {
                halves.append((size, first, seconds[size]))
            }
        }
        return halves
    }
}
