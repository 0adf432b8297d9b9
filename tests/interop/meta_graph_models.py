# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Models in the words of cairn_meta_graph, which Keras understands here too."""

MODELS = {
    "lenet": [
        "input:28,28,1",
        "conv2d:conv2d:16:3:3:1:1:valid:relu",
        "bn:batch_normalization:0.001",
        "pool:max_pooling2d:2:2:2:2:valid",
        "conv2d:conv2d_1:16:3:3:1:1:valid:relu",
        "bn:batch_normalization_1:0.001",
        "pool:max_pooling2d_1:2:2:2:2:valid",
        "flatten:flatten",
        "dense:dense:128:relu",
        "dense:dense_1:10:softmax",
    ],
    # Odd windows, strides and padding; softmax and linear convolutions; batch
    # normalization of vectors, which Keras does not fuse.
    "strides": [
        "input:9,8,3",
        "conv2d:first:4:3:2:2:1:same:softmax",
        "pool:p:3:2:2:1:same",
        "conv2d:second:2:1:1:1:1:valid:linear",
        "flatten:f",
        "dense:d:5:linear",
        "bn:n:0.01",
        "dense:out:6:softmax",
    ],
    # Batch normalization of the input, two in a row, no activation at the end.
    "order": [
        "input:5,4,2",
        "bn:z:0.001",
        "bn:y:0.002",
        "flatten:x",
        "flatten:w",
        "dense:v:3:relu",
        "dense:a:2:linear",
    ],
    # Initial values that are filled in rather than stored.
    "wide": [
        "input:7",
        "dense:dense:999:relu",
        "dense:dense_1:1000:relu",
        "bn:batch_normalization:0.001",
        "dense:dense_2:2:softmax",
    ],
}

# As MODELS, but with a layer whose nodes are fewer than Keras's.
MODELS_OF_FEWER_NODES = {
    "matrix": [
        "input:4,5,3",
        "bn:n:0.01",
        "dense:d:5:relu",
        "flatten:f",
        "dense:e:2:softmax",
    ],
    "rows": [
        "input:4,5",
        "dense:d:6:softmax",
        "bn:n:0.01",
    ],
}


def layer(keras, words):
    kind, name, *rest = words.split(":")
    layers = keras.layers
    if kind == "conv2d":
        filters, height, width, down, right, padding, activation = rest
        return layers.Conv2D(int(filters), (int(height), int(width)),
                             strides=(int(down), int(right)), padding=padding,
                             activation=activation, name=name)
    if kind == "bn":
        return layers.BatchNormalization(epsilon=float(rest[0]), name=name)
    if kind == "pool":
        height, width, down, right, padding = rest
        return layers.MaxPool2D((int(height), int(width)),
                                strides=(int(down), int(right)),
                                padding=padding, name=name)
    if kind == "flatten":
        return layers.Flatten(name=name)
    units, activation = rest
    return layers.Dense(int(units), activation=activation, name=name)


def build(keras, words):
    """The Keras model; its input is called as Sequential would call it."""
    shape = tuple(int(dim) for dim in words[0].split(":")[1].split(","))
    layers = [layer(keras, word) for word in words[1:]]
    model = keras.Sequential()
    model.add(keras.layers.InputLayer(
        input_shape=shape, name=layers[0].name + "_input"))
    for one in layers:
        model.add(one)
    return model
