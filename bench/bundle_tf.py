#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What bundle_bench.cc does, done by TensorFlow: the same lines in, the same
answers out. Saving is not durable: TensorFlow calls no fsync."""

import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

numbers = {}


def prepared(count):
    if count not in numbers:
        values = (np.arange(count) % 1009).astype(np.float32) * 0.25
        numbers[count] = tf.constant(values)
    return numbers[count]


def reader_of(prefix):
    return tf.train.load_checkpoint(prefix)


def list_keys(prefix):
    reader = reader_of(prefix)
    reader.get_variable_to_shape_map()
    reader.get_variable_to_dtype_map()


def find(prefix, key):
    reader_of(prefix).get_tensor(key)


def read(prefix):
    reader = reader_of(prefix)
    for key in reader.get_variable_to_shape_map():
        reader.get_tensor(key)


def read_op(prefix):
    """The op that Saver and Checkpoint restore with."""
    reader = reader_of(prefix)
    types = reader.get_variable_to_dtype_map()
    names = sorted(types)
    tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=names,
                         shape_and_slices=[""] * len(names),
                         dtypes=[types[name] for name in names])


small = {}


def small_arguments(count):
    """Names and tensors exist before a program saves: not timed."""
    if count not in small:
        value = prepared(4)
        small[count] = ([f"layer_{i:07d}/w" for i in range(count)],
                        [""] * count, [value] * count)
    return small[count]


def save_small(prefix, count):
    names, slices, tensors = small_arguments(int(count))
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names,
                      shape_and_slices=slices, tensors=tensors)


def save_big(prefix, count, size):
    value = prepared(int(size) // 4 // int(count))
    tf.raw_ops.SaveV2(prefix=prefix,
                      tensor_names=[f"w{i}" for i in range(int(count))],
                      shape_and_slices=[""] * int(count),
                      tensors=[value] * int(count))


VERBS = {"list": list_keys, "find": find, "read": read, "read_op": read_op,
         "save_small": save_small, "save_big": save_big}


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    for line in sys.stdin:
        verb, *arguments = line.split()
        if verb == "prepare":
            prepared(int(arguments[0]) // 4)
            if len(arguments) > 1:
                small_arguments(int(arguments[1]))
            print("0 0", flush=True)
            continue
        cpu, start = cpu_seconds(), time.perf_counter()
        VERBS[verb](*arguments)
        print(time.perf_counter() - start, cpu_seconds() - cpu, flush=True)


main()
