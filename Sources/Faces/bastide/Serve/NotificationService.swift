import CityContext
import ServiceLifecycle

/// Sends the context broker's notifications for as long as the city is served.
struct NotificationService: Service {
    let notifier: Notifier

    func run() async throws { await cancelWhenGracefulShutdown { await notifier.run() } }
}
