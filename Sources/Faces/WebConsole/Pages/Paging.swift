/// Which part of a long list is shown.
public struct Paging: Sendable, Hashable {
    /// The page shown, from 1.
    public let page: Int
    /// How many pages there are; none when the list is empty.
    public let pageCount: Int
    /// How many things all pages hold together.
    public let total: Int
    private let size: Int

    /// A list of `total` things cut into pages of `size`.
    ///
    /// - Parameters:
    ///   - requested: The page asked for, from outside: brought into range.
    ///   - size: Things on a page, at least 1.
    ///   - total: Things in the list.
    public init(requested: Int?, size: Int, total: Int) {
        self.size = max(1, size)
        self.total = max(0, total)
        pageCount = self.total / self.size + (self.total % self.size == 0 ? 0 : 1)
        page = min(max(1, requested ?? 1), max(1, pageCount))
    }

    /// How many things come before this page.
    public var offset: Int { (page - 1) * size }

    /// What the partial `paging` sees; `parameters` are those of the filter, which the links keep.
    func view(path: String, parameters: [(name: String, value: String?)], noun: String, plural: String) -> View {
        func link(_ page: Int) -> String {
            ConsoleLink.path(path, parameters + [("page", page > 1 ? "\(page)" : nil)])
        }
        return [
            "total": .text(NumberWords.count(total)),
            "noun": .text(total == 1 ? noun : plural),
            "page": .text("\(page)"),
            "pageCount": .text("\(pageCount)"),
            "isEmpty": .flag(total == 0),
            "hasPages": .flag(pageCount > 1),
            "previous": .text(page > 1 ? link(page - 1) : nil),
            "next": .text(page < pageCount ? link(page + 1) : nil),
        ]
    }
}

/// A choice in a filter's list.
enum FilterOption {
    static func views(_ options: [(value: String, words: String)], selected: String?) -> [View] {
        options.map { option in
            [
                "value": .text(option.value), "words": .text(option.words),
                "isSelected": .flag(option.value == selected),
            ]
        }
    }

    static let connections = [(value: "connected", words: "Connected"), (value: "disconnected", words: "Disconnected")]

    /// The value of the query parameter `connection`.
    static func connection(_ isConnected: Bool?) -> String? { isConnected.map { $0 ? "connected" : "disconnected" } }
}
