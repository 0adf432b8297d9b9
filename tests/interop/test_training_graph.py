# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""TensorFlow 1 code imports our training graphs, restores our checkpoints and
trains on, as nn does.

How close? See test_training.py for the losses: two correct runs may be apart by
twice what TensorFlow has been off from float64 by up to that step. Adam moves a
variable by about the learning rate, 1e-3, whatever its gradient's size; where
that is nothing but rounding, the direction is anybody's. So single values may
differ by a step or more, but on average they must agree: the same bounds as in
cairn/nn/trajectory_test.cc.
"""

import json
import pathlib
import subprocess

import numpy as np
import pytest

from conftest import CACHE, TENSORFLOWS, run_program
from meta_graph_models import MODELS, MODELS_OF_FEWER_NODES
from random_models import random_model
from test_training import assert_follows, bound, trace  # noqa: F401

ALL = MODELS | MODELS_OF_FEWER_NODES
# Outputs must be classes.
TRAINABLE = {name: words for name, words in ALL.items() if name != "rows"}
STEPS = 100
LARGEST_AND_MEAN = {1: (3e-4, 1e-6), 2: (3e-4, 2e-6), 10: (4e-3, 1e-4),
                    100: (2e-2, 5e-3)}
SEEDS = range(8)


def run_tensorflow(version, command, *arguments):
    script = pathlib.Path(__file__).with_name("training_graph_program.py")
    python = CACHE / f"tf-{version}/bin/python"
    done = subprocess.run([python, script, command, *map(str, arguments)],
                          text=True, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def run_native(where, data, *arguments):
    done = run_program("cairn_training", [where, data / "x.npy",
                                          data / "y.npy", *arguments])
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def batches(mnist, tmp_path_factory):
    """A directory with the images and labels of the first 120 batches."""
    where = tmp_path_factory.mktemp("batches")
    count = 120 * 128
    np.save(where / "x.npy", mnist[0][:count])
    np.save(where / "y.npy", mnist[1][:count].astype("int32"))
    np.savez(where / "test.npz", x=mnist[2], y=mnist[3].astype("int32"))
    return where


@pytest.fixture(scope="module", params=TENSORFLOWS)
def lenet(request, golden, batches, tmp_path_factory):
    """The recorded run's initial values trained on in both, in turns: given
    the values, TensorFlow saves; nn restores that, trains and saves; TensorFlow
    restores nn's start, trains and compares; nn finishes TensorFlow's."""
    where = tmp_path_factory.mktemp("lenet")
    run_native(where, batches, *MODELS["lenet"])
    begun = run_tensorflow(request.param, "train", where, json.dumps({
        "data": str(batches), "first": 0, "batch": 128, "steps": 0,
        "weights": str(golden / "seed/v2/trace/init.npz"),
        "save": str(where / "given")}))
    compared = list(LARGEST_AND_MEAN)
    ours = run_native(where, batches, f"--restore={begun['path']}",
                      f"--steps={STEPS}", "--save-after=" +
                      ",".join(map(str, compared)), *MODELS["lenet"])
    theirs = run_tensorflow(request.param, "train", where, json.dumps({
        "data": str(batches), "first": 0, "batch": 128, "steps": STEPS,
        "start": str(where / "start"), "compare": compared,
        "save": str(where / "theirs")}))
    finished = run_native(where / "finished", batches,
                          f"--restore={theirs['path']}", f"--first={STEPS}",
                          "--steps=10", *MODELS["lenet"])
    return where, ours, theirs, finished


def test_losses_are_those_of_nn(lenet, trace, bound):  # noqa: F811
    _, ours, theirs, _ = lenet
    assert_follows(ours["losses"], theirs["losses"], bound[:STEPS])
    assert_follows(theirs["losses"], trace[:STEPS], bound[:STEPS])
    np.testing.assert_allclose(ours["accuracies"][:5],
                               theirs["accuracies"][:5], atol=1e-6)
    assert theirs["global_step"] == ours["iterations"] == STEPS


@pytest.mark.parametrize("step", LARGEST_AND_MEAN)
def test_variables_are_those_of_nn(lenet, step):
    _, _, theirs, _ = lenet
    largest, mean = LARGEST_AND_MEAN[step]
    compared = theirs["compared"][str(step)]
    assert len(compared) == 16 + 5 + 2 * 12
    for name, off in compared.items():
        if not name.startswith("Adam/"):
            assert off["largest"] <= largest, name
            assert off["mean"] <= mean, name
        elif name[-2:] not in ("/m", "/v"):
            assert off["largest"] == 0, name
        elif step <= 2:
            assert off["largest"] <= 1e-2 * off["size"] + 1e-3, name


@pytest.mark.parametrize("version", TENSORFLOWS)
def test_evaluates_a_checkpoint_of_the_model_alone_as_nn(
        version, golden, batches, interop, tmp_path):
    path = golden / "seed/v1/epoch2/model"
    run_program("cairn_meta_graph", [tmp_path / "model.meta", "--train",
                                     "--model-only", *MODELS["lenet"]])
    theirs = run_tensorflow(version, "train", tmp_path, json.dumps({
        "data": str(batches), "first": 0, "batch": 128, "steps": 0,
        "start": str(path), "evaluate": str(batches / "test.npz")}))
    ours = interop("evaluate", "--system", "v1", "--restore", path)
    loss, accuracy = theirs["evaluated"]
    assert accuracy > 0.98
    assert abs(accuracy - ours["accuracy"]) < 1e-6
    assert abs(loss - ours["loss"]) < 1e-6


def test_nn_trains_on_from_what_the_imported_saver_saved(
        lenet, trace, bound):  # noqa: F811
    _, _, _, finished = lenet
    assert finished["iterations"] == STEPS + 10
    # The two were a bound apart when TensorFlow saved.
    assert_follows(finished["losses"], trace[STEPS:STEPS + 10], 2 * bound[-1])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A training graph of each named and each random model."""
    where = tmp_path_factory.mktemp("models")
    words = TRAINABLE | {f"random{seed}": random_model(seed)
                         for seed in SEEDS}
    for name, model in words.items():
        (where / name).mkdir()
        run_program("cairn_meta_graph", [where / name / "model.meta",
                                         "--train", *model])
    return where, words


