extension BoxTree {
    /// Gives an entry another box.
    mutating func move(_ number: Int32, to box: IndexBox) {
        let leaf = leaves[Int(number)]
        let place = place(of: number, in: leaf)
        // Most things move a little: then they stay in their leaf.
        if leaf == root || bounds(of: leaf).contains(box) {
            boxes[place] = box
            condense(from: leaf)
        } else {
            removeChild(at: place, of: leaf)
            condense(from: leaf)
            insert(number, box)
        }
    }

    /// Takes out an entry. The last entry gets its number.
    mutating func remove(_ number: Int32) {
        let leaf = leaves[Int(number)]
        removeChild(at: place(of: number, in: leaf), of: leaf)
        let last = Int32(leaves.count - 1)
        if number != last {
            let home = leaves[Int(last)]
            children[place(of: last, in: home)] = number
            leaves[Int(number)] = home
        }
        leaves.removeLast()
        condense(from: leaf)
    }

    /// Makes the boxes above a node as small as they can be, and nodes with few children one with another.
    private mutating func condense(from start: Int32) {
        var node = start
        while node != root {
            let parent = parents[Int(node)]
            let place = place(of: node, in: parent)
            if counts[Int(node)] == 0 {
                removeChild(at: place, of: parent)
                unused.append(node)
            } else {
                boxes[place] = bounds(of: node)
                if counts[Int(node)] < Self.leastFill, let sibling = roomBeside(place, of: parent) {
                    join(place, into: sibling, of: parent)
                }
            }
            node = parent
        }
        while levels[Int(root)] > 0, counts[Int(root)] <= 1 {
            // Without children, the node is a leaf without entries.
            guard let place = places(of: root).first else {
                levels[Int(root)] = 0
                return
            }
            unused.append(root)
            root = children[place]
        }
    }

    /// The sibling that has room for all children of a node and grows least with them.
    private func roomBeside(_ place: Int, of parent: Int32) -> Int? {
        let count = counts[Int(children[place])]
        var best: (place: Int, growth: Float)?
        for other in places(of: parent) where other != place {
            guard Int(counts[Int(children[other])] + count) <= Self.fanOut else { continue }
            let growth = boxes[other].union(boxes[place]).area - boxes[other].area
            if best.map({ growth < $0.growth }) ?? true { best = (other, growth) }
        }
        return best?.place
    }

    /// Gives all children of a node to a sibling.
    private mutating func join(_ place: Int, into sibling: Int, of parent: Int32) {
        let (from, to) = (children[place], children[sibling])
        for child in places(of: from) { add(children[child], boxes[child], to: to) }
        boxes[sibling] = boxes[sibling].union(boxes[place])
        counts[Int(from)] = 0
        unused.append(from)
        removeChild(at: place, of: parent)
    }
}
