import CKernels
import COneDNN

/// The cores that the threads of this process may run on, by the numbers that Linux gives to them (hardware threads, where
/// a core has several).
package enum CoreMask {
    /// Of the main thread, from which all others have theirs.
    package static var now: [Int] { of(process: "self") }

    /// Empty where the system does not tell.
    package static func of(process: String) -> [Int] {
        Machine.allowedCores(in: SystemFile.text("/proc/\(process)/status"))
    }

    /// For the calling thread, and those that it starts from now on. Returns whether the system allowed it.
    @discardableResult
    package static func take(_ cores: [Int]) -> Bool {
        let numbers = cores.map(Int32.init)
        return ck_take_cores(numbers, numbers.count)
    }

    /// OpenMP, which oneDNN is built on, binds the main thread to the first of its places when it is loaded, if OMP_PROC_BIND
    /// or the like is in the environment: lanes, which it knows nothing of, would all sit there. Its places together are the
    /// cores that the program was started with, or those of them that the user named for it.
    package static func undoBindingOfOpenMP() {
        let places = placesOfOpenMP
        if !places.isEmpty { take(places) }
    }

    /// Empty where OpenMP binds nothing.
    static var placesOfOpenMP: [Int] {
        var all: Set<Int32> = []
        for place in 0..<max(omp_get_num_places(), 0) {
            var cores = [Int32](repeating: 0, count: Int(omp_get_place_num_procs(place)))
            omp_get_place_proc_ids(place, &cores)
            all.formUnion(cores)
        }
        return all.map(Int.init).sorted()
    }
}
