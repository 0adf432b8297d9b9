#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Bundles: Cairn beside TensorFlow, in turns, in one run.

usage: bundle.py [--program build-bench/bin/bundle_bench] [--rounds 5]
                 [--keys 1000000] [--saved-keys 100000] [--mib 1024] [--dir DIR]

Run by a Python that has tensorflow. Files stay in the page cache, except that
"save" ends with an fsync on our side and on the bare write's. Each line is the
median of the rounds' ratios, and the medians of the seconds (wall, CPU).
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile


class Program:
    """A child that answers each line with the seconds it took."""

    def __init__(self, *command):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True)

    def run(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        if not answer or answer.startswith("error"):
            sys.exit(f"{line}: {answer.strip() or 'the program ended'}")
        return tuple(float(x) for x in answer.split())


def compare(what, ours, theirs, rounds, before=lambda: None):
    """Runs the two in turns, each of them first every other time."""
    a, b = [], []
    for i in range(rounds):
        turns = [(a, ours), (b, theirs)]
        for results, (program, line) in turns if i % 2 else turns[::-1]:
            before()
            results.append(program.run(line))
    ratios = [t[0] / o[0] for o, t in zip(a, b)]
    cpu = [t[1] / o[1] for o, t in zip(a, b) if o[1] > 0]
    print(f"{what:44s} {statistics.median(ratios):7.2f} x "
          f"({min(ratios):.2f} to {max(ratios):.2f})  "
          f"cpu {statistics.median(cpu) if cpu else float('nan'):6.2f} x   "
          f"{statistics.median(o[0] for o in a):10.6f} s "
          f"{statistics.median(t[0] for t in b):10.6f} s", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="build-bench/bin/bundle_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=1000000)
    parser.add_argument("--saved-keys", type=int, default=100000)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--dir", type=pathlib.Path)
    arguments = parser.parse_args()
    here = pathlib.Path(__file__).parent
    directory = pathlib.Path(tempfile.mkdtemp(dir=arguments.dir))
    ours = Program(arguments.program)
    theirs = Program(sys.executable, str(here / "bundle_tf.py"))
    size = arguments.mib << 20
    rounds = arguments.rounds

    def fresh():
        shutil.rmtree(directory / "new", ignore_errors=True)
        (directory / "new").mkdir()

    try:
        new = directory / "new" / "model"
        keys, big = directory / "keys", directory / "big"
        ours.run(f"prepare {max(size // 16, 64 << 20)}")
        theirs.run(f"prepare {size // 16} {arguments.saved_keys}")
        ours.run(f"save_small {keys} {arguments.keys}")
        ours.run(f"save_big {big} 16 {size}")
        middle = f"layer_{arguments.keys // 2:07d}/w"
        print(f"{'':44s} TensorFlow / Cairn (range)             medians: "
              "Cairn, TensorFlow")
        n, m = f"{arguments.keys:,} keys", f"{arguments.mib} MiB"
        compare(f"list {n}", (ours, f"list {keys}"),
                (theirs, f"list {keys}"), rounds)
        compare(f"open, find and read one of {n}",
                (ours, f"find {keys} {middle}"),
                (theirs, f"find {keys} {middle}"), rounds)
        compare(f"save {arguments.saved_keys:,} of 16 bytes, durable / not",
                (ours, f"save_small {new} {arguments.saved_keys}"),
                (theirs, f"save_small {new} {arguments.saved_keys}"), rounds,
                fresh)
        compare(f"read {m} with checksums, against its reader",
                (ours, f"read {big}"), (theirs, f"read {big}"), rounds)
        compare(f"read {m} by all cores, against its restore op",
                (ours, f"read_all {big}"), (theirs, f"read_op {big}"), rounds)
        compare(f"save {m}, durable / not",
                (ours, f"save_big {new} 16 {size}"),
                (theirs, f"save_big {new} 16 {size}"), rounds, fresh)
        print("against bare calls                           bare / Cairn")
        compare(f"save {m}, write and fsync",
                (ours, f"save_big {new} 16 {size}"),
                (ours, f"write {new} {size}"), rounds, fresh)
        compare(f"read {m}, memcpy to new memory",
                (ours, f"read {big}"), (ours, f"copy {size}"), rounds)
        compare(f"view {m}, memcpy to new memory",
                (ours, f"view {big}"), (ours, f"copy {size}"), rounds)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


main()
