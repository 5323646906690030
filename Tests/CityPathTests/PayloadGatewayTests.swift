import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Testing

@Suite("Payloads: gateways")
struct PayloadGatewayTests {
    static let yaml = """
        gateways:
          hub:
            devices:
              Kitchen: climate-3
              "Hall/door": door-1
              Cellar: plug-9
            publish: ["zigbee2mqtt/bridge/#"]
            subscribe: ["zigbee2mqtt/#"]
          attic-hub:
            devices: {Kitchen: climate-4}
        """

    static let kitchen = """
        {"battery":97,"humidity":45.5,"last_seen":"2027-01-15T08:59:00+01:00","linkquality":120,"temperature":21.25,\
        "voltage":3005,"update":{"installed_version":1,"latest_version":1,"state":"idle"}}
        """

    private func withHub(_ body: (PayloadCity, City) async throws -> Void) async throws {
        let city = try PayloadCity(PayloadGatewayTests.yaml)
        try await city.withCity { open in
            try await city.enrol(
                [
                    "hub": "gateway", "attic-hub": "gateway", "climate-3": "indoor-climate",
                    "climate-4": "indoor-climate", "climate-5": "indoor-climate", "door-1": "contact-sensor",
                ], in: open)
            try await body(city, open)
        }
    }

    @Test("a gateway speaks for the devices that are listed, under its own names for them")
    func speaks() async throws {
        try await withHub { (_: PayloadCity, city: City) async throws in
            let observations = try city.understood(
                Array(PayloadGatewayTests.kitchen.utf8), on: "zigbee2mqtt/Kitchen", by: try city.principal("hub")
            ).get()
            #expect(
                city.named(observations) == [
                    "batteryLevel": .number(0.97), "relativeHumidity": .number(0.455), "temperature": .number(21.25),
                ])
            #expect(observations.allSatisfy { $0.observedAt == Timestamp(seconds: 1_799_999_940) })
            let definitions = observations.compactMap { city.views.series.definition(of: $0.series) }
            #expect(definitions.allSatisfy { $0.device?.text == "climate-3" })
            #expect(definitions.allSatisfy { $0.entity.text == "urn:ngsi-ld:IndoorEnvironmentObserved:climate-3" })
            #expect(
                try city.said(
                    #"{"contact":true,"battery":null,"tamper":false}"#, on: "zigbee2mqtt/Hall/door", by: "hub")
                    == ["open": .boolean(false), "tampered": .boolean(false)])
            #expect(
                try city.said(#"{"state":"offline"}"#, on: "zigbee2mqtt/Hall/door/availability", by: "hub") == [
                    "connected": .boolean(false)
                ])
        }
    }

    @Test("of two gateways with the same name for different devices, each means its own")
    func names() async throws {
        try await withHub { (_: PayloadCity, city: City) async throws in
            for (gateway, device) in [("hub", "climate-3"), ("attic-hub", "climate-4")] {
                let route = try city.path.open(try city.principal(gateway), topic: "zigbee2mqtt/Kitchen").get()
                let understood = city.understood(
                    Array(PayloadGatewayTests.kitchen.utf8), on: route.topic, by: try city.principal(gateway))
                let series = try #require(try understood.get().first).series
                #expect(city.views.series.definition(of: series)?.device?.text == device)
            }
        }
    }

    @Test("what is not listed is refused: other names, other devices, the device itself on its gateway's topic")
    func unlisted() async throws {
        try await withHub { (_: PayloadCity, city: City) async throws in
            for (topic, speaker) in [
                ("zigbee2mqtt/Bathroom", "hub"), ("zigbee2mqtt/climate-5", "hub"),
                ("zigbee2mqtt/Hall/door", "attic-hub"),
                ("zigbee2mqtt/Kitchen", "climate-3"), ("zigbee2mqtt/Kitchen", "climate-5"),
                ("zigbee2mqtt/bridge/state", "attic-hub"), ("devices/climate-3/v", "hub"),
                ("zigbee2mqtt/Kitchen/set", "hub"),
            ] {
                let refusal = try city.refusal(PayloadGatewayTests.kitchen, on: topic, by: speaker)
                #expect(refusal?.code == .topicNotOwn && refusal?.step == .authorise, "\(speaker) on \(topic)")
            }
        }
    }

    @Test("a listed device must be registered, active, and of the gateway's agency and zone")
    func standing() async throws {
        try await withHub { (payload: PayloadCity, city: City) async throws in
            let refusal = { try city.refusal("{}", on: "zigbee2mqtt/Cellar", by: "hub") }
            #expect(try refusal()?.code == .topicNotOwn)
            try await city.enrol("plug-9", type: "smart-plug", zone: "plant", with: payload.test)
            #expect(try refusal()?.code == .zoneMismatch)
            _ = try await city.enrol(
                EnrolmentRequest(id: "plug-9", agency: "energy", deviceType: "smart-plug", replacesExisting: true),
                with: payload.test.certificates.authority, by: .service("test")
            ).get()
            #expect(
                try refusal()?.message
                    == "gateway `hub` speaks for `plug-9`: the device is agency `energy`'s, the gateway agency `city`'s"
            )
            try await city.enrol("plug-9", type: "smart-plug", replacing: true, with: payload.test)
            #expect(try refusal() == nil)
            _ = try await city.setStatus(.suspended, of: DeviceID("plug-9"), reason: "leaky", by: AuthoriseTests.eva)
                .get()
            #expect(try refusal()?.message == "gateway `hub` speaks for `plug-9`: the device is suspended: leaky")
            _ = try await city.setStatus(.revoked, of: DeviceID("hub"), reason: nil, by: AuthoriseTests.eva).get()
            #expect(
                try city.refusal(PayloadGatewayTests.kitchen, on: "zigbee2mqtt/Kitchen", by: "hub")?.code
                    == .deviceRevoked)
        }
    }

    @Test("a gateway that is open closes when one of its devices is suspended")
    func routes() async throws {
        try await withHub { (_: PayloadCity, city: City) async throws in
            let route = try city.path.open(try city.principal("hub"), topic: "zigbee2mqtt/Kitchen").get()
            #expect(city.path.isOpen(route))
            _ = try await city.setStatus(.suspended, of: DeviceID("climate-3"), reason: nil, by: AuthoriseTests.eva)
                .get()
            #expect(!city.path.isOpen(route))
        }
    }

    @Test("its own messages are given on, not kept, and it hears what is listed for it")
    func messages() async throws {
        try await withHub { (_: PayloadCity, city: City) async throws in
            let hub = try city.principal("hub")
            #expect(city.understood([0], on: "zigbee2mqtt/bridge/state", by: hub) == .success([]))
            // Operators ask the bridge on topics below its own.
            let request = "zigbee2mqtt/bridge/request/permit_join"
            #expect(city.understood([0], on: request, by: AuthoriseTests.eva) == .success([]))
            let isAllowed = { (principal: Principal, filter: String) in
                if case .success = city.path.authorise(principal, .subscribe(filter: filter)) { true } else { false }
            }
            #expect(isAllowed(hub, "zigbee2mqtt/#") && isAllowed(hub, "zigbee2mqtt/+/set"))
            #expect(!isAllowed(hub, "#") && !isAllowed(hub, "+/Kitchen"))
            let other = try city.principal("attic-hub")
            #expect(!isAllowed(other, "zigbee2mqtt/#"))
        }
    }
}
