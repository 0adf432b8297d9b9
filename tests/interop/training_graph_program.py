# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What TensorFlow 1 code does with our training graphs, knowing nothing but
the files. Runs in each TensorFlow; answers one JSON object.

train DIR JOB      JOB is a JSON object:
    data        x.npy and y.npy in this directory
    first, batch, steps     batches in order
    start       prefix to restore, "" to keep the initial values
    weights     .npz of initial values by name, set before the first step
    compare     steps after which all variables are compared with DIR/step<n>
    save        prefix to save under at the end
    evaluate    .npz with x and y
gradients DIR...   our gradients against tf.gradients, and inferred shapes
savers DIR KIND    nodes that a Saver of each kind adds, and its SaverDef
tensorboard DIR    what TensorBoard's graph reader makes of the graph
definitions FILE   whether each op's definition is that of the registry
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
tf1.disable_eager_execution()


def read_meta(where):
    return tf1.MetaGraphDef.FromString((where / "model.meta").read_bytes())


def differences(session, where, prefix):
    """Per variable: largest and mean difference, and the largest value."""
    reader = tf1.train.load_checkpoint(str(where / prefix))
    found = {}
    for variable in tf1.global_variables():
        name = variable.op.name
        ours, theirs = reader.get_tensor(name), session.run(variable)
        off = np.abs(ours.astype("float64") - theirs)
        found[name] = {"largest": float(off.max()), "mean": float(off.mean()),
                       "size": float(np.abs(ours).max())}
    assert len(found) == len(reader.get_variable_to_shape_map())
    return found


def evaluate(session, signature, path):
    data = np.load(path)
    inputs = {k.split("_")[-1]: v.name for k, v in signature.inputs.items()}
    outputs = signature.outputs
    names = [outputs["loss"].name, outputs["metrics/accuracy/value"].name]
    parts = [session.run(names, {inputs["input"]: data["x"][i:i + 1000],
                                 inputs["target"]: data["y"][i:i + 1000]})
             for i in range(0, len(data["x"]), 1000)]
    return [float(v) for v in np.mean(parts, axis=0)]


def train(where, job):
    job = json.loads(job)
    answer = {"losses": [], "accuracies": [], "compared": {}}
    x = np.load(pathlib.Path(job["data"]) / "x.npy", mmap_mode="r")
    y = np.load(pathlib.Path(job["data"]) / "y.npy", mmap_mode="r")
    meta = read_meta(where)
    given = {k.split("_")[-1]: v.name
             for k, v in meta.signature_def["train"].inputs.items()}
    with tf.Graph().as_default(), tf1.Session() as session:
        saver = tf1.train.import_meta_graph(str(where / "model.meta"))
        session.run("init")
        if job.get("start"):
            saver.restore(session, job["start"])
        if job.get("weights"):
            weights = np.load(job["weights"])
            for variable in tf1.global_variables():
                if variable.op.name in weights:
                    variable.load(weights[variable.op.name], session)
        train_op, = tf1.get_collection("train_op")
        loss, = tf1.get_collection("losses")
        for step in range(1, job["steps"] + 1):
            rows = slice((job["first"] + step - 1) * job["batch"],
                         (job["first"] + step) * job["batch"])
            got = session.run([loss, "train/accuracy:0", train_op],
                              {given["input"]: x[rows],
                               given["target"]: y[rows]})
            answer["losses"].append(float(got[0]))
            answer["accuracies"].append(float(got[1]))
            if step in job.get("compare", []):
                answer["compared"][step] = differences(session, where,
                                                       f"step{step}")
        if job.get("evaluate"):
            answer["evaluated"] = evaluate(
                session, meta.signature_def["eval"], job["evaluate"])
        answer["global_step"] = int(session.run(tf1.train.get_global_step()))
        if job.get("save"):
            answer["path"] = saver.save(
                session, job["save"], write_meta_graph=False,
                global_step=tf1.train.get_global_step())
        answer["variables"] = len(tf1.global_variables())
    return answer


def inferred_shapes_differ(meta):
    """Outputs whose shape TensorFlow finds to be another than we say."""
    graph_def = tf1.GraphDef.FromString(meta.graph_def.SerializeToString())
    said = {}
    for node in graph_def.node:
        said[node.name] = list(node.attr.pop("_output_shapes").list.shape
                               if "_output_shapes" in node.attr else [])
    with tf.Graph().as_default() as graph:
        tf1.import_graph_def(graph_def, name="")
        return [output.name for op in graph.get_operations()
                for output, shape in zip(op.outputs, said[op.name],
                                         strict=True)
                if output.shape.as_proto() != shape]


