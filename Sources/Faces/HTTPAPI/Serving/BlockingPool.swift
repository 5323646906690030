import CityModel
import NIOPosix
import Synchronization

/// Threads for what blocks, such as SQLite and scrypt, behind one `async` door.
final class BlockingPool: Sendable {
    private let pool: NIOThreadPool
    private let bound: Int
    private let waiting = Atomic<Int>(0)

    /// - Parameters:
    ///   - threads: How many work at one time.
    ///   - bound: How many pieces of work may wait or run; beyond it they are refused.
    init(threads: Int, bound: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
        self.bound = bound
    }

    func start() { pool.start() }

    func stop() async { try? await pool.shutdownGracefully() }

    /// Runs `body` on one of the threads.
    ///
    /// - Throws: What `body` throws; ``Refusal/Code/unavailable`` when too much waits already.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        defer { waiting.subtract(1, ordering: .relaxed) }
        guard waiting.add(1, ordering: .relaxed).newValue <= bound else {
            throw Refusal(
                step: .commit, code: .unavailable, message: "more requests wait than may: try again in a moment")
        }
        return try await pool.runIfActive(body)
    }
}
