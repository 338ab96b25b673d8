import CMPI

extension Communicator {
    /// Nobody leaves before everybody came (MPI_Barrier; MPI 3.1, 5.3).
    public func barrier() throws(MPIError) {
        if isAlone { return }
        try wait("MPI_Barrier") {
            MPI_Barrier(handle)
        } orBegin: {
            MPI_Ibarrier(handle, $0)
        }
    }
}
