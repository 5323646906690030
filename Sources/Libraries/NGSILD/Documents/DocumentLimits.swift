/// What a subscription or a registration may hold at most. The standard draws no lines; each of these is far above what
/// a city writes, and low enough that one document cannot make every change expensive.
public enum DocumentLimits {
    /// Entity selectors of one subscription, or entity infos of one registration info: each may hold a pattern.
    public static let selectors = 64
    /// Registration infos of one registration.
    public static let information = 256
    /// Names, URIs or scopes in one list.
    public static let names = 1024
    /// Pairs in one `receiverInfo`, `notifierInfo` or `contextSourceInfo`.
    public static let pairs = 64
    /// Properties of one's own in one registration.
    public static let properties = 256
    /// Longest `subscriptionName`, `description` and other free text, in bytes.
    public static let textBytes = 4096
    /// Longest period: some 31 years, which any arithmetic in microseconds survives.
    public static let period = Duration.seconds(1_000_000_000)
    /// Notifications that are sent whatever happens are no closer to each other than this, whatever a subscription asks
    /// for: each of them is a query.
    public static let shortestInterval = Duration.seconds(1)
}
