# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""TensorFlow with checkpoints that share a data file. Runs in any version.

usage: incremental_program.py read PREFIX STEPS       every value, by objects
       incremental_program.py overwrite OLDER STEPS NEWER STEPS
           reads both, writes other values over the older, reads the newer
"""

import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf


def objects():
    embedding = tf.Variable(tf.zeros((4096, 64)))
    head = tf.Variable(tf.zeros((64, 2)))
    return embedding, head, tf.train.Checkpoint(embedding=embedding, head=head)


def read(prefix, steps):
    embedding, head, checkpoint = objects()
    checkpoint.restore(prefix).assert_consumed()
    np.testing.assert_array_equal(
        embedding.numpy(),
        np.arange(4096 * 64, dtype=np.float32).reshape(4096, 64))
    np.testing.assert_array_equal(
        head.numpy(), np.full((64, 2), 0.5 * int(steps), np.float32))
    assert int(checkpoint.save_counter) == int(steps)
    names = [name for name, _ in tf.train.list_variables(prefix)]
    assert len(names) == 4, names


def overwrite(older, older_steps, newer, newer_steps):
    read(older, older_steps)
    read(newer, newer_steps)
    _, head, checkpoint = objects()
    head.assign_add(tf.ones((64, 2)))
    checkpoint.write(older)
    read(newer, newer_steps)


{"read": read, "overwrite": overwrite}[sys.argv[1]](*sys.argv[2:])
