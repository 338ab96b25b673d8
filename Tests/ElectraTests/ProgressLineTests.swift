import Testing

@testable import Electra

@Test func aProgressLineTellsHowFarAndHowLong() {
    let progress = ProgressLine("reading", live: false)
    #expect(
        progress.line(fraction: 0.25, seconds: 30, detail: "4.0 MB/s")
            == "reading  █████░░░░░░░░░░░░░░░  25 %  4.0 MB/s  ETA 1:30")
    #expect(progress.line(fraction: 0, seconds: 1, detail: "") == "reading  ░░░░░░░░░░░░░░░░░░░░  0 %")
    #expect(progress.line(fraction: 2, seconds: 1, detail: "").hasSuffix("100 %  ETA 0:00"))
    #expect(ProgressLine.duration(59.6) == "1:00" && ProgressLine.duration(7265) == "2:01:05")
}
