# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Runs the tool. A test program is called with its path as first argument."""

import pathlib
import subprocess
import sys
import unittest

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/cases"
TOOL = None


class Answer:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.error = done.stderr.decode()

    @property
    def text(self):
        return self.out.decode()

    def __repr__(self):
        return f"exit {self.code}\nout: {self.out[:2000]}\nerr: {self.error}"


def run(*arguments, **how):
    how.setdefault("capture_output", True)
    how.setdefault("timeout", 60)
    return Answer(subprocess.run([TOOL, *map(str, arguments)], check=False,
                                 **how))


def main():
    global TOOL
    TOOL = str(pathlib.Path(sys.argv.pop(1)).resolve())
    # The test modules imported this module under its own name.
    sys.modules["tool"].TOOL = TOOL
    unittest.main(module="__main__")
