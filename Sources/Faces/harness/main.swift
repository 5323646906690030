import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Logging
import MQTTListener
import PKI
import ServiceLifecycle
import TransparencyLog

let dir = CityDirectory(CommandLine.arguments[1])
let n = Int(CommandLine.arguments[2])!
try? FileManager.default.removeItem(atPath: dir.path)
try DurableFile.makeFolder(dir.path, mode: 0o700)
try DurableFile.write("x".utf8, to: dir.configuration, mode: 0o600)
var logger = Logger(label: "h")
let store = try CertificateStore.create(in: dir, organisation: "T", domain: "t.example", now: Date())
_ = try store.renewServerCertificate(dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], now: Date())
let city = try City.open(dir, City.Parts(origin: "t.example/ledger", signer: try NoteSigner(name: "t.example/ledger"), chains: try ChainVerifier(authority: store.authority), catalogue: try Catalogue.shipped(), clock: .system, logger: logger))
let t0 = Date()
try DurableFile.makeFolder(dir.path + "/dev", mode: 0o700)
for i in 0..<n {
    let d = try await city.enrol(EnrolmentRequest(id: "dev\(i)"), with: store.authority, by: .service("bench")).get()
    try DurableFile.write(d.keyPEM.utf8, to: dir.path + "/dev/\(i).key", mode: 0o600)
    try DurableFile.write(d.certificatePEM.utf8, to: dir.path + "/dev/\(i).crt", mode: 0o600)
}
print("enrolled", n, Date().timeIntervalSince(t0))
var s = MQTTSettings(address: .init(host: "127.0.0.1", port: 18883), certificateChainFile: store.serverFiles.chain, privateKeyFile: store.serverFiles.key, authorityFile: store.rootFile)
let l = MQTTListener(city: city, settings: s, connections: ConnectionDirectory(), logger: logger) { print("ready", $0) }
try await ServiceGroup(services: [l], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
city.close()
print(city.metrics.observationCount, try city.views.history.totals(), city.journalBytes)
