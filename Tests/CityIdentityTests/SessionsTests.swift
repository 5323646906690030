import CityIdentity
import CityModel
import Testing

@Suite("Sessions")
struct SessionsTests {
    let sessions = Sessions()
    static let start = Timestamp(seconds: 1_800_000_000)
    static let eva = PersonIdentity(name: "eva", role: .operator)

    @Test("a token stands for its session alone, and is hard to guess")
    func token() {
        let (first, second) = (
            sessions.begin(SessionsTests.eva, at: SessionsTests.start),
            sessions.begin(SessionsTests.eva, at: SessionsTests.start)
        )
        #expect(first.token != second.token)
        #expect(first.token.count == 64)
        #expect(first.session.csrfToken != first.token)
        #expect(first.session.csrfToken != second.session.csrfToken)
        #expect(sessions.session(first.token, at: SessionsTests.start)?.csrfToken == first.session.csrfToken)
        for wrong in ["", first.token + " ", first.session.csrfToken, String(first.token.dropLast())] {
            #expect(sessions.session(wrong, at: SessionsTests.start) == nil)
        }
    }

    @Test("a session ends after half an hour without use, and use keeps it")
    func idle() {
        let token = sessions.begin(SessionsTests.eva, at: SessionsTests.start).token
        #expect(sessions.session(token, at: SessionsTests.start + .seconds(1_799)) != nil)
        #expect(sessions.session(token, at: SessionsTests.start + .seconds(1_799 + 1_799)) != nil)
        #expect(sessions.session(token, at: SessionsTests.start + .seconds(1_799 + 1_799 + 1_800)) == nil)
        #expect(sessions.session(token, at: SessionsTests.start) == nil, "it does not come back")
    }

    @Test("a session ends after twelve hours, used or not")
    func lifetime() {
        let token = sessions.begin(SessionsTests.eva, at: SessionsTests.start).token
        for minute in stride(from: 0, to: 720, by: 20) {
            #expect(sessions.session(token, at: SessionsTests.start + .seconds(minute * 60)) != nil)
        }
        #expect(sessions.session(token, at: SessionsTests.start + .seconds(720 * 60)) == nil)
    }

    @Test("a session can be ended, and all of a person's")
    func ended() {
        let adam = PersonIdentity(name: "adam", role: .auditor)
        let tokens = (0..<3).map { _ in sessions.begin(SessionsTests.eva, at: SessionsTests.start).token }
        let other = sessions.begin(adam, at: SessionsTests.start).token
        sessions.end(tokens[0])
        #expect(sessions.session(tokens[0], at: SessionsTests.start) == nil)
        #expect(sessions.session(tokens[1], at: SessionsTests.start) != nil)
        sessions.end(of: "eva")
        #expect(tokens.allSatisfy { sessions.session($0, at: SessionsTests.start) == nil })
        #expect(sessions.session(other, at: SessionsTests.start)?.person == adam)
    }

    @Test("there are at most so many: the one unused for longest makes room")
    func bounded() {
        let oldest = sessions.begin(SessionsTests.eva, at: SessionsTests.start).token
        let second = sessions.begin(SessionsTests.eva, at: SessionsTests.start + .seconds(1)).token
        for _ in 2..<Sessions.bound { _ = sessions.begin(SessionsTests.eva, at: SessionsTests.start + .seconds(2)) }
        #expect(sessions.session(oldest, at: SessionsTests.start + .seconds(3)) != nil)
        _ = sessions.begin(SessionsTests.eva, at: SessionsTests.start + .seconds(4))
        #expect(sessions.session(second, at: SessionsTests.start + .seconds(4)) == nil)
        #expect(sessions.session(oldest, at: SessionsTests.start + .seconds(4)) != nil)
    }
}

@Suite("How often sign-in may fail")
struct SignInLimiterTests {
    let limiter = SignInLimiter()
    static let start = Timestamp(seconds: 1_800_000_000)

    private func wait(_ address: String = "192.0.2.7", _ name: String = "eva", at seconds: Int64) -> Duration {
        limiter.wait(address: address, name: name, at: SignInLimiterTests.start + .seconds(seconds))
    }

