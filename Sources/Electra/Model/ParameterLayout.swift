package import ElectraKernels

/// How a parameter starts (docs/algorithm.md 2).
package enum Initializer: Sendable {
    /// Normal, cut off at two standard deviations.
    case truncatedNormal(deviation: Float)
    /// Uniform within sqrt(6 / (inputs + outputs)).
    case glorotUniform
    case zeros
    case ones
}

/// One named parameter and its place in the flat buffers.
package struct ParameterSpecification: Sendable {
    /// As Hugging Face calls it, with `discriminator.` or `generator.` in front.
    package let name: String
    /// [outputs, inputs] for matrices, [size] for vectors.
    package let shape: [Int]
    package let offset: Int
    let initializer: Initializer
    /// Whether nothing reads it but products whose other factor has a copy in bf16, too, where these are computed in it.
    var isFactor = false

    package var count: Int { shape.reduce(1, *) }
    package var range: Range<Int> { offset..<offset + count }

    /// The reference excludes biases and norms from weight decay by name (model/optimization.py:128-137).
    package var isDecayed: Bool { !name.contains("LayerNorm") && !name.contains("bias") }
}

/// Cuts a flat buffer into windows, in the order in which the parts of the model ask for them.
///
/// The initialisers of the parts' `Parameters` are thus the one declaration of the layout: what they ask for, in that
/// order, is what parameters, gradients and the optimiser's moments look like, and what a checkpoint holds.
package struct ParameterWindows {
    private let base: UnsafeMutablePointer<Float>
    private let rounded: UnsafeMutablePointer<BFloat16>?
    private let packing: WeightPacking?
    /// Of weights, for products.
    private let areSplit: Bool
    private let areGradients: Bool
    /// Of gradients: the weights.
    package private(set) var unwritten: [UnwrittenWeight] = []
    /// And the tables in which rows are looked up.
    package private(set) var tables: [TableGradient] = []
    /// In the order of the elements.
    package private(set) var passages: [Passage] = []
    package private(set) var specifications: [ParameterSpecification] = []
    package private(set) var count = 0
    /// Up to here they are trained; nil where all are.
    private var frozenFrom: Int?
    package var trainedCount: Int { frozenFrom ?? count }

    /// `rounded` is memory for their copies in bf16, with the same layout; `packing` gets to know all weights.
    package init(
        base: UnsafeMutablePointer<Float>, rounded: UnsafeMutablePointer<BFloat16>? = nil, areSplit: Bool = false,
        packing: WeightPacking? = nil
    ) {
        self.areSplit = areSplit
        self.base = base
        self.rounded = rounded
        self.packing = packing
        areGradients = false
    }

    /// Of no memory: windows are addresses only, and nothing is read or written.
    package static var nowhere: ParameterWindows {
        ParameterWindows(base: UnsafeMutablePointer<Float>(bitPattern: 64)!)
    }

    /// See `GradientStore`.
    package init(gradientsIn base: UnsafeMutablePointer<Float>) {
        self.base = base
        (rounded, areSplit, packing) = (nil, false, nil)
        areGradients = true
    }

    /// A table to look rows up in, which is no operand of products.
    package mutating func table(_ name: String, rows: Int, columns: Int, _ initializer: Initializer) -> Tensor {
        let start = count
        add(name, [rows, columns], initializer)
        return Tensor(base: base + start, rows: rows, columns: columns)
    }

    package mutating func matrix(
        _ name: String, outputs: Int, inputs: Int, isFactor: Bool = false, onlyProductsAdd: Bool = true,
        _ initializer: Initializer
    ) -> Tensor {
        stacked(
            [name], outputs: outputs, inputs: inputs, isFactor: isFactor, onlyProductsAdd: onlyProductsAdd, initializer)
    }

    /// Matrices of one shape, one under the other: they count as one matrix in products. `onlyProductsAdd` to its
    /// gradient, but for a table in which rows are looked up, too. Of `isFactor` see `ParameterSpecification`.
    package mutating func stacked(
        _ names: [String], outputs: Int, inputs: Int, isFactor: Bool = false, onlyProductsAdd: Bool = true,
        _ initializer: Initializer
    ) -> Tensor {
        let start = count
        for name in names { add(name, [outputs, inputs], initializer, isFactor: isFactor) }
        let view = MatrixProduct.View(
            base: base + start, rounded: rounded.map { $0 + start }, isSplit: areSplit, stride: inputs)
        let rows = outputs * names.count
        if areGradients && frozenFrom == nil {
            if onlyProductsAdd {
                unwritten.append(UnwrittenWeight(start..<count))
            } else {
                tables.append(TableGradient(start..<count, columns: inputs))
            }
        }
        return Tensor(
            base: view.base, rounded: view.rounded, isSplit: areSplit,
            packed: packing?.add(view, rows: rows, columns: inputs),
            isUnwritten: unwritten.last.flatMap { $0.range.lowerBound == start ? $0.isUnwritten : nil },
            touched: tables.last.flatMap { $0.range.lowerBound == start ? $0.touched : nil }, rows: rows,
            columns: inputs)
    }

    package mutating func vector(_ name: String, size: Int, _ initializer: Initializer = .zeros) -> Tensor {
        concatenated([name], size: size, initializer)
    }

    mutating func concatenated(_ names: [String], size: Int, _ initializer: Initializer = .zeros) -> Tensor {
        let start = count
        for name in names { add(name, [size], initializer) }
        return Tensor(base: base + start, rows: 1, columns: size * names.count)
    }

    package mutating func layerNorm(_ name: String, size: Int) -> LayerNorm.Parameters {
        LayerNorm.Parameters(
            scale: vector("\(name).weight", size: size, .ones), shift: vector("\(name).bias", size: size))
    }

    /// What was asked for since `count` was `start` is gone through as one.
    package mutating func passage(from start: Int, of network: String) -> Passage {
        let passage = Passage(start..<count, of: network)
        passages.append(passage)
        return passage
    }

    /// What is asked for from now on is never trained, and has no gradient.
    package mutating func freezeRest() { frozenFrom = count }

    private mutating func add(
        _ name: String, _ shape: [Int], _ initializer: Initializer, isFactor: Bool = false
    ) {
        let specification = ParameterSpecification(
            name: name, shape: shape, offset: count, initializer: initializer, isFactor: isFactor)
        specifications.append(specification)
        count += specification.count
    }
}

