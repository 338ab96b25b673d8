import Foundation
import TestSupport
import Testing

@testable import ElectraTraining

/// Which folders beside the checkpoints of a run are its own.
@Suite struct CheckpointFolderTests {
    private let place: Workplace
    private let folder: CheckpointFolder

    init() throws {
        place = try Workplace()
        folder = CheckpointFolder(run: place.path)
    }

    private func make(_ name: String, hasManifest: Bool = true) throws {
        try place.write("checkpoints/\(name)/\(CheckpointFolder.parametersFile)", "x")
        if hasManifest { try place.write("checkpoints/\(name)/\(CheckpointManifest.fileName)", "{}") }
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func copiesUnderOtherNamesAreNotOurs() throws {
        let copies = [
            "step-5", "step--5", "step-+5", "step-000000005", "step-00000005-best", "step-",
        ]
        for name in copies { try make(name) }
        try make("step-00000004")
        try make("step-00000005")
        #expect(try folder.steps() == [4, 5])
        #expect(try folder.newest() == "\(folder.path)/step-00000005")
        try folder.prune(keep: 1, upTo: 5)
        try folder.removeUnfinished()
        #expect(try Set(names()) == Set(copies + ["step-00000005"]))
    }

    @Test func whatASaveOrARemovalLeftGoesAndWhatIsDamagedStays() throws {
        try make("step-00000002", hasManifest: false)
        try make("step-00000004")
        try make("step-00000006", hasManifest: false)
        try make("step-00000008.partial")
        #expect(try folder.steps() == [4])
        let notes = try folder.notesOnDamaged()
        #expect(notes.count == 1 && notes[0].contains("step-00000006: passed over"), "\(notes)")
        try folder.removeUnfinished()
        #expect(try names() == ["step-00000004", "step-00000006"])
    }
}
