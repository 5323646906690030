import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import PKI
import Testing

@Suite("Enrolment and operations")
struct EnrolmentTests {
    let test: TestCity

    init() throws {
        test = try TestCity()
    }

    private func enrol(
        _ city: City, _ request: EnrolmentRequest, by principal: Principal = AuthoriseTests.eva
    ) async -> Result<EnrolledDevice, Refusal> {
        await city.enrol(request, with: test.certificates.authority, by: principal)
    }

    @Test("an enrolled device has a certificate, an entity, a name and a place")
    func enrolled() async throws {
        try await test.withCity { city in
            let device = try await enrol(
                city,
                EnrolmentRequest(
                    id: "gauge", agency: "water", deviceType: "weather", displayName: "Pegel Süd",
                    location: GeoPoint(longitude: 8.4, latitude: 49), validityDays: 90)
            ).get()
            let certificate = try CertificateDocument(pem: device.certificatePEM)
            #expect(device.record.certificateSerial == certificate.serialNumber)
            #expect(device.record.status == .active)
            #expect(device.record.entities.map(\.text) == ["urn:ngsi-ld:WeatherObserved:gauge"])
            #expect(city.views.registry.device(DeviceID("gauge")) == device.record)
            let entity = try #require(city.views.twin.entity(device.record.entities[0]))
            #expect(entity["name"]?.current.value == .text("Pegel Süd"))
            #expect(entity["location"]?.current.value == .geometry(json: #"{"type":"Point","coordinates":[8.4,49.0]}"#))
            #expect(try SigningKey(pem: device.keyPEM).pem == device.keyPEM)
        }
    }

    static let unfit: [(request: EnrolmentRequest, says: String)] = [
        (EnrolmentRequest(id: ""), "cannot name a device"),
        (EnrolmentRequest(id: "a/b"), "cannot name a device"),
        (EnrolmentRequest(id: "../../etc"), "cannot name a device"),
        (EnrolmentRequest(id: "#"), "cannot name a device"),
        (EnrolmentRequest(id: "g", agency: "a b", deviceType: "weather"), "cannot name a agency"),
        (EnrolmentRequest(id: "g", zone: "ä", deviceType: "weather"), "cannot name a zone"),
        (EnrolmentRequest(id: "g", deviceType: "toaster"), "there are fahrenheit, weather, wristband"),
        (EnrolmentRequest(id: "g", deviceType: "weather", validityDays: 0), "1 to 3650"),
        (EnrolmentRequest(id: "g", deviceType: "weather", validityDays: .max), "1 to 3650"),
        (
            EnrolmentRequest(id: "g", deviceType: "weather", location: GeoPoint(longitude: 181, latitude: 0)),
            "within ±180"
        ),
        (
            EnrolmentRequest(id: "g", deviceType: "weather", location: GeoPoint(longitude: .nan, latitude: 0)),
            "within ±180"
        ),
        (
            EnrolmentRequest(id: "g", deviceType: "weather", location: GeoPoint(longitude: 0, latitude: -.infinity)),
            "within ±180"
        ),
        (EnrolmentRequest(id: "g", deviceType: "weather", entities: ["gauge"]), "not a URI"),
        (EnrolmentRequest(id: "g", deviceType: "weather", entities: [":x"]), "not a URI"),
        (EnrolmentRequest(id: "g", deviceType: "weather", entities: ["urn:a b"]), "not a URI"),
        (EnrolmentRequest(id: "g", deviceType: "weather", entities: ["urn:a\u{0}"]), "not a URI"),
        (EnrolmentRequest(id: "g", deviceType: "weather", entities: ["urn:<a>"]), "not a URI"),
        (
            EnrolmentRequest(id: "g", deviceType: "weather", entities: ["urn:" + String(repeating: "x", count: 600)]),
            "not a URI"
        ),
        (EnrolmentRequest(id: "first", deviceType: "weather"), "--replace"),
        (
            EnrolmentRequest(id: "g", deviceType: "weather", entities: ["urn:ngsi-ld:WeatherObserved:first"]),
            "belongs to device `first`"
        ),
    ]

    @Test("an unfit request is refused with what would do, and nothing is registered", arguments: 0..<unfit.count)
    func refused(row: Int) async throws {
        let (request, says) = EnrolmentTests.unfit[row]
        try await test.withCity { city in
            try await city.enrol("first", with: test)
            let refusal = await enrol(city, request).refusal
            #expect(refusal?.message.contains(says) == true, "\(refusal?.message ?? "enrolled")")
            #expect(city.views.registry.count == 1)
        }
    }

    @Test("only who may manage devices enrols, suspends and revokes")
    func rights() async throws {
        try await test.withCity { city in
            let device = try await city.enrol("gauge", with: test).record
            for principal in [AuthoriseTests.adam, .laboratory, .unknown("x"), try city.principal("gauge")] {
                let refusal = await enrol(city, EnrolmentRequest(id: "x", deviceType: "weather"), by: principal).refusal
                #expect(refusal?.step == .authorise)
                let suspended = await city.setStatus(.suspended, of: device.id, reason: nil, by: principal)
                #expect(suspended.refusal?.step == .authorise)
            }
            let unknown = await city.setStatus(.suspended, of: DeviceID("x"), reason: nil, by: AuthoriseTests.eva)
            #expect(unknown.refusal?.code == .deviceUnknown)
            #expect(city.views.registry.all() == [device])
        }
    }

    @Test("of many who claim one entity at once, one gets it")
    func concurrentClaims() async throws {
        try await test.withCity { city in
            let enrolled = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        await enrol(
                            city, EnrolmentRequest(id: "g\(number)", deviceType: "weather", entities: ["urn:road:1"])
                        ).refusal == nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(enrolled == 1)
            #expect(city.views.registry.count == 1)
        }
    }

