# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Bad files: what TensorFlow 2.15.1 says and what we say, side by side in
docs/formats/errors.md. Ours is never silent and names the file, key or place.

CAIRN_UPDATE_DOCS=1 writes the page again.
"""

import dataclasses
import os
import pathlib
import re
import struct

import pytest

import damage
from conftest import ROOT
from damage import entry, header, slice_key, sstable, stored, table

PAGE = ROOT / "docs/formats/errors.md"
HEAD = """# Errors

What TensorFlow 2.15.1 and Cairn say about the same bad files. Made by a test that runs both (`tests/interop/test_errors.py`; `CAIRN_UPDATE_DOCS=1` writes it again); the directory of the files is left out of the texts.

In each bundle `p`, unless the fault says otherwise: `a` is float[4], `s` string[2], `w` float[4] stored in the pieces `0,2` and `2,2`, and `a` is what is read. TensorFlow was asked by `RestoreV2`, state files through its text parser.

"""
A = struct.pack("<4f", 1, 2, 3, 4)
LENGTHS = struct.pack("<II", 1, 2)
S_CHECK = struct.pack("<I", sstable.masked(LENGTHS))
S = b"\x01\x02" + S_CHECK + b"xyz"
S_CRC = sstable.masked(LENGTHS + S_CHECK + b"xyz")
DATA = A + S + A  # a at 0, s at 16, w at 25
FLOAT, STRING = 1, 7


def entries(**replaced):
    """The records of a good bundle; None takes one out."""
    records = {
        b"": header(),
        slice_key(b"w", 0, 2): entry(FLOAT, [2], 25, 8, A[:8]),
        slice_key(b"w", 2, 2): entry(FLOAT, [2], 33, 8, A[8:]),
        b"a": entry(FLOAT, [4], 0, 16, A),
        b"s": entry(STRING, [2], 16, 9, crc=S_CRC),
        b"w": entry(FLOAT, [4], slices=[(0, 2), (2, 2)]),
    }
    records.update({key.encode(): value for key, value in replaced.items()})
    return sorted((k, v) for k, v in records.items() if v is not None)


@dataclasses.dataclass
class Fault:
    what: str
    index: bytes | None = None
    data: bytes | None = DATA
    key: str = "a"
    dtype: str = "DT_FLOAT"
    spec: str | None = None
    shape: tuple = (4,)
    names: tuple = ()           # what our text must have
    format: str = "v2"
    file: bytes | None = None   # a V1 file, or the state file's text


def good(**replaced):
    return table([entries(**replaced)])


def with_header(value):
    return table([[(b"", value)] + entries()[1:]])


def in_two_blocks(flip):
    records = entries()
    rest = stored(damage.block(records[4:]), flip=flip)
    return table([records[:4], (rest, records[-1][0])])


def first_block(**how):
    return table([(stored(damage.block(entries()), **how), b"w")])


def bundle_faults():
    whole = good()
    yield Fault("no index and no V1 file", names=("p",))
    yield Fault("an index of 20 bytes", whole[:20], names=("p.index",))
    yield Fault("an index without its last byte", whole[:-1],
                names=("p.index",))
    yield Fault("another magic number", table([entries()], magic=False),
                names=("p.index", "magic"))
    yield Fault("a footer whose varints do not end",
                table([entries()], footer=b"\xff" * 40), names=("p.index",))
    yield Fault("a footer that points outside",
                table([entries()], footer=damage.varint(0) + damage.varint(8) +
                      damage.varint(1 << 40) + damage.varint(100)),
                names=("p.index",))
    yield Fault("a flipped bit in the index block",
                table([entries()], flip_index=True),
                names=("p.index", "checksum"))
    yield Fault("a flipped bit in the first data block", first_block(flip=True),
                names=("p.index", "checksum"))
    yield Fault("a data block of type 2", first_block(type=2),
                names=("p.index", "type 2"))
    yield Fault("a Snappy block that is none",
                table([(stored(b"\xff\xff\xff\xff\xff", type=1), b"w")]),
                names=("p.index",))
    yield Fault("a flipped bit in a later data block", in_two_blocks(True),
                key="w", names=("p.index", "checksum"))
    yield Fault("keys out of order", table([list(reversed(entries()))]),
                names=("p.index",))
    yield Fault("no header", table([entries()[1:]]), names=("p.index",))
    yield Fault("a header that does not parse", with_header(b"\x0a"),
                names=("p.index", "header"))
    yield Fault("min_consumer 2", with_header(header(min_consumer=2)),
                names=("p.index",))
    yield Fault("bad_consumers has 1", with_header(header(bad=[1])),
                names=("p.index",))
    yield Fault("a header of 2 shards, data of 1", with_header(header(shards=2)),
                names=("p.data-00000-of-00002",))
    yield Fault("a header of -1 shards", with_header(header(shards=-1)),
                names=("p.index",))
    yield Fault("no data file", whole, None, names=("p.data-00000-of-00001",))
    yield Fault("data cut short", whole, DATA[:10],
                names=("p.data-00000-of-00001", "a"))


def entry_faults():
    file = ("p.data-00000-of-00001", "a")
    yield Fault("a flipped bit in the data", good(), b"\1" + DATA[1:],
                names=file + ("checksum",))
    yield Fault("a flipped bit in a string", good(), DATA[:22] + b"X" + DATA[23:],
                key="s", dtype="DT_STRING", shape=(2,),
                names=("p.data-00000-of-00001", "s", "checksum"))
    yield Fault("string lengths that do not fit their checksum", good(),
                DATA[:16] + b"\2\1" + DATA[18:], key="s", dtype="DT_STRING",
                shape=(2,), names=("p.data-00000-of-00001", "s", "checksum"))
    for what, value in [
            ("an offset beyond the end", entry(FLOAT, [4], 999, 16, A)),
            ("a negative offset", entry(FLOAT, [4], -1, 16, A)),
            ("a size of 12 for 4 floats", entry(FLOAT, [4], 0, 12, A[:12])),
            ("a negative size", entry(FLOAT, [4], 0, -16, A)),
            ("shard 7 of 1", entry(FLOAT, [4], 0, 16, A, shard=7)),
            ("an entry that does not parse", b"\x0a\xff"),
            ("a dimension of -1", entry(FLOAT, [-1], 0, 16, A)),
            ("dimensions whose product overflows",
             entry(FLOAT, [1 << 40, 1 << 40, 0], 0, 0, b"")),
            ("300 dimensions", entry(FLOAT, [1] * 300, 0, 4, A[:4])),
            ("dtype 0", entry(0, [4], 0, 16, A)),
            ("dtype 99", entry(99, [4], 0, 16, A)),
            ("dtype 101, a reference", entry(101, [4], 0, 16, A)),
            ("dtype 20, a resource", entry(20, [4], 0, 16, A)),
            ("2^44 floats", entry(FLOAT, [1 << 44], 0, 1 << 46, A))]:
        yield Fault(what, good(a=value), names=("a",))
    yield Fault("a string tensor of 1 byte for 2 elements",
                good(s=entry(STRING, [2], 16, 1, crc=S_CRC)), key="s",
                dtype="DT_STRING", shape=(2,), names=("s",))
    yield Fault("a string length beyond the entry",
                good(), DATA[:16] + b"\x01\x7f" + DATA[18:], key="s",
                dtype="DT_STRING", shape=(2,), names=("s",))


def slice_faults():
    yield Fault("a key that is not there", good(), key="zz", names=("zz",))
    yield Fault("a slice outside the tensor", good(), spec="3,2", names=("a",))
    yield Fault("a slice of length 0", good(), spec="1,0", names=("1,0",))
    yield Fault("a slice that is no text of one", good(), spec="x",
                names=("x",))
    missing = [record for record in entries()
               if record[0] != slice_key(b"w", 2, 2)]
    yield Fault("a piece without its entry", table([missing]), key="w",
                names=("w", "2,2"))
    for what, slices in [("pieces that do not cover the tensor", [(0, 2)]),
                         ("pieces that overlap", [(0, 2), (0, 2)]),
                         ("a piece outside its tensor", [(0, 2), (3, 2)])]:
        yield Fault(what, good(w=entry(FLOAT, [4], slices=slices)), key="w",
                    names=("w",))


def v1_faults():
    name = damage.message(1, b"b")
    meta = (name + damage.message(2, damage.shape(2)) + damage.number(3, FLOAT) +
            damage.message(4, damage.message(1, b"")))
    meta = damage.message(1, damage.message(1, meta) +
                          damage.message(2, damage.number(1, 1)))
    key = b"\x00b\x00\x01\x01\x01\x80\x7f"

    def record(values):
        return damage.message(2, name + damage.message(2, damage.message(1, b"")) +
                              damage.message(3, damage.message(5, values)))
    good_pairs = [(b"", meta), (key, record(A[:8]))]
    for what, file, asked in [
            ("no table", b"this is no table at all, but long enough to be one.",
             "b"),
            ("a flipped bit in its block",
             table([(stored(damage.block(good_pairs), flip=True), key)]), "b"),
            ("a name that is not there", table([good_pairs]), "zz"),
            ("values missing from a record",
             table([[good_pairs[0], (key, record(A[:4]))]]), "b"),
            ("no record of a piece", table([good_pairs[:1]]), "b"),
            ("no meta record", table([good_pairs[1:]]), "b")]:
        yield Fault("V1: " + what, format="v1", file=file, key=asked,
                    shape=(2,), names=("p",))


def state_faults():
    for what, text in [
            ("an unknown field", b"new_field: 3"),
            ("a line break in a string", b'model_checkpoint_path: "m\n"'),
            ("no closing quote", b'model_checkpoint_path: "m'),
            ("bytes that are not UTF-8", b'model_checkpoint_path: "\xff"'),
            ("an escape that is not UTF-8", b'model_checkpoint_path: "\\377"'),
            ("a byte order mark", b'\xef\xbb\xbfmodel_checkpoint_path: "m"'),
            ("a hexadecimal number", b"last_preserved_timestamp: 0x10"),
            ("a number for a path", b"model_checkpoint_path: 5"),
            ("no colon", b'model_checkpoint_path "m"'),
            ("zeros instead of text", b"\0" * 40)]:
        yield Fault("state: " + what, format="state", file=text, names=())


def job_of(fault, directory):
    """Makes the files."""
    if fault.format == "state":
        return {"do": "parse_state", "text": fault.file.hex()}
    directory.mkdir()
    if fault.index is not None:
        (directory / "p.index").write_bytes(fault.index)
    if fault.data is not None and fault.format == "v2":
        (directory / "p.data-00000-of-00001").write_bytes(fault.data)
    if fault.format == "v1":
        (directory / "p").write_bytes(fault.file)
    tensor = {"key": fault.key.encode().hex(), "dtype": fault.dtype,
              "shape": list(fault.shape)}
    if fault.spec is not None:
        tensor["spec"] = fault.spec
    return {"do": "read", "prefix": str(directory / "p"),
            "format": fault.format, "tensors": [tensor]}


def says(result, directory):
    """The text of an answer, without what is of this run; None if it is none
    but a value."""
    if "values" in result:
        result = result["values"][0]
    if "died" in result:
        lines = [line for line in result["died"].splitlines()
                 if re.search("Check failed|F0000|F tensor", line)]
        text = re.sub(r"^.*?\] ", "", lines[-1]) if lines else ""
        return "the process ends" + (f": {text}" if text else "")
    if "error" not in result:
        return None
    text = re.sub(r"\{\{function_node .*?\}\} ", "", result["error"]["text"])
    text = re.sub(r" \[Op:\w+\]( name: *)?", "", text)
    text = text.replace(f"{directory}/", "").strip()
    return f"{result['error']['type']}: {text}"


def cell(text):
    text = re.sub(r"\s+", " ", text)
    if len(text) > 300:
        text = text[:300] + " …"
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return "`` " + text.replace("|", "\\|") + " ``"


@pytest.mark.parametrize("theirs", ["2.15.1"], indirect=True)
def test_ours_is_never_silent_and_the_page_says_what_both_say(
        ours, theirs, tmp_path):
    faults = [*bundle_faults(), *entry_faults(), *slice_faults(), *v1_faults(),
              *state_faults()]
    lines = ["| FAULT | TENSORFLOW 2.15.1 | CAIRN |", "| --- | --- | --- |"]
    wrong = []
    silent = 0
    for number, fault in enumerate(faults):
        directory = tmp_path / str(number)
        job = job_of(fault, directory)
        we = says(ours.ask_one(job), directory)
        they = says(theirs.ask_one(job), directory)
        if we is None or we.startswith("the process"):
            wrong.append(f"{fault.what}: {we or 'not noticed'}")
            continue
        wrong += [f"{fault.what}: no {name!r} in: {we}" for name in fault.names
                  if name.lower() not in we.lower()]
        silent += they is None
        lines.append(f"| {fault.what} | {cell(they) if they else 'nothing'} | "
                     f"{cell(we)} |")
    print(f"\n{len(faults)} bad files; TensorFlow 2.15.1 silent on {silent}, "
          f"ended by {theirs.deaths}")
    page = HEAD + "\n".join(lines) + "\n"
    if os.environ.get("CAIRN_UPDATE_DOCS"):
        PAGE.write_text(page)
    assert not wrong, "\n".join(wrong)
    assert PAGE.read_text() == page, (
        f"{PAGE} is not current: CAIRN_UPDATE_DOCS=1")


def test_the_files_that_the_faults_are_made_of_are_good(ours, theirs, tmp_path):
    for index in (good(), in_two_blocks(False)):
        for key, dtype, dims in [("a", "DT_FLOAT", (4,)), ("w", "DT_FLOAT", (4,)),
                                 ("s", "DT_STRING", (2,))]:
            directory = pathlib.Path(tmp_path, f"{key}{len(index)}")
            job = job_of(Fault("", index, key=key, dtype=dtype, shape=dims),
                         directory)
            for peer in (ours, theirs):
                assert says(peer.must([job])[0], directory) is None
