# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Random Sequential models in the words of meta_graph_models.py."""

import random


def window(pick, shape):
    """Size, strides and padding that fit, and the shape that comes out."""
    padding = pick.choice(["same", "valid"])
    size = [pick.randint(1, min(3, d)) for d in shape[:2]]
    strides = [pick.randint(1, 2) for _ in shape[:2]]
    out = [-(-d // s) if padding == "same" else (d - k) // s + 1
           for d, k, s in zip(shape, size, strides)]
    return size, strides, padding, out


def activation(pick):
    return pick.choice(["relu", "softmax", "linear"])


def layer(pick, name, shape):
    """The words of a layer that takes `shape`, and what it makes of it."""
    kinds = ["bn", "dense", "flatten"]
    if len(shape) == 3:
        kinds += ["conv2d", "conv2d", "pool"]
    kind = pick.choice(kinds)
    if kind == "bn":
        return (f"bn:{name}:{pick.choice([0.001, 0.01])}:"
                f"{pick.choice([0.99, 0.9])}"), shape
    if kind == "flatten":
        size = 1
        for d in shape:
            size *= d
        return f"flatten:{name}", [size]
    if kind == "dense":
        units = pick.randint(1, 7)
        return f"dense:{name}:{units}:{activation(pick)}", [*shape[:-1], units]
    size, strides, padding, out = window(pick, shape)
    numbers = ":".join(map(str, size + strides))
    if kind == "pool":
        return f"pool:{name}:{numbers}:{padding}", [*out, shape[2]]
    filters = pick.randint(1, 5)
    return (f"conv2d:{name}:{filters}:{numbers}:{padding}:{activation(pick)}",
            [*out, filters])


def random_model(seed):
    """One to six layers, then what makes classes of them."""
    pick = random.Random(seed)
    shape = [pick.randint(2, 9) for _ in range(pick.choice([1, 2, 3, 3, 3]))]
    words = ["input:" + ",".join(map(str, shape))]
    for i in range(pick.randint(1, 6)):
        word, shape = layer(pick, f"layer_{i}", shape)
        words.append(word)
    if len(shape) > 1:
        words.append("flatten:last_flatten")
    words.append(f"dense:out:{pick.randint(2, 6)}:"
                 f"{pick.choice(['softmax', 'softmax', 'relu'])}")
    return words
