"""What a fine-tuned network is worth, by scikit-learn, SciPy, seqeval, and the rules of SQuAD's own script."""

import collections
import re
import string

from scipy.stats import pearsonr, spearmanr
from seqeval.metrics import f1_score as entity_f1
from seqeval.metrics import precision_score, recall_score
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

BEST = 20
ANSWER_LENGTH = 30


def metrics_of(task, examples, predictions):
    """Predictions are labels, numbers, lists of tags or texts, one an example."""
    if task == "squad":
        return squad_metrics(examples, predictions)
    if task == "conll2003":
        tags = [example["tags"] for example in examples]
        return {
            "f1": entity_f1(tags, predictions), "precision": precision_score(tags, predictions),
            "recall": recall_score(tags, predictions)}
    labels = [example["label"] for example in examples]
    if task == "stsb":
        labels = list(map(float, labels))
        return {"pearson": pearsonr(labels, predictions)[0], "spearman": spearmanr(labels, predictions)[0]}
    if task == "cola":
        return {"matthews": matthews_corrcoef(labels, predictions), "accuracy": accuracy_score(labels, predictions)}
    if task == "mrpc":
        return {"accuracy": accuracy_score(labels, predictions), "f1": f1_score(labels, predictions, pos_label="1")}
    return {"accuracy": accuracy_score(labels, predictions)}


def best_answer(example, windows):
    """As in run_qa. Windows are (feature, logits of starts, logits of ends), lists that are as long as the ids."""
    best, text = float("-inf"), ""
    for feature, starts, ends in windows:
        context = range(feature["first_segment"], len(feature["ids"]) - 1)
        highest = [sorted(range(len(logits)), key=logits.__getitem__, reverse=True)[:BEST] for logits in (starts, ends)]
        for start in highest[0]:
            for end in highest[1]:
                if start not in context or end not in context or not start <= end < start + ANSWER_LENGTH:
                    continue
                if starts[start] + ends[end] > best:
                    best = starts[start] + ends[end]
                    text = example["context"][feature["offsets"][start][0]:feature["offsets"][end][1]]
    return text


def normalized(answer):
    """Lower case, no punctuation, no articles, single spaces."""
    answer = "".join(character for character in answer.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", answer).split())


def overlap(found, truth):
    """F1 of the words of two normalized answers."""
    found, truth = found.split(), truth.split()
    common = sum((collections.Counter(found) & collections.Counter(truth)).values())
    return 2 * common / (len(found) + len(truth)) if common else 0.0


def squad_metrics(examples, predictions):
    exact = words = 0.0
    for example, prediction in zip(examples, map(normalized, predictions)):
        truths = [normalized(answer["text"]) for answer in example["answers"]]
        exact += max(prediction == truth for truth in truths)
        words += max(overlap(prediction, truth) for truth in truths)
    return {"exact": 100 * exact / len(examples), "f1": 100 * words / len(examples)}
