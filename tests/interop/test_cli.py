# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""The command line tool on TensorFlow's files, judged by their manifests, and
on files that are none."""

import base64
import hashlib
import json
import pathlib
import struct

import numpy as np
import pytest

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/cases"
MANIFESTS = sorted(GOLDEN.rglob("manifest.json"))
DTYPES = {"FLOAT": "float32", "DOUBLE": "float64", "HALF": "float16"}


def checkpoints():
    """(id, prefix, manifest entry) of every bundle that is here."""
    for path in MANIFESTS:
        for entry in json.loads(path.read_text()).get("checkpoints", []):
            prefix = path.parent / entry["prefix"]
            if (entry["format"] == "bundle" and
                    pathlib.Path(f"{prefix}.index").exists()):
                yield pytest.param(
                    prefix, entry, id=str(prefix.relative_to(GOLDEN)))


def rows(entry):
    if "tensors" in entry:
        return entry["tensors"]
    return [dict(zip(entry["tensor_columns"], row))
            for row in entry["tensor_rows"]]


def unmask(masked):
    rotated = (int(masked, 16) - 0xa282ead8) & 0xffffffff
    return f"{((rotated >> 17) | (rotated << 15)) & 0xffffffff:08x}"


def place(entry):
    return {"shard": entry["shard"], "offset": entry["offset"],
            "bytes": entry["size"], "crc32c": unmask(entry["crc32c_masked"])}


def strings_sha256(values):
    """None where the manifest has only lengths and hashes."""
    if any(not isinstance(v, str) for v in values):
        return None
    digest = hashlib.sha256()
    for value in map(base64.b64decode, values):
        digest.update(struct.pack("<Q", len(value)) + value)
    return digest.hexdigest()


def check_row(ours, theirs):
    if "key_b64" in theirs:
        assert ours["key_base64"] == theirs["key_b64"]
        assert "key" not in ours
    else:
        assert ours["key"] == theirs["key"]
    name = theirs["dtype"].removeprefix("DT_")
    assert ours["dtype"] == DTYPES.get(name, name.lower())
    assert ours["shape"] == theirs["shape"]
    expected = theirs.get("sha256", theirs.get("raw_sha256"))
    if "strings" in theirs:
        expected = strings_sha256(theirs["strings"])
    if expected is not None and "sha256" in ours:
        assert ours["sha256"] == expected
    if "slices" not in theirs:
        for field, value in place(theirs).items():
            assert ours[field] == value, field
        return
    assert len(ours["slices"]) == len(theirs["slices"])
    for our_piece, piece in zip(ours["slices"], theirs["slices"]):
        assert our_piece["spec"] == piece["spec"]
        for field, value in place(piece).items():
            assert our_piece[field] == value, field


@pytest.mark.parametrize("prefix,entry", list(checkpoints()))
def test_ls_agrees_with_tensorflow(cairn, prefix, entry):
    theirs = rows(entry)
    # There is no hash of a tensor of which pieces are missing.
    complete = all(row.get("complete", True) for row in theirs)
    options = ["--json", "--sha256"] if complete else ["--json"]
    done = cairn("ls", prefix, *options)
    ours = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ours) == len(theirs)
    assert all(("sha256" in row) == complete for row in ours)
    for our_row, their_row in zip(ours, theirs):
        check_row(our_row, their_row)


@pytest.mark.parametrize(
    "prefix,entry", [p for p in checkpoints() if "object_graph" in p.values[1]])
def test_graph_agrees_with_tensorflow(cairn, prefix, entry):
    ours = json.loads(cairn("graph", prefix, "--json").stdout)["nodes"]
    theirs = entry["object_graph"]["nodes"]
    assert [n["id"] for n in ours] == [n["id"] for n in theirs]
    for our_node, node in zip(ours, theirs):
        children = [[c["name"], c["id"]] for c in our_node["children"]]
        assert children == node["children"]
        assert our_node["attributes"] == node.get("attributes", [])
        slots = [{"slot_name": s["slot_name"],
                  "original_variable_node_id": s["variable"],
                  "slot_variable_node_id": s["slot"]}
                 for s in our_node["slots"]]
        assert slots == node.get("slot_variables", [])


@pytest.fixture
def lenet_v1(golden):
    return golden / "seed/v1/epoch2/model"


def test_path_may_be_prefix_index_data_directory_or_state_file(cairn, golden):
    directory = golden / "seed/v2/tf_ckpt_v2"
    expected = cairn("ls", directory / "ckpt-2", "--json").stdout
    for path in ("ckpt-2.index", "ckpt-2.data-00000-of-00001", "",
                 "checkpoint"):
        done = cairn("ls", directory / path, "--json")
        assert done.stdout == expected, path


def test_cat_writes_what_numpy_reads(cairn, tf, lenet_v1, tmp_path):
    reader = tf.train.load_checkpoint(str(lenet_v1))
    import subprocess
    from conftest import BUILD
    for key, shape in reader.get_variable_to_shape_map().items():
        value = reader.get_tensor(key)
        raw = subprocess.run([BUILD / "bin/cairn", "cat", lenet_v1, key,
                              "--raw"], capture_output=True, check=True)
        assert raw.stdout == value.tobytes(), key
        npy = tmp_path / "value.npy"
        npy.write_bytes(subprocess.run(
            [BUILD / "bin/cairn", "cat", lenet_v1, key, "--npy"],
            capture_output=True, check=True).stdout)
        np.testing.assert_array_equal(np.load(npy), value)


def test_cat_without_the_key_says_which_are_near(cairn, lenet_v1):
    done = cairn("cat", lenet_v1, "conv2d/kernal", "--json", expect=1)
    assert done.stdout == ""
    assert "conv2d/kernal" in done.stderr and "conv2d/kernel" in done.stderr


def bad_inputs(golden):
    index = (golden / "seed/v1/epoch2/model.index").read_bytes()
    flipped = bytearray(index)
    flipped[100] ^= 1
    return {
        "garbage": {"x.index": b"\x93garbage" * 100},
        "empty": {"x.index": b""},
        "truncated": {"x.index": index[:-20]},
        "half": {"x.index": index[:300]},
        "flipped bit": {"x.index": bytes(flipped)},
        "wrong magic": {"x.index": index[:-1] + b"\x00"},
    }


@pytest.mark.parametrize("what", ["garbage", "empty", "truncated", "half",
                                  "flipped bit", "wrong magic"])
@pytest.mark.parametrize("command", ["ls", "cat", "graph"])
def test_damaged_index_is_a_clear_error(cairn, golden, tmp_path, what,
                                        command):
    for name, data in bad_inputs(golden)[what].items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "x.data-00000-of-00001").write_bytes(b"")
    arguments = [command, tmp_path / "x"]
    if command == "cat":
        arguments += ["conv2d/kernel", "--json"]
    import subprocess
    from conftest import BUILD
    done = subprocess.run([BUILD / "bin/cairn", *map(str, arguments)],
                          capture_output=True, text=True)
    assert done.returncode in (1, 2), done
    assert "x.index" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr


def test_damaged_data_is_found_and_named(cairn, golden, tmp_path):
    for suffix in (".index", ".data-00000-of-00001"):
        data = bytearray((golden / f"seed/v1/epoch2/model{suffix}")
                         .read_bytes())
        if suffix != ".index":
            data[4711] ^= 4
        (tmp_path / f"model{suffix}").write_bytes(data)
    # Byte 4711 lies in conv2d_1/kernel.
    done = cairn("cat", tmp_path / "model", "conv2d_1/kernel", "--json",
                 expect=1)
    assert "conv2d_1/kernel" in done.stderr or "data-00000" in done.stderr
    cairn("cat", tmp_path / "model", "conv2d/kernel", "--json")


def test_missing_and_misused_paths_are_clear_errors(cairn, tmp_path):
    for arguments in (["ls", tmp_path / "nothing"], ["ls", tmp_path],
                      ["graph", tmp_path / "nothing"],
                      ["state", tmp_path / "nothing"], ["ls"], ["nonsense"],
                      []):
        done = cairn(*arguments, expect=2)
        assert done.stderr.strip(), arguments


@pytest.mark.parametrize("damage", ["missing", "magic", "short", "counts",
                                    "directory"])
def test_damaged_mnist_is_a_clear_error(cairn, mnist_dir, tmp_path, damage):
    data = tmp_path / "mnist"
    data.mkdir()
    for path in mnist_dir.glob("*-ubyte"):
        (data / path.name).symlink_to(path)
    victim = data / "t10k-labels-idx1-ubyte"
    original = victim.read_bytes()
    victim.unlink()
    if damage == "magic":
        victim.write_bytes(b"PK" + original[2:])
    elif damage == "short":
        victim.write_bytes(original[:-1])
    elif damage == "counts":
        victim.write_bytes(original[:4] + (9999).to_bytes(4, "big") +
                           original[8:-1])
    elif damage == "directory":
        victim.mkdir()
    import subprocess
    from conftest import BUILD
    done = subprocess.run(
        [BUILD / "bin/cairn", "demo", "--data", data, "--out",
         tmp_path / "out"], capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2), done
    assert "t10k" in done.stderr, done.stderr
