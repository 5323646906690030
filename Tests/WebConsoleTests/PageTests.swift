import Testing
import WebConsole

@Suite("Pages")
struct PageTests {
    let renderer: ConsoleRenderer

    init() throws { renderer = try ConsoleRenderer() }

    @Test("sign-in says the same whichever of name and password is wrong, and never shows a password")
    func signInFailure() {
        let document = renderer.render(
            .signIn(SignInPage(city: Fixtures.frame("x").city, csrf: "t", name: "amelie", failure: .refused)))
        #expect(document.contains("Name or password is wrong"))
        #expect(document.contains("value=\"amelie\""))
        let password = MarkupScanner.tags(of: document).first { $0["type"] == "password" }
        #expect(password?["value"] == nil)
    }

    @Test("a form that came after the session's end is said not to have been carried out")
    func expired() {
        let city = Fixtures.frame("x").city
        let expired = renderer.render(.signedOut(SignedOutPage(city: city, hasExpired: true)))
        #expect(expired.contains("What you just sent was not carried out"))
        let left = renderer.render(.signedOut(SignedOutPage(city: city)))
        #expect(!left.contains("What you just sent"))
    }

    @Test("revoking promises what the city does, and no list that it does not publish")
    func revocation() {
        let document = renderer.render(Fixtures.device("x", confirming: .revoke))
        #expect(document.contains("refused for ever"))
        #expect(!document.contains("revocation list"))
    }

