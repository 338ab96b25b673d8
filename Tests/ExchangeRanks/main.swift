// Steps of a network that sleeps, on as many ranks as it is started with: what of the exchange is hidden behind its passes, and
// that no rank, lane or delay shows in the bits.
//
//     exchange-ranks [--steps N] [--threads N] [--slices N] [--micro-batches N] [--forward MS] [--backward MS]
//                    [--layers N] [--layer-parameters N] [--table-parameters N] [--delay MICROSECONDS] [--delay-seed N] [--at-once] [--no-gradients]
//                    [--patience SECONDS] [--ranks-per-host N]
//
// `--at-once` exchanges everything between two steps; with `--patience` a rank that is silent so long ends the others; with
// `--ranks-per-host` so many are taken to share one. Prints JSON: the median step, what the engine says of the exchange, and a
// fingerprint of the parameters.
import Collectives
import ElectraKernels
import ElectraModel
import ElectraSupport
import ElectraTraining
import Glibc

struct Settings {
    private let arguments: [String]
    init(_ arguments: [String]) { self.arguments = arguments }

    func number(_ name: String, _ fallback: Double) -> Double {
        guard let place = arguments.firstIndex(of: "--\(name)"), place + 1 < arguments.count else { return fallback }
        return Double(arguments[place + 1]) ?? fallback
    }

    func integer(_ name: String, _ fallback: Int) -> Int { Int(number(name, Double(fallback))) }
    func has(_ name: String) -> Bool { arguments.contains("--\(name)") }
}

func run(_ world: Communicator, _ settings: Settings) throws {
    var shape = SleepingNetwork.Shape()
    shape.forwardMilliseconds = settings.number("forward", 0)
    shape.backwardMilliseconds = settings.number("backward", 0)
    shape.layers = settings.integer("layers", shape.layers)
    shape.layerParameters = settings.integer("layer-parameters", shape.layerParameters)
    shape.tableParameters = settings.integer("table-parameters", shape.tableParameters)
    shape.delayMicroseconds = settings.integer("delay", 0)
    shape.delaySeed = settings.integer("delay-seed", 0)
    shape.hasPassages = !settings.has("at-once")
    shape.hasGradients = !settings.has("no-gradients")
    let patience = settings.number("patience", 0)
    if patience > 0 { try Patience.limit(to: patience, among: world) }
    let pool = try LanePool(count: settings.integer("threads", 1), apart: !world.isAlone)
    defer { pool.stop() }
    let slices = settings.integer("slices", world.size * pool.count)
    let microBatches = settings.integer("micro-batches", 1)
    let model = ModelState(SleepingNetwork(shape, rank: world.rank), .alone, pool: pool, packsWeights: false)
    var options = StepOptions(
        seed: 1, division: BatchDivision(batch: slices * microBatches, slices: slices, microBatch: 1),
        schedule: LearningRateSchedule(peak: 1e-3, warmup: 0, steps: 1000), optimizer: AdamOptions(),
        clipping: GradientClipping())
    options.wire = settings.has("halves") ? .bf16 : .f32
    let ranksPerHost = settings.integer("ranks-per-host", 0)
    let host: Communicator? = ranksPerHost > 0 ? try world.split(color: Optional(world.rank / ranksPerHost)) : nil
    let step = try TrainingStep(
        model, options, examples: 0, exampleCount: 1 << 20, communicator: world, grid: HostGrid(world, host: host))
    try step.initializeParameters()
    let steps = settings.integer("steps", 5)
    var seconds: [Double] = []
    var loss = 0.0
    for number in 0..<steps {
        let stopwatch = Stopwatch()
        loss = try step.run(step: number).losses[0]
        if !shape.hasPassages || number == 0 || number == steps - 1 { try step.settle() }
        seconds.append(stopwatch.seconds)
        if number == 0 { _ = try step.communicationReport() }
    }
    let report = try step.communicationReport()
    if world.rank == 0 {
        let median = seconds.dropFirst().sorted()[(steps - 1) / 2]
        let fields: [(key: String, value: JSON)] = [
            ("step_seconds", .number(median)), ("loss", .number(loss)), ("parameters", .text(model.fingerprint)),
        ]
        print(JSON.object(fields + (report?.fields ?? [])).compact)
    }
}

func runProgram() throws(MPIError) -> Int32 {
    let runtime = try MPIRuntime.initialize()
    do throws(AgreedFailure) {
        try runtime.run(describing: { LocalFailure("\($0)", exitCode: 70) }) { world in
            try run(world, Settings(CommandLine.arguments))
        }
        return 0
    } catch {
        if runtime.world.rank == 0 { print("agreed: \(error) on rank \(error.rank)") }
        return error.exitCode
    }
}

do {
    // Not inside of it: MPI ends with the runtime.
    exit(try runProgram())
} catch {
    print("error: \(error)")
    exit(70)
}
