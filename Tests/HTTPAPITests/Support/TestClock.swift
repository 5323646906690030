import CityModel
import CityPath
import Synchronization

/// A clock that runs as the system's does and can be moved ahead.
final class TestClock: Sendable {
    private let ahead = Mutex(Duration.zero)

    var clock: CityClock {
        CityClock { [self] in CityClock.system.now + ahead.withLock { $0 } }
    }

    func advance(by duration: Duration) { ahead.withLock { $0 += duration } }
}
