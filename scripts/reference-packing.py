"""Packs a text as google-research/electra's build_pretraining_dataset.py does, into a data set of electra-dist.

Usage: reference-packing.py TEXT VOCAB OUTPUT

For scripts/compare-reference. The reference throws overflow away, so it sees fewer sequences of a text, and more often, than
after `electra-dist prepare`; and it evaluates on training data: 1,600 sequences stand in both parts here.
"""

import json
import os
import random
import struct
import sys

from tokenizers import BertWordPieceTokenizer

LENGTH = 128
CLS, SEP = 101, 102


def sequence(sentences, chance, target):
    """[CLS] A [SEP] or [CLS] A [SEP] B [SEP], and the length of its first segment."""
    first_target = 100_000 if chance.random() < 0.1 else (target - 3) // 2
    a, b = [], []
    for tokens in sentences:
        fits = len(a) + len(tokens) < first_target
        if not a or fits or (not b and len(a) < first_target and chance.random() < 0.5):
            a += tokens
        else:
            b += tokens
    a = a[:LENGTH - 2]
    b = b[:max(0, LENGTH - len(a) - 3)]
    return [CLS, *a, SEP] + ([*b, SEP] if b else []), len(a) + 2


def pack(lines, tokenizer):
    chance, sentences, collected, target = random.Random(0), [], 0, LENGTH
    for first in range(0, len(lines), 5000):
        block = [line.strip() for line in lines[first:first + 5000]]
        for line, encoding in zip(block, tokenizer.encode_batch(block, add_special_tokens=False)):
            if line:
                sentences.append(encoding.ids)
                collected += len(encoding.ids)
            if collected and (not line or collected >= target):
                yield sequence(sentences, chance, target)
                sentences, collected = [], 0
                target = chance.randint(5, LENGTH) if chance.random() < 0.05 else LENGTH


def crc32c(data, crc=0, table=[]):
    if not table:
        for byte in range(256):
            for _ in range(8):
                byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
            table.append(byte)
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def write_split(folder, name, sequences, vocabulary_size):
    """One shard (Sources/Electra/Corpus/DataSet/ShardHeader.swift), and its entry of the manifest."""
    index, tokens, offset = bytearray(), bytearray(), 0
    for ids, first in sequences:
        index += struct.pack("<Q", offset | len(ids) << 32 | first << 48)
        tokens += struct.pack(f"<{len(ids)}H", *ids)
        offset += len(ids)
    payload = bytes(index + tokens)
    header = b"ELECTRAD" + struct.pack(
        "<IIIIQQI16x", 1, LENGTH, vocabulary_size, 2, len(sequences), offset, crc32c(payload))
    header += struct.pack("<I", crc32c(header))
    with open(os.path.join(folder, f"{name}-00000.shard"), "wb") as file:
        file.write(header + payload)
    counts = {"sequences": len(sequences), "tokens": offset}
    shard = {"name": f"{name}-00000.shard", "bytes": len(header) + len(payload), "checksum": f"{crc32c(payload):08x}"}
    return {**counts, "shards": [{**shard, **counts}]}


def main():
    text, vocabulary, output = sys.argv[1:]
    with open(text, encoding="utf-8") as file:
        sequences = list(pack(file.read().split("\n"), BertWordPieceTokenizer(vocabulary, lowercase=True)))
    random.Random(0).shuffle(sequences)
    os.makedirs(output, exist_ok=True)
    with open(vocabulary, "rb") as file:
        pieces = file.read()
    with open(os.path.join(output, "vocab.txt"), "wb") as file:
        file.write(pieces)
    size = pieces.count(b"\n")
    manifest = {
        "format": "electra-dist data", "version": 1, "max_length": LENGTH, "cased": False, "vocabulary_size": size,
        "vocabulary_checksum": f"{crc32c(pieces):08x}", "seed": 0, "held_out_fraction": 0, "documents": 1,
        "unknown_tokens": 0, "sources": [{"name": text, "bytes": os.path.getsize(text)}],
        "train": write_split(output, "train", sequences, size),
        "held_out": write_split(output, "held-out", sequences[:1600], size)}
    with open(os.path.join(output, "manifest.json"), "w") as file:
        json.dump(manifest, file)
    print(f"{output}: {len(sequences)} sequences as the reference packs them")


main()
