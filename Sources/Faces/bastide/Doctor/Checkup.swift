import CityStorage
import Foundation

/// What the doctor has found, check by check.
struct Checkup: Encodable {
    /// How a check came out.
    enum State: String, Encodable {
        case fine = "ok"
        /// Worth knowing; nothing is wrong yet.
        case notice
        case problem
    }

    /// One check.
    struct Check: Encodable {
        var name: String
        var state: State
        var found: String
        /// What to do about it.
        var advice: String?
    }

    let directory: String
    private(set) var checks: [Check] = []

    var problems: Int { checks.count { $0.state == .problem } }

    init(_ directory: CityDirectory) {
        self.directory = directory.path
    }

    mutating func fine(_ name: String, _ found: String) {
        checks.append(Check(name: name, state: .fine, found: found))
    }

    mutating func notice(_ name: String, _ found: String, _ advice: String) {
        checks.append(Check(name: name, state: .notice, found: found, advice: advice))
    }

    mutating func problem(_ name: String, _ found: String, _ advice: String) {
        checks.append(Check(name: name, state: .problem, found: found, advice: advice))
    }

    /// The checks as a table, what to do below each that is not fine, and a last line that sums up.
    var text: String {
        let nameWidth = checks.map(\.name.count).max() ?? 0
        var lines = checks.flatMap { check in
            let mark =
                switch check.state {
                case .fine: "ok       "
                case .notice: "notice   "
                case .problem: "PROBLEM  "
                }
            let indent = String(repeating: " ", count: mark.count + nameWidth + 2)
            let name = check.name + String(repeating: " ", count: nameWidth - check.name.count + 2)
            let found = check.found.split(separator: "\n").joined(separator: "\n" + indent)
            return [mark + name + found] + (check.advice.map { ["\(indent)-> \($0)"] } ?? [])
        }
        let notices = checks.count { $0.state == .notice }
        lines.append("")
        lines.append(
            problems == 0
                ? "All is in order\(notices == 0 ? "" : "; \(notices) worth knowing")."
                : "\(problems) \(problems == 1 ? "problem" : "problems") found.")
        return lines.joined(separator: "\n")
    }

    private enum CodingKeys: String, CodingKey {
        case directory, checks, problems
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(directory, forKey: .directory)
        try container.encode(problems, forKey: .problems)
        try container.encode(checks, forKey: .checks)
    }
}
