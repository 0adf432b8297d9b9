# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Both checkpoint formats, byte for byte and both ways, with both TensorFlows:
every dtype, shape, name, piece and shard."""

import itertools

import numpy as np
import pytest

import plans
from exchange import Exchange, files_of, in_batches
from plans import Blob, Plan, random_values, tiling

SHAPES = [(), (0,), (3,), (1, 1), (2, 3, 4), (3, 0, 2),
          (1, 2, 1, 2, 1, 2, 1, 2)]
NAMES = [
    b"a", b"a/b", b"a/b/c", b"a/", b"/", b"A", b"_", b"~", b" ", b"w:0",
    b"model/dense/kernel/.ATTRIBUTES/VARIABLE_VALUE",
    "größe".encode(), "変数/重み".encode(), "\U0001f5ff".encode(), b"\n",
    b"\"'\\",
    b"\x7f", b"k" * 9000, b"abc", b"abd", b"ab", b"abc\x01",
]
# Not UTF-8, or with a zero byte in front: TensorFlow cannot list them.
RAW_NAMES = [b"\xff", b"\x80\x81", b"w\xc3", b"a\x00b", b"\xff\xff\x00\x01",
             b"\x01\x00"]


@pytest.fixture(scope="session")
def dtypes(theirs):
    """The fixed-size types that this TensorFlow knows."""
    known = theirs.must([{"do": "about"}])[0]["dtypes"]
    return [dtype for dtype in plans.SIZES if dtype in known]


@pytest.fixture
def rng(request):
    return np.random.default_rng([4, *request.node.originalname.encode()])


def exchange(ours, theirs, tmp_path, plan):
    run = Exchange(ours, theirs, tmp_path, [plan]).both_ways()
    if plan.format == "v2" and plan.shards == 0:
        run.they_resave()
    run.report()


def test_every_dtype_in_every_shape(ours, theirs, dtypes, rng, tmp_path):
    plan = Plan("all", Blob(tmp_path / "blob"))
    for dtype, shape in itertools.product([*dtypes, "DT_STRING"], SHAPES):
        plan.add(f"{dtype}/{shape}".encode(), dtype,
                 random_values(rng, dtype, shape))
    assert len(plan.whole) >= 25 * len(SHAPES)
    exchange(ours, theirs, tmp_path, plan)


def test_the_highest_rank(ours, theirs, tmp_path):
    # NumPy ends at rank 64: the bytes are compared, nothing is read.
    plan = Plan("rank", Blob(tmp_path / "blob"))
    plan.add(b"w", "DT_FLOAT", np.zeros((1,), "V4"))
    plan.additions[0]["shape"] = [1] * 253 + [1]
    run = Exchange(ours, theirs, tmp_path, [plan])
    run.write()
    run.compare_files()
    run.they_resave()


def test_strings(ours, theirs, tmp_path):
    values = [b"", b"\0", b"\0\xff", b"abc", b"\xff\xfe", "größe".encode(),
              b"x" * 127, b"x" * 128, b"y" * 16384, b"z" * 70000]
    plan = Plan("strings", Blob(tmp_path / "blob"))
    array = np.empty(len(values), object)
    array[:] = values
    plan.add(b"all", "DT_STRING", array)
    plan.add(b"matrix", "DT_STRING", array.reshape(5, 2))
    plan.add(b"none", "DT_STRING", np.empty((0, 3), object))
    for i, value in enumerate(values):
        scalar = np.empty((), object)
        scalar[()] = value
        plan.add(f"scalar/{i}".encode(), "DT_STRING", scalar)
    exchange(ours, theirs, tmp_path, plan)


@pytest.mark.parametrize("names", [NAMES, NAMES + RAW_NAMES],
                         ids=["text", "raw"])
def test_names(ours, theirs, rng, tmp_path, names):
    plan = Plan("names", Blob(tmp_path / "blob"))
    for i in rng.permutation(len(names)):
        plan.add(names[i], "DT_INT32", random_values(rng, "DT_INT32", (i % 3,)))
    for i in rng.permutation(len(names)):
        plan.add_pieces(names[i] + b"/p", "DT_FLOAT",
                        random_values(rng, "DT_FLOAT", (4, 3)),
                        ["0,2:-", "2,2:0,3"])
    exchange(ours, theirs, tmp_path, plan)


def test_irregular_pieces_of_every_dtype(ours, theirs, dtypes, rng, tmp_path):
    plan = Plan("pieces", Blob(tmp_path / "blob"))
    for dtype in [*dtypes, "DT_STRING"]:
        for shape, pieces in [((7,), 3), ((5, 6), 6), ((3, 4, 2, 3), 11)]:
            key = f"{dtype}/{len(shape)}".encode()
            plan.add_pieces(key, dtype, random_values(rng, dtype, shape),
                            tiling(rng, shape, pieces))
            plan.cuts[key] = [plans.random_spec(rng, shape) for _ in range(6)]
        whole = f"{dtype}/whole".encode()
        plan.add(whole, dtype, random_values(rng, dtype, (4, 5)))
        plan.cuts[whole] = ["1,2:-", "-:2,3", "0,1:0,1"]
    exchange(ours, theirs, tmp_path, plan)


def test_a_piece_that_covers_its_tensor_is_a_plain_one(ours, theirs, rng,
                                                       tmp_path):
    plan = Plan("covers", Blob(tmp_path / "blob"))
    for i, spec in enumerate(["-:-", "0,4:0,6", "-:0,6"]):
        plan.add_pieces(f"w{i}".encode(), "DT_FLOAT",
                        random_values(rng, "DT_FLOAT", (4, 6)), [spec])
    exchange(ours, theirs, tmp_path, plan)


def test_a_checksum_that_is_masked_to_zero(ours, theirs, tmp_path):
    """It is left out of the entry: a fixed32 of 0 is protobuf's default."""
    plan = Plan("masked", Blob(tmp_path / "blob"))
    plan.add(b"w", "DT_INT32",
             np.frombuffer(bytes.fromhex("45a3e71f"), "V4").reshape(()))
    exchange(ours, theirs, tmp_path, plan)
    index = files_of(tmp_path / "ours/masked")[".index"]
    assert bytes.fromhex("77" "0803" "1200" "2804" "00000000") in index


