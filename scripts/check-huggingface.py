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

import numpy
import torch
import transformers
from safetensors.numpy import load_file, save_file
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer
from random_unicode import SCALARS, random_strings
from transformers import AutoTokenizer, ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
RULES = {"uncased": [], "cased": ["--cased"], "with accents": ["--keep-accents"]}
BLOCK = 20_000
TOLERANCE = 1e-4


def at_most(limit, value, what, form="{}"):
    """A row of the table."""
    return what, form.format(value), "<= " + form.format(limit), bool(value <= limit)


def at_least(limit, value, what, form="{}"):
    return what, form.format(value), ">= " + form.format(limit), bool(value >= limit)


class Setting:
    """The program, the texts, and a folder for all that is made on the way."""

    def __init__(self, arguments, folder):
        self.program, self.vocabulary, self.strings = arguments.program, arguments.vocab, arguments.strings
        self.folder = Path(folder)
        # The program takes a file for text only if its name says so.
        self.text, self.corpus = self.folder / "text.txt", self.folder / "corpus.txt"
        self.text.symlink_to(Path(arguments.text).resolve())
        self.corpus.symlink_to(Path(arguments.corpus or arguments.text).resolve())

    def run(self, *words, lines=()):
        """What the program prints, given lines of standard input."""
        command, text = [self.program, *map(str, words)], "".join(line + "\n" for line in lines)
        return subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()

    @functools.cache
    def vocabulary_for(self, *flags):
        """The one that was given, or one learnt from the text."""
        path = self.folder / "-".join(["vocabulary", *flags])
        if not self.vocabulary:
            self.run("vocabulary", "--corpus", self.text, "--size", 8192, "--output", path, *flags)
        return self.vocabulary or path

    @functools.cached_property
    def data(self):
        """A data set to pre-train on, with a small vocabulary."""
        self.run("prepare", "--corpus", self.text, "--vocabulary-size", 2000, "--output", self.folder / "data")
        return self.folder / "data"


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)
    return path


def blocks(file):
    """Lists of lines, so that the memory does not grow with the text."""
    lines = (line.removesuffix("\n") for line in file)
    return iter(lambda: list(itertools.islice(lines, BLOCK)), [])


# tokenizer: ids and offsets


