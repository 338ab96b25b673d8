"""What Hugging Face's tokenizer makes of a task's examples, as JSON lines; or whether another program makes the same.

A line is {"example":0,"window":0,"ids":[...],"first_segment":9} of GLUE's texts, which are cut where they are too long
(longest_first). CoNLL's words come in windows and have "rows":[...] besides, those of each word's first sub-token;
SQuAD's questions come with windows of the context (only_second), with "start" and "end" of the first answer, 0 and 0
where a window does not hold it. Examples and windows count from 0, rows from [CLS]; -DOCSTART- is no example.

Usage: check-finetuning.py --tokenizer FOLDER --task NAME --file FILE [--max-length N] [--stride N]
       [--question-length N] [--compare FILE]     compares with lines of the same shape; exits with 1 if any differs
"""

import argparse
import json
import sys

from finetuning_tasks import LENGTHS, OTHER_LENGTHS, TASKS, features_of, lines_of, read
from transformers import AutoTokenizer, logging

SHOWN = ("example", "window", "ids", "first_segment", "rows", "start", "end")


def compare(ours, path):
    """Prints the first differences of each kind; true if there are none."""
    place = lambda feature: (feature["example"], feature["window"])
    ours = {place(feature): feature for feature in ours}
    found = {place(feature): feature for feature in map(json.loads, lines_of(path))}
    differences = {}
    for at in sorted(ours.keys() | found.keys()):
        if at not in ours or at not in found:
            differences.setdefault("only here" if at in ours else "only there", []).append((at, None, None))
            continue
        for key, expected in ours[at].items():
            if found[at].get(key) != expected:
                differences.setdefault(key, []).append((at, expected, found[at].get(key)))
    for kind, all_of_them in differences.items():
        for (example, window), expected, value in all_of_them[:5]:
            values = "" if expected is None else f": {value}, not {expected}"
            print(f"{kind}: example {example}, window {window}{values}")
    counts = ", ".join(f"{kind} {len(all_of_them)}" for kind, all_of_them in differences.items())
    print(f"{len(ours)} windows; differences: {counts or 'none'}")
    return not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tokenizer", required=True, metavar="FOLDER")
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--file", required=True, help="the task's own format, plain or .xz")
    parser.add_argument("--max-length", type=int, help="tokens of a window; by default 128, of squad 384")
    parser.add_argument("--stride", type=int, help="tokens that neighbouring windows share; by default 32, of squad 128")
    parser.add_argument("--question-length", type=int, default=64, help="tokens of a question; the rest is cut")
    parser.add_argument("--compare", metavar="FILE")
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    length, stride = LENGTHS.get(arguments.task, OTHER_LENGTHS)
    length = arguments.max_length or length
    stride = stride if arguments.stride is None else arguments.stride

    tokenizer = AutoTokenizer.from_pretrained(arguments.tokenizer)
    examples = read(arguments.task, arguments.file)
    features = features_of(arguments.task, tokenizer, examples, length, stride, arguments.question_length)
    features = [{key: feature[key] for key in SHOWN if key in feature} for feature in features]
    if arguments.compare:
        return 0 if compare(features, arguments.compare) else 1
    for feature in features:
        print(json.dumps(feature, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
