# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Our meta graphs against TensorFlow's own, for models of all layer orders."""

import json
import math
import pathlib
import subprocess
import sys

import pytest

from conftest import run_program
from meta_graph_models import MODELS, MODELS_OF_FEWER_NODES

ALL = MODELS | MODELS_OF_FEWER_NODES


def run_tensorflow(command, directory):
    script = pathlib.Path(__file__).with_name("meta_graph_program.py")
    done = subprocess.run([sys.executable, script, command, directory],
                          text=True, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """The directory with a folder per model, and what the program answered."""
    where = tmp_path_factory.mktemp("meta") / "models"
    return where, run_tensorflow("build", where)


@pytest.fixture(scope="module")
def imported(theirs):
    where, _ = theirs
    for name, words in ALL.items():
        run_program("cairn_meta_graph", [where / name / "ours.meta", *words])
    return where, run_tensorflow("import", where)


@pytest.mark.parametrize("name", MODELS)
def test_contents_are_those_of_tensorflow(theirs, name, tf, tmp_path):
    where, answer = theirs
    path = tmp_path / "ours.meta"
    seeds = ",".join(map(str, answer[name]["seeds"]))
    run_program("cairn_meta_graph",
                [path, f"--seeds={seeds}", "--signature=",
                 f"--git-version={answer[name]['git_version']}",
                 *MODELS[name]])
    ours = path.read_bytes()
    expected = (where / name / "theirs.meta").read_bytes()
    # Some versions of Python's protobuf sort "Tshape" before "T", others, with
    # which the golden cases were made, after it as we do: write both anew.
    message = tf.compat.v1.MetaGraphDef
    assert (message.FromString(ours).SerializeToString(deterministic=True) ==
            message.FromString(expected).SerializeToString(deterministic=True))
    assert len(ours) == len(expected)


@pytest.mark.parametrize("name", ALL)
def test_imported_graph_restores_and_predicts_as_keras(imported, name):
    _, answer = imported
    assert answer[name]["shape"]
    assert answer[name]["difference"] < 1e-5


@pytest.mark.parametrize("name", ALL)
def test_imported_saver_writes_the_same_bytes(imported, name):
    where, _ = imported
    for suffix in (".index", ".data-00000-of-00001"):
        assert ((where / name / f"again{suffix}").read_bytes() ==
                (where / name / f"model{suffix}").read_bytes())


@pytest.mark.parametrize("name", ALL)
def test_initialisers_draw_from_glorots_range(imported, theirs, name):
    _, answer = imported
    for kernel, (low, high) in answer[name]["kernel_range"].items():
        # Any kernel has fewer than 2 * 1000 + 7 inputs and outputs.
        assert -1.5 < low < 0 < high < 1.5, kernel
        assert high - low > math.sqrt(6 / 2007), kernel


def test_moving_statistics_are_not_trainable(imported):
    _, answer = imported
    assert len(answer["lenet"]["variables"]) == 16
    assert len(answer["lenet"]["trainable"]) == 12
    assert not any("moving" in name for name in answer["lenet"]["trainable"])
