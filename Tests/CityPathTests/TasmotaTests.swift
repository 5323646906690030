import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Testing

@Suite("Payloads: Tasmota")
struct TasmotaTests {
    static let energy = """
        {"Time":"2027-01-15T07:59:30","ENERGY":{"TotalStartTime":"2025-03-01T10:00:00","Total":12.345,"Yesterday":0.4,\
        "Today":0.111,"Period":2,"Power":57,"ApparentPower":60,"ReactivePower":18,"Factor":0.95,"Voltage":231,\
        "Current":0.260}}
        """

    private func withPlug(_ yaml: String = "version: 1", _ body: (City) async throws -> Void) async throws {
        let city = try PayloadCity(yaml)
        try await city.withCity { open in
            try await city.enrol(["plug-7": "smart-plug", "weather": "weather-station"], in: open)
            try await body(open)
        }
    }

    @Test("a plug's telegram becomes attributes in the catalogue's units, at the plug's own time")
    func energy() async throws {
        try await withPlug { (city: City) async throws in
            let observations = try city.understood(
                Array(TasmotaTests.energy.utf8), on: "tele/plug-7/SENSOR", by: try city.principal("plug-7")
            ).get()
            #expect(
                city.named(observations) == [
                    "totalActiveEnergyImport": .number(12.345), "totalActivePower": .number(57),
                    "totalApparentPower": .number(60), "totalReactivePower": .number(18),
                    "totalPowerFactor": .number(0.95), "voltage": .number(231), "current": .number(0.26),
                ])
            #expect(observations.allSatisfy { $0.observedAt == Timestamp(seconds: 1_799_999_970) })
            let definitions = observations.compactMap { city.views.series.definition(of: $0.series) }
            #expect(definitions.allSatisfy { $0.entity.text == "urn:ngsi-ld:ACMeasurement:plug-7" })
            #expect(definitions.allSatisfy { $0.device?.text == "plug-7" && $0.label.isCatalogued })
            #expect(definitions.first { $0.attribute == "totalActivePower" }?.unitCode == "WTT")
            #expect(definitions.first { $0.attribute == "totalActivePower" }?.label.dataClass == .restricted)
            _ = try await city.path.committed(observations: observations).get()
            let entity = try #require(city.views.twin.entity(EntityID("urn:ngsi-ld:ACMeasurement:plug-7")))
            #expect(entity["totalActivePower"]?.current.value == .number(57))
        }
    }

    @Test("the same device type decides what the same topic means: humidity in per cent becomes a ratio")
    func climate() async throws {
        try await withPlug { (city: City) async throws in
            let telegram = """
                {"Time":"2027-01-15T07:59:30","BME280":{"Temperature":21.4,"Humidity":57,"DewPoint":12.6,\
                "Pressure":1001.2},"PressureUnit":"hPa","TempUnit":"C"}
                """
            #expect(
                try city.said(telegram, on: "tele/weather/SENSOR", by: "weather") == [
                    "temperature": .number(21.4), "relativeHumidity": .number(0.57),
                    "atmosphericPressure": .number(1001.2),
                ])
            let other = telegram.replacing("\"C\"", with: "\"F\"")
            #expect(
                try city.refusal(other, on: "tele/weather/SENSOR", by: "weather")?.message
                    == "at `$.TempUnit`: expected `C`, found `F`")
        }
    }

    @Test("words become values, whatever else is refused; blanks around them do not count")
    func words() async throws {
        try await withPlug { (city: City) async throws in
            #expect(try city.said("ON", on: "stat/plug-7/POWER", by: "plug-7") == ["powerState": .text("on")])
            #expect(try city.said(" OFF\n", on: "stat/plug-7/POWER", by: "plug-7") == ["powerState": .text("off")])
            #expect(try city.said("Offline", on: "tele/plug-7/LWT", by: "plug-7") == ["connected": .boolean(false)])
            let state = #"{"Time":"2027-01-15T07:59:30","Uptime":"0T00:05:12","POWER":"ON","Wifi":{"Signal":-61}}"#
            #expect(
                try city.said(state, on: "tele/plug-7/STATE", by: "plug-7") == [
                    "powerState": .text("on"), "rssi": .number(-61),
                ])
            for (wrong, found) in [("toggle", "`toggle`"), ("", "``"), ("on", "`on`")] {
                let refusal = try city.refusal(wrong, on: "stat/plug-7/POWER", by: "plug-7")
                #expect(refusal?.code == .malformedPayload)
                #expect(refusal?.message == "at `$`: expected one of `OFF`, `ON`, found \(found)")
            }
        }
    }

    @Test("what is wrong is told with its place and what was expected")
    func wrong() async throws {
        let topic = "tele/plug-7/SENSOR"
        let cases: [(String, Refusal.Code, String)] = [
            ("{", .malformedPayload, "at `$`, line 1, column 2: expected"),
            ("[]", .malformedPayload, "at `$`: expected an object, found an array"),
            ("7", .malformedPayload, "at `$`: expected an object, found a number"),
            (#"{"ENERGY":5}"#, .malformedPayload, "at `$.ENERGY`: expected an object, found a number"),
            (
                #"{"ENERGY":{"Power":"a lot"}}"#, .malformedPayload,
                "at `$.ENERGY.Power`: expected a number, found `a lot`"
            ),
            (
                #"{"ENERGY":{"Power":[1,2]}}"#, .malformedPayload,
                "at `$.ENERGY.Power`: expected a number, found an array"
            ),
            (#"{"ENERGY":{"Power":-5}}"#, .outOfRange, "at `$.ENERGY.Power`: expected at least 0.0, found -5.0"),
            (#"{"ENERGY":{"Power":1e308}}"#, .outOfRange, "at `$.ENERGY.Power`: expected at most 100000.0"),
            (#"{"ENERGY":{"Powr":5}}"#, .attributeUnknown, "at `$.ENERGY.Powr`: expected one of `ApparentPower`"),
            (#"{"Time":"soon","ENERGY":{"Power":1}}"#, .malformedPayload, "at `$.Time`: expected a date-time such as"),
            (#"{"Time":17,"ENERGY":{"Power":1}}"#, .malformedPayload, "at `$.Time`: expected a date-time such as"),
            (
                #"{"Time":"1970-01-01T00:00:12","ENERGY":{"Power":1}}"#, .timeOutOfRange,
                "at `$.Time`: 1970-01-01T00:00:12Z lies before the year 2000"
            ),
        ]
        try await withPlug { (city: City) async throws in
            for (payload, code, message) in cases {
                let refusal = try city.refusal(payload, on: topic, by: "plug-7")
                #expect(refusal?.code == code, "\(payload)")
                #expect(refusal?.message.hasPrefix(message) == true, "\(payload): \(refusal?.message ?? "taken")")
            }
            let bytes = city.understood([0xFF, 0xFE], on: "stat/plug-7/POWER", by: try city.principal("plug-7"))
            #expect(
                bytes
                    == .failure(
                        Refusal(step: .understand, code: .malformedPayload, message: "at `$`: expected text in UTF-8")))
        }
    }

    @Test("a null, and a telegram with nothing that is kept, are taken and change nothing")
    func nothing() async throws {
        try await withPlug { (city: City) async throws in
            let topic = "tele/plug-7/SENSOR"
            for nothing in [#"{"ENERGY":{"Power":null}}"#, #"{"ENERGY":null}"#, #"{"ENERGY":{"Today":1}}"#, "{}"] {
                #expect(try city.said(nothing, on: topic, by: "plug-7").isEmpty, "\(nothing)")
            }
        }
    }

    @Test("a telegram without a time gets that of its arrival, one for all its values, and never the same twice")
    func arrival() async throws {
        try await withPlug { (city: City) async throws in
            let once = { () throws -> [Timestamp] in
                try city.understood(
                    Array(#"{"ENERGY":{"Power":1,"Voltage":230}}"#.utf8), on: "tele/plug-7/SENSOR",
                    by: try city.principal("plug-7")
                ).get().map(\.observedAt)
            }
            let (first, second) = (try once(), try once())
            #expect(Set(first) == [city.clock.now])
            #expect(Set(second).count == 1 && second[0] > first[0])
        }
    }

    @Test("a device says what is its own, and nobody else does")
    func ownTopics() async throws {
        try await withPlug { (city: City) async throws in
            for topic in ["tele/weather/SENSOR", "tele/nobody/SENSOR", "stat/weather/POWER", "cmnd/plug-7/POWER"] {
                let refusal = try city.refusal("{}", on: topic, by: "plug-7")
                #expect(refusal?.code == .topicNotOwn && refusal?.step == .authorise, "\(topic)")
            }
            let eva = AuthoriseTests.eva
            let forged = city.understood(Array(TasmotaTests.energy.utf8), on: "tele/plug-7/SENSOR", by: eva)
            guard case .failure(let refusal) = forged else {
                Issue.record("an operator spoke for a plug")
                return
            }
            #expect(refusal.message == "`tele/plug-7/SENSOR` is device `plug-7`'s: only it may say what it measures")
            // What belongs to no device is an application's topic, as before, and so are commands.
            #expect(city.understood([1], on: "tele/nobody/SENSOR", by: eva) == .success([]))
            #expect(city.understood([1], on: "cmnd/plug-7/POWER", by: eva) == .success([]))
        }
    }

    @Test("a device may hear its own commands, and no other's")
    func subscriptions() async throws {
        try await withPlug { (city: City) async throws in
            let plug = try city.principal("plug-7")
            let isAllowed = { (filter: String) in
                if case .success = city.path.authorise(plug, .subscribe(filter: filter)) { true } else { false }
            }
            #expect(["cmnd/plug-7/#", "cmnd/plug-7/POWER", "cmnd/plug-7/+", "cmnd/tasmotas/#"].allSatisfy(isAllowed))
            #expect(
                !["cmnd/#", "cmnd/+/POWER", "cmnd/weather/#", "tele/#", "#", "+/plug-7/#"].contains(where: isAllowed))
        }
    }

    @Test("a suspended device says nothing on any topic")
    func suspended() async throws {
        try await withPlug { (city: City) async throws in
            _ = try await city.setStatus(.suspended, of: DeviceID("plug-7"), reason: nil, by: AuthoriseTests.eva).get()
            #expect(
                try city.refusal(TasmotaTests.energy, on: "tele/plug-7/SENSOR", by: "plug-7")?.code == .deviceSuspended)
        }
    }

    @Test("what else a plug says is given on, not kept; who may hear it is decided by the class of what is in it")
    func messages() async throws {
        try await withPlug { (city: City) async throws in
            let plug = try city.principal("plug-7")
            let message = try city.path.open(plug, topic: "stat/plug-7/STATUS5").get()
            #expect(city.path.highestClass(of: [], on: message) == .public)
            #expect(city.understood([0xFF], on: "stat/plug-7/STATUS5", by: plug) == .success([]))
            let telegram = try city.path.open(plug, topic: "tele/plug-7/SENSOR").get()
            #expect(city.path.highestClass(of: [], on: telegram) == .restricted)
            #expect(city.path.highestClass(ofTopic: "tele/plug-7/SENSOR") == .restricted)
            #expect(city.path.highestClass(ofTopic: "stat/plug-7/STATUS5") == .public)
        }
    }

    @Test("the city's own layout comes before the shipped ones, and may take one away")
    func overlay() async throws {
        let yaml = """
            layouts:
              mine:
                payload: json
                deviceTypes: smart-plug
                topics: tele/{device}/SENSOR
                unknown: ignore
                values:
                  ENERGY.Power: {attribute: totalActivePower, unit: KWT}
            disabled: [tasmota-power, tasmota-messages]
            """
        try await withPlug(yaml) { (city: City) async throws in
            #expect(
                try city.said(
                    TasmotaTests.energy.replacing("57", with: "0.057"), on: "tele/plug-7/SENSOR", by: "plug-7")
                    == ["totalActivePower": .number(57)])
            #expect(try city.refusal("ON", on: "stat/plug-7/POWER", by: "plug-7")?.code == .topicNotOwn)
        }
    }
}
