# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checkpoints to be written by Cairn and by TensorFlow alike, and what is then
to be read from them."""

import dataclasses
import hashlib
import pathlib
import struct

import numpy as np

SIZES = {
    "DT_FLOAT": 4, "DT_DOUBLE": 8, "DT_INT32": 4, "DT_UINT8": 1, "DT_INT16": 2,
    "DT_INT8": 1, "DT_COMPLEX64": 8, "DT_INT64": 8, "DT_BOOL": 1,
    "DT_QINT8": 1, "DT_QUINT8": 1, "DT_QINT32": 4, "DT_BFLOAT16": 2,
    "DT_QINT16": 2, "DT_QUINT16": 2, "DT_UINT16": 2, "DT_COMPLEX128": 16,
    "DT_HALF": 2, "DT_UINT32": 4, "DT_UINT64": 8, "DT_FLOAT8_E5M2": 1,
    "DT_FLOAT8_E4M3FN": 1, "DT_FLOAT8_E4M3FNUZ": 1,
    "DT_FLOAT8_E4M3B11FNUZ": 1, "DT_FLOAT8_E5M2FNUZ": 1, "DT_INT4": 1,
    "DT_UINT4": 1, "DT_INT2": 1, "DT_UINT2": 1, "DT_FLOAT4_E2M1FN": 1,
}
# The bits of a byte that may be set.
MASKS = {"DT_BOOL": 1, "DT_INT4": 15, "DT_UINT4": 15, "DT_INT2": 3,
         "DT_UINT2": 3, "DT_FLOAT4_E2M1FN": 15}
# What TensorFlow cuts and puts together; of the others it reads stored pieces
# only.
SLICEABLE = {"DT_FLOAT", "DT_DOUBLE", "DT_INT32", "DT_UINT8", "DT_INT16",
             "DT_INT8", "DT_COMPLEX64", "DT_COMPLEX128", "DT_INT64", "DT_BOOL",
             "DT_BFLOAT16", "DT_QINT8", "DT_QUINT8", "DT_QINT32", "DT_INT4"}
# What the old single-file format holds.
V1_DTYPES = {"DT_FLOAT", "DT_DOUBLE", "DT_INT32", "DT_INT16", "DT_INT8",
             "DT_UINT16", "DT_UINT8", "DT_QINT8", "DT_QUINT8", "DT_QINT32",
             "DT_STRING", "DT_COMPLEX64", "DT_COMPLEX128", "DT_INT64",
             "DT_BOOL", "DT_HALF"}


def random_values(rng, dtype, shape, lengths=(0, 1, 5, 130)):
    """An array of opaque elements: any bits, or any bytes for strings."""
    count = int(np.prod(shape, dtype=np.int64))
    if dtype == "DT_STRING":
        array = np.empty(count, object)
        for i in range(count):
            array[i] = rng.bytes(int(rng.choice(lengths)))
        return array.reshape(shape)
    size = SIZES[dtype]
    data = np.frombuffer(rng.bytes(count * size), np.uint8)
    data = data & MASKS.get(dtype, 255)
    return data.view(f"V{size}").reshape(shape)


def cut(array, spec):
    """The part of an array that a slice is of."""
    if spec is None:
        return array
    index = []
    for extent in spec.split(":") if spec else []:
        if extent == "-":
            index.append(slice(None))
        else:
            start, length = map(int, extent.split(","))
            index.append(slice(start, start + length))
    return array[tuple(index)]


def sha256(array):
    """As the peers hash."""
    if array.dtype != object:
        return hashlib.sha256(array.tobytes()).hexdigest()
    sha = hashlib.sha256()
    for text in array.ravel():
        sha.update(struct.pack("<Q", len(text)) + text)
    return sha.hexdigest()


def tiling(rng, shape, pieces):
    """Specs of boxes that cover `shape` and lie in no common grid."""
    boxes = [[(0, dim) for dim in shape]]
    while len(boxes) < pieces:
        splittable = [(b, d) for b, box in enumerate(boxes)
                      for d, (_, length) in enumerate(box) if length > 1]
        if not splittable:
            break
        b, d = splittable[int(rng.integers(len(splittable)))]
        start, length = boxes[b][d]
        at = int(rng.integers(1, length))
        other = list(boxes[b])
        boxes[b][d] = (start, at)
        other[d] = (start + at, length - at)
        boxes.append(other)
    order = rng.permutation(len(boxes))
    return [spell(rng, shape, boxes[i]) for i in order]


def spell(rng, shape, box):
    """A whole axis may be written either way."""
    return ":".join(
        "-" if extent == (0, dim) and rng.random() < 0.5
        else f"{extent[0]},{extent[1]}" for dim, extent in zip(shape, box))


def random_spec(rng, shape):
    box = []
    for dim in shape:
        start = int(rng.integers(dim))
        box.append((start, int(rng.integers(1, dim - start + 1))))
    return spell(rng, shape, box)


class Blob:
    """The file that holds the elements of many plans."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.parts = []
        self.size = 0

    def add(self, array):
        """What a job says about where the elements are."""
        at = self.size
        if array.dtype == object:
            values = list(array.ravel())
            self.parts.extend(values)
            self.size += sum(map(len, values))
            return {"at": at, "lengths": list(map(len, values))}
        data = array.tobytes()
        self.parts.append(data)
        self.size += len(data)
        return {"at": at, "size": len(data)}

    def write(self):
        self.path.write_bytes(b"".join(self.parts))


