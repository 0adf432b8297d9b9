# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checkpoints of the Saver's modes, ours and tf1's: the same files, and each
restores what the other saved into other partitions and under other names."""

import json
import os
import pathlib

import pytest

# Name -> options of both Savers.
MODES = {"v2": {}, "v2_sharded": {"sharded": True}, "v1": {"write_version": 1},
         "v1_sharded": {"sharded": True, "write_version": 1}}
KEEP = {"max_to_keep": 2}
DEVICES = ["/cpu:1", "", "/cpu:0", "/cpu:2"]

SAVED = [
    {"name": "scope/w", "shape": [7, 3], "first": 1, "devices": ["/cpu:1"]},
    {"name": "b", "shape": [4], "first": 100, "key": "renamed/bias"},
    {"name": "s", "shape": [], "first": -5, "devices": ["/cpu:0"]},
    {"name": "rows", "shape": [11, 4], "first": 7, "parts": 5, "axis": 0,
     "devices": DEVICES},
    {"name": "columns", "shape": [3, 10], "first": 1000, "parts": 4, "axis": 1,
     "devices": DEVICES[::-1], "key": "table"},
]

# The same keys cut otherwise, and what was one thing in parts.
OTHERWISE = [
    {"name": "w2", "key": "scope/w", "shape": [7, 3], "parts": 2, "axis": 0},
    {"name": "b2", "key": "renamed/bias", "shape": [4], "parts": 4, "axis": 0},
    {"name": "rows2", "key": "rows", "shape": [11, 4], "parts": 3, "axis": 1},
    {"name": "table2", "key": "table", "shape": [3, 10]},
]


def in_directory(directory, action):
    """Runs in `directory`, as far as the peers can be told: by paths."""
    directory.mkdir(parents=True, exist_ok=True)
    return action(str(directory / "m"))


def save(peer, directory, options, variables=SAVED, steps=(1, 2, 30)):
    return in_directory(directory, lambda path: peer.must([
        {"do": "saver_save", "path": path, "variables": variables,
         "options": {**KEEP, **options}, "steps": list(steps)}])[0]["paths"])


def restore(peer, path, variables, options=None):
    return peer.must([{"do": "saver_restore", "path": path,
                       "variables": variables,
                       "options": options or {}}])[0]["values"]


def contents(directory):
    """Name -> bytes; the directory's own name in the state file apart."""
    return {name: (directory / name).read_bytes().replace(
                str(directory).encode(), b"HERE")
            for name in sorted(os.listdir(directory))}


@pytest.fixture(scope="module", params=MODES)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def saved(mode, ours, theirs, tmp_path_factory):
    """Who saved -> (directory, last path), the same variables three times."""
    root = tmp_path_factory.mktemp("saver")
    found = {}
    for who, peer in (("ours", ours), ("theirs", theirs)):
        paths = save(peer, root / who, MODES[mode])
        found[who] = (root / who, paths[-1])
    return found


def test_files_names_and_state_are_tensorflows(saved):
    # 038 039 045 (A12-A17 R2): shards in its order, the older ones gone.
    ours, theirs = (contents(saved[who][0]) for who in ("ours", "theirs"))
    assert list(ours) == list(theirs)
    for name, data in theirs.items():
        assert ours[name] == data, f"{name} differs"
    last = [pathlib.Path(saved[who][1]).name for who in ("ours", "theirs")]
    assert last[0] == last[1]


@pytest.mark.parametrize("who", ["ours", "theirs"])
def test_each_restores_the_others_in_any_partition(saved, who, ours, theirs,
                                                   mode):
    # 063 064 066 (X10 C11 V6)
    path = saved[who][1]
    expected = restore(ours, path, SAVED)
    # Restoring into zeros gives what was saved.
    assert expected == restore(theirs, path, SAVED)
    assert restore(ours, path, OTHERWISE) == restore(theirs, path, OTHERWISE)
    for options in MODES.values():
        assert restore(theirs, path, SAVED[:2], options) == {
            name: expected[name] for name in ("scope/w", "b")}


def test_reshape_and_refusals_agree(saved, ours, theirs):
    # 059 062 065 (X4 X9 X10)
    path = saved["ours"][1]
    turned = [{"name": "w", "key": "scope/w", "shape": [3, 7]}]
    assert (restore(ours, path, turned, {"reshape": True}) ==
            restore(theirs, path, turned, {"reshape": True}))
    refused = [
        ([{"name": "zz", "shape": [2]}], {}),
        ([{"name": "w", "key": "scope/w", "shape": [5]}], {"reshape": True}),
        ([{"name": "rows", "shape": [12, 4], "parts": 3, "axis": 0}], {}),
    ]
    for variables, options in refused:
        job = {"do": "saver_restore", "path": path, "variables": variables,
               "options": options}
        mine, its = ours.ask_one(job), theirs.ask_one(job)
        assert "error" in mine and "error" in its, (mine, its)
        start = its["error"]["text"].split("Original error:")[0]
        assert mine["error"]["text"].startswith(start), json.dumps([mine, its])
