#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Makes a fuzz target's first inputs from the small golden files.

usage: make_seeds.py TARGET GOLDEN_DIR OUT_DIR
"""

import json
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sstable  # noqa: E402

MAX_SEED = 65536
GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


def archive(*files):
    """The form of archive.h: (name, contents) one after another."""
    return b"".join(struct.pack("<HI", len(name), len(data)) + name + data
                    for name, data in files)


def object_graphs(golden):
    """Cut out of the data files, at the place the manifests name: one varint
    of length, 4 bytes of checksum, the graph."""
    for manifest in golden.rglob("manifest.json"):
        for checkpoint in json.loads(manifest.read_text()).get("checkpoints", []):
            prefix = manifest.parent / checkpoint["prefix"]
            data = pathlib.Path(f"{prefix}.data-00000-of-00001")
            for entry in checkpoint.get("tensors", []):
                if entry["key"] == GRAPH_KEY and data.exists():
                    end = entry["offset"] + entry["size"]
                    value = data.read_bytes()[entry["offset"]:end]
                    length = next(i for i, b in enumerate(value) if b < 128) + 1
                    yield value[length + 4:]


def bundle_files(index):
    """(suffix, contents) of a bundle."""
    stem = index.name.removesuffix(".index")
    for path in [index, *sorted(index.parent.glob(stem + ".data-*"))]:
        yield path.name.removeprefix(stem), path.read_bytes()


def bundles(golden):
    for index in golden.rglob("*.index"):
        yield archive(*((b"p" + suffix.encode(), data)
                        for suffix, data in bundle_files(index)))


def files(golden, *patterns):
    for pattern in patterns:
        for path in golden.rglob(pattern):
            yield path.read_bytes()


def entries(golden):
    """Some headers, entries and slice keys of all indexes, spelled slices."""
    found = sorted(set(all_entries(golden)))
    yield from random.Random(4).sample(found, min(len(found), 400))


def all_entries(golden):
    for path in golden.rglob("*.index"):
        for key, value in sstable.records(path.read_bytes()):
            yield (b"\x01" if key else b"\x00") + value
            if key[:1] == b"\0":
                yield b"\x02" + key
    yield b"\x030,2:-:3,1"
    yield b"\x03"


def trees(golden):
    """A directory each with its state file, asked for in several ways."""
    for state in golden.rglob("checkpoint"):
        found = [(f"d/{path.name}".encode(), path.read_bytes())
                 for path in sorted(state.parent.iterdir()) if path.is_file()]
        first = next((name for name, _ in found if name.endswith(b".index")),
                     b"d/x.index")
        for typed in (b"d", first, first.removesuffix(b".index"),
                      b"d/checkpoint", b"d/" + b"../" * 3 + b"etc"):
            yield archive((b"", typed), *found)
    for index in golden.rglob("*.index"):
        yield archive((b"", b"d"), *((b"d/p" + suffix.encode(), data)
                                     for suffix, data in bundle_files(index)))
    for path in (golden / "cases/v1").rglob("*"):
        if path.is_file() and path.suffix not in (".json", ".md"):
            yield archive((b"", b"d/v"), (b"d/v", path.read_bytes()))
    for path in golden.rglob("*.pb"):
        yield archive((b"", b"d"), (b"d/saved_model.pb", path.read_bytes()[:999]))


def journals(_):
    """A switch in each of its states, and journals that reach elsewhere."""
    tag = f"{sstable.crc32c(b'model'):08x}"
    temporaries = [f"{name}.cairn-tmp-{tag}0000000{i}"
                   for i, name in enumerate(["model.index",
                                             "model.data-00000-of-00001"])]

    def journal(*lines):
        body = "".join(line + "\n" for line in lines).encode()
        return b"cairn-journal 1\n%08x\n" % sstable.crc32c(body) + body

    lines = [f"3 {t} {t.split('.cairn')[0]}" for t in temporaries]
    state = (b"model.cairn-journal", journal(*lines))
    new = [(t.encode(), b"new") for t in temporaries]
    old = [(t.split(".cairn")[0].encode(), b"old") for t in temporaries]
    yield archive(state, *new, *old)
    yield archive(state, *new[1:], *old)
    yield archive(state, *old)
    yield archive(*new, *old)
    for name in ("%2e%2e%2fe%2fmodel.index", "models.index", "checkpoint",
                 "%2fmodel.index", "model.index"):
        line = f"3 {name}.cairn-tmp-{tag}00000000 {name}"
        yield archive((b"model.cairn-journal", journal(line)), *new)


def arrays(_):
    yield bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3])
    yield bytes([0, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 1, 63, 128, 0, 0])
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    header += b" " * (64 - (10 + len(header) + 1) % 64) + b"\n"
    yield (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
           struct.pack("<2f", 1, 2))


def choices(_):
    """For targets that take their bytes as decisions."""
    source = random.Random(4)
    for size in (0, 1, 16, 64, 64, 256, 256, 256, 1024, 1024, 4096):
        yield source.randbytes(size)


def v1_files(golden):
    """Single files, and the shards of one name together."""
    single, sharded = [], {}
    for path in golden.rglob("*"):
        if not path.is_file() or path.suffix in (".json", ".md", ".index"):
            continue
        if path.stat().st_size > MAX_SEED or ".data-" in path.name:
            continue
        data = path.read_bytes()
        if data[-8:] != struct.pack("<Q", sstable.MAGIC):
            continue
        stem, _, rest = path.name.partition("-0")
        if "-of-" in rest:
            sharded.setdefault(path.parent / stem, []).append((rest, data))
        single.append(data)
    for data in single:
        yield archive((b"p", data))
    for shards in sharded.values():
        yield archive(*((b"p-0" + rest.encode(), data)
                        for rest, data in sorted(shards)))


MAKERS = {
    "api": choices,
    "array": arrays,
    "bundle": bundles,
    "crc": choices,
    "entry": entries,
    "journal": journals,
    "meta_graph": lambda golden: files(golden, "*.meta"),
    "object_graph": object_graphs,
    "open_path": trees,
    "round_trip": choices,
    "session": choices,
    "state": lambda golden: files(golden, "checkpoint"),
    "table": lambda golden: files(golden, "*.index"),
    "v1": v1_files,
}


def main():
    target, golden, out = sys.argv[1], *map(pathlib.Path, sys.argv[2:4])
    seeds = {data for data in MAKERS[target](golden) if len(data) <= MAX_SEED}
    for number, data in enumerate(sorted(seeds)):
        (out / f"{number:04}").write_bytes(data)


main()
