import ElectraSupport
import Glibc

/// What the cores of a host did for a while, by /proc/stat, and how much of that this process did.
package struct HostLoad: Codable, Sendable, Equatable {
    package var seconds: Double
    /// Time that cores worked, for any program, in seconds of one core.
    package var busy: Double
    /// Time that cores were to work and the hypervisor gave to others.
    package var stolen: Double
    /// Time that cores worked for this process.
    package var own: Double

    package init(seconds: Double, busy: Double, stolen: Double, own: Double) {
        self.seconds = seconds
        self.busy = busy
        self.stolen = stolen
        self.own = own
    }

    /// How many cores other programs kept busy.
    var others: Double { max(busy - own, 0) / max(seconds, 1e-9) }

    /// Of the time that programs wanted.
    var stolenShare: Double { stolen / max(busy + stolen, 1e-9) }

    /// More than a system does for itself.
    func othersMatter(among cores: Int) -> Bool { others > max(0.25, 0.05 * Double(cores)) }

    /// The counters at one time.
    struct Reading {
        var time: Double
        var busy: Double
        var stolen: Double
        var own: Double

        /// Nil where the system does not tell.
        static func now() -> Reading? {
            guard let times = times(in: SystemFile.text("/proc/stat")) else { return nil }
            let tick = 1 / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
            return Reading(
                time: Stopwatch.now, busy: Double(times.busy) * tick, stolen: Double(times.stolen) * tick,
                own: seconds(usage.ru_utime) + seconds(usage.ru_stime))
        }

        /// "cpu  user nice system idle iowait irq softirq steal guest guest_nice", in ticks; guests are in user and nice.
        static func times(in text: String) -> (busy: Int, stolen: Int)? {
            guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
            let ticks = line.split(separator: " ").dropFirst().compactMap { Int($0) }
            guard ticks.count >= 8 else { return nil }
            return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6], ticks[7])
        }
    }

    init?(from begin: Reading?, to end: Reading?) {
        guard let begin, let end, end.time > begin.time else { return nil }
        self.init(
            seconds: end.time - begin.time, busy: end.busy - begin.busy, stolen: end.stolen - begin.stolen,
            own: end.own - begin.own)
    }
}
