import CityModel
import CityPath
import Testing

/// A city of three devices; one is what a test makes of it.
struct TestStandings: Standings {
    var own: DeviceRecord? = .test("own")
    var role: PersonRole?
    var removed: Set<String> = []
    var generation: UInt64 { 7 }

    func device(_ id: DeviceID) -> DeviceRecord? { id.text == "own" ? own : .test(id.text) }

    func owner(of entity: EntityID) -> DeviceID? {
        switch entity.text {
        case "urn:own": DeviceID("own")
        case "urn:other": DeviceID("other")
        default: nil
        }
    }

    func isKnown(_ service: NamedService) -> Bool { !removed.contains(service.name) }

    func current(_ person: PersonIdentity) -> PersonIdentity? {
        removed.contains(person.name) ? nil : PersonIdentity(name: person.name, role: role ?? person.role)
    }
}

extension DeviceRecord {
    static func test(
        _ id: String, agency: String = "water", zone: String = "street", status: DeviceStatus = .active
    ) -> DeviceRecord {
        DeviceRecord(
            id: DeviceID(id), agency: AgencyID(agency), zone: ZoneID(zone), deviceType: "weather", displayName: nil,
            location: nil, entities: [EntityID("urn:\(id)")], certificateSerial: "1",
            certificateNotAfter: Timestamp(seconds: 2_000_000_000), status: status,
            enrolledAt: Timestamp(seconds: 1_700_000_000), statusChangedAt: Timestamp(seconds: 1_700_000_000),
            statusReason: status == .active ? nil : "found open")
    }
}

@Suite("Authorise: may they do this here?")
struct AuthoriseTests {
    static let own = Principal.device(
        DeviceIdentity(id: DeviceID("own"), agency: AgencyID("water"), zone: ZoneID("street")))
    static let eva = Principal.person(PersonIdentity(name: "eva", role: .operator))
    static let adam = Principal.person(PersonIdentity(name: "adam", role: .auditor))

    static let purposes = Catalogue(purposes: [
        "maintenance": .personal, "emergency": .sensitive, "curiosity": .public,
    ])

    let rules = AuthoriseTests.rules(TestStandings())

    private static func rules(_ standings: TestStandings) -> DenyByDefault {
        DenyByDefault(catalogue: AuthoriseTests.purposes, standing: standings)
    }

    private func code(
        _ principal: Principal, _ action: Action, purpose: String? = nil, by rules: DenyByDefault? = nil
    ) -> Refusal.Code? {
        switch (rules ?? self.rules).decide(principal, action, DecisionContext(purpose: purpose)) {
        case .permit: return nil
        case .forbid(let refusal):
            #expect(refusal.step == .authorise)
            #expect(!refusal.message.isEmpty)
            return refusal.code
        }
    }

    static let actions: [Action] = [
        .publish(topic: "devices/own/v"), .publish(topic: "devices/other/v"), .writeEntity(EntityID("urn:own")),
        .writeEntity(EntityID("urn:other")), .subscribe(filter: "devices/own/#"), .subscribe(filter: "#"),
        .readEntities, .readOperations, .readLedger, .manageDevices, .acknowledgeAlerts, .manageAccounts,
    ]

    /// One row for each kind of principal, one letter for each action above: `+` permitted, `-` forbidden.
    static let table: [(Principal, String)] = [
        (own, "+-+-+-------"),
        (eva, "----++++++++"),
        (adam, "------+++---"),
        (.service("detectors"), "++++++++++++"),
        (.namedService(NamedService(name: "flows")), "------------"),
        (.laboratory, "+++++++-+---"),
        (.unknown("192.0.2.7"), "------------"),
    ]

    @Test("every kind of principal may do what its row says, and nothing else", arguments: 0..<table.count)
    func everyPair(row: Int) {
        let (principal, letters) = AuthoriseTests.table[row]
        for (action, letter) in zip(AuthoriseTests.actions, letters) {
            #expect((code(principal, action) == nil) == (letter == "+"), "\(principal.name) \(action)")
        }
    }

