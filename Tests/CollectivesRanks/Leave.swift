#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// After the runtime has gone, so that MPI was finalised.
func leave(_ code: Int32) -> Never { exit(code) }

/// For `--drop`: memory that outlives its request whatever happens.
nonisolated(unsafe) let dropped = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4)
