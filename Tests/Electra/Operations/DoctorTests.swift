import Foundation
import TestSupport
import Testing

@testable import ElectraKernels
@testable import ElectraOperations
@testable import ElectraSupport

@Suite struct DoctorTests {
    typealias Kind = DoctorFinding.Kind

    static func machine(_ host: String = "node1", cores: [Int] = [0, 1, 2, 3], of total: Int = 4) -> Machine {
        Machine(
            host: host, processor: .avx512, cores: cores, coresOfHost: total, memory: 64 << 30,
            memoryAvailable: 60 << 30, hugePages: "madvise")
    }

    static func rank(_ machine: Machine = machine()) -> DoctorReport.Rank {
        DoctorReport.Rank(
            machine: machine,
            matrixLibrary: MatrixLibrary(
                description: "OpenBLAS 0.3.21 DYNAMIC_ARCH", kernel: "SkylakeX", threads: 1, oneDNN: "2.6.3",
                oneDNNHasAVX512: false),
            gigaflopsPerSecond: 200, memoryGigabytesPerSecond: 40)
    }

    /// A report with nothing wrong, two ranks on each host.
    static func report(hosts: [String] = ["node1", "node2"]) -> DoctorReport {
        DoctorReport(
            version: "1.2.3", launch: .init(isDistributed: true, mpiLibrary: "Open MPI v4.1.4"),
            ranks: hosts.flatMap { [rank(machine($0)), rank(machine($0))] },
            communication: .init(
                bytes: 57_000_000, reduceScatterMilliseconds: 20, allGatherMilliseconds: 10, allReduceMilliseconds: 40,
                barrierMicroseconds: 12))
    }

    /// The one finding of a good report that something was changed in.
    func finding(_ change: (inout DoctorReport) -> Void) throws -> DoctorFinding {
        var report = Self.report()
        change(&report)
        let findings = report.findings
        #expect(findings.count == 1, "\(findings)")
        #expect(report.text.contains("* \(findings[0].problem). Remedy: \(findings[0].remedy)."))
        return try #require(findings.first)
    }

    @Test func nothingIsWrong() {
        #expect(Self.report().findings.isEmpty)
        #expect(Self.report().text.hasSuffix("What is wrong: nothing found."))
    }

    @Test func processesThatDoNotKnowOfEachOther() throws {
        func finding(_ variable: String, isDistributed: Bool) -> DoctorFinding? {
            let report = DoctorReport(
                launch: .init(
                    isDistributed: isDistributed, mpiLibrary: "Open MPI v4.1.4",
                    announcement: .init(count: 4, rank: 0, variable: variable)),
                ranks: [Self.rank()], communication: nil)
            return report.findings.first
        }
        let slurm = try #require(finding("SLURM_NTASKS", isDistributed: false))
        #expect(slurm.kind == .notDistributed && slurm.remedy.contains("--mpi=pmix"))
        let other = try #require(finding("OMPI_COMM_WORLD_SIZE", isDistributed: true))
        #expect(other.kind == .notDistributed && other.remedy.contains("Open MPI v4.1.4"))
    }

    @Test func moreRanksThanCores() throws {
        let finding = try finding { report in
            for rank in 0..<2 { report.ranks[rank].machine.cores = [0]; report.ranks[rank].machine.coresOfHost = 1 }
            // Which is a finding already, and no other one.
            report.ranks[1].gigaflopsPerSecond = 90
        }
        #expect(finding.kind == .oversubscribed && finding.problem.contains("node1: 2 ranks on 1 core"))
    }

    @Test func ranksOnTheSameCoreOfMany() throws {
        let finding = try finding {
            $0.ranks[2].machine.cores = [3]; $0.ranks[3].machine.cores = [3]
        }
        #expect(finding.kind == .sharedCore && finding.remedy.contains("taskset"))
        #expect(finding.problem.contains("node2: 2 ranks on 1 of its 4 cores"))
    }

