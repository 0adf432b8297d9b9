# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Help, version, terminals, pipes: how the tool behaves as a process."""

import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

import tool
from tool import GOLDEN, run

SEED = GOLDEN / "seed/v1/epoch2/model"
VERBS = ["ls", "cat", "graph", "meta", "state", "verify", "copy", "demo"]
COLOR = b"\x1b["


def on_terminal(*arguments, **environment):
    """What the tool writes when standard output is a terminal."""
    parent, child = pty.openpty()
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm", **environment}
    process = subprocess.Popen([tool.TOOL, *map(str, arguments)], stdout=child,
                               stderr=subprocess.PIPE, env=variables)
    os.close(child)
    written = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(parent)
    error = process.stderr.read()
    process.stderr.close()
    return process.wait(60), written, error


class Help(unittest.TestCase):
    def test_lists_every_verb(self):
        answer = run("--help")
        self.assertEqual(answer.code, 0)
        for verb in VERBS:
            self.assertRegex(answer.text, rf"\n  {verb} ")
        self.assertIn("Exit status", answer.text)
        self.assertEqual(answer.err, b"")

    def test_of_every_verb_has_lines_that_fit(self):
        for verb in VERBS:
            answer = run(verb, "--help")
            self.assertEqual(answer.code, 0, answer)
            for line in answer.text.splitlines():
                self.assertLessEqual(len(line), 80, (verb, line))

    def test_of_the_actions_of_meta(self):
        for action in ["show", "nodes", "ops", "collections", "saver", "edit"]:
            answer = run("meta", action, "--help")
            self.assertEqual(answer.code, 0, answer)
            self.assertIn("PATH", answer.text)
            for line in answer.text.splitlines():
                self.assertLessEqual(len(line), 80, (action, line))
        self.assertEqual(run("meta").code, 2)
        self.assertEqual(run("meta", "nodes").code, 2)

    def test_has_examples_that_are_understood(self):
        for verb in ["ls", "cat", "graph", "meta", "state", "verify", "copy"]:
            text = run(verb, "--help").text
            self.assertIn("Exit status", text)
            examples = re.findall(r"^  (cairn .*?)(?:  .*)?$", text, re.M)
            self.assertGreater(len(examples), 0, text)
            for example in examples:
                # Understood: what is wrong is the path, which is not here.
                words = example.split(" > ")[0].replace("'", "").split()[1:]
                with tempfile.TemporaryDirectory() as empty:
                    answer = run(*words, cwd=empty)
                self.assertEqual(answer.code, 2, (example, answer))
                self.assertNotIn("--help", answer.error, example)

    def test_version(self):
        answer = run("--version")
        self.assertEqual(answer.code, 0)
        self.assertRegex(answer.text, r"^cairn \d+\.\d+\.\d+\n$")


class Terminals(unittest.TestCase):
    def test_color_only_there(self):
        self.assertNotIn(COLOR, run("ls", SEED).out)
        code, written, _ = on_terminal("ls", SEED)
        self.assertEqual(code, 0)
        self.assertIn(COLOR, written)

    def test_no_color_is_respected(self):
        self.assertNotIn(COLOR, on_terminal("ls", SEED, NO_COLOR="1")[1])
        self.assertNotIn(COLOR, on_terminal("ls", SEED, TERM="dumb")[1])

    def test_get_no_binary_data(self):
        for form in ("--raw", "--npy"):
            code, written, error = on_terminal("cat", SEED, "dense/bias", form)
            self.assertEqual(code, 2)
            self.assertEqual(written, b"")
            self.assertIn(b"terminal", error)


class Pipes(unittest.TestCase):
    def test_a_reader_that_leaves_early_is_no_failure(self):
        many = GOLDEN / "index/many_keys/many"
        process = subprocess.Popen([tool.TOOL, "ls", str(many), "--json"],
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(error, b"")

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_a_full_disk_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            answer = subprocess.run([tool.TOOL, "ls", str(SEED)], stdout=full,
                                    stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(answer.returncode, 2)
        self.assertIn(b"cannot write standard output", answer.stderr)

    def test_closed_streams_do_not_get_in_the_way(self):
        shell = 'exec "$0" ls "$1" >&- 2>&-'
        done = subprocess.run(["sh", "-c", shell, tool.TOOL, str(SEED)],
                              timeout=60)
        self.assertEqual(done.returncode, 0)


class Paths(unittest.TestCase):
    def test_all_lead_to_the_checkpoint_and_it_says_so(self):
        directory = GOLDEN / "seed/v2/tf_ckpt_v2"
        expected = run("ls", directory / "ckpt-2", "--json")
        self.assertEqual(expected.err, b"")
        for name in ["ckpt-2.index", "ckpt-2.data-00000-of-00001", "",
                     "checkpoint"]:
            answer = run("ls", directory / name, "--json")
            self.assertEqual(answer.out, expected.out)
            self.assertIn(f"reading {directory}/ckpt-2:", answer.error)

    def test_in_the_working_directory(self):
        directory = GOLDEN / "seed/v2/tf_ckpt_v2"
        for path in ["ckpt-2", ".", "checkpoint", "./ckpt-2.index"]:
            answer = run("ls", path, cwd=directory)
            self.assertEqual(answer.code, 0, answer)

    def test_may_hold_any_characters(self):
        with tempfile.TemporaryDirectory() as scratch:
            prefix = pathlib.Path(scratch) / "a[b]*? c\\d"
            for suffix in (".index", ".data-00000-of-00001"):
                shutil.copy(f"{SEED}{suffix}", f"{prefix}{suffix}")
            answer = run("cat", prefix, "dense/bias", "--json")
            self.assertEqual(answer.code, 0, answer)
            self.assertEqual(len(json.loads(answer.text)["value"]), 128)

    def test_after_two_dashes_are_never_options(self):
        answer = run("ls", "--", "--json")
        self.assertEqual(answer.code, 2)
        self.assertIn("--json: no such file", answer.error)


if __name__ == "__main__":
    tool.main()
