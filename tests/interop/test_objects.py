# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Objects, containers, optimizers and sharded files of Cairn beside those of
TensorFlow 2.15 and 2.21: each restores the other's with assert_consumed()."""

import json
import pathlib
import random
import subprocess

import numpy as np
import pytest

from conftest import BUILD, CACHE

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def objects():
    """objects([job, ...]): the results of cairn_objects."""
    def run(jobs):
        done = subprocess.run([BUILD / "bin/cairn_objects"], text=True,
                              input=json.dumps(jobs), capture_output=True,
                              timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)
    return run


@pytest.fixture(scope="session")
def newest():
    """newest("shards", job): what objects_221.py answers."""
    def run(command, job):
        done = subprocess.run(
            [CACHE / "tf-2.21.0/bin/python", HERE / "objects_221.py", command],
            text=True, input=json.dumps(job), capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])
    return run


def assert_same_files(ours, theirs):
    for suffix in [".index", ".data-00000-of-00001"]:
        assert (pathlib.Path(f"{ours}{suffix}").read_bytes() ==
                pathlib.Path(f"{theirs}{suffix}").read_bytes()), (ours, suffix)


# --- optimizers, step for step ---

OPTIONS = [
    ("adam", {"learning_rate": 0.01}),
    ("adam", {"learning_rate": 0.01, "amsgrad": True}),
    ("sgd", {"learning_rate": 0.1}),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9}),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("rmsprop", {"learning_rate": 0.01}),
    ("rmsprop", {"learning_rate": 0.01, "rho": 0.8, "centered": True}),
    ("rmsprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True}),
    ("adam", {"learning_rate": 0.01, "decay": 0.1}),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "decay": 0.5}),
    ("rmsprop", {"learning_rate": 0.01, "decay": 0.25}),
]
SHAPES = [7, 3]


def numbers(seed):
    """Initial values and six gradients for each variable."""
    rng = np.random.default_rng(seed)
    start = [rng.standard_normal(n).astype("f4") for n in SHAPES]
    steps = [[(rng.standard_normal(n) * 10.0 ** rng.integers(-3, 3))
              .astype("f4") for n in SHAPES] for _ in range(6)]
    return start, steps


def keras_optimizer(keras, layout, name, options):
    home = keras.optimizers
    if layout == "legacy":
        home = home.legacy
    return {"adam": home.Adam, "sgd": home.SGD, "rmsprop": home.RMSprop}[name](
        **options)


@pytest.mark.parametrize("layout", ["legacy", "keras2"])
def test_optimizers_go_on_from_each_others_checkpoints(tf, objects, tmp_path,
                                                       layout):
    cases = [(i, name, options) for i, (name, options) in enumerate(OPTIONS)
             if layout == "legacy" or "decay" not in options]
    jobs, expected = [], []
    for i, name, options in cases:
        start, steps = numbers(i)
        variables = [tf.Variable(v, name=n)
                     for v, n in zip(start, ["dense/kernel", "dense/bias"])]
        optimizer = keras_optimizer(tf.keras, layout, name, options)
        for step in steps[:3]:
            optimizer.apply_gradients(zip(step, variables))
        tf.train.Checkpoint(optimizer=optimizer, w=variables[0],
                            b=variables[1]).write(f"{tmp_path}/tf{i}")
        for step in steps[3:]:
            optimizer.apply_gradients(zip(step, variables))
        expected.append([v.numpy() for v in variables])
        jobs.append({
            "do": "optimize", "optimizer": name, "layout": layout,
            "options": options, "restore": f"{tmp_path}/tf{i}",
            "save": f"{tmp_path}/our{i}",
            "variables": [{"edge": "w", "name": "dense/kernel",
                           "values": [0.0] * SHAPES[0]},
                          {"edge": "b", "name": "dense/bias",
                           "values": [0.0] * SHAPES[1]}],
            "steps": [[g.tolist() for g in step] for step in steps[3:]]})
    # Restored and written again: the very bytes.
    objects([{**job, "steps": [], "save": job["restore"] + "_copy"}
             for job in jobs])
    for job in jobs:
        assert_same_files(job["restore"] + "_copy", job["restore"])
    for (i, name, options), want, got in zip(cases, expected, objects(jobs)):
        assert got["iterations"] == 6
        for theirs, ours in zip(want, got["values"]):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6,
                                       err_msg=f"{layout} {name} {options}")
        variables = [tf.Variable(np.zeros(n, "f4"), name=part)
                     for n, part in zip(SHAPES,
                                        ["dense/kernel", "dense/bias"])]
        optimizer = keras_optimizer(tf.keras, layout, name, options)
        checkpoint = tf.train.Checkpoint(optimizer=optimizer, w=variables[0],
                                         b=variables[1])
        status = checkpoint.read(f"{tmp_path}/our{i}")
        optimizer.apply_gradients(
            zip([np.zeros(n, "f4") for n in SHAPES], variables))
        status.assert_consumed()
        checkpoint.read(f"{tmp_path}/our{i}").assert_consumed()
        for ours, restored in zip(got["values"], variables):
            np.testing.assert_array_equal(restored.numpy(),
                                          np.array(ours, "f4"))
        assert int(optimizer.iterations) == 6
        # Slots that TensorFlow makes for a restore have names of their own.
        if layout != "legacy":
            assert_same_files(checkpoint.write(f"{tmp_path}/back{i}"),
                              f"{tmp_path}/our{i}")


