# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""`cairn meta edit` against the functions of TensorFlow that do the same.

What is not compared, on both sides, and why:
  order of nodes       TensorFlow imports in an order that can run
  order of "^inputs"   it has no meaning, and the importer sorts them
  _output_shapes       TensorFlow infers them anew when it exports
  default attributes   it fills them in when it imports (but where stripping
                       itself is compared)
  devices of nodes with _class, and how devices are spelled
                       the importer moves a node to what it is bound to, and
                       writes /device:CPU:0 for /cpu:0
  version strings      of whoever wrote the file
  empty collections    TensorFlow writes such without a kind, and skips them
  unbound_inputs twice TensorFlow lists an input as often as it is used, and
                       then cannot import the graph; we list it once
"""

import copy

import numpy as np
import pytest

from conftest import run_program

CASES = {
    "rich": "tf1/rich_meta/model.ckpt-2",
    "monitored": "tf1/monitored_session/model.ckpt-13",
    "optimizers": "tf1/optimizers/model-3",
    "rnn": "tf1/rnn/model.ckpt-2",
    "averages": "tf1/ema/all",
    "table": "tf1/lookup_table/model",
    "seed": "seed/v1/epoch2/model",
    "sharded_v1": "v1/saver_sharded/model.ckpt-3",
}


@pytest.fixture(scope="module")
def modules():
    import tensorflow as tf
    from tensorflow.core.protobuf import control_flow_pb2, queue_runner_pb2
    from tensorflow.core.framework import variable_pb2
    from tensorflow.core.protobuf import saver_pb2
    from tensorflow.python.framework import meta_graph
    protos = {"savers": saver_pb2.SaverDef,
              "queue_runners": queue_runner_pb2.QueueRunnerDef,
              "while_context": control_flow_pb2.WhileContextDef,
              "cond_context": control_flow_pb2.CondContextDef}
    for name in ("variables", "trainable_variables", "local_variables",
                 "model_variables", "moving_average_variables", "global_step"):
        protos[name] = variable_pb2.VariableDef
    return tf, meta_graph, protos


def edit(golden, tmp_path, case, *options, name="ours.meta"):
    out = tmp_path / name
    run_program("cairn", ["meta", "edit", golden / (CASES[case] + ".meta"),
                          "-o", out, *options])
    return out


def read(modules, path):
    return modules[1].read_meta_graph_file(str(path))


def node_text(tf, node):
    node = copy.deepcopy(node)
    node.attr.pop("_output_shapes", None)
    controls = sorted(i for i in node.input if i.startswith("^"))
    data = [i for i in node.input if not i.startswith("^")]
    del node.input[:]
    node.input.extend(data + controls)
    if "_class" in node.attr:
        node.device = ""
    elif node.device:
        node.device = tf.DeviceSpec.from_string(node.device).to_string()
    return node.SerializeToString(deterministic=True)


def elements(name, collection, protos):
    kind = collection.WhichOneof("kind")
    values = getattr(collection, kind).value if kind else []
    if name == "unbound_inputs":
        return kind, sorted(set(values))
    if kind == "bytes_list" and name in protos:
        values = [protos[name].FromString(v) for v in values]
        for value in values:  # kept in a set
            if hasattr(value, "values_def"):
                value.values_def.values.sort()
        values = [v.SerializeToString(deterministic=True) for v in values]
    elif kind == "any_list":
        values = [v.SerializeToString() for v in values]
    return kind, list(values)


def normal(modules, message, strip=True):
    tf, meta_graph, protos = modules
    message = copy.deepcopy(message)
    if strip:
        meta_graph.strip_graph_default_valued_attrs(message)
    nodes = {n.name: node_text(tf, n) for n in message.graph_def.node}
    assert len(nodes) == len(message.graph_def.node)
    functions = {f.signature.name: f.SerializeToString(deterministic=True)
                 for f in message.graph_def.library.function}
    collections = {name: elements(name, c, protos)
                   for name, c in message.collection_def.items()}
    collections = {n: c for n, c in collections.items() if c[1]}
    return {
        "nodes": nodes, "functions": functions, "collections": collections,
        "saver": message.saver_def.SerializeToString(deterministic=True),
        "ops": [op.name for op in
                message.meta_info_def.stripped_op_list.op],
        "stripped": message.meta_info_def.stripped_default_attrs}


def same(modules, ours, theirs, strip=True):
    ours = normal(modules, ours, strip)
    theirs = normal(modules, theirs, strip)
    for part in ours:
        if not isinstance(ours[part], dict):
            assert ours[part] == theirs[part], part
            continue
        assert sorted(ours[part]) == sorted(theirs[part]), part
        for key in ours[part]:
            assert ours[part][key] == theirs[part][key], (part, key)


def through_tensorflow(modules, golden, case, imports=None, **exports):
    """The file after import_meta_graph and export_meta_graph."""
    tf = modules[0]
    with tf.Graph().as_default():
        saver = tf.compat.v1.train.import_meta_graph(
            str(golden / (CASES[case] + ".meta")), **(imports or {}))
        return tf.compat.v1.train.export_meta_graph(
            saver_def=saver.saver_def, **exports)


@pytest.mark.parametrize("case", CASES)
def test_import_scope_and_clear_devices(modules, golden, tmp_path, case):
    ours = edit(golden, tmp_path, case, "--import-scope", "a/b",
                "--clear-devices")
    theirs = through_tensorflow(
        modules, golden, case,
        {"import_scope": "a/b", "clear_devices": True})
    same(modules, read(modules, ours), theirs)


@pytest.mark.parametrize("case", ["rich", "seed", "monitored"])
def test_strip_default_attrs(modules, golden, tmp_path, case):
    ours = edit(golden, tmp_path, case, "--strip-default-attrs")
    theirs = through_tensorflow(modules, golden, case,
                                strip_default_attrs=True)
    same(modules, read(modules, ours), theirs, strip=False)


@pytest.mark.parametrize("case", ["rich", "seed", "averages"])
def test_clear_extraneous_savers(modules, golden, tmp_path, case):
    ours = edit(golden, tmp_path, case, "--clear-extraneous-savers")
    theirs = through_tensorflow(modules, golden, case,
                                clear_extraneous_savers=True)
    same(modules, read(modules, ours), theirs)


@pytest.mark.parametrize("case, scope", [
    ("rich", "net"), ("rich", "emb/"), ("seed", "conv2d"), ("rnn", "rnn")])
def test_export_scope(modules, golden, tmp_path, case, scope):
    tf, meta_graph, _ = modules
    ours = read(modules, edit(golden, tmp_path, case, "--export-scope", scope))
    with tf.Graph().as_default():
        tf.compat.v1.train.import_meta_graph(
            str(golden / (CASES[case] + ".meta")))
        theirs, _ = meta_graph.export_scoped_meta_graph(export_scope=scope)
    assert ours.graph_def.node, "nothing is in the scope"
    # The Saver is elsewhere: ours is left out, theirs was not passed.
    assert not ours.HasField("saver_def")
    same(modules, ours, theirs)
    if case != "seed":
        return  # parts of loops: their contexts name nodes that are not there
    # And TensorFlow imports ours again, given all that it needs.
    unbound = set(ours.collection_def["unbound_inputs"].bytes_list.value)
    with tf.Graph().as_default():
        tf.compat.v1.train.import_meta_graph(
            str(golden / (CASES[case] + ".meta")))
        graph = tf.compat.v1.get_default_graph()
        prefix = "$unbound_inputs_"
        mapping = {}
        for name in (u.decode() for u in unbound):
            bare = name.replace(prefix, "")
            tensor = bare.lstrip("^")
            tensor = tensor if ":" in tensor else tensor + ":0"
            if bare.startswith("^"):
                mapping[name] = graph.get_operation_by_name(bare[1:])
            else:
                mapping[name] = graph.get_tensor_by_name(tensor)
        if any(k.startswith("^") for k in mapping):
            return  # Python's import_graph_def takes tensors only
        meta_graph.import_scoped_meta_graph(
            ours, import_scope="again", input_map=mapping)
        name = ours.graph_def.node[0].name
        assert graph.get_operation_by_name("again/" + name)


OUTPUTS = {"rich": ["init", "net/w/Read/ReadVariableOp"],
           "seed": ["save/restore_all", "save/control_dependency"],
           "rnn": ["save/restore_all"]}


@pytest.mark.parametrize("case", OUTPUTS)
def test_extract(modules, golden, tmp_path, case):
    tf = modules[0]
    source = read(modules, golden / (CASES[case] + ".meta"))
    present = {n.name for n in source.graph_def.node}
    outputs = [o for o in OUTPUTS[case] if o in present]
    ours = read(modules, edit(golden, tmp_path, case, "--extract",
                              ",".join(outputs)))
    theirs = tf.compat.v1.graph_util.extract_sub_graph(source.graph_def,
                                                       outputs)
    assert 0 < len(ours.graph_def.node) < len(source.graph_def.node)
    # The same nodes in the same order, each with the same bytes.
    assert ([n.SerializeToString(deterministic=True)
             for n in ours.graph_def.node] ==
            [n.SerializeToString(deterministic=True) for n in theirs.node])
    assert ours.graph_def.versions == theirs.versions
    # TensorFlow keeps all functions; ours are those that are called.
    with tf.Graph().as_default() as graph:
        tf.compat.v1.train.import_meta_graph(ours)
        for output in outputs:
            graph.get_operation_by_name(output)


def values(tf, meta, prefix, scope=""):
    """Every variable after restoring, by its name without the scope."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        # There is one processor here, not two as where the graph was made.
        saver = tf.compat.v1.train.import_meta_graph(str(meta),
                                                     clear_devices=True)
        saver.restore(session, str(prefix))
        variables = tf.compat.v1.global_variables()
        are_set = session.run([tf.compat.v1.is_variable_initialized(v)
                               for v in variables])
        variables = [v for v, is_set in zip(variables, are_set) if is_set]
        assert variables
        return {v.name[len(scope):]: value for v, value in
                zip(variables, session.run(variables))}


