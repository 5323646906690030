import CityPath
import CityStorage
import Foundation

/// A setting that was given on the command line.
struct SettingOverride: Sendable {
    let key: String
    let value: String
    /// How it was given: `--mqtt`, or `--set listen.mqtt`.
    let flag: String

    /// A value from a flag of its own, where it was given.
    static func flag(_ flag: String, _ key: String, _ value: String?) -> SettingOverride? {
        value.map { SettingOverride(key: key, value: $0, flag: flag) }
    }

    /// From `--set KEY=VALUE`; without `=` the value is empty and the key unknown.
    init(set text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        self.init(key: parts.count == 2 ? parts[0] : "", value: parts.last ?? "", flag: "--set \(parts[0])")
    }

    private init(key: String, value: String, flag: String) {
        self.key = key
        self.value = value
        self.flag = flag
    }
}

/// All mistakes of a configuration at once, in the order of their lines.
struct ConfigurationMistakes: Error, Sendable, CustomStringConvertible {
    let mistakes: [ConfigurationError]

    /// One line each.
    var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

extension CityConfiguration {
    /// Where a value comes from.
    enum Origin: String, Sendable, Encodable {
        case standard = "default"
        case file = "city.yaml"
        case environment
        case flag
    }

    /// A configuration and where each of its values comes from.
    struct Reading: Sendable {
        let configuration: CityConfiguration
        let origins: [String: Origin]
    }

    /// Reads a city's configuration: flags before environment before `city.yaml` before defaults.
    ///
    /// - Parameters:
    ///   - directory: The city's.
    ///   - environment: Where `BASTIDE_…` is looked up.
    ///   - overrides: From flags, the weakest first.
    /// - Returns: The configuration, and where each value comes from.
    /// - Throws: `StorageError` when there is no `city.yaml`; ``ConfigurationMistakes`` with every mistake in it.
    static func read(
        _ directory: CityDirectory, environment: [String: String] = ProcessInfo.processInfo.environment,
        overrides: [SettingOverride] = []
    ) throws -> Reading {
        guard directory.isCity else {
            throw StorageError(
                .missing, "there is no city in \(directory.path): make one with `bastide init \(directory.path)`")
        }
        guard let text = try? String(contentsOfFile: directory.configuration, encoding: .utf8) else {
            throw StorageError(.inputOutput, "\(directory.configuration) cannot be read: check its permissions")
        }
        var reader = ConfigurationReader()
        reader.read(file: directory.configuration, text: text)
        reader.read(environment: environment)
        reader.read(overrides: overrides)
        return try reader.finish(file: directory.configuration)
    }
}

/// Collects values and mistakes from all sources, the weakest first.
private struct ConfigurationReader {
    private var configuration = CityConfiguration()
    private var origins: [String: CityConfiguration.Origin] = [:]
    private var mistakes: [ConfigurationError] = []
    /// Whether the file could be read at all: what is missing from one that could not is not worth telling.
    private var isFileRead = false

    mutating func read(file: String, text: String) {
        collecting { reader throws(ConfigurationError) in
            let root = try YAMLPlace(parsing: text, file: file)
            for (name, place) in try root.members() { reader.read(name, at: place) }
            reader.isFileRead = true
        }
    }

    private mutating func read(_ name: String, at place: YAMLPlace) {
        if let setting = CityConfiguration.settings.first(where: { $0.key == name }) {
            return take(setting, from: place)
        }
        let section = CityConfiguration.settings.filter { $0.path.section == name }
        guard !section.isEmpty else {
            return refuse(name, at: place, expected: ConfigurationReader.topNames)
        }
        collecting { reader throws(ConfigurationError) in
            for (key, value) in try place.members() {
                if let setting = section.first(where: { $0.path.name == key }) {
                    reader.take(setting, from: value)
                } else {
                    reader.refuse(key, at: value, expected: section.map(\.path.name))
                }
            }
        }
    }

    private mutating func take(_ setting: Setting, from place: YAMLPlace) {
        collecting { reader throws(ConfigurationError) in
            let source = try SettingSource(place)
            // `key:` with nothing behind it leaves the default.
            if case .scalar("") = source.content, !setting.isRequired { return }
            try setting.apply(source, to: &reader.configuration)
        }
        origins[setting.key] = .file
    }

    mutating func read(environment: [String: String]) {
        for setting in CityConfiguration.settings {
            guard let text = environment[setting.environmentName] else { continue }
            collecting { reader throws(ConfigurationError) in
                let source = SettingSource(text: text, given: "environment \(setting.environmentName)")
                try setting.apply(source, to: &reader.configuration)
            }
            origins[setting.key] = .environment
        }
    }

    mutating func read(overrides: [SettingOverride]) {
        for override in overrides {
            guard let setting = CityConfiguration.settings.first(where: { $0.key == override.key }) else {
                mistakes.append(
                    ConfigurationError(
                        file: override.flag, line: 0,
                        message: "expected KEY=VALUE with a key that `bastide settings` lists"))
                continue
            }
            collecting { reader throws(ConfigurationError) in
                try setting.apply(
                    SettingSource(text: override.value, given: override.flag), to: &reader.configuration)
            }
            origins[setting.key] = .flag
        }
    }

    func finish(file: String) throws -> CityConfiguration.Reading {
        var all = mistakes
        for setting in CityConfiguration.settings
        where isFileRead && setting.isRequired && origins[setting.key] == nil {
            all.append(
                ConfigurationError(
                    file: file, line: 0, message: "`\(setting.key)` is missing; expected \(setting.expected)"))
        }
        if all.isEmpty { all = configuration.bridgeMistakes }
        guard all.isEmpty else {
            throw ConfigurationMistakes(mistakes: all.sorted { ($0.file, $0.line) < ($1.file, $1.line) })
        }
        return CityConfiguration.Reading(configuration: configuration, origins: origins)
    }

    private mutating func refuse(_ name: String, at place: YAMLPlace, expected: [String]) {
        let names = expected.map { "`\($0)`" }.joined(separator: ", ")
        mistakes.append(
            ConfigurationError(
                file: place.file, line: place.keyLine, message: "unknown key `\(name)`; expected one of \(names)"))
    }

    private mutating func collecting(
        _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Void
    ) {
        do throws(ConfigurationError) {
            try body(&self)
        } catch {
            mistakes.append(error)
        }
    }

    private static let topNames: [String] = CityConfiguration.settings.reduce(into: []) { names, setting in
        let name = setting.path.section ?? setting.key
        if !names.contains(name) { names.append(name) }
    }
}