@dataclasses.dataclass
class Plan:
    """One checkpoint."""
    name: str
    blob: Blob
    format: str = "v2"
    shards: int = 0  # 0: saved at once, not as shards
    options: dict = dataclasses.field(default_factory=dict)
    # Key -> (dtype, array of all elements).
    whole: dict = dataclasses.field(default_factory=dict)
    additions: list = dataclasses.field(default_factory=list)
    specs: dict = dataclasses.field(default_factory=dict)  # stored pieces
    cuts: dict = dataclasses.field(default_factory=dict)   # to be read as well

    def add(self, key, dtype, array, shard=0):
        self.whole[key] = (dtype, array)
        self.additions.append(
            {"key": key.hex(), "dtype": dtype, "shape": list(array.shape),
             "shard": shard, **self.blob.add(array)})

    def add_pieces(self, key, dtype, array, specs, shards=None):
        """Each in the shard given."""
        self.whole[key] = (dtype, array)
        self.specs[key] = list(specs)
        for spec, shard in zip(specs, shards or [0] * len(specs)):
            self.additions.append(
                {"key": key.hex(), "dtype": dtype, "shape": list(array.shape),
                 "spec": spec, "shard": shard,
                 **self.blob.add(np.ascontiguousarray(cut(array, spec)))})

    def write_job(self, prefix):
        if self.format == "v1":
            # TensorFlow adds tensors in order of name. (With std::sort: the
            # order of pieces is kept among up to 16 tensors only.)
            self.additions.sort(key=lambda a: bytes.fromhex(a["key"]))
        else:
            # TensorFlow merges one shard after the other: so are the pieces
            # listed.
            self.additions.sort(key=lambda a: a["shard"])
        return {"do": "write", "prefix": str(prefix), "format": self.format,
                "shards": self.shards, "blob": str(self.blob.path),
                "tensors": self.additions, **self.options}

    def read_path(self, prefix):
        """What it is to be opened by: shards of V1 by their pattern."""
        if self.format == "v1" and self.shards > 0:
            return f"{prefix}-?????-of-{self.shards:05}"
        return str(prefix)

    def reads(self):
        """(key, dtype, spec or None, expected array) of all that can be read:
        every tensor, every stored piece, and the cuts."""
        for key, (dtype, array) in self.whole.items():
            yield key, dtype, None, array
            for spec in [*self.specs.get(key, ()), *self.cuts.get(key, ())]:
                yield key, dtype, spec, cut(array, spec)

    def readable_by_tensorflow(self, key, dtype, spec):
        if dtype in SLICEABLE:
            return True
        stored = self.specs.get(key, ())
        return spec in stored if stored else spec is None


def read_job(prefix, reads, format="v2"):
    tensors = []
    for key, dtype, spec, array, shape in reads:
        tensors.append({"key": key.hex(), "dtype": dtype, "shape": shape})
        if spec is not None:
            tensors[-1]["spec"] = spec
    return {"do": "read", "prefix": str(prefix), "format": format,
            "tensors": tensors}
