import Foundation
import NGSILD
import Testing

@Suite("Patterns")
struct TextPatternTests {
    @Test(
        "matches anywhere unless anchored",
        arguments: [
            ("a", "cat", true), ("^a", "cat", false), ("t$", "cat", true), ("a$", "cat", false), ("", "", true),
            ("^$", "", true),
            ("^$", "x", false), ("a.c", "abc", true), ("a.c", "ac", false), ("ab*c", "ac", true), ("ab+c", "ac", false),
            ("ab?c", "abbc", false), ("^(ab)+$", "abab", true), ("^(?:ab|cd)*$", "abcdab", true),
            ("^a{2,3}$", "aa", true),
            ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaaa", true), ("^a{0}$", "", true),
            ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false), ("[]a]", "]", true), ("[a-]", "-", true),
            ("[[:alpha:]]+[[:digit:]]", "ab3", true),
            (#"^\d+\.\d$"#, "21.5", true), (#"^\d+\.\d$"#, "21x5", false), (#"\w\s\S"#, "a b", true),
            (#"^[\d_]+$"#, "1_2", true), (#"^[^\d]+$"#, "a1", false),
            (#"^[\D]$"#, "x", true), (#"\("#, "(", true), ("^urn:ngsi-ld:Vehicle:.*", "urn:ngsi-ld:Vehicle:A1", true),
            ("a|b|", "zzz", true),
            ("^(a|b)*?c", "abac", true), ("é+", "aéé", true), ("^.$", "𝄞", true), ("(a*)*b", "aaab", true),
            ("(^a|b$)c?", "xb", true),
        ] as [(String, String, Bool)])
    func matching(pattern: String, text: String, expected: Bool) throws {
        #expect(try TextPattern(parsing: pattern).matches(text) == expected)
    }

    @Test(
        "refuses what is no pattern, at the column that is wrong",
        arguments: [
            ("(", 2), (")", 1), ("a)", 2), ("[a", 1), ("[", 1), ("*a", 1), ("a|*", 3), ("a{2", 2), ("a{3,2}", 2),
            ("a{,2}", 2), ("a{999}", 2),
            ("[z-a]", 5), ("[[:x:]]", 4), ("\\", 1), (#"\1"#, 1), (#"\b"#, 1), ("(?=a)", 1), ("(?<n>a)", 1),
            (#"[\d-x]"#, 6),
        ])
    func refuses(pattern: String, column: Int) {
        let error = #expect(throws: NGSILDError.self) { try TextPattern(parsing: pattern) }
        #expect(error?.column == column, "\(error?.message ?? "")")
    }

    @Test(
        "refuses patterns that would grow too large",
        arguments: ["((((a{99}){99}){99}){99}){99}", "(a{255}){255}", "a{200}{200}"])
    func tooComplex(pattern: String) {
        let error = #expect(throws: NGSILDError.self) { try TextPattern(parsing: pattern) }
        #expect(error?.code == .tooComplexQuery)
    }

    @Test("takes time linear in the text where engines that backtrack take forever")
    func linear() throws {
        let text = String(repeating: "a", count: 5000) + "!"
        #expect(try !TextPattern(parsing: "^(a+)+$").matches(text))
        #expect(try !TextPattern(parsing: "^(a|aa)+$").matches(text))
        #expect(try !TextPattern(parsing: "(.*)*x").matches(text))
    }

    @Test("agrees with another engine on random patterns", arguments: [1, 2, 3] as [UInt64])
    func foreignJudge(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var compared = 0
        for _ in 0..<600 {
            let source = randomPattern(&random, depth: 0)
            guard let judge = try? NSRegularExpression(pattern: source), let pattern = try? TextPattern(parsing: source)
            else {
                continue
            }
            for _ in 0..<8 {
                let text = String((0..<random.below(7)).map { _ in ["a", "b", "c"][random.below(3)] as Character })
                let range = NSRange(text.startIndex..., in: text)
                let expected = judge.firstMatch(in: text, range: range) != nil
                #expect(pattern.matches(text) == expected, "seed \(seed): \(source) on \(text)")
                compared += 1
            }
        }
        #expect(compared > 2000, "seed \(seed)")
    }

    private func randomPattern(_ random: inout SeededGenerator, depth: Int) -> String {
        let atoms = ["a", "b", "c", ".", "[ab]", "[^a]", "^", "$", "ab"]
        var text = ""
        for _ in 0...random.below(3) {
            let isGroup = depth < 3 && random.below(4) == 0
            let atom = isGroup ? "(\(randomPattern(&random, depth: depth + 1)))" : atoms[random.below(atoms.count)]
            let isAnchor = atom == "^" || atom == "$"
            text += atom + (isAnchor ? "" : ["", "", "", "*", "+", "?", "{2}", "{1,2}"][random.below(8)])
            if random.below(6) == 0 { text += "|" }
        }
        return text
    }
}
