import Hummingbird
import Logging
import NIOCore

/// What a request comes with besides itself: the connection it came on.
struct HTTPContext: RequestContext {
    struct Source: RequestContextSource {
        let logger: Logger
        let peer: Peer
    }

    var coreContext: CoreRequestContextStorage
    let peer: Peer

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.peer
    }
}
