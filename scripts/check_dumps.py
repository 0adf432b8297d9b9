#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checks the dumps in docs/formats against the files they show.

A dump is a block fenced as ```dump FILE; its lines are OFFSET, BYTES and
DESCRIPTION, two or more spaces apart. FILE is relative to the repository. The
lines of a dump must follow each other without gaps. Where a description gives a
number that the bytes hold (NUMBERS, below), the two must agree.

usage: check_dumps.py [PAGE...]     default: all of docs/formats
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```dump (\S+)\n(.*?)^```$", re.M | re.S)
LINE = re.compile(r"([0-9a-f]+)  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  (.*))?$")


def varints(data):
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value = shift = 0
    return values


def dimensions(data):
    """Of a whole TensorShapeProto: tag, length, {tag, length, {tag, size}}."""
    sizes, at = [], 2
    while at < len(data):
        end = at + 2 + data[at + 1]
        sizes.append(varints(data[at + 3:end])[0] if end > at + 2 else 0)
        at = end
    return sizes


def is_whole(data):
    return len(data) > 1 and data[1] < 128 and len(data) == 2 + data[1]


# What a description says, which bytes it is about, and what they say.
NUMBERS = [
    (r"^num_shards:? (\d+)$", lambda b: b[0] == 0x08, lambda b: varints(b[1:])),
    (r"^(?:dtype|type) (\d+)\b", lambda b: b[0] in (0x08, 0x18),
     lambda b: varints(b[1:])),
    (r"^shard (\d+)$", lambda b: b[0] == 0x18, lambda b: varints(b[1:])),
    (r"^offset (\d+)$", lambda b: b[0] == 0x20, lambda b: varints(b[1:])),
    (r"^size (\d+)$", lambda b: b[0] == 0x28, lambda b: varints(b[1:])),
    (r"key of (\d+) bytes?, value of (\d+)", lambda b: b[0] == 0,
     lambda b: varints(b)[1:]),
    (r"key shares (\d+) bytes?, adds (\d+); value (\d+)", lambda b: True,
     varints),
    (r"^footer: metaindex handle, offset (\d+), size (\d+)$",
     lambda b: True, varints),
    (r"^index handle, offset (\d+), size (\d+)$", lambda b: True, varints),
    (r"^handle: offset (\d+), size (\d+)$", lambda b: True, varints),
    (r"^(?:meta|data|tensor|attribute|node \d+|TensorProto|op|meta_info_def|"
     r"saver_def|stripped_op_list|save_tensor_name|restore_op_name),? "
     r"(\d+) bytes", lambda b: len(b) < 5, lambda b: varints(b[1:])),
    (r"^shape \[([\d, ]*)\]$", lambda b: b[0] == 0x12 and is_whole(b),
     dimensions),
]
MASKED = re.compile(r"masked ([0-9a-f]{8})$")


def check_numbers(shown, text):
    """What a description says that its bytes do not."""
    for pattern, applies, read in NUMBERS:
        match = re.search(pattern, text)
        if not match or not applies(shown):
            continue
        said = [int(n) for n in re.findall(r"\d+", " ".join(match.groups()))]
        if said != read(shown)[:len(said)] or (not said and read(shown)):
            yield f"the bytes say {read(shown)}"
    match = MASKED.search(text)
    if match and int(match[1], 16) != int.from_bytes(shown[-4:], "little"):
        yield f"the bytes say {shown[-4:][::-1].hex()}"


def check_block(page, name, lines):
    path = ROOT / name
    if not path.is_file():
        yield f"{page}: no such file: {name}"
        return
    data = path.read_bytes()
    expected_offset = None
    for line in lines.splitlines():
        match = LINE.match(line)
        if not match:
            yield f"{page}: not OFFSET  BYTES  DESCRIPTION: {line}"
            continue
        offset, shown = int(match[1], 16), bytes.fromhex(match[2])
        if expected_offset not in (None, offset):
            yield f"{page}: {line}: expected offset {expected_offset:x}"
        if data[offset:offset + len(shown)] != shown:
            actual = data[offset:offset + len(shown)].hex(" ")
            yield f"{page}: {line}: {name} has {actual}"
        for wrong in check_numbers(shown, (match[3] or "").strip()):
            yield f"{page}: {line}: {wrong}"
        expected_offset = offset + len(shown)


def main():
    pages = [pathlib.Path(p) for p in sys.argv[1:]]
    pages = pages or sorted((ROOT / "docs/formats").glob("*.md"))
    found, dumps = [], 0
    for page in pages:
        for name, lines in BLOCK.findall(page.read_text()):
            dumps += 1
            found += check_block(page.name, name, lines)
    if not dumps:
        found.append("no dumps found")
    print("\n".join(found) if found else f"{dumps} dumps agree with their files")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