def pipeline(model, flags=()):
    """The BERT tokenizer as in tokenizer.json, without the special tokens around a text."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True,
        strip_accents=False if "--keep-accents" in flags else None, lowercase="--cased" not in flags)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


@functools.cache
def word_piece(vocabulary):
    with open(vocabulary, encoding="utf-8", newline="\n") as file:
        numbers = {line.rstrip("\r\n"): number for number, line in enumerate(file)}
    return WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=100)


def compare_tokens(setting, what, flags, vocabulary, path):
    """Prints the shortest lines that differ, as `piece:start-end`."""
    tokenizer = pipeline(word_piece(vocabulary), flags)
    command = [setting.program, "tokenize", "--offsets", "--vocab", vocabulary, *flags]
    count, different, shortest = 0, 0, []
    with open(path, encoding="utf-8", newline="\n", errors="replace") as file, open(path, "rb") as same_file, \
            subprocess.Popen(command, stdin=same_file, stdout=subprocess.PIPE, encoding="utf-8") as process:
        for lines in blocks(file):
            encodings = tokenizer.encode_batch(lines, add_special_tokens=False)
            expected = [
                " ".join(f"{id}:{start}-{end}" for id, (start, end) in zip(encoding.ids, encoding.offsets))
                for encoding in encodings]
            found = [line.rstrip("\n") for line in itertools.islice(process.stdout, len(lines))]
            found += ["nothing"] * (len(lines) - len(found))
            wrong = [(line, *both) for line, *both in zip(lines, expected, found) if both[0] != both[1]]
            shortest = sorted(shortest + wrong, key=lambda triple: len(triple[0]))[:10]
            count, different = count + len(lines), different + len(wrong)
    for line, *both in shortest:
        print(f"{what}:", *(f"U+{ord(scalar):04X}" for scalar in line))
        for name, tokens in zip(("expected", "found   "), both):
            print(f"  {name}", re.sub(r"\d+(?=:)", lambda id: ascii(tokenizer.id_to_token(int(id[0]))), tokens))
    return at_most(0, different, f"{what}: ids and offsets of {count} lines", "{} differ")


def check_tokenizer(setting):
    alone = [scalar for scalar in SCALARS if unicodedata.category(scalar) not in ("Cc", "Cf", "Co", "Zl", "Zp", "Zs")]
    pieces = SPECIAL + alone + ["##" + scalar for scalar in alone if scalar != "#"]
    all_scalars = write_lines(setting.folder / "all-scalars", pieces)
    each = write_lines(setting.folder / "each-scalar", (f"a{scalar}b" for scalar in SCALARS))
    strings = write_lines(setting.folder / "strings", random_strings(setting.strings))
    for name, flags in RULES.items():
        yield compare_tokens(setting, f"the text, {name}", flags, setting.vocabulary_for(*flags), setting.text)
        yield compare_tokens(setting, f"each scalar, {name}", flags, all_scalars, each)
        yield compare_tokens(setting, f"random strings, {name}", flags, all_scalars, strings)


# speed: tokenizing alone there, all that prepare does here


def alternately(*contestants):
    """Medians of what each returns, taking turns: a machine that slows down slows down all of them."""
    rounds = [[contestant() for contestant in contestants] for _ in range(3)]
    return [statistics.median(results) for results in zip(*rounds)]


def prepare_speed(setting, text, threads):
    words = ["--vocab", setting.vocabulary_for(), "--threads", threads, "--output", setting.folder / "speed"]
    return float(re.search(r"([\d.]+) MB/s", setting.run("prepare", "--corpus", text, *words))[1])


def encode_speed(encode, lines):
    start = time.perf_counter()
    for first in range(0, len(lines), 1000):
        encode(lines[first:first + 1000], add_special_tokens=False)
    return sum(len(line.encode()) + 1 for line in lines) / 1e6 / (time.perf_counter() - start)


def check_speed(setting):
    content, texts = setting.text.read_bytes(), []
    for size in 16_000_000, 50_000_000:
        texts.append(setting.folder / f"repeated-{size}.txt")
        texts[-1].write_bytes(content * -(-size // len(content)))
    tokenizer = pipeline(word_piece(setting.vocabulary_for()))
    lines = texts[0].read_text(encoding="utf-8", errors="replace").split("\n")
    methods = [name for name in ("encode_batch", "encode_batch_fast") if hasattr(tokenizer, name)]
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    ours, *theirs = alternately(
        lambda: prepare_speed(setting, texts[0], 1),
        *(functools.partial(encode_speed, getattr(tokenizer, name), lines) for name in methods))
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    named = ", ".join(f"{name} {speed:.1f}" for name, speed in zip(["prepare", *methods], [ours, *theirs]))
    yield at_least(1.5, ours / max(theirs), f"MB/s on one thread: {named}", "{:.2f} x")
    one, two = alternately(*(functools.partial(prepare_speed, setting, texts[1], threads) for threads in (1, 2)))
    yield at_least(1.6, two / one, f"MB/s of prepare: one thread {one:.1f}, two {two:.1f}", "{:.2f} x")


# vocabulary: learnt from the same corpus


def learn_theirs(corpus, size, path):
    """As BertWordPieceTokenizer.train does."""
    tokenizer = pipeline(WordPiece(unk_token="[UNK]"))
    tokenizer.train([str(corpus)], WordPieceTrainer(
        vocab_size=size, min_frequency=2, limit_alphabet=1000, special_tokens=SPECIAL, show_progress=False))
    numbers = tokenizer.get_vocab()
    write_lines(path, sorted(numbers, key=numbers.get))


def tokens_of(vocabulary, text):
    """Tokens for each word of the text, and the share of [UNK] among them."""
    tokenizer = pipeline(word_piece(vocabulary))
    words = tokens = unknown = 0
    with open(text, encoding="utf-8", errors="replace") as file:
        for encoding in itertools.chain.from_iterable(map(tokenizer.encode_batch, blocks(file))):
            words, tokens = words + len(set(encoding.word_ids)), tokens + len(encoding.ids)
            unknown += encoding.tokens.count("[UNK]")
    return tokens / words, unknown / tokens


def seconds(action, *arguments):
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


def check_vocabulary(setting):
    size, ours, theirs = 8192, setting.folder / "ours", setting.folder / "theirs"
    our_time, their_time = alternately(
        lambda: seconds(setting.run, "vocabulary", "--corpus", setting.corpus, "--size", size, "--output", ours),
        lambda: seconds(learn_theirs, setting.corpus, size, theirs))
    our_tokens, our_unknown = tokens_of(ours, setting.text)
    their_tokens, their_unknown = tokens_of(theirs, setting.text)
    what = f"tokens a word: ours {our_tokens:.4f}, theirs {their_tokens:.4f}"
    yield at_most(1.01, our_tokens / their_tokens, what, "{:.4f} x")
    what = f"[UNK] of all tokens: ours {our_unknown:.3%}, theirs {their_unknown:.3%}"
    yield at_most(.001, our_unknown - their_unknown, what, "{:+.3%}")
    yield at_most(1, our_time / their_time, f"seconds: ours {our_time:.1f}, theirs {their_time:.1f}", "{:.2f} x")


# export and import: networks


def sentences(setting, count):
    """Beginnings of paragraphs, short enough for any network here."""
    with open(setting.text, encoding="utf-8", errors="replace") as file:
        return list(itertools.islice((line.strip()[:200].strip() for line in file if len(line) > 40), count))


def loaded(kind, folder):
    return kind.from_pretrained(folder, dtype=torch.float32).eval(), AutoTokenizer.from_pretrained(folder)


def loading_row(kind, folder):
    """All that transformers has to say against a folder."""
    heard = logging.handlers.BufferingHandler(capacity=1000)
    heard.setLevel(logging.WARNING)
    logging.getLogger("transformers").addHandler(heard)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        loaded(kind, folder)
        _, information = kind.from_pretrained(folder, output_loading_info=True)
    logging.getLogger("transformers").removeHandler(heard)
    complaints = [f"{what}: {sorted(map(str, names))}" for what, names in information.items() if names]
    complaints += [record.getMessage() for record in heard.buffer] + [str(warning.message) for warning in warned]
    for complaint in complaints:
        print(f"{folder.name}: {complaint}")
    return at_most(0, len(complaints), f"{folder.name}: transformers loads it", "{} complaints")


def difference_row(what, pairs):
    """Pairs of arrays: found, expected."""
    worst = [abs(found - expected).max() if found.shape == expected.shape else numpy.inf for found, expected in pairs]
    return at_most(TOLERANCE, numpy.max(worst), what, "{:.1e}")


@torch.inference_mode()
def discriminator_rows(setting, what, folder, lines):
    network, tokenizer = loaded(ElectraForPreTraining, folder)
    all_ids = setting.run("tokenize", "--ids", "--vocab", folder / "vocab.txt", lines=lines).split("\n")
    reports = setting.run("detect", "--model", folder, "--json", lines=lines).split("\n")
    different, pairs = 0, []
    for line, ids, report in zip(lines, all_ids, map(json.loads, reports)):
        encoding = tokenizer(line, return_offsets_mapping=True)
        tokens = zip(tokenizer.convert_ids_to_tokens(encoding.input_ids), encoding.offset_mapping)
        found = [(token["token"], (token["start"], token["end"])) for token in report["tokens"]]
        expected_ids = " ".join(map(str, encoding.input_ids[1:-1]))
        different += (report["text"], found, ids) != (line, list(tokens)[1:-1], expected_ids)
        logits = network(torch.tensor([encoding.input_ids])).logits[0, 1:-1]
        pairs.append((
            numpy.array([(token["logit"], token["probability"]) for token in report["tokens"]]),
            torch.stack([logits, logits.sigmoid()], dim=1).numpy()))
    yield at_most(0, different, f"{what}: ids, pieces and places of {len(lines)} lines", "{} differ")
    yield difference_row(f"{what}: logits and probabilities from detect", pairs)


@torch.inference_mode()
def generator_rows(setting, what, folder, lines):
    network, tokenizer = loaded(ElectraForMaskedLM, folder)
    lines = [f"{line[:len(line) // 2]} [MASK] {line[len(line) // 2:]}" for line in lines]
    reports = setting.run("fill-mask", "--model", folder, "--json", "--top", len(tokenizer), lines=lines).split("\n")
    different, pairs = 0, []
    for line, report in zip(lines, map(json.loads, reports)):
        (mask,) = report["masks"]
        place = line.index("[MASK]")
        ranked = mask["predictions"]
        pieces = tokenizer.convert_ids_to_tokens([one["id"] for one in ranked])
        different += (
            (report["text"], mask["start"], mask["end"]) != (line, place, place + len("[MASK]"))
            or [one["token"] for one in ranked] != pieces
            or ranked != sorted(ranked, key=lambda one: -one["logit"]))
        ids = tokenizer(line).input_ids
        logits = network(torch.tensor([ids])).logits[0, ids.index(tokenizer.mask_token_id)]
        pairs.append((
            numpy.array([(one["logit"], one["probability"]) for one in sorted(ranked, key=lambda one: one["id"])]),
            torch.stack([logits, logits.softmax(dim=0)], dim=1).numpy()))
    yield at_most(0, different, f"{what}: places, pieces and their order in {len(lines)} lines", "{} differ")
    yield difference_row(f"{what}: logits and probabilities from fill-mask", pairs)


def check_export(setting):
    """After a few steps at a high learning rate: no parameter is what it was at first."""
    run, models = setting.folder / "run", setting.folder / "models"
    setting.run(
        "pretrain", "--data", setting.data, "--run", run, "--preset", "small", "--steps", 6, "--warmup", 2,
        "--learning-rate", "1e-3", "--batch", 8, "--slices", 2, "--threads", 2, "--evaluate-every", 0)
    setting.run("export", "--run", run, "--output", models)
    lines = sentences(setting, 200)
    yield loading_row(ElectraForPreTraining, models / "discriminator")
    yield from discriminator_rows(setting, "discriminator", models / "discriminator", lines)
    yield loading_row(ElectraForMaskedLM, models / "generator")
    yield from generator_rows(setting, "generator", models / "generator", lines)


NETWORKS = {  # embedding size; hidden size, layers, heads and inner size of the discriminator, then of the generator
    "tiny": (64, (64, 2, 2, 128), (64, 2, 1, 256)),
    "small": (128, (256, 12, 4, 1024), (64, 12, 1, 256)),
    "base": (768, (768, 12, 12, 3072), (256, 12, 4, 1024)),
}


def save(network, vocabulary, folder, **options):
    network.save_pretrained(folder, **options)
    shutil.copy(vocabulary, folder / "vocab.txt")
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)


def random_network(kind, pieces, embedding_size, sizes):
    """With weights so large that no part is without effect."""
    hidden, layers, heads, inner = sizes
    network = kind(ElectraConfig(
        vocab_size=pieces, embedding_size=embedding_size, hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=inner))
    for name, parameter in network.named_parameters():
        torch.nn.init.normal_(parameter, 1 if name.endswith("LayerNorm.weight") else 0, .05)
    return network


@torch.inference_mode()
def vectors_row(setting, what, folder, lines):
    network, tokenizer = loaded(ElectraForPreTraining, folder)
    output = folder / "vectors.npy"
    setting.run("embed", "--model", folder, "--vectors", "tokens", "--output", output, lines=lines)
    ends = numpy.cumsum(numpy.load(output.with_suffix(".lengths.npy")))
    found = numpy.split(numpy.load(output), ends[:-1])
    expected = [network.electra(**tokenizer(line, return_tensors="pt")).last_hidden_state[0].numpy() for line in lines]
    return difference_row(f"{what}: vectors from embed", zip(found, expected, strict=True))


def round_trip_row(setting, what, folder):
    """The first update has a learning rate of 0: what comes out is what went in."""
    run, models = folder / "run", folder / "models"
    setting.run(
        "pretrain", "--data", setting.data, "--run", run, "--from-discriminator", folder / "discriminator",
        "--from-generator", folder / "generator", "--steps", 1, "--batch", 2, "--slices", 1, "--evaluate-every", 0)
    setting.run("export", "--run", run, "--output", models)
    before, after = (
        {(place, name): (array.dtype, array.shape, array.tobytes())
         for place in ("discriminator", "generator")
         for name, array in load_file(parent / place / "model.safetensors").items()}
        for parent in (folder, models))
    different = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    for name in different[:10]:
        print(f"{what}: differs: {' '.join(name)}")
    return at_most(0, len(different), f"{what}: {len(before)} tensors in, one step, out again", "{} differ")


def check_import(setting):
    vocabulary, lines = setting.data / "vocab.txt", sentences(setting, 40)
    pieces = len(vocabulary.read_bytes().splitlines())
    torch.manual_seed(1)
    for name, (embedding_size, *sizes) in NETWORKS.items():
        folder = setting.folder / name
        discriminator = random_network(ElectraForPreTraining, pieces, embedding_size, sizes[0])
        generator = random_network(ElectraForMaskedLM, pieces, embedding_size, sizes[1])
        generator.electra.embeddings = discriminator.electra.embeddings
        generator.tie_weights()
        save(discriminator, vocabulary, folder / "discriminator")
        save(generator, vocabulary, folder / "generator")
        yield vectors_row(setting, name, folder / "discriminator", lines)
        yield from discriminator_rows(setting, name, folder / "discriminator", lines)
        yield from generator_rows(setting, name, folder / "generator", lines)
        yield round_trip_row(setting, name, folder)
    for what, shard in ("float16", "1GB"), ("bfloat16", "1GB"), ("float32", "9MB"):
        folder = setting.folder / what
        network, _ = loaded(ElectraForPreTraining, setting.folder / "small/discriminator")
        save(network.to(getattr(torch, what)), vocabulary, folder, max_shard_size=shard)
        yield vectors_row(setting, f"small, {what}, {len(list(folder.glob('*.safetensors')))} files", folder, lines)


# wild: folders and vocabularies as they are published


def wild_vocabularies(pieces):
    """Lines of vocab.txt that are not as they should be, by what is the matter."""
    some = pieces[200:203]
    return {
        "blank lines": pieces[:150] + [""] + pieces[150:300] + ["", ""] + pieces[300:],
        "doubled lines": pieces + some + some,
        "blank lines at the end": pieces + ["", "", ""],
        "a special piece twice": pieces + ["[SEP]"] + some,
        "spaces at the end of lines": [piece + " \t"[number % 2] * (number % 7 == 0) for number, piece in enumerate(pieces)],
        "all of it": ["", *pieces, "", *some, "  ", *pieces[300:310], ""],
    }


def with_added_words(folder, pieces, target):
    """The tokenizer of a folder with added tokens of all kinds."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([
        "Covid", "New York", "\u4e2d\u56fd", "caf\u00e9", AddedToken("GmbH", normalized=False),
        AddedToken("alone", single_word=True), AddedToken("wide", lstrip=True, rstrip=True),
        AddedToken("both", single_word=True, lstrip=True, normalized=False), pieces[250], "Co", "covid19"])
    tokenizer.add_special_tokens({"additional_special_tokens": ["<user>", AddedToken("<end>", rstrip=True)]})
    tokenizer.save_pretrained(target)
    return tokenizer


