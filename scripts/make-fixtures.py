#!/usr/bin/env python3
"""Makes the golden cases under Tests/Fixtures, or checks such a folder.

Both networks, their losses and gradients come from Hugging Face transformers and PyTorch autograd in float64, dropout
off; the optimiser is written out below as google-research/electra has it. So the numbers owe nothing to this project's
own code. What a golden folder holds is told in Tests/Fixtures/README.md.

    scripts/make-fixtures.py                    write Tests/Fixtures/golden-*
    scripts/make-fixtures.py --check DIR ...    load the parameters and inputs of DIR, compute everything again, compare

Needs: pip install torch transformers safetensors
"""

import argparse
import json
import math
import os
import random
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

PAD, UNK, CLS, SEP, MASK = range(5)
FIRST_WORD = 5
DISCRIMINATOR_WEIGHT = 50.0

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
OPTIMIZER = {"steps": 5, "learning_rate": 1e-3, "weight_decay": 0.01, "warmup": 2, "total": 10, "clip": 1.0}


def configuration(case, network):
    sizes = case[network]
    return {
        "architectures": ["ElectraForPreTraining" if network == "discriminator" else "ElectraForMaskedLM"],
        "model_type": "electra",
        "vocab_size": case["vocabulary"],
        "embedding_size": case["embedding"],
        "hidden_size": sizes["hidden"],
        "num_hidden_layers": sizes["layers"],
        "num_attention_heads": sizes["heads"],
        "intermediate_size": sizes["ffn"],
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "max_position_embeddings": case["positions"],
        "type_vocab_size": 2,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-12,
        "pad_token_id": PAD,
        "tie_word_embeddings": True,
    }


class Pair:
    """Generator and discriminator in float64, with one embeddings module (tables and LayerNorm) between them."""

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

    @torch.no_grad()
    def set(self, values):
        parameters = self.parameters()
        assert parameters.keys() == values.keys(), parameters.keys() ^ values.keys()
        for name, p in parameters.items():
            assert p.shape == values[name].shape, name
            p.copy_(values[name].double())

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

    def gradients(self, inputs):
        """(outputs, gradient of every parameter, their joint L2 norm)."""
        parameters = self.parameters()
        for p in parameters.values():
            p.grad = None
        outputs = self.forward(inputs)
        outputs["output.total_loss"].sum().backward()
        gradients = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in parameters.items()}
        norm = math.sqrt(sum(g.square().sum().item() for g in gradients.values()))
        return {name: value.detach() for name, value in outputs.items()}, gradients, norm


def learning_rate(step, settings):
    """Linear decay times linear warm-up; `step` is counted before it is incremented, so the first rate is 0."""
    decay = 1 - min(step, settings["total"]) / settings["total"]
    return settings["learning_rate"] * decay * min(1.0, step / settings["warmup"])


def optimize(pair, inputs, settings):
    """Adam of google-research/electra: no bias correction, epsilon outside the root, decay apart from the gradient.

    Returns one row (mlm, rtd, total, gradient norm, learning rate) a step; leaves the new parameters in `pair`.
    """
    parameters = pair.parameters()
    first = {name: torch.zeros_like(p) for name, p in parameters.items()}
    second = {name: torch.zeros_like(p) for name, p in parameters.items()}
    history = []
    for step in range(settings["steps"]):
        outputs, gradients, norm = pair.gradients(inputs)
        rate = learning_rate(step, settings)
        losses = [outputs[f"output.{name}_loss"].item() for name in ("mlm", "rtd", "total")]
        history.append([*losses, norm, rate])
        scale = settings["clip"] / max(norm, settings["clip"])
        with torch.no_grad():
            for name, p in parameters.items():
                g = gradients[name] * scale
                first[name] = 0.9 * first[name] + 0.1 * g
                second[name] = 0.999 * second[name] + 0.001 * g * g
                update = first[name] / (second[name].sqrt() + 1e-6)
                if "LayerNorm" not in name and "bias" not in name:
                    update = update + settings["weight_decay"] * p
                p -= rate * update
    return torch.tensor(history, dtype=torch.float64)


def random_parameters(pair, source):
    """All random and large, biases and norms too, so that nothing hides an error; exact in float32."""
    values = {}
    for name, p in pair.parameters().items():
        is_norm_gain = name.endswith("LayerNorm.weight")
        scale = 0.5 if "embeddings." in name and not is_norm_gain else 0.3
        drawn = [source.gauss(1.0 if is_norm_gain else 0.0, scale) for _ in range(p.numel())]
        values[name] = torch.tensor(drawn, dtype=torch.float32).reshape(p.shape)
    return values


