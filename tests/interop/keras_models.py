# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Models that keras_models.cc has in C++, in Keras 2.15 or 3."""

import numpy as np

KINDS = ["sequential", "functional", "subclassed"]
SHAPES = {"sequential": [(4, 5, 5, 1)], "functional": [(4, 3), (4, 3)],
          "subclassed": [(4, 6)]}


def sequential(keras):
    layers = keras.layers
    return keras.Sequential([
        layers.Input((5, 5, 1)), layers.Conv2D(2, 3, name="conv2d"),
        layers.BatchNormalization(name="batch_normalization"),
        layers.MaxPooling2D(), layers.Flatten(),
        layers.Dense(3, activation="softmax", name="dense")], name="stack")


def functional(keras):
    layers = keras.layers
    a, b, inside = layers.Input((3,)), layers.Input((3,)), layers.Input((4,))
    shared = layers.Dense(4, name="shared")
    inner = keras.Model(inside, layers.Dense(2, name="inner_dense")(inside))
    joined = layers.Concatenate()([inner(shared(a)), inner(shared(b))])
    return keras.Model([a, b], layers.Dense(2, name="out")(joined))


def subclassed(keras):
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, name):
            super().__init__(name=name)
            self.parts = [layers.Dense(3, name="first"),
                          layers.Dense(3, name="second")]
            self.norms = {"in": layers.BatchNormalization(name="pre"),
                          "out/x.y": layers.BatchNormalization(name="post")}
            self.pair = (layers.Dense(2, name="left"),
                         layers.Dense(2, name="right"))

        def build(self, shape):
            # As the C++ class does, so that the order is the same.
            width = shape[-1]
            if getattr(keras, "__version__", "2").startswith("3"):
                self.parts[0].build((None, width))
                self.parts[1].build((None, 3))
                self.norms["in"].build((None, width))
                self.norms["out/x.y"].build((None, 3))
                self.pair[0].build((None, 3))
                self.pair[1].build((None, 2))
            super().build(shape)

        def call(self, x):
            x = self.parts[1](self.parts[0](self.norms["in"](x)))
            return self.pair[1](self.pair[0](self.norms["out/x.y"](x)))

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__(name="subclassed")
            self.blocks = [Block("first"), Block("second")]
            self.head = keras.Sequential(
                [layers.Dense(2, name="head_dense")], name="head")

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    return Subclassed()


def inputs(kind):
    rng = np.random.default_rng(5)
    x = [rng.standard_normal(s).astype("f4") for s in SHAPES[kind]]
    return x if len(x) > 1 else x[0]


def trained(keras, kind, layout, steps):
    """The model after `steps` steps, which depend on nothing else."""
    keras.backend.clear_session()  # or the names are those of a second model
    keras.utils.set_random_seed(3)
    model = {"sequential": sequential, "functional": functional,
             "subclassed": subclassed}[kind](keras)
    home = keras.optimizers.legacy if layout == "legacy" else keras.optimizers
    loss = "mse"
    if kind == "sequential":
        loss = "sparse_categorical_crossentropy"
        y = np.arange(4) % 3
    else:
        y = np.random.default_rng(6).standard_normal((4, 2)).astype("f4")
    # Keras 2 has a node for the graph it trains with.
    model.compile(home.Adam(), loss, run_eagerly=layout == "keras3")
    for _ in range(steps):
        model.train_on_batch(inputs(kind), y)
    return model


def predict(model, kind):
    """Without a predict function, which would be an object of the model."""
    return np.array(model(inputs(kind), training=False))
