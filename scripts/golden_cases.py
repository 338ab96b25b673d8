"""What golden cases of pre-training and of fine-tuning have in common: drawn numbers, gradients, the optimiser, files."""

import json
import math
import os

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import load_file, save_file

PAD, UNK, CLS, SEP, MASK = range(5)
FIRST_WORD = 5
OPTIMIZER = {"steps": 5, "learning_rate": 1e-3, "weight_decay": 0.01, "warmup": 2, "total": 10, "clip": 1.0}


def configuration(case, sizes, architecture):
    return {
        "architectures": [architecture],
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


class Differentiated:
    """Networks in float64. A subclass has parameters() by name, forward(inputs), and the name of the loss in that."""

    @torch.no_grad()
    def set(self, values):
        parameters = self.parameters()
        assert parameters.keys() == values.keys(), parameters.keys() ^ values.keys()
        for name, p in parameters.items():
            assert p.shape == values[name].shape, name
            p.copy_(values[name].double())

    def gradients(self, inputs):
        """(outputs, gradient of every parameter, their joint L2 norm)."""
        parameters = self.parameters()
        for p in parameters.values():
            p.grad = None
        outputs = self.forward(inputs)
        outputs[self.loss].sum().backward()
        gradients = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in parameters.items()}
        norm = math.sqrt(sum(g.square().sum().item() for g in gradients.values()))
        return {name: value.detach() for name, value in outputs.items()}, gradients, norm


def learning_rate(step, settings):
    """Linear decay times linear warm-up; `step` is counted before it is incremented, so the first rate is 0."""
    decay = 1 - min(step, settings["total"]) / settings["total"]
    return settings["learning_rate"] * decay * min(1.0, step / settings["warmup"])


def optimize(networks, inputs, settings, row, factor=lambda name: 1.0, prepare=lambda step: None):
    """Adam of google-research/electra: no bias correction, epsilon outside the root, decay apart from the gradient.

    Returns row(outputs, gradient norm, learning rate) of each step; leaves the new parameters in `networks`. A
    parameter's rate is multiplied by factor(its name). `prepare` is called before each step.
    """
    parameters = networks.parameters()
    first = {name: torch.zeros_like(p) for name, p in parameters.items()}
    second = {name: torch.zeros_like(p) for name, p in parameters.items()}
    history = []
    for step in range(settings["steps"]):
        prepare(step)
        outputs, gradients, norm = networks.gradients(inputs)
        rate = learning_rate(step, settings)
        history.append(row(outputs, norm, rate))
        scale = settings["clip"] / max(norm, settings["clip"])
        with torch.no_grad():
            for name, p in parameters.items():
                g = gradients[name] * scale
                first[name] = 0.9 * first[name] + 0.1 * g
                second[name] = 0.999 * second[name] + 0.001 * g * g
                update = first[name] / (second[name].sqrt() + 1e-6)
                if "LayerNorm" not in name and "bias" not in name:
                    update = update + settings["weight_decay"] * p
                p -= rate * factor(name) * update
    return torch.tensor(history, dtype=torch.float64)


def random_parameters(networks, source):
    """All random and large, biases and norms too, so that nothing hides an error; exact in float32."""
    values = {}
    for name, p in networks.parameters().items():
        is_norm_gain = name.endswith("LayerNorm.weight")
        scale = 0.5 if "embeddings." in name and not is_norm_gain else 0.3
        drawn = [source.gauss(1.0 if is_norm_gain else 0.0, scale) for _ in range(p.numel())]
        values[name] = torch.tensor(drawn, dtype=torch.float32).reshape(p.shape)
    return values


def random_segments(a, b, word):
    """Ids and type ids of a sequence; b = 0 means that there is no second segment."""
    first = [CLS, *(word() for _ in range(a)), SEP]
    second = [*(word() for _ in range(b)), SEP] if b else []
    ids = torch.tensor(first + second, dtype=torch.int32)
    types = torch.tensor([0] * len(first) + [1] * len(second), dtype=torch.int32)
    return ids, types


def save_network(folder, config, state):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    state = {name: p.detach().float().contiguous() for name, p in state.items()}
    save_file(state, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})


LARGE = ("gradient", "optimizer.after", "optimizer.reference_after")


def save_golden(folder, golden, inputs, options):
    """Tensors as large as the parameters are rounded to float32: half the bytes, and still far finer than any test."""
    for name in golden:
        if name.startswith(tuple(group + "." for group in LARGE)) or name == "output.rtd_labels":
            golden[name] = golden[name].float()
    # One key only: with more, their order in the file would differ from run to run.
    metadata = {"options": json.dumps(options)}
    golden = {name: value.contiguous() for name, value in (golden | inputs).items()}
    save_file(golden, os.path.join(folder, "golden.safetensors"), metadata=metadata)


def compare(folder, compute):
    """Computes a golden folder again and prints the largest differences. True if they are no more than rounding."""
    stored = load_file(os.path.join(folder, "golden.safetensors"))
    computed = compute({name: value for name, value in stored.items() if name.startswith("input.")})
    missing = computed.keys() ^ {name for name in stored if not name.startswith(("input.", "parameter."))}
    if missing:
        print(f"{folder}: tensors on one side only: {sorted(missing)}")

    # The gradient of a key's bias is zero but for rounding (softmax does not see it), so what is small beside the
    # whole group is measured against the group.
    groups, good = {}, not missing
    for name in sorted(computed.keys() - missing):
        group = next((g for g in LARGE if name.startswith(g + ".")), name)
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
