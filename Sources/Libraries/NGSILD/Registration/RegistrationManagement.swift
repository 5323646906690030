import JSONBytes

/// How to treat a context source so that it is not asked in vain (CIM 009 §5.2.34).
public struct RegistrationManagement: Sendable, Hashable {
    /// Whether the source shall answer from what it holds itself; nil if it was not given.
    public var localOnly: Bool?
    /// How long a request may take.
    public var timeout: Duration?
    /// How long nothing is asked after a failure.
    public var cooldown: Duration?
    /// How long an answer may be used again, an ISO 8601 duration as it was given.
    public var cacheDuration: String?

    /// Nothing in particular.
    public init() {}

    /// How long an answer may be used again.
    public var cachePeriod: CalendarDuration? { cacheDuration.flatMap { CalendarDuration(parsing: $0) } }
}

extension RegistrationManagement {
    init(reading field: DocumentField) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path, known: ["localOnly", "timeout", "cooldown", "cacheDuration"],
            expected: "registration management information, as a JSON object", context: field.context, purpose: .create)
        localOnly = try members["localOnly"]?.bool()
        timeout = try members["timeout"]?.period(in: .milliseconds)
        cooldown = try members["cooldown"]?.period(in: .milliseconds)
        cacheDuration = try members["cacheDuration"]?.isoDuration()
    }

    func json(_ builder: DocumentBuilder) -> JSONValue {
        var builder = builder
        builder.add("localOnly", localOnly)
        builder.add("timeout", timeout, in: .milliseconds)
        builder.add("cooldown", cooldown, in: .milliseconds)
        builder.add("cacheDuration", cacheDuration)
        return builder.value
    }
}

/// From when to when (CIM 009 §5.2.11), in microseconds since 1970.
public struct TimeInterval: Sendable, Hashable {
    /// The first instant.
    public var startAt: Int64
    /// The last instant; nil if it goes on.
    public var endAt: Int64?

    /// An interval.
    ///
    /// - Parameters:
    ///   - startAt: The first instant.
    ///   - endAt: The last instant; nil if it goes on.
    public init(from startAt: Int64, to endAt: Int64? = nil) {
        self.startAt = startAt
        self.endAt = endAt
    }

    /// Whether a temporal query may find something in here (§5.10.2.4): the time that it asks about and this one
    /// overlap.
    ///
    /// - Parameter query: Its relation alone is looked at.
    /// - Returns: True also if they have one instant in common.
    public func overlaps(_ query: TemporalQuery) -> Bool {
        switch query.relation {
        case .always: true
        case .before(let instant): startAt <= instant
        case .after(let instant): endAt.map { $0 >= instant } ?? true
        case .between(let start, let end): startAt <= end && endAt.map { $0 >= start } ?? true
        }
    }
}

extension TimeInterval {
    init(reading field: DocumentField) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path, known: ["startAt", "endAt"], expected: "a time interval, as a JSON object",
            context: field.context, purpose: .create)
        self.init(
            from: try members.required("startAt", "an RFC 3339 date-time").instant(),
            to: try members["endAt"]?.instant())
        if let endAt, endAt < startAt {
            let found = "`\(RFC3339.string(endAt))`"
            throw NGSILDError(at: field.path["endAt"], expected: "an instant not before `startAt`", found: found)
        }
    }

    func json(_ builder: DocumentBuilder) -> JSONValue {
        var builder = builder
        builder.add("startAt", instant: startAt)
        builder.add("endAt", instant: endAt)
        return builder.value
    }
}
