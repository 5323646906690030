// Stands in for four commands until their files are here.
import ArgumentParser

struct ServeCommand: AsyncParsableCommand { static let configuration = CommandConfiguration(commandName: "serve") }
struct DemoCommand: AsyncParsableCommand { static let configuration = CommandConfiguration(commandName: "demo") }
struct ReplayCommand: AsyncParsableCommand { static let configuration = CommandConfiguration(commandName: "replay") }
struct BenchCommand: AsyncParsableCommand { static let configuration = CommandConfiguration(commandName: "bench") }
