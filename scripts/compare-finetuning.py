"""Fine-tuning with Hugging Face transformers and PyTorch, written out plainly: a line of JSON for each seed.

Nothing here is this project's own computing: models, losses and tokenizer are transformers', the optimiser and the
arithmetic PyTorch's, metrics come from finetuning_metrics.py. Usage: see scripts/compare-finetuning and --help.
"""

import argparse
import json
import os
import re
import time

import torch
import transformers
from finetuning_metrics import best_answer, metrics_of
from finetuning_tasks import LENGTHS, OTHER_LENGTHS, TASKS, features_of, read
from transformers import AutoConfig, AutoTokenizer, get_linear_schedule_with_warmup

IGNORED = -100
HEADS = {"squad": "ElectraForQuestionAnswering", "conll2003": "ElectraForTokenClassification"}


def labels_of(task, examples):
    """In the order of their numbers; one without a meaning where the label is a number itself."""
    if task == "squad":
        return None
    if task == "stsb":
        return ["score"]
    return sorted({tag for example in examples for tag in example.get("tags", [example.get("label")])})


def make_model(arguments, labels):
    kind = getattr(transformers, HEADS.get(arguments.task, "ElectraForSequenceClassification"))
    config = AutoConfig.from_pretrained(arguments.model)
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: number for number, label in enumerate(labels)}
        config.problem_type = "regression" if arguments.task == "stsb" else "single_label_classification"
    if arguments.random_encoder:
        return kind(config)
    return kind.from_pretrained(arguments.model, config=config, dtype=torch.float32)


def add_targets(task, features, examples, labels):
    """Under the names that transformers has for them, as lists."""
    number = {label: index for index, label in enumerate(labels or [])}
    for feature in features:
        example = examples[feature["example"]]
        if task == "squad":
            feature["targets"] = {"start_positions": feature["start"], "end_positions": feature["end"]}
        elif task == "conll2003":
            tags = [IGNORED] * len(feature["ids"])
            for row, word in zip(feature["rows"], feature["words"]):
                tags[row] = number[example["tags"][word]]
            feature["targets"] = {"labels": tags}
        else:
            label = example["label"]
            feature["targets"] = {"labels": float(label) if task == "stsb" else number[label]}


def collated(features):
    """A batch, as long as its longest."""
    longest = max(len(feature["ids"]) for feature in features)
    padded = lambda values, filler: values + [filler] * (longest - len(values))
    sizes = [(len(feature["ids"]), feature["first_segment"]) for feature in features]
    batch = {
        "input_ids": torch.tensor([padded(feature["ids"], 0) for feature in features]),
        "attention_mask": torch.tensor([padded([1] * size, 0) for size, _ in sizes]),
        "token_type_ids": torch.tensor([padded([0] * first + [1] * (size - first), 0) for size, first in sizes])}
    for name in features[0].get("targets", ()):
        values = [feature["targets"][name] for feature in features]
        batch[name] = torch.tensor([padded(value, IGNORED) if isinstance(value, list) else value for value in values])
    return batch


def parameter_groups(model, arguments):
    """A group for each depth, with decay and without: embeddings, layers from the lowest to the top one, head."""
    layers, groups = model.config.num_hidden_layers, {}
    for name, parameter in model.named_parameters():
        layer = re.match(r"electra\.encoder\.layer\.(\d+)\.", name)
        depth = int(layer[1]) + 1 if layer else 0 if name.startswith("electra.") else layers + 1
        is_decayed = "LayerNorm" not in name and "bias" not in name
        group = groups.setdefault((depth, is_decayed), {
            "lr": arguments.learning_rate * arguments.layer_decay ** (layers + 1 - depth),
            "weight_decay": arguments.weight_decay if is_decayed else 0.0, "params": []})
        group["params"].append(parameter)
    return list(groups.values())