def added_lines(lines):
    """With the added words at all places of the text."""
    words = ["covid", "COVID", "New York", "new  york", "\u4e2d\u56fd", "CAF\u00c9", "GmbH", "gmbh", "alone", "Wide", "both",
             "both ", "<user>", "<end>", " <end>  ", "covid19", "covid1", "co", "\u00e9", "_", " ", "-", "\u4e2d", "Alone\u0301"]
    chance = random.Random(7)
    for line in lines:
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(line) + 1)
            line = line[:place] + "".join(chance.choices(words, k=chance.randrange(1, 4))) + line[place:]
        yield line


def tokens_row(setting, what, tokenizer, vocabulary, lines):
    """Ids and places."""
    different = 0
    found = setting.run("tokenize", "--offsets", "--vocab", vocabulary, lines=lines).split("\n")
    for line, words in zip(lines, found):
        encoding = tokenizer(line, return_offsets_mapping=True, add_special_tokens=False)
        expected = [f"{id}:{start}-{end}" for id, (start, end) in zip(encoding.input_ids, encoding.offset_mapping)]
        if words.split() != expected:
            different += 1
            if different < 4:
                print(f"{what}: {line!r}: {words} expected {' '.join(expected)}")
    return at_most(0, different, f"{what}: ids and places of {len(lines)} lines", "{} differ")


