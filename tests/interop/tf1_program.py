# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""TensorFlow's half where it must run without eager execution. The last line
printed is a JSON answer.

usage: tf1_program.py import MNIST META PREFIX OUT.npy
       tf1_program.py resave MNIST PREFIX OUT_PREFIX
       tf1_program.py train MNIST slots|variables PREFIX|- FIRST STEPS OUT_PREFIX
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

import lenet

tf1 = tf.compat.v1
tf1.disable_eager_execution()


def import_and_predict(data, meta, prefix, out):
    """Without any of the model's Python code: import, restore, run."""
    with tf1.Session(graph=tf.Graph()) as session:
        saver = tf1.train.import_meta_graph(meta)
        saver.restore(session, prefix)
        graph = session.graph
        placeholder = [op for op in graph.get_operations()
                       if op.type == "Placeholder"][0].outputs[0]
        output = graph.get_tensor_by_name("dense_1/Softmax:0")
        predictions = np.concatenate([
            session.run(output, {placeholder: data[2][i:i + 1000]})
            for i in range(0, len(data[2]), 1000)])
        # The imported Saver's own nodes also save.
        again = saver.save(session, out + "-resaved", write_state=False,
                           write_meta_graph=False)
        np.save(out, predictions)
        return {"nodes": len(graph.get_operations()), "path": again,
                "variables": [v.name for v in tf1.global_variables()],
                "trainable": [v.name for v in tf1.trainable_variables()]}


def resave(data, prefix, out):
    """Restores into Keras's own graph, evaluates, saves the same values."""
    model, _ = lenet.build()
    saver = tf1.train.Saver()
    with tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        saver.restore(session, prefix)
        loss, accuracy = model.evaluate(data[2], data[3], batch_size=1000,
                                        verbose=0)
        # By a relative path, as the post's program does: the state file then
        # names checkpoints relative to itself.
        out = pathlib.Path(out)
        os.chdir(out.parent.parent)
        saver.save(session, os.path.join(".", out.parent.name, out.name))
        return {"loss": float(loss), "accuracy": float(accuracy)}


def train(data, system, prefix, first, steps, out):
    """Trains from prefix ("-": from the initial weights) and saves."""
    first, steps = int(first), int(steps)
    model, _ = lenet.build(lenet.RECORDED_SEED)
    with tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        saver = tf1.train.Saver()
        if system == "slots":
            # One step makes the training function and the slots; what it
            # changed is put back by the restore, or by initial values.
            initial = session.run(tf1.global_variables())
            model.train_on_batch(*lenet.batch(data, 0))
            for variable, value in zip(tf1.global_variables(), initial):
                variable.load(value, session)
            saver = tf1.train.Saver()
            fresh = tf1.global_variables()[len(initial):]
            zero = [v for v in fresh if v.name[-4:-2] in ("/m", "/v")
                    or v.name.endswith("iter:0")]
            session.run([v.initializer for v in zero])
        if prefix != "-":
            saver.restore(session, prefix)
        losses = lenet.train(model, data, first, steps)
        path = saver.save(session, out, write_meta_graph=False)
        return {"losses": losses, "path": path}


def main():
    command, mnist = sys.argv[1], pathlib.Path(sys.argv[2])
    commands = {"import": import_and_predict, "resave": resave, "train": train}
    answer = commands[command](lenet.load_mnist(mnist), *sys.argv[3:])
    print(json.dumps(answer))


main()
