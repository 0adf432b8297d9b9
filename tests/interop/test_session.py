# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Graphs that TensorFlow made, run here and there: the recorded seed program
(its own .meta and checkpoint), control flow, functions, and random graphs."""

import json
import pathlib
import subprocess

import numpy as np
import pytest

import lenet
from conftest import BUILD

TRAIN = "training_1/group_deps"
STEPS = 100


def run_session(meta, runs, **options):
    """The answers to all runs of one session; session_runner.cc says which."""
    job = json.dumps({"meta": str(meta), "runs": runs, **options})
    done = subprocess.run([BUILD / "bin/cairn_session_runner"], input=job,
                          text=True, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def must(answers):
    for answer in answers:
        assert "error" not in answer, answer["error"][:1000]
    return answers


def arrays(answer):
    return [np.load(path) for path in answer["values"]]


def save(directory, name, value):
    path = directory / f"{name}.npy"
    np.save(path, value)
    return str(path)


@pytest.fixture(scope="module")
def seed(golden):
    return golden / "seed/v1"


@pytest.fixture(scope="module")
def trace(seed):
    return json.loads((seed / "trace/trace.json").read_text())


def restore(prefix):
    return {"texts": {"save/Const:0": str(prefix)},
            "targets": ["save/restore_all"]}


def test_evaluates_mnist_as_tensorflow(seed, trace, mnist, tf, tmp_path):
    _, _, images, labels = mnist
    prefix = seed / "epoch2/model"
    answers = must(run_session(f"{prefix}.meta", [
        restore(prefix),
        {"feeds": {"conv2d_input:0": save(tmp_path, "x", images)},
         "fetches": ["dense_1/Softmax:0"], "out": str(tmp_path)}]))
    ours = arrays(answers[1])[0]
    accuracy = (ours.argmax(1) == labels).mean()
    assert accuracy == pytest.approx(trace["test_accuracy"], abs=1e-6)
    recorded = np.load(seed / "trace/predictions_first1000_test.npz")
    np.testing.assert_allclose(ours[:1000], recorded["softmax"], atol=1e-5)
    tf1 = tf.compat.v1
    with tf1.Graph().as_default(), tf1.Session() as session:
        saver = tf1.train.import_meta_graph(f"{prefix}.meta")
        saver.restore(session, str(prefix))
        theirs = session.run("dense_1/Softmax:0", {"conv2d_input:0": images})
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_initialises_to_tensorflows_values(golden, seed, tmp_path):
    # The program of TensorFlow 2 drew the same ones.
    initial = np.load(golden / "seed/v2/trace/init.npz")
    names = sorted(initial.files)
    answers = must(run_session(seed / "epoch2/model.meta", [
        {"targets": ["init", "init_1"]},
        {"get": names, "out": str(tmp_path)}]))
    for name, ours in zip(names, arrays(answers[1])):
        np.testing.assert_array_equal(ours, initial[name], err_msg=name)


def initial_names(golden):
    """The model's variables, without the optimizer's."""
    return np.load(golden / "seed/v2/trace/init.npz").files


def test_trains_along_tensorflows_losses(golden, seed, trace, mnist, tmp_path):
    """As close as test_training.py says that two correct runs can be."""
    images, labels = mnist[:2]
    reference = json.loads(
        (golden / "nn/lenet_reference/trace.json").read_text())
    exact = np.array(reference["float64"])[:STEPS]
    steps = len(exact)
    theirs = np.array(trace["step_loss"][:steps])
    off = np.maximum(np.abs(theirs - exact), np.abs(
        np.array(reference["float32_onednn"][:steps]) - exact))
    bound = 2 * np.maximum.accumulate(off)

    learning = save(tmp_path, "learning", np.array(True))
    runs = [{"targets": ["init", "init_1"]}]
    for step in range(steps):
        rows = slice(step * lenet.BATCH, (step + 1) * lenet.BATCH)
        runs.append({
            "feeds": {
                "conv2d_input:0": save(tmp_path, f"x{step}", images[rows]),
                "dense_1_target:0": save(tmp_path, f"y{step}",
                                         labels[rows].reshape(-1, 1)),
                "keras_learning_phase:0": learning},
            "fetches": ["loss/mul:0"], "targets": [TRAIN]})
    first = np.load(golden / "seed/v2/trace/step1.npz")
    names = sorted(n for n in first.files if n in initial_names(golden))
    out = tmp_path / "out"
    out.mkdir()
    runs.insert(2, {"get": names, "out": str(out)})
    answers = must(run_session(seed / "epoch2/model.meta", runs))
    for name, ours in zip(names, arrays(answers[2])):
        # Adam's first step is the sign of the gradient: where that is nearly
        # zero, rounding decides it.
        close = np.isclose(ours, first[name], rtol=1e-4, atol=2e-5)
        assert close.mean() > 0.99, name
    del answers[2]
    ours = np.array([answer["values"][0] for answer in answers[1:]])
    worst = np.abs(ours - theirs)
    assert (worst <= bound).all(), (
        f"step {int(np.argmax(worst - bound))}: ours {ours}, theirs {theirs}")


class Both:
    """A graph, run by TensorFlow and by us."""

    def __init__(self, tf, directory):
        self.tf1 = tf.compat.v1
        self.directory = directory
        self.graph = self.tf1.Graph()

    def compare(self, fetches, feeds=None, init=None, **tolerance):
        """Both run `init`, then fetch twice, as variables may change."""
        feeds = feeds or {}
        names = [fetch.name for fetch in fetches]
        with self.graph.as_default(), self.tf1.Session() as session:
            if init is not None:
                session.run(init)
            theirs = [session.run(fetches, feeds) for _ in range(2)]
        meta = self.directory / "graph.meta"
        self.tf1.train.export_meta_graph(str(meta), graph=self.graph)
        fed = {tensor.name: save(self.directory, f"feed{i}", value)
               for i, (tensor, value) in enumerate(feeds.items())}
        runs = [] if init is None else [{"targets": [init.name]}]
        for turn in range(2):
            out = self.directory / f"out{turn}"
            out.mkdir(exist_ok=True)
            runs.append({"feeds": fed, "fetches": names, "out": str(out)})
        answers = must(run_session(meta, runs))
        if init is not None:
            del answers[0]
        for answer, expected in zip(answers, theirs):
            for name, ours, their in zip(names, arrays(answer), expected):
                assert ours.dtype == np.asarray(their).dtype, name
                np.testing.assert_allclose(ours, their, err_msg=name,
                                           **tolerance)


@pytest.fixture
def both(tf, tmp_path):
    return Both(tf, tmp_path)


@pytest.fixture(params=["v1", "v2"])
def control_flow(request, tf):
    """Loops and branches as dead values, and as functions."""
    v1 = tf.compat.v1
    if request.param == "v1":
        v1.disable_control_flow_v2()
    else:
        v1.enable_control_flow_v2()
    yield request.param
    v1.enable_control_flow_v2()


@pytest.mark.parametrize("condition", [True, False])
def test_branches(both, control_flow, condition):
    tf1 = both.tf1
    with both.graph.as_default():
        p = tf1.placeholder("bool", [])
        x = tf1.placeholder("float32", [None])
        v = tf1.get_variable("v", initializer=[1.0, 2.0], use_resource=True)
        inner = tf1.cond(x[0] > 0, lambda: x * 2 + v, lambda: x - v)
        y = tf1.cond(p, lambda: inner + 1, lambda: tf1.cond(
            x[1] > 0, lambda: inner * 3, lambda: v))
        gradients = tf1.gradients(y, [x, v.read_value()])
        init = tf1.global_variables_initializer()
        fetches = [y] + [g for g in gradients if g is not None]
        both.compare(fetches, {p: condition,
                               x: np.array([-1.5, 2.0], "float32")}, init,
                     rtol=1e-6)


def test_loops(both, control_flow):
    tf1 = both.tf1
    with both.graph.as_default():
        n = tf1.placeholder("int32", [])
        total = tf1.while_loop(
            lambda i, s: i < n,
            lambda i, s: (i + 1, s + tf1.while_loop(
                lambda j, t: j < i, lambda j, t: (j + 1, t * 1.5 + 1),
                [0, 0.0])[1]),
            [0, 0.0])
        for count in [0, 1, 6]:
            both.compare(list(total), {n: np.int32(count)}, rtol=1e-6)


def test_variables_of_both_kinds(both):
    tf1 = both.tf1
    with both.graph.as_default():
        changed = []
        for kind in [True, False]:
            v = tf1.get_variable(f"v{kind}", initializer=[1.0, 2.0],
                                 use_resource=kind)
            with tf1.control_dependencies([tf1.assign_add(v, [1.0, 1.0])]):
                less = tf1.assign_sub(v, [0.25, 0.5])
            with tf1.control_dependencies([less]):
                changed.append(tf1.identity(v))
        both.compare(changed, init=tf1.global_variables_initializer())


@pytest.mark.parametrize("kind", [True, False])
def test_names_uninitialised_variables_as_tensorflow(both, tf, kind):
    tf1 = both.tf1
    with both.graph.as_default(), tf1.Session() as session:
        v = tf1.get_variable("scope/v", initializer=[1.0], use_resource=kind)
        y = v + 1.0
        with pytest.raises(tf.errors.FailedPreconditionError) as theirs:
            session.run(y)
        meta = both.directory / "graph.meta"
        tf1.train.export_meta_graph(str(meta))
    ours, = run_session(meta, [{"fetches": [y.name]}])
    assert ours["code"] == theirs.value.error_code == 9
    text = ("Could not find variable scope/v. This could mean that the "
            "variable has been deleted. In TF1, it can also mean the variable "
            "is uninitialized. Debug info: container=localhost, status error "
            "message=" if kind else
            "Attempting to use uninitialized value scope/v")
    assert text in str(theirs.value) and text in ours["error"]


def random_graph(tf1, random, size):
    """Tensors of a few shapes, each made of earlier ones."""
    shapes = [(), (3,), (2, 3), (2, 1), (4, 2, 3)]
    tensors = [tf1.constant(random.uniform(-2, 2, shape).astype("float32"))
               for shape in shapes]
    unary = [tf1.negative, tf1.square, tf1.tanh, tf1.sigmoid, tf1.abs,
             tf1.nn.relu, tf1.identity, tf1.zeros_like, tf1.exp]
    binary = [tf1.add, tf1.subtract, tf1.multiply, tf1.maximum, tf1.minimum,
              tf1.squared_difference]

    def pick():
        return tensors[random.integers(len(tensors))]

    while len(tensors) < size:
        kind = random.integers(5)
        x = pick()
        if kind == 0:
            y = unary[random.integers(len(unary))](x)
        elif kind == 1:
            try:
                y = binary[random.integers(len(binary))](x, pick())
            except ValueError:
                continue
        elif kind == 2 and x.shape.rank:
            axis = int(random.integers(x.shape.rank))
            reduce = [tf1.reduce_sum, tf1.reduce_mean, tf1.reduce_max]
            y = reduce[random.integers(3)](
                x, axis=axis, keepdims=bool(random.integers(2)))
        elif kind == 3 and x.shape.rank:
            y = tf1.transpose(x, random.permutation(x.shape.rank))
        else:
            y = tf1.reshape(x, [-1])
        y = tf1.clip_by_value(y, -50.0, 50.0)
        if y.shape.num_elements() <= 4096:
            tensors.append(y)
    return tensors


@pytest.mark.parametrize("seed_number", range(8))
def test_random_graphs(both, seed_number):
    random = np.random.default_rng(seed_number)
    with both.graph.as_default():
        tensors = random_graph(both.tf1, random, 60)
        both.compare(tensors[5:], rtol=2e-5, atol=1e-6)


# A SavedModel of TensorFlow 1, of a tf.Module, of two Kerases: signature,
# input, shape of one row, tags.
SIGNATURES = {
    "tf1/saved_model": ("serving_default", "x", [6], "serve"),
    "savedmodel/module": ("serving_default", "x", [3], None),
    "savedmodel/keras215": ("serving_default", "conv2d_input", [6, 6, 1],
                            None),
    "tf221/saved_model": ("serving_default", "x", [5], None),
    "tf221/keras3_export": ("serve", "keras_tensor", [4], None),
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_runs_signatures_as_tensorflow(case, tf, golden, cairn, tmp_path):
    signature, name, shape, tags = SIGNATURES[case]
    export = golden / case / "export"
    x = np.random.default_rng(7).normal(size=[5, *shape]).astype("float32")
    cairn("run", export, "--signature", signature, "--feed",
          f"{name}={save(tmp_path, 'x', x)}", "--out", tmp_path / "out",
          *(["--tags", tags] if tags else []))
    loaded = tf.saved_model.load(str(export), tags=[tags] if tags else None)
    theirs = loaded.signatures[signature](**{name: tf.constant(x)})
    assert len(theirs) == len(list((tmp_path / "out").iterdir())) > 0
    for output, value in theirs.items():
        np.testing.assert_allclose(np.load(tmp_path / f"out/{output}.npy"),
                                   value.numpy(), rtol=1e-6, atol=1e-6)