def check_wild(setting):
    pieces, lines = (setting.data / "vocab.txt").read_text().split("\n")[:-1], sentences(setting, 200)
    configuration = ElectraConfig(
        vocab_size=len(pieces) + 64, embedding_size=32, hidden_size=64, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64)
    for what, wild in wild_vocabularies(pieces).items():
        folder, saved = setting.folder / f"wild {what}", setting.folder / f"saved {what}"
        folder.mkdir()
        write_lines(folder / "vocab.txt", wild)
        configuration.save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        yield tokens_row(setting, what, tokenizer, folder / "vocab.txt", lines)
        tokenizer.save_pretrained(saved)
        yield tokens_row(setting, what + ", saved", tokenizer, saved, lines)
        # What an export of ours says.
        data = setting.folder / f"data {what}"
        setting.run("prepare", "--corpus", setting.text, "--vocab", saved, "--output", data)
        setting.run(
            "pretrain", "--data", data, "--run", data / "run", "--preset", "tiny", "--steps", 1, "--batch", 2,
            "--slices", 1, "--evaluate-every", 0)
        setting.run("export", "--run", data / "run", "--output", data / "model")
        ours = AutoTokenizer.from_pretrained(data / "model/discriminator")
        different = sum(ours(line).input_ids != tokenizer(line).input_ids for line in lines)
        yield at_most(0, different, f"{what}: transformers with our export", "{} differ")

    folder, plain = setting.folder / "added words", setting.folder / "wild blank lines"
    tokenizer = with_added_words(plain, pieces, folder)
    with_words = list(added_lines(lines))
    yield tokens_row(setting, "added words", tokenizer, folder, with_words)
    yield tokens_row(setting, "added words, tokenizer.json alone", tokenizer, folder / "tokenizer.json", with_words)
    torch.manual_seed(2)
    network = ElectraForPreTraining(configuration).eval()
    network.save_pretrained(plain)
    yield from discriminator_rows(setting, "longer word table", plain, lines)
    for what, rename in TENSOR_NAMES.items():
        other = setting.folder / what
        shutil.copytree(plain, other)
        tensors = {rename(name): tensor for name, tensor in load_file(plain / "model.safetensors").items()}
        save_file(tensors, other / "model.safetensors", metadata={"format": "pt"})
        settings = json.loads((plain / "config.json").read_text())
        del settings["model_type"], settings["architectures"]
        (other / "config.json").write_text(json.dumps(settings))
        reports = [setting.run("detect", "--model", place, "--json", lines=lines) for place in (plain, other)]
        yield at_most(0, int(reports[0] != reports[1]), f"tensors called otherwise ({what}), no model_type", "{} differ")


