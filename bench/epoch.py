#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""One epoch of LeNet-5 on MNIST (60,000 images, batch 128): Keras 2.15 and Cairn
in turns on the same cores, and what bounds Cairn.

usage: epoch.py --data MNIST_DIR [--program build/bin/nn_epoch_bench]
                [--rounds 5] [--threads N]

Run by a Python that has tensorflow 2.15. Each of the two is one process that
trains an epoch when told to and waits otherwise, so that start-up and the first
epoch, in which both build what they need, are not counted. Rounds alternate
Keras, Cairn, Keras, Cairn ...; each gives a ratio, and the median of the ratios
is the answer: on a machine shared with others single times say little. The CPU
seconds say how much of a time was work.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

# Of the convolutions and matrix products, forward and backward: 2 * outputs *
# inputs per output * 3 passes (2 for the first convolution) * images.
GFLOP = 60000 * (2 * 26 * 26 * 16 * 9 * 2 + 2 * 11 * 11 * 16 * 144 * 3
                 + 2 * (400 * 128 + 128 * 10) * 3) / 1e9


def keras(data, threads):
    """Trains an epoch per line of input; prints its seconds."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np
    import tensorflow as tf
    from tensorflow import keras
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    read = lambda name, skip: np.frombuffer(
        open(os.path.join(data, name), "rb").read(), np.uint8, offset=skip)
    x = read("train-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1)
    x = x.astype("float32") / 255
    y = read("train-labels-idx1-ubyte", 8)
    k = keras.layers
    model = keras.Sequential([
        k.Conv2D(16, 3, activation="relu", input_shape=(28, 28, 1)),
        k.BatchNormalization(), k.MaxPool2D(),
        k.Conv2D(16, 3, activation="relu"),
        k.BatchNormalization(), k.MaxPool2D(),
        k.Flatten(), k.Dense(128, activation="relu"),
        k.Dense(10, activation="softmax")])
    model.compile(optimizer=keras.optimizers.legacy.Adam(),
                  loss=keras.losses.SparseCategoricalCrossentropy(),
                  metrics=[keras.metrics.SparseCategoricalAccuracy()])

    def epoch():
        start, cpu = time.perf_counter(), time.process_time()
        history = model.fit(x, y, batch_size=128, verbose=0).history
        return {"seconds": time.perf_counter() - start,
                "cpu_seconds": time.process_time() - cpu,
                "loss": history["loss"][0],
                "accuracy": history["sparse_categorical_accuracy"][0]}

    serve(epoch)


def serve(epoch):
    for _ in sys.stdin:
        print(json.dumps(epoch()), flush=True)


class Contestant:
    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def epoch(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args[0]} ended early")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def machine():
    name = next((line.split(":", 1)[1].strip()
                 for line in open("/proc/cpuinfo")
                 if line.startswith("model name")), "unknown")
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--program", default="build/bin/nn_epoch_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--keras", action="store_true",
                        help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.keras:
        keras(arguments.data, arguments.threads)
        return
    theirs = Contestant([sys.executable, __file__, "--keras", "--data",
                         arguments.data, "--threads", str(arguments.threads)])
    ours = Contestant([arguments.program, arguments.data,
                       str(arguments.threads)])
    print(machine())
    print("round   Keras s (cpu)   Cairn s (cpu)   ratio   cpu ratio")
    theirs.epoch(), ours.epoch()
    ratios, cpu_ratios, times = [], [], []
    for i in range(arguments.rounds):
        a, b = theirs.epoch(), ours.epoch()
        ratios.append(a["seconds"] / b["seconds"])
        cpu_ratios.append(a["cpu_seconds"] / b["cpu_seconds"])
        times.append(b)
        print(f"{i + 1:5}   {a['seconds']:7.2f} ({a['cpu_seconds']:5.2f})"
              f"   {b['seconds']:7.2f} ({b['cpu_seconds']:5.2f})"
              f"   {ratios[-1]:5.2f}   {cpu_ratios[-1]:9.2f}", flush=True)
    theirs.close()
    ours.close()
    best = min(t["cpu_seconds"] for t in times)
    peak = float(subprocess.run([arguments.program, "--peak"], check=True,
                                stdout=subprocess.PIPE, text=True).stdout)
    print(f"median ratio {statistics.median(ratios):.2f}, "
          f"of CPU seconds {statistics.median(cpu_ratios):.2f}")
    print(f"roofline: {GFLOP:.0f} GFLOP of convolutions and matrix products "
          f"take {GFLOP / peak:.2f} CPU seconds at this core's peak of "
          f"{peak:.0f} GFLOP/s; Cairn takes {best:.2f}: "
          f"{GFLOP / peak / best:.0%} of the time is at the peak")


main()
