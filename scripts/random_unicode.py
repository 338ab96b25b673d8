"""Strings of all kinds of Unicode, on which tokenizers may go different ways: for check-huggingface.py."""

import random
import unicodedata

from tokenizers.normalizers import BertNormalizer


def characters(ranges):
    """From the hexadecimal notation of the Unicode standard: "0041-005A 00DF"."""
    bounds = [[int(bound, 16) for bound in part.split("-")] for part in ranges.split()]
    return [chr(code) for part in bounds for code in range(part[0], part[-1] + 1)]


SCALARS = [scalar for scalar in characters("0000-D7FF E000-10FFFF") if scalar != "\n"]


def kinds_of_strings():
    """(weight, shortest, longest, characters): where tokenizers may go different ways."""
    strip = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    marks = [scalar for scalar in SCALARS if unicodedata.combining(scalar)]
    lasting = [mark for mark in marks if strip.normalize_str("a" + mark) != "a"]  # their order can be seen
    assigned = [scalar for scalar in SCALARS if unicodedata.category(scalar) not in ("Cn", "Co")]
    rare = [scalar for scalar in assigned if not unicodedata.name(scalar, "").startswith(("CJK", "HANGUL"))]
    return [
        (6, 1, 8, characters("0030-0039 0041-005A 0061-007A")),
        (4, 1, 2, characters("0009 000D 0020 00A0 2003 2028 3000")),
        (4, 1, 8, marks),
        (4, 1, 8, marks + lasting * 4),
        (3, 1, 6, rare),
        (2, 1, 4, [scalar for scalar in rare if unicodedata.decomposition(scalar)]),
        (2, 1, 3, characters("00DF 0130-0131 0149 01C4-01CC 01F0-01F3 03A3 03C2 1E9E 1F88-1FAF 2126 212A FB00-FB06")),
        (1, 1, 6, SCALARS),
        (1, 1, 6, assigned),
        (1, 1, 5, characters("3040-30FF 3400-4DBF 4E00-9FFF F900-FAFF 20000-2A6DF 2B820-2CEAF 2F800-2FA1F")),
        (1, 1, 5, characters("AC00-D7A3")),
        (1, 1, 6, characters("1100-11FF A960-A97C D7B0-D7FB")),
        (1, 1, 6, characters("1F1E6-1F1FF 1F300-1F64F 1F900-1F9FF 2600-27BF E0061-E007F") + ["\u200D", "\uFE0F"] * 400),
        (1, 1, 8, characters("0590-05FF 0600-06FF 0700-074F 07C0-07FF 202A-202E 2066-2069")),
        (1, 1, 8, characters("0900-0DFF 0E00-0FFF 1000-109F 1780-17FF")),
        (1, 1, 3, characters("0000-0008 000B-001F 007F-009F 00AD 034F 200B-200F E000 FEFF FFF9-FFFD")),
        (1, 1, 4, characters("0021-002F 003A-0040 005B-0060 007B-007E 00A1-00BF 2010-2027 2030-205E 3001-301F")),
        (.1, 92, 108, characters("0061-007A")),
        (.1, 30, 60, characters("0061-007A 00C0-00FF 1E00-1EFF AC00-AC40")),
    ]


def random_strings(count):
    """Always the same ones, for one version of Python."""
    source = random.Random(1)
    kinds = kinds_of_strings()
    weights = [weight for weight, *_ in kinds]
    for _ in range(count):
        yield "".join(
            "".join(source.choices(scalars, k=source.randint(shortest, longest)))
            for _, shortest, longest, scalars in source.choices(kinds, weights, k=source.randint(1, 8)))