    @Test(
        "a device speaks below its own name only, however the topic is written",
        arguments: [
            "devices/own", "devices/own2/v", "devices//v", "devices/OWN/v", "/devices/own/v", "own/v", "", "devices",
            "devices/+/v", "city/waste/own/v", "city/water/other/v", "city/own/v", "city/+/own/v", "devices/#",
            "$SYS/devices/own/v", "devices/other/own/v", "Devices/own/v",
        ])
    func foreignTopics(topic: String) {
        #expect(code(AuthoriseTests.own, .publish(topic: topic)) == .topicNotOwn)
        #expect(code(AuthoriseTests.own, .subscribe(filter: topic)) == .topicNotOwn)
    }

    @Test("a device writes entities of its own")
    func entities() {
        #expect(code(AuthoriseTests.own, .writeEntity(EntityID("urn:own"))) == nil)
        #expect(code(AuthoriseTests.own, .writeEntity(EntityID("urn:other"))) == .entityNotOwn)
        #expect(code(AuthoriseTests.own, .writeEntity(EntityID("urn:nobody"))) == .entityNotOwn)
    }

    static let records: [(record: DeviceRecord?, code: Refusal.Code?)] = [
        (.test("own", status: .revoked), .deviceRevoked), (.test("own", status: .suspended), .deviceSuspended),
        (nil, .deviceUnknown), (.test("own", agency: "traffic"), .deviceUnknown),
        (.test("own", zone: "plant"), .zoneMismatch), (.test("own"), nil),
    ]

    @Test("a device that was identified earlier may do nothing once its record says otherwise", arguments: records)
    func barred(record: DeviceRecord?, expected: Refusal.Code?) {
        let rules = AuthoriseTests.rules(TestStandings(own: record))
        for action in [
            Action.publish(topic: "devices/own/v"), .publish(topic: "city/water/own/app/x"),
            .writeEntity(EntityID("urn:own")), .subscribe(filter: "devices/own/#"),
        ] {
            #expect(code(AuthoriseTests.own, action, by: rules) == expected, "\(action)")
        }
        if case .forbid(let refusal) = rules.decide(
            AuthoriseTests.own, .publish(topic: "devices/own/v"), DecisionContext()), expected == .deviceSuspended
        {
            #expect(refusal.message.contains("found open"))
        }
    }

    @Test("a person whose account is removed may do nothing, one whose role has changed what the new role may")
    func changedAccounts() {
        let removed = AuthoriseTests.rules(TestStandings(removed: ["eva"]))
        for action in AuthoriseTests.actions {
            #expect(code(AuthoriseTests.eva, action, by: removed) == .notIdentified, "\(action)")
        }
        let demoted = AuthoriseTests.rules(TestStandings(role: .auditor))
        #expect(code(AuthoriseTests.eva, .manageDevices, by: demoted) == .notPermitted)
        #expect(code(AuthoriseTests.eva, .readLedger, by: demoted) == nil)
    }

    static let flows = Principal.namedService(NamedService(name: "flows"))

    @Test("a named service uses applications' topics, below a first level that it names")
    func namedService() {
        for topic in ["plant/line", "plant", "/plant", "deviceslike/own/v"] {
            #expect(code(AuthoriseTests.flows, .publish(topic: topic)) == nil, "\(topic)")
        }
        for filter in ["plant/line", "plant/#", "plant/+/x", "/#"] {
            #expect(code(AuthoriseTests.flows, .subscribe(filter: filter)) == nil, "\(filter)")
        }
        for topic in ["devices/own/v", "devices/own/command/x", "city/water/own/app/x", "city", "$SYS/x"] {
            #expect(code(AuthoriseTests.flows, .publish(topic: topic)) == .topicNotOwn, "\(topic)")
            #expect(code(AuthoriseTests.flows, .subscribe(filter: topic)) == .topicNotOwn, "\(topic)")
        }
        for filter in ["#", "+", "+/#", "+/own/v", "devices/#", "city/+/own/v", "$SYS/#"] {
            #expect(code(AuthoriseTests.flows, .subscribe(filter: filter)) == .topicNotOwn, "\(filter)")
        }
    }

    @Test("a named service without a token may do nothing")
    func namedServiceWithoutToken() {
        let rules = AuthoriseTests.rules(TestStandings(removed: ["flows"]))
        for action in AuthoriseTests.actions + [.publish(topic: "plant/line"), .subscribe(filter: "plant/#")] {
            #expect(code(AuthoriseTests.flows, action, by: rules) == .notIdentified, "\(action)")
        }
    }

