import ArgumentParser

/// Settings on the command line: they count before those of the environment and of city.yaml.
struct SettingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where devices connect, instead of `listen.mqtt`.", valueName: "host:port"))
    var mqtt: String?

    @Option(help: ArgumentHelp("Where people and programs connect, instead of `listen.https`.", valueName: "host:port"))
    var https: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Any setting that `bastide settings` lists; may be given several times.", valueName: "key=value"))
    var settings: [String] = []

    /// The weakest first.
    var overrides: [SettingOverride] {
        settings.map { SettingOverride(set: $0) }
            + [.flag("--mqtt", "listen.mqtt", mqtt), .flag("--https", "listen.https", https)].compactMap { $0 }
    }
}