    private func fail(_ count: Int, _ address: String = "192.0.2.7", _ name: String = "eva", at seconds: Int64 = 0) {
        for _ in 0..<count {
            limiter.failed(address: address, name: name, at: SignInLimiterTests.start + .seconds(seconds))
        }
    }

    @Test(
        "five failures are free; then each next try waits twice as long, five minutes at most",
        arguments: [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (8, 16), (11, 128), (12, 256), (13, 300), (40, 300)])
    func schedule(failures: Int, seconds: Int64) {
        fail(failures)
        #expect(wait(at: 0) == .seconds(seconds))
        #expect(wait(at: seconds) == .zero)
        if seconds > 1 { #expect(wait(at: seconds - 1) == .seconds(1)) }
    }

    @Test("the address waits for any name, others do not")
    func keys() {
        fail(5)
        #expect(wait("192.0.2.7", "adam", at: 0) == .seconds(2))
        #expect(wait("198.51.100.1", "eva", at: 0) == .zero)
        #expect(wait("198.51.100.1", "adam", at: 0) == .zero)
        #expect(wait("eva", "192.0.2.7", at: 0) == .zero, "an address is no name")
    }

    @Test("nobody can shut a person out from elsewhere, however often they fail in that name")
    func lockout() {
        limiter.succeeded(address: "198.51.100.1", name: "eva", at: SignInLimiterTests.start)
        for second in 0..<3_600 { fail(1, "203.0.113.\(second % 250)", "eva", at: Int64(second)) }
        #expect(wait("198.51.100.1", "eva", at: 3_600) == .zero)
        // Where she has never been, it is seconds and never more.
        #expect(wait("198.51.100.2", "eva", at: 3_599) == .seconds(5))
        #expect(wait("198.51.100.2", "eva", at: 3_604) == .zero)
        #expect(wait("198.51.100.2", "adam", at: 3_599) == .zero)
    }

    @Test("twenty failures of a name from anywhere are free; a month later its home is forgotten")
    func strangers() {
        for number in 0..<19 { fail(1, "203.0.113.\(number)", "eva") }
        #expect(wait("198.51.100.1", "eva", at: 0) == .zero)
        fail(1, "203.0.113.19", "eva")
        #expect(wait("198.51.100.1", "eva", at: 0) == .seconds(5))
        limiter.succeeded(address: "198.51.100.1", name: "eva", at: SignInLimiterTests.start)
        #expect(wait("198.51.100.1", "eva", at: 0) == .zero)
        let later: Int64 = 30 * 86_400
        for number in 0..<20 { fail(1, "203.0.113.\(number)", "eva", at: later) }
        #expect(wait("198.51.100.1", "eva", at: later) == .seconds(5))
    }

    @Test("who signs in from an address does not wait for what others do there, but for failures of their own")
    func neighbours() {
        limiter.succeeded(address: "192.0.2.7", name: "eva", at: SignInLimiterTests.start)
        fail(8, "192.0.2.7", "adam")
        #expect(wait("192.0.2.7", "eva", at: 0) == .zero)
        #expect(wait("192.0.2.7", "zoe", at: 0) == .seconds(16))
        fail(5, "192.0.2.7", "eva")
        #expect(wait("192.0.2.7", "eva", at: 0) == .seconds(2))
    }

    @Test("a success forgets the name's failures from there, not the address's")
    func success() {
        fail(6)
        limiter.succeeded(address: "192.0.2.7", name: "eva", at: SignInLimiterTests.start)
        #expect(wait("192.0.2.7", "eva", at: 0) == .zero)
        #expect(wait("192.0.2.7", "adam", at: 0) == .seconds(4))
    }

    @Test("a quarter of an hour without failures begins the count anew")
    func forgiven() {
        fail(12)
        fail(1, at: 901)
        #expect(wait(at: 901) == .zero)
    }

    @Test("a flood of names and addresses takes no more room than the bound, and the newest failures stay")
    func flood() {
        for number in 0..<30_000 { fail(1, "10.0.\(number / 256).\(number % 256)", "name\(number)") }
        fail(6, at: 1)
        #expect(wait(at: 1) == .seconds(4))
        fail(5, "203.0.113.9", "zoe", at: 2)
        #expect(wait("203.0.113.9", "zoe", at: 2) == .seconds(2))
    }
}
