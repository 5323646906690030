import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import PKI
import TransparencyLog

// Keys, certificates and the clock they are judged by.

extension Checkup {
    /// A certificate that ends within this time is worth a notice.
    private static let warningDays = 30

    mutating func checkAuthority(_ directory: CityDirectory, domain: String?, now: Date) -> CertificateStore? {
        do {
            let store = try CertificateStore(reading: directory)
            let authority = store.authority
            guard domain == nil || authority.trustDomain == domain else {
                problem(
                    "authority", "the certificates are of `\(authority.trustDomain)`, city.yaml says `\(domain ?? "")`",
                    "set `city.domain` back: it cannot change")
                return store
            }
            fine("authority", "root, issuing certificate and key belong together, for \(authority.trustDomain)")
            checkExpiry("root", authority.root, now: now, "found a new city: devices trust this root alone")
            checkExpiry("issuing", authority.issuing, now: now, "issue a new one with root.key")
            if FileManager.default.fileExists(atPath: directory.pki + "/root.key") {
                notice(
                    "root key", "root.key is on this machine",
                    "move it to a safe place: it is needed only to make another issuing certificate")
            } else {
                fine("root key", "not on this machine, as it should be")
            }
            return store
        } catch {
            problem(
                "authority", CommandFailure(error)?.message ?? "\(error)",
                "restore pki/ from a backup: without it no device can be enrolled or recognised")
            return nil
        }
    }

    mutating func checkServerCertificate(_ store: CertificateStore, _ configuration: CityConfiguration?, now: Date) {
        let files = store.serverFiles
        guard let chain = try? String(contentsOfFile: files.chain, encoding: .utf8),
            let keyText = try? String(contentsOfFile: files.key, encoding: .utf8)
        else {
            return notice("server", "there is no server certificate yet", "it is issued when the city is served")
        }
        do throws(PKIError) {
            let certificate = try CertificateDocument(pem: chain)
            guard certificate.isFor(try SigningKey(pem: keyText)) else {
                return problem(
                    "server", "server.key is not the key of server.crt",
                    "remove both: new ones are issued at the next start")
            }
            checkExpiry("server", certificate, now: now, "remove it: a new one is issued at the next start")
        } catch {
            problem(
                "server", error.message, "remove pki/server.crt and server.key: new ones are issued at the next start")
        }
        guard let configuration,
            let names = try? String(contentsOfFile: files.chain.dropLast(4) + ".names", encoding: .utf8)
        else { return }
        let wanted = (configuration.dnsNames + configuration.ipAddresses).joined(separator: "\n")
        if names != wanted {
            notice(
                "server names", "the certificate bears other names than city.yaml",
                "nothing: a new one is issued at the next start")
        }
    }

    private mutating func checkExpiry(_ what: String, _ certificate: CertificateDocument, now: Date, _ advice: String) {
        let name = "\(what) certificate"
        let days = Int((certificate.notAfter.timeIntervalSince(now) / 86_400).rounded(.down))
        let end = String(Timestamp(certificate.notAfter).text.prefix(10))
        if now < certificate.notBefore {
            problem(
                name, "valid only from \(Timestamp(certificate.notBefore).text) on",
                "set this machine's clock: it is behind")
        } else if now > certificate.notAfter {
            problem(name, "ended on \(end)", advice)
        } else if days < Checkup.warningDays {
            notice(name, "ends on \(end), in \(days) days", advice)
        } else {
            fine(name, "good until \(end)")
        }
    }

    /// - Returns: What the ledger is verified with: the key's public half, or ledger.pub where the key cannot be read.
    mutating func checkLedgerKey(_ directory: CityDirectory, origin: String?) -> NoteVerifier? {
        let advice = "restore ledger/ from a backup: a new key is a new ledger to everyone who checks proofs"
        let published = ((try? String(contentsOfFile: directory.ledgerVerifier, encoding: .utf8)) ?? "")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard let text = try? String(contentsOfFile: directory.ledgerKey, encoding: .utf8) else {
            problem("ledger key", "\(directory.ledgerKey) cannot be read", advice)
            return try? NoteVerifier(published)
        }
        do throws(NoteError) {
            let signer = try NoteSigner(privateText: text.trimmingCharacters(in: .whitespacesAndNewlines))
            if let origin, signer.name != origin {
                problem("ledger key", "it is that of `\(signer.name)`, by city.yaml the ledger is `\(origin)`", advice)
            } else if published != signer.verifier.text {
                problem(
                    "ledger key", "ledger.pub is not the public half of ledger.key",
                    "write this line to ledger.pub: \(signer.verifier.text)")
            } else {
                fine("ledger key", signer.verifier.text)
            }
            return signer.verifier
        } catch {
            problem("ledger key", error.message, advice)
            return try? NoteVerifier(published)
        }
    }

    /// The clock decides on certificates and stands in every batch.
    mutating func checkClock(now: Timestamp, newestCommit: Timestamp?) {
        if let newestCommit, now.since(newestCommit) < .seconds(-60) {
            problem(
                "clock", "it is \(now.text), but the newest batch is of \(newestCommit.text)",
                "set the clock (chrony or systemd-timesyncd), or wait until it has caught up")
        } else if now < Timestamp(seconds: 1_735_689_600) {
            problem("clock", "it says \(now.text)", "set the clock: it has lost the time")
        } else {
            fine("clock", now.text)
        }
    }

    /// Devices whose certificates end soon lose the city when they do.
    mutating func checkDevices(_ devices: [DeviceRecord], now: Timestamp) {
        let active = devices.filter { $0.status == .active }
        let ended = active.filter { $0.certificateNotAfter < now }
        let ending = active.filter {
            $0.certificateNotAfter >= now && $0.certificateNotAfter < now + .seconds(Checkup.warningDays * 86_400)
        }
        guard !ended.isEmpty || !ending.isEmpty else {
            return fine(
                "device certificates", "\(active.count) active devices, none ends within \(Checkup.warningDays) days")
        }
        let named = (ended + ending).prefix(5).map(\.id.text).joined(separator: ", ")
        notice(
            "device certificates",
            "\(ended.count) have ended, \(ending.count) end within \(Checkup.warningDays) days: \(named)",
            "`bastide device add ID --replace` gives a device a new one")
    }
}