def test_keras_3_optimizers_go_on_from_each_others_checkpoints(
        objects, newest, tmp_path):
    cases = [(i, name, options) for i, (name, options) in enumerate(OPTIONS)
             if "decay" not in options]
    job = {"cases": []}
    for i, name, options in cases:
        start, steps = numbers(i)
        job["cases"].append({
            "optimizer": name, "options": options,
            "start": [v.tolist() for v in start],
            "steps": [[g.tolist() for g in step] for step in steps],
            "save": f"{tmp_path}/tf{i}", "restore": f"{tmp_path}/our{i}"})
    expected = newest("train", job)
    jobs = [{"do": "optimize", "optimizer": case["optimizer"],
             "layout": "keras3", "options": case["options"],
             "restore": case["save"], "save": case["restore"],
             "variables": [{"name": "kernel", "values": [0.0] * SHAPES[0]},
                           {"name": "bias", "values": [0.0] * SHAPES[1]}],
             "steps": case["steps"][3:]} for case in job["cases"]]
    objects([{**j, "steps": [], "save": j["restore"] + "_copy"}
             for j in jobs])
    for j in jobs:
        assert_same_files(j["restore"] + "_copy", j["restore"])
    for case, want, got in zip(job["cases"], expected, objects(jobs)):
        for theirs, ours in zip(want, got["values"]):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6,
                                       err_msg=str(case["options"]))
    answers = newest("restore", job)
    assert answers == [6] * len(cases)
    for j in jobs:
        assert_same_files(j["save"] + "_back", j["save"])


# --- containers and other state ---

def containers(tf, empty):
    """The objects that cairn_objects makes, with its values or zeros."""
    from tensorflow.python.distribute.sharded_variable import ShardedVariable
    import collections
    named = collections.namedtuple("named", ["left", "right"])
    v = lambda x: tf.Variable(0.0 if empty else float(x))

    class State(tf.train.experimental.PythonState):
        text = "" if empty else "state"

        def serialize(self):
            return self.text

        def deserialize(self, text):
            self.text = text.decode()
    inner = [v(7)]
    m = tf.Module()
    m.dict = {"b": v(4), "c/d": v(5), "e.f": inner}
    inner = m.dict["e.f"]
    m.tuple = (v(8), [v(1), 2, v(3)])
    m.named = named(v(9), inner)
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    if not empty:
        table.insert(tf.constant(["one"]), tf.constant([1], tf.int64))
    fill = 0.0 if empty else 10.0
    grown = [] if empty else [1.0, 2.0, 3.0]
    return tf.train.Checkpoint(
        dict=m.dict, tuple=m.tuple, named=m.named,
        sharded=ShardedVariable([tf.Variable(tf.fill([1, 2], fill)),
                                 tf.Variable(tf.fill([2, 2], fill))],
                                name="emb"),
        table=table, state=State(),
        generator=tf.random.Generator.from_state([0, 0, 0], "philox"),
        grown=tf.Variable(grown, shape=tf.TensorShape([None]), name="grown"))


