# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with the input, the tool says what, where, and exits with 1
(the answer is no) or 2 (wrong use, not readable), never with a signal."""

import pathlib
import shutil
import tempfile
import unittest

import tool
from tool import GOLDEN, run

SEED = GOLDEN / "seed/v1/epoch2"
INDEX = (SEED / "model.index").read_bytes()
DATA = (SEED / "model.data-00000-of-00001").read_bytes()
OBJECTS = GOLDEN / "seed/v2/tf_ckpt_v2/ckpt-2"


def flipped(data, position, bit=1):
    changed = bytearray(data)
    changed[position] ^= bit
    return bytes(changed)


class BadInput(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.dir)

    def put(self, name, data):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def expect(self, code, texts, *arguments):
        answer = run(*arguments, cwd=self.dir)
        self.assertEqual(answer.code, code, (arguments, answer))
        for text in texts:
            self.assertIn(text, answer.error, arguments)
        self.assertTrue(answer.error.startswith("cairn: "), answer)

    def test_paths(self):
        (self.dir / "empty").mkdir()
        self.put("other/notes.txt", b"hello")
        self.put("text", b"just some text, longer than any footer is: " * 3)
        self.put("alone.data-00000-of-00001", DATA)
        self.put("ck-1.index", INDEX)
        (self.dir / "dir.index").mkdir()
        for code, texts, path in [
                (2, ["nothing: no such file"], "nothing"),
                (2, ["no directory nowhere"], "nowhere/x"),
                (2, ["empty: a directory without checkpoints", "is empty"],
                 "empty"),
                (2, ["without checkpoints", "notes.txt"], "other"),
                (2, ["text: not a checkpoint"], "text"),
                (2, ["alone.index"], "alone.data-00000-of-00001"),
                (2, ["no alone.index"], "alone"),
                (2, ["did you mean ck-1?"], "ck"),
                (2, ["dir"], "dir.index"),
                (2, ["text"], "text/x"),
                (2, ["empty"], ""),
        ]:
            with self.subTest(path=path):
                self.expect(code, texts, "ls", path)
                self.expect(code, texts, "cat", path, "key")
                self.expect(code, texts, "graph", path)

    def test_every_truncation_of_the_index(self):
        self.put("m.data-00000-of-00001", DATA)
        for length in range(0, len(INDEX), 13):
            self.put("m.index", INDEX[:length])
            with self.subTest(length=length):
                self.expect(1, ["m.index"], "ls", "m")

    def test_flipped_bits_in_the_index(self):
        # Bytes 596 to 611 pad the footer's handles; they must be zero.
        self.put("m.data-00000-of-00001", DATA)
        for position in range(0, len(INDEX), 17):
            self.put("m.index", flipped(INDEX, position))
            with self.subTest(position=position):
                self.expect(1, ["m.index"], "ls", "m")

    def test_foreign_files_as_index(self):
        for name, data in [("garbage", b"\x93NUMPY garbage" * 50),
                           ("zeros", bytes(1000)),
                           ("empty", b""),
                           ("magic only", INDEX[-48:]),
                           ("appended", INDEX + b"\n"),
                           ("wrong magic", INDEX[:-1] + b"\0")]:
            self.put("m.index", data)
            with self.subTest(name):
                self.expect(1, ["m.index"], "ls", "m")
                self.expect(1, ["m.index"], "cat", "m", "x")
                self.expect(1, ["m.index"], "graph", "m")

    def test_damaged_data(self):
        self.put("m.index", INDEX)
        self.put("m.data-00000-of-00001", flipped(DATA, 10))
        self.expect(1, ["batch_normalization/beta"], "cat", "m",
                    "batch_normalization/beta")
        self.expect(1, ["batch_normalization/beta"], "ls", "m", "--sha256")
        self.assertEqual(run("cat", "m", "dense/bias", cwd=self.dir).code, 0)
        self.assertEqual(run("ls", "m", cwd=self.dir).code, 0)

    def test_short_and_missing_data(self):
        self.put("m.index", INDEX)
        data = self.put("m.data-00000-of-00001", DATA[:1000])
        name = "m.data-00000-of-00001"
        self.expect(1, [name], "cat", "m", "dense/kernel")
        self.expect(1, [name], "ls", "m", "--sha256", "--json")
        data.unlink()
        self.expect(2, [name], "cat", "m", "dense/kernel")
        data.mkdir()
        self.expect(2, [name], "cat", "m", "dense/kernel")

    def test_damaged_object_graph(self):
        for suffix in (".index", ".data-00000-of-00001"):
            shutil.copy(f"{OBJECTS}{suffix}", self.dir / f"o{suffix}")
        data = (self.dir / "o.data-00000-of-00001")
        data.write_bytes(flipped(data.read_bytes(), 662236 + 1000))
        self.expect(1, ["_CHECKPOINTABLE_OBJECT_GRAPH"], "graph", "o")
        data.unlink()
        self.expect(2, [data.name], "graph", "o")

    def test_absent_graphs(self):
        for suffix in (".index", ".data-00000-of-00001"):
            shutil.copy(SEED / f"model{suffix}", self.dir / f"m{suffix}")
        self.expect(1, ["no object graph", "no meta graph"], "graph", "m")
        self.expect(1, ["no object graph"], "graph", "m", "--objects")
        self.expect(1, ["no meta graph"], "graph", "m", "--nodes")

    def test_damaged_graph_files(self):
        meta = (SEED / "model.meta").read_bytes()
        self.put("m.meta", meta[:5000])
        self.expect(1, ["m.meta"], "graph", "m.meta")
        self.put("m.meta", b"\xff" * 100)
        self.expect(1, ["m.meta"], "graph", "m.meta")
        self.put("saved_model.pb", b"\xff" * 100)
        self.expect(1, ["saved_model.pb"], "graph", "saved_model.pb")
        self.expect(2, ["m.meta", "m.index"], "ls", "m.meta")
        for action in ("show", "nodes", "ops", "collections", "saver"):
            self.expect(1, ["m.meta"], "meta", action, "m.meta")
            self.expect(1, ["saved_model.pb"], "meta", action, ".")
        self.expect(1, ["m.meta"], "meta", "edit", "m.meta", "-o", "e.meta")
        self.assertFalse((self.dir / "e.meta").exists())

    def test_state_files(self):
        self.put("d/checkpoint", b"model_checkpoint_path: \"gone\"\n")
        self.expect(1, ["latest checkpoint is missing"], "state", "d")
        self.expect(2, ["d"], "ls", "d")
        self.put("d/checkpoint", b"nonsense nonsense")
        self.expect(1, ["d/checkpoint"], "state", "d")
        self.put("d/checkpoint", b"")
        self.expect(1, ["no latest checkpoint"], "state", "d")
        (self.dir / "d/checkpoint").unlink()
        self.expect(2, ["d/checkpoint"], "state", "d")
        self.expect(2, ["nothing"], "state", "nothing")

    def test_keys(self):
        self.expect(1, ["has no key conv2d/kernal", "conv2d/kernel"], "cat",
                    SEED / "model", "conv2d/kernal")
        self.expect(1, ["no key matches zzz*"], "ls", SEED / "model",
                    "--filter", "zzz*")
        self.expect(2, ["--key-base64"], "cat", SEED / "model", "--key-base64",
                    "!")
        self.expect(2, ["KEY"], "cat", SEED / "model")

    def test_wrong_use(self):
        model = SEED / "model"
        for arguments in [(), ("nonsense",), ("ls",), ("ls", model, "x"),
                          ("ls", model, "--nonsense"),
                          ("ls", model, "--sort", "x"),
                          ("cat", model, "dense/bias", "--json", "--raw"),
                          ("cat", model, "dense/bias", "--key-base64", "YQ=="),
                          ("graph", model, "--objects", "--meta"),
                          ("state",)]:
            with self.subTest(arguments):
                self.expect(2, ["--help"], *arguments)

    def test_unreadable_files(self):
        path = self.put("m.index", INDEX)
        self.put("m.data-00000-of-00001", DATA)
        path.chmod(0)
        try:
            path.open().close()
            self.skipTest("running as a user who may read everything")
        except PermissionError:
            self.expect(2, ["m.index"], "ls", "m")

    def test_copies(self):
        self.put("in/m.index", INDEX)
        self.put("in/m.data-00000-of-00001", DATA)
        self.put("bad/m.index", INDEX)
        self.put("bad/m.data-00000-of-00001", flipped(DATA, 100))
        self.put("file", b"x")
        for code, texts, *words in [
                (1, ["bad/m.data-00000-of-00001", "batch_normalization"],
                 "bad/m", "out/m"),
                (2, ["in/m", "same files"], "in/m", "in/m"),
                (2, ["in/m", "same files"], "in/m", "in/m", "--overwrite"),
                (2, ["file: "], "in/m", "file/m"),
                (2, ["exclude"], "in/m", "out/m", "--shards", "2",
                 "--max-shard-size", "5MB"),
                (2, ["--shards"], "in/m", "out/m", "--shards", "0"),
                (2, ["--format"], "in/m", "out/m", "--format", "v3"),
                (2, ["byte order"], "in/m", "out/m", "--format", "v1",
                 "--endian", "big")]:
            self.expect(code, texts, "copy", *words)
        self.assertFalse((self.dir / "out/m.index").exists())
        self.assertEqual((self.dir / "in/m.index").read_bytes(), INDEX)

    def test_verify_answers_no_for_every_flipped_byte_of_an_index(self):
        self.put("m.data-00000-of-00001", DATA)
        for position in range(0, len(INDEX), 7):
            self.put("m.index", flipped(INDEX, position))
            answer = run("verify", "m", cwd=self.dir)
            self.assertEqual(answer.code, 1, (position, answer))
            self.assertIn("m.index", answer.text)


if __name__ == "__main__":
    tool.main()
