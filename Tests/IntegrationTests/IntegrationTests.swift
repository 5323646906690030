/// Tests of the built program, from outside: started as a user starts it, spoken with as devices and people speak,
/// killed as machines are.
///
/// - Takes: the program at `BASTIDE_BINARY`, else `.build/release/bastide`, else `.build/debug/bastide`.
/// - Gives: what no test of a part can say: what is acknowledged survives, who is refused stays out, and says why.
/// - Owns: one folder for each city, below the temporary directory; it goes away with its test.
/// - Relies on: loopback ports that the system chooses. Mosquitto's clients and OpenSSL where they are installed, the
///   readings of the Numenta Anomaly Benchmark where they are beside the package, mounting a file system where that is
///   permitted; tests that need one of these say so when they are skipped.
import Foundation
import Testing

/// The program under test.
enum BuiltProgram {
    /// The package's folder.
    static let package = String(#filePath.dropLast("/Tests/IntegrationTests/IntegrationTests.swift".count))

    /// Where the program is; nil when it was not built.
    static let path: String? = {
        let given = ProcessInfo.processInfo.environment["BASTIDE_BINARY"].map { [$0] }
        let candidates = given ?? ["\(package)/.build/release/bastide", "\(package)/.build/debug/bastide"]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    static let isThere = path != nil
    static let absence: Comment = "there is no program to test: `swift build -c release`, or set BASTIDE_BINARY"
}

/// All integration tests, one at a time: each has a city to itself, and some measure how long the city takes.
@Suite("The built program", .serialized, .enabled(if: BuiltProgram.isThere, BuiltProgram.absence))
struct BuiltProgramTests {}
