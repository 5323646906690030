/// Which city the console is of.
public struct ConsoleCity: Sendable, Hashable {
    /// What people call it.
    public var name: String
    /// Whether its readings come from a simulation. Every page then says so.
    public var isSimulation: Bool

    /// A city.
    public init(name: String, isSimulation: Bool) {
        self.name = name
        self.isSimulation = isSimulation
    }

    var view: View { ["name": .text(name), "isSimulation": .flag(isSimulation)] }
}

/// Who has signed in.
public struct ConsoleUser: Sendable, Hashable {
    /// The name they sign in with.
    public var name: String
    /// What they are in the city: `operator`, `auditor`.
    public var role: String

    /// Somebody who has signed in.
    public init(name: String, role: String) {
        self.name = name
        self.role = role
    }
}

/// What the last thing the person did came to, said once at the top of the next page.
public enum ConsoleNotice: Sendable, Hashable {
    /// It was done.
    case done(String)
    /// It was not done.
    case problem(String)

    var view: View {
        switch self {
        case .done(let text): ["text": .text(text), "isProblem": .flag(false)]
        case .problem(let text): ["text": .text(text), "isProblem": .flag(true)]
        }
    }
}

/// What surrounds every page for somebody who has signed in: navigation, session, notices.
public struct ConsoleFrame: Sendable, Hashable {
    /// The city.
    public var city: ConsoleCity
    /// Who has signed in.
    public var user: ConsoleUser
    /// The session's token against forged requests; every form carries it in the field `csrf`.
    public var csrf: String
    /// How many alerts nobody has acknowledged.
    public var openAlerts: Int
    /// What the last thing the person did came to.
    public var notice: ConsoleNotice?

    /// A frame.
    public init(
        city: ConsoleCity, user: ConsoleUser, csrf: String, openAlerts: Int, notice: ConsoleNotice? = nil
    ) {
        self.city = city
        self.user = user
        self.csrf = csrf
        self.openAlerts = openAlerts
        self.notice = notice
    }

    func view(current: ConsoleSection?) -> View {
        [
            "userName": .text(user.name),
            "userRole": .text(user.role),
            "csrf": .text(csrf),
            "notice": .object(notice?.view),
            "sections": .list(
                ConsoleSection.allCases.map { section in
                    let badge = section == .alerts && openAlerts > 0 ? "\(openAlerts)" : nil
                    return section.view(isCurrent: section == current, badge: badge)
                }),
        ]
    }
}

/// The entries of the navigation, in its order.
enum ConsoleSection: String, CaseIterable {
    case overview, entities, devices, sessions, alerts, refusals, ledger

    /// Where the entry leads.
    var path: String { self == .overview ? "/" : "/\(rawValue)" }

    func view(isCurrent: Bool, badge: String?) -> View {
        [
            "name": .text(rawValue.capitalizedFirst),
            "key": .text(rawValue),
            "path": .text(path),
            "isCurrent": .flag(isCurrent),
            "isAlerts": .flag(self == .alerts),
            "badge": .text(badge),
        ]
    }
}
