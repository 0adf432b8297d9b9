# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What `cairn demo` leaves behind and says."""

import re

import numpy as np

# TensorFlow 2.15.1's sizes for the same program.
TF1_SIZES = {"checkpoint": 67, "model.index": 629,
             "model.data-00000-of-00001": 220904}
TF2_SIZES = {"ckpt-1.index": 3122, "ckpt-1.data-00000-of-00001": 668817,
             "ckpt-2.index": 3122, "ckpt-2.data-00000-of-00001": 668817}


def sizes(directory):
    return {p.name: p.stat().st_size for p in directory.iterdir()}


def test_files_have_tensorflows_names_and_sizes(demo):
    found = sizes(demo.v1)
    assert found.pop("model.meta") > 0
    assert found == TF1_SIZES
    found = sizes(demo.v2)
    assert found.pop("checkpoint") > 0
    assert found == TF2_SIZES


def test_accuracy_is_what_the_network_can_do(demo):
    epochs = [float(a) for a in re.findall(
        r"469/469 .* - sparse_categorical_accuracy: ([0-9.]+)", demo.stdout)]
    tests = [float(a) for a in re.findall(
        r"^Trained: .* test accuracy ([0-9.]+)$", demo.stdout, re.M)]
    assert len(epochs) == 4 and len(tests) == 2, demo.stdout
    for first, second in (epochs[:2], epochs[2:]):
        assert first >= 0.94
        assert second >= 0.983
    assert min(tests) >= 0.98


def test_restored_models_answer_as_the_saved_ones(demo):
    assert demo.stdout.count("predicted probabilities") == 4
    assert "NOT THE SAME" not in demo.stdout


def test_the_graph_run_evaluates_as_the_model_trained(demo):
    trained, = re.findall(
        r"== 1\. .*?^Trained: .* test accuracy ([0-9.]+)$", demo.stdout,
        re.M | re.S)
    run, = re.findall(r"^  run: test loss .*, test accuracy ([0-9.]+)$",
                      demo.stdout, re.M)
    # One example on the edge may fall to the other side.
    assert abs(float(run) - float(trained)) < 1.01e-4


def test_tensorflow_lists_and_reads_every_tensor_of_both(demo, tf):
    named = tf.train.load_checkpoint(str(demo.v1 / "model"))
    objects = tf.train.load_checkpoint(str(demo.v2 / "ckpt-2"))
    assert len(named.get_variable_to_shape_map()) == 16
    assert len(objects.get_variable_to_shape_map()) == 48
    for reader in (named, objects):
        for key in reader.get_variable_to_shape_map():
            value = reader.get_tensor(key)
            if key != "_CHECKPOINTABLE_OBJECT_GRAPH":
                assert np.isfinite(value).all(), key


def test_a_second_run_resumes(demo, cairn, mnist_dir, tmp_path):
    import shutil
    shutil.copytree(demo.out, tmp_path / "demo-out")
    done = cairn("demo", "--data", mnist_dir, "--out", "demo-out", "--epochs",
                 1, cwd=tmp_path)
    assert "Restored from demo-out/tf_ckpt/model" in done.stdout
    assert "Restored from demo-out/tf_ckpt_v2/ckpt-2" in done.stdout
    names = {p.name for p in (tmp_path / "demo-out/tf_ckpt_v2").iterdir()}
    assert "ckpt-3.index" in names
