# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What test_keras_models.py asks Keras 3 on TensorFlow 2.21, in a process of
its own: a job in each line of standard input, answered by the next line of
output that begins with "{"."""

import json
import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf

import keras_models


def save(job):
    """Trains each kind of model and writes it; what it predicts."""
    answers = {}
    for kind in keras_models.KINDS:
        model = keras_models.trained(keras, kind, "keras3", steps=2)
        tf.train.Checkpoint(model=model, optimizer=model.optimizer).write(
            f"{job['dir']}/{kind}")
        answers[kind] = keras_models.predict(model, kind).tolist()
    return answers


def restore(job):
    """Restores what Cairn wrote into models that were trained otherwise, with
    assert_consumed; the values."""
    answers = {}
    for kind in keras_models.KINDS:
        model = keras_models.trained(keras, kind, "keras3", steps=1)
        checkpoint = tf.train.Checkpoint(model=model,
                                         optimizer=model.optimizer)
        checkpoint.read(f"{job['dir']}/our_{kind}").assert_consumed()
        checkpoint.write(f"{job['dir']}/back_{kind}")
        answers[kind] = {v.path: v.numpy().ravel().tolist()
                         for v in model.weights}
    return answers


for line in sys.stdin:
    job = json.loads(line)
    answer = {"save": save, "restore": restore}[job["do"]](job)
    print(json.dumps(answer), flush=True)
