# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""The command line tool beside TensorFlow and NumPy, and on data that is no
MNIST. More of the tool, without TensorFlow: tests/cli."""

import subprocess

import numpy as np
import pytest

from conftest import BUILD


def test_cat_writes_what_numpy_reads(tf, golden, tmp_path):
    lenet_v1 = golden / "seed/v1/epoch2/model"
    reader = tf.train.load_checkpoint(str(lenet_v1))
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


@pytest.mark.parametrize("damage", ["missing", "magic", "short", "counts",
                                    "directory"])
def test_damaged_mnist_is_a_clear_error(mnist_dir, tmp_path, damage):
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
    done = subprocess.run(
        [BUILD / "bin/cairn", "demo", "--data", data, "--out",
         tmp_path / "out"], capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2), done
    assert "t10k" in done.stderr, done.stderr
