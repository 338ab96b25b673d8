import ElectraTraining
import Glibc

/// The uniform generator: every token of the vocabulary is as likely, there is nothing to learn.
enum UniformReplacement {
    static func run(vocabulary: Int, batch: MaskedBatch, options: ObjectiveOptions, adding sums: TaskSums) {
        for index in 0..<batch.maskedCount {
            let original = batch.original(masked: index)
            // Without the original, the tokens behind it move up by one.
            let choices = options.disallowsCorrect ? vocabulary - 1 : vocabulary
            var sample = Int32(Float(choices) * batch.maskedUniforms[index])
            if options.disallowsCorrect && sample >= original { sample += 1 }
            batch.replace(masked: index, with: sample)
            sums.losses[0] += log(Double(vocabulary))
            sums.countMasked(isCorrect: false, sampleIsCorrect: sample == original)
        }
    }
}
