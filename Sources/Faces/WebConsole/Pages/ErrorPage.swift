/// What went wrong and what to do.
public struct ErrorPage: Sendable, Hashable {
    /// The city.
    public var city: ConsoleCity
    /// What surrounds the page, where somebody has signed in.
    public var frame: ConsoleFrame?
    /// The HTTP status code.
    public var status: Int
    /// What went wrong, as a short sentence without full stop: “there is no entity `urn:ngsi-ld:X:1`”.
    public var message: String
    /// What to do now, as sentences; nil says what helps with most errors of this status.
    public var advice: String?

    /// An error page.
    public init(city: ConsoleCity, frame: ConsoleFrame?, status: Int, message: String, advice: String? = nil) {
        self.city = city
        self.frame = frame
        self.status = status
        self.message = message
        self.advice = advice
    }
}

extension ErrorPage: ConsoleContent {
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        PageContent(
            template: "error", title: heading,
            view: [
                "status": .text("\(status)"),
                "heading": .text(heading),
                "message": .text(message.capitalizedFirst),
                "advice": .text(advice ?? usualAdvice),
                "isSignedIn": .flag(frame != nil),
            ])
    }

    private var heading: String {
        switch status {
        case 400, 422: "The request was not understood"
        case 401: "Please sign in"
        case 403: "Not permitted"
        case 404, 410: "Not found"
        case 409: "Somebody was faster"
        case 413: "Too large"
        case 429: "Too many requests"
        case 503: "Not available now"
        case 500...599: "Something broke on our side"
        default: "This did not work"
        }
    }

    private var usualAdvice: String {
        switch status {
        case 400, 422: "Go back, check what was entered, and send it again."
        case 401: "Sign in and try again."
        case 403: "If you need this for your work, ask the city's administrator for the role that includes it."
        case 404, 410: "Check the address, or look for it in the list of entities or devices."
        case 409: "Reload the page to see how things are now, then try again."
        case 429: "Wait a minute, then try again."
        default:
            "Nothing that was acknowledged is lost. Try again in a minute; if it goes on, tell the city's "
                + "administrator the time and the status."
        }
    }
}
