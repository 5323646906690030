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

    /// A part of the path, percent-decoded.
    ///
    /// - Throws: A problem when it is not UTF-8.
    func parameter(_ name: String) throws -> String {
        guard let raw = parameters[Substring(name)], let text = PercentCoding.decode(raw) else {
            throw Problem(.badRequest, "the path is not percent-encoded UTF-8")
        }
        return text
    }
}
