# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Help, version, terminals, pipes: how the tool behaves as a process."""

import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
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
        for verb in [["ls"], ["cat"], ["graph"], ["meta"], ["state"],
                     ["state", "relocate"], ["state", "prune"], ["verify"],
                     ["copy"], ["meta", "show"], ["meta", "nodes"],
                     ["meta", "ops"], ["meta", "collections"],
                     ["meta", "saver"], ["meta", "edit"]]:
            text = run(*verb, "--help").text
            # Not what the tool itself says.
            self.assertNotIn("VERB", text)
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


class Mistakes(unittest.TestCase):
    def test_are_answered_in_lines_that_say_who_speaks(self):
        for words in [["lss"], ["cat", SEED, "dense/bais"],
                      ["cat", SEED, "gamma"], ["copy", SEED, ""]]:
            answer = run(*words)
            self.assertIn(answer.code, (1, 2), answer)
            for line in answer.error.splitlines():
                self.assertTrue(line.startswith("cairn: "), (words, line))

    def test_are_answered_by_what_was_likely_meant(self):
        for words, meant in [
                (["lss", SEED], "did you mean ls?"),
                (["ls", SEED.parent / "modle"], "epoch2/model?"),
                (["cat", SEED, "dense/bais"], "did you mean dense/bias?"),
                (["cat", SEED, "gamma"],
                 "cairn:   batch_normalization/gamma\n"),
                (["copy", SEED, "out/m.index"], "did you mean out/m?"),
                (["copy", SEED, "m.data-00000-of-00001"], "did you mean m?")]:
            answer = run(*words)
            self.assertIn(meant, answer.error, words)

    def test_of_copying_to_nothing_write_nothing(self):
        with tempfile.TemporaryDirectory() as scratch:
            answer = run("copy", SEED, "", cwd=scratch)
            self.assertEqual(answer.code, 2)
            self.assertEqual(os.listdir(scratch), [])


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def block(contents):
    """A table's block of one restart, with type and masked checksum."""
    contents += bytes(4) + b"\1\0\0\0" + b"\0"
    crc = crc32c(contents)
    masked = ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff
    return contents + masked.to_bytes(4, "little")


def varint(value):
    text = b""
    while value >= 128:
        text += bytes([value & 127 | 128])
        value >>= 7
    return text + bytes([value])


def index_of_one_tensor(size):
    """The index of a bundle of one uint8 tensor "t"; its checksum is wrong."""
    entry = (b"\x08\x04\x12" + varint(2 + len(b"\x08" + varint(size)))
             + b"\x12" + varint(len(b"\x08" + varint(size))) + b"\x08"
             + varint(size) + b"\x28" + varint(size) + b"\x35abcd")
    data = block(b"\0\0\6\x08\1\x1a\2\x08\1"
                 + b"\0\1" + varint(len(entry)) + b"t" + entry)
    meta = block(b"")
    handle = b"\0" + varint(len(data) - 5)
    index = block(b"\0\1" + varint(len(handle)) + b"u" + handle)
    footer = (varint(len(data)) + varint(len(meta) - 5)
              + varint(len(data) + len(meta)) + varint(len(index) - 5))
    return (data + meta + index + footer.ljust(40, b"\0")
            + bytes.fromhex("57fb808b247547db"))


class Signals(unittest.TestCase):
    def test_end_a_copy_that_then_has_left_nothing(self):
        size = 1 << 36  # not read to its end: a sparse file of 64 GiB
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            (scratch / "big.index").write_bytes(index_of_one_tensor(size))
            with open(scratch / "big.data-00000-of-00001", "wb") as data:
                data.truncate(size)
            for number in (signal.SIGINT, signal.SIGTERM):
                out = scratch / f"out{number}"
                out.mkdir()
                process = subprocess.Popen(
                    [tool.TOOL, "copy", str(scratch / "big"), str(out / "c")],
                    stderr=subprocess.PIPE,
                    preexec_fn=lambda: signal.signal(number,
                                                     signal.SIG_DFL))
                while process.poll() is None and not os.listdir(out):
                    time.sleep(0.01)
                process.send_signal(number)
                _, error = process.communicate(timeout=60)
                self.assertEqual(process.returncode, -number, error)
                self.assertIn(b"nothing was written", error)
                self.assertEqual(os.listdir(out), [])


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
        for closed, code in [("2>&-", 0), (">&-", 2), (">&- 2>&-", 2)]:
            shell = f'exec "$0" ls "$1" {closed}'
            done = subprocess.run(["sh", "-c", shell, tool.TOOL, str(SEED)],
                                  timeout=60, capture_output=True)
            self.assertEqual(done.returncode, code, (closed, done))


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

    def test_of_directories_stand_for_every_checkpoint_when_all_are_verified(
            self):
        for directory, names in [
                ("v1/saver", ["model.ckpt-2", "model.ckpt-3"]),
                ("v1/saver_sharded", ["model.ckpt-2-?????-of-00002",
                                      "model.ckpt-3-?????-of-00002"]),
                ("seed/v2/tf_ckpt_v2", ["ckpt-1", "ckpt-2"])]:
            answer = run("verify", "--all", "--json", GOLDEN / directory)
            self.assertEqual(answer.code, 0, answer)
            reports = [json.loads(line) for line in answer.text.splitlines()]
            self.assertEqual([r["path"] for r in reports],
                             [str(GOLDEN / directory / n) for n in names])

    def test_after_two_dashes_are_never_options(self):
        answer = run("ls", "--", "--json")
        self.assertEqual(answer.code, 2)
        self.assertIn("--json: no such file", answer.error)


if __name__ == "__main__":
    tool.main()
