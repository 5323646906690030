import NIOCore

extension Channel {
    /// Closes the channel when `body` takes longer than `limit`: for peers that read or write too slowly.
    func closing<Result>(
        after limit: TimeAmount, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        let timer = eventLoop.scheduleTask(in: limit) { self.close(promise: nil) }
        defer { timer.cancel() }
        return try await body()
    }
}
