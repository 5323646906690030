import Foundation
import Mustache

/// The module's templates, read once.
struct TemplateSet: Sendable {
    private let library: MustacheLibrary

    /// Reads every `.mustache` file of the bundle.
    ///
    /// - Throws: ``ConsoleResourceError`` when the folder cannot be read or a template is malformed.
    init() throws {
        HTMLText.register()
        var library = MustacheLibrary()
        for file in try ResourceFile.all(in: "templates") where file.path.hasSuffix(".mustache") {
            let name = String(file.path.dropLast(".mustache".count))
            // Mustache's own escaping is replaced in each template, as it starts afresh at every partial.
            var text = "{{%CONTENT_TYPE:\(HTMLText.name)}}\n" + String(decoding: file.bytes, as: UTF8.self)
            // A partial within a line must not break it.
            if text.hasSuffix("\n") { text.removeLast() }
            do {
                library.register(try MustacheTemplate(string: text), named: name)
            } catch {
                throw ConsoleResourceError(path: file.path, problem: "is not a template: \(error)")
            }
        }
        self.library = library
    }

    /// The text of the template called `name`, filled from `view`; empty when there is no such template.
    func render(_ view: View, with name: String) -> String {
        library.render(view, withTemplate: name) ?? ""
    }
}
