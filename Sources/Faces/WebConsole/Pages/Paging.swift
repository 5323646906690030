/// Which part of a long list is shown.
public struct Paging: Sendable, Hashable {
    /// The page shown, from 1.
    public var page: Int
    /// How many pages there are; none when the list is empty.
    public var pageCount: Int
    /// How many things all pages hold together.
    public var total: Int

    /// A part of a list.
    public init(page: Int, pageCount: Int, total: Int) {
        self.page = page
        self.pageCount = pageCount
        self.total = total
    }

    /// A list of `total` things cut into pages of `size`.
    ///
    /// - Parameters:
    ///   - requested: The page asked for, from outside: brought into range.
    ///   - size: Things on a page, at least 1.
    ///   - total: Things in the list.
    public init(requested: Int?, size: Int, total: Int) {
        let size = max(1, size)
        let pages = total / size + (total % size == 0 ? 0 : 1)
        self.init(page: min(max(1, requested ?? 1), max(1, pages)), pageCount: pages, total: total)
    }

    /// How many things come before this page, for a list of pages of `size`.
    public func offset(size: Int) -> Int { (page - 1) * size }

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
}
