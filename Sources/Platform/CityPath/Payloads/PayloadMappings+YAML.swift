import CityModel
import Foundation
import JSONBytes
import SparkplugB

extension PayloadMappings {
    /// The file that ships with the program: layouts for Tasmota, Zigbee2MQTT and Sparkplug B.
    ///
    /// - Throws: ``ConfigurationError`` when the shipped file is missing, which a test rules out.
    public static func shippedYAML() throws(ConfigurationError) -> String {
        guard let url = Bundle.module.url(forResource: "payloads", withExtension: "yaml"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else {
            throw ConfigurationError(
                file: "payloads.yaml", line: 0,
                message: "not found beside the program: keep `bastide_CityPath.resources` next to it")
        }
        return text
    }

    /// The mappings that ship with the program.
    ///
    /// - Parameters:
    ///   - catalogue: With the device types that layouts are for.
    ///   - topics: The city's own topics, which no layout may claim.
    /// What a city has chosen for itself comes first: layouts whose topics are the city's own by `topics` are left out, and
    /// one whose units cannot become those of the city's catalogue is not for that type of device.
    ///
    /// - Returns: The shipped mappings that fit the city.
    /// - Throws: ``ConfigurationError`` when the shipped file is missing or wrong, which a test rules out.
    public static func shipped(
        catalogue: Catalogue, topics: TopicScheme
    ) throws(ConfigurationError) -> PayloadMappings {
        try PayloadMappings(
            yaml: try shippedYAML(), named: "payloads.yaml (shipped)", over: .none, catalogue: catalogue,
            topics: topics,
            isShipped: true)
    }

    /// Reads a mapping.
    ///
    /// - Parameters:
    ///   - yaml: The file's text.
    ///   - name: The file's name, for errors.
    ///   - base: Mappings that this one is laid over: its layouts are tried first, and replace those of the same name.
    ///   - catalogue: With the device types that layouts are for.
    ///   - topics: The city's own topics, which no layout may claim.
    /// - Throws: ``ConfigurationError`` with file, line and what was expected.
    public init(
        yaml: String, named name: String, over base: PayloadMappings = .none, catalogue: Catalogue,
        topics: TopicScheme = .standard
    ) throws(ConfigurationError) {
        try self.init(
            yaml: yaml, named: name, over: base, catalogue: catalogue, topics: topics, isShipped: false)
    }

    private init(
        yaml: String, named name: String, over base: PayloadMappings, catalogue: Catalogue, topics: TopicScheme,
        isShipped: Bool
    ) throws(ConfigurationError) {
        var (layouts, gateways, disabled): ([PayloadLayout], [PayloadGateway], Set<String>) = ([], [], [])
        let root = try YAMLPlace(parsing: yaml, file: name)
        for (key, section) in try root.members(allowed: ["version", "layouts", "gateways", "disabled"]) {
            switch key {
            case "layouts":
                for (layout, place) in try section.members() {
                    layouts.append(try PayloadLayout(layout, place, catalogue, isShipped ? .standard : topics))
                }
                if isShipped { layouts.removeAll { $0.topics.contains { topics.isReserved($0.text) } } }
            case "gateways":
                for (gateway, place) in try section.members() {
                    gateways.append(try PayloadGateway(gateway, place, topics))
                }
            case "disabled":
                for (layout, place) in try section.words() {
                    guard base.layouts.contains(where: { $0.name == layout }) else {
                        throw place.error("there is no shipped layout `\(layout)`")
                    }
                    disabled.insert(layout)
                }
            default: _ = try section.integer(in: 1...1)
            }
        }
        try PayloadMappings.checkEdgeNodes(gateways, root)
        let own = Set(layouts.map(\.name))
        layouts += base.layouts.filter { !own.contains($0.name) && !disabled.contains($0.name) }
        var readers: [ReaderKey: PayloadReader] = [:]
        for layout in layouts where layout.form != .message {
            for type in layout.deviceTypes ?? [] {
                // Checked where the layout was read, and a base has been read with the same catalogue.
                guard let known = catalogue.deviceTypes[type] else { continue }
                do throws(ConfigurationError) {
                    readers[ReaderKey(layout: layout.name, deviceType: type)] =
                        try PayloadReader(layout, deviceType: type, known, catalogue)
                } catch  where isShipped || !own.contains(layout.name) {
                    continue
                }
            }
        }
        self.init(
            layouts: layouts, gateways: gateways + base.gateways.values.sorted { $0.id < $1.id }, readers: readers)
    }

    private static func checkEdgeNodes(
        _ gateways: [PayloadGateway], _ root: YAMLPlace
    ) throws(ConfigurationError) {
        var known: [EdgeNode: DeviceID] = [:]
        for gateway in gateways {
            guard let node = gateway.edgeNode else { continue }
            if let other = known.updateValue(gateway.id, forKey: node) {
                throw ConfigurationError(
                    file: root.file, line: 0,
                    message: "`gateways.\(gateway.id).edgeNode`: `\(node.group)/\(node.node)` is `\(other)`'s already")
            }
        }
    }
}

extension YAMLPlace {
    /// A list of texts, or one text alone.
    fileprivate func words() throws(ConfigurationError) -> [(text: String, place: YAMLPlace)] {
        guard let elements else {
            guard isScalar else { throw error("expected text or a list of texts") }
            return [(try string(), self)]
        }
        var words: [(text: String, place: YAMLPlace)] = []
        for element in elements { words.append((try element.string(), element)) }
        return words
    }

