import CityContext
import CityModel
import Testing

@Suite("The live feed")
struct LiveFeedTests {
    let feed = LiveFeed()

    private func alert(_ id: UInt64) -> AlertRecord {
        AlertRecord(
            id: id, entity: nil, attribute: nil, device: nil, kind: "spike", severity: .notice, text: "",
            observedAt: Timestamp(seconds: 0), raisedAt: Timestamp(seconds: 0))
    }

    private func changes(entities: Set<Int> = [], alerts: [AlertRecord] = []) -> LiveFeed.Changes {
        var changes = LiveFeed.Changes()
        changes.entities = entities
        changes.alerts = alerts
        return changes
    }

    @Test("a subscriber hears what happens from then on, and each thing once")
    func hears() throws {
        feed.publish(changes(entities: [1]))
        let subscription = try #require(feed.subscribe())
        feed.publish(changes(entities: [2, 3]))
        feed.publish(changes(entities: [3], alerts: [alert(1)]))
        let heard = subscription.take()
        #expect(heard.entities == [2, 3])
        #expect(heard.alerts.map(\.id) == [1])
        #expect(subscription.take().isEmpty)
    }

    @Test("who asks seldom gets the newest alerts, never a backlog without end")
    func bounded() throws {
        let subscription = try #require(feed.subscribe())
        for id in 1...UInt64(2_000) { feed.publish(changes(entities: [Int(id % 7)], alerts: [alert(id)])) }
        let heard = subscription.take()
        #expect(heard.entities.count == 7)
        #expect(heard.alerts.count == LiveFeed.backlog)
        #expect(heard.alerts.last?.id == 2_000)
        #expect(heard.alerts.first?.id == UInt64(2_000 - LiveFeed.backlog + 1))
    }

    @Test("who goes away is forgotten; too many at once are refused")
    func subscribers() {
        var subscriptions = (0..<LiveFeed.subscribers).compactMap { _ in feed.subscribe() }
        #expect(subscriptions.count == LiveFeed.subscribers)
        #expect(feed.subscribe() == nil)
        subscriptions.removeLast()
        #expect(feed.count == LiveFeed.subscribers - 1)
        #expect(feed.subscribe() != nil)
        subscriptions.removeAll()
        #expect(feed.count == 0)
    }

    @Test("subscribers may come and go while others publish")
    func concurrent() async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        if worker < 2 {
                            feed.publish(changes(entities: [round]))
                        } else {
                            _ = feed.subscribe()?.take()
                        }
                    }
                }
            }
        }
        #expect(feed.count == 0)
    }
}
