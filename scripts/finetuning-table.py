#!/usr/bin/env python3
"""Prints the table of docs/finetuning.md: scores of electra-dist and of transformers on the same tasks, by seeds.

    scripts/finetuning-table.py --ours FOLDER ... --theirs LINES [--random FOLDER ...] [--own FOLDER ...]

FOLDER is an output of `electra-dist finetune` (its results.json is read), LINES what scripts/compare-finetuning wrote. Of each task and
metric: mean, standard error of the mean and number of seeds of both, how many standard errors of their difference they are apart, and
what comes of an encoder with random weights, and of one that was pre-trained by electra-dist.
"""

import argparse
import json
import statistics
from pathlib import Path

METRICS = {
    "cola": ["matthews"], "mrpc": ["accuracy", "f1"], "rte": ["accuracy"], "stsb": ["pearson", "spearman"],
    "conll2003": ["f1"], "squad": ["exact", "f1"],
}


def spread(values):
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return statistics.mean(values), error


def words(values):
    mean, error = spread(values)
    return f"{mean:.4f} ± {error:.4f} ({len(values)})"


def seeds(folders):
    results = [json.loads((Path(folder) / "results.json").read_text()) for folder in folders]
    return {result["task"]: result["seeds"] for result in results}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", nargs="+", required=True)
    parser.add_argument("--theirs", required=True)
    parser.add_argument("--random", nargs="+", default=[])
    parser.add_argument("--own", nargs="+", default=[])
    arguments = parser.parse_args()
    ours, others = seeds(arguments.ours), [seeds(arguments.random), seeds(arguments.own)]
    theirs = {}
    for line in Path(arguments.theirs).read_text().splitlines():
        run = json.loads(line)
        theirs.setdefault(run["task"], []).append(run)

    print("| task | metric | electra-dist | transformers | apart | random encoder | pre-trained here |")
    print("|---|---|---|---|---|---|---|")
    for task, metrics in METRICS.items():
        if task not in ours or task not in theirs:
            continue
        for metric in metrics:
            one = [seed["scores"][metric] for seed in ours[task]]
            other = [run["metrics"][metric] for run in theirs[task]]
            (mean, error), (other_mean, other_error) = spread(one), spread(other)
            apart = (mean - other_mean) / (error ** 2 + other_error ** 2) ** 0.5
            means = [f"{spread([seed['scores'][metric] for seed in of[task]])[0]:.4f}" if task in of else "-" for of in others]
            print(f"| {task} | {metric} | {words(one)} | {words(other)} | {apart:+.1f} | {' | '.join(means)} |")


main()