    /// A list of patterns of topics.
    fileprivate func patterns(
        _ topics: TopicScheme, hasName: Bool, mayHaveWildcards: Bool
    ) throws(ConfigurationError) -> [TopicPattern] {
        var patterns: [TopicPattern] = []
        for (text, place) in try words() {
            guard let pattern = TopicPattern(text), mayHaveWildcards || !pattern.hasWildcards else {
                let example = mayHaveWildcards ? "`stat/{device}/#`" : "`tele/{device}/SENSOR`"
                throw place.error("expected a topic such as \(example) or `zigbee2mqtt/{name}`, found `\(text)`")
            }
            guard (pattern.name != nil) == hasName else {
                throw place.error(
                    hasName
                        ? "expected `{device}` or `{name}` in the topic, found neither in `\(text)`"
                        : "expected a topic without `{device}` or `{name}`, found `\(text)`")
            }
            guard !topics.isReserved(text) else {
                throw place.error("`\(text)` begins like the city's own topics: see `mqtt.topics` in city.yaml")
            }
            guard pattern.levels[0] != SparkplugTopicName.namespace else {
                throw place.error("Sparkplug's topics are its own: name the edge node under `gateways` instead")
            }
            patterns.append(pattern)
        }
        return patterns
    }

    /// `true`, `12`, or text; in quotes it is text in any case.
    fileprivate func attributeValue() throws(ConfigurationError) -> AttributeValue {
        let text = try string()
        guard isPlain else { return .text(text) }
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: return Double(text).flatMap { $0.isFinite ? .number($0) : nil } ?? .text(text)
        }
    }

    fileprivate func choice<Value: RawRepresentable<String> & CaseIterable>(
        of type: Value.Type
    ) throws(ConfigurationError) -> Value {
        let text = try string()
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw error("expected one of \(known), found `\(text)`")
        }
        return value
    }
}

extension PayloadGateway {
    fileprivate init(_ name: String, _ place: YAMLPlace, _ topics: TopicScheme) throws(ConfigurationError) {
        guard DeviceID.isPlainName(name) else { throw place.error("`\(name)` cannot be a device's id") }
        var devices: [String: DeviceID] = [:]
        var (publications, subscriptions): ([TopicPattern], [TopicPattern]) = ([], [])
        var edgeNode: EdgeNode?
        for (key, value) in try place.members(allowed: ["devices", "publish", "subscribe", "edgeNode", "note"]) {
            switch key {
            case "devices":
                for (foreign, id) in try value.members() {
                    let text = try id.string()
                    guard DeviceID.isPlainName(text) else {
                        throw id.error("expected the id of a registered device, found `\(text)`")
                    }
                    devices[foreign] = DeviceID(text)
                }
            case "publish": publications = try value.patterns(topics, hasName: false, mayHaveWildcards: true)
            case "subscribe": subscriptions = try value.patterns(topics, hasName: false, mayHaveWildcards: true)
            case "edgeNode":
                let text = try value.string()
                guard let node = EdgeNode(text) else {
                    throw value.error("expected the edge node's group and name, such as `waterworks/pumps-1`")
                }
                edgeNode = node
            default: _ = try value.string()
            }
        }
        self.init(
            id: DeviceID(name), devices: devices, publications: publications, subscriptions: subscriptions,
            edgeNode: edgeNode)
    }
}

extension PayloadLayout {
    private static let keys = [
        "payload", "deviceTypes", "topics", "subscribe", "observedAt", "values", "ignore", "expect", "unknown",
        "connected", "note",
    ]

