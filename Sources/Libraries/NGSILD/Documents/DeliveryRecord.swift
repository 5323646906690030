import JSONBytes

/// How it went with what was sent because of a subscription (CIM 009 §5.2.14.2) or a registration (table 5.2.9-2).
/// Instants are in microseconds since 1970.
public struct DeliveryRecord: Sendable, Hashable {
    /// How the last attempt went.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// It succeeded.
        case ok
        /// It failed.
        case failed
    }

    /// How the last attempt that is over went; nil before the first.
    public var status: Status?
    /// Attempts, failed ones included.
    public var timesSent = 0
    /// Attempts that failed or were never answered.
    public var timesFailed = 0
    /// When the last attempt began.
    public var lastNotification: Int64?
    /// When an attempt succeeded last.
    public var lastSuccess: Int64?
    /// When an attempt failed last.
    public var lastFailure: Int64?

    /// Nothing was sent yet.
    public init() {}

    /// Counts an attempt.
    ///
    /// - Parameter now: In microseconds since 1970.
    public mutating func sent(at now: Int64) {
        timesSent += 1
        lastNotification = now
    }

    /// Notes that an attempt succeeded.
    ///
    /// - Parameter now: In microseconds since 1970.
    public mutating func succeeded(at now: Int64) {
        status = .ok
        lastSuccess = now
    }

    /// Notes that an attempt failed.
    ///
    /// - Parameter now: In microseconds since 1970.
    public mutating func failed(at now: Int64) {
        status = .failed
        timesFailed += 1
        lastFailure = now
    }

    static let members: Set<String> = [
        "status", "timesSent", "timesFailed", "lastNotification", "lastSuccess", "lastFailure",
    ]

    func add(to builder: inout DocumentBuilder) {
        builder.add("status", status?.rawValue)
        builder.add("timesSent", count: timesSent > 0 ? timesSent : nil)
        builder.add("timesFailed", count: timesFailed > 0 ? timesFailed : nil)
        builder.add("lastNotification", instant: lastNotification)
        builder.add("lastSuccess", instant: lastSuccess)
        builder.add("lastFailure", instant: lastFailure)
    }

    init(reading members: DocumentMembers) throws(NGSILDError) {
        status = try members["status"]?.choice(of: Status.self)
        timesSent = try members["timesSent"]?.count() ?? 0
        timesFailed = try members["timesFailed"]?.count() ?? 0
        lastNotification = try members["lastNotification"]?.instant()
        lastSuccess = try members["lastSuccess"]?.instant()
        lastFailure = try members["lastFailure"]?.instant()
    }
}