@pytest.mark.parametrize("case", ["rich", "seed", "optimizers"])
def test_tensorflow_restores_through_what_was_edited(modules, golden, tmp_path,
                                                     case):
    tf = modules[0]
    prefix = golden / CASES[case]
    meta = edit(golden, tmp_path, case, "--import-scope", "s",
                "--clear-devices", "--strip-default-attrs", "--as-text",
                name="ours.meta.pbtxt")
    before = values(tf, str(prefix) + ".meta", prefix)
    after = values(tf, meta, prefix, "s/")
    assert sorted(before) == sorted(after)
    for name, value in before.items():
        assert (value == after[name]).all(), name


def test_loops_run_in_another_scope(modules, golden, tmp_path):
    """The frame of a while loop gets the name of its context."""
    tf = modules[0]
    meta = edit(golden, tmp_path, "rich", "--import-scope", "s",
                "--clear-devices")

    def run(path, scope):
        with tf.Graph().as_default() as graph, \
                tf.compat.v1.Session() as session:
            saver = tf.compat.v1.train.import_meta_graph(str(path),
                                                         clear_devices=True)
            saver.restore(session, str(golden / CASES["rich"]))
            exits = sorted((o for o in graph.get_operations()
                            if o.type == "Exit"), key=lambda o: o.name)
            feeds = {}
            for op in graph.get_operations():
                if op.type == "Placeholder":
                    tensor = op.outputs[0]
                    shape = [d or 1 for d in tensor.shape.as_list()]
                    feeds[tensor] = np.ones(shape, tensor.dtype.as_numpy_dtype)
            names = [o.name[len(scope):] for o in exits]
            return names, session.run([o.outputs[0] for o in exits], feeds)

    names, before = run(golden / (CASES["rich"] + ".meta"), "")
    moved, after = run(meta, "s/")
    assert names and names == moved
    for a, b in zip(before, after):
        assert (a == b).all()


