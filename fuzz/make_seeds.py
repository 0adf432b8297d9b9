#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Makes a fuzz target's first inputs from the small golden files.

usage: make_seeds.py TARGET GOLDEN_DIR OUT_DIR
"""

import json
import pathlib
import struct
import sys

MAX_SEED = 65536
GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


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


def bundles(golden):
    for index in golden.rglob("*.index"):
        data = index.with_name(
            index.name.removesuffix(".index") + ".data-00000-of-00001")
        if data.exists():
            table = index.read_bytes()
            yield struct.pack("<I", len(table)) + table + data.read_bytes()


def files(golden, *patterns):
    for pattern in patterns:
        for path in golden.rglob(pattern):
            yield path.read_bytes()


def arrays(_):
    yield bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3])
    yield bytes([0, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 1, 63, 128, 0, 0])
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    header += b" " * (64 - (10 + len(header) + 1) % 64) + b"\n"
    yield (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
           struct.pack("<2f", 1, 2))


MAKERS = {
    "array": arrays,
    "bundle": bundles,
    "meta_graph": lambda golden: files(golden, "*.meta"),
    "object_graph": object_graphs,
    "state": lambda golden: files(golden, "checkpoint"),
    "table": lambda golden: files(golden, "*.index"),
}


def main():
    target, golden, out = sys.argv[1], *map(pathlib.Path, sys.argv[2:4])
    seeds = {data for data in MAKERS[target](golden) if len(data) <= MAX_SEED}
    for number, data in enumerate(sorted(seeds)):
        (out / f"{number:04}").write_bytes(data)


main()
