#!/usr/bin/env python3
"""Prints the table of docs/finetuning.md: scores of electra-dist and of transformers on the same tasks, by seeds.

    scripts/finetuning-table.py --ours FOLDER ... --theirs LINES [--random FOLDER ...]

FOLDER is an output of `electra-dist finetune` (its results.json is read), LINES what scripts/compare-finetuning wrote. Of each task and
metric: mean, standard error of the mean and number of seeds of both, how many standard errors of their difference they are apart, and
what comes of an encoder with random weights. A single seed has no error.
"""

import argparse
import json
import math
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
    return f"{mean:.4f} ± {error:.4f} ({len(values)})" if len(values) > 1 else f"{mean:.4f}"


def seeds(folders):
    results = [json.loads((Path(folder) / "results.json").read_text()) for folder in folders]
    return {result["task"]: result["seeds"] for result in results}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", nargs="+", required=True)
    parser.add_argument("--theirs", required=True)
    parser.add_argument("--random", nargs="+", default=[])
    arguments = parser.parse_args()
    ours, untrained = seeds(arguments.ours), seeds(arguments.random)
    theirs = {}
    for line in Path(arguments.theirs).read_text().splitlines():
        run = json.loads(line)
        theirs.setdefault(run["task"], []).append(run)

    print("| task | metric | electra-dist | transformers | apart | random encoder |")
    print("|---|---|---|---|---|---|")
    for task, metrics in METRICS.items():
        if task not in ours or task not in theirs:
            continue
        for metric in metrics:
            one = [seed["scores"][metric] for seed in ours[task]]
            other = [run["metrics"][metric] for run in theirs[task]]
            (mean, error), (other_mean, other_error) = spread(one), spread(other)
            both = (error ** 2 + other_error ** 2) ** 0.5
            apart = f"{(mean - other_mean) / both:+.1f}" if not math.isnan(both) else "-"
            chance = words([seed["scores"][metric] for seed in untrained[task]]) if task in untrained else "-"
            print(f"| {task} | {metric} | {words(one)} | {words(other)} | {apart} | {chance} |")


main()
