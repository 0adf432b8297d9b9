#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""The finished tool under failing system calls, full disks and kills.

usage: fail_calls.py build/bin/cairn

`cairn copy` replaces a checkpoint; its first, second, third ... system call on
the output fails with each of several errors, or kills the process, until no
such call is left. Each time the output must be the old checkpoint or the new
one, intact, the tool must have said which file was concerned, and the next run
must leave no temporary behind. A limit on the size of files plays the full
disk. Needs a C compiler and no privileges.
"""

import errno
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
CASES = HERE.parent / "golden" / "cases"
OLD = CASES / "seed" / "v1" / "epoch1" / "model"
NEW = CASES / "seed" / "v2" / "tf_ckpt_v2" / "ckpt-2"
ERRORS = [errno.ENOSPC, errno.EIO, errno.EINTR, errno.EMFILE, errno.EACCES]


def fail(text):
    sys.exit(f"fail_calls: {text}")


class Tool:
    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.out = directory / "out" / "model"
        self.mark = directory / "mark"
        self.shim = directory / "fail_calls.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.shim,
                        HERE / "fail_calls.c", "-ldl"], check=True)

    def run(self, *arguments, at=None, error=0, limit=None):
        environment = dict(os.environ)
        if at is not None:
            self.mark.unlink(missing_ok=True)
            environment |= {"LD_PRELOAD": str(self.shim),
                            "CAIRN_FAIL_AT": str(at),
                            "CAIRN_FAIL_ERRNO": str(error),
                            "CAIRN_FAIL_PATH": str(self.out.parent),
                            "CAIRN_FAIL_MARK": str(self.mark)}

        def limit_files():
            if limit is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.run([self.program, *map(str, arguments)], env=environment,
                              capture_output=True, text=True,
                              preexec_fn=limit_files)

    def copy(self, source, **how):
        return self.run("copy", source, self.out, "--overwrite", "--shards", 2,
                        "--no-meta", **how)

    def start_over(self):
        shutil.rmtree(self.out.parent, ignore_errors=True)
        done = self.copy(OLD)
        if done.returncode != 0:
            fail(f"cannot make the first copy: {done.stderr}")

    def tensors(self):
        done = self.run("ls", "--json", "--sha256", self.out)
        if done.returncode != 0:
            return None
        return [line.split('"shard"')[0] for line in done.stdout.splitlines()]

    def expect_old_or_new(self, what, old, new):
        found = self.tensors()
        if found == old:
            return "old"
        if found == new:
            return "new"
        fail(f"{what}: neither the old checkpoint nor the new one: "
             f"{self.run('verify', self.out).stdout}")

    def expect_clean_after_next(self, what):
        done = self.copy(NEW)
        if done.returncode != 0:
            fail(f"{what}: the next copy fails: {done.stderr}")
        left = [name for name in os.listdir(self.out.parent)
                if "tmp" in name or "journal" in name]
        if left:
            fail(f"{what}: the next copy leaves {left}")


def sweep(tool, error, old, new):
    name = errno.errorcode.get(error, "SIGKILL")
    kept = {"old": 0, "new": 0}
    at = 0
    while True:
        what = f"{name} at call {at}"
        tool.start_over()
        done = tool.copy(NEW, at=at, error=error)
        if not tool.mark.exists():
            break
        kept[tool.expect_old_or_new(what, old, new)] += 1
        if error and done.returncode not in (0, 2):
            fail(f"{what}: exit status {done.returncode}: {done.stderr}")
        if done.returncode == 2 and str(tool.out.parent) not in done.stderr:
            fail(f"{what}: no file is named: {done.stderr}")
        if error and done.returncode == 0 and tool.tensors() != new:
            fail(f"{what}: said done, but it is not")
        tool.expect_clean_after_next(what)
        at += 1
    if at < 10:
        fail(f"{name}: only {at} calls were reached")
    print(f"{name}: {at} calls, {kept['old']} times the old checkpoint, "
          f"{kept['new']} times the new one", flush=True)


def full_disk(tool, old, new):
    kept = {"old": 0, "new": 0}
    sizes = [0, 1, 100, 1000, 4096, 100000, 334000, 335000, 700000]
    for limit in sizes:
        tool.start_over()
        done = tool.copy(NEW, limit=limit)
        what = f"files of at most {limit} bytes"
        kept[tool.expect_old_or_new(what, old, new)] += 1
        if done.returncode == 2 and str(tool.out.parent) not in done.stderr:
            fail(f"{what}: no file is named: {done.stderr}")
        tool.expect_clean_after_next(what)
    if not kept["old"] or not kept["new"]:
        fail(f"full disk: the limits do not bite: {kept}")
    print(f"full disk: {len(sizes)} limits, {kept['old']} times the old "
          f"checkpoint, {kept['new']} times the new one")


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as directory:
        tool = Tool(program, pathlib.Path(directory))
        tool.start_over()
        old = tool.tensors()
        tool.copy(NEW)
        new = tool.tensors()
        if not old or not new or old == new:
            fail("the two checkpoints cannot be told apart")
        for error in ERRORS:
            sweep(tool, error, old, new)
        sweep(tool, 0, old, new)
        full_disk(tool, old, new)


main()
