"""Learns vocabularies of several languages here and with Hugging Face, and prints what they do to held-out text.

Usage: languages.py PROGRAM CACHE [--size N] [--only LANGUAGE ...]

Every tenth paragraph is held out. Exits with 1 where a vocabulary costs more than one of Hugging Face's trainer, with its
limit of 1000 characters or without: in tokens a word, where a word that is lost counts as ten.
"""

import argparse
import html
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TOKENS_FOR_UNKNOWN = 10
TOLERANCE = 0.001

# texts


@dataclass(frozen=True)
class Source:
    """Files of a Debian package; `english` holds the same text, to know what was never translated."""
    package: str
    files: str
    english: "Source | None" = None


def help_pages(language):
    def pages(language):
        return f"libreoffice-help-{language.lower()}", f"./usr/share/libreoffice/help/{language}/text/.*\\.html"
    return Source(*pages(language), Source(*pages("en-US")))


def handbook(language):
    def pages(language):
        return "debian-handbook", f"./usr/share/doc/debian-handbook/html/{language}/.*\\.html"
    return Source(*pages(language), Source(*pages("en-US")))


@dataclass(frozen=True)
class Language:
    sources: list
    options: tuple = ("--keep-accents",)
    """What docs/languages.md tells to take."""
    changes: dict = field(default_factory=dict)
    """What it says to replace in the text beforehand."""


LANGUAGES = {
    "English": Language([help_pages("en-US").english], ()),
    "German": Language([help_pages("de")], ("--cased",)),
    "Finnish": Language([help_pages("fi")]),
    "Turkish": Language([help_pages("tr")], changes={"I": "ı", "İ": "i"}),
    "Vietnamese": Language([help_pages("vi")]),
    "Arabic": Language([handbook("ar-MA")]),
    "Persian": Language([handbook("fa-IR")]),
    "Hindi": Language([help_pages("hi")]),
    "Chinese": Language([Source("fortunes-zh", "./usr/share/games/fortunes/[^.]*")], ()),
    "Japanese": Language([help_pages("ja"), handbook("ja-JP")]),
    "Korean": Language([help_pages("ko")]),
    "Khmer": Language([help_pages("km")], changes={"\u200B": " "}),
}


def package_files(package, pattern, cache):
    """The texts of the files whose whole names match, in the order of their names."""
    if not list(cache.glob(f"{package}_*.deb")):
        cache.mkdir(parents=True, exist_ok=True)
        command = ["apt-get", "download", "--quiet", "--quiet", "-o", "APT::Sandbox::User=root", package]
        try:
            subprocess.run(command, cwd=cache, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"{package}: not downloaded ({error}); this needs Debian 12, and apt-get update before")
    deb = next(cache.glob(f"{package}_*.deb"))
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as process, \
            tarfile.open(fileobj=process.stdout, mode="r|") as archive:
        files = {
            member.name: archive.extractfile(member).read().decode(errors="replace")
            for member in archive if member.isfile() and re.fullmatch(pattern, member.name)}
    return [files[name] for name in sorted(files)]


def blocks(text):
    """Paragraphs of a page, or of a file of fortunes."""
    if "</" not in text:
        return re.sub(r"\x1b\[[\d;]*m", "", text).split("\n%\n")
    text = re.sub(r"(?s)<(script|style|pre)\b.*?</\1>|<!--.*?-->", "", text)
    pieces = re.split(r"</?(?:body|br|d[dlt]|div|h\d|li|ol|p|t[dhr]|table|title|ul)\b[^>]*>", text)
    return [html.unescape(re.sub(r"<[^>]*>", "", piece)) for piece in pieces]


def paragraphs(source, cache):
    """Each once, none that is untranslated, and no mere words."""
    english = set(paragraphs(source.english, cache)) if source.english else ()
    texts = (
        " ".join(block.split()) for text in package_files(source.package, source.files, cache) for block in blocks(text))
    return list(dict.fromkeys(text for text in texts if len(text) > 20 and text not in english))


