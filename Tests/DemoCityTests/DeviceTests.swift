import DemoCity
import Testing

@Suite("Devices and their profiles")
struct DeviceTests {
    @Test("about 400 devices, of all kinds, no identifier, entity or name twice")
    func identity() {
        let devices = town.devices
        #expect((380...420).contains(devices.count))
        for kind in DeviceKind.allCases { #expect(devices.filter { $0.kind == kind }.count == kind.count) }
        #expect(Set(devices.map(\.id)).count == devices.count)
        #expect(Set(devices.map(\.entityID)).count == devices.count)
        #expect(Set(devices.map(\.name)).count == devices.count)
        #expect(devices.first?.id == "tc-001")
        #expect(devices.first?.entityID == "urn:ngsi-ld:TrafficFlowObserved:tc-001")
    }

    @Test("an identifier is fit for a topic level and a certificate: lower-case letters, digits and a hyphen")
    func identifiers() {
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
        #expect(town.devices.allSatisfy { $0.id.allSatisfy(allowed.contains) && $0.zone.allSatisfy(allowed.contains) })
    }

    @Test("devices belong to five agencies and to zones of one agency each")
    func zones() {
        let agencies: Set = ["mobility", "environment", "water", "energy", "waste"]
        #expect(Set(town.devices.map(\.agency)) == agencies)
        #expect(town.devices.allSatisfy { $0.zone.hasPrefix($0.agency + "-") })
        #expect(Set(town.devices.map(\.zone)).count >= 20)
    }

    @Test("every device stands in the town, in the quarter it names, near a street")
    func places() throws {
        let map = try features(of: town.plan.geoJSON(layers: [.district, .road]))
        for device in town.devices {
            let quarter = try #require(
                map.first { $0.layer == "district" && $0.name == device.district }, "\(device.id)")
            let (x, y) = (device.location.longitude, device.location.latitude)
            // Within two metres of the edge the published outline may differ from the surveyed one.
            let around = [(0, 0), (4e-5, 0), (-4e-5, 0), (0, 4e-5), (0, -4e-5)]
            #expect(around.contains { contains(quarter.parts[0], x + $0.0, y + $0.1) }, "\(device.id)")
            #expect(map.contains { $0.layer == "road" && $0.name == device.street }, "\(device.id)")
        }
    }

    @Test("devices of a kind keep apart")
    func spacing() {
        for kind in DeviceKind.allCases {
            let places = town.devices.filter { $0.kind == kind }.map(\.location)
            for (index, place) in places.enumerated() {
                #expect(places[..<index].allSatisfy { metres($0, place) > 20 }, "\(kind)")
            }
        }
    }

    @Test("the whole town sends about forty messages a second")
    func pace() {
        let rate = town.devices.reduce(0.0) { $0 + 1 / ($1.interval / .seconds(1)) }
        #expect((30...50).contains(rate), "\(rate)")
    }

    @Test("profiles are in the order of the kinds, each with a colour and an icon of its own")
    func drawing() {
        #expect(DeviceProfile.all.map(\.kind) == DeviceKind.allCases)
        #expect(Set(DeviceProfile.all.map(\.colour)).count == DeviceKind.allCases.count)
        #expect(Set(DeviceProfile.all.map(\.iconClass)).count == DeviceKind.allCases.count)
        #expect(town.devices.allSatisfy { $0.profile.kind == $0.kind && $0.entityType == $0.profile.entityType })
    }

    @Test("fields have keys of their own, a unit and a range or a choice of words", arguments: DeviceProfile.all)
    func fields(profile: DeviceProfile) {
        #expect(Set(profile.fields.map(\.key)).count == profile.fields.count)
        #expect(Set(profile.fields.map(\.property)).count == profile.fields.count)
        for field in profile.fields {
            #expect((field.unitCode == nil) == !field.choices.isEmpty)
            #expect(field.choices.isEmpty == (field.range.lowerBound < field.range.upperBound))
        }
        if profile.style == .single { #expect(profile.fields.map(\.key) == ["v"]) }
        if profile.style == .ngsiLD { #expect(profile.fields.allSatisfy { $0.key == $0.property }) }
        #expect(!profile.fields.contains { $0.key == "t" })
    }

    @Test("all three payload styles occur")
    func styles() {
        #expect(Set(DeviceProfile.all.map(\.style)) == [.single, .named, .ngsiLD])
    }
}