def test_an_index_of_many_blocks(ours, theirs, rng, tmp_path):
    plan = Plan("many", Blob(tmp_path / "blob"))
    for i in range(9000):
        plan.add(f"layer_{i % 97}/unit/{i}/weights".encode(), "DT_INT64",
                 random_values(rng, "DT_INT64", ()))
    plan.add(b"m" * 300000, "DT_INT8", random_values(rng, "DT_INT8", (2,)))
    plan.add(b"n" * 600000, "DT_INT8", random_values(rng, "DT_INT8", (2,)))
    exchange(ours, theirs, tmp_path, plan)


def test_alignment_and_gaps(ours, theirs, rng, tmp_path):
    """TensorFlow's Python has no such option: it only reads."""
    for alignment in (2, 7, 64, 4096):
        plan = Plan(f"aligned{alignment}",
                    Blob(tmp_path / f"blob{alignment}"),
                    options={"alignment": alignment})
        for i in range(9):
            plan.add(f"w{i}".encode(), "DT_UINT8",
                     random_values(rng, "DT_UINT8", (i * 11,)))
        plan.add(b"text", "DT_STRING", random_values(rng, "DT_STRING", (3,)))
        run = Exchange(ours, theirs, tmp_path, [plan])
        in_batches(ours, [plan.write_job(run.prefix("ours", plan))])
        size = (tmp_path / f"ours/{plan.name}.data-00000-of-00001").stat()
        assert size.st_size % alignment == 0
        run.they_read()
        run.we_read("ours")


