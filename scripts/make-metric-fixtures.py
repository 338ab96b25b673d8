#!/usr/bin/env python3
"""Makes Tests/Fixtures/metrics/metrics.json: what the metrics of fine-tuning must give, on random and on odd inputs.

Numbers of classes come from scikit-learn, correlations from scipy, entities from seqeval. The rules of conlleval, for tags
on which seqeval goes another way, and of SQuAD's evaluate-v1.1 and evaluate-v2.0 are written out below. What the file
holds is told in Tests/Fixtures/README.md.

Needs: pip install scikit-learn scipy seqeval
"""

import collections
import json
import math
import os
import random
import re
import string
import warnings

import numpy as np
from scipy import stats
from seqeval.metrics.sequence_labeling import accuracy_score as tag_accuracy
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as entity_scores
from sklearn import metrics

warnings.simplefilter("ignore")
CHANCE = random.Random(6)

# classes


def classification(classes, expected, predicted):
    case = {"classes": classes, "expected": expected, "predicted": predicted}
    if not expected:  # not for scikit-learn
        nothing = [0] * classes
        return case | {"accuracy": 0, "precision": nothing, "recall": nothing, "f1": nothing, "macro": 0, "matthews": 0}
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        expected, predicted, labels=range(classes), zero_division=0)
    return case | {
        "accuracy": float(metrics.accuracy_score(expected, predicted)),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(),
        "macro": float(metrics.f1_score(expected, predicted, average="macro", zero_division=0)),
        "matthews": float(metrics.matthews_corrcoef(expected, predicted)),
    }


def classifications():
    def labels(classes, count):
        return [CHANCE.randrange(classes) for _ in range(count)]

    yield classification(2, [], [])
    yield classification(1, [0, 0], [0, 0])
    yield classification(2, [1, 1, 1], [1, 1, 1])
    yield classification(2, [1, 1, 1], [0, 0, 0])
    yield classification(2, [0, 1, 1, 0], [1, 1, 1, 1])
    yield classification(2, [0, 1], [1, 0])
    yield classification(5, [4, 1, 1], [1, 4, 1])  # three classes of five never occur
    for classes in (2, 2, 3, 4, 7):
        expected = labels(classes, 60)
        yield classification(classes, expected, labels(classes, 60))
        good = [label if CHANCE.random() < 0.7 else CHANCE.randrange(classes) for label in expected]
        yield classification(classes, expected, good)


# correlations


def correlation(x, y):
    pearson = stats.pearsonr(x, y).statistic if len(x) > 1 else math.nan
    spearman = stats.spearmanr(x, y).statistic if len(x) > 1 else math.nan
    return {"x": x, "y": y} | {
        name: None if math.isnan(value) else float(value) for name, value in (("pearson", pearson), ("spearman", spearman))}


