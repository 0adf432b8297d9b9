#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Makes the hand-made attacks of this folder, *.hex except found.hex.

usage: make.py                  writes them
       make.py --check          fails if they are not what it would write
       make.py --dump TARGET FILE   one input, such as a fuzzer's find, as a
                                    record to be added to found.hex

A record: `#` lines say what is tried, `target:` names the fuzz target whose
function gets the bytes, `expect:` a part of the status it must give, then the
bytes. Every checksum is right unless its record says otherwise.
"""

import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "fuzz"))
import sstable as s  # noqa: E402

DATA = b"0123456789abcdef"
HEADER = s.message((1, 1), (3, s.message((1, 1))))
MAX = (1 << 63) - 1
FLOAT, INT32, STRING, VARIANT = 1, 3, 7, 21


def archive(*files):
    return b"".join(struct.pack("<HI", len(name), len(data)) + name + data
                    for name, data in files)


def bundle(index, data=DATA):
    return archive((b"p.index", index), (b"p.data-00000-of-00001", data))


def shape(*dims):
    return b"".join(s.field(2, s.message((1, d)) if d else b"") for d in dims)


def piece(*extents):
    """(start, length) or None for a whole dimension."""
    return b"".join(
        s.field(1, s.message((1, e[0]), (2, e[1])) if e else b"")
        for e in extents)


def entry(dtype=FLOAT, dims=(4,), shard=0, offset=0, size=16, crc=None,
          pieces=(), extra=b""):
    crc = s.masked(DATA) if crc is None else crc
    out = s.field(1, dtype) + s.field(2, shape(*dims))
    out += b"".join(s.field(n, v) for n, v in
                    ((3, shard), (4, offset), (5, size)) if v)
    out += s.field(6, ("fixed32", crc)) if crc else b""
    return out + b"".join(s.field(7, piece(*p)) for p in pieces) + extra


def with_entry(value, data=DATA):
    return bundle(s.simple([(b"", HEADER), (b"a", value)]), data)


def with_header(value):
    return bundle(s.simple([(b"", value), (b"a", entry())]))


def slice_key(name, *extents):
    """Ordered code of small numbers only."""
    out = b"\0" + name + b"\0\1" + b"\1" + bytes([len(extents)])
    for start, length in extents:
        out += bytes([0x80 + start, 0x80 + length])
    return out


def pieces_index(full, *stored):
    """A partitioned tensor "w" and its pieces' entries."""
    pairs = [(b"", HEADER)]
    pairs += sorted((slice_key(b"w", *where), value) for where, value in stored)
    return bundle(s.simple(pairs + [(b"w", full)]))


def quarter(start, length, dtype=FLOAT, offset=None):
    begin = 4 * start if offset is None else offset
    return (((start, length),),
            entry(dtype, (length,), 0, begin, 4 * length,
                  s.masked(DATA[begin:begin + 4 * length])))


def strings(count, data, crc=0):
    return with_entry(entry(STRING, (count,), 0, 0, len(data), crc), data)


# (target, what it tries, expected, bytes)
def headers():
    yield "no header: the first key is a tensor's", "the header's", bundle(
        s.simple([(b"a", entry())]))
    yield "a header that is no message", "BundleHeaderProto", with_header(
        b"\xff\xff")
    yield "an index without any key", "the header's", bundle(s.table([]))
    yield "an index whose only block is empty", "without entries", bundle(
        s.simple([]))
    yield "no shards", "shard", with_header(s.message((3, b"\x08\x01")))
    yield "-1 shards", "-1", with_header(s.message((1, -1)))
    yield "2^31-1 shards", "2147483647", with_header(s.message((1, (1 << 31) - 1)))
    yield "2^32+1 shards, which is 1 in 32 bits", "DATA_LOSS", with_header(
        s.message((1, (1 << 32) + 1)))
    yield "endianness 7", "endian", with_header(s.message((1, 1), (2, 7)))
    yield "needs a newer reader", "min consumer version 2", with_header(
        s.message((1, 1), (3, s.message((1, 2), (2, 2)))))
    yield "forbids this reader", "disallows consumer", with_header(
        s.message((1, 1), (3, s.message((1, 1), (3, 1)))))


