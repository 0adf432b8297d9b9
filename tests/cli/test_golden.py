# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""The tool's JSON for every golden checkpoint is what its manifest says."""

import base64
import hashlib
import json
import struct
import unittest

import tool
from tool import GOLDEN, run

SPECIAL_NAMES = {"FLOAT": "float32", "DOUBLE": "float64", "HALF": "float16"}


def checkpoints():
    for path in sorted(GOLDEN.rglob("manifest.json")):
        for entry in json.loads(path.read_text()).get("checkpoints", []):
            prefix = path.parent / entry["prefix"]
            if (entry["format"] == "bundle" and
                    prefix.with_name(prefix.name + ".index").exists()):
                yield prefix, entry


def rows(entry):
    if "tensors" in entry:
        return entry["tensors"]
    return [dict(zip(entry["tensor_columns"], row))
            for row in entry["tensor_rows"]]


def place(stored):
    masked = int(stored["crc32c_masked"], 16)
    rotated = (masked - 0xa282ead8) & 0xffffffff
    crc = (rotated >> 17 | rotated << 15) & 0xffffffff
    return {"bytes": stored["size"], "shard": stored["shard"],
            "offset": stored["offset"], "crc32c": f"{crc:08x}"}


def sha256(row):
    """What --sha256 must say; None where the manifest does not tell."""
    if not row.get("complete", True):
        return None
    if "strings" not in row:
        return row.get("sha256", row.get("raw_sha256"))
    digest = hashlib.sha256()
    for value in row["strings"]:
        if not isinstance(value, str):
            return None
        data = base64.b64decode(value)
        digest.update(struct.pack("<Q", len(data)) + data)
    return digest.hexdigest()


def expected(row):
    """The line of `ls --json`, but for the hash."""
    line = {"key_base64": row["key_b64"]} if "key_b64" in row else {
        "key": row["key"]}
    name = row["dtype"].removeprefix("DT_")
    line["dtype"] = SPECIAL_NAMES.get(name, name.lower())
    line["shape"] = row["shape"]
    if "slices" not in row:
        return line | place(row)
    line["bytes"] = sum(piece["size"] for piece in row["slices"])
    line["slices"] = [{"spec": piece["spec"], "shape": piece["shape"]} |
                      place(piece) for piece in row["slices"]]
    return line


class Golden(unittest.TestCase):
    def test_there_are_cases(self):
        self.assertGreater(len(list(checkpoints())), 50)

    def test_ls(self):
        for prefix, entry in checkpoints():
            with self.subTest(str(prefix.relative_to(GOLDEN))):
                theirs = rows(entry)
                complete = all(row.get("complete", True) for row in theirs)
                answer = run("ls", prefix, "--json", "--sha256")
                self.assertEqual(answer.code, 0 if complete else 1, answer)
                ours = [json.loads(line) for line in answer.text.splitlines()]
                self.assertEqual(len(ours), len(theirs))
                for line, row in zip(ours, theirs):
                    digest = line.pop("sha256")
                    if row.get("complete", True):
                        self.assertIn(sha256(row), (digest, None), line)
                    else:
                        self.assertIsNone(digest, line)
                    self.assertEqual(line, expected(row))

    def test_graph(self):
        for prefix, entry in checkpoints():
            if "object_graph" not in entry:
                continue
            with self.subTest(str(prefix.relative_to(GOLDEN))):
                answer = run("graph", prefix, "--json")
                self.assertEqual(answer.code, 0, answer)
                ours = json.loads(answer.text)["nodes"]
                theirs = entry["object_graph"]["nodes"]
                self.assertEqual(len(ours), len(theirs))
                for node, stored in zip(ours, theirs):
                    self.check_node(node, stored)

    def check_node(self, node, stored):
        self.assertEqual(node["id"], stored["id"])
        self.assertEqual([[c["name"], c["id"]] for c in node["children"]],
                         stored.get("children", []))
        self.assertEqual(
            node["attributes"],
            [{"name": a["name"], "full_name": a.get("full_name", ""),
              "checkpoint_key": a["checkpoint_key"]}
             for a in stored.get("attributes", [])])
        self.assertEqual(
            node["slots"],
            [{"slot_name": s["slot_name"],
              "variable": s["original_variable_node_id"],
              "slot": s["slot_variable_node_id"]}
             for s in stored.get("slot_variables", [])])
        for optional in ("registered_saver", "has_checkpoint_values"):
            self.assertEqual(node.get(optional), stored.get(optional))

    def test_raw_bytes_are_what_is_hashed(self):
        for case in ["dtypes/strings/str", "dtypes/variant/var",
                     "sliced/grids/grids", "bigendian/converted/four_shards"]:
            listing = run("ls", GOLDEN / case, "--json", "--sha256").text
            for line in map(json.loads, listing.splitlines()):
                if line["bytes"] > 100000:
                    continue
                with self.subTest(case=case, key=line["key"]):
                    raw = run("cat", GOLDEN / case, line["key"], "--raw")
                    self.assertEqual(raw.code, 0, raw)
                    self.assertEqual(hashlib.sha256(raw.out).hexdigest(),
                                     line["sha256"])


if __name__ == "__main__":
    tool.main()
