/// Places of entities, in order, each once: what an index answers with. Places grow, so that most are added at the end.
struct PlaceSet: Sendable {
    private(set) var places: [UInt32] = []

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }

    mutating func insert(_ place: Int) {
        let place = UInt32(place)
        guard let last = places.last, place <= last else { return places.append(place) }
        let index = firstIndex(notBelow: place)
        if places[index] != place { places.insert(place, at: index) }
    }

    mutating func remove(_ place: Int) {
        let place = UInt32(place)
        let index = firstIndex(notBelow: place)
        if index < places.count, places[index] == place { places.remove(at: index) }
    }

    func contains(_ place: Int) -> Bool {
        let place = UInt32(place)
        let index = firstIndex(notBelow: place)
        return index < places.count && places[index] == place
    }

    private func firstIndex(notBelow place: UInt32) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
