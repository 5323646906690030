import CityIdentity
import CityModel
import CityPath
import HTTPTypes

/// Tokens in `Authorization: Bearer` (RFC 6750 §2.1), those of MQTT: a person's may do what the account may, a service's
/// nothing here. All wrong ones get the same answer, and cost the place they come from waiting.
final class BearerTokens: Sendable {
    private let path: GuardedPath
    private let limiter = SignInLimiter()

    init(path: GuardedPath) {
        self.path = path
    }

    /// What a header presents as a token; nil when it is of another scheme.
    static func presented(in header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// The token, if it is good now.
    ///
    /// - Throws: ``Refused``, for which ``CityModel/Refusal/Code/rateLimited`` says when to try again.
    func check(_ presented: String, from peer: Peer) throws(Refused) -> TrustedToken {
        let now = path.clock.now
        let id = TokenText(presented.utf8)?.id ?? "none"
        let wait = limiter.wait(address: peer.place, name: id, at: now)
        guard wait == .zero else {
            let seconds = PasswordCheck.seconds(wait)
            throw Refused(
                Refusal(
                    step: .identify, code: .rateLimited,
                    message: "too many failed tries from here or with this token: wait \(seconds) seconds"),
                by: .unknown("sign-in"), headers: [.retryAfter: "\(seconds)"])
        }
        switch path.identify.token(presented.utf8, of: nil) {
        case .success(let token):
            limiter.succeeded(address: peer.place, name: id, at: now)
            return token
        case .failure:
            limiter.failed(address: peer.place, name: id, at: now)
            throw BearerTokens.wrong(by: peer)
        }
    }

    /// What whoever presents a token that is not good is told (RFC 6750 §3.1).
    static func wrong(by peer: Peer) -> Refused {
        Refused(
            Refusal(step: .identify, code: .credentialsWrong, message: "the token is wrong, or good no more"),
            by: .unknown(peer.address), headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
    }
}
