#!/usr/bin/env python3
"""Makes the golden cases under Tests/Fixtures, or checks such a folder.

Networks, losses and gradients come from Hugging Face transformers and PyTorch autograd in float64, dropout off; the
optimiser is written out in golden_cases.py as google-research/electra has it. So the numbers owe nothing to this
project's own code. Pre-training's cases are here, fine-tuning's in golden_finetuning.py. What a golden folder holds is
told in Tests/Fixtures/README.md.

    scripts/make-fixtures.py                    write Tests/Fixtures/golden-*
    scripts/make-fixtures.py --check DIR ...    load the parameters and inputs of DIR, compute everything again, compare

Needs: pip install torch transformers safetensors
"""

import argparse
import os
import random
import sys

import torch
from golden_cases import (
    CLS, FIRST_WORD, MASK, OPTIMIZER, PAD, SEP, Differentiated, compare, configuration, optimize, random_parameters,
    random_segments, save_golden, save_network)
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

import golden_finetuning
import golden_objectives

DISCRIMINATOR_WEIGHT = 50.0
ARCHITECTURES = {"generator": "ElectraForMaskedLM", "discriminator": "ElectraForPreTraining"}

# Sizes are no multiples of a vector width. Between them the cases have both networks with and without
# embeddings_project. A sequence is (length of segment A, length of segment B), without [CLS] and [SEP]; B = 0 means
# that there is no second segment.
CASES = {
    "golden-projected": {
        "seed": 20,
        "vocabulary": 61, "embedding": 6, "positions": 13, "length": 12,
        "discriminator": {"hidden": 12, "layers": 2, "heads": 3, "ffn": 20},
        "generator": {"hidden": 6, "layers": 2, "heads": 2, "ffn": 10},
        "sequences": [[4, 4], [3, 0], [2, 4], [1, 0]],
    },
    "golden-equal-width": {
        "seed": 21,
        "vocabulary": 61, "embedding": 8, "positions": 12, "length": 11,
        "discriminator": {"hidden": 8, "layers": 2, "heads": 2, "ffn": 18},
        "generator": {"hidden": 4, "layers": 2, "heads": 1, "ffn": 10},
        "sequences": [[5, 0], [7, 1], [1, 2]],
    },
}


class Pair(Differentiated):
    """Generator and discriminator in float64, with one embeddings module (tables and LayerNorm) between them."""

    loss = "output.total_loss"

    def __init__(self, generator_config, discriminator_config):
        for config in (generator_config, discriminator_config):
            config._attn_implementation = "eager"
        self.generator = ElectraForMaskedLM(generator_config).double().eval()
        self.discriminator = ElectraForPreTraining(discriminator_config).double().eval()
        self.generator.electra.embeddings = self.discriminator.electra.embeddings
        self.generator.generator_lm_head.weight = self.discriminator.electra.embeddings.word_embeddings.weight

    def parameters(self):
        """Every parameter once. What is shared stands under discriminator.electra.embeddings."""
        named = {"discriminator." + name: p for name, p in self.discriminator.named_parameters()}
        for name, p in self.generator.named_parameters():
            if not name.startswith("electra.embeddings.") and name != "generator_lm_head.weight":
                named["generator." + name] = p
        assert len({id(p) for p in named.values()}) == len(named)
        return dict(sorted(named.items()))

    def forward(self, inputs):
        """All of section "output" of a golden file but the gradient norm; total_loss carries the graph."""
        ids = inputs["input.ids"].long()
        common = {
            "token_type_ids": inputs["input.token_type_ids"].long(),
            "attention_mask": inputs["input.attention_mask"].long(),
            "output_hidden_states": True,
        }
        sequence, position = inputs["input.masked_positions"].long().unbind(1)

        targets = torch.full_like(ids, -100)
        targets[sequence, position] = ids[sequence, position]
        generator = self.generator(input_ids=inputs["input.masked_ids"].long(), labels=targets, **common)

        sampled = inputs["input.sampled_ids"].long()
        labels = (sampled != ids).double()
        discriminator = self.discriminator(input_ids=sampled, labels=labels, **common)

        # Mean over chosen positions, mean over real tokens. transformers' own losses must agree; its RTD loss comes out
        # in float32, because it casts the labels to that, so it serves as a check and not as the golden value.
        mlm_logits = generator.logits[sequence, position]
        mlm_loss = torch.nn.functional.cross_entropy(mlm_logits, ids[sequence, position])
        real = common["attention_mask"] == 1
        rtd_loss = torch.nn.functional.binary_cross_entropy_with_logits(discriminator.logits[real], labels[real])
        assert abs(generator.loss.item() / mlm_loss.item() - 1) < 1e-12
        assert abs(discriminator.loss.item() / rtd_loss.item() - 1) < 1e-6
        return {
            "output.generator_hidden": generator.hidden_states[-1],
            "output.discriminator_hidden": discriminator.hidden_states[-1],
            "output.mlm_logits": mlm_logits,
            "output.rtd_logits": discriminator.logits,
            "output.rtd_labels": labels,
            "output.mlm_loss": mlm_loss.reshape(1),
            "output.rtd_loss": rtd_loss.reshape(1),
            "output.total_loss": (mlm_loss + DISCRIMINATOR_WEIGHT * rtd_loss).reshape(1),
        }


