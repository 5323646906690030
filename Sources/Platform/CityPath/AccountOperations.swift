import CityIdentity
public import CityModel

/// Changes of accounts. Each is on record before it is made: whoever may sign in, the ledger knows of it.
extension City {
    /// Creates an account, or gives one a new password and role; its certificate stays.
    ///
    /// - Throws: `AccountError` for a name or password that won't do, `Refusal` when it may not be, or the store's error.
    public func setAccount(
        _ name: String, password: String, role: PersonRole, by principal: Principal
    ) async throws {
        if case .failure(let refusal) = path.authorise(principal, .manageAccounts) { throw refusal }
        try await changingAccount(name) {
            let change = try accounts.settingPassword(password, of: name, role: role)
            let isNew = try accounts.person(name) == nil
            try await make(change, recorded: isNew ? "created" : "passwordChanged", role)
        }
    }

    /// Removes an account, its tokens, and what its certificate was good for. Who has signed in or connected as this person may do
    /// nothing more from then on; sessions and connections are for the faces to end: see `Accounts.observe(_:)`.
    ///
    /// - Returns: Whether there was such an account.
    /// - Throws: `Refusal` when it may not be, or the store's error.
    public func removeAccount(_ name: String, by principal: Principal) async throws -> Bool {
        if case .failure(let refusal) = path.authorise(principal, .manageAccounts) { throw refusal }
        return try await changingAccount(name) {
            guard let person = try accounts.person(name) else { return false }
            // Before the account: one of the same name that is made later must not find them.
            try await revokeTokens(ofPerson: name, by: principal)
            try await make(accounts.removing(name), recorded: "removed", person.role)
            return true
        }
    }

    /// Runs `body` while nobody else changes this account.
    ///
    /// - Throws: ``Refusal/Code/unavailable`` when somebody else does, or what `body` throws.
    func changingAccount<Success>(_ name: String, _ body: () async throws -> Success) async throws -> Success {
        let claimed = ["account \(name)"]
        if let refusal = claim(claimed) { throw refusal }
        defer { release(claimed) }
        return try await body()
    }

    /// Commits the record of a change, then makes it. A change that cannot be made after all is on record as `undone`.
    func make(_ change: Accounts.PendingChange, recorded what: String, _ role: PersonRole) async throws {
        try await record(AccountRecord(name: change.name, role: role, change: what, at: clock.now))
        do {
            try accounts.make(change)
        } catch {
            try await record(AccountRecord(name: change.name, role: role, change: "undone", at: clock.now))
            throw error
        }
    }

    private func record(_ record: AccountRecord) async throws {
        let receipt: Result<Receipt, Refusal> = await path.committed(events: [.account(record)])
        if case .failure(let refusal) = receipt { throw refusal }
    }
}
