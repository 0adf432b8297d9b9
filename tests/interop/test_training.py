# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Half trained here and half there, in both directions: the losses of every
step must be those of TensorFlow alone.

How close? Float32 sums in another order differ in the 7th digit, and training
amplifies that from step to step. TensorFlow's recorded losses, and those of
TensorFlow with its oneDNN kernels, are 4e-6 of the loss away from the same run
in float64 at the first step, 1e-3 after 40, 5e-3 after 100; ours are nearer to
float64 than either. Two correct runs may therefore be apart by twice what
TensorFlow has been off by up to that step.
"""

import json

import numpy as np
import pytest

import lenet

HALF = 20


def assert_follows(ours, theirs, bound):
    ours, theirs = np.array(ours), np.array(theirs)
    worst = np.abs(ours - theirs)
    assert (worst <= bound).all(), (
        f"step {int(np.argmax(worst - bound))}: ours {ours}, theirs {theirs}")


@pytest.fixture(scope="module")
def trace(golden):
    """TensorFlow's losses, step by step, from the seed's initial weights."""
    return json.loads(
        (golden / "seed/v2/trace/trace.json").read_text())["step_loss"]


@pytest.fixture(scope="module")
def bound(golden, trace):
    """How far ours may be from TensorFlow's n steps after a common start."""
    reference = json.loads(
        (golden / "nn/lenet_reference/trace.json").read_text())
    exact = np.array(reference["float64"])
    steps = len(exact)
    off = np.maximum(
        np.abs(np.array(trace[:steps]) - exact),
        np.abs(np.array(reference["float32_onednn"][:steps]) - exact))
    return 2 * np.maximum.accumulate(off)


def seed_model(golden):
    """Keras's model with the initial weights of the recorded run."""
    model, optimizer = lenet.build(lenet.RECORDED_SEED)
    initial = np.load(golden / "seed/v2/trace/init.npz")
    for variable in model.variables:
        np.testing.assert_array_equal(variable, initial[variable.name[:-2]])
    return model, optimizer


def objects(tf, model, optimizer):
    return tf.train.Checkpoint(step=tf.Variable(1), optimizer=optimizer,
                               net=model)


def test_tensorflow_here_follows_its_recorded_self(golden, tf, mnist, trace,
                                                   bound):
    model, _ = seed_model(golden)
    assert_follows(lenet.train(model, mnist, 0, 2 * HALF), trace[:2 * HALF],
                   bound[:2 * HALF])


def test_begun_here_and_finished_in_tensorflow(golden, tf, mnist, interop,
                                               trace, bound, tmp_path):
    model, _ = seed_model(golden)
    start = tf.train.Checkpoint(net=model).write(str(tmp_path / "start"))
    ours = interop("train", "--restore", start, "--partial", "--steps", HALF,
                   "--save", tmp_path / "half/ckpt")
    assert_follows(ours["losses"], trace[:HALF], bound[:HALF])

    model, optimizer = lenet.build()
    lenet.train(model, mnist, 0, 1)  # makes the slots
    objects(tf, model, optimizer).restore(ours["path"]).assert_consumed()
    assert int(optimizer.iterations) == HALF
    assert_follows(lenet.train(model, mnist, HALF, HALF),
                   trace[HALF:2 * HALF], bound[HALF:2 * HALF])


def test_begun_in_tensorflow_and_finished_here(golden, tf, mnist, interop,
                                               trace, bound, tmp_path):
    model, optimizer = seed_model(golden)
    lenet.train(model, mnist, 0, HALF)
    path = objects(tf, model, optimizer).save(str(tmp_path / "half/ckpt"))
    ours = interop("train", "--restore", path, "--first-batch", HALF,
                   "--steps", HALF)
    assert ours["iterations"] == 2 * HALF
    assert_follows(ours["losses"], trace[HALF:2 * HALF],
                   bound[HALF:2 * HALF])


def test_a_second_epoch_from_tensorflows_checkpoint(golden, interop, trace,
                                                    bound):
    ours = interop("train", "--restore", golden / "seed/v2/tf_ckpt_v2/ckpt-1",
                   "--steps", 100)
    assert_follows(ours["losses"], trace[469:569], bound[:100])
    assert ours["iterations"] == 569


def test_by_name_with_slots_in_both_directions(interop, tf1, tmp_path, trace,
                                               bound):
    """The Saver stores the optimizer's variables when it is made after them."""
    alone = tf1("train", "slots", "-", 0, 2 * HALF, tmp_path / "alone/model")
    assert_follows(alone["losses"], trace[:2 * HALF], bound[:2 * HALF])
    theirs = tf1("train", "slots", "-", 0, HALF, tmp_path / "theirs/model")
    finished_here = interop("train", "--system", "v1-slots", "--restore",
                            theirs["path"], "--first-batch", HALF, "--steps",
                            HALF)
    assert_follows(finished_here["losses"], alone["losses"][HALF:],
                   bound[HALF:2 * HALF])

    start = tf1("train", "slots", "-", 0, 0, tmp_path / "start/model")
    ours = interop("train", "--system", "v1-slots", "--restore", start["path"],
                   "--steps", HALF, "--save", tmp_path / "ours/model")
    assert_follows(ours["losses"], alone["losses"][:HALF], bound[:HALF])
    finished_there = tf1("train", "slots", ours["path"], HALF, HALF,
                         tmp_path / "there/model")
    assert_follows(finished_there["losses"], alone["losses"][HALF:],
                   bound[HALF:2 * HALF])


def test_by_name_without_slots_the_optimizer_starts_anew(golden, interop):
    """The post's first program: its Saver knows the model's variables only."""
    ours = interop("train", "--system", "v1", "--restore",
                   golden / "seed/v1/epoch1/model", "--steps", 20)
    assert ours["iterations"] == 20
    epoch = json.loads((golden / "seed/v1/trace/trace.json").read_text())
    assert np.mean(ours["losses"]) < 3 * epoch["epoch"][1]["loss"]
