#!/usr/bin/env python3
"""Compares what `electra-dist predict` says of real inputs with what Hugging Face transformers says of them, from the same folder.

    scripts/check-predictions.py --program PROGRAM --model FOLDER --task TASK --file FILE [--count 200]
    scripts/check-predictions.py --program PROGRAM --encoder FOLDER --make FOLDER --task TASK --file FILE

The second form has transformers put a head with random weights on an encoder and save it as FOLDER first: a folder that somebody
else made. TASK is mrpc, rte, cola, stsb, conll2003 or squad, in files as scripts/finetuning_tasks.py reads them. Logits are compared where predict tells
them or what they can be had from: probabilities give them up to their mean, answers the sum at both ends. Fails where one differs by
more than 1e-4, or where a key of the folder is missing or unexpected.

Needs: pip install torch transformers
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from transformers import AutoTokenizer

import finetuning_tasks

HEADS = {
    "stsb": transformers.ElectraForSequenceClassification,
    "conll2003": transformers.ElectraForTokenClassification,
    "squad": transformers.ElectraForQuestionAnswering,
}


KINDS = {"stsb": "regression", "conll2003": "tagging", "squad": "question-answering"}


def head_class(task):
    return HEADS.get(task, transformers.ElectraForSequenceClassification)


def make(arguments, labels):
    extra = {} if arguments.task == "squad" else {"num_labels": len(labels), "id2label": dict(enumerate(labels)),
                                                  "label2id": {label: i for i, label in enumerate(labels)}}
    torch.manual_seed(5)
    model = head_class(arguments.task).from_pretrained(arguments.encoder, **extra)
    for name, parameter in model.named_parameters():
        if "classifier" in name or "qa_outputs" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    model.save_pretrained(arguments.make)
    AutoTokenizer.from_pretrained(arguments.encoder).save_pretrained(arguments.make)


def load(arguments, folder):
    model, info = head_class(arguments.task).from_pretrained(folder, output_loading_info=True)
    problems = {key: value for key, value in info.items() if value}
    if problems:
        sys.exit(f"{folder}: keys do not fit: {problems}")
    return model.eval(), AutoTokenizer.from_pretrained(folder)


def inputs_of(task, examples):
    if task == "squad":
        return "answers", [(example["question"], example["context"]) for example in examples]
    if task == "conll2003":
        return "words", [example["words"] for example in examples]
    return "texts", [(example["texts"] + [None])[:2] for example in examples]


def centred(values):
    mean = sum(values) / len(values)
    return [value - mean for value in values]


def predict(arguments, folder, lines, suffix):
    with tempfile.NamedTemporaryFile("w", suffix=suffix, delete=False) as file:
        file.write(lines)
    try:
        command = [arguments.program, "predict", "--model", folder, "--task", KINDS.get(arguments.task, "classification"),
                   "--max-length", str(arguments.max_length), file.name]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    finally:
        os.unlink(file.name)
    return [json.loads(line) for line in output.splitlines()]


def check_texts(arguments, folder, model, tokenizer, examples):
    lines = "".join(json.dumps({"text": a, **({"text_pair": b} if b is not None else {})}) + "\n" for a, b in examples)
    worst = 0.0
    for (a, b), found in zip(examples, predict(arguments, folder, lines, ".jsonl")):
        inputs = tokenizer(a, b, truncation="longest_first", max_length=arguments.max_length, return_tensors="pt")
        with torch.no_grad():
            logits = model(**inputs).logits[0].tolist()
        if "value" in found:
            worst = max(worst, abs(found["value"] - logits[0]))
        else:
            names = [model.config.id2label[i] for i in range(len(logits))]
            ours = centred([math.log(found["probabilities"][name]) for name in names])
            worst = max(worst, *(abs(x - y) for x, y in zip(ours, centred(logits))))
    return worst


def check_words(arguments, folder, model, tokenizer, sentences):
    lines = "".join(json.dumps({"words": words}) + "\n" for words in sentences)
    worst = 0.0
    for words, found in zip(sentences, predict(arguments, folder, lines, ".jsonl")):
        inputs = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        with torch.no_grad():
            logits = model(**inputs).logits[0].log_softmax(-1)
        word_ids = inputs.word_ids()
        for number, (tag, probability) in enumerate(zip(found["tags"], found["probabilities"])):
            row = logits[word_ids.index(number)].tolist()
            worst = max(worst, abs(math.log(probability) - row[model.config.label2id[tag]]), max(row) - row[model.config.label2id[tag]])
    return worst


def check_answers(arguments, folder, model, tokenizer, questions):
    lines = "".join(json.dumps({"id": str(i), "question": q, "context": c}) + "\n" for i, (q, c) in enumerate(questions))
    worst = 0.0
    for (question, context), found in zip(questions, predict(arguments, folder, lines, ".jsonl")):
        inputs = tokenizer(question, context, return_offsets_mapping=True, return_tensors="pt")
        offsets, types = inputs.pop("offset_mapping")[0].tolist(), inputs.token_type_ids[0].tolist()
        with torch.no_grad():
            output = model(**inputs)
        start, end = output.start_logits[0].tolist(), output.end_logits[0].tolist()
        rows = [row for row, kind in enumerate(types) if kind == 1][:-1]
        best = max((start[i] + end[j], i, j) for i in rows for j in rows if i <= j < i + 30)
        same = (found["start"], found["end"]) == (offsets[best[1]][0], offsets[best[2]][1])
        worst = max(worst, abs(found["score"] - best[0]) / 2, 0 if same else abs(found["score"] - best[0]) + 1)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--model")
    parser.add_argument("--encoder")
    parser.add_argument("--make")
    parser.add_argument("--task", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--max-length", type=int, default=512)
    arguments = parser.parse_args()
    kind, examples = inputs_of(arguments.task, finetuning_tasks.read(arguments.task, arguments.file))
    if arguments.make:
        labels = {"stsb": ["LABEL_0"], "conll2003": ["B-X", "I-X", "O"]}.get(arguments.task, ["maybe", "no", "yes"])
        make(arguments, labels)
    folder = arguments.make or arguments.model
    model, tokenizer = load(arguments, folder)
    check = {"texts": check_texts, "words": check_words, "answers": check_answers}[kind]
    if kind == "answers":  # Those that fit one window: predict reads longer ones in several.
        examples = [e for e in examples if len(tokenizer(*e).input_ids) <= arguments.max_length]
    examples = examples[:: max(1, len(examples) // arguments.count)][: arguments.count]
    worst = check(arguments, folder, model, tokenizer, examples)
    print(f"{folder}: {len(examples)} inputs, largest difference in logits {worst:.1e}")
    if worst > 1e-4:
        sys.exit(1)


main()
