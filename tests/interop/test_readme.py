# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""README.md's examples run, and its listings are what the demo leaves."""

import os
import subprocess
import sys

from conftest import BUILD, ROOT, run_program


def extract(kind):
    return subprocess.run(
        [sys.executable, ROOT / "scripts/readme_examples.py", kind,
         ROOT / "README.md"], check=True, capture_output=True,
        text=True).stdout


def test_cpp_lines_run_and_tensorflow_reads_what_they_write(demo, tf):
    run_program("readme_examples", [], cwd=demo.cwd)
    value = tf.train.load_variable(str(demo.cwd / "ckpt/model"), "w")
    assert value == 1.5


def test_shell_lines_run(demo):
    environment = dict(os.environ)
    environment["PATH"] = f"{BUILD / 'bin'}:{environment['PATH']}"
    done = subprocess.run(["bash", "-c", extract("shell")], cwd=demo.cwd,
                          env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "dense_1/kernel" in done.stdout


def test_listings_are_the_demos(demo):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/readme_listings.py", "--check",
         ROOT / "README.md"], input=demo.stdout, capture_output=True,
        text=True)
    assert done.returncode == 0, done.stdout
