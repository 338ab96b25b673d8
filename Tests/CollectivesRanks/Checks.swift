import Collectives

/// Counts what holds and what does not, over all ranks. A check passed if it did on every rank.
final class Checks {
    let world: Communicator
    private var passed = 0
    private var failed = 0

    init(_ world: Communicator) { self.world = world }

    /// Runs one check on all ranks. What goes wrong is said by the rank that saw it.
    func check(_ name: String, _ body: (Communicator) throws -> Bool) throws {
        var isGood = false
        do {
            isGood = try body(world)
            if !isGood { report("\(name): not as expected") }
        } catch {
            report("\(name): \(error)")
        }
        // Also what keeps the ranks together: no check begins before the one before it ended everywhere.
        if try world.allReduce(isGood ? UInt8(1) : 0, .minimum) == 1 { passed += 1 } else { failed += 1 }
    }

    /// Prints the count on rank 0 and gives the exit code.
    func finish() -> Int32 {
        if world.rank == 0 { print("\(passed) passed, \(failed) failed on \(world.size) ranks") }
        return failed == 0 && passed > 0 ? 0 : 1
    }

    private func report(_ text: String) {
        print("FAILED on rank \(world.rank) of \(world.size): \(text)")
    }
}

/// Ranks hold different counts, and every third rank none: `unevenCount(r)` is 2, 0, 4, 5, 0, 7 ...
func unevenCount(_ rank: Int) -> Int { rank % 3 == 1 ? 0 : rank + 2 }

/// Element `index` of what `rank` holds: different wherever two could be mistaken for each other.
func element(_ rank: Int, _ index: Int) -> Float { Float(1000 * (rank + 1) + index) }
