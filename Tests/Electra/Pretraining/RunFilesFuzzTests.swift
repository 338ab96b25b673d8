import Collectives
import Foundation
import TestSupport
import Testing

@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// The small files of runs, checkpoints and models in parts. What is read with damaged lines passed over counts as refused where
/// nothing was found.
extension FuzzTests {
    private static let nothingFound = Failure.badData("nothing found")

    @Test func checkpointManifest() throws {
        let manifest = CheckpointManifest(
            step: 20, fingerprint: "0123456789abcdef", parameters: 100,
            files: CheckpointFolder.contents(optimizerState: AdamOptions.stateNames).map {
                .init(name: $0, bytes: 10, crc32c: "01234567")
            })
        let folder = workplace.file("step-00000020")
        try FileAccess.makeFolder(folder)
        try manifest.write(inFolder: folder)
        try fuzz(
            "step-00000020/manifest.json", [try workplace.bytes("step-00000020/manifest.json")],
            words: ["\"step\": ", "\"files\": [", "../", "{", ","]
        ) { _ in
            let read = try CheckpointManifest.read(inFolder: folder)
            // As all who read it do.
            _ = read.files.reduce(0) { $0 &+ $1.bytes }
            try read.checkFiles(are: CheckpointFolder.contents(optimizerState: AdamOptions.stateNames), folder)
            #expect(read.step >= 0 && read.parameters > 0)
        }
    }

    @Test func checkpointFolder() throws {
        // A manifest that is damaged in a checkpoint of real files, and the files themselves.
        var run = try RunConfiguration.preset("tiny")
        run.networks = NetworkOptions(
            vocabularySize: 20, maxLength: 8, maxPositions: 8, embeddingSize: 4, hiddenSize: 4, layers: 1, heads: 1,
            feedForwardSize: 4, generatorHiddenSize: 4, generatorLayers: 1, generatorHeads: 1,
            generatorFeedForwardSize: 4)
        let layout = run.layout
        let ownership = Ownership(count: layout.count, ranks: 1)
        let parameters = FlatBuffer(count: layout.count)
        Initialization.fill(parameters, layout: layout, seed: 1, part: 0..<layout.count)
        let optimizer = run.optimizer.makeOptimizer(layout.groups(), owning: ownership.owned(by: 0))
        let place = CheckpointFolder(run: workplace.file("run"))
        try CheckpointWriter(folder: place, communicator: .alone, layout: layout, ownership: ownership).write(
            step: 2, configuration: run, parameters: parameters, optimizer: optimizer, keep: 0)
        let path = place.path(ofStep: 2)
        let name = String(path.dropFirst(workplace.path.count + 1))
        for file in [CheckpointManifest.fileName] + CheckpointFolder.contents(optimizerState: run.optimizerState) {
            let original = try workplace.bytes("\(name)/\(file)")
            var read = 0
            try fuzz("\(name)/\(file)", [original], words: ["\"step\": ", "{", ","]) { _ in
                let reader = try RunCheckpoint(path)
                read += 1
                try reader.verify()
                try reader.readParameters(layout: layout, into: parameters)
                try reader.readState(of: optimizer, owning: ownership.owned(by: 0), layout: layout)
            }
            try workplace.overwrite("\(name)/\(file)", original)
        }
    }

    @Test func lock() throws {
        let folder = RunFolder(workplace.file("locked"))
        try FileAccess.makeFolder(folder.path)
        try fuzz("locked/lock", [Array("process 4711 on node17".utf8)], words: ["process ", "\u{1B}[31m", "\n"]) { _ in
            _ = try RunLock(folder)
        }
    }

    @Test func starts() throws {
        let folder = RunFolder(workplace.file("started"))
        try FileAccess.makeFolder(folder.path)
        let start =
            #"{"command":"electra-dist pretrain","data":"/data","kernelFingerprint":"0123456789abcdef","kernels":"f32","precision":"f32","ranks":3,"step":5,"threads":1,"time":"2026-11-29T17:29:49Z","version":"0.1.0"}"#
        let kernels = JobKernels(precision: .f32, description: "f32", fingerprint: "0")
        try fuzz("started/starts.jsonl", [Array((start + "\n").utf8)], words: ["\"ranks\":", "{", "}\n{", ","]) { _ in
            guard !folder.starts().isEmpty else { throw Self.nothingFound }
            _ = folder.placeOfData
            _ = folder.note(on: kernels, after: 1)
        }
    }

    @Test func metrics() throws {
        let folder = RunFolder(workplace.file("measured"))
        try FileAccess.makeFolder(folder.path)
        let line =
            #"{"step": 10, "split": "held_out", "total_loss": 10.5, "mlm_loss": 9.1, "disc_loss": 0.5, "disc_auc": 0.6, "tokens_per_second": null, "seconds": 2}"#
        try fuzz("measured/metrics.jsonl", [Array((line + "\n").utf8)], words: ["\"step\": ", "{", "}\n{", "\n"]) { _ in
            let last = folder.metrics.lastHeldOut(upTo: 20)
            _ = try folder.metrics.truncate(afterStep: 15)
            guard last != nil else { throw Self.nothingFound }
        }
        let entry = EvaluationLog.Entry(
            step: 10, fingerprint: "0123456789abcdef", data: "d", text: "t", sequences: 5, metrics: Metrics(named: [:]))
        let log = EvaluationLog(path: workplace.file("measured/evaluations.jsonl"))
        try fuzz("measured/evaluations.jsonl", [Array(entry.json.utf8)], words: ["\"step\": ", "{", "}\n{"]) { _ in
            guard log.last(ofCheckpoint: "0123456789abcdef", data: "d") != nil else { throw Self.nothingFound }
        }
    }

    @Test func indexOfParts() throws {
        let folder = workplace.file("parts")
        try FileAccess.makeFolder(folder)
        let golden = try #require(GoldenFolders.own.last)
        let weights = try SafetensorsFile(path: "\(golden)/discriminator/model.safetensors")
        try FileManager.default.copyItem(
            atPath: weights.path, toPath: "\(folder)/model-00001-of-00001.safetensors")
        let map = JSON.object(weights.tensors.prefix(4).map { ($0.name, .text("model-00001-of-00001.safetensors")) })
        try fuzz(
            "parts/\(HuggingFaceWeights.indexName)", [Array(JSON.object([("weight_map", map)]).pretty.utf8)],
            words: ["../", "/etc/passwd", "\"weight_map\": ", "{", ",", "\u{301}"]
        ) { _ in _ = try HuggingFaceWeights(folder: folder, architecture: "ElectraForPreTraining") }
    }
}
