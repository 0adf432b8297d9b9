# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""`cairn copy` in every combination of format, byte order and shards: what
TensorFlow reads from the copies of its own checkpoints."""

import itertools

import numpy as np
import pytest

import plans
from exchange import Exchange, files_of, in_batches
from plans import Blob, Plan, random_values, tiling
from test_formats import NOT_SWAPPED

LAYOUTS = [[], ["--shards", "1"], ["--shards", "4"],
           ["--max-shard-size", "300"], ["--align", "32"],
           ["--align", "32", "--shards", "2"]]


@pytest.fixture
def rng(request):
    return np.random.default_rng([7, *request.node.originalname.encode()])


def make(rng, name, blob, dtypes, format, shards):
    """Whole tensors and, of types that TensorFlow puts together, pieces."""
    plan = Plan(name, blob, format, shards)
    for i, dtype in enumerate(sorted(dtypes)):
        for shape in [(), (0, 2), (5,), (2, 3)]:
            plan.add(f"{dtype}/{shape}".encode(), dtype,
                     random_values(rng, dtype, shape), i % max(shards, 1))
    for i, dtype in enumerate(["DT_BOOL", "DT_COMPLEX64", "DT_INT64"]):
        specs = tiling(rng, (4, 5), 5)
        key = f"pieces/{dtype}".encode()
        plan.add_pieces(key, dtype, random_values(rng, dtype, (4, 5)), specs,
                        [(i + j) % max(shards, 1) for j in range(len(specs))])
        plan.cuts[key] = [plans.random_spec(rng, (4, 5)) for _ in range(3)]
    return plan


def ways(source, formats, orders):
    """(format of the copy, the tool's options)."""
    for format, order, layout in itertools.product(formats, orders, LAYOUTS):
        yield format or source, [*layout,
                                 *(["--format", format] if format else []),
                                 *(["--endian", order] if order else [])]


def path_of_copy(out, format):
    """V1 shards are opened by their pattern."""
    suffixes = files_of(out).keys()
    if format == "v1" and "" not in suffixes:
        return f"{out}-?????-of-{len(suffixes):05}"
    return str(out)


@pytest.mark.parametrize("shards", [0, 3])
@pytest.mark.parametrize("source", ["v1", "v2"])
def test_tensorflow_reads_every_copy(ours, theirs, cairn, rng, scratch, source,
                                     shards):
    known = theirs.must([{"do": "about"}])[0]["dtypes"]
    every = {d for d in plans.SIZES if d in known} | {"DT_STRING"}
    blob = Blob(scratch / "blob")
    old = make(rng, "old", blob, plans.V1_DTYPES, source, shards)
    copies = [(old, way) for way in ways(source, [None, "v1"], [None, "big"])]
    copies += [(old, way) for way in ways(source, ["v2"], ["big"])]
    if source == "v2":
        new = make(rng, "new", blob, every, source, shards)
        copies += [(new, way) for way in ways(source, [None], [None, "little"])]
        swapped = make(rng, "swapped", blob, every - NOT_SWAPPED, source, shards)
        copies += [(swapped, way) for way in ways(source, ["v2"], ["big"])]
    run = Exchange(ours, theirs, scratch,
                   list({id(plan): plan for plan, _ in copies}.values()))
    run.write()
    jobs, wanted = [], []
    for plan, (format, options) in copies:
        path = plan.read_path(run.prefix("theirs", plan))
        out = run.prefix("copies", plan).parent / "".join([plan.name, *options])
        if format == "v1" and {"--endian", "--align"} & set(options):
            # A V1 file has neither: nothing that was asked for is passed over.
            cairn("copy", path, out, *options, expect=2)
            assert not files_of(out)
            continue
        cairn("copy", path, out, *options)
        if not options:
            assert files_of(out) == files_of(run.prefix("theirs", plan)), out
        reads = [read for read in plan.reads()
                 if plan.readable_by_tensorflow(*read[:3])]
        jobs.append(plans.read_job(
            path_of_copy(out, format),
            [(*read, list(plan.whole[read[0]][1].shape)) for read in reads],
            format))
        wanted.append((out.name, reads))
    values = 0
    for (name, reads), result in zip(wanted, in_batches(theirs, jobs)):
        for (key, dtype, spec, array), value in zip(reads, result["values"]):
            assert "error" not in value, (name, key, dtype, spec, value)
            assert value["shape"] == list(array.shape), (name, key, spec)
            assert value["sha256"] == plans.sha256(array), (name, key, spec)
            values += 1
    print(f"\n{theirs.name}: {len(jobs)} copies of {source}, {values} values")
