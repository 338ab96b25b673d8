"""Compares electra-dist with Hugging Face and prints a table; exits with 1 if a row of it is not ok.

Usage: check-huggingface.py PROGRAM --text FILE [--vocab FILE] [--corpus FILE] [--strings N] [--only NAME ...]
"""

import argparse
import functools
import itertools
import json
import logging.handlers
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
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
from transformers import logging as transformers_logging
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

    def small_vocabulary(self):
        return self.learnt(self.text, 2000)

    def prepared(self):
        """A data set of the text with the small vocabulary."""
        path = self.folder / "data"
        if not path.exists():
            self.run("prepare", "--corpus", self.text, "--vocab", self.small_vocabulary(), "--output", path)
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


@functools.lru_cache
def word_piece(vocabulary):
    with open(vocabulary, encoding="utf-8", newline="\n") as file:
        numbers = {line.rstrip("\r\n"): number for number, line in enumerate(file)}
    return WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=100)


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
    tokenizer = pipeline(word_piece(vocabulary), flags)
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


# speed: of tokenizers alone, and of all that prepare does


def alternately(*contestants):
    """The medians of what each returns in turn: a machine that slows down slows down all of them."""
    rounds = [[contestant() for contestant in contestants] for _ in range(ROUNDS)]
    return [statistics.median(results) for results in zip(*rounds)]


def prepare_speed(setting, text, vocabulary, threads):
    output = setting.run(
        "prepare", "--corpus", text, "--vocab", vocabulary, "--threads", threads, "--output", setting.folder / "speed")
    return float(re.search(r"([\d.]+) MB/s", output)[1])


def encode_speed(encode, lines):
    start = time.perf_counter()
    for first in range(0, len(lines), 1000):
        encode(lines[first:first + 1000], add_special_tokens=False)
    return sum(len(line.encode()) + 1 for line in lines) / 1e6 / (time.perf_counter() - start)


def check_speed(setting):
    vocabulary = setting.vocabulary or setting.learnt(setting.text, 8192)
    tokenizer = pipeline(word_piece(vocabulary))
    short, long = setting.repeated(16_000_000), setting.repeated(50_000_000)
    lines = short.read_text(encoding="utf-8", errors="replace").split("\n")
    methods = [getattr(tokenizer, name) for name in ("encode_batch", "encode_batch_fast") if hasattr(tokenizer, name)]
    ours, *theirs = alternately(
        lambda: prepare_speed(setting, short, vocabulary, 1),
        *(functools.partial(encode_speed, method, lines) for method in methods))
    names = " and ".join(f"{method.__name__} {speed:.1f}" for method, speed in zip(methods, theirs))
    ratio = ours / max(theirs)
    yield Row("speed", f"MB/s on one thread: prepare {ours:.1f}, {names}", f"{ratio:.2f} x", ">= 1.5 x", ratio >= 1.5)
    one, two = alternately(*(functools.partial(prepare_speed, setting, long, vocabulary, threads) for threads in (1, 2)))
    what = f"MB/s of prepare: one thread {one:.1f}, two {two:.1f}"
    yield Row("speed", what, f"{two / one:.2f} x", ">= 1.6 x", two / one >= 1.6)


# vocabulary: learnt from the same corpus


