import CityIdentity
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import PKI

/// The first step of the path for HTTP: who asks? By the door they came through, by certificate, session, password or token.
final class Gate: Sendable {
    let sessions = Sessions()
    let passwords: PasswordCheck
    private let bearers: BearerTokens
    private let path: GuardedPath
    private let cityName: String
    private let secrets = Secrets()
    private let pool: BlockingPool

    init(accounts: Accounts, path: GuardedPath, cityName: String, pool: BlockingPool) {
        self.path = path
        bearers = BearerTokens(path: path)
        self.cityName = String(cityName.filter { $0.isASCII && $0 != "\"" && $0 != "\\" })
        self.pool = pool
        passwords = PasswordCheck(accounts: accounts, path: path, secrets: secrets)
    }

    /// Identifies whoever sends a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - peer: Its connection.
    ///   - isBackground: Whether a page asks by itself, which does not keep a session alive.
    ///   - takesPasswords: Whether a name and password that come along are looked at.
    /// - Returns: Who asks.
    /// - Throws: ``Refused`` when there is nobody, or somebody who may not act.
    func identify(
        _ request: Request, from peer: Peer, isBackground: Bool = false, takesPasswords: Bool = true
    ) async throws -> Caller {
        if peer.door == .guarded { _ = await peer.standing(by: path) }
        if let caller = try identifyAtOnce(
            request, from: peer, isBackground: isBackground, takesPasswords: takesPasswords)
        {
            return caller
        }
        switch await peer.standing(by: path) {
        case .refused(let refusal): throw Refused(refusal, by: .unknown(peer.address))
        case .identified(let identity): return try await caller(with: identity, from: peer)
        case .withoutCertificate: return try await caller(basic: request.headers[.authorization] ?? "", from: peer)
        }
    }

    /// Identifies whoever sends a request, where that takes no look at the handshake, the disk or a password.
    ///
    /// - Returns: Who asks; nil when only ``identify(_:from:isBackground:takesPasswords:)`` can tell.
    /// - Throws: As that does.
    func identifyAtOnce(
        _ request: Request, from peer: Peer, isBackground: Bool = false, takesPasswords: Bool = true
    ) throws(Refused) -> Caller? {
        if let refusal = CrossOrigin.refusal(of: request, at: peer.door) {
            throw Refused(refusal, by: .unknown(peer.address))
        }
        switch peer.door {
        case .laboratory: return Caller(principal: .laboratory, means: .connection, csrfToken: "")
        case .admin(let name): return caller(.service(name), .connection)
        case .guarded: break
        }
        switch peer.knownStanding {
        case nil: return nil
        case .refused(let refusal): throw Refused(refusal, by: .unknown(peer.address))
        case .identified(let identity): return try callerAtOnce(with: identity, from: peer)
        case .withoutCertificate: break
        }
        if let token = ConsoleCookie.session.value(in: request) {
            let now = path.clock.now
            let session = isBackground ? sessions.peek(token, at: now) : sessions.session(token, at: now)
            if let session {
                return Caller(
                    principal: .person(session.person), means: .session(token: token), csrfToken: session.csrfToken)
            }
        }
        if takesPasswords, request.headers[.authorization] != nil { return nil }
        throw Refused(
            Refusal(
                step: .identify, code: .notIdentified,
                message:
                    "sign in, present a certificate of this city, or send a name and password (HTTP Basic) or a token "
                    + "(Bearer)"),
            by: .unknown(peer.address), headers: challenge(for: request))
    }

    private func caller(_ principal: Principal, _ means: Caller.Means) -> Caller {
        Caller(principal: principal, means: means, csrfToken: secrets.token(for: "csrf/\(principal.name)"))
    }

    // MARK: Certificates

    private func caller(with identity: TrustedIdentity, from peer: Peer) async throws -> Caller {
        if let caller = try callerAtOnce(with: identity, from: peer) { return caller }
        // An operator's account is looked up in SQLite.
        let judged = try await pool.run { [path] in path.identify.principal(of: identity, from: peer.address) }
        return try caller(judged, with: identity, claimed: .unknown("certificate \(identity.serialNumber)"))
    }

    /// A device's certificate is held against the registry, which is in memory; nil for all others.
    private func callerAtOnce(with identity: TrustedIdentity, from peer: Peer) throws(Refused) -> Caller? {
        guard case .device(let agency, let id) = identity.spiffeID.role else { return nil }
        let claimed = DeviceIdentity(id: DeviceID(id), agency: AgencyID(agency), zone: ZoneID(""))
        return try caller(
            path.identify.principal(of: identity, from: peer.address), with: identity, claimed: .device(claimed))
    }

