# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""The same checkpoints written by Cairn and by TensorFlow: the same bytes, and
each reads what the other wrote."""

import bisect
import collections
import os
import pathlib

from plans import read_job, sha256

BATCH = 250  # jobs a request


def in_batches(peer, jobs):
    results = []
    for i in range(0, len(jobs), BATCH):
        results += peer.must(jobs[i:i + BATCH])
    return results


def files_of(prefix, names=None):
    """Suffix -> contents of all files of a checkpoint; `names` are those in
    its directory, sorted, if they are known."""
    prefix = pathlib.Path(prefix)
    names = names or sorted(os.listdir(prefix.parent))
    found = {}
    at = bisect.bisect_left(names, prefix.name)
    for name in (names[i] for i in range(at, len(names))):
        if not name.startswith(prefix.name):
            break
        path = prefix.with_name(name)
        if path.is_file():
            found[name[len(prefix.name):]] = path.read_bytes()
    return found


class Exchange:
    """Some plans, carried out in a directory. Counts what was compared."""

    def __init__(self, ours, theirs, directory, plans):
        self.ours, self.theirs, self.plans = ours, theirs, plans
        self.directory = pathlib.Path(directory)
        self.counts = collections.Counter()
        for blob in {plan.blob.path: plan.blob for plan in plans}.values():
            blob.write()

    def prefix(self, who, plan):
        directory = self.directory / who
        directory.mkdir(exist_ok=True)
        return directory / plan.name

    def write(self):
        in_batches(self.ours, [p.write_job(self.prefix("ours", p))
                               for p in self.plans])
        in_batches(self.theirs, [p.write_job(self.prefix("theirs", p))
                                 for p in self.plans])
        self.counts["checkpoints"] += len(self.plans)

    def compare_files(self):
        names = {who: sorted(os.listdir(self.directory / who))
                 for who in ("ours", "theirs")}
        for plan in self.plans:
            ours = files_of(self.prefix("ours", plan), names["ours"])
            theirs = files_of(self.prefix("theirs", plan), names["theirs"])
            assert ours.keys() == theirs.keys(), plan.name
            for suffix, contents in theirs.items():
                assert ours[suffix] == contents, (
                    f"{plan.name}{suffix}: ours and {self.theirs.name}'s "
                    "differ")
                self.counts["identical files"] += 1

    def they_read(self, who="ours"):
        """Every tensor and every piece, as far as TensorFlow can."""
        jobs = []
        for plan in self.plans:
            reads = [(key, dtype, spec, array)
                     for key, dtype, spec, array in plan.reads()
                     if plan.readable_by_tensorflow(key, dtype, spec)]
            left_out = len(list(plan.reads())) - len(reads)
            self.counts["reads TensorFlow has not"] += left_out
            jobs.append((plan, reads))
        self._read(self.theirs, who, jobs)

    def we_read(self, who="theirs"):
        self._read(self.ours, who,
                   [(plan, list(plan.reads())) for plan in self.plans])

    def _read(self, peer, who, jobs):
        requests = [
            read_job(plan.read_path(self.prefix(who, plan)),
                     [(*read, list(plan.whole[read[0]][1].shape))
                      for read in reads], plan.format)
            for plan, reads in jobs]
        for (plan, reads), result in zip(jobs, in_batches(peer, requests)):
            for (key, dtype, spec, array), value in zip(
                    reads, result["values"]):
                what = f"{peer.name}: {plan.name}: {key!r} {dtype} {spec}"
                assert "error" not in value, (what, value)
                assert value["shape"] == list(array.shape), what
                assert value["sha256"] == sha256(array), what
                self.counts["values read by " + peer.name] += 1

    def they_resave(self):
        """TensorFlow reads ours and writes the same bytes again."""
        jobs = [{"do": "resave", "prefix": str(self.prefix("ours", plan)),
                 "to": str(self.prefix("again", plan)),
                 "tensors": plan.additions}
                for plan in self.plans]
        in_batches(self.theirs, jobs)
        for plan in self.plans:
            assert (files_of(self.prefix("ours", plan)) ==
                    files_of(self.prefix("again", plan))), plan.name

    def both_ways(self):
        self.write()
        self.compare_files()
        self.they_read()
        self.we_read()
        return self

    def report(self):
        text = ", ".join(f"{n} {what}" for what, n in self.counts.items() if n)
        print(f"\n{self.theirs.name}: {text}")
