# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Whole models of Keras 2.15 and of Keras 3 on TensorFlow 2.21 beside the same
models of Cairn's own layers: each restores the other's with assert_consumed(),
and what one restored it writes as the other wrote it."""

import json
import pathlib
import subprocess

import numpy as np
import pytest

import keras_models
from conftest import BUILD, CACHE
from test_objects import assert_same_files, objects, stored  # noqa: F401

HERE = pathlib.Path(__file__).resolve().parent


def jobs_for(directory, kind, layout, optimizer, **more):
    """Restored and written again; and with a step in between."""
    job = {"do": "model", "kind": kind, "layout": layout,
           "optimizer": optimizer, "restore": f"{directory}/{kind}", **more}
    return [{**job, "save": f"{directory}/same_{kind}"},
            {**job, "save": f"{directory}/our_{kind}", "step": 0.5}]


def check_prediction(objects, job, want):
    """What our Sequential predicts that took over Keras's values."""
    x = keras_models.inputs("sequential").ravel().tolist()
    answer = objects([{**job, "x": x, "save": job["save"] + "_asked"}])[0]
    np.testing.assert_allclose(answer["prediction"], np.ravel(want), rtol=2e-5,
                               atol=1e-6)


@pytest.mark.parametrize("optimizer", ["legacy", "keras2"])
def test_keras_2_models_of_our_layers(tf, objects, tmp_path, optimizer):
    keras = tf.keras
    jobs, answers, models = [], {}, {}
    for kind in keras_models.KINDS:
        models[kind] = keras_models.trained(keras, kind, optimizer, steps=2)
        model = models[kind]
        tf.train.Checkpoint(model=model, optimizer=model.optimizer).write(
            f"{tmp_path}/{kind}")
        model.save_weights(f"{tmp_path}/weights_{kind}", save_format="tf")
        answers[kind] = keras_models.predict(model, kind)
        jobs += jobs_for(tmp_path, kind, "keras2", optimizer)
        jobs.append({**jobs[-1], "weights": 1,
                     "restore": f"{tmp_path}/weights_{kind}",
                     "save": f"{tmp_path}/our_weights_{kind}"})
    old = f"{tmp_path}/tf_21"
    write_as_tf_21(tf, f"{tmp_path}/sequential", old)
    results = objects(jobs)
    check_prediction(objects, jobs[0], answers["sequential"])
    check_prediction(objects, {**jobs[0], "restore": old},
                     answers["sequential"])
    model = models["sequential"]
    forget(model)
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).read(
        old).assert_consumed()  # as Cairn finds
    np.testing.assert_array_equal(keras_models.predict(model, "sequential"),
                                  answers["sequential"])
    for i, kind in enumerate(keras_models.KINDS):
        same, ours, weights = results[3 * i:3 * i + 3]
        assert_same_files(f"{tmp_path}/same_{kind}", f"{tmp_path}/{kind}")
        assert same["iterations"] == 2 and ours["values"] == weights["values"]
        model = models[kind]
        checkpoint = tf.train.Checkpoint(model=model,
                                         optimizer=model.optimizer)
        forget(model)
        checkpoint.read(f"{tmp_path}/our_{kind}").assert_consumed()
        check_values(model, kind, ours["values"])
        assert int(model.optimizer.iterations) == 3
        # Slots that TensorFlow makes for a restore have names of their own;
        # these were made by a step.
        assert_same_files(checkpoint.write(f"{tmp_path}/back_{kind}"),
                          f"{tmp_path}/our_{kind}")
        forget(model)
        model.load_weights(f"{tmp_path}/our_weights_{kind}").assert_consumed()
        check_values(model, kind, ours["values"])


def write_as_tf_21(tf, source, target):
    """The checkpoint of a Sequential as TensorFlow 2.1 wrote it: the input
    layer is listed, no node says whether it has values, and there are none for
    functions."""
    graph, values = stored(tf, source)
    model = next(c.node_id for c in graph.nodes[0].children
                 if c.local_name == "model")
    layers = [c for c in graph.nodes[model].children
              if "_function" not in c.local_name]
    graph.nodes.add()  # the input layer
    del graph.nodes[model].children[:]
    graph.nodes[model].children.add(node_id=len(graph.nodes) - 1,
                                    local_name="layer-0")
    for child in layers:
        name = child.local_name
        if name.startswith("layer-"):
            name = f"layer-{int(name[6:]) + 1}"
        graph.nodes[model].children.add(node_id=child.node_id, local_name=name)
    for node in graph.nodes:
        node.ClearField("has_checkpoint_values")
    values["_CHECKPOINTABLE_OBJECT_GRAPH"] = graph.SerializeToString()
    tf.raw_ops.SaveV2(prefix=target, tensor_names=list(values),
                      shape_and_slices=[""] * len(values),
                      tensors=[tf.constant(v) for v in values.values()])


def forget(model):
    """Sets everything that a checkpoint has to zero."""
    state = model.optimizer.variables
    for variable in model.weights + list(state() if callable(state) else state):
        variable.assign(np.zeros_like(variable))


def check_values(model, kind, values):
    names = [v.name.split(":")[0] for v in model.weights]
    assert len(names) == len(values), (names, list(values))
    for name, variable in zip(names, model.weights):
        np.testing.assert_array_equal(
            variable.numpy().ravel(), np.array(values[name], "f4"),
            err_msg=f"{kind} {name}")


@pytest.fixture
def keras_3(tmp_path):
    """keras_3("save"): what keras_3_models.py answers."""
    process = subprocess.Popen(
        [CACHE / "tf-2.21.0/bin/python", HERE / "keras_3_models.py"],
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=open(tmp_path / "stderr", "w"))

    def ask(command):
        job = {"do": command, "dir": str(tmp_path)}
        print(json.dumps(job), file=process.stdin, flush=True)
        for line in process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError((tmp_path / "stderr").read_text()[-3000:])
    yield ask
    process.stdin.close()
    process.wait()


def without_names(graph):
    for node in graph.nodes:
        for attribute in node.attributes:
            attribute.full_name = ""
    return graph


def test_keras_3_models_of_our_layers(tf, objects, keras_3, tmp_path):
    predictions = keras_3("save")
    jobs = []
    for kind in keras_models.KINDS:
        jobs += jobs_for(tmp_path, kind, "keras3", "keras3")
    results = objects(jobs)
    check_prediction(objects, jobs[0], predictions["sequential"])
    weights = keras_3("restore")
    for i, kind in enumerate(keras_models.KINDS):
        same, ours = results[2 * i:2 * i + 2]
        assert same["iterations"] == 2
        for path, value in weights[kind].items():
            # Keras 3 does not save what is not trained in a list.
            if kind != "subclassed" or "moving_" not in path:
                np.testing.assert_array_equal(
                    np.array(value, "f4"), np.array(ours["values"][path], "f4"),
                    err_msg=f"{kind} {path}")
        if kind != "subclassed":
            assert_same_files(f"{tmp_path}/same_{kind}", f"{tmp_path}/{kind}")
            assert_same_files(f"{tmp_path}/back_{kind}",
                              f"{tmp_path}/our_{kind}")
            continue
        # Keras 3 names the variables of all its layers "subclassed/kernel".
        for a, b in [("same_", ""), ("back_", "our_")]:
            our_graph, our_values = stored(tf, f"{tmp_path}/{a}{kind}")
            their_graph, their_values = stored(tf, f"{tmp_path}/{b}{kind}")
            assert without_names(our_graph) == without_names(their_graph)
            assert our_values.keys() == their_values.keys()
            for key, value in their_values.items():
                np.testing.assert_array_equal(our_values[key], value, key)