def test_saved_models_keep_what_is_not_edited(modules, golden, tmp_path):
    tf = modules[0]
    from tensorflow.core.protobuf import saved_model_pb2
    source = golden / "tf1/saved_model/export/saved_model.pb"
    before = saved_model_pb2.SavedModel.FromString(source.read_bytes())
    tags = list(before.meta_graphs[0].meta_info_def.tags)
    out = tmp_path / "saved_model.pb"
    run_program("cairn", ["meta", "edit", source.parent, "--tags",
                          ",".join(tags), "--clear-devices",
                          "--strip-default-attrs", "-o", out])
    after = saved_model_pb2.SavedModel.FromString(out.read_bytes())
    assert after.meta_graphs[1] == before.meta_graphs[1]
    assert after.meta_graphs[0].meta_info_def.stripped_default_attrs
    assert not any(n.device for n in after.meta_graphs[0].graph_def.node)
    for node in before.meta_graphs[0].graph_def.node:
        node.device = ""
    same(modules, after.meta_graphs[0], before.meta_graphs[0])
    # Byte for byte the same fields, the object graph among them, where nothing
    # is changed.
    source = golden / "savedmodel/module/export/saved_model.pb"
    run_program("cairn", ["meta", "edit", source, "--force", "-o", out])
    assert (saved_model_pb2.SavedModel.FromString(out.read_bytes()) ==
            saved_model_pb2.SavedModel.FromString(source.read_bytes()))
