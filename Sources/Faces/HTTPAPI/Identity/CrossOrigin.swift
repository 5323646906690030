import CityModel
import HTTPTypes
import Hummingbird

/// Requests that another site makes a browser send. A browser sends certificates and passwords along with them, so
/// tokens in forms are not enough: what changes something must come from our own pages or from no page at all.
enum CrossOrigin {
    /// Why a request is refused, or nil.
    static func refusal(of request: Request, at door: Door) -> Refusal? {
        if case .laboratory = door, !isLoopback(request.head.authority) {
            // A page could make its own name resolve to this machine (DNS rebinding); its name is then in `Host`.
            return refusal("the laboratory answers to `localhost` and `127.0.0.1` only")
        }
        switch request.method {
        case .get, .head, .options: return nil
        default: break
        }
        if let site = request.headers[.secFetchSite] {
            return site == "same-origin" || site == "none" ? nil : refusal("the request comes from another site")
        }
        guard let origin = request.headers[.origin] else { return nil }
        let host = origin.split(separator: "/").last.map(String.init)
        return host == request.head.authority ? nil : refusal("the request comes from `\(origin.prefix(100))`")
    }

    private static func refusal(_ message: String) -> Refusal {
        Refusal(step: .identify, code: .notPermitted, message: message)
    }

    private static func isLoopback(_ authority: String?) -> Bool {
        guard let authority else { return true }
        for name in ["127.0.0.1", "localhost", "[::1]"] where authority.hasPrefix(name) {
            let rest = authority.utf8.dropFirst(name.utf8.count)
            return rest.isEmpty || rest.first == UInt8(ascii: ":")
        }
        return false
    }
}
