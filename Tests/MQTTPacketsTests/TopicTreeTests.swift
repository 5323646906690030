import MQTTPackets
import Testing

@Suite("Topic tree")
struct TopicTreeTests {
    private func tree(_ names: String...) -> TopicTree<String> {
        var tree = TopicTree<String>()
        for name in names { tree[Array(name.utf8)] = name }
        return tree
    }

    private func matches(_ filter: String, in tree: TopicTree<String>) throws -> [String] {
        var found: [String] = []
        tree.forEachMatch(try TopicFilter(filter)) {
            found.append($0)
            return true
        }
        return found.sorted()
    }

    @Test("finds what a filter matches (5.0 §4.7)")
    func wildcards() throws {
        let tree = tree("a", "a/b", "a/b/c", "a/", "/a", "b", "$SYS/x", "a//c")
        #expect(try matches("a", in: tree) == ["a"])
        #expect(try matches("a/#", in: tree) == ["a", "a/", "a//c", "a/b", "a/b/c"])
        #expect(try matches("#", in: tree) == ["/a", "a", "a/", "a//c", "a/b", "a/b/c", "b"])
        #expect(try matches("+", in: tree) == ["a", "b"])
        #expect(try matches("+/+", in: tree) == ["/a", "a/", "a/b"])
        #expect(try matches("/+", in: tree) == ["/a"])
        #expect(try matches("a/+/c", in: tree) == ["a//c", "a/b/c"])
        #expect(try matches("$SYS/#", in: tree) == ["$SYS/x"])
        #expect(try matches("+/x", in: tree) == [])
        #expect(try matches("$share/group/a/+", in: tree) == ["a/", "a/b"])
    }

    @Test("forgets what is set to nil, and the levels that only it needed")
    func removal() throws {
        var tree = tree("a/b/c", "a/b")
        tree[Array("a/b".utf8)] = nil
        tree[Array("x/y".utf8)] = nil
        #expect(tree.count == 1)
        #expect(try matches("#", in: tree) == ["a/b/c"])
        tree[Array("a/b/c".utf8)] = nil
        #expect(tree.count == 0)
        #expect(try matches("#", in: tree) == [])
        tree[Array("a/b".utf8)] = "again"
        #expect(tree[Array("a/b".utf8)] == "again")
    }

    @Test("stops when it is told to")
    func stopping() throws {
        var calls = 0
        tree("a", "b", "c").forEachMatch(try TopicFilter("#")) { _ in
            calls += 1
            return calls < 2
        }
        #expect(calls == 2)
    }

    @Test("agrees with the filter's own word about seeded random names")
    func agreement() throws {
        var random = SeededGenerator(seed: 7)
        let parts = ["", "a", "b", "$c"]
        var tree = TopicTree<String>()
        var names: Set<String> = []
        for _ in 0..<300 {
            let name = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                parts[Int.random(in: 0..<parts.count, using: &random)]
            }.joined(separator: "/")
            guard !name.isEmpty else { continue }
            if Bool.random(using: &random) {
                tree[Array(name.utf8)] = name
                names.insert(name)
            } else {
                tree[Array(name.utf8)] = nil
                names.remove(name)
            }
        }
        for filter in ["#", "+", "+/+", "a/#", "/#", "+/b/#", "$c/#", "$c/+", "a/+/b", "//+", "+/+/+/+"] {
            let filter = try TopicFilter(filter)
            #expect(try matches(filter.text, in: tree) == names.filter { filter.matches($0) }.sorted(), "\(filter)")
        }
    }

    @Test("takes a name of very many levels")
    func depth() throws {
        let name = String(repeating: "/", count: 60_000)
        let tree = tree(name)
        #expect(try matches("#", in: tree) == [name])
        #expect(try matches("/" + "+/" + "#", in: tree) == [name])
    }
}