    @Test("who cannot be identified is told so, others are told what no rule allows")
    func codes() {
        #expect(code(.unknown("x"), .readEntities) == .notIdentified)
        #expect(code(AuthoriseTests.own, .readEntities) == .notPermitted)
        #expect(code(AuthoriseTests.adam, .manageDevices) == .notPermitted)
        #expect(code(.laboratory, .manageAccounts) == .notPermitted)
    }

    private func permit(_ person: Principal, _ action: Action, _ purpose: String?) throws -> Permit {
        guard case .permit(let permit) = rules.decide(person, action, DecisionContext(purpose: purpose)) else {
            throw Expected("a permit for \(action)")
        }
        #expect(permit.obligations.contains(.recordAccess))
        return permit
    }

    @Test("an operator's reads are recorded; each purpose unlocks what the catalogue says, and nothing unlocks less")
    func obligations() throws {
        let limits: [(purpose: String?, limit: DataClass)] = [
            (nil, .restricted), ("maintenance", .personal), ("emergency", .sensitive), ("curiosity", .restricted),
            ("maintenance: pump 7, case 12", .personal), (" maintenance :x", .personal),
        ]
        for action in [Action.readEntities, .readOperations, .readLedger, .subscribe(filter: "#")] {
            for (purpose, limit) in limits {
                #expect(try permit(AuthoriseTests.eva, action, purpose).highestClass == limit, "\(purpose ?? "none")")
            }
        }
    }

    @Test("auditors read the ledger and the records; of entities what is public, whatever purpose they state")
    func auditors() throws {
        for purpose in [nil, "maintenance", "emergency"] {
            #expect(try permit(AuthoriseTests.adam, .readEntities, purpose).highestClass == .public)
            #expect(try permit(AuthoriseTests.adam, .readOperations, purpose).highestClass == .internal)
            #expect(try permit(AuthoriseTests.adam, .readLedger, purpose).highestClass == .internal)
        }
    }

    @Test(
        "a purpose that is none of the city's is refused, whoever states it, and told what there is",
        arguments: ["case 7", "x", "Maintenance", "maintenance emergency", "main", ":maintenance", " "])
    func unknownPurposes(purpose: String) {
        for person in [AuthoriseTests.eva, AuthoriseTests.adam, .service("cli"), .laboratory] {
            #expect(code(person, .readLedger, purpose: purpose) == .purposeUnknown, "\(person.name)")
        }
        #expect(code(.unknown("x"), .readLedger, purpose: purpose) == .notIdentified, "strangers are told nothing")
        if case .forbid(let refusal) = rules.decide(
            AuthoriseTests.eva, .readEntities, DecisionContext(purpose: purpose))
        {
            #expect(refusal.message.contains("`curiosity`, `emergency`, `maintenance`"))
        }
    }

    @Test("the strictest of several limits holds; without one nothing is left out")
    func highestClass() {
        #expect(Permit().highestClass == .sensitive)
        #expect(Permit(obligations: [.redact(above: .internal), .redact(above: .personal)]).highestClass == .internal)
    }

    @Test("a device is told on its command channel, and does not speak there; operators do")
    func commands() {
        for root in ["devices/own", "city/water/own"] {
            #expect(code(AuthoriseTests.own, .subscribe(filter: "\(root)/command/#")) == nil)
            #expect(code(AuthoriseTests.own, .publish(topic: "\(root)/command/reboot")) == .topicNotOwn)
            #expect(code(AuthoriseTests.eva, .publish(topic: "\(root)/command/reboot")) == nil)
            #expect(code(AuthoriseTests.eva, .publish(topic: "\(root)/v")) == .topicNotOwn)
            #expect(code(AuthoriseTests.adam, .publish(topic: "\(root)/command/reboot")) == .notPermitted)
        }
    }

    @Test("operators use applications' topics; a device has its own below its name")
    func applications() {
        #expect(code(AuthoriseTests.eva, .publish(topic: "billing/run")) == nil)
        #expect(code(AuthoriseTests.eva, .publish(topic: "$SYS/x")) == .topicNotOwn)
        #expect(code(AuthoriseTests.eva, .publish(topic: "devices")) == .topicNotOwn)
        #expect(code(AuthoriseTests.own, .publish(topic: "billing/run")) == .topicNotOwn)
        #expect(code(AuthoriseTests.own, .publish(topic: "devices/own/app/debug")) == nil)
        #expect(rules.generation == 7)
    }
}