def dimensions():
    yield "a dimension of -5", "-5", with_entry(entry(dims=(-5,)))
    yield "a dimension of -1: unknown", "-1", with_entry(entry(dims=(-1,)))
    yield "2^62 x 2^62 elements: the product overflows", "2^63-1", with_entry(
        entry(dims=(1 << 62, 1 << 62)))
    yield "2^40 x 2^40 x 0: it overflows on the way", "2^63-1", with_entry(
        entry(dims=(1 << 40, 1 << 40, 0), size=0))
    yield "2^62 floats: the bytes overflow", "DATA_LOSS", with_entry(
        entry(dims=(1 << 62,), size=MAX))
    yield "300 dimensions", "at most 254", with_entry(entry(dims=(1,) * 300))
    yield "255 dimensions, one too many", "255", with_entry(
        entry(dims=(1,) * 255))
    yield "2^40 elements that the data file does not have", "ends at 16", \
        with_entry(entry(dims=(1 << 40,), size=1 << 42))
    yield "an unknown rank", "DATA_LOSS", with_entry(
        s.message((1, FLOAT), (2, s.field(3, 1)), (5, 16)))
    yield "a shape that is a number", "DATA_LOSS", with_entry(
        s.message((1, FLOAT), (2, 5), (5, 16)))
    yield "a dimension cut off in its size", "DATA_LOSS", with_entry(
        s.message((1, FLOAT), (2, b"\x12\x02\x08\x80"), (5, 16)))


def entries():
    yield "an entry that is no message", "DATA_LOSS", with_entry(b"\xff\xff\xff")
    yield "an empty entry", "DATA_LOSS", with_entry(b"")
    yield "a field cut off", "DATA_LOSS", with_entry(entry()[:-2])
    yield "field number 0", "DATA_LOSS", with_entry(b"\x00\x01" + entry())
    yield "a group", "DATA_LOSS", with_entry(entry(extra=b"\x43\x44"))
    yield "a length of 2^64-1", "DATA_LOSS", with_entry(
        b"\x12" + s.varint((1 << 64) - 1))
    yield "a varint of 11 bytes", "DATA_LOSS", with_entry(
        b"\x08" + b"\x80" * 10 + b"\x01")
    yield "element type 0", "dtype", with_entry(entry(0))
    yield "element type 99", "99", with_entry(entry(99))
    yield "element type 101, a reference", "101", with_entry(entry(101))
    yield "element type 20, a resource", "dtype 20", with_entry(entry(20))
    yield "element type -1", "DATA_LOSS", with_entry(entry(-1))
    yield "shard 99 of 1", "shard 99", with_entry(entry(shard=99))
    yield "shard -1", "DATA_LOSS", with_entry(entry(shard=-1))
    yield "offset -1", "DATA_LOSS", with_entry(entry(offset=-1))
    yield "an offset beyond the file", "ends at 16", with_entry(entry(offset=17))
    yield "offset + size beyond 2^63", "DATA_LOSS", with_entry(
        entry(offset=MAX, size=16))
    yield "size -1", "DATA_LOSS", with_entry(entry(size=-1))
    yield "a size that is not the shape's", "expected size 16", with_entry(
        entry(size=12))
    yield "no checksum", "Checksum", with_entry(
        s.message((1, FLOAT), (2, shape(4)), (5, 16)))
    yield "a checksum that is another's", "Checksum", with_entry(entry(crc=7))
    yield "data that ends early", "ends at 15", with_entry(entry(), DATA[:15])
    yield "no data file", "p.data-00000-of-00001", archive(
        (b"p.index", s.simple([(b"", HEADER), (b"a", entry())])))