def stored(tf, path):
    """Object graph and tensors of a checkpoint."""
    from tensorflow.core.protobuf import trackable_object_graph_pb2
    reader = tf.train.load_checkpoint(path)
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    return graph, {key: reader.get_tensor(key) for key in
                   reader.get_variable_to_shape_map()
                   if not key.startswith("_CHECK")}


def test_containers_and_custom_state_are_the_same_objects(tf, objects,
                                                          tmp_path):
    """086-091 096 (G4 G6 G7 T5 T9 T11): the same table of nodes."""
    theirs = containers(tf, empty=False).write(f"{tmp_path}/tf")
    objects([{"do": "containers", "save": f"{tmp_path}/our"}])
    their_graph, their_values = stored(tf, theirs)
    our_graph, our_values = stored(tf, f"{tmp_path}/our")
    assert our_graph == their_graph
    assert our_values.keys() == their_values.keys()
    for key, value in their_values.items():
        np.testing.assert_array_equal(our_values[key], value, err_msg=key)
    assert_same_files(f"{tmp_path}/our", theirs)

    restored = containers(tf, empty=True)
    restored.read(f"{tmp_path}/our").assert_consumed()
    assert restored.state.text == "state"
    assert int(restored.table.lookup(tf.constant("one"))) == 1
    assert restored.grown.numpy().tolist() == [1, 2, 3]
    assert float(restored.sharded.variables[1][1, 1]) == 10

    changed = containers(tf, empty=False)
    changed.table.insert(tf.constant(["two"]), tf.constant([22], tf.int64))
    changed.state.text = "{\"next\": 1}"
    changed.generator.skip(4)
    changed.sharded.variables[1].assign([[1, 2], [3, 4]])
    changed.grown.assign([5.0, 6.0])
    path = changed.save(f"{tmp_path}/changed")
    got = objects([{"do": "containers", "restore": path,
                    "save": f"{tmp_path}/again"}])[0]
    assert got["table"] == 22 and got["state"] == "{\"next\": 1}"
    assert got["counter"] == int(changed.generator.state[0]) != 0
    assert got["row"] == 4 and got["grown"] == [5, 6]


# --- whole Keras models through objects of ours ---

def keras_models(tf):
    keras, layers = tf.keras, tf.keras.layers

    def sequential():
        return keras.Sequential([
            layers.Conv2D(2, 3, input_shape=(5, 5, 1)),
            layers.BatchNormalization(), layers.Flatten(), layers.Dense(2)])

    def functional():
        a, b = layers.Input((3,)), layers.Input((3,))
        shared = layers.Dense(4, name="shared")
        inner_in = layers.Input((4,))
        inner = keras.Model(inner_in, layers.Dense(2)(inner_in), name="inner")
        joined = layers.Concatenate()([inner(shared(a)), inner(shared(b))])
        return keras.Model([a, b], layers.Dense(2)(joined))

    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.parts = [layers.Dense(3), layers.Dense(3, use_bias=False)]
            self.norms = {"pre": layers.LayerNormalization(),
                          "post/x.y": layers.BatchNormalization()}
            self.pair = (layers.Dense(2), layers.Dense(2))

        def call(self, x):
            x = self.parts[1](self.parts[0](self.norms["pre"](x)))
            return self.pair[1](self.pair[0](self.norms["post/x.y"](x)))

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [Block(), Block()]
            self.head = keras.Sequential([layers.Dense(2)])
            self.extra = {"list": [tf.Variable(3.0)]}

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    return {"sequential": (sequential, [(4, 5, 5, 1)]),
            "functional": (functional, [(4, 3), (4, 3)]),
            "subclassed": (Subclassed, [(4, 6)])}


