# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What test_objects.py asks TensorFlow 2.21 and Keras 3, in a process of its
own: the job on standard input, the answer as the last line of output."""

import json
import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf


def optimizer(case):
    import keras
    keras.backend.clear_session()  # or the second Adam is named adam_1
    kind = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD,
            "rmsprop": keras.optimizers.RMSprop}[case["optimizer"]]
    return kind(**case["options"])


def variables(values):
    import keras
    return [keras.Variable(np.array(v, "f4"), name=name)
            for v, name in zip(values, ["kernel", "bias"])]


def apply(opt, step, trained):
    opt.apply([tf.constant(g, tf.float32) for g in step], trained)


def train(job):
    answers = []
    for case in job["cases"]:
        trained, opt = variables(case["start"]), optimizer(case)
        for step in case["steps"][:3]:
            apply(opt, step, trained)
        tf.train.Checkpoint(optimizer=opt).write(case["save"])
        for step in case["steps"][3:]:
            apply(opt, step, trained)
        answers.append([v.numpy().tolist() for v in trained])
    return answers


def restore(job):
    answers = []
    for case in job["cases"]:
        trained = variables([np.zeros(len(v)) for v in case["start"]])
        opt = optimizer(case)
        opt.build(trained)
        checkpoint = tf.train.Checkpoint(optimizer=opt)
        checkpoint.read(case["restore"]).assert_consumed()
        checkpoint.write(case["restore"] + "_back")
        answers.append(int(opt.iterations.numpy()))
    return answers


def shards(cases):
    for case in cases:
        if case["skip"]:
            continue
        made = {}
        for v in case["variables"]:
            if "strings" in v:
                value = np.array(v["strings"], object).reshape(v["shape"])
            else:
                dtype = np.dtype(v["dtype"])
                size = int(np.prod(v["shape"])) * dtype.itemsize
                pattern = (np.arange(size, dtype=np.uint64) % 256 % 60)
                value = np.frombuffer(pattern.astype("u1").tobytes(),
                                      dtype).reshape(v["shape"])
            made[v["edge"]] = tf.Variable(value)
        policy = tf.train.experimental.MaxShardSizePolicy(case["bytes"])
        tf.train.Checkpoint(**made).write(
            case["to"], options=tf.train.CheckpointOptions(
                experimental_sharding_callback=policy))
    return []


command = {"train": train, "restore": restore, "shards": shards}[sys.argv[1]]
print(json.dumps(command(json.loads(sys.stdin.read()))))
