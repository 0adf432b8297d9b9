#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Makes trace.json: the losses of LeNet-5's first 100 steps in real TensorFlow
2.15.1, from seed/v2's initial weights and in its batch order, in float64 and in
float32 with TensorFlow's oneDNN kernels. seed/v2 itself is float32 without them.
And step1.npz: what seed/v2's step1_detail.npz has, computed in float64 and
rounded to float32.

usage: make.py MNIST_DIR
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
INITIAL = HERE.parents[1] / "seed/v2/trace/init.npz"
RUNS = {"float64": ("float64", "0"), "float32_onednn": ("float32", "1")}
STEPS, BATCH = 100, 128


def train(mnist, dtype):
    import numpy as np
    from tensorflow import keras
    keras.backend.set_floatx(dtype)
    read = lambda name, skip, count: np.frombuffer(
        (mnist / name).read_bytes(), np.uint8, offset=skip, count=count)
    x = read("train-images-idx3-ubyte", 16, STEPS * BATCH * 784)
    x = (x.reshape(-1, 28, 28, 1).astype("float32") / 255).astype(dtype)
    y = read("train-labels-idx1-ubyte", 8, STEPS * BATCH).astype("float32")
    k = keras.layers
    model = keras.Sequential([
        k.Conv2D(16, 3, activation="relu", input_shape=(28, 28, 1)),
        k.BatchNormalization(), k.MaxPool2D(),
        k.Conv2D(16, 3, activation="relu"),
        k.BatchNormalization(), k.MaxPool2D(),
        k.Flatten(), k.Dense(128, activation="relu"),
        k.Dense(10, activation="softmax")])
    model.compile(optimizer=keras.optimizers.legacy.Adam(0.001),
                  loss=keras.losses.SparseCategoricalCrossentropy())
    initial = np.load(INITIAL)
    for v in model.variables:
        v.assign(initial[v.name[:-2]].astype(dtype))
    if dtype == "float64":
        first_step(model, x[:BATCH], y[:BATCH])
        for v in model.variables:
            v.assign(initial[v.name[:-2]].astype(dtype))
    return [float(model.train_on_batch(x[i:i + BATCH], y[i:i + BATCH],
                                       reset_metrics=True))
            for i in range(0, STEPS * BATCH, BATCH)]


def first_step(model, x, y):
    import numpy as np
    import tensorflow as tf
    values = {}
    with tf.GradientTape() as tape:
        activation = tf.constant(x)
        for layer in model.layers:
            training = {"training": True} if "batch" in layer.name else {}
            activation = layer(activation, **training)
            values["first_image/" + layer.name] = activation.numpy()[0]
        values["loss"] = loss = model.loss(tf.constant(y), activation)
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients):
        values["grad/" + variable.name[:-2]] = gradient.numpy()
    np.savez(HERE / "step1.npz", **{
        name: np.asarray(value, np.float32) for name, value in values.items()})


def main():
    if len(sys.argv) == 3:
        print(json.dumps(train(pathlib.Path(sys.argv[1]), sys.argv[2])))
        return
    trace = {}
    for name, (dtype, onednn) in RUNS.items():
        environment = dict(os.environ, TF_ENABLE_ONEDNN_OPTS=onednn,
                           TF_CPP_MIN_LOG_LEVEL="3")
        out = subprocess.run([sys.executable, __file__, sys.argv[1], dtype],
                             env=environment, check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        trace[name] = json.loads(out.splitlines()[-1])
    text = json.dumps(trace, indent=1)
    (HERE / "trace.json").write_text(text)
    manifest = {
        "case": "nn/lenet_reference",
        "what": "losses of LeNet-5's first 100 steps in float64 and with "
                "TensorFlow's oneDNN kernels; gradients and activations of the "
                "first in float64",
        "exercises": ["how far apart correct float32 computations get"],
        "writer": {"tensorflow": "2.15.1", "script": "make.py"},
        "files": [{"path": path.name, "size": path.stat().st_size,
                   "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                  for path in (HERE / "step1.npz", HERE / "trace.json")]}
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


main()
