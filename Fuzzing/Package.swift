// swift-tools-version: 6.1
// Programs for libFuzzer, one for each property in Tests/FuzzProperties. `Scripts/fuzz` builds and runs them.

import PackageDescription

func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: [.product(name: "FuzzProperties", package: "bastide")],
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "fuzzing", dependencies: [.package(name: "bastide", path: "..")],
    targets: [fuzzer("mqtt-packets"), fuzzer("topics"), fuzzer("sparkplug")])
