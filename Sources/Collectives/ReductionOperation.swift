import CMPI

/// How elements of the ranks are combined (MPI 3.1, 5.9.2). The order in which MPI adds is its own and changes with
/// the number of ranks: for sums of floating-point numbers that must not, see `OrderedReduction`.
public enum ReductionOperation: Sendable {
    case sum, product, minimum, maximum
    /// For integers only; MPI refuses them for floating point.
    case bitwiseAnd, bitwiseOr, bitwiseXor

    var handle: MPI_Op {
        switch self {
        case .sum: cmpi_sum()
        case .product: cmpi_product()
        case .minimum: cmpi_minimum()
        case .maximum: cmpi_maximum()
        case .bitwiseAnd: cmpi_bitwise_and()
        case .bitwiseOr: cmpi_bitwise_or()
        case .bitwiseXor: cmpi_bitwise_xor()
        }
    }
}
