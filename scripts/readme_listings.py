#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Puts the two listings of a run of `cairn demo` into README.md.

usage: build/bin/cairn demo --data DIR --fresh | scripts/readme_listings.py PAGE
       ... | scripts/readme_listings.py --check PAGE

--check says how the page differs, apart from times of day; exit 1 if it does.
"""

import pathlib
import re
import sys

BEGIN = "<!-- demo listing: begin; written by scripts/readme_listings.py -->\n"
END = "<!-- demo listing: end -->"
# Times of day, and the sizes of the files they stand in.
TIME = re.compile(r"(timestamps?: |  checkpoint +)[0-9.]+")


def listings(output):
    """The directories' listings and state files, as the demo printed them."""
    parts = re.findall(
        r"^\S+/tf_ckpt(?:_v2)?/\n(?:  .*\n)+\n\S+/checkpoint:\n(?:  .*\n)+",
        output, re.M)
    if len(parts) != 2:
        sys.exit(f"expected two listings in the demo's output, got {len(parts)}")
    return "```text\n" + "\n".join(parts) + "```\n"


def main():
    check = sys.argv[1:2] == ["--check"]
    page = pathlib.Path(sys.argv[-1])
    text = page.read_text()
    start, stop = text.index(BEGIN) + len(BEGIN), text.index(END)
    wanted = listings(sys.stdin.read())
    if not check:
        page.write_text(text[:start] + wanted + text[stop:])
        return
    if TIME.sub(r"\1", text[start:stop]) != TIME.sub(r"\1", wanted):
        print(f"{page} has\n{text[start:stop]}\nthe demo printed\n{wanted}")
        sys.exit(1)


main()
