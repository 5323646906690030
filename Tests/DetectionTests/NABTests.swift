import Detection
import Testing

@Suite("The scorer of the benchmark")
struct NABScorerTests {
    static func scorer(detecting detected: Set<Int>, of count: Int = 1_000) -> NABScorer {
        var scorer = NABScorer()
        scorer.add(scores: (0..<count).map { detected.contains($0) ? 1 : 0 }, windows: [400...499, 700...799])
        return scorer
    }

    @Test("silence is worth 0, and hits at the start of every window 100, in every profile")
    func ends() {
        for profile in NABScorer.Profile.all {
            #expect(Self.scorer(detecting: []).result(profile, threshold: 0.5) == 0)
            #expect(abs(Self.scorer(detecting: [400, 700]).result(profile, threshold: 0.5) - 100) < 0.01)
        }
    }

    @Test("later hits earn less, further hits in a window nothing, false ones cost, and probation is free")
    func middle() {
        func result(_ detected: Set<Int>) -> Double {
            Self.scorer(detecting: detected).result(.standard, threshold: 0.5)
        }
        #expect(result([400, 700]) > result([450, 700]) && result([450, 700]) > result([499, 700]))
        #expect(result([400, 401, 700]) == result([400, 700]))
        #expect(abs(result([400, 700, 300]) - (100 - 100 * 0.11 / 4)) < 0.01)
        #expect(result([400, 700, 502]) > result([400, 700, 650]))
        #expect(result([10, 149, 400, 700]) == result([400, 700]))
    }
}

@Suite(
    "Real series with known anomalies",
    .enabled(if: NABFiles.present, "needs the Numenta Anomaly Benchmark in ../shared/data/nab"))
struct NABTests {
    @Test("one threshold for all 35 files earns at least 55 on the standard profile")
    func score() throws {
        let windows = try NABFiles.windows()
        var scorer = NABScorer()
        for name in try NABFiles.names() {
            let rows = try NABFiles.rows(of: name)
            var detector = StreamDetector()
            let scores = rows.map { detector.observe(time: $0.time, value: $0.value).score }
            let ranges = (windows[name] ?? []).compactMap { window -> ClosedRange<Int>? in
                let inside = rows.indices.filter { rows[$0].time >= window[0] && rows[$0].time <= window[1] }
                guard let first = inside.first, let last = inside.last else { return nil }
                return first...last
            }
            scorer.add(scores: scores, windows: ranges)
        }
        for profile in NABScorer.Profile.all {
            let best = scorer.best(profile)
            let fixed = scorer.result(profile, threshold: DetectionLimits.alertScore)
            print("NAB \(profile.name): \(fixed) at the alert score, at best \(best.result) at \(best.threshold)")
        }
        #expect(scorer.result(.standard, threshold: DetectionLimits.alertScore) >= 55)
    }
}
