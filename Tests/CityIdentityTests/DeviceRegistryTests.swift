import CityIdentity
import CityModel
import Synchronization
import Testing

@Suite("The registry of devices")
struct DeviceRegistryTests {
    let registry = DeviceRegistry()

    private func record(_ id: String, _ entities: [String], _ status: DeviceStatus = .active) -> DeviceRecord {
        let start = Timestamp(seconds: 1_800_000_000)
        return DeviceRecord(
            id: DeviceID(id), agency: AgencyID("water"), zone: ZoneID("street"), deviceType: "sensor", displayName: nil,
            location: nil, entities: entities.map { EntityID($0) }, certificateSerial: "01", certificateNotAfter: start,
            status: status, enrolledAt: start, statusChangedAt: start)
    }

    @Test("knows devices by name and by the entities they own")
    func known() {
        registry.apply([record("b", ["urn:1", "urn:2"]), record("a", ["urn:3"])])
        #expect(registry.count == 2)
        #expect(registry.all().map(\.id.text) == ["a", "b"])
        #expect(registry.owner(of: EntityID("urn:2"))?.text == "b")
        #expect(registry.owner(of: EntityID("urn:9")) == nil)
        #expect(registry.device(DeviceID("c")) == nil)
    }

    @Test("an entity that a new record no longer names is nobody's, and may become another's")
    func released() {
        registry.apply([record("a", ["urn:1", "urn:2"])])
        registry.apply([record("a", ["urn:2"])])
        #expect(registry.owner(of: EntityID("urn:1")) == nil)
        #expect(registry.owner(of: EntityID("urn:2"))?.text == "a")
        registry.apply([record("b", ["urn:1"])])
        registry.apply([record("a", ["urn:2"], .suspended)])
        #expect(registry.owner(of: EntityID("urn:1"))?.text == "b")
    }

    @Test("each change is counted and told to those who observe")
    func observed() {
        let seen = Mutex<[DeviceStatus]>([])
        registry.observe { record in seen.withLock { $0.append(record.status) } }
        let before = registry.generation
        registry.apply([])
        #expect(registry.generation == before)
        registry.apply([record("a", []), record("a", [], .suspended)])
        registry.apply([record("a", [], .revoked)])
        #expect(registry.generation == before + 2)
        #expect(seen.withLock { $0 } == [.active, .suspended, .revoked])
        #expect(registry.device(DeviceID("a"))?.status == .revoked)
    }
}