def partitions():
    halves = [((0, 2),), ((2, 2),)]
    good = [quarter(0, 2), quarter(2, 2)]

    def full(*pieces):
        return entry(size=0, crc=0, pieces=pieces)
    yield "a piece listed twice", "Overlapping", pieces_index(
        full(halves[0], halves[0], halves[1]), *good)
    yield "a piece without an entry", "missing", pieces_index(
        full(*halves), good[0])
    yield "pieces that leave a gap", "sufficient slices", pieces_index(
        full(halves[0]), *good)
    yield "pieces that overlap", "Overlapping", pieces_index(
        full(((0, 3),), ((2, 2),)), quarter(0, 3), quarter(2, 2))
    yield "a piece beyond the shape", "DATA_LOSS", pieces_index(
        full(((0, 2),), ((3, 2),)), *good)
    yield "a piece that starts before the shape", "DATA_LOSS", pieces_index(
        full(((-1, 2),)), *good)
    yield "a piece of no elements", "DATA_LOSS", pieces_index(
        full(((0, 0),)), *good)
    yield "start + length beyond 2^63", "DATA_LOSS", pieces_index(
        full(((MAX, MAX),)), *good)
    yield "a piece of another rank", "DATA_LOSS", pieces_index(
        full(((0, 2), (0, 1))), *good)
    yield "a piece of another type", "should be", pieces_index(
        full(*halves), quarter(0, 2, INT32), quarter(2, 2))
    yield "a piece in pieces", "DATA_LOSS", pieces_index(
        full(*halves), good[0],
        (((2, 2),), entry(FLOAT, (2,), pieces=[((0, 2),)])))
    yield "2^60 elements in a piece of two", "DATA_LOSS", pieces_index(
        entry(dims=(1 << 60,), size=0, crc=0, pieces=[((0, 1 << 60),)]), *good)


def string_data():
    empty = struct.pack("<I", s.masked(struct.pack("<I", 0)))
    yield "a length beyond the entry", "DATA_LOSS", strings(
        1, b"\x07\0\0\0\0ab")
    yield "two lengths whose sum wraps", "DATA_LOSS", strings(
        2, b"\xff" * 9 + b"\x01" + b"\x02" + b"\0\0\0\0a")
    yield "a length that does not end", "DATA_LOSS", strings(1, b"\x80" * 12)
    yield "fewer lengths than elements", "DATA_LOSS", strings(
        100, b"\x00" + empty)
    yield "2^44 strings in 9 bytes", "DATA_LOSS", strings(1 << 44, b"\0" * 9)
    yield "lengths whose checksum is wrong", "length checksum", strings(
        1, b"\x01\0\0\0\0a")
    yield "a variant longer than its entry", "DATA_LOSS", with_entry(
        entry(VARIANT, (1,), 0, 0, 6, 0), b"\x05ab\0\0\0")
    yield "a variant whose checksum is wrong", "DATA_LOSS", with_entry(
        entry(VARIANT, (1,), 0, 0, 7, 0), b"\x02ab\0\0\0\0")


def orders():
    e = entry()
    yield "a key twice", "DATA_LOSS", bundle(
        s.simple([(b"", HEADER), (b"a", e), (b"a", e)]))
    yield "keys that descend", "DATA_LOSS", bundle(
        s.simple([(b"", HEADER), (b"b", e), (b"a", e)]))
    yield "the header twice", "DATA_LOSS", bundle(
        s.simple([(b"", HEADER), (b"", HEADER)]))
    yield "the header last", "DATA_LOSS", bundle(
        s.simple([(b"a", e), (b"", HEADER)]))


A, B = s.entry(b"a", b"1"), s.entry(b"b", b"2")
GOOD = s.block([A, B])


