import CityModel
import CityPath
import Testing

@Suite("Topic scheme")
struct TopicSchemeTests {
    @Test("a topic tells its device, its agency and its channel")
    func places() {
        let scheme = TopicScheme.standard
        #expect(scheme.place(of: "devices/x/v") == TopicScheme.Place(device: "x", agency: nil, channel: "v"))
        #expect(scheme.place(of: "city/water/x/a/b") == TopicScheme.Place(device: "x", agency: "water", channel: "a/b"))
        #expect(scheme.place(of: "city/water/x/command/now")?.kind == "command")
        for topic in [
            "devices/x", "devices//v", "devices/+/v", "devices/#", "city/water/x", "city/+/x/v", "x/devices/y/v", "",
        ] {
            #expect(scheme.place(of: topic) == nil, "\(topic)")
        }
    }

    @Test("the first level of each pattern is the city's, and what begins with `$` is nobody's")
    func reserved() {
        let scheme = TopicScheme.standard
        #expect(["city", "city/x", "devices/x/v", "$SYS/x", "$x"].allSatisfy(scheme.isReserved))
        #expect(!["cities/x", "billing", "", "/city/x"].contains(where: scheme.isReserved))
    }

    @Test("other patterns may be chosen")
    func others() throws {
        let scheme = try #require(TopicScheme(["town/{device}/of/{agency}"]))
        #expect(scheme.topic(of: DeviceID("d"), agency: AgencyID("a"), channel: "v") == "town/d/of/a/v")
        #expect(scheme.place(of: "town/d/of/a/v") == TopicScheme.Place(device: "d", agency: "a", channel: "v"))
        #expect(scheme.place(of: "devices/d/v") == nil)
        #expect(scheme.texts == ["town/{device}/of/{agency}"])
    }

    @Test(
        "a pattern that cannot be is refused",
        arguments: [
            "", "city", "{device}/x", "city/{agency}", "city/{device}/{device}", "city/{name}/{device}",
            "city//{device}",
            "city/+/{device}", "city/{device}/#", "$SYS/{device}", "city/x{device}",
        ])
    func refused(pattern: String) {
        #expect(TopicScheme([pattern]) == nil)
        #expect(TopicScheme(["devices/{device}", pattern]) == nil)
        #expect(TopicScheme([]) == nil)
    }
}
