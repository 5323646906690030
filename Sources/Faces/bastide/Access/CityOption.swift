import ArgumentParser
import CityStorage
import Foundation

/// Which city a command is about.
struct CityOption: ParsableArguments {
    @Option(
        name: .customLong("city"),
        help: ArgumentHelp(
            "The city's directory. Without it: BASTIDE_CITY, else the current directory if it holds a city.yaml.",
            valueName: "dir"), completion: .directory)
    var path: String?

    /// The directory, or why there is none.
    func directory() throws -> CityDirectory {
        if let path { return try CityOption.city(at: path, named: "--city") }
        if let path = ProcessInfo.processInfo.environment["BASTIDE_CITY"], !path.isEmpty {
            return try CityOption.city(at: path, named: "BASTIDE_CITY")
        }
        let here = CityDirectory(FileManager.default.currentDirectoryPath)
        guard here.isCity else {
            throw CommandFailure(
                .unavailable,
                "which city? Give --city DIR, set BASTIDE_CITY, or run in a directory that holds a city.yaml")
        }
        return here
    }

    private static func city(at path: String, named origin: String) throws -> CityDirectory {
        let directory = CityDirectory(absolute(path))
        guard directory.isCity else {
            throw CommandFailure(
                .unavailable, "there is no city in \(path) (from \(origin)): make one with `bastide init \(path)`")
        }
        return directory
    }

    /// A path that does not depend on the current directory.
    static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return (whole as NSString).standardizingPath
    }
}

/// How a command prints its result.
struct OutputOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON.")
    var isJSON = false
}