    fileprivate init(
        _ name: String, _ place: YAMLPlace, _ catalogue: Catalogue, _ topics: TopicScheme
    ) throws(ConfigurationError) {
        guard DeviceID.isPlainName(name) else {
            throw place.error("a layout's name has letters, digits, `.`, `_` and `-`, 64 at most")
        }
        let members = try place.members(allowed: PayloadLayout.keys)
        guard let payload = members.first(where: { $0.key == "payload" })?.value else {
            throw place.error("`payload` is missing: expected json, text, sparkplug-b or message")
        }
        let form = try payload.choice(of: Form.self)
        var (note, connected): (String?, String?) = (nil, nil)
        var deviceTypes: [String]?
        var (patterns, subscriptions): ([TopicPattern], [TopicPattern]) = ([], [])
        var (rules, ignored, expected): ([Rule], [String], [String: String]) = ([], [], [:])
        var time: PayloadTime?
        var ignoresUnknown = false
        for (key, value) in members {
            switch key {
            case "deviceTypes": deviceTypes = try PayloadLayout.types(value, catalogue)
            case "topics":
                guard form != .sparkplugB else {
                    throw value.error("Sparkplug's topics are its own: name the edge node under `gateways` instead")
                }
                patterns = try value.patterns(topics, hasName: true, mayHaveWildcards: form == .message)
            case "subscribe": subscriptions = try PayloadLayout.subscriptions(value, topics)
            case "observedAt":
                guard form == .json else { throw value.error("only a payload of JSON says where its time is") }
                time = try PayloadTime(value)
            case "values": rules = try PayloadLayout.rules(value, form)
            case "ignore": ignored = try PayloadLayout.ignored(value, form)
            case "expect":
                guard form == .json else { throw value.error("only a payload of JSON has places to look at") }
                for (path, word) in try value.members() {
                    guard PayloadPath.parse(path) != nil else { throw word.error("`\(path)` is no path") }
                    expected[path] = try word.string()
                }
            case "unknown":
                ignoresUnknown = try value.choice(of: UnknownRule.self) == .ignore
            case "connected":
                guard form == .sparkplugB else { throw value.error("only Sparkplug B has births and deaths") }
                connected = try value.string()
            case "note": note = try value.string()
            default: break
            }
        }
        if form != .sparkplugB, patterns.isEmpty { throw place.error("`topics` is missing") }
        if form == .json || form == .text, rules.isEmpty { throw place.error("`values` is missing") }
        if form == .message, !rules.isEmpty { throw place.error("messages are not read: `values` has no meaning") }
        if form != .message, deviceTypes == nil { throw place.error("`deviceTypes` is missing") }
        self.init(
            name: name, note: note, form: form, deviceTypes: deviceTypes, topics: patterns,
            subscriptions: subscriptions, time: time, rules: rules, ignored: ignored, expected: expected,
            ignoresUnknown: ignoresUnknown, connected: connected, file: place.file, line: place.line)
    }

    private enum UnknownRule: String, CaseIterable {
        case refuse, ignore
    }

    private static func types(_ place: YAMLPlace, _ catalogue: Catalogue) throws(ConfigurationError) -> [String] {
        var types: [String] = []
        for (type, element) in try place.words() {
            guard catalogue.deviceTypes[type] != nil else {
                throw element.error(
                    "no catalogue describes the device type `\(type)`: add it under `deviceTypes` there")
            }
            types.append(type)
        }
        guard !types.isEmpty else { throw place.error("expected one device type or more") }
        return types
    }

    /// Filters of these devices; without the device's id in it, a filter is for all of them.
    private static func subscriptions(
        _ place: YAMLPlace, _ topics: TopicScheme
    ) throws(ConfigurationError) -> [TopicPattern] {
        var patterns: [TopicPattern] = []
        for (text, element) in try place.words() {
            guard let pattern = TopicPattern(text), pattern.name != .name, !topics.isReserved(text) else {
                throw element.error("expected a filter such as `cmnd/{device}/#`, found `\(text)`")
            }
            patterns.append(pattern)
        }
        return patterns
    }

    private static func rules(_ place: YAMLPlace, _ form: Form) throws(ConfigurationError) -> [Rule] {
        var rules: [Rule] = []
        for (source, value) in try place.members() {
            switch form {
            case .json:
                guard PayloadPath.parse(source) != nil else {
                    throw value.error("`\(source)` is no path: expected one such as `ENERGY.Power` or `list[0].value`")
                }
            case .text:
                guard source == "$" else { throw value.error("a payload of text is one value: expected `$`") }
            case .sparkplugB, .message: break
            }
            rules.append(try Rule(source, value))
        }
        guard rules.count <= AttributeLimits.perEntity else {
            throw place.error("expected at most \(AttributeLimits.perEntity) values, found \(rules.count)")
        }
        return rules
    }

