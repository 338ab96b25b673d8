import CMPI

/// What may travel: fixed-width numbers that MPI has a datatype for (MPI 3.1, 3.2.2), each named here. `Int` is not
/// among them, as its width is the machine's: say `Int64` on the wire.
public protocol MPIScalar: BitwiseCopyable, Sendable {
    static var wireType: MPIWireType { get }
}

/// Names of MPI datatypes, so that the public interface shows nothing of `mpi.h`.
public enum MPIWireType: Sendable {
    case float, double
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64
}

extension Float: MPIScalar { public static var wireType: MPIWireType { .float } }
extension Double: MPIScalar { public static var wireType: MPIWireType { .double } }
extension Int8: MPIScalar { public static var wireType: MPIWireType { .int8 } }
extension Int16: MPIScalar { public static var wireType: MPIWireType { .int16 } }
extension Int32: MPIScalar { public static var wireType: MPIWireType { .int32 } }
extension Int64: MPIScalar { public static var wireType: MPIWireType { .int64 } }
extension UInt8: MPIScalar { public static var wireType: MPIWireType { .uint8 } }
extension UInt16: MPIScalar { public static var wireType: MPIWireType { .uint16 } }
extension UInt32: MPIScalar { public static var wireType: MPIWireType { .uint32 } }
extension UInt64: MPIScalar { public static var wireType: MPIWireType { .uint64 } }

extension MPIScalar {
    static var datatype: MPI_Datatype {
        switch wireType {
        case .float: cmpi_float()
        case .double: cmpi_double()
        case .int8: cmpi_int8()
        case .int16: cmpi_int16()
        case .int32: cmpi_int32()
        case .int64: cmpi_int64()
        case .uint8: cmpi_uint8()
        case .uint16: cmpi_uint16()
        case .uint32: cmpi_uint32()
        case .uint64: cmpi_uint64()
        }
    }
}