    @Test("a revocation cannot be undone by one who reads the record at the same time")
    func revokedForGood() async throws {
        try await test.withCity { city in
            let id = try await city.enrol("gauge", with: test).record.id
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let status: DeviceStatus = number == 20 ? .revoked : number % 2 == 0 ? .active : .suspended
                        var answer = await city.setStatus(status, of: id, reason: nil, by: AuthoriseTests.eva)
                        while status == .revoked, answer.refusal?.code == .unavailable {
                            answer = await city.setStatus(status, of: id, reason: nil, by: AuthoriseTests.eva)
                        }
                    }
                }
            }
            #expect(city.views.registry.device(id)?.status == .revoked)
        }
    }

    @Test("a route that is open closes when the device's record changes")
    func routes() async throws {
        try await test.withCity { city in
            let id = try await city.enrol("gauge", with: test).record.id
            let route = try city.path.open(try city.principal("gauge"), topic: "devices/gauge/v").get()
            #expect(city.path.isOpen(route))
            _ = await city.setStatus(.suspended, of: id, reason: nil, by: AuthoriseTests.eva)
            #expect(!city.path.isOpen(route))
        }
    }

    @Test("a revoked device that is still connected, or has left a will, says nothing more")
    func revokedWhileConnected() async throws {
        try await test.withCity { city in
            let record = try await city.enrol("gauge", with: test).record
            let speaker = try city.principal("gauge")
            let payload = Array(#"{"temperature":1}"#.utf8)
            var observations: [Observation] = []
            func write() -> Refusal? {
                payload.withUnsafeBytes {
                    city.path.understandEntity(
                        $0, about: record.entities[0], from: speaker, at: test.clock.now, into: &observations)
                }
            }
            #expect(write() == nil)
            _ = try await city.setStatus(.revoked, of: record.id, reason: "stolen", by: AuthoriseTests.eva).get()
            for topic in ["devices/gauge/v", "city/city/gauge/ngsi-ld", "devices/gauge/app/will"] {
                let refusal = city.path.open(speaker, topic: topic).refusal
                #expect(refusal?.code == .deviceRevoked, "\(topic)")
                #expect(refusal?.message.contains("stolen") == true)
            }
            #expect(write()?.code == .deviceRevoked)
            #expect(observations.count == 1)
            #expect(city.path.authorise(speaker, .subscribe(filter: "devices/gauge/#")).refusal?.code == .deviceRevoked)
        }
    }

    @Test(
        "a topic without a meaning is no route", arguments: ["devices/gauge/x", "devices/gauge/v/x", "devices/gauge/"])
    func noMeaning(topic: String) async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let refusal = city.path.open(try city.principal("gauge"), topic: topic).refusal
            #expect(refusal?.code == .topicNotOwn)
            #expect(refusal?.message.contains("`v` for small JSON") == true)
        }
    }

    @Test("an account is removed once, on record, and whoever was known as this person may do nothing more")
    func removedAccount() async throws {
        try await test.withCity { city in
            try await city.setAccount("eva", password: "correct horse battery", role: .operator, by: .service("cli"))
            let route = try city.path.open(AuthoriseTests.eva, topic: "billing/run").get()
            await #expect(throws: Refusal.self) { try await city.removeAccount("eva", by: AuthoriseTests.adam) }
            #expect(try await city.removeAccount("eva", by: .service("cli")))
            #expect(try await city.removeAccount("eva", by: .service("cli")) == false)
            #expect(!city.path.isOpen(route))
            #expect(city.path.open(AuthoriseTests.eva, topic: "billing/run").refusal?.code == .notIdentified)
            #expect(city.path.authorise(AuthoriseTests.eva, .readEntities).refusal?.code == .notIdentified)
            #expect(try city.accounts.check(name: "eva", password: "correct horse battery") == nil)
        }
        #expect(try accountChanges() == ["eva created", "eva removed"])
    }

    @Test("a change that cannot be kept is on record before it is tried, and then as undone")
    func undone() async throws {
        try await test.withCity { city in
            try await city.setAccount("eva", password: "correct horse battery", role: .operator, by: .service("cli"))
        }
        try DatabaseFile(test.directory.journal).execute(
            "CREATE TRIGGER full BEFORE DELETE ON credential BEGIN SELECT RAISE(ABORT, 'no room'); END")
        try await test.withCity { city in
            await #expect(throws: StorageError.self) { try await city.removeAccount("eva", by: .service("cli")) }
            #expect(city.path.open(AuthoriseTests.eva, topic: "billing/run").refusal == nil)
            let person = try city.accounts.person("eva")
            #expect(person?.role == .operator)
        }
        #expect(try accountChanges() == ["eva created", "eva removed", "eva undone"])
    }

    private func accountChanges() throws -> [String] {
        try test.journalledEvents().compactMap { event in
            if case .account(let record) = event { "\(record.name) \(record.change)" } else { nil }
        }
    }

    @Test("an account's making is recorded, its password nowhere")
    func accounts() async throws {
        try await test.withCity { city in
            try await city.setAccount("eva", password: "correct horse battery", role: .operator, by: .service("cli"))
            try await city.setAccount("eva", password: "another horse battery", role: .operator, by: AuthoriseTests.eva)
            await #expect(throws: Refusal.self) {
                try await city.setAccount(
                    "x", password: "correct horse battery", role: .operator, by: AuthoriseTests.adam)
            }
            await #expect(throws: AccountError.self) {
                try await city.setAccount("x", password: "short", role: .operator, by: AuthoriseTests.eva)
            }
        }
        #expect(try accountChanges() == ["eva created", "eva passwordChanged"])
    }
}