def blocks():
    def one(contents, **more):
        return s.table([contents], **more)
    yield "a block too short for a restart array", "DATA_LOSS", one(b"\0\0\0")
    yield "2^32-1 restarts", "restarts", one(
        s.block([A], count=(1 << 32) - 1))
    yield "no restarts", "restarts", one(s.block([A], restarts=()))
    yield "2^30 restarts: their bytes wrap to 0", "restarts", one(
        s.block([A], count=1 << 30))
    yield "the first restart not at the first entry", "restart", one(
        s.block([A, B], restarts=(len(A),)))
    yield "a restart beyond the entries", "restart", one(
        s.block([A, B], restarts=(0, 500)))
    yield "restarts that descend", "restart", one(
        s.block([A, B, B], restarts=(0, 2 * len(A), len(A))))
    yield "a restart inside an entry", "restart", one(
        s.block([A, B], restarts=(0, 1)))
    yield "a shared prefix in the first entry", "DATA_LOSS", one(
        s.block([s.entry(b"a", b"1", shared=1)]))
    yield "a shared prefix longer than the last key", "prefix longer", one(
        s.block([A, s.entry(b"b", b"2", shared=9)]))
    yield "a key longer than the block", "lengths beyond", one(
        s.block([s.entry(b"a", b"1", unshared=100)]))
    yield "a value longer than the block", "lengths beyond", one(
        s.block([s.entry(b"a", b"1", size=100)]))
    yield "key and value lengths whose 32-bit sum wraps", "lengths beyond", one(
        s.block([s.entry(b"a", b"1", unshared=(1 << 32) - 1, size=3)]))
    yield "a length of 2^32, which is 0 in 32 bits", "lengths", one(
        s.block([s.entry(b"a", b"1", unshared=1 << 32)]))
    yield "a length of 2^32, which LevelDB takes for 0", "lengths", one(
        s.block([s.entry(b"", b"1", unshared=1 << 32)]))
    yield "lengths that do not end", "lengths", one(
        s.block([b"\x80" * 8]))
    yield "an empty data block", "DATA_LOSS", one(s.block([]))
    yield "block type 2", "bad block type 2", one(GOOD, kinds=[2])
    yield "block type 255", "bad block type 255", one(GOOD, kinds=[255])
    snappy = "corrupted compressed"
    yield "nothing compressed", snappy, one(b"", kinds=[1])
    yield "12 compressed bytes that claim 4 GiB - 1", snappy, one(
        s.varint((1 << 32) - 1) + b"\0" * 12, kinds=[1])
    yield "compressed bytes that claim 2^64-1", snappy, one(
        s.varint((1 << 64) - 1) + b"\0" * 12, kinds=[1])
    yield "a copy from before the beginning", snappy, one(
        s.varint(20) + b"\x3e\x10\0", kinds=[1])
    yield "a copy at distance 0", snappy, one(
        s.varint(8) + b"\x00a" + b"\x1a\0\0", kinds=[1])
    yield "a literal longer than what is there", snappy, one(
        s.varint(60) + b"\xf0\x3bab", kinds=[1])
    wrong = bytearray(s.table([GOOD]))
    wrong[len(GOOD) + 2] ^= 1
    yield "a data block's checksum is wrong", "checksum mismatch", bytes(wrong)


