/// The minimum of a smooth convex function, by L-BFGS (J. Nocedal and S. Wright, 2006, "Numerical Optimization", algorithms
/// 7.4 and 7.5): a step along -H g, where H is what the last few steps and changes of the gradient say of the inverse Hessian,
/// halved until the value falls enough (algorithm 3.1). Along any step of a strictly convex function s y > 0, so H is positive
/// definite.
enum QuasiNewton {
    struct Minimum {
        var point: [Double]
        var value: Double
        /// The largest of its elements, whatever their sign.
        var gradient: Double
        var steps = 0
    }

    /// A step, the change of the gradient along it, and 1 / (s y).
    private struct Pair {
        let s: [Double]
        let y: [Double]
        let rho: Double
    }

    private static let memory = 20

    /// `function` returns its value at a point, and writes its gradient. Ends where no element of that is above `tolerance`, after
    /// `mostSteps`, or where rounding leaves no way down.
    static func minimum(
        from start: [Double], tolerance: Double, mostSteps: Int,
        of function: (_ point: [Double], _ gradient: inout [Double]) -> Double
    ) -> Minimum {
        var gradient = start
        let value = function(start, &gradient)
        var found = Minimum(point: start, value: value, gradient: largest(gradient))
        var pairs: [Pair] = []
        var newGradient = gradient
        while found.gradient > tolerance && found.steps < mostSteps {
            let direction = direction(gradient, pairs)
            let slope = dot(direction, gradient)
            var length = pairs.isEmpty ? min(1, 1 / dot(gradient, gradient).squareRoot()) : 1
            while true {
                let point = added(found.point, length, direction)
                let value = function(point, &newGradient)
                if value <= found.value + 1e-4 * length * slope + 4 * found.value.ulp {
                    (found.point, found.value) = (point, value)
                    break
                }
                length /= 2
                if length < 1e-12 { return found }
            }
            let s = direction.map { length * $0 }
            let y = added(newGradient, -1, gradient)
            let curvature = dot(s, y)
            if curvature > 0 {
                pairs.append(Pair(s: s, y: y, rho: 1 / curvature))
                if pairs.count > memory { pairs.removeFirst() }
            }
            swap(&gradient, &newGradient)
            found.gradient = largest(gradient)
            found.steps += 1
        }
        return found
    }

    /// -H g (algorithm 7.4, the two loops).
    private static func direction(_ gradient: [Double], _ pairs: [Pair]) -> [Double] {
        var q = gradient.map { -$0 }
        var shares: [Double] = []
        for pair in pairs.reversed() {
            let share = pair.rho * dot(pair.s, q)
            q = added(q, -share, pair.y)
            shares.append(share)
        }
        if let last = pairs.last {
            let scale = 1 / (last.rho * dot(last.y, last.y))
            q = q.map { scale * $0 }
        }
        for (pair, share) in zip(pairs, shares.reversed()) {
            q = added(q, share - pair.rho * dot(pair.y, q), pair.s)
        }
        return q
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private static func added(_ a: [Double], _ factor: Double, _ b: [Double]) -> [Double] {
        zip(a, b).map { $0 + factor * $1 }
    }

    private static func largest(_ a: [Double]) -> Double { a.reduce(0) { max($0, abs($1)) } }
}
