/// Where the entities that relationships point to come from, while one entity is written (CIM 009 §4.5.23).
public struct LinkedEntities: Sendable {
    /// Whether they are written inside the relationships that point to them.
    public let isInline: Bool
    private let depth: Int
    private let met: Set<String>
    private let find: @Sendable (String, Int) -> Entity?
    private let level: Int

    /// Linked entities.
    ///
    /// - Parameters:
    ///   - isInline: Whether they are written inside relationships; otherwise beside their entity.
    ///   - depth: How many relationships may be followed one after the other, at least 1.
    ///   - met: URIs that are not followed again.
    ///   - find: The entity behind a URI, and how many relationships led to it.
    public init(
        isInline: Bool, depth: Int, met: Set<String>, find: @escaping @Sendable (_ uri: String, _ level: Int) -> Entity?
    ) {
        self.isInline = isInline
        self.depth = depth
        self.met = met
        self.find = find
        level = 1
    }

    private init(_ other: LinkedEntities, met: Set<String>) {
        isInline = other.isInline
        depth = other.depth
        self.met = met
        find = other.find
        level = other.level + 1
    }

    /// The entity behind a URI; nil when it is not to be followed, or not there.
    public func entity(_ uri: String) -> Entity? {
        guard level <= depth, !met.contains(uri) else { return nil }
        return find(uri, level)
    }

    /// What is left to follow inside an entity that was met.
    public func following(_ uri: String) -> LinkedEntities? {
        level < depth ? LinkedEntities(self, met: met.union([uri])) : nil
    }

    /// Every entity that can be reached from one, nearest first, each once (§4.5.23.3).
    public func reached(from entity: Entity) -> [Entity] {
        var (found, seen) = ([Entity](), met.union([entity.id]))
        var front = [entity]
        for level in 1...max(depth, 1) {
            var next: [Entity] = []
            for one in front {
                for uri in one.attributes.flatMap(\.targets) where seen.insert(uri).inserted {
                    if let linked = find(uri, level) { next.append(linked) }
                }
            }
            found += next
            front = next
        }
        return found
    }
}
