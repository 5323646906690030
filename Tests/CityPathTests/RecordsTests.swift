import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Testing

@Suite("Records: refusals, reads and alerts")
struct RecordsTests {
    let test: TestCity
    static let device = Principal.device(
        DeviceIdentity(id: DeviceID("gauge"), agency: AgencyID("city"), zone: ZoneID("street")))

    init() throws {
        test = try TestCity()
    }

    private func refusal(_ code: Refusal.Code, _ message: String = "no", at step: PathStep = .authorise) -> Refusal {
        Refusal(step: step, code: code, message: message)
    }

    @Test("like refusals of a short while are one record with a count, each with its first message")
    func aggregated() async throws {
        try await test.withCity { city in
            for number in 0..<500 {
                city.path.record(refusal(.malformedPayload, "m\(number)"), by: RecordsTests.device, from: "192.0.2.7")
            }
            city.path.record(refusal(.malformedPayload), by: RecordsTests.device, from: "192.0.2.8")
            city.path.record(refusal(.outOfRange), by: RecordsTests.device, from: "192.0.2.7")
            try await city.settle(test.clock)
            let records = city.views.refusals.newest(100)
            #expect(records.reduce(0) { $0 + $1.count } == 502)
            #expect(records.count <= 6, "three keys, in at most two intervals")
            #expect(records.contains { $0.message == "m0" })
            #expect(city.metrics.refusalCount == 502)
        }
        let kept = try test.journalledEvents().reduce(0) { sum, event in
            if case .refusal(let record) = event { sum + record.count } else { sum }
        }
        #expect(kept == 502)
    }

    @Test("a flood of strangers is bounded: beyond so many, `many` stands for the rest, and none is left uncounted")
    func bounded() async throws {
        let city = try test.open()
        // Stopped, so that nothing is taken out in between.
        city.close()
        for number in 0..<20_000 {
            city.path.record(refusal(.notIdentified), by: .unknown("10.\(number)"), from: "10.\(number)")
        }
        #expect(city.metrics.refusalCount == 20_000)
        let open = try TestCity()
        try await open.withCity { other in
            for number in 0..<20_000 {
                other.path.record(refusal(.notIdentified), by: .unknown("10.\(number)"), from: "10.\(number)")
            }
            try await other.settle(open.clock)
        }
        let records = try open.journalledEvents().compactMap { event in
            if case .refusal(let record) = event { record } else { nil }
        }
        #expect(records.reduce(0) { $0 + $1.count } == 20_000)
        #expect(records.count <= 5 * 1_025, "five intervals at most in the time of this test")
        #expect(records.contains { $0.principal == "many" && $0.source == "many" })
    }

    @Test("reads are kept with who, what, why and the highest class; like ones are counted")
    func accesses() async throws {
        try await test.withCity { city in
            for dataClass in [DataClass.public, .personal, .internal] {
                city.path.accesses.note(
                    .readEntities, of: "urn:x:1", dataClass: dataClass, by: AuthoriseTests.eva, purpose: "maintenance",
                    at: test.clock.now)
            }
            city.path.accesses.note(
                .readEntities, of: "urn:x:1", dataClass: .public, by: AuthoriseTests.eva, purpose: nil,
                at: test.clock.now)
            try await city.settle(test.clock)
        }
        let records = try test.journalledEvents().compactMap { event in
            if case .access(let record) = event { record } else { nil }
        }
        let purposeful = records.filter { $0.purpose == "maintenance" }
        #expect(purposeful.reduce(0) { $0 + $1.count } == 3)
        #expect(purposeful.map(\.dataClass).max() == .personal)
        #expect(records.allSatisfy { $0.principal == "person/eva" && $0.action == "readEntities" })
        #expect(records.contains { $0.purpose == nil && $0.count == 1 })
    }

    @Test("a reader who invents purposes without end takes no more room than others")
    func purposes() async throws {
        try await test.withCity { city in
            for number in 0..<20_000 {
                city.path.accesses.note(
                    .readEntities, of: "urn:x:1", dataClass: .public, by: AuthoriseTests.eva, purpose: "p\(number)",
                    at: test.clock.now)
            }
            try await city.settle(test.clock)
        }
        let records = try test.journalledEvents().compactMap { event in
            if case .access(let record) = event { record } else { nil }
        }
        #expect(records.reduce(0) { $0 + $1.count } == 20_000)
        #expect(records.count <= 3 * 4_100)
        #expect(records.contains { $0.resource == "many" && $0.purpose == "many" })
    }

    @Test(
        "a device that speaks for another or comes back though barred raises one alert, not one for each try",
        arguments: [
            (Refusal.Code.topicNotOwn, "speaksForAnother", AlertSeverity.critical),
            (.entityNotOwn, "speaksForAnother", .critical), (.zoneMismatch, "speaksForAnother", .critical),
            (.deviceRevoked, "barredDeviceReturns", .warning),
            (.certificateSuperseded, "barredDeviceReturns", .warning),
        ])
    func securityWatch(code: Refusal.Code, kind: String, severity: AlertSeverity) async throws {
        try await test.withCity { city in
            for _ in 0..<3 {
                city.path.record(refusal(code), by: RecordsTests.device, from: "192.0.2.7")
                try await city.settle(test.clock)
            }
            let alerts = city.views.alerts.newest(10)
            #expect(alerts.map(\.kind) == [kind])
            #expect(alerts.first?.severity == severity)
            #expect(alerts.first?.device?.text == "gauge")
            test.clock.advance(by: .seconds(601))
            city.path.record(refusal(code), by: RecordsTests.device, from: "192.0.2.7")
            try await city.settle(test.clock)
            #expect(city.views.alerts.newest(10).count == 2, "after ten minutes it is worth telling again")
        }
    }

