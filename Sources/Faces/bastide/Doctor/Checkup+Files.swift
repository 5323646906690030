import CityPath
import CityStorage
import CoreFoundation
import Foundation

// Configuration, permissions and room: what can be told without a key.

extension Checkup {
    /// Free space below which commits soon wait, and below which somebody should look.
    private enum Room {
        static let least: Int64 = 256 << 20
        static let comfortable: Int64 = 2 << 30
    }

    /// - Returns: The configuration, if it can be read.
    mutating func checkConfiguration(_ directory: CityDirectory) -> CityConfiguration? {
        do {
            let reading = try CityConfiguration.read(directory)
            let overridden = reading.origins.filter { $0.value == .environment }.keys.sorted()
            fine(
                "configuration",
                "city.yaml is valid"
                    + (overridden.isEmpty ? "" : "; the environment overrides \(overridden.joined(separator: ", "))"))
            return reading.configuration
        } catch {
            problem(
                "configuration", CommandFailure(error)?.message ?? "\(error)",
                "correct the lines named; `bastide settings` explains every key")
            return nil
        }
    }

    mutating func checkCatalogue(_ directory: CityDirectory) {
        do {
            let catalogue = try CityAccess.catalogue(of: directory)
            let own = FileManager.default.fileExists(atPath: directory.catalogue) ? ", the city's own included" : ""
            fine("catalogue", "\(catalogue.deviceTypes.count) device types\(own)")
        } catch {
            problem(
                "catalogue", CommandFailure(error)?.message ?? "\(error)", "correct the line named, or remove the file")
        }
    }

    mutating func checkPayloads(_ directory: CityDirectory, _ configuration: CityConfiguration) {
        // A wrong catalogue is told of by its own check.
        guard let catalogue = try? CityAccess.catalogue(of: directory) else { return }
        do {
            let payloads = try CityAccess.payloads(of: directory, catalogue: catalogue, topics: configuration.topics)
            let own = FileManager.default.fileExists(atPath: directory.payloads) ? ", the city's own included" : ""
            fine("payloads", "\(payloads.layoutCount) layouts, \(payloads.gatewayCount) gateways\(own)")
        } catch {
            problem(
                "payloads", CommandFailure(error)?.message ?? "\(error)", "correct the line named, or remove the file")
        }
    }

    /// Secrets and the folders they are in belong to their owner alone.
    mutating func checkPermissions(_ directory: CityDirectory) {
        var open: [String] = []
        var checked = 0
        func look(_ path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return }
            checked += 1
            if status.st_mode & 0o077 != 0 { open.append(path) }
        }
        for folder in [directory.pki, directory.ledger, directory.data, folder(of: directory.socket)] {
            look(folder)
        }
        look(directory.ledgerKey)
        for path in OwnersFiles.stores(of: directory) { look(path) }
        let operators = directory.path + "/operators"
        let below = [directory.devices, operators].flatMap { parent in
            names(in: parent).map { "\(parent)/\($0)" }
        }
        for folder in [directory.pki] + below {
            for name in names(in: folder) where name.hasSuffix(".key") { look("\(folder)/\(name)") }
        }
        guard !open.isEmpty else {
            return fine("permissions", "\(checked) secrets and folders are their owner's alone")
        }
        let shown = open.prefix(5).joined(separator: "\n") + (open.count > 5 ? "\nand \(open.count - 5) more" : "")
        problem(
            "permissions", "others can read\n\(shown)",
            "chmod go= the files named; if others may have read a key, make a new one")
    }

    private func folder(of path: String) -> String { (path as NSString).deletingLastPathComponent }

    private func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    mutating func checkRoom(_ directory: CityDirectory) {
        guard let free = freeBytes(directory.data) else {
            return problem("disk", "\(directory.data) cannot be asked for room", "check that the disk is there")
        }
        let found = "\(ByteCount.text(free)) free"
        if free < Room.least {
            problem("disk", found, "make room now: commits wait when the disk is full")
        } else if free < Room.comfortable {
            notice("disk", found, "make room soon")
        } else {
            fine("disk", found)
        }
    }

    /// Every connection is an open file to the operating system.
    mutating func checkDescriptors(_ configuration: CityConfiguration) {
        guard let most = DescriptorLimit.highest else {
            return notice("open files", "the system does not say how many there may be", "look at `ulimit -Hn`")
        }
        let needed = DescriptorLimit.needed(for: configuration)
        guard most >= needed else {
            return notice(
                "open files", "at most \(most); with `mqtt.maximumConnections` \(needed) may be needed",
                "raise the limit where the city is served (LimitNOFILE= in its systemd unit, `ulimit -Hn`), or lower "
                    + "the setting")
        }
        fine("open files", "up to \(most), enough for `mqtt.maximumConnections`")
    }

    mutating func checkServing(_ directory: CityDirectory) {
        if UnixSocketPath.answers(directory.socket) {
            return fine("serving", "the city is being served; what it does meanwhile is not part of this check")
        }
        let descriptor = open(directory.lock, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return fine("serving", "nobody has the city open") }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else {
            return notice(
                "serving", "a program has the city open, but does not answer at \(directory.socket)",
                "if it is not another command, look at its log")
        }
        fine("serving", "nobody has the city open")
    }
}
