import CityIdentity
import CityModel
import CityStorage
import Foundation
import Synchronization
import Testing

/// Verifiers in memory, counting who asks.
final class MemoryTable: CredentialTable {
    private let secrets = Mutex<[String: String]>([:])
    private let lookups = Mutex(0)

    var lookupCount: Int { lookups.withLock { $0 } }
    var everything: String { secrets.withLock { $0.values.joined() } }

    func secret(of name: String) throws(StorageError) -> String? {
        lookups.withLock { $0 += 1 }
        return secrets.withLock { $0[name] }
    }

    func keepSecret(_ secret: String?, of name: String) throws(StorageError) { secrets.withLock { $0[name] = secret } }

    func credentialNames() throws(StorageError) -> [String] { secrets.withLock { $0.keys.sorted() } }
}

/// Derivations that were asked for, with their costs.
final class DerivationCounter: Sendable {
    private let costs = Mutex<[[Int]]>([])

    var all: [[Int]] { costs.withLock { $0 } }

    func derive(_ password: String, _ salt: Data, _ cost: (Int, Int, Int)) -> Data {
        costs.withLock { $0.append([cost.0, cost.1, cost.2, salt.count]) }
        var bytes = [UInt8](repeating: 0, count: 32)
        for (index, byte) in (password.utf8 + Array(salt)).enumerated() {
            bytes[index % 32] = bytes[index % 32] &* 31 &+ byte
        }
        return Data(bytes)
    }
}

/// Names in the order in which they were told.
final class NameList: Sendable {
    private let names = Mutex<[String]>([])

    var all: [String] { names.withLock { $0 } }

    func note(_ name: String) { names.withLock { $0.append(name) } }
}

@Suite("Accounts")
struct AccountsTests {
    let table = MemoryTable()
    let counter = DerivationCounter()
    let accounts: Accounts

    init() {
        accounts = Accounts(table: table, derive: counter.derive)
    }

    @Test("the right password opens, with the role it was given")
    func rightPassword() throws {
        try accounts.set(password: "correct horse battery", for: "eva", role: .auditor)
        #expect(try accounts.check(name: "eva", password: "correct horse battery")?.role == .auditor)
        #expect(try accounts.person("eva")?.role == .auditor)
        #expect(try accounts.all().map(\.name) == ["eva"])
    }

    @Test("an unknown name gets the same answer as a wrong password, after the same work")
    func unknownName() throws {
        try accounts.set(password: "correct horse battery", for: "eva", role: .operator)
        func work(_ name: String) throws -> (answer: PersonIdentity?, lookups: Int, costs: [[Int]]) {
            let (lookups, costs) = (table.lookupCount, counter.all.count)
            let answer = try accounts.check(name: name, password: "wrong horse battery")
            return (answer, table.lookupCount - lookups, Array(counter.all[costs...]))
        }
        let (known, unknown) = (try work("eva"), try work("adam"))
        #expect(known.answer == nil)
        #expect(unknown.answer == nil)
        #expect(known.lookups == unknown.lookups)
        #expect(known.costs.count == 1)
        #expect(known.costs == unknown.costs)
    }