    @Test("a device that connects from outside its zone's networks is a warning of its own, no case of a stolen voice")
    func outsideZone() async throws {
        try await test.withCity { city in
            city.path.record(refusal(.zoneMismatch, at: .identify), by: RecordsTests.device, from: "192.0.2.7")
            try await city.settle(test.clock)
            let alerts = city.views.alerts.newest(10)
            #expect(alerts.map(\.kind) == ["outsideZone"])
            #expect(alerts.first?.severity == .warning)
            #expect(alerts.first?.text.contains("192.0.2.7") == true)
        }
    }

    @Test("an identity that is in use elsewhere raises the one alert that its report does")
    func identityInUse() async throws {
        try await test.withCity { city in
            city.path.reportIdentityInTwoPlaces(DeviceID("gauge"), first: "192.0.2.7", second: "198.51.100.1")
            city.path.record(refusal(.identityInUse, at: .identify), by: RecordsTests.device, from: "198.51.100.1")
            try await city.settle(test.clock)
            #expect(city.views.alerts.newest(10).map(\.kind) == ["identityInTwoPlaces"])
        }
    }

    @Test("ordinary mistakes raise no alert", arguments: [Refusal.Code.malformedPayload, .outOfRange, .unsupported])
    func noAlert(code: Refusal.Code) async throws {
        try await test.withCity { city in
            for _ in 0..<50 { city.path.record(refusal(code), by: RecordsTests.device, from: "192.0.2.7") }
            try await city.settle(test.clock)
            #expect(city.views.alerts.openCount == 0)
        }
    }

    @Test("one identity in two places is told, with both")
    func twoPlaces() async throws {
        try await test.withCity { city in
            city.path.reportIdentityInTwoPlaces(DeviceID("gauge"), first: "192.0.2.7", second: "198.51.100.1")
            try await city.settle(test.clock)
            let alert = try #require(city.views.alerts.newest(1).first)
            #expect(alert.kind == "identityInTwoPlaces")
            #expect(alert.text.contains("192.0.2.7"))
            #expect(alert.text.contains("198.51.100.1"))
        }
    }

    @Test("an alert is acknowledged once, by whom and why, and stays so after a restart")
    func acknowledged() async throws {
        let id: UInt64 = try await test.withCity { city in
            city.path.reportIdentityInTwoPlaces(DeviceID("gauge"), first: "a", second: "b")
            try await city.settle(test.clock)
            let alert = try #require(city.views.alerts.newest(1).first)
            #expect(city.views.alerts.openCount == 1)
            let refused = await city.acknowledge(alert.id, note: nil, by: AuthoriseTests.adam)
            #expect(refused.refusal?.code == .notPermitted)
            let done = try await city.acknowledge(alert.id, note: "key replaced", by: AuthoriseTests.eva).get()
            #expect(done.acknowledgedBy == "person/eva")
            #expect(done.note == "key replaced")
            test.clock.advance(by: .seconds(5))
            let again = try await city.acknowledge(alert.id, note: "again", by: .service("other")).get()
            #expect(again == done, "the first acknowledgement stays")
            #expect(await city.acknowledge(99, note: nil, by: AuthoriseTests.eva).refusal != nil)
            return alert.id
        }
        try await test.withCity { city in
            let alert = try #require(city.views.alerts.alert(id))
            #expect(alert.note == "key replaced")
            #expect(city.views.alerts.openCount == 0)
            city.path.reportIdentityInTwoPlaces(DeviceID("other"), first: "a", second: "b")
            try await city.settle(test.clock)
            #expect(city.views.alerts.newest(1).first?.id == id + 1, "numbers go on")
        }
    }

    @Test("refusals are taken into the journal while commits never pause")
    func refusalsUnderLoad() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let template = try city.understood(#"{"temp":1}"#, from: "gauge").get()[0]
            city.path.record(refusal(.topicNotOwn), by: RecordsTests.device, from: "192.0.2.7")
            // Always several waiting: the committer is never idle.
            var number: Int64 = 0
            while city.views.refusals.newest(1).isEmpty, number < 20_000 {
                test.clock.advance(by: .milliseconds(100))
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        number += 1
                        var observation = template
                        observation.observedAt = Timestamp(microseconds: number)
                        group.addTask { [observation] in _ = await city.path.committed(observations: [observation]) }
                    }
                }
            }
            #expect(!city.views.refusals.newest(1).isEmpty)
            #expect(number < 20_000)
        }
    }

    @Test("a message kept for later subscribers is there after a restart; an empty one removes it")
    func retained() async throws {
        func keep(_ payload: [UInt8], _ city: City) async throws {
            let message = RetainedMessage(topic: "devices/gauge/v", payload: payload, qos: 1)
            _ = try await city.path.committed(events: [.retained(message)]).get()
        }
        try await test.withCity { try await keep([1, 2], $0) }
        try await test.withCity { city in
            #expect(city.views.retained.messages { _ in true }.map(\.payload) == [[1, 2]])
            try await keep([], city)
            #expect(city.views.retained.count == 0)
        }
        try await test.withCity { #expect($0.views.retained.count == 0) }
    }
}