def test_shards(ours, theirs, dtypes, rng, tmp_path):
    blob = Blob(tmp_path / "blob")
    made = []
    for shards in (1, 2, 7):
        plan = Plan(f"shards{shards}", blob, shards=shards)
        for i, dtype in enumerate([*dtypes, "DT_STRING"]):
            plan.add(f"{dtype}/w".encode(), dtype,
                     random_values(rng, dtype, (3,)), i % shards)
            specs = tiling(rng, (6, 5), 7)
            plan.add_pieces(f"{dtype}/p".encode(), dtype,
                            random_values(rng, dtype, (6, 5)), specs,
                            [(i + j) % shards for j in range(7)])
        made.append(plan)
    run = Exchange(ours, theirs, tmp_path, made).both_ways()
    run.report()


def merge_inputs(rng, blob):
    """Plans of the inputs of one merge: plain ones, one of several shards, and
    tensors whose pieces lie in several of them."""
    specs = tiling(rng, (6, 5), 9)
    shared = random_values(rng, "DT_FLOAT", (6, 5))
    made = []
    for i, shards in enumerate([0, 3, 0, 2]):
        plan = Plan(f"in{i}", blob, shards=shards)
        for j in range(4):
            shard = j % max(shards, 1)
            plan.add(f"w{j}/of{i}".encode(), "DT_INT32",
                     random_values(rng, "DT_INT32", (j,)), shard)
            plan.add(f"s{j}/of{i}".encode(), "DT_STRING",
                     random_values(rng, "DT_STRING", (2,)), shard)
        mine = specs[2 * i:2 * i + 2] + specs[8 + i:9]
        plan.add_pieces(b"shared", "DT_FLOAT", shared, mine,
                        [0] * len(mine))
        made.append(plan)
    return made


def test_merged_bundles(ours, theirs, rng, tmp_path):
    inputs = merge_inputs(rng, Blob(tmp_path / "blob"))
    run = Exchange(ours, theirs, tmp_path, inputs)
    run.write()
    for peer, who in ((ours, "ours"), (theirs, "theirs")):
        peer.must([{"do": "merge", "prefix": str(tmp_path / who / "all"),
                    "inputs": [str(run.prefix(who, p)) for p in inputs]}])
        left = {path.name.partition(".")[0]
                for path in (tmp_path / who).iterdir()}
        assert left == {"all"}, left
    assert files_of(tmp_path / "ours/all") == files_of(tmp_path / "theirs/all")
    # Merged once more, with another.
    more = Plan("more", Blob(tmp_path / "more"))
    more.add(b"later", "DT_FLOAT", random_values(rng, "DT_FLOAT", (7,)))
    more.blob.write()
    for peer, who in ((ours, "ours"), (theirs, "theirs")):
        peer.must([more.write_job(tmp_path / who / "more"),
                   {"do": "merge", "prefix": str(tmp_path / who / "twice"),
                    "inputs": [str(tmp_path / who / name)
                               for name in ("more", "all")]}])
    assert (files_of(tmp_path / "ours/twice") ==
            files_of(tmp_path / "theirs/twice"))
    print(f"\n{theirs.name}: merged twice, "
          f"{len(files_of(tmp_path / 'ours/twice'))} files")


# What TensorFlow cannot swap, though of one-byte types nothing is to be
# swapped.
NOT_SWAPPED = {"DT_INT4", "DT_UINT4", "DT_INT2", "DT_UINT2", "DT_FLOAT4_E2M1FN",
               "DT_FLOAT8_E5M2", "DT_FLOAT8_E4M3FN", "DT_FLOAT8_E4M3FNUZ",
               "DT_FLOAT8_E4M3B11FNUZ", "DT_FLOAT8_E5M2FNUZ"}


