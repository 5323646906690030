/// Who subscribes to what: finds the subscribers of a topic name without looking at the others.
///
/// The cost of a match grows with the levels of the topic name and the filters that match its beginning, not with the
/// number of subscriptions. A tree without subscriptions answers at once.
public struct SubscriptionTree<Subscriber: Hashable & Sendable>: Sendable {
    /// How one subscription is served.
    public typealias Grant = SubscriptionGrant

    /// The subscribers of one topic filter that share a name, in the order in which they came (5.0 §4.8.2).
    @usableFromInline
    struct Group: Sendable {
        @usableFromInline let shareName: String
        @usableFromInline var members: [(subscriber: Subscriber, grant: Grant)] = []
    }

    /// The subscribers of one topic filter.
    @usableFromInline
    struct Audience: Sendable {
        @usableFromInline var each: [Subscriber: Grant] = [:]
        @usableFromInline var groups: [Group] = []
    }

    @usableFromInline var trie = TopicTrie()
    /// By node number of the trie.
    @usableFromInline var audiences: [Audience] = []

    /// How many subscriptions there are.
    public private(set) var count = 0

    /// Whether there are no subscriptions.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// A tree without subscriptions.
    public init() {}
}

// MARK: Changing

extension SubscriptionTree {
    /// Subscribes, or replaces the grant of the same subscription [MQTT-3.8.4-3].
    ///
    /// - Parameters:
    ///   - subscriber: Who.
    ///   - filter: To what. A shared subscription is another than the same filter unshared.
    ///   - grant: How it is served.
    /// - Returns: The grant that was replaced; nil when the subscription is new.
    @discardableResult
    public mutating func insert(_ subscriber: Subscriber, for filter: TopicFilter, grant: Grant = Grant()) -> Grant? {
        let node = trie.use(filter.matchedFilter)
        while audiences.count <= node { audiences.append(Audience()) }
        let replaced: Grant?
        if let shareName = filter.shareName {
            replaced = audiences[node].insert(subscriber, shareName, grant)
        } else {
            replaced = audiences[node].each.updateValue(grant, forKey: subscriber)
        }
        if replaced == nil { count += 1 } else { trie.release(node) }
        return replaced
    }

    /// Ends a subscription.
    ///
    /// - Parameters:
    ///   - subscriber: Who.
    ///   - filter: The topic filter as it was subscribed to, byte for byte [MQTT-3.10.4-1].
    /// - Returns: The grant; nil when there was no such subscription.
    @discardableResult
    public mutating func remove(_ subscriber: Subscriber, for filter: TopicFilter) -> Grant? {
        guard let node = trie.find(filter.matchedFilter), node < audiences.count else { return nil }
        let removed: Grant?
        if let shareName = filter.shareName {
            removed = audiences[node].remove(subscriber, shareName)
        } else {
            removed = audiences[node].each.removeValue(forKey: subscriber)
        }
        guard let removed else { return nil }
        count -= 1
        trie.release(node)
        return removed
    }
}

extension SubscriptionTree.Audience {
    fileprivate mutating func insert(
        _ subscriber: Subscriber, _ shareName: String, _ grant: SubscriptionTree.Grant
    ) -> SubscriptionTree.Grant? {
        let index: Int
        if let found = groups.firstIndex(where: { $0.shareName.utf8.elementsEqual(shareName.utf8) }) {
            index = found
        } else {
            index = groups.count
            groups.append(SubscriptionTree.Group(shareName: shareName))
        }
        guard let member = groups[index].members.firstIndex(where: { $0.subscriber == subscriber }) else {
            groups[index].members.append((subscriber, grant))
            return nil
        }
        let replaced = groups[index].members[member].grant
        groups[index].members[member].grant = grant
        return replaced
    }

    fileprivate mutating func remove(_ subscriber: Subscriber, _ shareName: String) -> SubscriptionTree.Grant? {
        guard let index = groups.firstIndex(where: { $0.shareName.utf8.elementsEqual(shareName.utf8) }),
            let member = groups[index].members.firstIndex(where: { $0.subscriber == subscriber })
        else { return nil }
        let removed = groups[index].members.remove(at: member).grant
        if groups[index].members.isEmpty { groups.remove(at: index) }
        return removed
    }
}

// MARK: Matching

extension SubscriptionTree {
    /// Calls `body` for every subscription that matches `topicName`.
    ///
    /// A subscriber with overlapping subscriptions is met once for each. Of the subscribers that share a name, one is
    /// met: `turn` chooses. No order is promised. Allocates nothing, except for topic names that can go two ways at more
    /// than 64 levels.
    ///
    /// - Parameters:
    ///   - topicName: A valid topic name, in UTF-8.
    ///   - turn: A number that the caller counts up with each message, so that those who share take turns.
    ///   - isPreferred: Of those who share, whom to prefer: the next in turn of whom this is true, if of anyone.
    ///   - body: Called with the subscriber and how it is to be served.
    @inlinable
    public func forEachMatch(
        _ topicName: UnsafeRawBufferPointer, turn: Int = 0, prefer isPreferred: (Subscriber) -> Bool = { _ in true },
        _ body: (Subscriber, Grant) -> Void
    ) {
        guard !isEmpty else { return }
        trie.forEachMatch(topicName) { node in
            for (subscriber, grant) in audiences[node].each { body(subscriber, grant) }
            for group in audiences[node].groups {
                let count = group.members.count
                let first = Int(UInt(bitPattern: turn) % UInt(count))
                let chosen = (0..<count).lazy.map { (first + $0) % count }.first {
                    isPreferred(group.members[$0].subscriber)
                }
                let member = group.members[chosen ?? first]
                body(member.subscriber, member.grant)
            }
        }
    }

    /// The same for a topic name that is text.
    ///
    /// - Parameters:
    ///   - topicName: A valid topic name.
    ///   - turn: A number that the caller counts up with each message, so that those who share take turns.
    ///   - body: Called with the subscriber and how it is to be served.
    @inlinable
    public func forEachMatch(_ topicName: String, turn: Int = 0, _ body: (Subscriber, Grant) -> Void) {
        var topicName = topicName
        topicName.withUTF8 { forEachMatch(UnsafeRawBufferPointer($0), turn: turn, body) }
    }
}
