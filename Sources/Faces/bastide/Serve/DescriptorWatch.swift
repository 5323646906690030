import Foundation
import Logging
import ServiceLifecycle

/// Tells when the process may soon open no more files: new connections wait then, and nothing else would say why.
struct DescriptorWatch: Service {
    /// How often it is looked.
    private static let interval = Duration.seconds(5)
    /// From this share of the limit on it is told, and from this one down it may be told again.
    private static let (scarce, plenty) = (0.95, 0.8)

    let logger: Logger

    /// Looks until graceful shutdown.
    func run() async throws {
        guard let limit = DescriptorLimit.present else { return }
        await cancelWhenGracefulShutdown {
            var isTold = false
            repeat {
                // Where not even the folder can be opened, there are none left.
                let open = DescriptorWatch.openCount ?? limit
                let share = Double(open) / Double(limit)
                if share >= DescriptorWatch.scarce, !isTold {
                    logger.warning(
                        "connections wait: as many files are open as may be; raise LimitNOFILE= or `ulimit -Hn`",
                        metadata: ["open": "\(open)", "allowed": "\(limit)"])
                }
                isTold = share >= DescriptorWatch.scarce || (isTold && share > DescriptorWatch.plenty)
            } while await DescriptorWatch.pause()
        }
    }

    /// - Returns: False when the watch is over.
    private static func pause() async -> Bool {
        do {
            try await Task.sleep(for: interval)
            return true
        } catch {
            return false
        }
    }

    private static var openCount: Int? {
        try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
}