def row_of_history(outputs, norm, rate):
    return [*(outputs[f"output.{name}_loss"].item() for name in ("mlm", "rtd", "total")), norm, rate]


def random_inputs(case, source):
    """Token ids of unequal lengths, about 30 % of them chosen; one chosen token of the batch is left unmasked."""
    rows, length = case["sequences"], case["length"]
    ids = torch.full((len(rows), length), PAD, dtype=torch.int32)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    word = lambda: source.randrange(FIRST_WORD, case["vocabulary"])
    chosen = []
    for row, (a, b) in enumerate(rows):
        tokens, segments = random_segments(a, b, word)
        end = len(tokens)
        ids[row, :end], types[row, :end], mask[row, :end] = tokens, segments, 1
        words = [t for t in range(end) if ids[row, t] >= FIRST_WORD]
        chosen += [(row, t) for t in sorted(source.sample(words, max(1, round(0.3 * end))))]

    masked, sampled = ids.clone(), ids.clone()
    unmasked = source.choice(chosen)
    previous = None
    for row, t in chosen:
        if (row, t) != unmasked:
            masked[row, t] = MASK
        # The first of a sequence is "guessed right" (label 0), unless it is the only one; the others are wrong.
        alone = sum(1 for other, _ in chosen if other == row) == 1
        if row == previous or alone:
            while sampled[row, t] == ids[row, t]:
                sampled[row, t] = word()
        previous = row
    return {
        "input.ids": ids,
        "input.token_type_ids": types,
        "input.attention_mask": mask,
        "input.masked_ids": masked,
        "input.masked_positions": torch.tensor(chosen, dtype=torch.int32),
        "input.sampled_ids": sampled,
    }


def compute(pair, inputs, settings):
    """Everything of a golden file that is not input. The parameters of `pair` are the trained ones afterwards."""
    golden, gradients, norm = pair.gradients(inputs)
    golden["output.gradient_norm"] = torch.tensor([norm], dtype=torch.float64)
    golden |= {"gradient." + name: g.clone() for name, g in gradients.items()}
    golden["optimizer.history"] = optimize(pair, inputs, settings, row_of_history)
    golden |= {"optimizer.after." + name: p.detach().clone() for name, p in pair.parameters().items()}
    return golden


def make(case, folder):
    source = random.Random(case["seed"])
    configs = {
        network: configuration(case, case[network], architecture) for network, architecture in ARCHITECTURES.items()}
    pair = Pair(ElectraConfig(**configs["generator"]), ElectraConfig(**configs["discriminator"]))
    pair.set(random_parameters(pair, source))
    inputs = random_inputs(case, source)

    for network, config in configs.items():
        state = dict(getattr(pair, network).named_parameters())
        state.pop("generator_lm_head.weight", None)
        save_network(os.path.join(folder, network), config, state)
    save_golden(folder, compute(pair, inputs, OPTIMIZER), inputs, {**case, "optimizer": OPTIMIZER})


def check(folder):
    configs, state = {}, {}
    for network in ("generator", "discriminator"):
        path = os.path.join(folder, network)
        configs[network] = ElectraConfig.from_pretrained(path)
        tensors = load_file(os.path.join(path, "model.safetensors"))
        for name, value in tensors.items():
            if network == "generator" and name.startswith("electra.embeddings."):
                assert torch.equal(value, state_of_embeddings(folder)[name]), name + " differs between the networks"
            elif name != "generator_lm_head.weight":
                state[f"{network}.{name}"] = value
    pair = Pair(configs["generator"], configs["discriminator"])
    pair.set(state)
    return compare(folder, lambda inputs: compute(pair, inputs, OPTIMIZER))


def state_of_embeddings(folder):
    with safe_open(os.path.join(folder, "discriminator", "model.safetensors"), "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys() if name.startswith("electra.embeddings.")}


def checker(folder):
    if os.path.basename(os.path.normpath(folder)) in golden_objectives.CASES:
        return golden_objectives.check
    return check if os.path.isdir(os.path.join(folder, "generator")) else golden_finetuning.check


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", metavar="DIR", default=root, help="where to write (default: Tests/Fixtures)")
    parser.add_argument("--check", metavar="DIR", nargs="+", help="check these golden folders; write nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.check:
        checked = [checker(folder)(folder) for folder in arguments.check]
        return 0 if all(checked) else 1
    modules = (golden_finetuning, golden_objectives)
    for makes, cases in ((make, CASES), *((module.make, module.CASES) for module in modules)):
        for name, case in cases.items():
            folder = os.path.join(arguments.output, name)
            makes(case, folder)
            print("wrote", os.path.relpath(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
