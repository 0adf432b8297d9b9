# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""LeNet-5 in Keras, as the demo has it, and MNIST."""

import numpy as np

BATCH = 128
# Draws the initial weights of the golden runs, tests/golden/cases/seed.
RECORDED_SEED = 20191218


def read_idx(path):
    data = path.read_bytes()
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big")
             for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def load_mnist(directory):
    def images(name):
        x = read_idx(directory / name)
        return x.reshape(len(x), 28, 28, 1).astype("float32") / 255

    return (images("train-images-idx3-ubyte"),
            read_idx(directory / "train-labels-idx1-ubyte").astype("float32"),
            images("t10k-images-idx3-ubyte"),
            read_idx(directory / "t10k-labels-idx1-ubyte").astype("float32"))


def build(seed=7):
    """A new compiled model and its optimizer, with fresh automatic names."""
    from tensorflow import keras
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential([
        layers.Conv2D(16, 3, activation="relu", input_shape=(28, 28, 1)),
        layers.BatchNormalization(),
        layers.MaxPool2D(),
        layers.Conv2D(16, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPool2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])
    optimizer = keras.optimizers.legacy.Adam(learning_rate=0.001)
    model.compile(optimizer=optimizer,
                  loss=keras.losses.SparseCategoricalCrossentropy(),
                  metrics=[keras.metrics.SparseCategoricalAccuracy()])
    return model, optimizer


def batch(data, k):
    """The k-th batch in the data's order."""
    x, y = data[0], data[1]
    return x[k * BATCH:(k + 1) * BATCH], y[k * BATCH:(k + 1) * BATCH]


def train(model, data, first, steps):
    """Losses of `steps` steps from batch `first` on."""
    return [float(model.train_on_batch(*batch(data, k), reset_metrics=True)[0])
            for k in range(first, first + steps)]
