import CityIdentity
import CityModel
import CityPath
import MQTTPackets
import MQTTSessions
import NIOCore
import PKI

/// Sign-in with a user name and a token, for clients that have no certificate (MQTT 5.0 §3.1.3.5, §3.1.3.6).
///
/// A certificate that is given wins: then the token is not looked at. All wrong names and tokens get the same answer; what
/// was wrong stands in the record. Failures are counted by the peer's place in the network, and cost waiting.
extension Connection {
    /// What whoever presents something wrong is told.
    static let wrongToken = "user name or token is wrong"
    /// What counts as one user name, in characters, for the limit of tries.
    private static let countedNameCharacters = 64

    /// Looks at the user name and password of CONNECT; what is right is kept in ``token``.
    ///
    /// - Returns: nil when they are good; else the refusal for the record.
    func signIn(with connect: Connect) -> Refusal? {
        guard let userName = connect.userName, let password = connect.password else {
            return Refusal(
                step: .identify, code: .notIdentified,
                message: "no client certificate was presented, nor a user name with a token: get one with `bastide "
                    + "device add` or `bastide token add`")
        }
        let now = shared.path.clock.now
        let place = NetworkPlace.name(of: address)
        let name = String(userName.prefix(Connection.countedNameCharacters))
        let wait = shared.signIns.wait(address: place, name: name, at: now)
        guard wait == .zero else {
            let seconds = Int64((wait / .seconds(1)).rounded(.up))
            return Refusal(
                step: .identify, code: .rateLimited,
                message: "too many failed tries from here or for this name: wait \(seconds) seconds")
        }
        switch shared.path.identify.token(password.readableBytesView, of: userName) {
        case .success(let trusted):
            shared.signIns.succeeded(address: place, name: name, at: now)
            token = trusted
            return nil
        case .failure(let refusal):
            shared.signIns.failed(address: place, name: name, at: now)
            return refusal
        }
    }

    /// What CONNACK says of a refusal, and in which words. Peers without a certificate are all told the same of tokens that
    /// are not good: 0x86, which 3.1.1 calls 4.
    func answer(to refusal: Refusal) -> (reason: ReasonCode, words: String) {
        switch refusal.code {
        case .credentialsWrong: (.badUserNameOrPassword, Connection.wrongToken)
        case .notIdentified where handshake.identity == nil: (.badUserNameOrPassword, refusal.message)
        default: (refusal.code.connackReason, refusal.message)
        }
    }

    /// When what the peer was identified by ends, and the refusal that is then due; nil in the laboratory.
    var identityEnd: (at: Timestamp, refusal: Refusal)? {
        if let identity = handshake.identity {
            let words = "the certificate of this connection has ended"
            return (
                Timestamp(identity.notAfter), Refusal(step: .identify, code: .certificateExpired, message: words)
            )
        }
        return token.map { token in
            let words = "token `\(token.id)`, which opened this connection, has expired"
            return (token.expiresAt, Refusal(step: .identify, code: .credentialsWrong, message: words))
        }
    }

    /// What the session makes of the end of what the peer was identified by. Its will was given under a token that is good no
    /// more, while its owner may still speak: so it goes unpublished, as after a normal disconnection.
    var closingWithoutIdentity: ClosingReason? { token == nil ? nil : .normalDisconnection }

    /// Whether the token is still good, once everybody can find this connection: one that was revoked between the check and
    /// now has been looked for in vain.
    func lookAgainIfByToken() {
        guard token != nil else { return }
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { connection.value.identifyAgain() }
    }
}
