#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checks the dumps in docs/formats against the files they show.

A dump is a block fenced as ```dump FILE; its lines are OFFSET, BYTES and
DESCRIPTION, two or more spaces apart. FILE is relative to the repository. The
lines of a dump must follow each other without gaps.

usage: check_dumps.py [PAGE...]     default: all of docs/formats
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```dump (\S+)\n(.*?)^```$", re.M | re.S)
LINE = re.compile(r"([0-9a-f]+)  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  .*)?$")


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
