# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Object-based checkpoints, between Cairn and tf.train.Checkpoint."""

import json
import pathlib

import numpy as np

import lenet


def objects(tf, model, optimizer):
    return tf.train.Checkpoint(step=tf.Variable(1), optimizer=optimizer,
                               net=model)


def restored_model(tf, mnist, path):
    """The demo's objects in TensorFlow, restored, every value matched."""
    model, optimizer = lenet.build()
    # One step, by fit, so that Adam has its slots and the model the function
    # nodes that it has in the checkpoint.
    model.fit(*lenet.batch(mnist, 0), batch_size=lenet.BATCH, verbose=0)
    checkpoint = objects(tf, model, optimizer)
    checkpoint.restore(str(path)).assert_consumed()
    return model, checkpoint


def test_keras_restores_ours_and_evaluates_to_our_accuracy(
        tf, mnist, demo, interop, tmp_path):
    latest = tf.train.latest_checkpoint(str(demo.v2))
    assert latest == str(demo.v2 / "ckpt-2")
    model, checkpoint = restored_model(tf, mnist, latest)
    assert int(checkpoint.step) == 3
    loss, accuracy = model.evaluate(mnist[2], mnist[3], batch_size=1000,
                                    verbose=0)
    ours = interop("evaluate", "--restore", latest, "--predictions",
                   tmp_path / "p.npy")
    assert round(accuracy * 10000) == round(ours["accuracy"] * 10000)
    assert abs(loss - ours["loss"]) < 1e-6
    predictions = model.predict(mnist[2], batch_size=1000, verbose=0)
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), predictions,
                               rtol=0, atol=1e-5)


def test_same_values_from_tensorflow_are_the_same_bytes(
        tf, mnist, demo, tmp_path):
    for name in ("ckpt-1", "ckpt-2"):
        _, checkpoint = restored_model(tf, mnist, demo.v2 / name)
        number = int(checkpoint.save_counter)
        checkpoint.save_counter.assign(number - 1)
        path = checkpoint.save(str(tmp_path / name / "ckpt"))
        assert pathlib.Path(path).name == name
        for suffix in (".index", ".data-00000-of-00001"):
            ours = (demo.v2 / (name + suffix)).read_bytes()
            theirs = pathlib.Path(path + suffix).read_bytes()
            assert ours == theirs, f"{name}{suffix} differs"


def test_state_file_means_the_same_to_tensorflow(tf, demo, cairn):
    theirs = tf.train.get_checkpoint_state(str(demo.v2))
    ours = json.loads(cairn("state", demo.v2, "--json").stdout)
    assert ours["model_checkpoint_path"] == "ckpt-2"
    assert ours["all_model_checkpoint_paths"] == ["ckpt-1", "ckpt-2"]
    assert list(theirs.all_model_checkpoint_paths) == [
        str(demo.v2 / "ckpt-1"), str(demo.v2 / "ckpt-2")]
    assert (list(theirs.all_model_checkpoint_timestamps) ==
            ours["all_model_checkpoint_timestamps"])
    assert (theirs.last_preserved_timestamp ==
            ours["last_preserved_timestamp"])


def test_tensorflows_manager_goes_on_where_ours_stopped(tf, mnist, demo,
                                                        tmp_path):
    import shutil
    directory = tmp_path / "tf_ckpt_v2"
    shutil.copytree(demo.v2, directory)
    model, checkpoint = restored_model(tf, mnist, directory / "ckpt-2")
    manager = tf.train.CheckpointManager(checkpoint, str(directory),
                                         max_to_keep=2)
    path = manager.save()
    assert pathlib.Path(path).name == "ckpt-3"
    assert sorted(p.name for p in directory.glob("*.index")) == [
        "ckpt-2.index", "ckpt-3.index"]


def test_our_restore_of_tensorflows_evaluates_to_its_accuracy(
        golden, interop, tmp_path):
    seed = golden / "seed/v2"
    trace = json.loads((seed / "trace/trace.json").read_text())
    ours = interop("evaluate", "--restore", seed / "tf_ckpt_v2/ckpt-2",
                   "--predictions", tmp_path / "p.npy")
    assert round(ours["accuracy"] * 10000) == round(
        trace["test_accuracy"] * 10000)
    assert abs(ours["loss"] - trace["test_loss"]) < 1e-6
    theirs = np.load(seed / "trace/predictions_first1000_test.npz")["softmax"]
    np.testing.assert_allclose(np.load(tmp_path / "p.npy")[:1000], theirs,
                               rtol=0, atol=1e-5)
