/// Why somebody could not sign in. Which of name and password was wrong is never said.
public enum SignInFailure: Sendable, Hashable {
    /// Name and password do not belong together, or the account may not sign in.
    case refused
    /// Too many attempts; the next is looked at after `waitSeconds`.
    case rateLimited(waitSeconds: Int)
}

/// Asks for name and password. The form posts `name`, `password`, `csrf` and perhaps `returnTo` to `/sign-in`.
public struct SignInPage: Sendable, Hashable {
    /// The city.
    public var city: ConsoleCity
    /// The token against forged requests of a session that has not begun.
    public var csrf: String
    /// The name typed before, after a failure.
    public var name: String
    /// Why the attempt before this failed.
    public var failure: SignInFailure?
    /// The path to go on to; one that is not within this server is left out.
    public var returnTo: String?

    /// A sign-in page.
    public init(
        city: ConsoleCity, csrf: String, name: String = "", failure: SignInFailure? = nil, returnTo: String? = nil
    ) {
        self.city = city
        self.csrf = csrf
        self.name = name
        self.failure = failure
        self.returnTo = returnTo
    }
}

extension SignInPage: ConsoleContent {
    var signedInFrame: ConsoleFrame? { nil }

    func content(assets: ConsoleAssets) -> PageContent {
        PageContent(
            template: "sign-in", title: "Sign in",
            view: [
                "csrf": .text(csrf),
                "name": .text(name),
                "isRefused": .flag(failure == .refused),
                "wait": .text(wait),
                "returnTo": .text(returnTo.flatMap { ConsoleLink.isLocal($0) ? $0 : nil }),
            ])
    }

    private var wait: String? {
        guard case .rateLimited(let seconds) = failure else { return nil }
        return NumberWords.wait(seconds: seconds)
    }
}

/// Says that the session has ended.
public struct SignedOutPage: Sendable, Hashable {
    /// The city.
    public var city: ConsoleCity
    /// Whether it had ended by itself before the person sent something, which was not carried out then.
    public var hasExpired: Bool

    /// A signed-out notice.
    public init(city: ConsoleCity, hasExpired: Bool = false) {
        self.city = city
        self.hasExpired = hasExpired
    }
}

extension SignedOutPage: ConsoleContent {
    var signedInFrame: ConsoleFrame? { nil }

    func content(assets: ConsoleAssets) -> PageContent {
        PageContent(template: "signed-out", title: "Signed out", view: ["hasExpired": .flag(hasExpired)])
    }
}