@pytest.mark.parametrize("version", TENSORFLOWS)
def test_gradients_and_shapes_are_tensorflows(models, version):
    where, words = models
    answer = run_tensorflow(version, "gradients", where, *words)
    assert len(answer) == len(words)
    for name, found in answer.items():
        assert found["largest"] > 1e-3, (name, words[name])
        assert found["difference"] < 1e-5, (name, words[name])
        assert found["shapes"] == [], (name, words[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_random_models_train_one_step_as_nn(seed, models, tmp_path):
    words = models[1][f"random{seed}"]
    random = np.random.default_rng(seed)
    shape = [int(d) for d in words[0].split(":")[1].split(",")]
    np.save(tmp_path / "x.npy",
            random.normal(size=[12, *shape]).astype("float32"))
    np.save(tmp_path / "y.npy", random.integers(0, 2, size=12))
    strip = ["--strip-default-attrs"] if seed % 2 else []
    ours = run_native(tmp_path, tmp_path, "--batch=12", "--steps=1",
                      "--save-after=1", *strip, *words)
    theirs = run_tensorflow("2.15.1", "train", tmp_path, json.dumps({
        "data": str(tmp_path), "first": 0, "batch": 12, "steps": 1,
        "start": str(tmp_path / "start"), "compare": [1]}))
    np.testing.assert_allclose(theirs["losses"], ours["losses"], rtol=2e-6)
    compared = theirs["compared"]["1"]
    largest = {slot: max(off["size"] for name, off in compared.items()
                         if name.endswith(slot)) for slot in ("/m", "/v")}
    for name, off in compared.items():
        if name[-2:] in largest:
            assert off["largest"] <= 1e-4 * largest[name[-2:]], (name, words)
        elif name.split("/")[-1].startswith("moving"):
            assert off["largest"] <= 1e-5 * max(1, off["size"]), (name, words)
        elif name.startswith("Adam/"):
            assert off["largest"] == 0, (name, words)
        else:
            # Twice the step, where the gradient is nothing but rounding.
            assert off["largest"] <= 2.1e-3, (name, words)


KINDS = {
    "v2": ([], {}),
    "v1": (["--v1"], {"write_version": 1}),
    "v2_sharded": (["--sharded", "--filename=elsewhere"],
                   {"sharded": True, "filename": "elsewhere"}),
    "v1_sharded": (["--sharded", "--v1", "--saver=own", "--max-to-keep=0",
                    "--hours=0.5"],
                   {"sharded": True, "write_version": 1, "name": "own",
                    "max_to_keep": None, "keep_checkpoint_every_n_hours": 0.5}),
}


# 072 073 (M1 M2 C8)
@pytest.mark.parametrize("version", TENSORFLOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_saver_nodes_are_tensorflows(kind, version, tmp_path):
    options, arguments = KINDS[kind]
    run_program("cairn_meta_graph", [tmp_path / "model.meta", "--train",
                                     *options, *MODELS["order"]])
    answer = run_tensorflow(version, "savers", tmp_path, json.dumps(arguments))
    assert answer["nodes"] == len(answer["ours"]) > 60
    assert answer["same"] == answer["ours"]
    assert answer["saver"]


# 074 (M3)
def test_op_definitions_are_tensorflows(models, tmp_path):
    every = set()
    files = [(models[0] / name / "model.meta") for name in models[1]]
    for kind, (options, _) in KINDS.items():
        files.append(tmp_path / f"{kind}.meta")
        run_program("cairn_meta_graph", [files[-1], "--train", *options,
                                         *MODELS["order"]])
    for path in files[:4] + files[-len(KINDS):]:
        answer = run_tensorflow("2.15.1", "definitions", path)
        assert answer["differ"] == []
        assert answer["ops"] == sorted(answer["ops"])
        every.update(answer["ops"])
    assert len(every) > 50


def test_tensorboard_shows_the_graph(models):
    answer = run_tensorflow("2.15.1", "tensorboard", models[0] / "lenet")
    assert answer["same"]
    assert answer["nodes"] > 500
