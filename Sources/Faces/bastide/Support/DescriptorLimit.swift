import Glibc

/// How many files and connections the process may have open at one time.
enum DescriptorLimit {
    /// Files that are open apart from connections, with room to spare: stores, listeners, pipes, event loops.
    private static let forFiles = 512
    /// Connections over HTTP, which there are at most.
    private static let forHTTP = 4_096
    /// No more than this is asked for: the kernel's tables grow with it.
    private static let most: rlim_t = 1 << 20

    /// What the operating system would allow; nil when it does not say.
    static var highest: Int? { limits.map { Int(clamping: min($0.rlim_max, most)) } }

    /// How many there may be now; nil when the operating system does not say.
    static var present: Int? { limits.map { Int(clamping: $0.rlim_cur) } }

    /// What a city may need.
    static func needed(for configuration: CityConfiguration) -> Int {
        configuration.mqttMaximumConnections + forHTTP + forFiles
    }

    /// Raises the limit as far as is allowed: it is often 1,024, and no connection more is taken then.
    ///
    /// - Returns: How many there may be from now on; nil when the operating system does not say.
    @discardableResult
    static func raise() -> Int? {
        guard var limits else { return nil }
        let wanted = min(limits.rlim_max, most)
        if limits.rlim_cur < wanted {
            let before = limits.rlim_cur
            limits.rlim_cur = wanted
            if setrlimit(resource, &limits) != 0 { limits.rlim_cur = before }
        }
        return Int(clamping: limits.rlim_cur)
    }

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }

    private static var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(resource, &limits) == 0 ? limits : nil
    }
}
