import CityPath
import ServiceLifecycle

/// Ends the program when nothing can be kept any more: a city that only looks alive helps nobody, and whoever watches
/// over the program starts it again when it ends with an error.
struct StoreWatch: Service {
    let city: City

    func run() async throws {
        let failure = await cancelWhenGracefulShutdown { await city.storeFailure() }
        if let failure { throw failure }
    }
}