def indexes():
    def index_of(*handles, blocks=(GOOD,)):
        return s.table(blocks, index=s.block(
            [s.entry(b"k%d" % i, h) for i, h in enumerate(handles)]))
    size = len(GOOD)
    good = s.handle(0, size)
    yield "a handle of 2^62 bytes", "bad block handle", index_of(
        s.handle(0, 1 << 62))
    yield "a handle at 2^63", "bad block handle", index_of(
        s.handle(1 << 63, size))
    yield "offset + size wraps to 0", "bad block handle", index_of(
        s.handle((1 << 64) - 16, 16))
    yield "size + 5 wraps", "bad block handle", index_of(
        s.handle(0, (1 << 64) - 5))
    yield "a handle that is no varint", "bad block handle", index_of(
        b"\x80" * 11)
    yield "an empty handle", "bad block handle", index_of(b"")
    yield "a block used twice", "DATA_LOSS", index_of(good, good)
    yield "overlapping blocks", "DATA_LOSS", index_of(
        good, s.handle(size - 3, 8))
    yield "index keys that descend", "DATA_LOSS", s.table(
        [s.block([A]), s.block([B])], index_keys=[b"z", b"b"])
    yield "an index key below its block's keys", "DATA_LOSS", s.table(
        [GOOD], index_keys=[b"a"])
    yield "blocks whose keys descend", "DATA_LOSS", s.table(
        [s.block([B]), s.block([A])], index_keys=[b"c", b"d"])
    yield "a damaged metaindex", "DATA_LOSS", s.table([GOOD], metaindex=b"xx")
    yield "an index block without restarts", "DATA_LOSS", s.table(
        [GOOD], index=b"\0\0\0\0")


def footers():
    table = s.table([GOOD])
    body, tail = table[:-48], table[-48:]
    meta, index = s.handles(table)
    yield "nothing", "too short", b""
    yield "47 bytes", "too short", tail[1:]
    yield "a footer alone", "DATA_LOSS", tail
    yield "another magic number", "magic", table[:-1] + b"\xdc"
    yield "the magic number of the other byte order", "magic", (
        table[:-8] + table[-8:][::-1])
    yield "handles that do not end", "DATA_LOSS", (
        body + b"\xff" * 40 + tail[40:])
    yield "an index block of 2^62 bytes", "bad block handle", (
        body + s.footer(meta, (0, 1 << 62)))
    yield "an index block at 2^64-1", "bad block handle", (
        body + s.footer(meta, ((1 << 64) - 1, 1)))
    yield "a metaindex block beyond the end", "bad block handle", (
        body + s.footer((len(table), 8), index))
    yield "the index block inside the footer", "bad block handle", (
        body + s.footer(meta, (len(body) - 2, 4)))
    yield "padding that is not zero", "bad footer", (
        body + tail[:39] + b"x" + tail[40:])
    yield "a byte after the footer", "DATA_LOSS", table + b"\0"


def states():
    yield "a text that is not closed", "DATA_LOSS", \
        b'model_checkpoint_path: "ckpt-1'
    yield "a line end in a text", "DATA_LOSS", \
        b'model_checkpoint_path: "ckpt\n-1"'
    yield "an unknown field", "DATA_LOSS", b'model: "x"\n'
    yield "braces 1,000 deep", "DATA_LOSS", b"a {" * 1000
    yield "a number too large", "DATA_LOSS", \
        b"last_preserved_timestamp: 1e999x"
    yield "a text where a number belongs", "DATA_LOSS", \
        b'last_preserved_timestamp: "1"'
    yield "an escape of nothing", "DATA_LOSS", b'model_checkpoint_path: "\\'
    yield "a byte 0", "DATA_LOSS", b"\0"
    yield "a list that is not closed", "DATA_LOSS", \
        b'all_model_checkpoint_paths: ["a", '


