# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What TensorFlow does with meta graphs, in graph mode.

build DIR    makes each model in Keras, with random values, in inference mode:
             DIR/<model>/theirs.meta, the checkpoint `model`, data.npz
import DIR   imports each DIR/<model>/ours.meta, restores `model`, predicts, and
             saves again as `again`
Answers one JSON object.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow as tf
from tensorflow import keras

import meta_graph_models

tf1 = tf.compat.v1
tf1.disable_eager_execution()
MODELS = meta_graph_models.MODELS | meta_graph_models.MODELS_OF_FEWER_NODES


def kernel_seeds(graph_def):
    return [int(tf.make_ndarray(node.attr["value"].tensor)[0])
            for node in graph_def.node
            if node.name.endswith("StatelessRandomGetKeyCounter/seed")]


def build(where, words):
    where.mkdir(parents=True)
    random = np.random.default_rng(1)
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        tf1.keras.backend.set_session(session)
        tf1.keras.backend.set_learning_phase(0)
        model = meta_graph_models.build(keras, words)
        saver = tf1.train.Saver()
        init = tf1.global_variables_initializer()
        meta = tf1.train.export_meta_graph(
            str(where / "theirs.meta"), graph=graph,
            saver_def=saver.as_saver_def())
        session.run(init)
        for variable in model.variables:
            # Positive, as variances must be.
            variable.load(random.uniform(
                0.05, 0.5, variable.shape).astype("float32"), session)
        saver.save(session, str(where / "model"), write_meta_graph=False)
        x = random.normal(size=(6, *model.input_shape[1:])).astype("float32")
        y = session.run(model.output, {model.input: x})
        np.savez(where / "data.npz", x=x, y=y)
        return {"seeds": kernel_seeds(meta.graph_def),
                "git_version": meta.meta_info_def.tensorflow_git_version}


def run_imported(where):
    data = np.load(where / "data.npz")
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        saver = tf1.train.import_meta_graph(str(where / "ours.meta"))
        meta = tf1.MetaGraphDef.FromString(
            (where / "ours.meta").read_bytes())
        signature = meta.signature_def["serving_default"]
        (given,), (wanted,) = (signature.inputs.values(),
                               signature.outputs.values())
        # The initialisers run too, by their collection and by the node.
        session.run(tf1.global_variables_initializer())
        session.run("init")
        initial = {v.op.name: session.run(v) for v in tf1.global_variables()}
        saver.restore(session, str(where / "model"))
        y = session.run(wanted.name, {given.name: data["x"]})
        saver.save(session, str(where / "again"), write_meta_graph=False)
        assert given.tensor_shape == graph.get_tensor_by_name(
            given.name).shape.as_proto()
        return {
            "difference": float(np.abs(y - data["y"]).max()),
            "shape": list(y.shape) == list(data["y"].shape),
            "variables": [v.op.name for v in tf1.global_variables()],
            "trainable": [v.op.name for v in tf1.trainable_variables()],
            "kernel_range": {
                name: [float(value.min()), float(value.max())]
                for name, value in initial.items()
                if name.endswith("kernel")},
        }


def main():
    command, directory = sys.argv[1:]
    answer = {}
    for name, words in MODELS.items():
        where = pathlib.Path(directory) / name
        answer[name] = (build(where, words) if command == "build"
                        else run_imported(where))
    print(json.dumps(answer))


main()
