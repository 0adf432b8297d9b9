# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Name-based checkpoints and meta graphs, between Cairn and tf1's Saver."""

import json
import pathlib

import numpy as np


def test_saver_restores_ours_and_writes_the_same_bytes(demo, interop, tf1,
                                                       tmp_path):
    theirs = tf1("resave", demo.v1 / "model", tmp_path / "tf_ckpt/model")
    ours = interop("evaluate", "--system", "v1", "--restore",
                   demo.v1 / "model")
    assert round(theirs["accuracy"] * 10000) == round(ours["accuracy"] * 10000)
    assert abs(theirs["loss"] - ours["loss"]) < 1e-6
    for name in ("model.index", "model.data-00000-of-00001", "checkpoint"):
        assert ((demo.v1 / name).read_bytes() ==
                (tmp_path / "tf_ckpt" / name).read_bytes()), f"{name} differs"


def test_meta_graph_imports_restores_and_predicts_as_ours(
        demo, interop, tf1, tmp_path):
    answer = tf1("import", demo.v1 / "model.meta", demo.v1 / "model",
                 tmp_path / "theirs.npy")
    interop("evaluate", "--system", "v1", "--restore", demo.v1 / "model",
            "--predictions", tmp_path / "ours.npy")
    np.testing.assert_allclose(np.load(tmp_path / "ours.npy"),
                               np.load(tmp_path / "theirs.npy"),
                               rtol=0, atol=1e-5)
    # The optimizer's are in the graph, but not in the checkpoint.
    assert len(answer["variables"]) == 45
    assert len(answer["trainable"]) == 12
    # Saved again by the imported Saver: the same values, the same bytes.
    for suffix in (".index", ".data-00000-of-00001"):
        assert (pathlib.Path(answer["path"] + suffix).read_bytes() ==
                (demo.v1 / f"model{suffix}").read_bytes())


def test_our_restore_of_tensorflows_evaluates_to_its_accuracy(
        golden, interop, tmp_path):
    seed = golden / "seed/v1"
    trace = json.loads((seed / "trace/trace.json").read_text())
    ours = interop("evaluate", "--system", "v1", "--restore",
                   seed / "epoch2/model", "--predictions", tmp_path / "p.npy")
    assert round(ours["accuracy"] * 10000) == round(
        trace["test_accuracy"] * 10000)
    assert abs(ours["loss"] - trace["test_loss"]) < 1e-6
    theirs = np.load(seed / "trace/predictions_first1000_test.npz")["softmax"]
    np.testing.assert_allclose(np.load(tmp_path / "p.npy")[:1000], theirs,
                               rtol=0, atol=1e-5)
