import Testing

@Suite("Operators who go")
struct OperatorRemovalTests {
    @Test("an account that is removed is gone; one that is not there is told so")
    func removed() throws {
        let city = try TestCity()
        let added = try city.run("operator", "add", "grace")
        #expect(added.status == 0, "\(added)")
        let removed = try city.run("operator", "remove", "grace")
        #expect(removed.status == 0, "\(removed)")
        #expect(removed.output.contains("account `grace` removed"), "\(removed)")
        #expect(try !city.run("operator", "list").output.contains("grace"))
        let again = try city.run("operator", "remove", "grace")
        #expect(again.status == 1)
        #expect(again.complaint.contains("no account `grace`"), "\(again)")
    }
}
