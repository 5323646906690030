import CityModel
import CityPath
import ServiceLifecycle
import Synchronization

/// How many observations are committed each second, over the last seconds.
final class RateMeter: Sendable {
    /// Seconds over which the rate is taken.
    private static let window = 5

    private let samples = Mutex<[(at: Timestamp, count: Int)]>([])

    /// Observations per second.
    var perSecond: Double {
        samples.withLock { samples in
            guard let first = samples.first, let last = samples.last, last.at > first.at else { return 0 }
            return Double(last.count - first.count) * 1_000_000 / Double(last.at.microseconds - first.at.microseconds)
        }
    }

    func sample(_ count: Int, at now: Timestamp) {
        samples.withLock { samples in
            samples.append((now, count))
            if samples.count > RateMeter.window + 1 { samples.removeFirst() }
        }
    }

    /// Takes a sample each second until graceful shutdown.
    func counting(_ city: City) -> any Service { Counting(meter: self, city: city) }
}

private struct Counting: Service {
    let meter: RateMeter
    let city: City

    func run() async {
        do {
            try await cancelWhenGracefulShutdown {
                while true {
                    meter.sample(city.metrics.observationCount, at: city.clock.now)
                    try await Task.sleep(for: .seconds(1))
                }
            }
        } catch {
            // Cancelled: the face stops.
        }
    }
}
