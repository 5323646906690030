/// Everything the console can show.
public enum ConsolePage: Sendable {
    /// Asks for name and password.
    case signIn(SignInPage)
    /// Says that the session has ended.
    case signedOut(SignedOutPage)
    /// The live map of the city, its counts and its latest alerts and refusals.
    case overview(OverviewPage)
    /// The list of entities.
    case entities(EntitiesPage)
    /// One entity: its observations, their history and their proofs.
    case entity(EntityPage)
    /// The list of devices.
    case devices(DevicesPage)
    /// One device: its certificate, its refusals, what can be done about it.
    case device(DevicePage)
    /// The list of MQTT sessions.
    case sessions(SessionsPage)
    /// One MQTT session: its subscriptions and messages, what can be done about it.
    case session(SessionPage)
    /// The list of alerts.
    case alerts(AlertsPage)
    /// The list of refusals.
    case refusals(RefusalsPage)
    /// The ledger and how to check it.
    case ledger(LedgerPage)
    /// What went wrong and what to do.
    case error(ErrorPage)
}

/// A page's own part of the document: `layout.mustache` renders the rest around it.
struct PageContent {
    /// The template of the page.
    var template: String
    /// The document's title, without the city's name.
    var title: String
    /// The page's entry in the navigation.
    var section: ConsoleSection?
    /// Modules in `static/js` that the page needs besides `console.js`, without extension.
    var scripts: [String] = []
    /// Style sheets in `static/css` that the page needs besides those of every page, without extension.
    var styles: [String] = []
    /// Whether the page shows a map.
    var hasMap = false
    /// What the page's template sees.
    var view: View
}

/// A page that knows how to become a document.
protocol ConsoleContent: Sendable {
    /// The city the page belongs to.
    var city: ConsoleCity { get }
    /// What surrounds the page for somebody who has signed in; nil before that.
    var signedInFrame: ConsoleFrame? { get }
    /// The page's own part.
    func content(assets: ConsoleAssets) -> PageContent
}

extension ConsolePage {
    private var page: any ConsoleContent {
        switch self {
        case .signIn(let page): page
        case .signedOut(let page): page
        case .overview(let page): page
        case .entities(let page): page
        case .entity(let page): page
        case .devices(let page): page
        case .device(let page): page
        case .sessions(let page): page
        case .session(let page): page
        case .alerts(let page): page
        case .refusals(let page): page
        case .ledger(let page): page
        case .error(let page): page
        }
    }

    /// What `layout.mustache` sees.
    func document(assets: ConsoleAssets) -> View {
        let page = page
        let content = page.content(assets: assets)
        let leaflet = content.hasMap ? assets.leaflet : nil
        return [
            "title": .text(content.title),
            "city": .object(page.city.view),
            "template": .text(content.template),
            "page": .object(content.view),
            "frame": .object(page.signedInFrame?.view(current: content.section)),
            "static": .text(assets.versionedPrefix),
            "leaflet": .object(leaflet?.view(prefix: assets.versionedPrefix)),
            "scripts": .list(content.scripts.map { ["name": .text($0)] }),
            "styles": .list(content.styles.map { ["name": .text($0)] }),
        ]
    }
}
