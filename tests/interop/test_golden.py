# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Every checkpoint of the corpus that TensorFlow wrote: read, compared with its
manifest, written back. Prints a table. Needs no TensorFlow."""

import base64
import collections
import hashlib
import json
import pathlib

from exchange import files_of

# Cases whose files are written back differently, and why.
COMPRESSED = "its blocks are compressed; TensorFlow writes none such"
NOT_IDENTICAL = {
    "bigendian/converted": "turned big-endian by hand: gaps in the data, "
                           "another key in the index block",
    "index/snappy": COMPRESSED,
    "v1/snappy": COMPRESSED,
    "v1/snappy_slices": COMPRESSED,
}

FORMATS = {"bundle": "v2", "v1": "v1"}  # as the peers name them
Row = collections.namedtuple("Row", "case version format tensors read written")


def checkpoints(golden):
    """(case, manifest, checkpoint) of the whole corpus."""
    for path in sorted(golden.rglob("manifest.json")):
        manifest = json.loads(path.read_text())
        for checkpoint in manifest.get("checkpoints", ()):
            yield path.parent, manifest, checkpoint


def tensors_of(checkpoint):
    """Key -> what the manifest says."""
    rows = checkpoint.get("tensors") or [
        dict(zip(checkpoint["tensor_columns"], row))
        for row in checkpoint.get("tensor_rows", ())]
    return {(base64.b64decode(row["key_b64"]) if row["key"] is None
             else row["key"].encode()): row for row in rows}


def strings_of(values):
    return [value if isinstance(value, dict) else {
        "length": len(base64.b64decode(value)),
        "sha256": hashlib.sha256(base64.b64decode(value)).hexdigest()}
        for value in values]


def path_of(case, checkpoint):
    """Where it is opened: shards of V1 by their pattern."""
    path = case / checkpoint["prefix"]
    if checkpoint["format"] == "v1" and not path.exists():
        return f"{path}-?????-of-{len(checkpoint['shards']):05}"
    return str(path)


def read_all(ours, path, format, expected):
    """What is wrong; empty if it is read as the manifest says."""
    wrong = []
    listed = ours.ask([{"do": "list", "prefix": path}])[0]
    if "error" in listed:
        return [f"list: {listed['error']['text']}"]
    found = {bytes.fromhex(t["key"]): t for t in listed["tensors"]}
    if list(found) != sorted(expected):
        return [f"keys: {len(found)} found, {len(expected)} expected"]
    wanted = []  # (key, spec, what the manifest says)
    for key, row in expected.items():
        tensor = found[key]
        if (tensor["dtype"], tensor["shape"]) != (row["dtype"], row["shape"]):
            wrong.append(f"{key!r}: {tensor['dtype']}{tensor['shape']}")
        pieces = row.get("slices", [])
        specs = [piece["spec"] for piece in pieces]
        if sorted(tensor.get("slices", [])) != sorted(specs):
            wrong.append(f"{key!r}: pieces {tensor.get('slices')}")
        if "raw_sha256" in row:
            if tensor.get("sha256") != row["raw_sha256"]:
                wrong.append(f"{key!r}: stored bytes")
        elif row.get("complete", True):
            wanted.append((key, None, row))
        elif "error" not in tensor:
            wrong.append(f"{key!r}: put together from too few pieces")
        wanted += [(key, piece["spec"], piece) for piece in pieces]
    job = {"do": "read", "prefix": path, "format": format, "strings": True,
           "tensors": []}
    for key, spec, _ in wanted:
        job["tensors"].append({"key": key.hex(), "dtype": found[key]["dtype"]})
        if spec is not None:
            job["tensors"][-1]["spec"] = spec
    values = ours.must([job])[0]["values"]
    for (key, spec, row), value in zip(wanted, values):
        if "strings" in row:
            same = value.get("strings") == strings_of(row["strings"])
        else:
            same = value.get("sha256") == row["sha256"]
        if not same or value["shape"] != row["shape"]:
            wrong.append(f"{key!r} {spec or ''}: {value}")
    return wrong


def write_back(cairn, path, case, checkpoint, directory):
    """"identical", or how the copy differs."""
    out = directory / "copy" / pathlib.Path(checkpoint["prefix"]).name
    out.parent.mkdir(parents=True)
    cairn("copy", "--no-meta", path, out)
    files = files_of(case / checkpoint["prefix"])
    theirs = {suffix: contents for suffix, contents in files.items()
              if belongs(suffix, checkpoint["format"])}
    ours = files_of(out)
    if ours.keys() != theirs.keys():
        return f"files {sorted(ours)} for {sorted(theirs)}"
    differing = [suffix for suffix in ours if ours[suffix] != theirs[suffix]]
    return f"differs: {differing}" if differing else "identical"


def belongs(suffix, format):
    """Whether a file is part of the checkpoint whose prefix it starts with."""
    if format == "v1":
        return suffix == "" or (suffix.startswith("-0") and
                                "." not in suffix)
    return suffix == ".index" or suffix.startswith(".data-")


def test_every_checkpoint_is_read_and_written_back(ours, cairn, golden,
                                                   tmp_path):
    rows, failures = [], []
    for number, (case, manifest, checkpoint) in enumerate(checkpoints(golden)):
        name = str(case.relative_to(golden))
        path = path_of(case, checkpoint)
        expected = tensors_of(checkpoint)
        wrong = read_all(ours, path, FORMATS[checkpoint["format"]], expected)
        failures += [f"{name} {checkpoint['prefix']}: {w}" for w in wrong]
        excuse = NOT_IDENTICAL.get(name)
        written = write_back(cairn, path, case, checkpoint,
                             tmp_path / str(number))
        if written == "identical":
            if excuse:
                failures.append(f"{name}: written back identical, but excused")
        elif excuse:
            written = "no: " + excuse
            copy = tmp_path / str(number) / "copy" / pathlib.Path(path).name
            failures += [f"copy of {name}: {w}" for w in read_all(
                ours, str(copy), FORMATS[checkpoint["format"]], expected)]
        else:
            failures.append(f"{name} {checkpoint['prefix']}: {written}")
        rows.append(Row(name, manifest["writer"]["tensorflow"],
                        checkpoint["format"], len(expected),
                        "no" if wrong else "equal", written))
    print_table(rows)
    assert len(rows) >= 176
    assert not failures, "\n".join(failures)


def print_table(rows):
    """One line for the checkpoints of a case that fare alike."""
    merged = collections.Counter()
    tensors = collections.Counter()
    for row in rows:
        merged[row._replace(tensors=0)] += 1
        tensors[row._replace(tensors=0)] += row.tensors
    print(f"\n{'case':32} {'TF':7} {'format':6} {'ckpts':>5} {'tensors':>7} "
          f"{'read':5} written back")
    for row, count in merged.items():
        print(f"{row.case:32} {row.version:7} {row.format:6} {count:5} "
              f"{tensors[row]:7} {row.read:5} {row.written}")
    identical = sum(row.written == "identical" for row in rows)
    print(f"{len(rows)} checkpoints, {sum(tensors.values())} tensors; "
          f"{identical} written back identical")
