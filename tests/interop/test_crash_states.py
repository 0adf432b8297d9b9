# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What TensorFlow reads after a power cut in an overwriting (R3): a sample of
the states that tests/reliability/crash_states enumerates."""

import collections
import hashlib
import struct

import conftest
import pytest

ELEMENTS = 8
SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def states(mode, where):
    """Directories, each with the number of the last save reported in it."""
    conftest.run_program("crash_states", [
        "--write", where, "--sample", 200, "--unsynced", 3, "--saves", 3, mode])
    reported = [int(line) for line in (where / "reported").read_text().split()]
    assert len(reported) >= 200
    return [(where / str(n), last) for n, last in enumerate(reported)]


def digest(number):
    return hashlib.sha256(struct.pack("<f", number) * ELEMENTS).hexdigest()


def outcome(listed, read, last, names):
    """What load_checkpoint and RestoreV2 say of a state."""
    if "error" in listed or any("error" in v for v in read["values"]):
        return "unreadable"
    keys = {bytes.fromhex(t["key"]).decode() for t in listed["tensors"]}
    assert keys >= set(names)
    found = {v["sha256"] for v in read["values"]}
    if found == {digest(last)}:
        return "old"
    return "new" if found == {digest(last + 1)} else "mix"


def count(theirs, mode, prefix, suffix, where):
    """How often each outcome is met."""
    names = [name + suffix for name in "abc"]
    tensors = [{"key": name.encode().hex(), "dtype": "DT_FLOAT",
                "shape": [ELEMENTS]} for name in names]
    sample = states(mode, where)
    paths = [str(directory / prefix) for directory, _ in sample]
    listed = theirs.ask([{"do": "list", "prefix": path} for path in paths])
    read = theirs.ask([{"do": "read", "prefix": path, "tensors": tensors}
                       for path in paths])
    return collections.Counter(
        outcome(l, r, last, names)
        for l, r, (_, last) in zip(listed, read, sample))


@pytest.mark.parametrize("mode,prefix,suffix", [
    ("overwrite by file count", "ckpt", SUFFIX),
    ("Saver and meta, by file count", "model", ""),
])
def test_by_file_count_tensorflow_reads_old_or_new_in_every_state(
        theirs, tmp_path, mode, prefix, suffix):
    counts = count(theirs, mode, prefix, suffix, tmp_path)
    print(theirs.name, mode, dict(counts))
    assert set(counts) == {"old", "new"}, counts


def test_by_the_journal_it_never_takes_a_mixture_for_a_checkpoint(
        theirs, tmp_path):
    """It may find none that it can read, as docs/reliability.md says, which is
    what the other way is for; but it sees that."""
    counts = count(theirs, "overwrite", "ckpt", SUFFIX, tmp_path)
    print(theirs.name, "overwrite", dict(counts))
    assert counts["mix"] == 0
    assert counts["unreadable"] > 0, "then the journal would do for all"
    assert counts["old"] and counts["new"]
