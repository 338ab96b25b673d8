"""Compares `electra-dist tokenize` with Hugging Face `tokenizers` on a text, token for token.

Usage: check-tokenizer.py PROGRAM VOCAB TEXT [--cased] [--unicode]

--unicode also compares every Unicode scalar, put between two letters, with a vocabulary of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import unicodedata

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def reference(vocabulary, cased):
    """The BERT tokenizer as in tokenizer.json (ELECTRA.md 3.3), without the special tokens around a text."""
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=not cased)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def read_vocabulary(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return {line.rstrip("\r\n"): number for number, line in enumerate(file)}


def ours(program, vocabulary_path, cased, text):
    command = [program, "tokenize", "--ids", "--vocab", vocabulary_path] + (["--cased"] if cased else [])
    output = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout.decode()
    return [[int(word) for word in line.split()] for line in output.split("\n")[:-1]]


def compare(program, vocabulary_path, cased, lines, what):
    """Prints the first differences and the count of equal tokens; returns the count of different lines."""
    vocabulary = read_vocabulary(vocabulary_path)
    pieces = {number: piece for piece, number in vocabulary.items()}
    found = ours(program, vocabulary_path, cased, b"".join(line + b"\n" for line in lines))
    if len(found) != len(lines):
        print(f"{what}: {len(lines)} lines in, {len(found)} lines out")
        return 1
    tokenizer = reference(vocabulary, cased)
    texts = [line.decode("utf-8", errors="replace") for line in lines]
    expected = [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    different = [number for number in range(len(lines)) if found[number] != expected[number]]
    for number in different[:10]:
        print(f"line {number + 1}: {texts[number][:80]!r}")
        print("  expected", [pieces[token] for token in expected[number]][:40])
        print("  found   ", [pieces[token] for token in found[number]][:40])
    tokens = sum(len(ids) for ids in expected)
    print(f"{what}: {tokens} tokens in {len(lines)} lines, {len(different)} lines differ")
    return len(different)


def compare_unicode(program, cased):
    """Every scalar between two letters; the vocabulary has every scalar alone and as a continuation."""
    scalars = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF and code != 0x0A]
    alone = [scalar for scalar in scalars if not scalar.isspace() and unicodedata.category(scalar) not in ("Cc", "Cf", "Co")]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vocab.txt")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            for piece in SPECIAL + alone + ["##" + scalar for scalar in alone if scalar != "#"]:
                file.write(piece + "\n")
        lines = [("a" + scalar + "b").encode() for scalar in scalars]
        return compare(program, path, cased, lines, "every scalar")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("vocabulary")
    parser.add_argument("text")
    parser.add_argument("--cased", action="store_true")
    parser.add_argument("--unicode", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.text, "rb") as file:
        lines = file.read().split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    different = compare(arguments.program, arguments.vocabulary, arguments.cased, lines, arguments.text)
    if arguments.unicode:
        different += compare_unicode(arguments.program, arguments.cased)
    sys.exit(1 if different else 0)


main()
