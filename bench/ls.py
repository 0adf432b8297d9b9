#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""From start to end of the process: `cairn ls` and TensorFlow's
inspect_checkpoint on the same checkpoint, in turns.

usage: ls.py [--program build/bin/cairn] [--rounds 5] PREFIX

Run by a Python that has tensorflow. Ours is run 20 times a round.
"""

import argparse
import statistics
import subprocess
import sys
import time

PER_ROUND = 20


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prefix")
    parser.add_argument("--program", default="build/bin/cairn")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    ours_command = [arguments.program, "ls", arguments.prefix]
    theirs_command = [sys.executable, "-m",
                      "tensorflow.python.tools.inspect_checkpoint",
                      f"--file_name={arguments.prefix}"]
    ours, theirs = [], []
    for _ in range(arguments.rounds):
        theirs.append(seconds(theirs_command))
        ours += [seconds(ours_command) for _ in range(PER_ROUND)]
    print(f"cairn ls            median {statistics.median(ours) * 1e3:8.1f} ms, "
          f"largest {max(ours) * 1e3:8.1f} ms, {len(ours)} runs")
    print(f"inspect_checkpoint  median {statistics.median(theirs) * 1e3:8.1f} "
          f"ms, smallest {min(theirs) * 1e3:7.1f} ms, {len(theirs)} runs")


main()