def gradients(where):
    """The largest difference, as a part of the model's largest gradient."""
    meta = read_meta(where)
    random = np.random.default_rng(5)
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        tf1.train.import_meta_graph(str(where / "model.meta"))
        session.run("init")
        signature = meta.signature_def["train"]
        feed = {}
        for key, tensor in signature.inputs.items():
            shape = graph.get_tensor_by_name(tensor.name).shape
            if key.endswith("_input"):
                feed[tensor.name] = random.normal(
                    size=[8, *shape.as_list()[1:]])
            else:
                feed[tensor.name] = random.integers(0, 2, size=[8, 1])
        loss = graph.get_tensor_by_name(signature.outputs["loss"].name)
        variables = tf1.trainable_variables()
        theirs, ours = session.run(
            [tf1.gradients(loss, variables),
             [f"gradients/{v.op.name}:0" for v in variables]], feed)
        largest = max(np.abs(g).max() for g in theirs)
        return {"largest": float(largest),
                "difference": float(max(np.abs(a - b).max() for a, b in
                                        zip(ours, theirs)) / largest),
                "shapes": inferred_shapes_differ(meta)}


def savers(where, kind):
    """Ours, and what TensorFlow's Saver of that kind adds to our graph."""
    from tensorflow.python.framework import meta_graph
    kind = json.loads(kind)
    meta = read_meta(where)
    scope = meta.saver_def.restore_op_name.rsplit("/", 1)[0]
    ours = [n for n in meta.graph_def.node if n.name.startswith(scope + "/")]
    graph_def = tf1.GraphDef.FromString(meta.graph_def.SerializeToString())
    del graph_def.node[:]
    graph_def.node.extend(n for n in meta.graph_def.node if n not in ours)
    collections = {k: v for k, v in meta.collection_def.items()
                   if k == "variables"}
    bare = tf1.MetaGraphDef(meta_info_def=meta.meta_info_def,
                            graph_def=graph_def, collection_def=collections)
    with tf.Graph().as_default() as graph:
        # import_meta_graph would make a Saver of its own.
        meta_graph.import_scoped_meta_graph(bare)
        saver = tf1.train.Saver(**kind)
        theirs = tf1.train.export_meta_graph(
            graph=graph, saver_def=saver.as_saver_def())
    added = [n for n in theirs.graph_def.node
             if n.name.startswith(scope + "/")]
    return {"nodes": len(added),
            "same": [a.name for a, b in zip(added, ours) if a == b],
            "ours": [n.name for n in ours],
            "saver": str(meta.saver_def) == str(theirs.saver_def)}


def definitions(path):
    from tensorflow.python.framework import op_def_registry
    listed = tf1.MetaGraphDef.FromString(
        pathlib.Path(path).read_bytes()).meta_info_def.stripped_op_list.op
    return {"ops": [op.name for op in listed],
            "differ": [op.name for op in listed
                       if op != op_def_registry.get(op.name)]}


def tensorboard(where):
    """The nodes that TensorBoard's graph page is given."""
    from google.protobuf import text_format
    from tensorboard import context
    from tensorboard.backend.event_processing import data_provider
    from tensorboard.backend.event_processing import plugin_event_multiplexer
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.graph import graphs_plugin
    meta = read_meta(where)
    log = str(where / "log")
    with tf.Graph().as_default():
        writer = tf1.summary.FileWriter(log)
        writer.add_event(
            tf1.Event(graph_def=meta.graph_def.SerializeToString()))
        writer.close()
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(log)
    multiplexer.Reload()
    plugin = graphs_plugin.GraphsPlugin(base_plugin.TBContext(
        logdir=log, multiplexer=multiplexer,
        data_provider=data_provider.MultiplexerDataProvider(multiplexer, log)))
    text, _ = plugin.graph_impl(
        context.RequestContext(), run=".", tag=None, is_conceptual=False,
        experiment="", limit_attr_size=1024,
        large_attrs_key="_too_large_attrs")
    read = text_format.Parse(text, tf1.GraphDef())
    return {"same": [n.name for n in read.node] ==
                    [n.name for n in meta.graph_def.node],
            "nodes": len(read.node)}


def main():
    command, where, *rest = sys.argv[1:]
    commands = {"train": train, "savers": savers, "definitions": definitions,
                "tensorboard": tensorboard}
    if command == "gradients":
        answer = {name: gradients(pathlib.Path(where) / name) for name in rest}
    else:
        answer = commands[command](pathlib.Path(where), *rest)
    print(json.dumps(answer))


main()
