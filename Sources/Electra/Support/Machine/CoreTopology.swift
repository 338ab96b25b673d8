/// Which hardware threads are one core, and in which socket it is.
package struct CoreTopology {
    private struct Place: Hashable, Comparable {
        var socket: Int
        /// The smallest number of the core's hardware threads.
        var core: Int

        static func < (left: Place, right: Place) -> Bool { (left.socket, left.core) < (right.socket, right.core) }
    }

    private var places: [Int: Place] = [:]

    /// Of some hardware threads. Where the system does not tell, each is a core.
    package init(of threads: [Int], root: String = "/sys/devices/system/cpu") {
        for thread in threads {
            let folder = "\(root)/cpu\(thread)/topology"
            let siblings = Machine.numbers(in: SystemFile.text("\(folder)/thread_siblings_list"))
            let socket = Int(SystemFile.text("\(folder)/physical_package_id").filter { !$0.isWhitespace })
            places[thread] = Place(socket: socket ?? 0, core: siblings.min() ?? thread)
        }
    }

    /// The cores of some of these hardware threads, socket by socket; each is its hardware threads.
    package func cores(of threads: [Int]) -> [[Int]] {
        let cores = Dictionary(grouping: threads.sorted()) { places[$0] ?? Place(socket: 0, core: $0) }
        return cores.keys.sorted().map { cores[$0]! }
    }
}
