import CityModel

/// How much of the committer's time devices may take with readings of long ago.
///
/// Such a reading must be looked for among all that the city has of its series: in memory if it can be, else in blocks
/// that are read from disk and unpacked. One device could keep the committer busy with that, and everybody else waiting.
package struct LateBudget: Sendable {
    /// Work that a device may cause in a second, in units of about a microsecond: a twentieth of the committer's time.
    package var perSecond = 50_000.0
    /// Work that a device may have saved up.
    package var burst = 200_000.0

    /// A reading that is looked for.
    static let looking = 4.0
    /// A block of which the times are remembered.
    static let searchingBlock = 0.2
    /// A block that is read from disk and unpacked.
    static let unpackingBlock = 100.0
    /// A batch of the journal that is read and unpacked.
    static let unpackingBatch = 500.0

    /// Devices whose account is kept; beyond it all begin anew.
    private static let accounts = 16_384

    private struct Account {
        var saved: Double
        var at: Timestamp
    }

    private var accounts: [DeviceID?: Account] = [:]

    /// A budget with the usual limits.
    package init() {}

    /// Whether a device may cause more work now. It may then cause more than is left of its budget, and waits longer.
    mutating func allows(_ device: DeviceID?, at now: Timestamp) -> Bool {
        guard var account = accounts[device] else { return true }
        let elapsed = max(now.since(account.at), .zero)
        account.saved = min(account.saved + perSecond * (elapsed / .seconds(1)), burst)
        account.at = now
        accounts[device] = account
        return account.saved > 0
    }

    /// Notes work that a device has caused.
    mutating func charge(_ work: Double, to device: DeviceID?, at now: Timestamp) {
        if accounts.count >= LateBudget.accounts { accounts.removeAll(keepingCapacity: true) }
        accounts[device, default: Account(saved: burst, at: now)].saved -= work
    }
}
