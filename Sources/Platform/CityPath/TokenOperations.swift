public import CityIdentity
public import CityModel

/// Changes of tokens. Each is on record before it is made: whatever opens a connection, the ledger knows of it.
extension City {
    /// Issues a token to somebody who has an account, or to a service.
    ///
    /// - Parameters:
    ///   - owner: Whom it stands for.
    ///   - note: What it is for.
    ///   - validityDays: How long it is good for, 1 to ``CityIdentity/Tokens/longestDays`` days.
    ///   - principal: Who asks; needs ``Action/manageAccounts``.
    /// - Returns: The token with its secret, which is kept nowhere.
    /// - Throws: `Refusal` when it may not be, or the store's error.
    public func issueToken(
        to owner: TokenOwner, note: String = "", validityDays: Int = Tokens.usualDays, by principal: Principal
    ) async throws -> IssuedToken {
        if case .failure(let refusal) = path.authorise(principal, .manageAccounts) { throw refusal }
        guard (1...Tokens.longestDays).contains(validityDays) else {
            throw Refusal.malformed("a token is good for 1 to \(Tokens.longestDays) days, not \(validityDays)")
        }
        // As long as this holds the owner, nobody removes the account.
        return try await changingOwner(owner) {
            if owner.kind == .person, try accounts.person(owner.name) == nil {
                throw Refusal.malformed(
                    "there is no account `\(owner.name.prefix(100))`: create it with `bastide operator add`")
            }
            let (change, token) = try issuing(to: owner, note, validityDays, by: principal)
            try await make(change, recorded: .issued, by: principal)
            return token
        }
    }

    private func issuing(
        to owner: TokenOwner, _ note: String, _ validityDays: Int, by principal: Principal
    ) throws(Refusal) -> (Tokens.PendingChange, IssuedToken) {
        do throws(TokenError) {
            return try tokens.issuing(
                to: owner, note: note, validity: .seconds(validityDays * 86_400), by: principal.name, at: clock.now)
        } catch {
            throw .malformed(error.description)
        }
    }

    /// Revokes a token. Connections that it has opened are for the faces to end: see `Tokens.observe(_:)`.
    ///
    /// - Returns: Whether there was such a token.
    /// - Throws: `Refusal` when it may not be, or the store's error.
    public func revokeToken(_ id: String, by principal: Principal) async throws -> Bool {
        if case .failure(let refusal) = path.authorise(principal, .manageAccounts) { throw refusal }
        guard let owner = tokens.record(id)?.owner else { return false }
        return try await changingOwner(owner) {
            guard let change = tokens.revoking(id) else { return false }
            try await make(change, recorded: .revoked, by: principal)
            return true
        }
    }

    /// Revokes all tokens of a person whose account is about to go. Within ``changingAccount(_:_:)``.
    func revokeTokens(ofPerson name: String, by principal: Principal) async throws {
        for record in tokens.records(of: TokenOwner(kind: .person, name: name)) {
            guard let change = tokens.revoking(record.id) else { continue }
            try await make(change, recorded: .revoked, by: principal)
        }
    }

    /// Runs `body` while nobody else changes this owner's account or tokens.
    private func changingOwner<Success>(
        _ owner: TokenOwner, _ body: () async throws -> Success
    ) async throws -> Success {
        switch owner.kind {
        case .person: return try await changingAccount(owner.name, body)
        case .service:
            let claimed = ["service \(owner.name)"]
            if let refusal = claim(claimed) { throw refusal }
            defer { release(claimed) }
            return try await body()
        }
    }

    /// Commits the record of a change, then makes it. A change that cannot be made after all is on record as `undone`.
    private func make(
        _ change: Tokens.PendingChange, recorded what: TokenChangeRecord.Change, by principal: Principal
    ) async throws {
        try await record(what, of: change.record, by: principal)
        do {
            try tokens.make(change)
        } catch {
            try await record(.undone, of: change.record, by: principal)
            throw error
        }
    }

    private func record(
        _ what: TokenChangeRecord.Change, of token: TokenRecord, by principal: Principal
    ) async throws {
        let record = TokenChangeRecord(token: token, change: what, by: principal.name, at: clock.now)
        let receipt: Result<Receipt, Refusal> = await path.committed(events: [.token(record)])
        if case .failure(let refusal) = receipt { throw refusal }
    }
}
