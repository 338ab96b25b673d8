package import Collectives

extension Communicator {
    /// A signal may reach one rank only, or each at another step: all ranks ask together.
    package func isAskedToStop() throws(MPIError) -> Bool {
        try allReduce(Int64(StopSignals.isAsked ? 1 : 0), .maximum) > 0
    }
}
