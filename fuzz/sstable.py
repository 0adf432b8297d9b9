# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Sorted tables, read and written by nothing but docs/formats/table.md, with no
checks: hostile tables are made with it. Also CRC-32C and the wire format."""

import struct

MAGIC = 0xdb4775248b80fb57

_TABLE = []
for _n in range(256):
    for _ in range(8):
        _n = _n >> 1 ^ (0x82f63b78 if _n & 1 else 0)
    _TABLE.append(_n)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 255]
    return crc ^ 0xffffffff


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def varint(value):
    """Of any number below 2^70; negative ones as protobuf's int64."""
    value %= 1 << 64 if value < 0 else 1 << 70
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


# --- reading ---

def block_records(contents):
    restarts, = struct.unpack("<I", contents[-4:])
    at, end, key = 0, len(contents) - 4 * restarts - 4, b""
    while at < end:
        shared, at = read_varint(contents, at)
        unshared, at = read_varint(contents, at)
        size, at = read_varint(contents, at)
        key = key[:shared] + contents[at:at + unshared]
        at += unshared
        yield key, contents[at:at + size]
        at += size


def handles(data):
    """Handles of the metaindex block and the index block."""
    found, at = [], len(data) - 48
    for _ in range(2):
        offset, at = read_varint(data, at)
        size, at = read_varint(data, at)
        found.append((offset, size))
    return found


def records(data):
    """All (key, value) of a good table; compressed blocks are left out."""
    _, (offset, size) = handles(data)
    for _, handle in block_records(data[offset:offset + size]):
        start, at = read_varint(handle, 0)
        length, _ = read_varint(handle, at)
        if data[start + length] == 0:
            yield from block_records(data[start:start + length])


# --- writing ---

def entry(key, value, shared=0, unshared=None, size=None):
    return (varint(shared) +
            varint(len(key) if unshared is None else unshared) +
            varint(len(value) if size is None else size) + key + value)


def block(entries, restarts=(0,), count=None):
    """Contents of a block: entries in bytes, the restart array."""
    return (b"".join(entries) + b"".join(struct.pack("<I", r) for r in restarts)
            + struct.pack("<I", len(restarts) if count is None else count))


def stored(contents, kind=0):
    """With the trailer, the checksum right."""
    with_kind = contents + bytes([kind])
    return with_kind + struct.pack("<I", masked(with_kind))


def handle(offset, size):
    return varint(offset) + varint(size)


def footer(metaindex, index, magic=MAGIC):
    body = handle(*metaindex) + handle(*index)
    return body.ljust(40, b"\0") + struct.pack("<Q", magic)


def table(blocks, index_keys=None, kinds=None, metaindex=None, index=None):
    """A file of these data blocks (contents)."""
    out, listed = b"", []
    for i, contents in enumerate(blocks):
        key = index_keys[i] if index_keys else b"~" * (i + 1)
        listed.append(entry(key, handle(len(out), len(contents))))
        out += stored(contents, kinds[i] if kinds else 0)
    meta = block([]) if metaindex is None else metaindex
    where_meta = (len(out), len(meta))
    out += stored(meta)
    if index is None:
        starts = [sum(map(len, listed[:i])) for i in range(len(listed))]
        index = block(listed, starts or (0,))
    where_index = (len(out), len(index))
    return out + stored(index) + footer(where_meta, where_index)


def simple(pairs):
    """One block, every key whole; the keys in the order given."""
    entries = [entry(key, value) for key, value in pairs]
    starts = [sum(map(len, entries[:i])) for i in range(len(entries))]
    return table([block(entries, starts or (0,))])


# --- messages ---

def field(number, value):
    """An int as a varint, bytes with their length, ("fixed32", n)."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, tuple):
        return varint(number << 3 | 5) + struct.pack("<I", value[1])
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(*fields):
    return b"".join(field(number, value) for number, value in fields)