def journal_attacks():
    tag = f"{s.crc32c(b'model'):08x}"

    def journal(*lines, crc=None):
        body = "".join(line + "\n" for line in lines).encode()
        right = s.crc32c(body) if crc is None else crc
        return b"cairn-journal 1\n%08x\n" % right + body

    def attack(text):
        names = [b"model.index", b"model.data-00000-of-00001"]
        files = [(b"model.cairn-journal", text)]
        for name in names:
            files.append((name, b"old"))
            files.append((name + f".cairn-tmp-{tag}00000000".encode(), b"new"))
        return archive(*files)

    def to(name, size=3, final=None):
        return (f"{size} {name}.cairn-tmp-{tag}00000000 "
                f"{name if final is None else final}")
    yield "a file of another directory", "malformed entry", attack(
        journal(to("%2e%2e%2fe%2fmodel.index")))
    yield "an absolute path", "malformed entry", attack(
        journal(to("%2fetc%2fmodel")))
    yield "a directory below, whose name starts right", "malformed entry", \
        attack(journal(to("model%2f..%2f..%2fmodel.index")))
    yield "the state file", "malformed entry", attack(journal(to("checkpoint")))
    yield "another final name than the temporary's", "malformed entry", attack(
        journal(to("model.index", 3, "model.meta")))
    yield "another prefix's temporary", "malformed entry", attack(journal(
        "3 model.index.cairn-tmp-0000000000000000 model.index"))
    yield "a size that is not the file's", "its journal says 4", attack(
        journal(to("model.index", 4)))
    yield "a size beyond 64 bits", "malformed entry", attack(
        journal(to("model.index", 1 << 64)))
    yield "a size below 0", "malformed entry", attack(
        journal(to("model.index", -1)))
    yield "one file twice", "twice", attack(
        journal(to("model.index"), to("model.index")))
    yield "no entry", "no entry", attack(journal())
    yield "a wrong checksum", "checksum", attack(
        journal(to("model.index"), crc=1))
    yield "another version", "does not start with", attack(
        b"cairn-journal 2\n" + journal(to("model.index"))[16:])
    yield "nothing", "does not start with", attack(b"")
    yield "the last line cut off", "checksum", attack(
        journal(to("model.index"))[:-1])


def graphs():
    deep = b""
    for _ in range(120):
        deep = s.field(1, deep)
    yield "a node that is a number", "DATA_LOSS", s.message((1, 5))
    yield "a child beyond the nodes", "DATA_LOSS", s.message(
        (1, s.message((1, s.message((1, 99), (2, b"x"))))))
    yield "a child below 0", "DATA_LOSS", s.message(
        (1, s.message((1, s.message((1, -1), (2, b"x"))))))
    yield "a slot variable beyond the nodes", "DATA_LOSS", s.message(
        (1, s.message((3, s.message((1, 0), (2, b"m"), (3, 7))))))
    yield "a cut-off node", "DATA_LOSS", b"\x0a\x7f\x0a"
    # Nesting costs no stack: what is not known is skipped.
    yield "messages 120 deep in a field nobody knows", "no nodes", s.field(15, deep)


def lone_entries():
    def one(value):
        return b"\x01" + value
    yield "pieces, and a negative size, which is ignored", "OK", one(
        entry(size=-1, crc=0, pieces=[[(0, 2)]]))
    yield "pieces, and an offset that with the size is beyond int64", "OK", one(
        entry(offset=MAX, crc=0, pieces=[[(0, 2)]]))


ATTACKS = {
    "entry": [lone_entries],
    "bundle": [headers, dimensions, entries, partitions, string_data, orders],
    "table": [blocks, indexes, footers],
    "state": [states],
    "journal": [journal_attacks],
    "object_graph": [graphs],
}


def dump(data):
    lines = []
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        text = "".join(chr(b) if 32 < b < 127 else "." for b in row)
        lines.append(f"{at:06x}  {row.hex(' '):47}  |{text}|")
    return "\n".join(lines)


def record(target, what, expected, data):
    text = f"# {what[0].upper()}{what[1:]}.\ntarget: {target}\n"
    return text + f"expect: {expected}\n{dump(data)}\n"


def texts():
    for target, makers in ATTACKS.items():
        records = [record(target, *attack)
                   for maker in makers for attack in maker()]
        yield HERE / f"{target}.hex", "\n".join(records)


def main():
    if sys.argv[1:2] == ["--dump"]:
        data = pathlib.Path(sys.argv[3]).read_bytes()
        print(record(sys.argv[2], "what it tries", "what it must be", data))
        return
    stale = False
    for path, text in texts():
        if sys.argv[1:2] != ["--check"]:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path} is not what {__file__} writes")
            stale = True
    sys.exit(stale)


if __name__ == "__main__":
    main()
