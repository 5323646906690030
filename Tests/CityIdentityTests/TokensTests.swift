import CityIdentity
import CityModel
import CityStorage
import Foundation
import Synchronization
import Testing

@Suite("Tokens")
struct TokensTests {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let ada = TokenOwner(kind: .person, name: "ada")
    static let flows = TokenOwner(kind: .service, name: "flows")

    let table = MemoryTable()
    let tokens: Tokens

    init() throws {
        tokens = try Tokens(table: table)
    }

    private func issue(
        _ owner: TokenOwner = TokensTests.ada, note: String = "", validity: Duration = .seconds(60)
    ) throws -> IssuedToken {
        let (change, token) = try tokens.issuing(
            to: owner, note: note, validity: validity, by: "person/eva", at: TokensTests.now)
        try tokens.make(change)
        return token
    }

    private func check(
        _ text: String, of name: String = "ada", at now: Timestamp = TokensTests.now, by tokens: Tokens? = nil
    ) -> Result<TrustedToken, TokenFault> {
        (tokens ?? self.tokens).check(text.utf8, of: name, at: now)
    }

    private func fault(_ result: Result<TrustedToken, TokenFault>) -> TokenFault? {
        if case .failure(let fault) = result { fault } else { nil }
    }

    @Test("a token stands for its owner, under the owner's name")
    func good() throws {
        let token = try issue(note: "laptop")
        let trusted = try check(token.text.revealed).get()
        #expect(trusted.id == token.record.id)
        #expect(trusted.owner == TokensTests.ada)
        #expect(trusted.expiresAt == TokensTests.now + .seconds(60))
        #expect(tokens.record(trusted.id)?.note == "laptop")
        #expect(tokens.record(trusted.id)?.createdBy == "person/eva")
        #expect(fault(check(token.text.revealed, of: "eva")) == .notOfUser(id: trusted.id))
        #expect(fault(check(token.text.revealed, of: "")) == .notOfUser(id: trusted.id))
    }

    @Test("its form is `bst_<12 hexadecimal digits>_<64 hexadecimal digits>`, and no two are alike")
    func form() throws {
        let texts = try (0..<50).map { _ in try issue().text.revealed }
        #expect(Set(texts).count == 50)
        for text in texts {
            #expect(text.wholeMatch(of: /bst_[0-9a-f]{12}_[0-9a-f]{64}/) != nil, "\(text)")
            #expect(TokenText(text.utf8)?.revealed == text)
        }
    }