@pytest.mark.parametrize("shards", [0, 3])
def test_big_endian(ours, theirs, dtypes, rng, tmp_path, shards):
    """Written by us, read by both; TensorFlow here writes little-endian."""
    blob = Blob(tmp_path / "blob")
    plan = Plan("big", blob, shards=shards, options={"endian": "big"})
    refused = Plan("refused", blob, options={"endian": "big"})
    for i, dtype in enumerate([*dtypes, "DT_STRING"]):
        target = refused if dtype in NOT_SWAPPED else plan
        for shape in SHAPES:
            target.add(f"{dtype}/{shape}".encode(), dtype,
                       random_values(rng, dtype, shape),
                       i % max(target.shards, 1))
        if dtype in plans.SLICEABLE and target is plan:
            key = f"{dtype}/p".encode()
            plan.add_pieces(key, dtype, random_values(rng, dtype, (6, 5)),
                            tiling(rng, (6, 5), 7))
            plan.cuts[key] = [plans.random_spec(rng, (6, 5))]
    run = Exchange(ours, theirs, tmp_path, [plan, refused])
    in_batches(ours, [p.write_job(run.prefix("ours", p)) for p in run.plans])
    run.we_read("ours")
    run.plans.remove(refused)
    run.they_read()
    run.report()
    answers = theirs.must([plans.read_job(
        run.prefix("ours", refused),
        [(key, dtype, None, array, list(array.shape))
         for key, (dtype, array) in refused.whole.items()])])[0]["values"]
    for (key, (_, array)), answer in zip(refused.whole.items(), answers):
        assert "not supported" in answer["error"]["text"], (key, answer)
    print(f"refused by {theirs.name}: {sorted(NOT_SWAPPED & set(dtypes))}")


def test_no_tensors(ours, theirs, tmp_path):
    """Only TensorFlow's C++ can write such a bundle; its Python lists it."""
    plan = Plan("none", Blob(tmp_path / "blob"))
    run = Exchange(ours, theirs, tmp_path, [plan])
    prefix = run.prefix("ours", plan)
    ours.must([plan.write_job(prefix)])
    assert len(files_of(prefix)[".index"]) == 101
    assert files_of(prefix)[".data-00000-of-00001"] == b""
    for peer in (ours, theirs):
        listed = peer.must([{"do": "list", "prefix": str(prefix)}])[0]
        assert listed == {"tensors": []}


@pytest.mark.parametrize("shards", [0, 1, 3])
def test_v1(ours, theirs, rng, tmp_path, shards):
    blob = Blob(tmp_path / "blob")
    whole = Plan("whole", blob, "v1", shards)
    plans_made = [whole]
    for i, dtype in enumerate(sorted(plans.V1_DTYPES)):
        for shape in SHAPES:
            whole.add(f"{dtype}/{shape}".encode(), dtype,
                      random_values(rng, dtype, shape), i % max(shards, 1))
        specs = tiling(rng, (5, 6), 6)
        pieces = Plan(f"pieces{dtype}", blob, "v1", shards)
        pieces.add_pieces(b"p", dtype, random_values(rng, dtype, (5, 6)), specs,
                          [j % max(shards, 1) for j in range(len(specs))])
        pieces.cuts[b"p"] = [plans.random_spec(rng, (5, 6)) for _ in range(4)]
        plans_made.append(pieces)
    run = Exchange(ours, theirs, tmp_path, plans_made)
    run.both_ways()
    run.report()


def test_v1_of_several_blocks(ours, theirs, rng, tmp_path):
    plan = Plan("v1", Blob(tmp_path / "blob"), format="v1")
    for i in range(40):
        plan.add(f"layer{i}/w".encode(), "DT_FLOAT",
                 random_values(rng, "DT_FLOAT", (100, 100)))
    for i in range(2000):
        plan.add(f"step/{i}".encode(), "DT_INT64",
                 random_values(rng, "DT_INT64", ()))
    exchange(ours, theirs, tmp_path, plan)