    private static func ignored(_ place: YAMLPlace, _ form: Form) throws(ConfigurationError) -> [String] {
        var ignored: [String] = []
        for (text, element) in try place.words() {
            guard form == .sparkplugB || PayloadPath.parse(text) != nil else {
                throw element.error("`\(text)` is no path: expected one such as `Wifi` or `ENERGY.Period`")
            }
            ignored.append(text)
        }
        return ignored
    }
}

extension PayloadLayout.Rule {
    /// Either the attribute's name, or a mapping with `attribute` and how the value becomes the attribute's.
    fileprivate init(_ source: String, _ place: YAMLPlace) throws(ConfigurationError) {
        var (attribute, unit, kind): (String?, String?, PayloadLayout.Kind?) = (nil, nil, nil)
        var (scale, offset): (Double, Double) = (1, 0)
        var words: [String: AttributeValue] = [:]
        if place.isScalar {
            attribute = try place.string()
        } else {
            for (key, value) in try place.members(
                allowed: ["attribute", "unit", "scale", "offset", "words", "as", "note"])
            {
                switch key {
                case "attribute": attribute = try value.string()
                case "unit": unit = try value.string()
                case "scale": scale = try value.number()
                case "offset": offset = try value.number()
                case "as": kind = try value.choice(of: PayloadLayout.Kind.self)
                case "words":
                    for (word, meaning) in try value.members() { words[word] = try meaning.attributeValue() }
                    guard !words.isEmpty else { throw value.error("expected one word or more") }
                default: _ = try value.string()
                }
            }
        }
        guard let attribute, !attribute.isEmpty else { throw place.error("`attribute` is missing") }
        guard scale != 0 else { throw place.error("`scale` must not be 0") }
        if !words.isEmpty, unit != nil || scale != 1 || offset != 0 || kind != nil {
            throw place.error(
                "`words` says what each value becomes: `unit`, `scale`, `offset` and `as` have no place there")
        }
        self.init(
            source: source, attribute: attribute, unit: unit, scale: scale, offset: offset, words: words, kind: kind,
            line: place.line)
    }
}

extension PayloadTime {
    private enum FormName: String, CaseIterable {
        case rfc3339, local, seconds, milliseconds
    }

    /// Either the path of an RFC 3339 date-time, or a mapping with `path`, `format` and, for local times, `zone`.
    fileprivate init(_ place: YAMLPlace) throws(ConfigurationError) {
        var (text, name, zone): (String?, FormName, TimeZone?) = (nil, .rfc3339, nil)
        if place.isScalar {
            text = try place.string()
        } else {
            for (key, value) in try place.members(allowed: ["path", "format", "zone"]) {
                switch key {
                case "path": text = try value.string()
                case "format": name = try value.choice(of: FormName.self)
                default: zone = try value.timeZone()
                }
            }
        }
        guard let text, let path = PayloadPath.parse(text), path != .root else {
            throw place.error("expected the path of the time, such as `Time`")
        }
        guard (name == .local) == (zone != nil) else {
            throw place.error(
                name == .local
                    ? "a local time needs its `zone`, such as `Europe/Vienna` or `+01:00`"
                    : "`zone` is for `format: local` only")
        }
        let form: Form
        switch (name, zone) {
        case (.local, let zone?): form = .local(zone)
        case (.seconds, _): form = .seconds
        case (.milliseconds, _): form = .milliseconds
        default: form = .rfc3339
        }
        self.init(path: path, form: form)
    }
}

extension YAMLPlace {
    /// `UTC`, `+01:00`, or a name of the IANA time zone database.
    fileprivate func timeZone() throws(ConfigurationError) -> TimeZone {
        let text = try string()
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        if let sign = text.first, "+-".contains(sign), parts.count == 2, parts.allSatisfy({ $0.count == 2 }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), (0...14).contains(hours),
            (0..<60).contains(minutes),
            let zone = TimeZone(secondsFromGMT: (sign == "-" ? -1 : 1) * (hours * 3_600 + minutes * 60))
        {
            return zone
        }
        guard text == "UTC" || text.contains("/"), let zone = TimeZone(identifier: text) else {
            throw error(
                "expected `UTC`, an offset such as `+01:00`, or a zone such as `Europe/Vienna`, found `\(text)`")
        }
        return zone
    }
}