def correlations():
    yield correlation([], [])
    yield correlation([1.0], [2.0])
    yield correlation([1.0, 2.0], [5.0, 3.0])
    yield correlation([0.1, 0.1, 0.1], [1.0, 2.0, 3.0])  # whose mean is rounded to another number
    yield correlation([1.0, 2.0, 3.0], [7.0, 7.0, 7.0])
    yield correlation([1.0, 1.0, 2.0, 2.0], [1.0, 2.0, 1.0, 2.0])
    yield correlation([1e200, -1e200, 3e199, 2e200], [1e-200, 5e-200, 3e-200, 2e-200])
    yield correlation([1e9 + k for k in range(6)], [3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    for count in (3, 10, 40):
        x = [CHANCE.gauss(0, 1) for _ in range(count)]
        yield correlation(x, [value + CHANCE.gauss(0, 1) for value in x])
        yield correlation(x, [-math.exp(value) for value in x])
        yield correlation([round(value) for value in x], [CHANCE.randrange(4) / 2 for _ in x])


# entities


def parts(tag):
    """Prefix and type; what stands before the first dash, and after it."""
    prefix, _, kind = tag.partition("-")
    return prefix, kind


# Prefixes side by side between which conlleval sees a beginning and an end, and those that BIOES needs beyond.
BEGINS = set("BB IB OB OI EE EI OE".split()) | set("EB SB BS IS OS ES SS SI SE".split())
ENDS = set("BB BO IB IO EE EI EO".split()) | set("EB SB BS IS ES SS SI SE SO".split())


def begins(previous, tag):
    (prefix_before, type_before), (prefix, kind) = parts(previous), parts(tag)
    pair_begins = len(prefix_before) == len(prefix) == 1 and prefix_before + prefix in BEGINS
    return pair_begins or (prefix not in ("O", ".") and kind != type_before) or prefix in ("[", "]")


def ends(previous, tag):
    (prefix_before, type_before), (prefix, kind) = parts(previous), parts(tag)
    pair_ends = len(prefix_before) == len(prefix) == 1 and prefix_before + prefix in ENDS
    return pair_ends or (prefix_before not in ("O", ".") and kind != type_before) or prefix_before in ("[", "]")


def conlleval_entities(tags):
    """An entity wherever one begins, up to where one ends or the next begins, or else to the end of the sentence."""
    padded = ["O"] + tags + ["O"]
    starts = [i for i in range(len(tags)) if begins(padded[i], padded[i + 1])]
    stops = sorted({i for i in range(len(tags)) if ends(padded[i], padded[i + 1])} | set(starts) | {len(tags)})
    return [[parts(tags[start])[1], start, next(stop for stop in stops if stop > start)] for start in starts]


def seqeval_entities(tags):
    return [[kind, first, last + 1] for kind, first, last in get_entities(tags)]


def random_tags(prefixes, types, count):
    def tag():
        prefix = CHANCE.choice(prefixes)
        return prefix if prefix == "O" else f"{prefix}-{CHANCE.choice(types)}"
    return [tag() for _ in range(count)]


def odd_tags(count):
    return [CHANCE.choice(["", "O", "O", ".", "B", "I", "E", "S", "[", "]", "X", "BX", "-"])
            + CHANCE.choice(["", "", "-", "-A", "-A", "-B", "-a-b", "--"]) for _ in range(count)]


SCHEMES = {"IOB": "OBI", "IO": "OI", "IOE": "OIE", "BIOES": "OBIES"}


def entities():
    regular = [[], ["O"], ["O", "I-PER", "I-PER"], ["I-PER", "I-LOC", "O"], ["B-a-b", "I-a-b", "I-a", "I-a-b"], ["E-X"],
               ["O", "E-X", "E-X", "O"], ["S-X", "S-X", "E-X"], ["B-X", "E-X", "B-X", "E-X"], ["B-X", "I-X", "S-X", "I-X"],
               ["B-X", "B-X", "I-X"], ["B-ÄÖ", "I-ÄÖ", "I-ÄÜ"], ["B-\u0301", "I-\u0301"]]
    for scheme in SCHEMES.values():
        for types in (["X"], ["PER", "LOC"], ["X", "X-Y", "Y"]):
            regular.append(random_tags(scheme, types, 40))
    for tags in regular:
        assert seqeval_entities(tags) == conlleval_entities(tags), tags
        yield {"tags": tags, "entities": seqeval_entities(tags)}
    odd = [["B", "I", "O", "B"], ["BX", "IX"], ["[-X", "[-X", "O"], ["[", ".", ".", "]"], ["X-A", "X-A", "O-A", "B-A"],
           ["O-A", "I-A"], ["B-A", ".-A", "O"], ["]-X", "I-X"], ["U-A", "B-A"], ["", "B-A", ""], ["E", "O", "E", "E"]]
    for tags in odd + [odd_tags(30) for _ in range(12)]:
        yield {"tags": tags, "entities": conlleval_entities(tags)}


def of_counts(right, found, expected):
    precision = right / found if found else 0.0
    recall = right / expected if expected else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"right": right, "found": found, "expected": expected, "precision": precision, "recall": recall, "f1": f1}


def entity_counts(sentences, count=conlleval_entities):
    """conlleval's table; checked against seqeval's where that is asked for its entities."""
    right, found, expected = collections.Counter(), collections.Counter(), collections.Counter()
    words = right_words = 0
    for gold, guess in sentences:
        golds, guesses = count(gold), count(guess)
        expected.update(entity[0] for entity in golds)
        found.update(entity[0] for entity in guesses)
        right.update(entity[0] for entity in guesses if entity in golds)
        words += len(gold)
        right_words += sum(parts(a) == parts(b) for a, b in zip(gold, guess))
    types = sorted(set(expected) | set(found))
    table = {
        "sentences": [{"expected": gold, "predicted": guess} for gold, guess in sentences],
        "types": [{"type": kind} | of_counts(right[kind], found[kind], expected[kind]) for kind in types],
        "overall": of_counts(sum(right.values()), sum(found.values()), sum(expected.values())),
        "accuracy": right_words / words if words else 0.0,
    }
    if count is seqeval_entities and words:
        golds, guesses = map(list, zip(*sentences))
        assert tag_accuracy(golds, guesses) == table["accuracy"]
        if types:
            scores = np.array(entity_scores(golds, guesses, average=None, zero_division=0))[:3]
            ours = np.array([[row[name] for row in table["types"]] for name in ("precision", "recall", "f1")])
            assert np.allclose(scores, ours, rtol=0, atol=1e-15)
            micro = entity_scores(golds, guesses, average="micro", zero_division=0)[:3]
            ours = [table["overall"][name] for name in ("precision", "recall", "f1")]
            assert np.allclose(micro, ours, rtol=0, atol=1e-15)
    return table


def tables():
    def guess(gold, replacement):
        return [tag if CHANCE.random() < 0.8 else other for tag, other in zip(gold, replacement(len(gold)))]

    yield entity_counts([])
    yield entity_counts([([], [])], seqeval_entities)
    yield entity_counts([(["O", "O"], ["O", "O"])], seqeval_entities)
    yield entity_counts([(["B-X", "I-X"], ["O", "O"]), (["O"], ["I-Y"])], seqeval_entities)
    yield entity_counts([(["I-X"], ["B-X"]), (["B-X"], ["I-X"])], seqeval_entities)  # neighbours, of two sentences
    for scheme in SCHEMES.values():
        def another(count):
            return random_tags(scheme, ["PER", "LOC", "a-b"], count)
        golds = [another(CHANCE.randrange(1, 12)) for _ in range(12)]
        yield entity_counts([(gold, guess(gold, another)) for gold in golds], seqeval_entities)
    yield entity_counts([(["B", "I-"], ["B-", "I"]), (["B-X"], ["I-X"])])
    golds = [odd_tags(10) for _ in range(12)]
    yield entity_counts([(gold, guess(gold, odd_tags)) for gold in golds])


# answers


def normalized(text):
    text = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact(prediction, gold):
    return float(normalized(prediction) == normalized(gold))


def overlap(prediction, gold, both_empty):
    prediction, gold = normalized(prediction).split(), normalized(gold).split()
    if not prediction and not gold:
        return both_empty
    same = sum((collections.Counter(prediction) & collections.Counter(gold)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(prediction), same / len(gold)
    return 2 * precision * recall / (precision + recall)


def f1_of_version_1(prediction, gold):
    return overlap(prediction, gold, 0.0)


def f1_of_version_2(prediction, gold):
    return overlap(prediction, gold, 1.0)


def best_of(score, prediction, golds):
    return max(score(prediction, gold) for gold in golds)


PIECES = """a an the A An THE cat Cat's a's the_end _a_ a-b x.y , . !? ' - — ’ “ ” … „ ！ ＿ · ² ½ Ⅷ ٣ 12 1,000 naïve nai\u0308ve
a\u0301 \u0301 e\u0301 é É \u0301a the\u0308 ΟΔΟΣ οδος οδοσ Σ Σ\u0301 ΑΣ. ΑΣ\u00adΑ ΣΑ İstanbul ıI ß ẞ ﬁ Ǆ 東京 가나 क्षि नमस्ते α a\u200db
a\u200bb \u200d 👩\u200d👩\u200d👧 🇩🇪 $5 €5 50% C++ #1 @a <a> [the] {an} ~ ^ ` | \\ " anthem thee banana aa""".split()
SPACES = [" "] * 3 + ["", "  ", "\r\n"] + list("\t\n\u00a0\u3000\u2028\u0085\u001c\u001f\u200b\u1680")


def random_text():
    return "".join(CHANCE.choice(PIECES) + CHANCE.choice(SPACES) for _ in range(CHANCE.randrange(6)))


def variant(text):
    """Another text, which often has the same words."""
    kinds = [str, str.upper, str.title, lambda t: "the " + t, lambda t: t + ".", lambda t: t.replace(" ", " an "),
             lambda t: t + " cat", lambda t: " ".join(t.split()[1:]), lambda t: random_text()]
    return CHANCE.choice(kinds)(text)


def answer(prediction, golds):
    return {
        "prediction": prediction, "golds": golds, "normalized": normalized(prediction),
        "exact": bool(best_of(exact, prediction, golds)),
        "f1_of_version_1": best_of(f1_of_version_1, prediction, golds),
        "f1_of_version_2": best_of(f1_of_version_2, prediction, golds),
    }


def answers():
    for piece in PIECES:
        yield answer(piece, [variant(piece)])
    for prediction, golds in [("", [""]), ("", ["a"]), ("the", ["an"]), ("...", ["!", "x"]), ("x", [""]), ("", ["x"]),
                              ("b b c", ["b c c"]), ("a cat", ["Cat."]), ("ΟΔΟΣ", ["οδος"]), ("x a\u0301y", ["x \u0301y"]),
                              ("é", ["e\u0301"]), ("x\u001cy", ["x y"]), ("x\u200by", ["x y"]), ("snake_case", ["snakecase"]),
                              ("x—the—y", ["x— —y"]), ("x—thee—y", ["x— —y"]), ("x the\u0301y", ["x \u0301y"]),
                              ("a² 1a the½ aⅧ a٣", ["² 1 ½ Ⅷ ٣"])]:
        yield answer(prediction, golds)
    for _ in range(80):
        gold = random_text()
        yield answer(variant(gold), [gold] + [variant(gold) for _ in range(CHANCE.randrange(3))])


def percent(scores):
    return 100.0 * sum(scores) / len(scores)


def best_threshold(questions, scores):
    score = best = sum(not question["golds"] for question in questions)
    threshold = 0.0
    for index in sorted(range(len(questions)), key=lambda index: questions[index]["odds"]):
        if questions[index]["golds"]:
            score += scores[index]
        elif questions[index]["text"]:
            score -= 1
        if score > best:
            best, threshold = score, questions[index]["odds"]
    return 100.0 * best / len(questions), threshold


def version_1(questions):
    scored = {}
    for name, score in (("exact", exact), ("f1", f1_of_version_1)):
        scored[name] = percent([best_of(score, question["text"], question["golds"]) for question in questions])
    return scored


def version_2(questions, limit):
    scored = {}
    for name, score in (("exact", exact), ("f1", f1_of_version_2)):
        raw = [best_of(score, question["text"], [gold for gold in question["golds"] if normalized(gold)] or [""])
               for question in questions]
        decided = [float(not question["golds"]) if limit is not None and question["odds"] > limit else value
                   for value, question in zip(raw, questions)]
        scored[name] = percent(decided)
        for group, wanted in (("HasAns", True), ("NoAns", False)):
            part = [value for value, question in zip(decided, questions) if bool(question["golds"]) == wanted]
            if part:
                scored[f"{group}_{name}"] = percent(part)
                scored[f"{group}_total"] = len(part)
        scored[f"best_{name}"], scored[f"best_{name}_thresh"] = best_threshold(questions, raw)
    return scored


def question_sets():
    def question(share_without_answer, odds):
        golds = [random_text() for _ in range(CHANCE.randrange(1, 4))]
        without = CHANCE.random() < share_without_answer
        text = "" if CHANCE.random() < 0.1 else variant(golds[0])
        return {"golds": [] if without else golds, "text": text, "odds": odds(without)}

    def known(without):
        return CHANCE.gauss(1 if without else -1, 1)

    def tied(without):
        return CHANCE.randrange(-1, 3) / 2

    kinds = [(1, 0, known), (30, 0, known), (1, 1, known), (20, 1, known), (60, 0.5, known), (60, 0.4, tied)]
    for count, share, odds in kinds:
        questions = [question(share, odds) for _ in range(count)]
        case = {"questions": questions}
        if share == 0:
            case["version_1"] = version_1(questions)
        case["version_2"] = [{"threshold": limit} | version_2(questions, limit) for limit in (None, 0.5)]
        yield case


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures", "metrics", "metrics.json")
    groups = {"classification": classifications(), "correlation": correlations(), "entities": entities(),
              "entity_counts": tables(), "answers": answers(), "answer_sets": question_sets()}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:  # one case a line
        file.write("{\n" + ",\n".join(
            f'"{name}": [\n' + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]"
            for name, cases in groups.items()) + "\n}\n")
    print("wrote", os.path.relpath(path), os.path.getsize(path), "bytes")


if __name__ == "__main__":
    main()
