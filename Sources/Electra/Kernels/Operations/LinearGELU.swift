import CKernels

/// y = gelu(z), z = x W^T + b: a layer and the GELU behind it. z is kept for the backward pass. In Float it is without its
/// bias, and y is computed again; in bf16 y is kept, too, and both are halves, made of a block of the product while that is
/// near the core.
///
///     dz = (dy' V) gelu'(z), where V is the weight of the layer behind, and dy' its output's gradient;    db += column sums of dz
package enum LinearGELU {
    package static func forward(
        into y: inout Tensor, keeping z: inout Tensor, x: borrowing Tensor, rows: Int, weight: borrowing Tensor,
        bias: borrowing Tensor
    ) {
        guard let halvesOfY = y.rounded, let halvesOfZ = z.rounded, let halvesOfX = x.view.halves,
            let halvesOfWeight = weight.view.transposed.halves
        else {
            Linear.forward(into: &z, x: x, rows: rows, weight: weight)
            return GELU.forward(into: &y, x: z, bias: bias, rows: rows)
        }
        guard rows > 0 else { return }
        let packed = weight.view.transposed.packedRightSide?.assumingMemoryBound(to: BFloat16.self)
        KernelKind.denseProduct.timed(
            operations: 2 * rows * weight.count, numbers: rows * (weight.rows + weight.columns) + weight.count
        ) {
            ck_bf16_product_gelu(
                BFloat16Product.unit, ck_gelu_target(bias: bias.base, z: halvesOfZ, y: halvesOfY), halvesOfX,
                halvesOfWeight, packed, rows, weight.rows, weight.columns)
        }
    }

    /// `weightBehind` and `dyBehind` are those of the layer that reads y.
    package static func backward(
        into dz: inout Tensor, restoring y: inout Tensor, addingBias dBias: inout Tensor, dyBehind: borrowing Tensor,
        weightBehind: borrowing Tensor, z: borrowing Tensor, bias: borrowing Tensor, rows: Int
    ) {
        guard let halvesOfZ = z.rounded, let halvesOfGradient = dz.rounded, let halvesOfDy = dyBehind.view.halves,
            let halvesOfWeight = weightBehind.view.halves
        else {
            Linear.backward(into: &dz, dy: dyBehind, rows: rows, weight: weightBehind)
            return GELU.backward(&dz, recomputing: &y, addingBias: &dBias, x: z, bias: bias, rows: rows)
        }
        guard rows > 0 else { return }
        let target = ck_gelu_gradient_target(
            z: halvesOfZ, dz: halvesOfGradient, stride: dz.stride, add_bias_gradient: dBias.base)
        let packed = weightBehind.view.packedRightSide?.assumingMemoryBound(to: BFloat16.self)
        KernelKind.denseProduct.timed(
            operations: 2 * rows * weightBehind.count,
            numbers: rows * (weightBehind.rows + weightBehind.columns) + weightBehind.count
        ) {
            ck_bf16_product_gelu_gradient(
                BFloat16Product.unit, target, halvesOfDy, halvesOfWeight, packed, rows, weightBehind.columns,
                weightBehind.rows)
        }
    }
}
