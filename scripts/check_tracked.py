#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checks that no tracked text file names a package registry's host or a path
that exists on one machine only: both break everybody else's build.

usage: check_tracked.py              lists what is wrong; exit 1 if anything
       check_tracked.py --self-test  proves that each pattern bites
"""

import pathlib
import re
import subprocess
import sys

# In halves, so that this file passes its own check.
HOSTS = ["registry.npm" + "js", "py" + "pi.org", "pythonhosted" + ".org",
         "proxy." + "golang", "crates" + ".io", "deb." + "debian",
         "repo1." + "maven", "rubygems" + ".org"]
HOST = re.compile("|".join(re.escape(host) for host in HOSTS))
# An absolute path at the start of a word, below a directory that differs from
# machine to machine.
MACHINE_PATH = re.compile(
    r"(?<![\w.~$}/*-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|Us" + r"ers)/[\w.]")
# Golden files are TensorFlow's output and stay as they are.
EXEMPT = ("tests/golden/",)


def problems(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        if HOST.search(line):
            yield f"{name}:{number}: names a package registry: {line.strip()}"
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: a path of one machine: {line.strip()}"


def tracked_texts(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True,
                            capture_output=True).stdout
    for name in listed.decode().split("\0"):
        path = root / name
        if not name or name.startswith(EXEMPT) or not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" not in data:
            yield name, data.decode(errors="replace")


def self_test():
    home = "/ho" + "me/ann/x"
    bad = [HOSTS[0] + ".org/mnist", f"cd {home}", f'"{home}"', f"={home}"]
    good = ["cd $HOME/x", "docs/home/x", "~/.cache/cairn", "a/root/x.h"]
    wrong = [t for t in bad if not list(problems("x", t))]
    wrong += [t for t in good if list(problems("x", t))]
    for text in wrong:
        print(f"self-test: wrong answer for {text!r}")
    return 1 if wrong else 0


def main():
    if "--self-test" in sys.argv[1:]:
        sys.exit(self_test())
    root = pathlib.Path(__file__).resolve().parent.parent
    found = [p for name, text in tracked_texts(root)
             for p in problems(name, text)]
    print("\n".join(found) if found else "tracked files: nothing of one machine")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