def hugging_face_vocabulary(corpus, size, path):
    """As BertWordPieceTokenizer.train does."""
    tokenizer = pipeline(WordPiece(unk_token="[UNK]"))
    trainer = WordPieceTrainer(
        vocab_size=size, min_frequency=2, limit_alphabet=1000, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train([str(corpus)], trainer)
    numbers = tokenizer.get_vocab()
    write_lines(path, sorted(numbers, key=numbers.get))


def tokens_of(vocabulary, text):
    """Tokens for each word of the text, and the share of [UNK] among them."""
    tokenizer = pipeline(word_piece(vocabulary))
    words = tokens = unknown = 0
    with open(text, encoding="utf-8", errors="replace") as file:
        while block := list(itertools.islice(file, BLOCK)):
            for encoding in tokenizer.encode_batch(block, add_special_tokens=False):
                tokens += len(encoding.ids)
                words += len(set(encoding.word_ids))
                unknown += encoding.tokens.count("[UNK]")
    return tokens / words, unknown / tokens


def seconds(action, *arguments):
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


def check_vocabulary(setting):
    size = 8192
    ours, theirs = setting.folder / "ours", setting.folder / "theirs"
    our_time, their_time = alternately(
        lambda: seconds(setting.run, "vocabulary", "--corpus", setting.corpus, "--size", size, "--output", ours),
        lambda: seconds(hugging_face_vocabulary, setting.corpus, size, theirs))
    (our_tokens, our_unknown), (their_tokens, their_unknown) = tokens_of(ours, setting.text), tokens_of(theirs, setting.text)
    ratio = our_tokens / their_tokens
    yield Row("vocabulary", f"tokens a word: ours {our_tokens:.4f}, theirs {their_tokens:.4f}", f"{ratio:.4f} x", "<= 1.01 x", ratio <= 1.01)
    excess = our_unknown - their_unknown
    yield Row("vocabulary", f"[UNK] of all tokens: ours {our_unknown:.3%}, theirs {their_unknown:.3%}", f"{excess:+.3%}", "<= +0.1%", excess <= .001)
    ratio = our_time / their_time
    yield Row("vocabulary", f"time to learn: ours {our_time:.1f} s, theirs {their_time:.1f} s", f"{ratio:.2f} x", "<= 1 x", ratio <= 1)


# export and import: networks


def sentences(setting, count):
    """Beginnings of paragraphs, short enough for any network here."""
    with open(setting.text, encoding="utf-8", errors="replace") as file:
        return list(itertools.islice((line.strip()[:200].strip() for line in file if len(line) > 40), count))


def loaded(kind, folder):
    """The network in float32, and all that transformers has to say against the folder."""
    heard = logging.handlers.BufferingHandler(capacity=1000)
    heard.setLevel(logging.WARNING)
    logging.getLogger("transformers").addHandler(heard)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        network, info = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    logging.getLogger("transformers").removeHandler(heard)
    complaints = [f"{what}: {sorted(map(str, names))}" for what, names in info.items() if names]
    complaints += [record.getMessage() for record in heard.buffer] + [str(warning.message) for warning in warned]
    return network.eval(), tokenizer, complaints


def loading_row(check, what, complaints):
    for complaint in complaints:
        print(f"{what}: {complaint}")
    return Row(check, f"{what}: transformers loads it", f"{len(complaints)} complaints", "0", not complaints)


def difference_row(check, what, pairs):
    """Pairs of arrays: found, expected."""
    differences = [abs(found - expected).max() if found.shape == expected.shape else numpy.inf for found, expected in pairs]
    worst = numpy.max(differences)
    return Row(check, what, f"{worst:.1e} apart", f"<= {TOLERANCE:.0e}", bool(worst <= TOLERANCE))


def count_row(check, what, things, different, count):
    return Row(check, what, f"{different} of {count} {things} differ", "0", different == 0)


def json_lines(text):
    return [json.loads(line) for line in text.split("\n")[:-1]]


@torch.inference_mode()
def discriminator_rows(setting, check, what, folder, lines):
    network, tokenizer, complaints = loaded(ElectraForPreTraining, folder)
    yield loading_row(check, what, complaints)
    printed = setting.run("tokenize", "--ids", "--vocab", folder / "vocab.txt", lines=lines).split("\n")
    different = sum(
        ids.split() != list(map(str, tokenizer(line, add_special_tokens=False).input_ids))
        for line, ids in zip(lines, printed))
    yield count_row(check, f"{what}: ids from AutoTokenizer", "lines", different, len(lines))
    different, pairs = 0, []
    reports = json_lines(setting.run("detect", "--model", folder, "--json", lines=lines))
    for line, report in zip(lines, reports, strict=True):
        encoding = tokenizer(line, return_offsets_mapping=True)
        expected = zip(tokenizer.convert_ids_to_tokens(encoding.input_ids), encoding.offset_mapping)
        found = [(token["token"], (token["start"], token["end"])) for token in report["tokens"]]
        different += report["text"] != line or found != list(expected)[1:-1]
        logits = network(torch.tensor([encoding.input_ids])).logits[0, 1:-1]
        pairs.append((
            numpy.array([[token["logit"], token["probability"]] for token in report["tokens"]]),
            torch.stack([logits, logits.sigmoid()], dim=1).numpy()))
    yield count_row(check, f"{what}: tokens and places from detect", "lines", different, len(lines))
    yield difference_row(check, f"{what}: logits and probabilities from detect", pairs)


@torch.inference_mode()
def generator_rows(setting, check, what, folder, lines):
    network, tokenizer, complaints = loaded(ElectraForMaskedLM, folder)
    yield loading_row(check, what, complaints)
    lines = [masked(line) for line in lines]
    different, pairs = 0, []
    output = setting.run("fill-mask", "--model", folder, "--json", "--top", len(tokenizer), lines=lines)
    for line, report in zip(lines, json_lines(output), strict=True):
        start = line.index("[MASK]")
        mask, = report["masks"]
        different += report["text"] != line or (mask["start"], mask["end"]) != (start, start + len("[MASK]"))
        ranked = mask["predictions"]
        different += any(tokenizer.convert_ids_to_tokens(one["id"]) != one["token"] for one in ranked)
        different += ranked != sorted(ranked, key=lambda one: -one["logit"])
        ids = tokenizer(line).input_ids
        logits = network(torch.tensor([ids])).logits[0, ids.index(tokenizer.mask_token_id)]
        pairs.append((
            numpy.array([[one["logit"], one["probability"]] for one in sorted(ranked, key=lambda one: one["id"])]),
            torch.stack([logits, logits.softmax(dim=0)], dim=1).numpy()))
    yield count_row(check, f"{what}: places and pieces from fill-mask", "lines", different, len(lines))
    yield difference_row(check, f"{what}: logits and probabilities from fill-mask", pairs)


def masked(line):
    words = line.split(" ")
    words[len(words) // 2] = "[MASK]"
    return " ".join(words)


def check_export(setting):
    """After a few steps at a high learning rate: no parameter is what it was at first."""
    run, models = setting.folder / "run", setting.folder / "models"
    setting.run(
        "pretrain", "--data", setting.prepared(), "--run", run, "--preset", "small", "--steps", 6, "--warmup", 2,
        "--learning-rate", "1e-3", "--batch", 8, "--slices", 2, "--threads", 2)
    setting.run("export", "--run", run, "--output", models)
    lines = sentences(setting, 200)
    yield from discriminator_rows(setting, "export", "discriminator", models / "discriminator", lines)
    yield from generator_rows(setting, "export", "generator", models / "generator", lines)


def sizes(hidden, layers, heads, inner):
    return dict(hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner)


NETWORKS = {  # embedding_size, discriminator, generator
    "tiny, E = H": (64, sizes(64, 2, 2, 128), sizes(64, 2, 1, 256)),
    "like small": (128, sizes(256, 12, 4, 1024), sizes(64, 12, 1, 256)),
    "like base": (768, sizes(768, 12, 12, 3072), sizes(256, 12, 4, 1024)),
}


def save(network, vocabulary, folder, **options):
    network.save_pretrained(folder, **options)
    shutil.copy(vocabulary, folder / "vocab.txt")
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)


def save_random(name, vocabulary, folder):
    """A discriminator and a generator on its embeddings, with weights so large that no part is without effect."""
    torch.manual_seed(1)
    embedding, *both = NETWORKS[name]
    pieces = len(vocabulary.read_bytes().splitlines())
    configurations = [ElectraConfig(vocab_size=pieces, embedding_size=embedding, **each) for each in both]
    discriminator, generator = ElectraForPreTraining(configurations[0]), ElectraForMaskedLM(configurations[1])
    generator.electra.embeddings = discriminator.electra.embeddings
    generator.tie_weights()
    for network, place in (discriminator, "discriminator"), (generator, "generator"):
        for path, parameter in network.named_parameters():
            if network is discriminator or not path.startswith("electra.embeddings."):
                torch.nn.init.normal_(parameter, 1 if path.endswith("LayerNorm.weight") else 0, .05)
        save(network, vocabulary, folder / place)


@torch.inference_mode()
def vectors_row(setting, what, folder, lines):
    network, tokenizer, _ = loaded(ElectraForPreTraining, folder)
    output = folder / "vectors.npy"
    setting.run("embed", "--model", folder, "--vectors", "tokens", "--output", output, lines=lines)
    lengths = numpy.load(output.with_suffix(".lengths.npy"))
    found = numpy.split(numpy.load(output), numpy.cumsum(lengths)[:-1])
    expected = [network.electra(**tokenizer(line, return_tensors="pt")).last_hidden_state[0].numpy() for line in lines]
    return difference_row("import", f"{what}: vectors from embed", zip(found, expected, strict=True))


def round_trip_row(setting, name, folder):
    """The first update has a learning rate of 0: what comes out is what went in."""
    run, models = folder / "run", folder / "models"
    setting.run(
        "pretrain", "--data", setting.prepared(), "--run", run, "--from-discriminator", folder / "discriminator",
        "--from-generator", folder / "generator", "--steps", 1, "--batch", 2, "--slices", 1)
    setting.run("export", "--run", run, "--output", models)
    different = count = 0
    for place in "discriminator", "generator":
        before, after = (load_file(parent / place / "model.safetensors") for parent in (folder, models))
        for tensor in before.keys() | after.keys():
            count += 1
            same = tensor in before and tensor in after and before[tensor].tobytes() == after[tensor].tobytes()
            if not same:
                different += 1
                print(f"{name}: {place}: {tensor} differs")
    return count_row("import", f"{name}: in, one step, out again", "tensors", different, count)


def check_import(setting):
    vocabulary, lines = setting.small_vocabulary(), sentences(setting, 40)
    for name in NETWORKS:
        folder = setting.folder / name.replace(" ", "-")
        save_random(name, vocabulary, folder)
        yield vectors_row(setting, name, folder / "discriminator", lines)
        yield from discriminator_rows(setting, "import", f"{name}, discriminator", folder / "discriminator", lines)
        yield from generator_rows(setting, "import", f"{name}, generator", folder / "generator", lines)
        yield round_trip_row(setting, name, folder)
    small = setting.folder / "like-small"
    for what, type, options in (
            ("float16", torch.float16, {}), ("bfloat16", torch.bfloat16, {}), ("in shards", torch.float32, {"max_shard_size": "10MB"})):
        copy = small / what.replace(" ", "-")
        network = ElectraForPreTraining.from_pretrained(small / "discriminator", dtype=type)
        save(network, vocabulary, copy, **options)
        yield vectors_row(setting, f"like small, {what}", copy, lines)


# the table

CHECKS = {
    "tokenizer": check_tokenizer, "speed": check_speed, "vocabulary": check_vocabulary,
    "export": check_export, "import": check_import,
}


def rows_of(name, setting):
    """An error is a row too: the other checks go on."""
    try:
        for row in CHECKS[name](setting):
            print(f"{name}: {row.what}: {row.found}", file=sys.stderr)
            yield row
    except Exception:
        traceback.print_exc()
        yield Row(name, "all of it", "ended by an error", "none", False)


def print_table(rows):
    cells = [("check", "what", "found", "wanted", "ok")] + [(*row[:-1], "yes" if row.ok else "NO") for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    print()
    for line in cells:
        print(" | ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--text", required=True, help="held-out text, one paragraph a line")
    parser.add_argument("--vocab", help="WordPiece vocabulary to tokenize with; by default learnt from the text")
    parser.add_argument("--corpus", help="text to learn vocabularies from; by default the other one")
    parser.add_argument("--strings", type=int, default=1_000_000, help="random strings to tokenize")
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS), metavar="NAME", help=", ".join(CHECKS))
    arguments = parser.parse_args()
    transformers_logging.set_verbosity_warning()
    transformers_logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(arguments, folder)
        rows = [row for name in arguments.only for row in rows_of(name, setting)]
    print_table(rows)
    sys.exit(0 if all(row.ok for row in rows) else 1)


main()
