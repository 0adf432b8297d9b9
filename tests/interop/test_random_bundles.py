# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Random checkpoints: ours and TensorFlow's files equal byte for byte, and each
reads all of the other's."""

import time

import numpy as np

import plans
from exchange import Exchange
from plans import Blob, Plan, random_values, tiling

BUNDLES = 2000
V1_FILES = 300
SEED = 20261123

LETTERS = [b"a", b"b", b"w", b"_", b"0", b"/", b".", b":", b" ", b"\x01",
           b"\x7f", "é".encode(), "重".encode(), b"\xc3", b"\xff"]


def random_name(rng, text_only):
    letters = LETTERS[:-2] if text_only else LETTERS
    chosen = rng.integers(len(letters), size=int(rng.integers(1, 12)))
    return b"".join(letters[i] for i in chosen)


def random_shape(rng):
    rank = int(rng.choice([0, 0, 1, 1, 2, 2, 3, 4, 6]))
    return tuple(int(d) for d in rng.integers(0 if rng.random() < 0.1 else 1, 6,
                                              size=rank))


def random_plan(rng, name, blob, dtypes, v1=False):
    shards = int(rng.choice([0, 0, 0, 2, 3, 5]))
    plan = Plan(name, blob, "v1" if v1 else "v2", shards)
    tensors = int(rng.integers(max(shards, 1), 9 + shards))
    for number in range(tensors):
        if v1 and len(plan.additions) > 9:
            break  # see Plan.write_job
        key = random_name(rng, v1)
        # Each shard gets something: of an empty one TensorFlow makes a
        # checkpoint that it cannot read.
        shard = number % max(shards, 1)
        if key in plan.whole:
            key += b"/%d" % number
        dtype = str(rng.choice(dtypes))
        shape = random_shape(rng)
        array = random_values(rng, dtype, shape)
        if shape and min(shape) > 0 and rng.random() < 0.35:
            specs = tiling(rng, shape, int(rng.integers(2, 7)))
            where = [int(s) for s in rng.integers(max(shards, 1),
                                                  size=len(specs))]
            where[0] = shard
            if len(specs) == 1:
                where = [shard]
            plan.add_pieces(key, dtype, array, specs, where)
            plan.cuts[key] = [plans.random_spec(rng, shape)]
        else:
            plan.add(key, dtype, array, shard)
    return plan


def run(ours, theirs, directory, count, v1):
    start = time.process_time(), time.monotonic()
    rng = np.random.default_rng([SEED, v1])
    known = set(theirs.must([{"do": "about"}])[0]["dtypes"])
    dtypes = sorted(plans.V1_DTYPES if v1 else
                    {d for d in plans.SIZES if d in known} | {"DT_STRING"})
    blob = Blob(directory / "blob")
    exchange = Exchange(ours, theirs, directory, [
        random_plan(rng, f"c{i:05}", blob, dtypes, v1) for i in range(count)])
    exchange.both_ways()
    exchange.counts["tensors"] = sum(len(p.whole) for p in exchange.plans)
    exchange.report()
    print(f"in {time.monotonic() - start[1]:.1f} s, "
          f"{time.process_time() - start[0]:.1f} s of them here")


def test_random_bundles(ours, theirs, scratch):
    run(ours, theirs, scratch, BUNDLES, v1=False)


def test_random_v1_files(ours, theirs, scratch):
    run(ours, theirs, scratch, V1_FILES, v1=True)