def write_lines(path, lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


# vocabularies


def pipeline(model, options):
    """The BERT tokenizer with these options, as in tokenizer.json."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True,
        strip_accents=False if "--keep-accents" in options else None, lowercase="--cased" not in options)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def learn_ours(program, text, size, options, folder):
    path = folder / "vocab.txt"
    subprocess.run(
        [program, "vocabulary", "--corpus", text, "--size", str(size), "--output", path, *options], check=True,
        capture_output=True)
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line.removesuffix("\n") for line in file]


def learn_theirs(text, size, options, **limit):
    tokenizer = pipeline(WordPiece(unk_token="[UNK]"), options)
    tokenizer.train(
        [str(text)],
        WordPieceTrainer(vocab_size=size, min_frequency=2, special_tokens=SPECIAL, show_progress=False, **limit))
    numbers = tokenizer.get_vocab()
    return sorted(numbers, key=numbers.get)


def measure(pieces, options, lines):
    """Tokens a word, the share of [UNK] among the tokens, and what a word costs."""
    numbers = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = pipeline(WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=100), options)
    words = tokens = unknown = 0
    for encoding in tokenizer.encode_batch(lines, add_special_tokens=False):
        words, tokens = words + len(set(encoding.word_ids)), tokens + len(encoding.ids)
        unknown += encoding.tokens.count("[UNK]")
    return tokens / words, unknown / tokens, (tokens + (TOKENS_FOR_UNKNOWN - 1) * unknown) / words


def different_words(options, lines):
    tokenizer = pipeline(WordPiece(unk_token="[UNK]"), options)
    normalize, split = tokenizer.normalizer.normalize_str, tokenizer.pre_tokenizer.pre_tokenize_str
    return len({word for line in lines for word, _ in split(normalize(line))})


def shown(character):
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"


def rows(name, arguments, folder):
    """One with the defaults, one with the options of the docs where these are others."""
    language = LANGUAGES[name]
    lines = [line for source in language.sources for line in paragraphs(source, arguments.cache)]
    size = f"{sum(len(line.encode()) + 1 for line in lines) / 1e6:.1f}"
    ways = [((), {}), (language.options, language.changes)]
    for options, changes in ways if ways[0] != ways[1] else ways[:1]:
        changed = [line.translate(str.maketrans(changes)) for line in lines]
        held_out = changed[9::10]
        text = write_lines(folder / "text.txt", [line for number, line in enumerate(changed) if number % 10 != 9])
        pieces = [
            learn_ours(arguments.program, text, arguments.size, options, folder),
            learn_theirs(text, arguments.size, options), learn_theirs(text, arguments.size, options, limit_alphabet=1000)]
        measured = [measure(each, options, held_out) for each in pieces]
        (*_, our_cost), *others = measured
        ok = all(our_cost <= (1 + TOLERANCE) * cost for *_, cost in others)
        words = [*options, *(f"{shown(old)} to {shown(new)}" for old, new in changes.items())]
        yield [
            name, size, ", ".join(words) or "none", f"{different_words(options, changed):,}", f"{len(pieces[0]):,}",
            *(f"{tokens:.3f}" for tokens, *_ in measured), *(f"{100 * unknown:.3f}" for _, unknown, _ in measured)], ok


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("cache", type=Path)
    parser.add_argument("--size", type=int, default=8000, help="pieces of each vocabulary")
    parser.add_argument("--only", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    arguments = parser.parse_args()
    heads = [
        "language", "MB", "options", "different words", "pieces", "tokens a word", "HF", "HF 1000", "[UNK] in %", "HF", "HF 1000"]
    print("| " + " | ".join(heads) + " |")
    print("|---|---:|---|" + "---:|" * (len(heads) - 3))
    worse = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            for cells, ok in rows(name, arguments, Path(folder)):
                print("| " + " | ".join(cells) + " |", flush=True)
                if not ok:
                    worse.append(f"{name}, options {cells[2]}")
    for what in worse:
        print(f"{what}: Hugging Face's trainer does better", file=sys.stderr)
    sys.exit(1 if worse else 0)


main()
