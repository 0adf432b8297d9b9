# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests against real TensorFlow.

The built programs are taken from $CAIRN_BUILD_DIR (build/ by default), MNIST
from $CAIRN_CACHE/mnist (~/.cache/cairn/mnist by default).
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types

# Before TensorFlow is imported anywhere: no GPU, no log, and arithmetic that
# does not depend on which kernels oneDNN picks.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import pytest

import lenet
import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CAIRN_BUILD_DIR", ROOT / "build"))
CACHE = pathlib.Path(
    os.environ.get("CAIRN_CACHE", pathlib.Path.home() / ".cache/cairn"))
# The TensorFlow that the tests run in, and the newest.
TENSORFLOWS = ["2.15.1", "2.21.0"]


def run_program(name, arguments, expect=0, cwd=None, timeout=600):
    """Runs build/bin/name and checks its exit code. stdout and stderr are the
    answer's text."""
    command = [BUILD / "bin" / name, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, timeout=timeout, text=True,
                          capture_output=True)
    assert done.returncode == expect, (
        f"{name} {' '.join(map(str, arguments))}: exit {done.returncode}, "
        f"expected {expect}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done


@pytest.fixture(scope="session")
def golden():
    """The checkpoints that TensorFlow wrote."""
    return ROOT / "tests/golden/cases"


@pytest.fixture
def scratch():
    """Our writer syncs every file: many go to memory."""
    memory = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(
            dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield pathlib.Path(directory)


@pytest.fixture(scope="session")
def cairn():
    """The command line tool: cairn("ls", path, expect=0).stdout."""
    def run(*arguments, **how):
        return run_program("cairn", arguments, **how)
    return run


@pytest.fixture(scope="session")
def interop(mnist_dir):
    """interop("train", "--steps", 3): the JSON answer of cairn_interop."""
    def run(command, *arguments):
        done = run_program("cairn_interop",
                           [command, "--data", mnist_dir, *arguments])
        return json.loads(done.stdout)
    return run


@pytest.fixture(scope="session")
def mnist_dir():
    directory = CACHE / "mnist"
    assert directory.is_dir(), f"no {directory}: run scripts/setup mnist"
    return directory


@pytest.fixture(scope="session")
def mnist(mnist_dir):
    """x, y of the training set, x, y of the test set, as Keras wants them."""
    return lenet.load_mnist(mnist_dir)


@pytest.fixture(scope="session")
def tf():
    import tensorflow
    assert tensorflow.__version__ == "2.15.1"
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow


@pytest.fixture(scope="session")
def ours():
    """Cairn as a peer: see peers.py."""
    peer = peers.Peer("Cairn", [BUILD / "bin/cairn_peer"])
    yield peer
    peer.close()


@pytest.fixture(scope="session", params=TENSORFLOWS)
def theirs(request):
    """Each TensorFlow as a peer."""
    python = CACHE / f"tf-{request.param}/bin/python"
    assert python.exists(), f"no {python}: run scripts/setup tf"
    peer = peers.Peer(f"TensorFlow {request.param}",
                      [python, peers.HERE / "tf_peer.py"])
    yield peer
    peer.close()


@pytest.fixture(scope="session")
def demo(cairn, mnist_dir, tmp_path_factory):
    """One run of `cairn demo`: its output directories and what it printed."""
    where = tmp_path_factory.mktemp("demo")
    done = cairn("demo", "--data", mnist_dir, "--out", "demo-out", cwd=where)
    out = where / "demo-out"
    return types.SimpleNamespace(
        cwd=where, out=out, v1=out / "tf_ckpt", v2=out / "tf_ckpt_v2",
        stdout=done.stdout)


@pytest.fixture(scope="session")
def tf1(mnist_dir):
    """tf1("resave", ...): runs tf1_program.py, where eager execution is off,
    and returns its JSON answer."""
    def run(command, *arguments):
        script = pathlib.Path(__file__).with_name("tf1_program.py")
        done = subprocess.run(
            [sys.executable, script, command, str(mnist_dir),
             *map(str, arguments)],
            text=True, capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])
    return run
