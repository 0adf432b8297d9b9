#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What the fuzz targets did, over all runs in a build directory.

usage: summary.py BUILD_DIR                        a table
       summary.py --add BUILD_DIR TARGET STATUS    notes one run; says it

libFuzzer's "cov" counts the edges of the control flow that were reached, "ft"
those and how often. Both are of the last run, which starts from all that
earlier ones found.
"""

import pathlib
import re
import sys

COLUMNS = ["target", "runs", "cpu s", "executions", "cov", "ft", "corpus",
           "peak MB", "crashes"]


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def note(build, target, status):
    log = (build / f"{target}.log").read_text(errors="replace")
    words = (build / f"{target}.time").read_text().split()[-2:]
    line = [sum(map(float, words)),
            max(last(r"stat::number_of_executed_units: (\d+)", log),
                last(r"^#(\d+)\s", log) if status != "0" else 0),
            last(r"cov: (\d+)", log), last(r"ft: (\d+)", log),
            last(r"corp: (\d+)", log),
            last(r"stat::peak_rss_mb:\s+(\d+)", log), int(status)]
    with (build / f"{target}.runs").open("a") as out:
        print(*line, file=out)


def row(build, target):
    runs = [list(map(float, line.split())) for line in
            (build / f"{target}.runs").read_text().splitlines()]
    # What libFuzzer calls a slow unit may have waited for the processor.
    crashes = [path for path in (build / "crashes").glob(f"{target}-*")
               if not path.name.startswith(f"{target}-slow-unit-")]
    newest = runs[-1]
    return [target, len(runs), round(sum(run[0] for run in runs)),
            round(sum(run[1] for run in runs)), *map(round, newest[2:5]),
            round(max(run[5] for run in runs)), len(crashes)]


def show(rows):
    table = [COLUMNS] + [[f"{cell:,}" if isinstance(cell, int) else cell
                          for cell in row] for row in rows]
    widths = [max(len(str(line[i])) for line in table)
              for i in range(len(COLUMNS))]
    for line in table:
        print("  ".join(str(cell).ljust(width) if i == 0 else
                        str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))))


def main():
    if sys.argv[1:2] == ["--add"]:
        build, target, status = pathlib.Path(sys.argv[2]), *sys.argv[3:5]
        note(build, target, status)
        show([row(build, target)])
    else:
        build = pathlib.Path(sys.argv[1])
        show([row(build, path.stem) for path in sorted(build.glob("*.runs"))])


main()
