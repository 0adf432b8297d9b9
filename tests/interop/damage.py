# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checkpoints made by hand, so that one thing at a time can be wrong in them.

A table is data blocks, an empty metaindex block, the index block and a footer;
an entry's fields are given as they stand in its message."""

import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fuzz"))
import sstable  # noqa: E402
from sstable import varint  # noqa: E402


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, payload):
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def shape(*dims):
    return b"".join(message(2, number(1, dim) if dim else b"") for dim in dims)


def entry(dtype, dims, offset=0, size=0, data=None, crc=None, shard=0,
          slices=()):
    """BundleEntryProto; the checksum is that of `data`."""
    out = number(1, dtype) if dtype else b""
    out += message(2, shape(*dims))
    out += number(3, shard) if shard else b""
    out += number(4, offset) if offset else b""
    out += number(5, size) if size else b""
    if data is not None:
        crc = sstable.masked(data)
    if crc is not None:
        out += varint(6 << 3 | 5) + struct.pack("<I", crc)
    for start, length in slices:
        extent = number(1, start) if start else b""
        out += message(7, message(1, extent + number(2, length)))
    return out


def header(shards=1, min_consumer=0, bad=()):
    version = number(1, 1)
    if min_consumer:
        version += number(2, min_consumer)
    for consumer in bad:
        version += number(3, consumer)
    return number(1, shards) + message(3, version)


def slice_key(name, start, length):
    """Of a piece of a vector, its numbers below 64."""
    return (b"\x00" + name + b"\x00\x01" + b"\x01\x01" +
            bytes([0x80 | start, 0x80 | length]))


def block(pairs):
    out = b"".join(b"\0" + varint(len(key)) + varint(len(value)) + key + value
                   for key, value in pairs)
    return out + struct.pack("<II", 0, 1)


def stored(contents, type=0, flip=False):
    """A block with its trailer; `flip` spoils a byte after the checksum."""
    data = contents + bytes([type])
    crc = sstable.masked(data)
    if flip:
        data = bytes([data[0] ^ 0x40]) + data[1:]
    return data + struct.pack("<I", crc)


def table(blocks, flip_index=False, footer=None, magic=True):
    """`blocks`: lists of pairs, or (bytes as stored, last key)."""
    out, index = b"", []
    for item in blocks:
        data, last = item if isinstance(item, tuple) else (
            stored(block(item)), item[-1][0])
        index.append((last, varint(len(out)) + varint(len(data) - 5)))
        out += data
    meta = varint(len(out)) + varint(8)
    out += stored(block([]))
    contents = block(index)
    if len(index) > 1:
        # Every entry of an index block is a restart.
        offsets, at = [], 0
        for key, value in index:
            offsets.append(at)
            at += 3 + len(key) + len(value)
        contents = contents[:-8] + struct.pack(
            f"<{len(offsets) + 1}I", *offsets, len(offsets))
    where = varint(len(out)) + varint(len(contents))
    out += stored(contents, flip=flip_index)
    foot = (footer if footer is not None else meta + where).ljust(40, b"\0")
    return out + foot + (bytes.fromhex("57fb808b247547db") if magic
                         else b"notmagic")