/// The names, shapes and places of all parameters of a model.
package struct ParameterLayout: Sendable {
    package let specifications: [ParameterSpecification]
    package let count: Int
    /// Those before it are trained.
    package let trainedCount: Int

    /// The elements that are read as factors only, as few ranges as can be.
    package var factors: [Range<Int>] {
        specifications.filter(\.isFactor).reduce(into: []) { ranges, parameter in
            if let last = ranges.last, last.upperBound == parameter.offset {
                ranges[ranges.count - 1] = last.lowerBound..<parameter.range.upperBound
            } else {
                ranges.append(parameter.range)
            }
        }
    }

    /// What is trained, alone.
    package var trained: ParameterLayout {
        ParameterLayout(
            specifications: specifications.filter { $0.range.upperBound <= trainedCount }, count: trainedCount,
            trainedCount: trainedCount)
    }

    /// Those parameters of the layout, at their places.
    package func only(_ isWanted: (String) -> Bool) -> ParameterLayout {
        ParameterLayout(
            specifications: specifications.filter { isWanted($0.name) }, count: count, trainedCount: trainedCount)
    }

    private init(specifications: [ParameterSpecification], count: Int, trainedCount: Int) {
        self.specifications = specifications
        self.count = count
        self.trainedCount = trainedCount
    }

    /// Of whatever `cut` asks for.
    package init(cut: (inout ParameterWindows) -> Void) {
        var windows = ParameterWindows.nowhere
        cut(&windows)
        self.init(windows)
    }

    /// Of what was asked for.
    package init(_ windows: ParameterWindows) {
        specifications = windows.specifications
        count = windows.count
        trainedCount = windows.trainedCount
    }
}