    @Test("no password opens an account that is not there, nor one without a verifier's bytes")
    func noAccount() throws {
        for password in ["", "\u{0}", String(repeating: "x", count: 5_000)] {
            #expect(try accounts.check(name: "adam", password: password) == nil)
        }
        try table.keepSecret(
            #"{"role":"operator","rounds":2,"blockSize":8,"parallelism":1,"salt":"","hash":""}"#, of: "empty")
        #expect(try accounts.check(name: "empty", password: "anything at all") == nil)
    }

    @Test("a new password ends the old one; a removed account opens no more")
    func changed() throws {
        try accounts.set(password: "correct horse battery", for: "eva", role: .operator)
        try accounts.set(password: "another horse battery", for: "eva", role: .auditor)
        #expect(try accounts.check(name: "eva", password: "correct horse battery") == nil)
        #expect(try accounts.check(name: "eva", password: "another horse battery")?.role == .auditor)
        try accounts.remove("eva")
        #expect(try accounts.check(name: "eva", password: "another horse battery") == nil)
        #expect(try accounts.person("eva") == nil)
    }

    @Test("an account keeps its certificate through a new password, and loses it when it is removed")
    func certificates() throws {
        let eva = PersonIdentity(name: "eva", role: .operator)
        #expect(throws: AccountError.unknown("eva")) { try accounts.issuingCertificate("0a", to: eva) }
        try accounts.set(password: "correct horse battery", for: "eva", role: .operator)
        #expect(try accounts.account("eva")?.certificateSerial == nil)
        let change = try accounts.issuingCertificate("0a", to: eva)
        #expect(try accounts.account("eva")?.certificateSerial == nil, "a change that is not made changes nothing")
        try accounts.make(change)
        #expect(try accounts.account("eva")?.person == eva)
        #expect(try accounts.account("eva")?.certificateSerial == "0a")
        try accounts.set(password: "another horse battery", for: "eva", role: .operator)
        #expect(try accounts.account("eva")?.certificateSerial == "0a")
        #expect(try accounts.check(name: "eva", password: "another horse battery") == eva)
        try accounts.remove("eva")
        try accounts.set(password: "correct horse battery", for: "eva", role: .operator)
        #expect(try accounts.account("eva")?.certificateSerial == nil)
    }

    @Test("who was known before a change is who they are after it: another role, or nobody")
    func current() throws {
        let eva = PersonIdentity(name: "eva", role: .operator)
        let auditor = PersonIdentity(name: "eva", role: .auditor)
        #expect(accounts.current(eva) == eva)
        let watched = NameList()
        accounts.observe { watched.note($0) }
        var generations = [accounts.generation]
        for role in [PersonRole.operator, .auditor] {
            try accounts.set(password: "correct horse battery", for: "eva", role: role)
            generations.append(accounts.generation)
            #expect(accounts.current(eva)?.role == role)
        }
        try accounts.remove("eva")
        generations.append(accounts.generation)
        #expect(accounts.current(eva) == nil)
        #expect(accounts.current(auditor) == nil)
        #expect(accounts.current(PersonIdentity(name: "adam", role: .auditor)) != nil)
        #expect(Set(generations).count == 4)
        #expect(watched.all == ["eva", "eva", "eva"])
    }

    @Test("short passwords and unfit names are refused, with what would do")
    func unfit() throws {
        #expect(throws: AccountError.passwordTooShort) {
            try accounts.set(password: "123456789", for: "e", role: .operator)
        }
        for name in ["", "eva meier", "../eva", "eva/1"] {
            #expect(throws: AccountError.nameUnfit(name)) {
                try accounts.set(password: "correct horse battery", for: name, role: .operator)
            }
        }
        #expect(AccountError.passwordTooShort.description.contains("10 characters"))
        #expect(AccountError.nameUnfit("../eva").description.contains("`../eva`"))
        #expect(try accounts.all().isEmpty)
    }

    @Test("equal passwords have different salts, and no password is held")
    func salted() throws {
        try accounts.set(password: "correct horse battery", for: "eva", role: .operator)
        try accounts.set(password: "correct horse battery", for: "adam", role: .operator)
        #expect(try table.secret(of: "eva") != table.secret(of: "adam"))
        #expect(!table.everything.contains("horse"))
    }

    @Test("a damaged verifier is an error, not a way in")
    func damagedVerifier() throws {
        try table.keepSecret("{", of: "eva")
        #expect(throws: (any Error).self) { try accounts.check(name: "eva", password: "correct horse battery") }
    }

    @Test("scrypt with N = 2^15, r = 8, p = 1 (RFC 7914): the real derivation opens and refuses")
    func realDerivation() throws {
        let accounts = Accounts(table: table)
        try accounts.set(password: "correct horse battery", for: "eva", role: .operator)
        #expect(try accounts.check(name: "eva", password: "correct horse battery")?.name == "eva")
        #expect(try accounts.check(name: "eva", password: "correct horse batterz") == nil)
        #expect(try table.secret(of: "eva")?.contains("\"rounds\":32768") == true)
    }

    @Test("passwords that nobody has to invent are long, different, and easy to read aloud")
    func passwordMaker() {
        let made = (0..<200).map { _ in PasswordMaker.make() }
        #expect(Set(made).count == 200)
        for password in made {
            #expect(password.count == 24)
            #expect(password.allSatisfy { !"01ilo".contains($0) })
        }
    }
}
