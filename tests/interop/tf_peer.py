# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""TensorFlow's end of the tests that let it and Cairn do the same jobs.

Runs inside any TensorFlow's environment. Each line of standard input is a JSON
list of jobs, each line of standard output the list of their results. The jobs
and cairn_peer, which does the same ones: peer.cc. TensorFlow may end the
process at any time: whoever asked sees the end of the output.
"""

import hashlib
import json
import math
import os
import struct
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# Whatever TensorFlow prints goes to standard error.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow.python.checkpoint import checkpoint_management
from tensorflow.python.training import checkpoint_state_pb2

# How many bytes of which blob were asked for last: a batch shares one.
blobs = {}


def blob(path):
    if path not in blobs:
        blobs.clear()
        with open(path, "rb") as file:
            blobs[path] = file.read()
    return blobs[path]


def dtype_number(name):
    return types_pb2.DataType.Value(name)


def elements(job, tensor):
    """The bytes of a fixed-size tensor, or the values of a string one."""
    data, at = blob(job["blob"]), tensor["at"]
    if "lengths" not in tensor:
        return data[at:at + tensor["size"]]
    values = []
    for length in tensor["lengths"]:
        values.append(data[at:at + length])
        at += length
    return values


def part_shape(tensor):
    """The shape of what is written: of the slice if there is one."""
    shape = tensor["shape"]
    if "spec" not in tensor:
        return shape
    extents = tensor["spec"].split(":")
    return [dim if extent == "-" else int(extent.split(",")[1])
            for dim, extent in zip(shape, extents)]


def make_tensor(job, tensor):
    proto = tensor_pb2.TensorProto(dtype=dtype_number(tensor["dtype"]))
    proto.tensor_shape.SetInParent()
    for dim in part_shape(tensor):
        proto.tensor_shape.dim.add().size = dim
    values = elements(job, tensor)
    if isinstance(values, list):
        proto.string_val.extend(values)
    else:
        proto.tensor_content = values
    return tf.io.parse_tensor(proto.SerializeToString(),
                              tf.dtypes.as_dtype(proto.dtype))


def full_spec(tensor):
    """"4 6 0,2:-", or "" for a whole tensor."""
    if "spec" not in tensor:
        return ""
    return " ".join([*map(str, tensor["shape"]), tensor["spec"]])


def save_v2(prefix, job, tensors):
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=[bytes.fromhex(t["key"]) for t in tensors],
        shape_and_slices=[full_spec(t) for t in tensors],
        tensors=[make_tensor(job, t) for t in tensors])


def save_v1(path, job, tensors):
    tf.raw_ops.SaveSlices(
        filename=path,
        tensor_names=[bytes.fromhex(t["key"]) for t in tensors],
        shapes_and_slices=[full_spec(t) for t in tensors],
        data=[make_tensor(job, t) for t in tensors])


def write(job):
    prefix, tensors = job["prefix"], job["tensors"]
    save = save_v1 if job["format"] == "v1" else save_v2
    shards = job["shards"]
    if shards == 0:
        save(prefix, job, tensors)
        return {}
    # What Saver and Checkpoint do: a part for each shard and, but for V1, the
    # merger.
    stem = prefix if job["format"] == "v1" else f"{prefix}_temp/part"
    parts = [f"{stem}-{shard:05}-of-{shards:05}" for shard in range(shards)]
    for shard, part in enumerate(parts):
        save(part, job, [t for t in tensors if t["shard"] == shard])
    if job["format"] == "v2":
        tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts,
                                      destination_prefix=prefix,
                                      delete_old_dirs=True)
    return {}


def merge(job):
    os.makedirs(os.path.dirname(job["prefix"]), exist_ok=True)
    arguments = {}
    if job.get("allow_missing"):
        arguments["allow_missing_files"] = True
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=job["inputs"],
                                  destination_prefix=job["prefix"],
                                  delete_old_dirs=True,
                                  **arguments)
    return {}


def digest(value):
    """As cairn_peer hashes: of a string tensor each length, then its bytes."""
    if value.dtype != tf.string:
        return hashlib.sha256(value.numpy().tobytes()).hexdigest()
    sha = hashlib.sha256()
    array = value.numpy()
    for text in array.ravel() if isinstance(array, np.ndarray) else [array]:
        sha.update(struct.pack("<Q", len(text)) + text)
    return sha.hexdigest()


def restore(prefix, tensors):
    return tf.raw_ops.RestoreV2(
        prefix=prefix,
        tensor_names=[bytes.fromhex(t["key"]) for t in tensors],
        shape_and_slices=[full_spec(t) for t in tensors],
        dtypes=[tf.dtypes.as_dtype(dtype_number(t["dtype"])) for t in tensors])


def value_of(value):
    return {"shape": value.shape.as_list(), "sha256": digest(value)}


def read(job):
    """All in one call; if that fails, one by one."""
    prefix, tensors = job["prefix"], job["tensors"]
    try:
        return {"values": [value_of(v) for v in restore(prefix, tensors)]}
    except tf.errors.OpError:
        return {"values": [attempt(lambda: value_of(restore(prefix, [t])[0]))
                           for t in tensors]}


def resave(job):
    """Reads and writes again, in the order given."""
    tensors = job["tensors"]
    tf.raw_ops.SaveV2(
        prefix=job["to"],
        tensor_names=[bytes.fromhex(t["key"]) for t in tensors],
        shape_and_slices=[full_spec(t) for t in tensors],
        tensors=restore(job["prefix"], tensors))
    return {}


def list_tensors(job):
    reader = tf.train.load_checkpoint(job["prefix"])
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    return {"tensors": [
        {"key": key.encode().hex(), "shape": list(shapes[key]),
         "dtype": types_pb2.DataType.Name(dtypes[key].as_datatype_enum)}
        for key in sorted(shapes, key=str.encode)]}


def bits(number):
    """All that tells doubles apart, but for what is in a NaN."""
    return "nan" if math.isnan(number) else struct.pack(">d", number).hex()


def parse_state(job):
    with_text = bytes.fromhex(job["text"])
    state = checkpoint_state_pb2.CheckpointState()
    # What get_checkpoint_state does with the file.
    text_format.Merge(with_text.decode("utf-8"), state)
    return {"latest": state.model_checkpoint_path.encode().hex(),
            "all": [p.encode().hex() for p in state.all_model_checkpoint_paths],
            "times": [bits(t) for t in state.all_model_checkpoint_timestamps],
            "preserved": bits(state.last_preserved_timestamp)}


def print_state(job):
    def number(text):
        return struct.unpack(">d", bytes.fromhex(text))[0]

    def path(text):
        return bytes.fromhex(text).decode("utf-8")
    state = checkpoint_state_pb2.CheckpointState(
        model_checkpoint_path=path(job["latest"]),
        all_model_checkpoint_paths=[path(p) for p in job["all"]],
        all_model_checkpoint_timestamps=[number(t) for t in job["times"]])
    if "preserved" in job:
        state.last_preserved_timestamp = number(job["preserved"])
    return {"text": text_format.MessageToString(state).encode().hex()}


def get_state(job):
    state = checkpoint_management.get_checkpoint_state(job["directory"])
    if state is None:
        return {"latest": None}
    return {"latest": state.model_checkpoint_path}


tf1 = tf.compat.v1


def graph_variables(job, initial):
    """Makes the job's variables in the default graph; name -> variable, which
    may be a partitioned one."""
    made = {}
    for v in job["variables"]:
        count = int(np.prod(v["shape"]))
        first = v.get("first", 0)
        value = np.arange(first, first + count, dtype=np.float32)
        if not initial:
            value = np.zeros(count, np.float32)
        value = value.reshape(v["shape"])
        devices = v.get("devices", [])

        def place(op, devices=devices):
            # "name/part_2/...": the part's number.
            number = 0
            if "part_" in op.name:
                number = int(op.name.split("part_")[1].split("/")[0])
            if not devices:
                return ""
            return devices[min(number, len(devices) - 1)]
        partitioner = None
        if "parts" in v:
            partitioner = tf1.fixed_size_partitioner(v["parts"], v["axis"])

        def initializer(shape, dtype=None, partition_info=None, value=value):
            if partition_info is None:
                return tf.constant(value)
            begin = partition_info.var_offset
            return tf.constant(value[tuple(
                slice(b, b + int(s)) for b, s in zip(begin, shape))])
        with tf1.device(place):
            made[v["name"]] = tf1.get_variable(
                v["name"], v["shape"], tf.float32, initializer=initializer,
                partitioner=partitioner)
    return made


def saver_of(job, variables):
    names = {v.get("key", v["name"]): variables[v["name"]]
             for v in job["variables"]}
    return tf1.train.Saver(names, **job["options"])


def in_session(job, initial, action):
    # Enough devices for every job.
    config = tf1.ConfigProto(device_count={"CPU": 4})
    with tf.Graph().as_default(), tf1.Session(config=config) as session:
        variables = graph_variables(job, initial)
        session.run(tf1.global_variables_initializer())
        return action(session, variables)


def saver_save(job):
    def save(session, variables):
        saver = saver_of(job, variables)
        return {"paths": [saver.save(session, job["path"], global_step=step,
                                     write_meta_graph=False)
                          for step in job["steps"]]}
    return in_session(job, True, save)


def saver_restore(job):
    def restore_all(session, variables):
        saver_of(job, variables).restore(session, job["path"])
        return {"values": {
            name: hashlib.sha256(session.run(
                tf.convert_to_tensor(variable)).tobytes()).hexdigest()
            for name, variable in variables.items()}}
    return in_session(job, False, restore_all)


def about(job):
    numbers = types_pb2.DataType.DESCRIPTOR.values
    return {"version": tf.__version__,
            "dtypes": [v.name for v in numbers if v.number < 100]}


def attempt(action):
    try:
        return action()
    except Exception as error:  # whatever TensorFlow raises is an answer
        text = getattr(error, "message", None) or str(error)
        return {"error": {"type": type(error).__name__, "text": text}}


JOBS = {"about": about, "get_state": get_state, "list": list_tensors,
        "merge": merge, "parse_state": parse_state,
        "print_state": print_state, "read": read, "resave": resave,
        "saver_restore": saver_restore, "saver_save": saver_save,
        "write": write}


def main():
    for line in sys.stdin:
        results = [attempt(lambda: JOBS[job["do"]](job))
                   for job in json.loads(line)]
        print(json.dumps(results), file=answers, flush=True)


main()
