import CityModel
import CityPath
import CityStorage
import JSONBytes
import Testing

@Suite("Understand: small JSON")
struct UnderstandTests {
    let test: TestCity

    init() throws {
        test = try TestCity()
    }

    private func withGauge(_ body: (City) async throws -> Void) async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            try await body(city)
        }
    }

    @Test("several values share one time; each has its series, its unit and its label")
    func values() async throws {
        try await withGauge { city in
            let observations = try city.understood(
                #"{"t":1799999999123.456,"temp":21.5,"pressure":1,"rain":true,"text":"Ü"}"#, from: "gauge"
            ).get()
            #expect(observations.map(\.value) == [.number(21.5), .number(1), .boolean(true), .text("Ü")])
            #expect(observations.allSatisfy { $0.observedAt.microseconds == 1_799_999_999_123_456 })
            let definitions = observations.compactMap { city.views.series.definition(of: $0.series) }
            #expect(definitions.map(\.attribute) == ["temperature", "pressure", "raining", "remark"])
            #expect(definitions.map(\.unitCode) == ["CEL", "BAR", nil, nil])
            #expect(definitions.map(\.label.dataClass) == [.public, .internal, .public, .restricted])
            #expect(definitions.map(\.label.isCatalogued) == [true, true, true, false])
            #expect(definitions.allSatisfy { $0.entity.text == "urn:ngsi-ld:WeatherObserved:gauge" })
            #expect(definitions.allSatisfy { $0.device?.text == "gauge" })
        }
    }

    @Test("without a time it is now; a text is an RFC 3339 date-time")
    func times() async throws {
        try await withGauge { city in
            #expect(try city.understood(#"{"temp":1}"#, from: "gauge").get()[0].observedAt == test.clock.now)
            let text = try city.understood(#"{"temp":1,"t":"2027-01-15T07:59:59.5+00:00"}"#, from: "gauge").get()
            #expect(text[0].observedAt == test.clock.now - .milliseconds(500))
        }
    }

    /// Readings that came in one go: one route, one `now`.
    private func understood(
        _ count: Int, on channel: String, in city: City, _ payload: (Int) -> String
    ) throws -> [Observation] {
        let route = try city.path.open(try city.principal("gauge"), topic: "devices/gauge/\(channel)").get()
        var scratch = SmallObject()
        var observations: [Observation] = []
        for number in 0..<count {
            let refusal = Array(payload(number).utf8).withUnsafeBytes {
                city.path.understand($0, on: route, at: test.clock.now, scratch: &scratch, into: &observations)
            }
            #expect(refusal == nil)
        }
        return observations
    }

    @Test("readings that come in one read and bring no time are all kept, each at its own instant")
    func arrivals() async throws {
        try await withGauge { city in
            let small = try understood(200, on: "v", in: city) { "{\"temp\":\($0 % 60)}" }
            let fragments = try understood(200, on: "ngsi-ld", in: city) {
                "{\"temperature\":\($0 % 60),\"pressure\":{\"value\":1,\"observedAt\":\"2027-01-15T07:5\($0 % 10):00Z\"}}"
            }
            let temperature = small[0].series
            let times = (small + fragments).filter { $0.series == temperature }.map(\.observedAt)
            #expect(times.count == 400)
            #expect(times[0] == test.clock.now)
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
            #expect(times[399].since(test.clock.now) < .milliseconds(1))
            _ = try await city.path.committed(observations: small + fragments).get()
            let kept = try city.views.history.readings(of: temperature, in: Int64.min...Int64.max)
            #expect(kept.count == 400)
        }
    }

    @Test("several connections of one device, and a clock that is set back, give no instant twice")
    func arrivalsOfSeveral() async throws {
        try await withGauge { city in
            let times = try await withThrowingTaskGroup(of: [Timestamp].self) { group in
                for _ in 0..<4 {
                    group.addTask { try understood(500, on: "v", in: city) { _ in #"{"temp":1}"# }.map(\.observedAt) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(times).count == 2_000)
            test.clock.advance(by: .seconds(-60))
            let later = try understood(1, on: "v", in: city) { _ in #"{"temp":1}"# }
            #expect(later[0].observedAt > times.max() ?? test.clock.now)
        }
    }

    @Test("a time that the device gives is the reading's, and one given twice is one reading")
    func givenTimes() async throws {
        try await withGauge { city in
            let twice = try understood(2, on: "v", in: city) { _ in #"{"t":1799999999000,"temp":1}"# }
            #expect(Set(twice.map(\.observedAt)).count == 1)
            _ = try await city.path.committed(observations: twice).get()
            let kept = try city.views.history.readings(of: twice[0].series, in: Int64.min...Int64.max)
            #expect(kept.count == 1)
        }
    }

    static let refused: [(json: String, code: Refusal.Code, says: [String])] = [
        ("", .malformedPayload, ["$"]),
        ("{", .malformedPayload, []),
        ("[1]", .malformedPayload, ["an object"]),
        ("21.5", .malformedPayload, ["an object"]),
        ("{}", .malformedPayload, ["at `$`", "`temp`"]),
        (#"{"t":1799999999123}"#, .malformedPayload, ["at `$`"]),
        (#"{"temp":1,"temp":2}"#, .malformedPayload, ["temp"]),
        (#"{"temp":null}"#, .malformedPayload, ["`$.temp`", "null"]),
        (#"{"temp":[1]}"#, .malformedPayload, ["`$.temp`", "array"]),
        (#"{"temp":"21"}"#, .malformedPayload, ["`$.temp`", "number"]),
        (#"{"pressure":true}"#, .malformedPayload, ["`$.pressure`", "number"]),
        (#"{"temp":1e999}"#, .malformedPayload, []),
        (#"{"temp":NaN}"#, .malformedPayload, []),
        (#"{"humidity":1}"#, .attributeUnknown, ["`$.humidity`", "`temp`", "`pressure`", "weather"]),
        (#"{"temp":1,"x":2}"#, .attributeUnknown, ["`$.x`"]),
        (#"{"temp":70.1}"#, .outOfRange, ["`$.temp`", "at most 70", "70.1"]),
        (#"{"temp":-61}"#, .outOfRange, ["`$.temp`", "at least -60"]),
        (#"{"pressure":-0.001}"#, .outOfRange, ["`$.pressure`"]),
        (#"{"t":null,"temp":1}"#, .malformedPayload, ["`$.t`"]),
        (#"{"t":true,"temp":1}"#, .malformedPayload, ["`$.t`"]),
        (#"{"t":"yesterday","temp":1}"#, .malformedPayload, ["`$.t`", "yesterday"]),
        (#"{"t":"2027-02-30T00:00:00Z","temp":1}"#, .malformedPayload, ["`$.t`", "no such day"]),
        (#"{"t":1e300,"temp":1}"#, .timeOutOfRange, ["`$.t`"]),
        (#"{"t":-1,"temp":1}"#, .timeOutOfRange, ["`$.t`", "1969-12-31"]),
        (#"{"t":1790000,"temp":7}"#, .timeOutOfRange, ["`$.t`", "1970-01-01", "milliseconds, not seconds"]),
        (#"{"t":1799999999,"temp":7}"#, .timeOutOfRange, ["`$.t`", "milliseconds, not seconds"]),
        (#"{"t":946684799999,"temp":1}"#, .timeOutOfRange, ["the year 2000"]),
        (#"{"t":"1999-12-31T23:59:59Z","temp":1}"#, .timeOutOfRange, ["1999-12-31T23:59:59Z", "the year 2000"]),
        (#"{"t":1800000300001,"temp":1}"#, .timeOutOfRange, ["`$.t`", "five minutes", "2027-01-15T08:00:00Z"]),
    ]

    @Test("what cannot be understood is refused with its place, its reason and what would do", arguments: refused)
    func refusals(payload: (json: String, code: Refusal.Code, says: [String])) async throws {
        try await withGauge { city in
            let refusal = try #require(try city.refusal(payload.json, from: "gauge"), "\(payload.json)")
            #expect(refusal.code == payload.code, "\(refusal.message)")
            #expect(refusal.step == .understand)
            for word in payload.says { #expect(refusal.message.contains(word), "\(refusal.message)") }
        }
    }

    @Test("a time may be five minutes ahead of the city's clock, and as old as the year 2000")
    func timeBounds() async throws {
        try await withGauge { city in
            for time in ["1800000300000", "946684800000"] {
                let refusal = try city.refusal("{\"t\":\(time),\"temp\":1}", from: "gauge")
                #expect(refusal == nil)
            }
        }
    }

    @Test("a device type that measures in its own unit has that unit, and not the data model's range")
    func ownUnit() async throws {
        try await test.withCity { city in
            try await city.enrol("usa", type: "fahrenheit", with: test)
            let observation = try city.understood(#"{"v":98.6}"#, from: "usa").get()[0]
            #expect(city.views.series.definition(of: observation.series)?.unitCode == "FAH")
        }
    }

    @Test("never traps, whatever a device sends", arguments: seeds)
    func fuzz(seed: UInt64) async throws {
        try await withGauge { city in
            var random = SeededRandom(seed: seed)
            let samples = UnderstandTests.refused.map(\.json) + [#"{"t":1799999999123,"temp":21.5,"text":"a\nb"}"#]
            for _ in 0..<400 {
                var bytes = Array(random.pick(samples).utf8)
                for _ in 0...random.below(3) {
                    let place = random.below(bytes.count + 1)
                    if random.below(2) == 0 || bytes.isEmpty {
                        bytes.insert(random.pick(Array("{}[]\":,\\eE+-.0129tn".utf8)), at: place)
                    } else {
                        bytes[min(place, bytes.count - 1)] = UInt8(truncatingIfNeeded: random.next())
                    }
                }
                let text = String(decoding: bytes, as: UTF8.self)
                for channel in ["v", "ngsi-ld"] {
                    if let refusal = try city.refusal(text, from: "gauge", channel: channel) {
                        #expect(!refusal.message.isEmpty, "seed \(seed): \(text)")
                    }
                }
            }
        }
    }
}
