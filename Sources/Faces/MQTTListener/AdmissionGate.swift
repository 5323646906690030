import NIOCore
import Synchronization

/// How many connections are being opened: accepted, and without an answered CONNECT. Safe from any thread.
///
/// After a power cut all devices come back at once, and each handshake costs a millisecond of the machine. Those that are
/// connected come first: while as many are being opened as the machine can work on, no more are accepted. The others wait
/// in the system's queue, in their order.
final class Openings: Sendable {
    /// So many at once; the rest waits to be accepted.
    static let bound = 1_024

    private struct State {
        var count = 0
        /// To be called when there is room again.
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// How many there are.
    var count: Int { state.withLock { $0.count } }

    func begin() { state.withLock { $0.count += 1 } }

    /// One is open, or gone.
    func end() {
        let wakes = state.withLock { state -> [@Sendable () -> Void] in
            state.count -= 1
            guard state.count < Openings.bound, !state.waiting.isEmpty else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for wake in wakes { wake() }
    }

    /// Whether another may be accepted; if not, `wake` is called when it may.
    func mayAccept(orElse wake: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.count < Openings.bound { return true }
            state.waiting.append(wake)
            return false
        }
    }

    /// How long a peer has for its CONNECT: less when many are being opened, so that those who say nothing do not keep
    /// those away who do.
    var deadline: TimeAmount { count > Openings.bound / 2 ? .seconds(5) : .seconds(15) }
}

/// One connection's place among ``Openings``: given back once, when CONNECT is answered or the connection is gone.
final class Opening: Sendable {
    private let openings: Openings
    private let isOver = Atomic<Bool>(false)

    init(among openings: Openings) {
        self.openings = openings
        openings.begin()
    }

    func finish() {
        if !isOver.exchange(true, ordering: .relaxed) { openings.end() }
    }
}

/// Stands before a listening socket: accepts only while ``Openings`` has room.
final class AdmissionGate: ChannelOutboundHandler {
    typealias OutboundIn = Never

    private let openings: Openings

    init(openings: Openings) {
        self.openings = openings
    }

    func read(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let mayAccept = openings.mayAccept {
            loop.execute { bound.value.channel.pipeline.read() }
        }
        if mayAccept { context.read() }
    }
}