    private func caller(
        _ judged: Result<Principal, Refusal>, with identity: TrustedIdentity, claimed: Principal
    ) throws(Refused) -> Caller {
        guard Timestamp(identity.notAfter) > path.clock.now else {
            throw Refused(
                Refusal(step: .identify, code: .certificateExpired, message: "the certificate has ended: renew it"),
                by: claimed)
        }
        switch judged {
        case .success(let principal): return caller(principal, .certificate)
        case .failure(let refusal): throw Refused(refusal, by: claimed)
        }
    }

    // MARK: Passwords

    private func caller(bearer presented: String, from peer: Peer) async throws -> Caller {
        let token = try bearers.check(presented, from: peer)
        // A person's account is looked up in SQLite.
        switch try await pool.run({ [path] in path.identify.principal(of: token) }) {
        case .success(let principal): return caller(principal, .token(token))
        case .failure(let refusal) where refusal.code == .credentialsWrong: throw BearerTokens.wrong(by: peer)
        case .failure(let refusal): throw Refused(refusal, by: .unknown(peer.address))
        }
    }

    private func caller(basic header: String, from peer: Peer) async throws -> Caller {
        if let token = BearerTokens.presented(in: header) { return try await caller(bearer: token, from: peer) }
        guard let (name, password) = BasicCredentials.parse(header) else {
            throw Refused(
                Refusal(
                    step: .identify, code: .notIdentified,
                    message: "expected `Authorization: Basic` with name and password, or `Bearer` with a token"),
                by: .unknown(peer.address), headers: [.wwwAuthenticate: basicChallenge])
        }
        let revision = passwords.revision(of: name)
        switch try await passwords.checkRemembering(name: name, password: password, from: peer) {
        case .person(let person): return caller(.person(person), .password(revision: revision))
        case .refused(let refusal, let principal):
            throw Refused(refusal, by: principal, headers: [.wwwAuthenticate: basicChallenge])
        case .wait(let wait, let refusal):
            throw Refused(
                refusal, by: .unknown("sign-in"), headers: [.retryAfter: "\(PasswordCheck.seconds(wait))"])
        }
    }

    private var basicChallenge: String { "Basic realm=\"\(cityName)\", charset=\"UTF-8\"" }

    /// Programs are asked for a password. Browsers are not, they would ask people in a window of their own.
    private func challenge(for request: Request) -> HTTPFields {
        let isBrowser = request.headers[.secFetchMode] != nil
        let cookie =
            "Cookie realm=\"\(cityName)\", form-action=\"/sign-in\", cookie-name=\(ConsoleCookie.session.rawValue)"
        return [.wwwAuthenticate: isBrowser ? cookie : basicChallenge]
    }

    // MARK: Answers that take long

    /// Who the caller is by now, for an answer that is still being given: what they were known by is looked at again,
    /// but the password, which is not checked twice.
    ///
    /// - Returns: nil when they would not be known any more.
    /// - Throws: When the accounts cannot be read.
    func stillKnown(_ caller: Caller, from peer: Peer) async throws -> Principal? {
        switch caller.means {
        case .connection: return caller.principal
        case .session(let token): return sessions.peek(token, at: path.clock.now).map { .person($0.person) }
        case .password(let revision):
            guard case .person(let person) = caller.principal, passwords.revision(of: person.name) == revision else {
                return nil
            }
            return try await pool.run { [accounts = passwords.accounts] in
                try accounts.person(person.name).map { .person($0) }
            }
        case .token(let token):
            return try await pool.run { [path] in try? path.identify.principal(of: token).get() }
        case .certificate:
            guard case .identified(let identity) = await peer.standing(by: path) else { return nil }
            do {
                return try await self.caller(with: identity, from: peer).principal
            } catch is Refused {
                return nil
            }
        }
    }

    // MARK: Forged requests

    /// Holds what a session changes against its token.
    ///
    /// - Throws: ``Refusal/Code/notPermitted`` when the token is missing or not this session's.
    func checkToken(_ token: String?, of caller: Caller) throws(Refusal) {
        guard let token, Secrets.areEqual(token, caller.csrfToken) else {
            throw Refusal(
                step: .identify, code: .notPermitted,
                message:
                    "the token against forged requests is missing or of another session: reload the page and try again")
        }
    }
}

/// HTTP Basic (RFC 7617).
enum BasicCredentials {
    /// Name and password, or nil.
    static func parse(_ header: String) -> (name: String, password: String)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", parts[1].utf8.count <= 4_096,
            let bytes = base64(parts[1].trimmedSpaces), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    /// RFC 4648 §4.
    private static func base64(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            guard let value = value(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