@pytest.mark.parametrize("kind", ["sequential", "functional", "subclassed"])
@pytest.mark.parametrize("layout", ["legacy", "keras2"])
def test_keras_models_come_back_through_our_objects(tf, objects, tmp_path,
                                                    kind, layout):
    make, shapes = keras_models(tf)[kind]
    rng = np.random.default_rng(5)
    x = [rng.standard_normal(s).astype("f4") for s in shapes]
    x = x if len(x) > 1 else x[0]
    y = rng.standard_normal((4, 2)).astype("f4")

    def trained(steps):
        model = make()
        model.compile(keras_optimizer(tf.keras, layout, "adam", {}), "mse")
        for _ in range(steps):
            model.train_on_batch(x, y)
        return model
    model = trained(2)
    path = tf.train.Checkpoint(net=model, opt=model.optimizer).write(
        f"{tmp_path}/tf")
    model.save_weights(f"{tmp_path}/weights")
    objects([{"do": "mirror", "from": path, "to": f"{tmp_path}/our"},
             {"do": "mirror", "from": f"{tmp_path}/weights",
              "to": f"{tmp_path}/our_weights"}])
    assert_same_files(f"{tmp_path}/our", path)

    other = trained(1)
    status = tf.train.Checkpoint(net=other, opt=other.optimizer).read(
        f"{tmp_path}/our")
    status.assert_consumed()
    np.testing.assert_array_equal(other.predict(x, verbose=0),
                                  model.predict(x, verbose=0))
    # Model.save_weights and load_weights in TensorFlow's format.
    loaded = trained(1)
    loaded.load_weights(f"{tmp_path}/our_weights").assert_consumed()
    for ours, theirs in zip(loaded.weights, model.weights):
        np.testing.assert_array_equal(ours, theirs)


# --- shards by size ---

def test_shards_by_size_are_cut_as_tf_cuts(objects, newest, tmp_path):
    """137 (O7): byte for byte, for random shapes."""
    rnd = random.Random(11)
    cases = []
    for i in range(40):
        variables = []
        for j in range(rnd.randint(1, 5)):
            rank = rnd.randint(0, 4)
            shape = [rnd.randint(1, 11) for _ in range(rank)]
            v = {"edge": f"v{j}", "shape": shape,
                 "dtype": rnd.choice(["float32", "int64", "float16", "uint8"])}
            if rank < 2 and rnd.random() < 0.3:
                count = int(np.prod(shape))
                v["strings"] = ["x" * rnd.randint(0, 40) for _ in range(count)]
            variables.append(v)
        cases.append({"variables": variables,
                      "bytes": rnd.choice([rnd.randint(8, 100),
                                           rnd.randint(60, 3000)]),
                      "to": f"{tmp_path}/{i}/our"})
    answers = objects([{"do": "shards", **case} for case in cases])
    for case, answer in zip(cases, answers):
        case["to"] = case["to"].replace("our", "tf")
        case["skip"] = answer["refused"]  # TensorFlow would not come back
    assert sum(a["refused"] for a in answers) < 20
    newest("shards", cases)
    compared = 0
    for i, answer in enumerate(answers):
        if answer["refused"]:
            assert "cannot be cut into shards" in answer["text"]
            continue
        theirs = sorted(pathlib.Path(f"{tmp_path}/{i}").glob("tf.*"))
        ours = sorted(pathlib.Path(f"{tmp_path}/{i}").glob("our.*"))
        assert ([p.name[4:] for p in ours] == [p.name[3:] for p in theirs]), i
        for a, b in zip(ours, theirs):
            assert a.read_bytes() == b.read_bytes(), a
        compared += 1
    assert compared >= 20
