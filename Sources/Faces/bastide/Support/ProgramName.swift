import Foundation

/// How this program is called where it was started, so that commands it prints can be pasted.
enum ProgramName {
    /// Set by a script that has started the program: what a person types instead of its name.
    static let variable = "BASTIDE_CALLED_AS"

    /// `./run --`, `/opt/bastide/bastide`, or `bastide` where the shell has found it in its path.
    static let text = text(
        environment: ProcessInfo.processInfo.environment, argument: CommandLine.arguments.first ?? "bastide")

    private static func text(environment: [String: String], argument: String) -> String {
        if let name = environment[variable], !name.isEmpty { return name }
        return ShellWord.quoted(argument)
    }
}

/// A text as the shell takes it for one word.
enum ShellWord {
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "/._-+@".utf8.contains(byte)
            }
        }
        return isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}
