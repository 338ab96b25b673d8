"""Tasks to fine-tune on, read and tokenized as Hugging Face's own examples do it: GLUE, CoNLL-2003, SQuAD 1.1.

A feature is what a network sees at once: ids, the number of them in the first segment, and which example and which window
of it they are. Words have rows as well, those of their first sub-tokens; questions have start and end, the rows of the
answer's first and last token, or 0 and 0 ([CLS]) where the window does not hold all of it.
"""

import json
import lzma
from pathlib import Path

# Whether there is a header, columns of the texts, column of the label.
GLUE = {
    "cola": (False, [3], 1),
    "mrpc": (True, [3, 4], 0),
    "rte": (True, [1, 2], 3),
    "stsb": (True, [-3, -2], -1),
}
TASKS = [*GLUE, "conll2003", "squad"]
# Tokens of a window, and tokens that neighbouring windows have in common.
LENGTHS = {"squad": (384, 128)}
OTHER_LENGTHS = (128, 32)


def lines_of(path):
    """Only line feeds end a line: fields may hold whatever else Unicode counts as a line's end."""
    kind = lzma.open if Path(path).suffix == ".xz" else open
    with kind(path, "rt", encoding="utf-8-sig", newline="\n") as file:
        for line in file:
            yield line.rstrip("\r\n")


def read(task, path):
    """Examples as dictionaries: texts and label; words and tags; id, question, context and answers."""
    if task == "squad":
        return read_squad(path)
    return read_words(path) if task == "conll2003" else read_glue(task, path)


def read_glue(task, path):
    has_header, columns, label = GLUE[task]
    rows = [line.split("\t") for line in lines_of(path)]
    return [{"texts": [row[column] for column in columns], "label": row[label]} for row in rows[has_header:]]


def read_words(path):
    sentences, words = [], []
    for line in [*lines_of(path), ""]:
        if line.strip():
            words.append((line.split()[0], line.split()[-1]))
        elif words:
            sentences.append(words)
            words = []
    return [
        {"words": [word for word, _ in sentence], "tags": [tag for _, tag in sentence]}
        for sentence in sentences if sentence[0][0] != "-DOCSTART-"]


def read_squad(path):
    articles = json.loads("\n".join(lines_of(path)))["data"]
    return [
        {"id": question["id"], "question": question["question"], "context": paragraph["context"],
         "answers": question["answers"]}
        for article in articles for paragraph in article["paragraphs"] for question in paragraph["qas"]]


def features_of(task, tokenizer, examples, length, stride, question_length):
    if task == "squad":
        return list(question_features(tokenizer, examples, length, stride, question_length))
    if task == "conll2003":
        return list(word_features(tokenizer, examples, length, stride))
    return list(text_features(tokenizer, examples, length))


def first_segment(encoding, window=0):
    types = encoding["token_type_ids"][window]
    return types.index(1) if 1 in types else len(types)


def text_features(tokenizer, examples, length):
    columns = zip(*(example["texts"] for example in examples))
    encoding = tokenizer(*map(list, columns), truncation="longest_first", max_length=length)
    for number, ids in enumerate(encoding["input_ids"]):
        yield {"example": number, "window": 0, "ids": ids, "first_segment": first_segment(encoding, number)}


def word_features(tokenizer, examples, length, stride):
    settings = {"is_split_into_words": True}
    for number, example in enumerate(examples):
        windows = tokenizer(
            example["words"], truncation=True, max_length=length, stride=stride, return_overflowing_tokens=True,
            **settings)
        # A window may begin within a word, so that only the whole sentence tells which sub-tokens are first ones.
        whole = tokenizer(example["words"], add_special_tokens=False, **settings)
        word_of = whole.word_ids()
        is_first = [at == 0 or word != word_of[at - 1] for at, word in enumerate(word_of)]
        for window, ids in enumerate(windows["input_ids"]):
            start = window * (length - 2 - stride)
            assert ids[1:-1] == whole["input_ids"][start:start + length - 2]
            rows = [row for row in range(1, len(ids) - 1) if is_first[start + row - 1]]
            yield {
                "example": number, "window": window, "ids": ids, "first_segment": len(ids), "rows": rows,
                "words": [word_of[start + row - 1] for row in rows]}


def cut_question(tokenizer, question, limit):
    """The part of a question that its first tokens come from: run_qa cuts none, Google's reference all of them."""
    question = question.lstrip()
    encoding = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
    if len(encoding["input_ids"]) <= limit:
        return question
    cut = question[:encoding["offset_mapping"][limit - 1][1]]
    assert tokenizer(cut, add_special_tokens=False)["input_ids"] == encoding["input_ids"][:limit]
    return cut


def question_features(tokenizer, examples, length, stride, question_length):
    for number, example in enumerate(examples):
        encoding = tokenizer(
            [cut_question(tokenizer, example["question"], question_length)], [example["context"]],
            truncation="only_second", max_length=length, stride=stride, return_overflowing_tokens=True,
            return_offsets_mapping=True)
        for window, (ids, offsets) in enumerate(zip(encoding["input_ids"], encoding["offset_mapping"])):
            context = range(first_segment(encoding, window), len(ids) - 1)
            start, end = answer_rows(example["answers"], context, offsets)
            yield {
                "example": number, "window": window, "ids": ids, "first_segment": context.start,
                "start": start, "end": end, "offsets": offsets}


def answer_rows(answers, context, offsets):
    """Of the first answer, as in run_qa; which leaves the context, though, if it begins at a window's last token."""
    if not answers or not context:
        return 0, 0
    first = answers[0]["answer_start"]
    last = first + len(answers[0]["text"])
    if offsets[context[0]][0] > first or offsets[context[-1]][1] < last:
        return 0, 0
    return (
        max(row for row in context if offsets[row][0] <= first),
        min(row for row in context if offsets[row][1] >= last))
