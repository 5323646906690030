import CityContext
import CityModel
import CityPath
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
    let contextHost: ContextHost
    let contexts: ContextCatalog
    let egress: any Egress
    /// For reads of SQLite and answers that take long to make.
    let pool = BlockingPool(threads: 2, bound: 512)

    init(
        city: City, authority: CertificateAuthority, settings: HTTPSettings, devices: ConnectedDevices,
        egress: any Egress, logger: Logger
    ) throws {
        self.city = city
        self.egress = egress
        let host = ContextHost(base: "https://\(settings.domain)/ngsi-ld/v1/jsonldContexts/")
        contextHost = host
        contexts = ContextCatalog(
            egress: egress,
            hosted: { url in
                guard url.hasPrefix(host.base), let context = host[String(url.dropFirst(host.base.count))] else {
                    return nil
                }
                return .object(JSONObject([JSONObject.Member(name: "@context", value: context)]))
            }, fetched: { _, _ in })
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