def parts_of(batch, count):
    """The batch's features in so many parts of similar lengths, each with its share of the targets: the parts' mean
    losses, so weighted, add up to the batch's (of squad nearly: transformers' softmax there is over padding, too)."""
    ordered = sorted(batch, key=lambda feature: len(feature["ids"]))
    size = -(-len(ordered) // count)
    parts = [ordered[start:start + size] for start in range(0, len(ordered), size)]
    targets = [sum(len(feature["rows"]) if "rows" in feature else 1 for feature in part) for part in parts]
    return [(part, number / sum(targets)) for part, number in zip(parts, targets)]


def train(model, features, arguments, seed):
    """Seconds that it took."""
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(parameter_groups(model, arguments), betas=(0.9, 0.999), eps=1e-6, fused=True)
    steps = arguments.epochs * -(-len(features) // arguments.batch)
    schedule = get_linear_schedule_with_warmup(optimizer, round(arguments.warmup * steps), steps)
    model.train()
    start = time.monotonic()
    for _ in range(arguments.epochs):
        for chosen in torch.randperm(len(features), generator=order).split(arguments.batch):
            for part, share in parts_of([features[index] for index in chosen.tolist()], arguments.parts):
                (model(**collated(part)).loss * share).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    return time.monotonic() - start


@torch.inference_mode()
def outputs_of(model, features, batch):
    """Logits of each feature: a tensor, or those of starts and of ends; without padding where they are a token's."""
    model.eval()
    found = [None] * len(features)
    order = sorted(range(len(features)), key=lambda index: len(features[index]["ids"]))
    for chosen in torch.tensor(order).split(batch):
        output = model(**collated([features[index] for index in chosen.tolist()]))
        named = [output[name] for name in ("logits", "start_logits", "end_logits") if name in output]
        for row, index in enumerate(chosen.tolist()):
            found[index] = [logits[row] for logits in named]
    return found


def predictions_of(task, features, outputs, examples, labels):
    if task == "squad":
        windows = [[] for _ in examples]
        for feature, (starts, ends) in zip(features, outputs):
            size = len(feature["ids"])
            windows[feature["example"]].append((feature, starts[:size].tolist(), ends[:size].tolist()))
        return [best_answer(example, of_it) for example, of_it in zip(examples, windows)]
    if task == "conll2003":
        # A word that is in two windows is the first one's; one without tokens is no entity.
        tags = [["O"] * len(example["words"]) for example in examples]
        for feature, (logits,) in reversed(list(zip(features, outputs))):
            for row, word in zip(feature["rows"], feature["words"]):
                tags[feature["example"]][word] = labels[logits[row].argmax()]
        return tags
    return [logits.item() if task == "stsb" else labels[logits.argmax()] for (logits,) in outputs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True, metavar="FOLDER", help="an ELECTRA encoder with its tokenizer")
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--train", required=True, metavar="FILE", help="the task's own format, plain or .xz")
    parser.add_argument("--dev", required=True, metavar="FILE")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of the head, order and dropout")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--parts", type=int, default=1, metavar="N",
                        help="go through a batch in N parts of similar lengths: less padding, and the same gradient (but "
                             "of squad, whose loss counts padding too); for scores: speed is compared with 1")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--layer-decay", type=float, default=0.8, help="of the rate, for each step from the head down")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--warmup", type=float, default=0.1, help="share of the steps")
    parser.add_argument("--max-length", type=int, help="tokens of a window; by default 128, of squad 384")
    parser.add_argument("--stride", type=int, help="tokens that neighbouring windows share; by default 32, of squad 128")
    parser.add_argument("--question-length", type=int, default=64, help="tokens of a question; the rest is cut")
    parser.add_argument("--share", type=float, default=1.0, help="of the training examples: the first ones")
    parser.add_argument("--random-encoder", action="store_true", help="draw all weights anew instead of loading them")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--output", metavar="FILE", help="lines are added to it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    length, stride = LENGTHS.get(arguments.task, OTHER_LENGTHS)
    arguments.max_length = arguments.max_length or length
    arguments.stride = stride if arguments.stride is None else arguments.stride

    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    windowing = arguments.max_length, arguments.stride, arguments.question_length
    training, dev = read(arguments.task, arguments.train), read(arguments.task, arguments.dev)
    labels = labels_of(arguments.task, training)
    training = training[:max(1, round(arguments.share * len(training)))]
    training_features = features_of(arguments.task, tokenizer, training, *windowing)
    add_targets(arguments.task, training_features, training, labels)
    dev_features = features_of(arguments.task, tokenizer, dev, *windowing)

    for seed in arguments.seeds:
        torch.manual_seed(seed)
        model = make_model(arguments, labels)
        seconds = train(model, training_features, arguments, seed)
        outputs = outputs_of(model, dev_features, arguments.batch)
        predictions = predictions_of(arguments.task, dev_features, outputs, dev, labels)
        metrics = {name: float(value) for name, value in metrics_of(arguments.task, dev, predictions).items()}
        ignored = ("model", "train", "dev", "task", "seeds", "output")
        line = json.dumps({
            "task": arguments.task, "seed": seed, "metrics": metrics, "seconds": round(seconds, 2),
            "examples": len(training), "windows": len(training_features),
            "examples_per_second": round(arguments.epochs * len(training) / seconds, 2),
            "settings": {name: value for name, value in vars(arguments).items() if name not in ignored}})
        print(line, flush=True)
        if arguments.output:
            with open(arguments.output, "a") as file:
                file.write(line + "\n")


main()
