"""Golden cases of fine-tuning, a head for each kind of task: scripts/make-fixtures.py makes and checks them."""

import os
import random
import re

import torch
import transformers
from golden_cases import (
    FIRST_WORD, OPTIMIZER, PAD, Differentiated, compare, configuration, optimize, random_parameters, random_segments,
    save_golden, save_network)
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy, mse_loss

LAYER_DECAY = 0.8
IGNORED = -100
TARGET = re.compile(r"\.(labels|start_positions|end_positions)$")

# As in make-fixtures.py: sizes are no multiples of a vector width, and a sequence is (length of segment A, length of
# segment B). Two cases have embeddings_project, two have not.
CASES = {
    "golden-classification": {
        "seed": 30, "architecture": "ElectraForSequenceClassification", "problem": "single_label_classification",
        "labels": ["no", "maybe", "yes"],
        "vocabulary": 61, "embedding": 6, "positions": 13, "length": 12,
        "encoder": {"hidden": 12, "layers": 3, "heads": 3, "ffn": 20},
        "sequences": [[4, 4], [3, 0], [2, 4], [1, 0], [5, 1]],
    },
    "golden-regression": {
        "seed": 31, "architecture": "ElectraForSequenceClassification", "problem": "regression",
        "labels": ["similarity"],
        "vocabulary": 61, "embedding": 10, "positions": 12, "length": 11,
        "encoder": {"hidden": 10, "layers": 2, "heads": 2, "ffn": 18},
        "sequences": [[3, 4], [1, 2], [4, 0]],
    },
    "golden-tagging": {
        "seed": 32, "architecture": "ElectraForTokenClassification",
        "labels": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
        "vocabulary": 61, "embedding": 9, "positions": 12, "length": 11,
        "encoder": {"hidden": 9, "layers": 2, "heads": 3, "ffn": 14},
        "sequences": [[9, 0], [4, 0], [1, 0], [6, 0]],
    },
    "golden-answers": {
        "seed": 33, "architecture": "ElectraForQuestionAnswering",
        "vocabulary": 61, "embedding": 7, "positions": 15, "length": 14,
        "encoder": {"hidden": 12, "layers": 2, "heads": 2, "ffn": 22},
        "sequences": [[3, 7], [2, 5], [4, 3], [1, 8]],
    },
}


class Network(Differentiated):
    """An encoder and its head in float64."""

    loss = "output.loss"

    def __init__(self, config):
        config._attn_implementation = "eager"
        self.architecture = config.architectures[0]
        self.layers = config.num_hidden_layers
        self.model = getattr(transformers, self.architecture)(config).double().eval()

    def parameters(self):
        return dict(sorted(self.model.named_parameters()))

    def forward(self, inputs):
        """All of section "output" of a golden file but the gradient norm; the loss carries the graph."""
        targets = {name.removeprefix("input."): inputs[name] for name in inputs if TARGET.search(name)}
        targets = {name: t if t.is_floating_point() else t.long() for name, t in targets.items()}
        common = {
            "input_ids": inputs["input.ids"].long(),
            "token_type_ids": inputs["input.token_type_ids"].long(),
            "attention_mask": inputs["input.attention_mask"].long(),
        }
        found = self.model(**common, **targets, output_hidden_states=True)
        if "labels" in targets:
            outputs, (loss, expected) = {"output.logits": found.logits}, (self.loss_of(found, targets), found.loss)
        else:
            real = common["attention_mask"] == 1
            outputs = {"output.start_logits": found.start_logits, "output.end_logits": found.end_logits}
            # transformers' own loss takes padding for possible answers. So it agrees where there is none: of each
            # sequence alone.
            loss = sum(
                cross_entropy(logits.masked_fill(~real, -torch.inf), targets[name]) for logits, name in
                ((found.start_logits, "start_positions"), (found.end_logits, "end_positions"))) / 2
            expected = sum(
                self.model(**{name: value[row:row + 1, mask] for name, value in common.items()},
                           **{name: value[row:row + 1] for name, value in targets.items()}).loss
                for row, mask in enumerate(real)) / len(real)
        assert abs(expected.item() / loss.item() - 1) < 1e-12
        return {"output.hidden": found.hidden_states[-1], **outputs, "output.loss": loss.reshape(1)}

    def loss_of(self, found, targets):
        """Mean over the sequences, or over the tokens that have a label."""
        logits, labels = found.logits.flatten(0, -2), targets["labels"].flatten()
        if labels.is_floating_point():
            return mse_loss(logits.squeeze(-1), labels)
        return cross_entropy(logits[labels != IGNORED], labels[labels != IGNORED])

    def factor(self, head_depth):
        """Of the rate of a parameter: LAYER_DECAY for each step from the head down to it."""

        def of(name):
            layer = re.match(r"electra\.encoder\.layer\.(\d+)\.", name)
            if layer:
                return LAYER_DECAY ** (head_depth - 1 - int(layer[1]))
            return LAYER_DECAY ** head_depth if name.startswith("electra.") else 1.0

        return of


