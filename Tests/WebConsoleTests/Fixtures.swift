import WebConsole

/// Pages to render: empty ones, and ones in which every text is the same given text.
enum Fixtures {
    static let moment = ConsoleTime(microseconds: 1_777_629_600_250_000)

    static func frame(_ text: String = "") -> ConsoleFrame {
        ConsoleFrame(
            city: ConsoleCity(name: text, isSimulation: true), user: ConsoleUser(name: text, role: text), csrf: text,
            openAlerts: 2, notice: text.isEmpty ? nil : .problem(text))
    }

    static func paging(_ total: Int) -> Paging { Paging(requested: 2, size: 1, total: total) }

    /// Every page with nothing in it.
    static let empty: [ConsolePage] = [
        .signIn(SignInPage(city: frame().city, csrf: "")),
        .signedOut(SignedOutPage(city: frame().city)),
        .overview(
            OverviewPage(
                frame: frame(),
                counts: CityCounts(
                    devicesConnected: 0, readingsPerSecond: 0, openAlerts: 0, refusalsLastHour: 0, ledgerSize: 0),
                alerts: [], refusals: [], entities: [])),
        .entities(EntitiesPage(frame: frame(), filter: EntityFilter(), types: [], rows: [], paging: paging(0))),
        .entity(EntityPage(frame: frame(), id: "", type: "", name: "", state: .offline, observations: [])),
        .devices(DevicesPage(frame: frame(), filter: DeviceFilter(), rows: [], paging: paging(0))),
        .device(
            DevicePage(
                frame: frame(),
                device: DeviceRow(
                    id: "", type: "", status: .revoked, isConnected: false, agency: "", zone: "", lastSeen: nil),
                certificate: DeviceCertificate(serialNumber: "", notAfter: moment, daysLeft: -1, spiffeID: ""),
                enrolledAt: moment, entities: [], refusals: [], mayChange: false)),
        .sessions(SessionsPage(frame: frame(), filter: SessionFilter(), rows: [], paging: paging(0))),
        .session(
            SessionPage(
                frame: frame(), session: sessionRow("", isConnected: false), device: nil, expirySeconds: nil,
                subscriptions: [], mayChange: false)),
        .alerts(
            AlertsPage(
                frame: frame(), filter: .open, rows: [], acknowledgedCount: 0, paging: paging(0), mayAcknowledge: false)
        ),
        .refusals(RefusalsPage(frame: frame(), filter: RefusalFilter(), rows: [], paging: paging(0))),
        .ledger(
            LedgerPage(
                frame: frame(), origin: "", size: 0, rootHash: "", checkpoint: "", verifierKey: "", batches: [],
                verifyCommand: "")),
        .error(ErrorPage(city: frame().city, frame: nil, status: 500, message: "")),
    ]

    /// Every page with `text` wherever text can be; the forms that depend on rights and states are there.
    static func full(_ text: String) -> [ConsolePage] {
        let frame = frame(text)
        return [
            .signIn(SignInPage(city: frame.city, csrf: text, name: text, failure: .refused, returnTo: "/ledger")),
            .signIn(SignInPage(city: frame.city, csrf: text, failure: .rateLimited(waitSeconds: 30))),
            .signedOut(SignedOutPage(city: frame.city, hasExpired: true)),
            overview(text),
            .entities(
                EntitiesPage(
                    frame: frame, filter: EntityFilter(type: text, text: text), types: [text],
                    rows: [entityRow(text)], paging: paging(3))),
            entity(text),
            .devices(
                DevicesPage(
                    frame: frame, filter: DeviceFilter(status: .active, isConnected: true, text: text),
                    rows: [deviceRow(text)], paging: paging(3))),
            device(text, confirming: nil), device(text, confirming: .suspend), device(text, confirming: .revoke),
            .sessions(
                SessionsPage(
                    frame: frame, filter: SessionFilter(isConnected: true, text: text),
                    rows: [sessionRow(text), sessionRow(text, isConnected: false)], paging: paging(3))),
            session(text, confirming: nil), session(text, confirming: .disconnect), session(text, confirming: .end),
            .alerts(
                AlertsPage(
                    frame: frame, filter: .all, rows: alerts(text), acknowledgedCount: 1, paging: paging(3),
                    mayAcknowledge: true)),
            .refusals(
                RefusalsPage(
                    frame: frame, filter: RefusalFilter(step: .commit, text: text), rows: [refusal(text)],
                    paging: paging(3))),
            ledger(text),
            .error(ErrorPage(city: frame.city, frame: frame, status: 404, message: text, advice: text)),
        ]
    }