TENSOR_NAMES = {
    "gamma": lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
    "module": lambda name: "module." + name,
    "discriminator": lambda name: "discriminator." + name,
    "backbone": lambda name: name.replace("electra.", "backbone."),
}


# the table

CHECKS = {
    "tokenizer": check_tokenizer, "speed": check_speed, "vocabulary": check_vocabulary,
    "export": check_export, "import": check_import, "wild": check_wild,
}


def rows_of(name, setting):
    """An error is a row too: the other checks go on."""
    try:
        for row in CHECKS[name](setting):
            print(f"{name}: {row[0]}: {row[1]}", file=sys.stderr)
            yield name, *row
    except Exception:
        traceback.print_exc()
        yield name, "all of it", "an error", "none", False


def print_table(rows):
    cells = [("check", "what was compared", "found", "wanted", "ok")]
    cells += [(*words, "yes" if ok else "NO") for *words, ok in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        print(" | ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--text", required=True, help="held-out text, one paragraph a line")
    parser.add_argument("--vocab", help="WordPiece vocabulary to tokenize with; by default one learnt from the text")
    parser.add_argument("--corpus", help="what the vocabularies that are compared are learnt from; by default the text")
    parser.add_argument("--strings", type=int, default=1_000_000, help="random strings to tokenize")
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS), help="checks to run; by default all")
    arguments = parser.parse_args()
    for path in (arguments.text, arguments.vocab, arguments.corpus):
        if path and not Path(path).is_file():
            parser.error(f"{path}: no such file")
    transformers.logging.set_verbosity_warning()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(arguments, folder)
        rows = [row for name in arguments.only for row in rows_of(name, setting)]
    print_table(rows)
    sys.exit(0 if all(row[-1] for row in rows) else 1)


main()