def row_of_history(inputs):
    labels = inputs.get("input.labels")

    def row(outputs, norm, rate):
        accuracy = 0.0
        if labels is not None and not labels.is_floating_point():
            right = outputs["output.logits"].argmax(-1) == labels
            accuracy = right[labels != IGNORED].double().mean().item()
        return [outputs["output.loss"].item(), norm, rate, accuracy]

    return row


def random_inputs(case, source):
    rows, length = case["sequences"], case["length"]
    ids = torch.full((len(rows), length), PAD, dtype=torch.int32)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    word = lambda: source.randrange(FIRST_WORD, case["vocabulary"])
    for row, (a, b) in enumerate(rows):
        tokens, segments = random_segments(a, b, word)
        end = len(tokens)
        ids[row, :end], types[row, :end], mask[row, :end] = tokens, segments, 1
    inputs = {"input.ids": ids, "input.token_type_ids": types, "input.attention_mask": mask}
    return inputs | random_targets(case, ids, source)


def random_targets(case, ids, source):
    rows = case["sequences"]
    if case["architecture"] == "ElectraForQuestionAnswering":
        # In the second segment, or [CLS] twice where there is no answer: of the second sequence.
        spans = [
            (0, 0) if row == 1 else sorted(source.randrange(a + 2, a + 2 + b) for _ in range(2))
            for row, (a, b) in enumerate(rows)]
        starts, ends = torch.tensor(spans, dtype=torch.int32).unbind(1)
        return {"input.start_positions": starts, "input.end_positions": ends}
    if case["architecture"] == "ElectraForTokenClassification":
        # Words are one or two tokens long; only the first one has a label.
        labels = torch.full_like(ids, IGNORED)
        for row, (a, _) in enumerate(rows):
            position = 1
            while position <= a:
                labels[row, position] = source.randrange(len(case["labels"]))
                position += source.randint(1, 2)
        return {"input.labels": labels}
    if case["problem"] == "regression":
        return {"input.labels": torch.tensor([source.gauss(0.0, 1.5) for _ in rows], dtype=torch.float64)}
    first = list(range(len(case["labels"])))  # Each label once, and then any.
    labels = (first + [source.choice(first) for _ in rows])[:len(rows)]
    return {"input.labels": torch.tensor(labels, dtype=torch.int32)}


def head_configuration(case):
    config = configuration(case, case["encoder"], case["architecture"])
    if "labels" in case:
        config["id2label"] = {str(number): label for number, label in enumerate(case["labels"])}
        config["label2id"] = {label: number for number, label in enumerate(case["labels"])}
    if "problem" in case:
        config["problem_type"] = case["problem"]
    return config


def compute(network, inputs, settings):
    """Everything of a golden file that is not input."""
    golden, gradients, norm = network.gradients(inputs)
    golden["output.gradient_norm"] = torch.tensor([norm], dtype=torch.float64)
    golden |= {"gradient." + name: g.clone() for name, g in gradients.items()}
    initial = {name: p.detach().clone() for name, p in network.parameters().items()}

    def after(group, head_depth):
        network.set(initial)
        history = optimize(network, inputs, settings, row_of_history(inputs), network.factor(head_depth))
        golden.update({f"{group}.{name}": p.detach().clone() for name, p in network.parameters().items()})
        return history

    # google-research/electra puts the head two steps above the top layer; every case but one has it one step above.
    if network.model.config.problem_type == "single_label_classification":
        after("optimizer.reference_after", network.layers + 2)
    golden["optimizer.history"] = after("optimizer.after", network.layers + 1)
    return golden


def make(case, folder):
    source = random.Random(case["seed"])
    config = head_configuration(case)
    network = Network(transformers.ElectraConfig(**config))
    network.set(random_parameters(network, source))
    inputs = random_inputs(case, source)
    save_network(folder, config, network.parameters())
    options = {**case, "optimizer": OPTIMIZER, "layer_decay": LAYER_DECAY}
    save_golden(folder, compute(network, inputs, OPTIMIZER), inputs, options)


def check(folder):
    network = Network(transformers.ElectraConfig.from_pretrained(folder))
    network.set(load_file(os.path.join(folder, "model.safetensors")))
    return compare(folder, lambda inputs: compute(network, inputs, OPTIMIZER))
