"""Prints runs of scripts/compare-reference beside google-research/electra itself, as the table in docs/training.md.

Usage: reference-table.py RUN...
"""

import json
import os
import statistics
import sys

# The fixture's run, then two more of the same code (TensorFlow 2.15) on the same text, with tfrecords of their own.
REFERENCE = {
    "mean total loss, steps 400 to 500": (25.92, 26.03, 26.02),
    "steps 900 to 1000": (25.33, 25.42, 25.31),
    "steps 1400 to 1500": (24.97, 25.10, 25.03),
    "steps 1900 to 2000": (24.90, 24.96, 24.90),
    "mlm_loss": (6.455, 6.484, 6.459),
    "masked_lm_accuracy": (.163, .156, .160),
    "sampled_masked_lm_accuracy": (.089, .086, .092),
    "disc_loss": (.367, .368, .367),
    "disc_accuracy": (.876, .876, .877),
    "disc_auc_with_padding": (.639, .627, .632),
    "disc_precision": (.839, .907, .876),
    "disc_recall": (.017, .016, .016),
}


def figures(run):
    """What the rows of REFERENCE are for one run, in their order. Lines of training are means over ten steps."""
    with open(os.path.join(run, "metrics.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    losses = {line["step"]: line["total_loss"] for line in lines if line["split"] == "train"}
    evaluation = [line for line in lines if line["split"] == "held_out"][-1]
    if evaluation["step"] != 2000:
        sys.exit(f"{run}: evaluated at step {evaluation['step']}, the reference at 2000; let the run end")
    ranges = [statistics.mean(losses[step] for step in range(end - 90, end + 1, 10)) for end in (500, 1000, 1500, 2000)]
    return ranges + [evaluation[name] for name in list(REFERENCE)[4:]]


def main():
    runs = sys.argv[1:]
    if not runs:
        sys.exit(__doc__)
    columns = [figures(run) for run in runs]
    print(f"| | reference, three runs | mean | ours, {len(runs)} run{'s' * (len(runs) > 1)}: mean | deviation | lowest to highest |")
    print("|---|---|---|---|---|---|")
    for (name, reference), ours in zip(REFERENCE.items(), zip(*columns)):
        digits = 2 if "steps" in name else 3
        cells = [
            ", ".join(f"{value:.{digits}f}" for value in reference), f"{statistics.mean(reference):.{digits}f}",
            f"{statistics.mean(ours):.{digits}f}", f"{statistics.stdev(ours):.{digits}f}" if len(ours) > 1 else "-",
            f"{min(ours):.{digits}f} to {max(ours):.{digits}f}"]
        print("| " + " | ".join([name, *cells]) + " |")


main()
