extension BoxTree {
    /// A search that is under way: nodes that are still to be looked into.
    struct Search {
        private let probes: [SIMD4<Float>]
        private var waiting: [Int32]
        /// The leaf that is being looked through, and what of it is left.
        private var places = 0..<0

        fileprivate init(_ probes: [SIMD4<Float>], from root: Int32) {
            self.probes = probes
            waiting = [root]
        }

        /// Goes on looking.
        ///
        /// - Parameter tree: The tree that the search was started on, unchanged.
        /// - Returns: The next entry that intersects one of the boxes; nil when there is none left.
        mutating func next(in tree: BoxTree) -> Int32? {
            while true {
                while let place = places.popFirst() {
                    if isHit(tree.boxes[place]) { return tree.children[place] }
                }
                guard let node = waiting.popLast() else { return nil }
                if tree.levels[Int(node)] == 0 {
                    places = tree.places(of: node)
                } else {
                    for place in tree.places(of: node) where isHit(tree.boxes[place]) {
                        waiting.append(tree.children[place])
                    }
                }
            }
        }

        @inline(__always)
        private func isHit(_ box: IndexBox) -> Bool {
            for probe in probes where box.intersects(probe: probe) { return true }
            return false
        }
    }

    /// Starts a search for entries that intersect one of some boxes.
    func search(_ boxes: [IndexBox]) -> Search { Search(boxes.map(\.probe), from: root) }
}
