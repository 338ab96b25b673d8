import Testing

@testable import ElectraSupport

@Test func aProgressLineTellsHowFarAndHowLong() {
    let progress = ProgressLine("reading", live: false)
    #expect(
        progress.line(fraction: 0.25, seconds: 30, detail: "4.0 MB/s")
            == "reading  █████░░░░░░░░░░░░░░░  25 %  4.0 MB/s  ETA 1:30")
    #expect(progress.line(fraction: 0, seconds: 1, detail: "") == "reading  ░░░░░░░░░░░░░░░░░░░░  0 %")
    #expect(progress.line(fraction: 2, seconds: 1, detail: "").hasSuffix("100 %  ETA 0:00"))
    #expect(ProgressLine.duration(59.6) == "1:00" && ProgressLine.duration(7265) == "2:01:05")
}

@Test func aProgressLineNeverWraps() {
    let progress = ProgressLine("pretraining", live: false)
    func line(_ width: Int) -> String {
        progress.line(
            fraction: 0.5, seconds: 60, detail: "step 1000/2000  MLM 5.849 (12.6 %)  RTD 0.3082 (86.4 %)",
            shortDetail: "step 1000/2000  MLM 5.849  RTD 0.3082", width: width)
    }
    for width in 1...200 { #expect(line(width).count < width) }
    #expect(line(120).hasPrefix("pretraining  ██████████░░░░░░░░░░  50 %  step 1000/2000  MLM 5.849 (12.6 %)"))
    #expect(line(80) == "50 %  step 1000/2000  MLM 5.849 (12.6 %)  RTD 0.3082 (86.4 %)  ETA 1:00")
    #expect(line(66) == "█████░░░░░  50 %  step 1000/2000  MLM 5.849  RTD 0.3082  ETA 1:00")
    #expect(line(60) == "50 %  step 1000/2000  MLM 5.849  RTD 0.3082  ETA 1:00")
}

@Test func timeLeftCountsWhatWasDoneSinceTheStart() {
    let progress = ProgressLine("pretraining", live: false)
    progress.start(at: 0.5)
    #expect(progress.line(fraction: 0.75, seconds: 60, detail: "").hasSuffix("75 %  ETA 1:00"))
}