    static func entityRow(_ text: String) -> EntityRow {
        EntityRow(id: text, type: text, name: text, state: .alert, summary: text, observedAt: moment)
    }

    static func deviceRow(_ text: String) -> DeviceRow {
        DeviceRow(
            id: text, name: text, type: text, status: .active, isConnected: true, agency: text, zone: text,
            lastSeen: moment)
    }

    static func sessionRow(_ text: String, isConnected: Bool = true) -> SessionRow {
        var counts = SessionCounts()
        counts.dropped = 1
        counts.heldBack = 2
        return SessionRow(
            owner: text, clientIdentifier: text, address: isConnected ? text : nil,
            disconnectedSince: isConnected ? nil : moment, version: text, subscriptionCount: 1, counts: counts)
    }

    static func session(_ text: String, confirming: SessionAction?) -> ConsolePage {
        .session(
            SessionPage(
                frame: frame(text), session: sessionRow(text), device: text, expirySeconds: 60,
                subscriptions: [SubscriptionRow(filter: text, qos: 1)], mayChange: true, confirming: confirming))
    }

    static func alerts(_ text: String) -> [AlertRow] {
        let entity = EntityLink(id: text, name: text)
        let acknowledgement = ConsoleAcknowledgement(by: text, at: moment, note: text)
        return [
            AlertRow(
                id: 1, severity: .critical, title: text, text: text, entity: entity, device: text, observedAt: moment),
            AlertRow(
                id: 2, severity: .notice, title: text, text: text, entity: entity, device: text, observedAt: moment,
                acknowledgement: acknowledgement),
        ]
    }

    static func refusal(_ text: String) -> RefusalRow {
        RefusalRow(
            principal: text, source: text, step: .understand, code: text, message: text, count: 3, last: moment)
    }

    static func overview(_ text: String, tiles: TileLayer? = nil) -> ConsolePage {
        let counts = CityCounts(
            devicesConnected: 1, readingsPerSecond: 2, openAlerts: 3, refusalsLastHour: 4, ledgerSize: 5)
        return .overview(
            OverviewPage(
                frame: frame(text), counts: counts, alerts: alerts(text), refusals: [refusal(text)],
                entities: [entityRow(text)], tiles: tiles))
    }

    static func entity(_ text: String) -> ConsolePage {
        let values: [ObservedValue] = [
            .number(1), .boolean(true), .text(text), .structured(json: text), .relationship(entity: text), .withheld,
        ]
        let observations = values.map { value in
            ObservationRow(
                attribute: text, value: value, unitCode: text, observedAt: moment, dataClass: .personal,
                anomaly: AnomalyScore(score: 9, threshold: 4))
        }
        return .entity(
            EntityPage(
                frame: frame(text), id: text, type: text, name: text, state: .alert,
                location: ConsolePoint(latitude: 44, longitude: 1), device: text, agency: text, zone: text,
                observations: observations, alerts: alerts(text), mayAcknowledge: true))
    }

    static func device(_ text: String, confirming: DeviceAction?) -> ConsolePage {
        let certificate = DeviceCertificate(serialNumber: text, notAfter: moment, daysLeft: 3, spiffeID: text)
        return .device(
            DevicePage(
                frame: frame(text), device: deviceRow(text), certificate: certificate, enrolledAt: moment,
                statusReason: text, statusChangedAt: moment, entities: [EntityLink(id: text, name: text)],
                refusals: [refusal(text)], mayChange: true, confirming: confirming))
    }

    static func ledger(_ text: String) -> ConsolePage {
        let batch = BatchRow(sequence: 1, committedAt: moment, entryCount: 1, readingsRoot: text)
        return .ledger(
            LedgerPage(
                frame: frame(text), origin: text, size: 1, rootHash: text, checkpoint: text, verifierKey: text,
                batches: [batch], verifyCommand: text))
    }
}
