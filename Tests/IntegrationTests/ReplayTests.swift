import CityModel
import Foundation
import JSONBytes
import Testing
import TimeSeries

extension BuiltProgramTests {
    /// Real readings, all the way in: identities, TLS, MQTT, the path, the journal, the views, the proofs.
    @Suite(
        "Replay of the Numenta Anomaly Benchmark",
        .enabled(if: RecordedFiles.areThere, "the benchmark's files are not at ../shared/data/nab"))
    struct ReplayTests {
        /// What `bastide replay --json` says.
        struct Report: Decodable {
            struct File: Decodable {
                var file: String
                var device: String
                var deviceType: String
                var entity: String
                var readings: Int
                var acknowledged: Int
                var refused: Int
                var firstRefusal: String?
            }
            var files: [File]
        }

        /// Bytes of history that a reading of a road detector may take, its time and anomaly score included.
        private static let bytesPerTrafficReading = 4.0
        /// The attribute that each device type's one value is.
        private static let attributes = [
            "sensor": "value", "road-speed": "averageVehicleSpeed", "road-occupancy": "occupancy",
            "road-travel-time": "travelTime", "room-thermometer": "temperature", "machine-thermometer": "temperature",
            "server-cpu": "cpuUtilization", "server-metric": "value", "market-price": "price",
            "social-mentions": "mentions",
        ]

        @Test(
            "all 35 files: every row acknowledged, kept bit for bit and scored; again, and nothing is added; proofs hold"
        )
        func replay() async throws {
            let paths = try RecordedFiles.all()
            #expect(paths.count == 35)
            let city = try await TestCity.found()
            let files = try await replay(paths, into: city)
            try checkHistory(of: city, files, paths)
            try await checkProofs(in: city, files, paths)

            var journal = JournalContents(of: city)
            try journal.readOn()
            let before = journal.readings
            try await replay(paths, into: city)
            try journal.readOn()
            #expect(journal.readings == before)
            #expect(journal.readings.allSatisfy { $0.value.count == 1 })
            #expect(journal.refusals.isEmpty)
            try await city.checkUp()
        }

        @discardableResult
        private func replay(_ paths: [String], into city: TestCity) async throws -> [Report.File] {
            let output = try await city.succeed(
                ["replay", "--city", city.path, "--json"] + paths, limit: .seconds(120))
            let files = try JSONDecoder().decode(Report.self, from: Data(output.utf8)).files
            #expect(files.count == paths.count)
            for file in files {
                #expect(file.acknowledged == file.readings, "\(file.file): \(file.firstRefusal ?? "")")
                #expect(file.refused == 0, "\(file.file): \(file.firstRefusal ?? "")")
            }
            return files
        }

        private func checkHistory(of city: TestCity, _ files: [Report.File], _ paths: [String]) throws {
            let history = try StoredHistory(of: city)
            for (file, path) in zip(files, paths) {
                let recorded = try RecordedFile(path)
                #expect(file.file == recorded.name)
                let series = try history.series(of: try attribute(of: file), by: file.device)
                #expect(series.readings.count == recorded.readings.count, "\(file.file)")
                let isSame = zip(series.readings, recorded.readings).allSatisfy { stored, row in
                    stored.time == row.observedAt.microseconds && stored.value.bitPattern == row.value.bitPattern
                }
                #expect(isSame, "\(file.file): not what the file says")
                if !file.file.contains("flatline"), !file.file.contains("no_noise"), !file.file.contains("perfect") {
                    #expect(series.readings.contains { $0.quantisedScore > 0 }, "\(file.file): no scores")
                }
                if file.deviceType.hasPrefix("road-") {
                    let bytes = Double(series.bytes) / Double(series.readings.count)
                    #expect(bytes <= ReplayTests.bytesPerTrafficReading, "\(file.file)")
                }
            }
        }

        /// A stranger checks readings of some files with the ledger's key alone; what was touched does not hold.
        private func checkProofs(in city: TestCity, _ files: [Report.File], _ paths: [String]) async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var random = SeededGenerator(seed: seed)
            let proof = city.scratch("proof.json")
            let verify = ["ledger", "verify", proof, "--key-file", "\(city.path)/ledger/ledger.pub"]
            for index in Array(files.indices).shuffled(using: &random).prefix(8) {
                let recorded = try RecordedFile(paths[index])
                let row = try #require(recorded.readings.randomElement(using: &random))
                let time = RFC3339.string(row.observedAt.microseconds)
                try await city.command(
                    "ledger", "prove", "--entity", files[index].entity, "--attribute", try attribute(of: files[index]),
                    "--at", time, "--out", proof)
                let outcome = try await city.bastide(verify)
                #expect(outcome.exited(0), "seed \(seed), \(recorded.name) at \(time): \(outcome.errors)")
                #expect(outcome.output.contains(time.dropLast()), "seed \(seed): \(outcome.output)")
            }
            let text = try String(contentsOfFile: proof, encoding: .utf8)
            let digits = text.indices.filter { text[$0].isHexDigit && text[$0].isNumber }
            let place = try #require(digits.randomElement(using: &random))
            let digit = text[place] == "7" ? "3" : "7"
            try text.replacingCharacters(in: place...place, with: digit).write(
                toFile: proof, atomically: true, encoding: .utf8)
            let outcome = try await city.bastide(verify)
            #expect(outcome.exited(2), "seed \(seed): touched at \(place), and holds: \(outcome.output)")
        }

        private func attribute(of file: Report.File) throws -> String {
            try #require(ReplayTests.attributes[file.deviceType])
        }
    }

    /// A replay that somebody ends.
    @Suite("Stopping a replay")
    struct StoppedReplayTests {
        @Test("says how much was acknowledged, and fails")
        func stopped() async throws {
            let city = try await TestCity.found()
            let server = try await city.serve()
            // Two readings at once, the third in a year.
            let file = city.scratch("slow.csv")
            try Data("timestamp,value\n2024-01-01 00:00:00,1\n2024-01-01 00:00:00,2\n2025-01-01 00:00:00,3\n".utf8)
                .write(to: URL(filePath: file))
            let program = try #require(BuiltProgram.path)
            let replay = try ChildProcess(
                program,
                [
                    "replay", file, "--city", city.path, "--speed", "1", "--type", "sensor", "--mqtt",
                    "127.0.0.1:\(server.ports.mqtt)", "--json",
                ])
            var entity: String?
            while entity == nil {
                let entities = try await server.laboratory.get("/ngsi-ld/v1/entities?type=Device&attrs=value").body
                entity = try entities.array(at: []).first?.string(at: [.member("id")])
            }
            while try await server.laboratory.history(of: "value", of: try #require(entity)).count < 2 {}
            replay.signal(SIGINT)
            let outcome = await replay.outcome()
            #expect(outcome.exited(1), "\(outcome.end)")
            #expect(outcome.output.contains("\"stopped\" : true"), "\(outcome.output)")
            #expect(outcome.output.contains("\"acknowledged\" : 2"), "\(outcome.output)")
            #expect(outcome.errors.contains("stopped: 2 of 3 readings are acknowledged"), "\(outcome.errors)")
            await server.stop()
        }
    }
}