def random_inputs(case, source):
    """Token ids of unequal lengths, about 30 % of them chosen; one chosen token of the batch is left unmasked."""
    rows, length = case["sequences"], case["length"]
    ids = torch.full((len(rows), length), PAD, dtype=torch.int32)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    word = lambda: source.randrange(FIRST_WORD, case["vocabulary"])
    chosen = []
    for row, (a, b) in enumerate(rows):
        first = [CLS, *(word() for _ in range(a)), SEP]
        second = [*(word() for _ in range(b)), SEP] if b else []
        end = len(first) + len(second)
        ids[row, :end] = torch.tensor(first + second, dtype=torch.int32)
        types[row, len(first):end] = 1
        mask[row, :end] = 1
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
    golden["optimizer.history"] = optimize(pair, inputs, settings)
    golden |= {"optimizer.after." + name: p.detach().clone() for name, p in pair.parameters().items()}
    return golden


def make(case, folder):
    source = random.Random(case["seed"])
    configs = {network: configuration(case, network) for network in ("generator", "discriminator")}
    pair = Pair(ElectraConfig(**configs["generator"]), ElectraConfig(**configs["discriminator"]))
    pair.set(random_parameters(pair, source))
    inputs = random_inputs(case, source)

    for network, config in configs.items():
        path = os.path.join(folder, network)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "config.json"), "w") as file:
            json.dump(config, file, indent=2)
            file.write("\n")
        state = {name: p.detach().float().contiguous() for name, p in getattr(pair, network).named_parameters()}
        state.pop("generator_lm_head.weight", None)
        save_file(state, os.path.join(path, "model.safetensors"), metadata={"format": "pt"})

    golden = compute(pair, inputs, OPTIMIZER)
    # Tensors as large as the parameters are rounded to float32: half the bytes, and still far finer than any test.
    for name in golden:
        if name.startswith(("gradient.", "optimizer.after.")) or name == "output.rtd_labels":
            golden[name] = golden[name].float()
    # One key only: with more, their order in the file would differ from run to run.
    metadata = {"options": json.dumps({**case, "optimizer": OPTIMIZER})}
    golden = {name: value.contiguous() for name, value in (golden | inputs).items()}
    save_file(golden, os.path.join(folder, "golden.safetensors"), metadata=metadata)


def check(folder):
    """Recomputes a golden folder and prints the largest differences. True if they are no more than rounding."""
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

    stored = load_file(os.path.join(folder, "golden.safetensors"))
    computed = compute(pair, {n: v for n, v in stored.items() if n.startswith("input.")}, OPTIMIZER)
    missing = computed.keys() ^ {name for name in stored if not name.startswith("input.")}
    if missing:
        print(f"{folder}: tensors on one side only: {sorted(missing)}")

    # The gradient of a key's bias is zero but for rounding (softmax does not see it), so what is small beside the
    # whole group is measured against the group.
    groups, good = {}, not missing
    for name in sorted(computed.keys() - missing):
        group = next((g for g in ("gradient", "optimizer.after") if name.startswith(g + ".")), name)
        groups.setdefault(group, []).append(name)
    print(folder)
    print(f"  {'':30s} tensors   max relative   relative L2")
    for group, names in groups.items():
        whole = max(stored[name].double().abs().max().item() for name in names)
        worst_max, worst_l2 = 0.0, 0.0
        for name in names:
            expected, difference = stored[name].double(), computed[name] - stored[name].double()
            floor = 1e-6 * whole
            worst_max = max(worst_max, difference.abs().max().item() / max(expected.abs().max().item(), floor))
            worst_l2 = max(worst_l2, difference.norm().item() / max(expected.norm().item(), floor))
        tolerance = 2e-7 if stored[names[0]].dtype == torch.float32 else 1e-8
        verdict = "" if worst_max <= tolerance and worst_l2 <= tolerance else "   TOO LARGE"
        good = good and not verdict
        print(f"  {group:30s} {len(names):7d} {worst_max:14.2e} {worst_l2:13.2e}{verdict}")
    return good


def state_of_embeddings(folder):
    with safe_open(os.path.join(folder, "discriminator", "model.safetensors"), "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys() if name.startswith("electra.embeddings.")}


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", metavar="DIR", default=root, help="where to write (default: Tests/Fixtures)")
    parser.add_argument("--check", metavar="DIR", nargs="+", help="check these golden folders; write nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.check:
        return 0 if all([check(folder) for folder in arguments.check]) else 1
    for name, case in CASES.items():
        folder = os.path.join(arguments.output, name)
        make(case, folder)
        print("wrote", os.path.relpath(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