    @Test("a chart's readout is not read out loud with each new value")
    func readout() throws {
        let chart = try #require(renderer.assets.asset(named: "js/history-chart.js"))
        let text = String(decoding: chart.bytes, as: UTF8.self)
        let lines = text.split(separator: "\n").filter { $0.contains("aria-live") }
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains("visually-hidden") })
    }

    @Test(
        "sign-in says how long to wait",
        arguments: [
            (1, "1 second"), (45, "45 seconds"), (150, "3 minutes"), (7_200, "2 hours"), (604_800, "7 days"),
            (-5, "1 second"),
        ])
    func rateLimit(seconds: Int, words: String) {
        let page = SignInPage(city: Fixtures.frame("x").city, csrf: "t", failure: .rateLimited(waitSeconds: seconds))
        #expect(renderer.render(.signIn(page)).contains("Wait \(words), then"))
    }

    @Test("a withheld value offers no proof, which would tell it, and no chart")
    func withheld() {
        let row = ObservationRow(
            attribute: "name", value: .withheld, observedAt: Fixtures.moment, dataClass: .personal, isProvable: true)
        let document = renderer.render(
            .entity(
                EntityPage(
                    frame: Fixtures.frame("x"), id: "urn:x:1", type: "T", name: "n", state: .normal, observations: [row]
                )))
        #expect(document.contains("Withheld"))
        #expect(!document.contains("/api/v1/ledger/proof"))
        #expect(!document.contains("data-series"))
    }

    @Test("what is measured stands before what stays")
    func order() {
        let rows = [("name", ObservedValue.text("n")), ("pm10", .number(21.5)), ("isOpen", .boolean(true))].map {
            ObservationRow(attribute: $0.0, value: $0.1, observedAt: Fixtures.moment, dataClass: .public)
        }
        let document = renderer.render(
            .entity(
                EntityPage(
                    frame: Fixtures.frame("x"), id: "urn:x:1", type: "T", name: "n", state: .normal, observations: rows)
            ))
        let shown = MarkupScanner.tags(of: document).compactMap { $0["data-attribute"] }
        #expect(shown == ["pm10", "name", "isOpen"])
    }

    @Test("an alert about no entity leads to its device, in the overview's feed too")
    func deviceAlert() {
        let alert = AlertRow(
            id: 7, severity: .critical, title: "Identity in two places", text: "", device: "wm-022",
            observedAt: Fixtures.moment)
        let counts = CityCounts(
            devicesConnected: 1, readingsPerSecond: 1, openAlerts: 1, refusalsLastHour: 0, ledgerSize: 1)
        let document = renderer.render(
            .overview(
                OverviewPage(
                    frame: Fixtures.frame("x"), counts: counts, alerts: [alert], refusals: [], entities: [], tiles: nil)
            ))
        #expect(document.contains("device <a href=\"/devices/wm-022\">wm-022</a>"))
    }

    @Test("a reading's proof is asked for with its exact time, to the microsecond")
    func proofLink() {
        let row = ObservationRow(
            attribute: "pm10", value: .number(21.5), unitCode: "GQ",
            observedAt: ConsoleTime(microseconds: 1_777_629_600_000_001), dataClass: .public)
        let document = renderer.render(
            .entity(
                EntityPage(
                    frame: Fixtures.frame("x"), id: "urn:x:1", type: "T", name: "n", state: .normal, observations: [row]
                )))
        let moment = "2026-05-01T10%3A00%3A00.000001Z"
        #expect(
            document.contains(
                "/api/v1/ledger/proof?entity=urn%3Ax%3A1&amp;attribute=pm10&amp;observedAt=\(moment)"
            ))
        #expect(document.contains("µg/m³"))
    }

    @Test("an alert can be acknowledged only while it is open and by those who may")
    func acknowledgement() {
        func document(mayAcknowledge: Bool) -> String {
            renderer.render(
                .alerts(
                    AlertsPage(
                        frame: Fixtures.frame("x"), filter: .all, rows: Fixtures.alerts("x"), acknowledgedCount: 1,
                        paging: Fixtures.paging(2), mayAcknowledge: mayAcknowledge)))
        }
        #expect(document(mayAcknowledge: true).contains("/alerts/1/acknowledge"))
        #expect(!document(mayAcknowledge: true).contains("/alerts/2/acknowledge"))
        #expect(!document(mayAcknowledge: false).contains("/acknowledge\""))
    }

    @Test("a device offers what its status allows, and asks before it does it")
    func deviceActions() {
        func document(_ status: ConsoleDeviceStatus, confirming: DeviceAction?, mayChange: Bool = true) -> String {
            var device = Fixtures.deviceRow("aq-1")
            device.status = status
            let certificate = DeviceCertificate(
                serialNumber: "1", notAfter: Fixtures.moment, daysLeft: 300, spiffeID: "spiffe://x/y")
            return renderer.render(
                .device(
                    DevicePage(
                        frame: Fixtures.frame("x"), device: device, certificate: certificate,
                        enrolledAt: Fixtures.moment, entities: [], refusals: [], mayChange: mayChange,
                        confirming: confirming)))
        }
        #expect(document(.active, confirming: nil).contains("?confirm=suspend"))
        #expect(!document(.active, confirming: nil).contains("action=\"/devices/aq-1/suspend\""))
        #expect(document(.active, confirming: .suspend).contains("action=\"/devices/aq-1/suspend\""))
        #expect(document(.active, confirming: .revoke).contains("name=\"understood\""))
        #expect(!document(.active, confirming: .resume).contains("action=\"/devices/aq-1/resume\""))
        #expect(!document(.revoked, confirming: .resume).contains("action=\"/devices/aq-1"))
        #expect(!document(.active, confirming: .revoke, mayChange: false).contains("action=\"/devices/aq-1"))
    }

    @Test("the checkpoint is shown byte for byte: a browser drops nothing of it")
    func checkpoint() {
        let checkpoint = "city.example/log\n42\nAAAA=\n\n\u{2014} city.example/log BBBB=\n"
        let page = LedgerPage(
            frame: Fixtures.frame("x"), origin: "city.example/log", size: 42, rootHash: "AAAA=", checkpoint: checkpoint,
            verifierKey: "k", batches: [], verifyCommand: "bastide ledger verify")
        #expect(renderer.render(.ledger(page)).contains("tabindex=\"0\">\(checkpoint)</pre>"))
    }

    @Test("without Leaflet the overview says how to install it and lists the entities")
    func withoutLeaflet() throws {
        let renderer = try ConsoleRenderer(leafletDirectory: "/nonexistent")
        let document = renderer.render(Fixtures.overview("Pont Vieux"))
        #expect(renderer.assets.leaflet == nil)
        #expect(document.contains("apt install libjs-leaflet"))
        #expect(!document.contains("leaflet/leaflet.js"))
        #expect(document.contains("href=\"/entities/Pont%20Vieux\""))
    }

    @Test(
        "a list's page is brought into range, whatever is asked for",
        arguments: [nil, 0, -7, 1, 3, 4, Int.max, Int.min])
    func paging(requested: Int?) {
        let paging = Paging(requested: requested, size: 25, total: 51)
        #expect(paging.pageCount == 3)
        #expect((1...3).contains(paging.page))
        #expect((0...50).contains(paging.offset))
        #expect(Paging(requested: requested, size: 0, total: 0).offset == 0)
        #expect(Paging(requested: requested, size: -1, total: .max).page >= 1)
    }
}
