"""Compares electra-dist with Hugging Face and prints a table; exits with 1 if a row of it is not ok.

Usage: check-huggingface.py PROGRAM --text FILE [--vocab FILE] [--corpus FILE] [--strings N] [--only NAME ...]
"""

import argparse
import itertools
import json
import logging
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer
from transformers import AutoTokenizer, ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
RULES = {"uncased": [], "cased": ["--cased"], "with accents": ["--keep-accents"]}
BLOCK = 20_000
ROUNDS = 3
TOLERANCE = 1e-4


class Row(NamedTuple):
    """A line of the table."""
    check: str
    what: str
    found: str
    wanted: str
    ok: bool


class Setting:
    """The program, the texts, and a folder for all that is made on the way."""

    def __init__(self, arguments, folder):
        self.program = arguments.program
        self.vocabulary = arguments.vocab
        self.strings = arguments.strings
        self.folder = Path(folder)
        self.text = self.linked("text.txt", arguments.text)
        self.corpus = self.linked("corpus.txt", arguments.corpus or arguments.text)

    def linked(self, name, target):
        """The program takes a file for text only if its name says so."""
        path = self.folder / name
        path.symlink_to(Path(target).resolve())
        return path

    def run(self, *words, lines=None):
        """What the program prints, for lines of standard input if there are any."""
        text = None if lines is None else "".join(line + "\n" for line in lines).encode()
        return subprocess.run([self.program, *map(str, words)], input=text, stdout=subprocess.PIPE, check=True).stdout.decode()

    def learnt(self, corpus, size, *flags):
        path = self.folder / "-".join(["vocabulary", corpus.stem, str(size), *flags])
        if not path.exists():
            self.run("vocabulary", "--corpus", corpus, "--size", size, "--output", path, *flags)
        return path

    def repeated(self, size):
        """The text again and again, up to so many bytes."""
        path = self.folder / f"repeated-{size}.txt"
        content = self.text.read_bytes()
        path.write_bytes(content * -(-size // len(content)))
        return path


# tokenizer: ids and offsets


def pipeline(model, flags=()):
    """The BERT tokenizer as in tokenizer.json, without the special tokens around a text."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True,
        strip_accents=False if "--keep-accents" in flags else None, lowercase="--cased" not in flags)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def reference(vocabulary, flags=()):
    with open(vocabulary, encoding="utf-8", newline="\n") as file:
        numbers = {line.rstrip("\r\n"): number for number, line in enumerate(file)}
    return pipeline(WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=100), flags)


def characters(ranges):
    """From the hexadecimal notation of the Unicode standard: "0041-005A 00DF"."""
    bounds = [[int(bound, 16) for bound in part.split("-")] for part in ranges.split()]
    return [chr(code) for part in bounds for code in range(part[0], part[-1] + 1)]


SCALARS = [scalar for scalar in characters("0000-D7FF E000-10FFFF") if scalar != "\n"]


def kinds_of_strings():
    """(weight, shortest, longest, characters): where tokenizers may go different ways."""
    strip = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    marks = [scalar for scalar in SCALARS if unicodedata.combining(scalar)]
    lasting = [mark for mark in marks if strip.normalize_str("a" + mark) != "a"]  # their order shows in the words
    assigned = [scalar for scalar in SCALARS if unicodedata.category(scalar) not in ("Cn", "Co")]
    rare = [scalar for scalar in assigned if not unicodedata.name(scalar, "").startswith(("CJK", "HANGUL"))]
    decomposed = [scalar for scalar in rare if unicodedata.decomposition(scalar)]
    return [
        (6, 1, 8, characters("0061-007A 0041-005A 0030-0039")),
        (4, 1, 2, characters("0020 0009 000D 00A0 2003 2028 3000")),
        (4, 1, 8, marks),
        (4, 1, 8, lasting + marks),
        (3, 1, 6, rare),
        (2, 1, 4, decomposed),
        (2, 1, 3, characters("0130 0131 00DF 1E9E 03A3 03C2 FB00-FB06 01C4-01CC 01F1-01F3 1F88-1FAF 0149 01F0 2126 212A")),
        (1, 1, 6, SCALARS),
        (1, 1, 6, assigned),
        (1, 1, 5, characters("4E00-9FFF 3400-4DBF F900-FAFF 20000-2A6DF 2B820-2CEAF 2F800-2FA1F 3040-30FF")),
        (1, 1, 5, characters("AC00-D7A3")),
        (1, 1, 6, characters("1100-11FF A960-A97C D7B0-D7FB")),
        (1, 1, 6, characters("1F300-1F64F 1F900-1F9FF 2600-27BF 1F1E6-1F1FF E0061-E007F") + 400 * ["\u200D", "\uFE0F"]),
        (1, 1, 8, characters("0590-05FF 0600-06FF 0700-074F 07C0-07FF 202A-202E 2066-2069")),
        (1, 1, 8, characters("0900-0DFF 0E00-0FFF 1000-109F 1780-17FF")),
        (1, 1, 3, characters("0000-0008 000B-001F 007F-009F 00AD 200B-200F FEFF FFF9-FFFD E000 034F")),
        (1, 1, 4, characters("0021-002F 003A-0040 005B-0060 007B-007E 00A1-00BF 2010-2027 2030-205E 3001-301F")),
        (.1, 92, 108, characters("0061-007A")),
        (.1, 30, 60, characters("0061-007A 00C0-00FF AC00-AC40 1E00-1EFF")),
    ]


def random_strings(count):
    source = random.Random(1)
    weights, *kinds = zip(*kinds_of_strings())
    kinds = list(zip(*kinds))
    for _ in range(count):
        parts = source.choices(kinds, weights, k=source.randint(1, 8))
        yield "".join("".join(source.choices(scalars, k=source.randint(shortest, longest))) for shortest, longest, scalars in parts)


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)
    return path


def compare_tokens(setting, what, flags, vocabulary, path):
    """Block by block, so that the memory does not grow with the text; prints the shortest lines that differ."""
    tokenizer = reference(vocabulary, flags)
    command = [setting.program, "tokenize", "--offsets", "--vocab", vocabulary, *flags]
    different, count, shortest = 0, 0, []
    with open(path, encoding="utf-8", newline="\n", errors="replace") as file, open(path, "rb") as input, \
            subprocess.Popen(command, stdin=input, stdout=subprocess.PIPE, encoding="utf-8") as process:
        while block := [line.removesuffix("\n") for line in itertools.islice(file, BLOCK)]:
            encodings = tokenizer.encode_batch(block, add_special_tokens=False)
            expected = [
                " ".join(f"{id}:{start}-{end}" for id, (start, end) in zip(encoding.ids, encoding.offsets))
                for encoding in encodings]
            found = [line.rstrip("\n") for line in itertools.islice(process.stdout, len(block))]
            found += ["nothing"] * (len(block) - len(found))
            wrong = [triple for triple in zip(block, expected, found) if triple[1] != triple[2]]
            shortest = sorted(shortest + wrong, key=lambda triple: len(triple[0]))[:10]
            different += len(wrong)
            count += len(block)
    for line, expected, found in shortest:
        print(f"{what}: {line[:60]!r} = {' '.join(f'{ord(scalar):04X}' for scalar in line[:60])}")
        print(f"  expected {spelt(tokenizer, expected)}\n  found    {spelt(tokenizer, found)}")
    return Row("tokenizer", what, f"{different} of {count} lines differ", "0", different == 0)


def spelt(tokenizer, tokens):
    """`id:start-end` with the piece for the number."""
    words = [re.sub(r"^\d+(?=:)", lambda id: ascii(tokenizer.id_to_token(int(id[0]))), word) for word in tokens.split()]
    return " ".join(words[:40])


def check_tokenizer(setting):
    alone = [scalar for scalar in SCALARS if not scalar.isspace() and unicodedata.category(scalar) not in ("Cc", "Cf", "Co")]
    pieces = SPECIAL + alone + ["##" + scalar for scalar in alone if scalar != "#"]
    all_scalars = write_lines(setting.folder / "all-scalars", pieces)
    each = write_lines(setting.folder / "each-scalar", (f"a{scalar}b" for scalar in SCALARS))
    strings = write_lines(setting.folder / "strings", random_strings(setting.strings))
    for name, flags in RULES.items():
        vocabulary = setting.vocabulary or setting.learnt(setting.text, 8192, *flags)
        yield compare_tokens(setting, f"the text, {name}", flags, vocabulary, setting.text)
        yield compare_tokens(setting, f"each scalar, {name}", flags, all_scalars, each)
        yield compare_tokens(setting, f"random strings, {name}", flags, all_scalars, strings)
