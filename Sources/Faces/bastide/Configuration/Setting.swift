import CityPath

/// One line of the table of settings: all that reading, writing and documenting a setting needs.
struct Setting: Sendable {
    /// Where it stands in `city.yaml`: `listen.mqtt` is `mqtt` below `listen`.
    let key: String
    /// What its value looks like, for people: `an address such as 0.0.0.0:8883`.
    let expected: String
    /// What it is for.
    let documentation: String
    /// Whether `city.yaml` must say it.
    let isRequired: Bool
    private let read: @Sendable (SettingSource, inout CityConfiguration) throws(ConfigurationError) -> Void
    private let write: @Sendable (CityConfiguration) -> String

    init<Value>(
        _ key: String, _ place: any WritableKeyPath<CityConfiguration, Value> & Sendable, _ form: SettingForm<Value>,
        isRequired: Bool = false, _ documentation: String
    ) {
        self.key = key
        self.documentation = documentation
        self.isRequired = isRequired
        expected = form.expected
        read = { source, configuration throws(ConfigurationError) in
            configuration[keyPath: place] = try form.parse(source)
        }
        write = { form.write($0[keyPath: place]) }
    }

    /// The section of `city.yaml` and the key within it; a setting at the top has no section.
    var path: (section: String?, name: String) {
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : (nil, key)
    }

    /// `BASTIDE_MQTT_MAXIMUM_PACKET_BYTES` for `mqtt.maximumPacketBytes`.
    var environmentName: String {
        var name = "BASTIDE_"
        var previous: Character = "."
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if character.isUppercase, previous.isLowercase { name += "_" }
                name += character.uppercased()
            }
            previous = character
        }
        return name
    }

    /// Takes the value from where it was given.
    func apply(_ source: SettingSource, to configuration: inout CityConfiguration) throws(ConfigurationError) {
        try read(source, &configuration)
    }

    /// The value as it stands in `city.yaml`; empty for none.
    func text(in configuration: CityConfiguration) -> String { write(configuration) }
}

/// A kind of value: what it looks like and how it is read and written.
struct SettingForm<Value>: Sendable {
    let expected: String
    let parse: @Sendable (SettingSource) throws(ConfigurationError) -> Value
    let write: @Sendable (Value) -> String
}

/// A value as it was given, and where.
struct SettingSource {
    /// How it was given.
    enum Content {
        case scalar(String)
        case list([SettingSource])
        case mapping(YAMLPlace)
    }

    let content: Content
    private let file: String
    private let line: Int
    private let name: String

    /// From `city.yaml`.
    init(_ place: YAMLPlace) throws(ConfigurationError) {
        (file, line, name) = (place.file, place.line, place.path)
        if place.isScalar {
            content = .scalar(try place.string())
        } else if let elements = place.elements {
            var list: [SettingSource] = []
            for element in elements { list.append(try SettingSource(element)) }
            content = .list(list)
        } else {
            content = .mapping(place)
        }
    }

    /// From the environment or a flag: one text.
    init(text: String, given origin: String) {
        (file, line, name) = (origin, 0, "")
        content = .scalar(text)
    }

    private init(part text: String, of whole: SettingSource) {
        (file, line, name) = (whole.file, whole.line, whole.name)
        content = .scalar(text)
    }

    /// A list's members; a text is taken apart at its commas.
    var members: [SettingSource]? {
        switch content {
        case .list(let list): list
        case .scalar(let text):
            text.split(separator: ",").map { SettingSource(part: String($0.trimmed), of: self) }
        case .mapping: nil
        }
    }

    /// Where it was given: a file's path, or words such as `environment BASTIDE_ZONES`.
    var origin: String { file }

    /// The text, where it is one.
    var text: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    /// A mapping; from the environment it is written in YAML's flow style or as JSON.
    func mapping() throws(ConfigurationError) -> YAMLPlace {
        switch content {
        case .mapping(let place): return place
        case .scalar(let text): return try YAMLPlace(parsing: text, file: file)
        case .list: throw error("expected a mapping, found a list")
        }
    }

    /// `city.yaml:12: `listen.mqtt`: expected …, found …`
    func error(_ message: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, message: name.isEmpty ? message : "`\(name)`: \(message)")
    }

    func unexpected(_ expected: String) -> ConfigurationError {
        switch content {
        case .scalar(let text): error("expected \(expected), found `\(text)`")
        case .list: error("expected \(expected), found a list")
        case .mapping: error("expected \(expected), found a mapping")
        }
    }
}

extension StringProtocol {
    /// Without spaces and tabs at either end.
    var trimmed: SubSequence {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}