    @Test func moreThreadsThanCores() throws {
        let finding = try finding {
            $0.launch.threads = 3; $0.ranks.removeLast(2)
        }
        #expect(finding.kind == .oversubscribed && finding.problem.contains("node1: 2 ranks x 3 threads on 4 cores"))
    }

    @Test(arguments: [
        (CoreSource.mpirun, "give --threads"), (.slurm, "--cpus-per-task"), (.openMP, "unset OMP_PLACES"),
        (.outside, "taskset, numactl"),
    ])
    func coresThatNobodyUses(source: CoreSource, remedy: String) throws {
        let finding = try finding {
            for rank in 0..<2 {
                $0.ranks[rank].machine.cores = [rank]
                $0.ranks[rank].machine.coreSource = source
            }
        }
        #expect(
            finding.kind == .oneCoreEach && finding.problem.contains("each rank has one core, and 2 of 4 stay idle"))
        // --bind-to none was taken already, or would change nothing.
        #expect(finding.remedy.contains(remedy) && !finding.remedy.contains("bind-to"))
    }

    /// A load that both ranks of the first host saw, in a second; each of them had a core.
    func load(busy: Double, stolen: Double = 0, cores: Int = 4) throws -> [DoctorFinding] {
        var report = Self.report()
        for rank in 0..<2 {
            report.ranks[rank].load = HostLoad(seconds: 1, busy: busy, stolen: stolen, own: 1)
            report.ranks[rank].machine.coresOfHost = cores
            report.ranks[rank].machine.cores = Array(0..<cores)
        }
        return report.findings
    }

    @Test func otherWorkOnTheHost() throws {
        #expect(try load(busy: 2).isEmpty)
        // What a system does for itself.
        #expect(try load(busy: 2.2).isEmpty)
        #expect(try load(busy: 4, cores: 64).isEmpty)
        let finding = try #require(load(busy: 3.5).first)
        #expect(finding.kind == .busyHost && finding.problem.contains("node1: other programs kept 1.5 of 4 cores busy"))
        #expect(finding.remedy.contains("top"))
        #expect(try load(busy: 22, cores: 64).map(\.kind) == [.busyHost])
        // Counters of a container that say nothing.
        #expect(try load(busy: 0).isEmpty)
    }

    @Test(arguments: [2, 4, 5, 6, 8, 64, 65])
    func eachHostMeetsEachOnce(hosts: Int) {
        let players = hosts + hosts % 2
        for player in 0..<players {
            let met = (0..<players - 1).map { LinkMeasurement.partner(of: player, round: $0, players: players) }
            #expect(Set(met) == Set((0..<players).filter { $0 != player }))
            for (round, other) in met.enumerated() {
                #expect(LinkMeasurement.partner(of: other, round: round, players: players) == player)
            }
        }
    }

    @Test func aSlowLinkAndAHostWithSlowLinks() throws {
        func links(_ slow: [(Int, Int)]) throws -> DoctorFinding? {
            var report = Self.report(hosts: ["node1", "node2", "node3", "node4"])
            var links: [DoctorReport.Link] = []
            for one in 0..<4 {
                for other in one + 1..<4 {
                    let isSlow = slow.contains { $0 == (one, other) }
                    links.append(.init(one: 2 * one, other: 2 * other, gigabytesPerSecond: isSlow ? 0.5 : 1.1))
                }
            }
            report.communication?.links = links
            #expect(report.text.contains("links"))
            #expect(report.findings.count <= 1)
            return report.findings.first
        }
        #expect(try links([]) == nil)
        let one = try #require(try links([(0, 2)]))
        #expect(
            one.kind == .slowLink
                && one.problem.contains("the link of node1 and node3: 0.50 GB/s, where others reach 1.10"))
        #expect(try links([(0, 3), (1, 3)])?.problem.contains("all links of node4") == true)
    }

    @Test func aRankThatOtherWorkMakesSlowIsNoFindingOfItsOwn() throws {
        var report = Self.report()
        report.ranks[0].load = HostLoad(seconds: 1, busy: 4, stolen: 0, own: 1)
        report.ranks[0].gigaflopsPerSecond = 90
        #expect(report.findings.map(\.kind) == [.busyHost])
        report.ranks[0].load = nil
        #expect(report.findings.map(\.kind) == [.slowRank])
    }

    @Test func timeThatTheHypervisorTook() throws {
        #expect(try load(busy: 2, stolen: 0.01).isEmpty)
        let finding = try #require(load(busy: 2, stolen: 0.5).first)
        #expect(finding.kind == .stolenTime && finding.problem.contains("node1: the hypervisor gave 20 % of the time"))
    }

    @Test func readsTheTimesOfCores() throws {
        let text = "cpu  100 20 30 4000 50 6 7 80 9 1\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
        let times = try #require(HostLoad.Reading.times(in: text))
        #expect(times.busy == 163 && times.stolen == 80)
        #expect(HostLoad.Reading.times(in: "") == nil)
        #expect(HostLoad.Reading.times(in: "cpu  1 2 3\n") == nil)
        let begin = HostLoad.Reading(time: 1, busy: 10, stolen: 1, own: 2)
        let end = HostLoad.Reading(time: 3, busy: 14, stolen: 1.5, own: 3)
        let load = try #require(HostLoad(from: begin, to: end))
        #expect(load == HostLoad(seconds: 2, busy: 4, stolen: 0.5, own: 1) && load.others == 1.5)
        #expect(HostLoad(from: nil, to: end) == nil && HostLoad(from: end, to: end) == nil)
    }

    @Test func aContainerWithALimit() throws {
        let finding = try finding { for rank in 0..<2 { $0.ranks[rank].machine.coreLimit = 1.5 } }
        #expect(finding.kind == .coreLimit && finding.problem.contains("1.5 cores"))
    }

    @Test func kernelsOfAnOlderCPU() throws {
        var report = Self.report()
        for rank in 0..<4 { report.ranks[rank].matrixLibrary.kernel = "Haswell" }
        #expect(report.findings.map(\.kind) == [.slowKernel, .slowKernel])
        #expect(report.findings[0].remedy.contains("unset OPENBLAS_CORETYPE"))
        for rank in 0..<4 { report.ranks[rank].matrixLibrary.kernel = "SomethingNew" }
        #expect(report.findings.map(\.kind) == [.unknownKernel, .unknownKernel])
        for rank in 0..<4 { report.ranks[rank].matrixLibrary.oneDNNHasAVX512 = true }
        #expect(report.findings.isEmpty)
        #expect(report.text.contains("oneDNN 2.6.3 (AVX-512); OpenBLAS 0.3.21, not in use"))
    }

    @Test func tilesThatTheSystemForbids() throws {
        let finding = try finding { for rank in 2..<4 { $0.ranks[rank].matrixLibrary.tilesAreForbidden = true } }
        #expect(finding.kind == .forbiddenTiles && finding.problem.hasPrefix("node2: "))
    }

    @Test func theUnitIsNamed() {
        var report = Self.report()
        for rank in 0..<4 {
            report.ranks[rank].bfloat16GigaflopsPerSecond = 1000
            report.ranks[rank].matrixLibrary.bfloat16Unit = "AMX tiles"
        }
        #expect(report.text.contains("1000 GFLOP/s a rank (1000 to 1000) in bf16 by AMX tiles (--precision bf16)"))
    }

    @Test func libraryThreads() throws {
        #expect(try finding { $0.ranks[3].matrixLibrary.threads = 4 }.kind == .libraryThreads)
    }

    @Test func anOpenBLASThatMultipliesNothingMayBeAnything() {
        var report = Self.report()
        for rank in 0..<4 {
            report.ranks[rank].matrixLibrary.oneDNNHasAVX512 = true
            report.ranks[rank].matrixLibrary.threads = rank
            report.ranks[rank].matrixLibrary.description = "OpenBLAS 0.3.2\(rank) DYNAMIC_ARCH"
        }
        #expect(report.findings.isEmpty, "\(report.findings)")
    }

    @Test func differentProcessors() throws {
        let finding = try finding { for rank in 2..<4 { $0.ranks[rank].machine.processor.model = "other" } }
        #expect(finding.kind == .mixedProcessors && finding.problem.contains("new on node1; other on node2"))
    }

    @Test func differentLibraries() throws {
        let blas = try finding { report in
            for rank in 2..<4 { report.ranks[rank].matrixLibrary.description = "OpenBLAS 0.3.26 DYNAMIC_ARCH" }
        }
        #expect(blas.kind == .mixedLibraries && blas.problem.contains("OpenBLAS 0.3.26"))
        let oneDNN = try finding { for rank in 2..<4 { $0.ranks[rank].matrixLibrary.oneDNN = "3.1.0" } }
        #expect(oneDNN.kind == .mixedLibraries && oneDNN.problem.contains("oneDNN 3.1.0"))
        let level = try finding { for rank in 2..<4 { $0.ranks[rank].matrixLibrary.oneDNNHasAVX512 = true } }
        #expect(level.kind == .mixedLibraries && level.problem.contains("oneDNN 2.6.3 (AVX-512) on node2"))
    }

    @Test func aSlowRank() throws {
        let finding = try finding { $0.ranks[2].gigaflopsPerSecond = 100 }
        #expect(finding.kind == .slowRank)
        #expect(finding.problem.contains("rank 2 on node2 reaches 100 of the usual 200 GFLOP/s"))
    }

    @Test func aSlowNetwork() throws {
        #expect(try finding { $0.communication?.allGatherMilliseconds = 900 }.kind == .slowNetwork)
    }

    @Test func littleMemory() throws {
        let finding = try finding { for rank in 0..<2 { $0.ranks[rank].machine.memoryAvailable = 1_200_000_000 } }
        #expect(finding.kind == .littleMemory && finding.problem.contains("node1: 0.6 GB of free memory for each rank"))
    }

    @Test func noHugePages() throws {
        let finding = try finding { for rank in 0..<4 { $0.ranks[rank].machine.hugePages = "never" } }
        #expect(finding.kind == .hugePagesOff && finding.problem.hasPrefix("node1 and 1 more"))
    }

    @Test func theTextNamesEveryHost() {
        var report = Self.report()
        report.ranks[3].machine.cores = [2, 3]
        let text = report.text
        #expect(text.contains("4 on 2 hosts"))
        #expect(text.contains("node1: ranks 0-1; 4 of 4 cores usable"))
        #expect(text.contains("rank 2 on 0-3, rank 3 on 2-3"))
        #expect(text.contains("30.0 ms, 1.90 GB/s as training does it"))
        #expect(!text.contains("Optional"))
    }

    @Test func theJSONIsOneObject() throws {
        var report = Self.report()
        report.ranks[2].gigaflopsPerSecond = 100
        let object = try JSONSerialization.jsonObject(with: Data(DoctorJSON.object(report).utf8)) as? [String: Any]
        let whole = try #require(object)
        #expect(Set(whole.keys) == ["version", "launch", "ranks", "communication", "findings"])
        let findings = try #require(whole["findings"] as? [[String: String]])
        #expect(findings.map { $0["kind"] } == ["slowRank"])
        let ranks = try #require(whole["ranks"] as? [[String: Any]])
        #expect(ranks.count == 4 && ranks[0]["gigaflops_per_second"] as? Double == 200)
        // What ranks send to rank 0.
        #expect(try JSONCoding.value(DoctorReport.Rank.self, JSONCoding.text(report.ranks[1])) == report.ranks[1])
    }

    @Test func whatTheLauncherSays() {
        func read(_ environment: [String: String]) -> LaunchAnnouncement? {
            LaunchAnnouncement.read { environment[$0] }
        }
        #expect(read([:]) == nil)
        // mpirun -np 1 inside a job of four tasks.
        let inner = read(["OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0", "SLURM_NTASKS": "4"])
        #expect(inner?.count == 1)
        let step = read(["SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "8", "SLURM_PROCID": "2"])
        #expect(step == LaunchAnnouncement(count: 4, rank: 2, variable: "SLURM_STEP_NUM_TASKS"))
        #expect(step?.isCertain == true && read(["SLURM_NTASKS": "8"])?.isCertain == false)
        #expect(read(["SLURM_NTASKS": "many"]) == nil)
    }

    @Test func readsWhatLinuxSays() {
        #expect(Machine.allowedCores(in: "Name:\tx\nCpus_allowed_list:\t0-2,5,8-9\n") == [0, 1, 2, 5, 8, 9])
        #expect(Machine.allowedCores(in: "") == [])
        #expect(Machine.value("PPid:", in: "Name:\tx\nPPid:\t17\n") == "17" && Machine.value("PPid:", in: "") == nil)
        #expect(Machine.bytes("MemTotal", in: "MemTotal:   24 kB\nMemFree:  1 kB\n") == 24 << 10)
        #expect(Machine.bytes("MemAvailable", in: "MemTotal:   24 kB\n") == 0)
        #expect(Machine.chosenWord(in: "always [madvise] never\n") == "madvise")
        #expect(Machine.chosenWord(in: "") == nil)
        #expect(ControlGroup.cores(in: "150000 100000") == 1.5)
        #expect(ControlGroup.cores(in: "max 100000") == nil)
        #expect(ControlGroup.path(in: "0::/\n") == "")
        #expect(ControlGroup.path(in: "1:cpu:/x\n0::/system.slice/job\n") == "/system.slice/job")
        #expect(ControlGroup.number("inactive_file", in: "total_inactive_file 1\ninactive_file 4096\n") == 4096)
    }

    /// The files of a group, as cgroup v2 has them.
    private func write(_ group: String, memory: String, used: Int, cache: Int, cores: String, in place: Workplace)
        throws
    {
        try place.write("\(group)/memory.max", memory + "\n")
        try place.write("\(group)/memory.current", "\(used)\n")
        try place.write("\(group)/memory.stat", "anon 7\ninactive_anon 9\ninactive_file \(cache)\nactive_file 5\n")
        try place.write("\(group)/cpu.max", cores + "\n")
    }

    @Test func aGroupHasTheLimitsOfThoseAbove() throws {
        let place = try Workplace()
        try write("job", memory: "5000", used: 4000, cache: 1500, cores: "max 100000", in: place)
        try write("job/step", memory: "8000", used: 3000, cache: 100, cores: "400000 100000", in: place)
        try write("job/step/task", memory: "max", used: 2000, cache: 0, cores: "600000 100000", in: place)
        let task = ControlGroup("/job/step/task", root: place.path)
        #expect(task.memory == 5000 && task.cores == 4)
        // 5000 - 4000 + 1500 of the job, whose cache may go; 8000 - 3000 + 100 of the step.
        #expect(task.memoryAvailable == 2500)
        #expect(ControlGroup("/job", root: place.path).cores == nil)
        let none = ControlGroup("", root: place.path)
        #expect(none.memory == nil && none.memoryAvailable == nil && none.cores == nil)
    }

    @Test func numbersWithoutALocale() {
        #expect(decimal(1234.56, 1) == "1234.6")
        #expect(decimal(0.049, 2) == "0.05")
        #expect(decimal(0.996, 2) == "1.00")
        #expect(decimal(-0.26, 1) == "-0.3")
        #expect(decimal(.infinity, 1) == "inf")
        #expect(DoctorReport.ranges([0, 1, 2, 5, 8, 9]) == "0-2+5+8-9")
    }
}