    @Test("what has another form is no token")
    func noToken() throws {
        let text = try issue().text.revealed
        let others = [
            "", "bst_", "x" + text, text + "0", String(text.dropLast()), text.uppercased(),
            text.replacingOccurrences(of: "bst_", with: "bst-"), String(repeating: "a", count: 65_535),
            text.replacingOccurrences(of: "_", with: "."), String(text.dropLast()) + "g",
        ]
        for other in others { #expect(fault(check(other)) == .noToken, "\(other.prefix(100))") }
        for length in 0..<TokenText.byteCount { #expect(TokenText(text.utf8.prefix(length)) == nil) }
    }

    @Test("each digit of the secret counts, and another token's secret is not its own")
    func wrongSecret() throws {
        let (first, second) = (try issue(), try issue())
        let id = first.record.id
        let digits = Array(first.text.revealed)
        for index in digits.indices.dropFirst(TokenText.byteCount - 64) {
            var changed = digits
            changed[index] = changed[index] == "0" ? "1" : "0"
            #expect(fault(check(String(changed))) == .wrongSecret(id: id), "digit \(index)")
        }
        let mixed = "bst_\(id)_" + second.text.revealed.suffix(64)
        #expect(fault(check(mixed)) == .wrongSecret(id: id))
        let unknown = "bst_000000000000_" + first.text.revealed.suffix(64)
        #expect(fault(check(unknown)) == .unknown(id: "000000000000"))
    }

    @Test("it is good until the moment it expires, and not at that moment")
    func expiry() throws {
        let token = try issue(validity: .seconds(60))
        let text = token.text.revealed
        let end = token.record.expiresAt
        #expect(fault(check(text, at: Timestamp(microseconds: end.microseconds - 1))) == nil)
        #expect(fault(check(text, at: end)) == .expired(id: token.record.id))
        // Expired ones are still to be seen, and to be revoked.
        #expect(tokens.all().map(\.id) == [token.record.id])
    }

    @Test("one that is revoked is gone, and others of the same owner stay")
    func revocation() throws {
        let (gone, kept) = (try issue(TokensTests.flows), try issue(TokensTests.flows))
        let watched = NameList()
        tokens.observe { watched.note($0.principalName) }
        let before = tokens.generation
        try tokens.make(try #require(tokens.revoking(gone.record.id)))
        #expect(fault(check(gone.text.revealed, of: "flows")) == .unknown(id: gone.record.id))
        #expect(fault(check(kept.text.revealed, of: "flows")) == nil)
        #expect(tokens.isKnown(NamedService(name: "flows")))
        try tokens.make(try #require(tokens.revoking(kept.record.id)))
        #expect(!tokens.isKnown(NamedService(name: "flows")))
        #expect(tokens.revoking(kept.record.id) == nil)
        #expect(tokens.all().isEmpty)
        #expect(tokens.generation == before + 2)
        #expect(watched.all == ["namedService/flows", "namedService/flows"])
    }

    @Test("a change that is not made changes nothing")
    func pending() throws {
        let (_, token) = try tokens.issuing(
            to: TokensTests.ada, note: "", validity: .seconds(60), by: "person/eva", at: TokensTests.now)
        #expect(fault(check(token.text.revealed)) == .unknown(id: token.record.id))
        #expect(table.everything.isEmpty)
    }

    @Test("what was issued is there after a restart, what was revoked is not")
    func restart() throws {
        let (kept, gone) = (try issue(), try issue(TokensTests.flows))
        try tokens.make(try #require(tokens.revoking(gone.record.id)))
        let again = try Tokens(table: table)
        #expect(again.problems.isEmpty)
        #expect(try check(kept.text.revealed, by: again).get().id == kept.record.id)
        #expect(fault(check(gone.text.revealed, of: "flows", by: again)) == .unknown(id: gone.record.id))
        #expect(again.all() == [kept.record])
    }

    @Test("a kept token that is damaged opens nothing, is named, and does not stop the others")
    func damaged() throws {
        let good = try issue()
        let bad = try issue()
        for text in ["{", "{}", try #require(try table.secret(of: "token/\(good.record.id)"))] {
            try table.keepSecret(text, of: "token/\(bad.record.id)")
            let again = try Tokens(table: table)
            #expect(again.problems.count == 1 && again.problems[0].contains(bad.record.id))
            #expect(fault(check(bad.text.revealed, by: again)) == .unknown(id: bad.record.id))
            #expect(fault(check(good.text.revealed, by: again)) == nil)
        }
    }

    @Test("no secret is kept, printed, or told in a fault")
    func secrecy() throws {
        let token = try issue()
        let secret = String(token.text.revealed.suffix(64))
        #expect(!table.everything.contains(secret))
        #expect(!"\(token.text) \(token) \(String(reflecting: token.text))".contains(secret))
        let faults: [TokenFault?] = [
            fault(check(token.text.revealed, of: "eva")), fault(check(token.text.revealed, at: token.record.expiresAt)),
        ]
        for fault in faults {
            let words = try #require(fault).description
            #expect(words.contains(token.record.id) && !words.contains(secret))
        }
    }

    @Test("tokens and accounts share a table, and neither takes the other for its own")
    func besideAccounts() throws {
        let accounts = Accounts(table: table, derive: DerivationCounter().derive)
        try accounts.set(password: "correct horse battery", for: "ada", role: .operator)
        let token = try issue()
        #expect(try accounts.all().map(\.name) == ["ada"])
        #expect(try accounts.check(name: "token/\(token.record.id)", password: "correct horse battery") == nil)
        #expect(try accounts.person("token/\(token.record.id)") == nil)
        #expect(try Tokens(table: table).problems.isEmpty)
    }

    @Test("unfit names and long notes are refused, with what would do")
    func unfit() {
        for name in ["", "a b", "../x", "token/1"] {
            #expect(throws: TokenError.nameUnfit(name)) { try issue(TokenOwner(kind: .service, name: name)) }
        }
        #expect(throws: TokenError.noteTooLong) { try issue(note: String(repeating: "n", count: 201)) }
        #expect(TokenError.noteTooLong.description.contains("200"))
    }
}
