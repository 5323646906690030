import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Logging
import PKI
import TransparencyLog

/// From a directory to an open city: configuration, catalogue and keys are read, held against each other, and given to
/// `City.open`. Who opens a city, opens it here.
enum CityAccess {
    /// An open city with what was read to open it.
    typealias Opened = (city: City, configuration: CityConfiguration, certificates: CertificateStore)

    /// Opens the city in a directory.
    ///
    /// - Parameters:
    ///   - directory: The city's.
    ///   - logger: Where the city logs.
    ///   - overrides: Settings from flags.
    /// - Returns: The open city, its configuration and its certificates.
    /// - Throws: ``ConfigurationMistakes`` or `ConfigurationError` for a wrong file, `StorageError` for a missing or
    ///   damaged one or when another program has the city open, `PKIError` or `NoteError` for a wrong key.
    static func open(_ directory: CityDirectory, logger: Logger, overrides: [SettingOverride] = []) throws -> Opened {
        let configuration = try CityConfiguration.read(directory, overrides: overrides).configuration
        return try open(directory, configuration, logger: logger)
    }

    /// Opens the city in a directory with a configuration that was read before.
    ///
    /// - Parameters:
    ///   - directory: The city's.
    ///   - configuration: Its configuration.
    ///   - logger: Where the city logs.
    /// - Returns: The open city, its configuration and its certificates.
    /// - Throws: As ``open(_:logger:overrides:)``.
    static func open(
        _ directory: CityDirectory, _ configuration: CityConfiguration, logger: Logger
    ) throws -> Opened {
        let certificates = try certificates(of: directory, domain: configuration.domain)
        let catalogue = try catalogue(of: directory)
        var parts = City.Parts(
            origin: configuration.ledgerOrigin,
            signer: try signer(of: directory, origin: configuration.ledgerOrigin),
            chains: try ChainVerifier(authority: certificates.authority), catalogue: catalogue,
            topics: configuration.topics,
            isInZone: { configuration.isInZone($0, address: $1) }, clock: .system, logger: logger)
        parts.bridges = Dictionary(uniqueKeysWithValues: configuration.bridges.map { ($0.name, $0.rights) })
        parts.payloads = try payloads(of: directory, catalogue: catalogue, topics: configuration.topics)
        try OwnersFiles.close(directory)
        let city = try OwnersFiles.making { try City.open(directory, parts) }
        return (city, configuration, certificates)
    }

    /// The city's certificate authority, which must be of the configured domain.
    static func certificates(of directory: CityDirectory, domain: String) throws -> CertificateStore {
        let certificates = try CertificateStore(reading: directory)
        let trustDomain = certificates.authority.trustDomain
        guard trustDomain == domain else {
            throw ConfigurationError(
                file: directory.configuration, line: 0,
                message:
                    "`city.domain` is `\(domain)`, but the certificates in \(directory.pki) are of `\(trustDomain)`")
        }
        return certificates
    }

    /// The shipped catalogue with the city's own laid over it.
    static func catalogue(of directory: CityDirectory) throws -> Catalogue {
        let shipped = try Catalogue.shipped()
        guard FileManager.default.fileExists(atPath: directory.catalogue) else { return shipped }
        guard let text = try? String(contentsOfFile: directory.catalogue, encoding: .utf8) else {
            throw StorageError(.inputOutput, "\(directory.catalogue) cannot be read as UTF-8 text")
        }
        return shipped.overlaid(with: try Catalogue(yaml: text, named: directory.catalogue))
    }

    /// The shipped mappings of payloads with the city's own laid over them.
    static func payloads(
        of directory: CityDirectory, catalogue: Catalogue, topics: TopicScheme
    ) throws -> PayloadMappings {
        let shipped = try PayloadMappings.shipped(catalogue: catalogue, topics: topics)
        guard FileManager.default.fileExists(atPath: directory.payloads) else { return shipped }
        guard let text = try? String(contentsOfFile: directory.payloads, encoding: .utf8) else {
            throw StorageError(.inputOutput, "\(directory.payloads) cannot be read as UTF-8 text")
        }
        return try PayloadMappings(
            yaml: text, named: directory.payloads, over: shipped, catalogue: catalogue, topics: topics)
    }

    /// The ledger's key, which must bear the log's name.
    static func signer(of directory: CityDirectory, origin: String) throws -> NoteSigner {
        guard let text = try? String(contentsOfFile: directory.ledgerKey, encoding: .utf8) else {
            throw StorageError(
                .missing, "\(directory.ledgerKey) cannot be read: without it the city cannot sign its ledger")
        }
        let signer: NoteSigner
        do {
            signer = try NoteSigner(privateText: text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            throw ConfigurationError(file: directory.ledgerKey, line: 1, message: error.message)
        }
        guard signer.name == origin else {
            throw ConfigurationError(
                file: directory.ledgerKey, line: 1,
                message: "the key is that of `\(signer.name)`, but by `city.domain` the ledger is `\(origin)`")
        }
        return signer
    }
}
