import CityContext
import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import Logging
import PKI
import WebConsole

/// What all endpoints share.
final class HTTPShared: Sendable {
    let city: City
    let authority: CertificateAuthority
    let settings: HTTPSettings
    let devices: ConnectedDevices
    let logger: Logger
    let renderer: ConsoleRenderer
    let vocabulary: Vocabulary
    let openAPI: OpenAPIDocument
    let gate: Gate
    let bodies: BodyReader
    let rate = RateMeter()
    let notices = Notices()
    let conditionsCache = ConditionsCache()
    let contexts: ContextCatalog
    let egress: any Egress
    let federation: Federation
    /// For reads of SQLite and answers that take long to make.
    let pool = BlockingPool(threads: 2, bound: 512)

    init(
        city: City, authority: CertificateAuthority, settings: HTTPSettings, devices: ConnectedDevices,
        egress: any Egress, logger: Logger
    ) throws {
        self.city = city
        self.egress = egress
        contexts = ContextCatalog(
            store: city.views.context, base: "https://\(settings.domain)/ngsi-ld/v1/jsonldContexts/", egress: egress,
            city: ContextCatalog.City(
                change: { tenant, kept, removed in
                    try await city.path.change(at: city.views.desk) { draft in
                        for id in removed where draft.document(.context, tenant: tenant, id: id) != nil {
                            draft.put(.context, tenant: tenant, id: id, nil)
                        }
                        if let kept { draft.put(.context, tenant: tenant, id: kept.localId, kept.stored) }
                    }
                }, now: { city.clock.now.microseconds }))
        federation = Federation(
            name: "bastide-\(settings.domain)-\(String(city.ledger.verifierKey.fingerprint, radix: 36))",
            registrations: city.views.registrations, contexts: contexts, egress: egress,
            now: { city.clock.now.microseconds })
        self.authority = authority
        self.settings = settings
        self.devices = devices
        self.logger = logger
        renderer = try ConsoleRenderer(leafletDirectory: settings.leafletDirectory)
        vocabulary = Vocabulary(json: renderer.assets.asset(named: "vocabulary.json")?.bytes ?? [])
        openAPI = try OpenAPIDocument()
        gate = Gate(accounts: city.accounts, path: city.path, cityName: settings.cityName, pool: pool)
        bodies = BodyReader(maximumBytes: settings.maximumBodyBytes)
    }

    /// The city as pages show it.
    var consoleCity: ConsoleCity { ConsoleCity(name: settings.cityName, isSimulation: settings.isSimulation) }

    func start() {
        pool.start()
        gate.passwords.start()
    }

    func stop() async {
        await gate.passwords.stop()
        await pool.stop()
    }
}

extension String {
    /// 64 bits that tell one text from another (FNV-1a); nothing secret rests on it.
    fileprivate var fingerprint: UInt64 {
        utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
