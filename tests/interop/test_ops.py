# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Every op that there is a kernel of, computed natively and by TensorFlow on
random inputs; docs/ops.md is the table of it.

  python test_ops.py --write      writes that page (with build/ up to date)
"""

import collections
import pathlib
import re
import struct
import subprocess
import sys

import numpy as np
import tensorflow as tf

import op_cases

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/ops.md"
SEED = 20261127
OK, INVALID_ARGUMENT = 0, 3

# Ops with kernels that no case here computes, and which test does.
ELSEWHERE = re.compile(
    r"^(Const|Placeholder.*|Identity.*|NoOp|StopGradient|PreventGradient|"
    r"Snapshot|CheckNumerics|Assert|Print.*|Timestamp|Ref\w+|Switch|Merge|"
    r"Enter|Exit|NextIteration|LoopCond|ControlTrigger|_\w+|\w*PartitionedCall|"
    r"(Stateless)?(If|While|Case)|Var\w+|ReadVariableOp|Assign\w*|Destroy\w+|"
    r"DisableCopyOnRead|IsVariableInitialized|TemporaryVariable|Save\w*|"
    r"Restore\w*|MergeV2Checkpoints|Sharded\w+|String\w*|StaticRegex\w+|"
    r"AsString|FakeParam|DeviceIndex|EnsureShape|TensorList\w*|Stack\w*|"
    r"(Mutable)?HashTable\w*|InitializeTable\w*|LookupTable\w*|Optional\w+|"
    r"ReduceJoin|\w*RegexReplace|Substr|"
    r"DeleteSessionTensor|GuaranteeConst|DebugGradient\w*|Empty\w*|"
    r"AccumulateNV2|TopK|Inv|InvGrad)$")


def build(seed):
    """The graph of all cases, and the cases."""
    cases = op_cases.Cases(seed)
    with tf.Graph().as_default() as graph:
        for family in op_cases.FAMILIES:
            family(cases)
    return graph, cases


class Answers:
    """What the native program wrote."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        value, = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def bytes(self):
        size = self.number("Q")
        self.at += size
        return self.data[self.at - size:self.at]

    def tensor(self):
        dtype = tf.as_dtype(self.number("I"))
        shape = [self.number("q") for _ in range(self.number("I"))]
        if dtype == tf.string:
            items = [self.bytes() for _ in range(int(np.prod(shape)))]
            return np.array(items, np.object_).reshape(shape)
        return np.frombuffer(self.bytes(), dtype.as_numpy_dtype).reshape(shape)

    def next(self):
        """(status code, message, tensors)"""
        code, message = self.number("I"), self.bytes().decode()
        return code, message, [self.tensor() for _ in range(self.number("I"))]


def run_natively(program, graph, lines, directory):
    meta = tf.compat.v1.MetaGraphDef()
    meta.graph_def.CopyFrom(graph.as_graph_def())
    (directory / "ops.meta").write_bytes(meta.SerializeToString())
    (directory / "ops.txt").write_text(
        "".join(" ".join(line) + "\n" for line in lines))
    done = subprocess.run(
        [program, directory / "ops.meta", directory / "ops.txt",
         directory / "ops.out"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    answers = Answers((directory / "ops.out").read_bytes())
    return [answers.next() for _ in lines]


def tensorflow_session(graph):
    config = tf.compat.v1.ConfigProto()
    # Each op as it stands.
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    config.graph_options.optimizer_options.do_constant_folding = False
    return tf.compat.v1.Session(graph=graph, config=config)


def run_tensorflow(graph, lines):
    """The same; what fails is found one by one, and its result the error."""
    results = []

    def run(line):
        try:
            return session.run(line)
        except tf.errors.OpError as error:
            return error

    with tensorflow_session(graph) as session:
        for first in range(0, len(lines), 400):
            part = lines[first:first + 400]
            # A node that is fetched twice must run twice.
            fetched = set()
            if any(name in fetched or fetched.add(name)
                   for line in part for name in line if "Random" in name):
                results += [run(line) for line in part]
                continue
            together = run(part)
            results += ([run(line) for line in part]
                        if isinstance(together, tf.errors.OpError)
                        else together)
    return results


# Comparing.

def error_of(ours, theirs, how):
    """In steps of the type; None if the arrays cannot be compared."""
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return None
    if ours.dtype.kind not in "fcV" and ours.dtype != op_cases.BFLOAT16:
        return 0.0 if np.array_equal(ours, theirs) else np.inf
    is_complex = ours.dtype.kind == "c"
    info = op_cases.ml_dtypes.finfo(
        ours.real.dtype if is_complex else ours.dtype)
    wide = np.complex128 if is_complex else np.float64
    a, b = ours.astype(wide), theirs.astype(wide)
    tiny = float(info.smallest_normal)
    a[()] = np.where(np.abs(a) < tiny, 0, a) if a.ndim else (
        0 if abs(a) < tiny else a)
    b[()] = np.where(np.abs(b) < tiny, 0, b) if b.ndim else (
        0 if abs(b) < tiny else b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if same.all():
        return 0.0
    a, b = np.atleast_1d(a)[~np.atleast_1d(same)], np.atleast_1d(b)
    scale_of = np.abs(b[np.isfinite(b)]).max(initial=tiny)
    b = b[~np.atleast_1d(same)]
    with np.errstate(all="ignore"):
        distance = np.abs(a - b)
        scale = scale_of if how == "sum" else np.maximum(np.abs(b), tiny)
        steps = distance / (scale * float(info.eps))
    return float(np.where(np.isfinite(steps), steps, np.inf).max())


class Table:
    """What was compared, op by op."""

    def __init__(self, tolerances):
        self.tolerances = tolerances
        self.dtypes = collections.defaultdict(set)
        self.cases = collections.Counter()
        self.errors = collections.defaultdict(float)
        self.wrong = []

    def tolerance(self, op, dtype):
        kind = ("half" if dtype.endswith("float16") else
                "complex" if dtype.startswith("complex") else "")
        return self.tolerances[op].get(kind, self.tolerances[op][""])

    def tolerance_text(self, op):
        """Of all types that were compared."""
        dtypes = self.dtypes[op]
        texts = [self.tolerances[op][""]]
        for kind, words, has in (
                ("half", "16-bit: ",
                 any(d.endswith("float16") for d in dtypes)),
                ("complex", "complex: ",
                 any(d.startswith("complex") for d in dtypes))):
            if has and kind in self.tolerances[op]:
                texts.append(words + self.tolerances[op][kind])
        return "; ".join(texts)

    def compare(self, case, answer, theirs):
        op, dtype, fetches, _ = case
        code, message, ours = answer
        how, _, limit = self.tolerance(op, dtype).partition(" ")
        self.cases[op] += 1
        self.dtypes[op].add(dtype)
        if isinstance(theirs, tf.errors.OpError):
            self.wrong.append(
                f"{op} {dtype}: TensorFlow: {theirs.message[:300]}")
            return
        if code != OK:
            self.wrong.append(f"{op} {dtype}: {message}")
            return
        for i, (a, b) in enumerate(zip(ours, theirs)):
            b = np.asarray(b)
            error = error_of(a, b, how)
            if error is None:
                self.wrong.append(f"{op} {dtype} output {i}: {a.dtype}"
                                  f"{a.shape}, not {b.dtype}{b.shape}")
                return
            self.errors[op] = max(self.errors[op], error)
            if error > float(limit or 0):
                self.wrong.append(
                    f"{op} {dtype} output {i}, error {error:.3g}: "
                    f"{fetches}\n{a.reshape(-1)[:8]}\n{b.reshape(-1)[:8]}")
                return


SHORT = {"float32": "f32", "float64": "f64", "float16": "f16",
         "bfloat16": "bf16", "complex64": "c64", "complex128": "c128",
         "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64",
         "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64",
         "bool": "bool", "string": "string"}


def page(table, others):
    """docs/ops.md."""
    lines = ["# Ops that run, and how they were compared with TensorFlow", "",
             "`tests/interop/test_ops.py` computes each of these ops natively "
             "and by TensorFlow 2.15.1 on random inputs (broadcasting, empty "
             "and scalar shapes, all attributes, NaN, infinities and the ends "
             "of each type among them) and compares the results; `gradients "
             "of ...` are the graphs of TensorFlow's own `tf.gradients`. The "
             "test fails if this page is not what it would write.", "",
             "Tolerances: `exact`, the same bits (of NaN: any); `ulp n`, each "
             "number within n steps of its type, for functions that are "
             "approximated in different ways; `sum n`, within n steps of the "
             "largest number of the tensor, where sums are formed in another "
             "order, or where 16-bit floats are computed in float32 and "
             "rounded once instead of after each operation. Complex numbers "
             "are compared by their distance. Numbers below the "
             "smallest normal one count as zero: TensorFlow's threads flush "
             "them, Cairn keeps them.", "",
             "| op | types | cases | tolerance |", "| --- | --- | ---: | --- |"]
    for op in sorted(table.cases, key=lambda op: (op.startswith("grad"), op)):
        types = " ".join(SHORT[d] for d in SHORT if d in table.dtypes[op])
        lines.append(f"| {op} | {types} | {table.cases[op]} | "
                     f"{table.tolerance_text(op)} |")
    lines += ["", "Ops that other tests run in whole graphs (constants, "
              "variables, control flow, functions, saving), or that are "
              "another name of one above:", "",
              ", ".join(f"`{op}`" for op in sorted(others)) + ".", ""]
    return "\n".join(lines)


def compare_all(program, directory):
    graph, cases = build(SEED)
    lines = [fetches for _, _, fetches, _ in cases.cases]
    ours = run_natively(program, graph, lines, directory)
    theirs = run_tensorflow(graph, lines)
    table = Table(cases.tolerances)
    for case, answer, their in zip(cases.cases, ours, theirs):
        table.compare(case, answer, their)
    return graph, cases, table


def refusals(program, graph, cases, directory):
    """What should have been refused by both and was not."""
    lines = [fetches for _, fetches, _ in cases.errors]
    ours = run_natively(program, graph, lines, directory)
    wrong = []
    with tensorflow_session(graph) as session:
        for (op, fetches, words), (code, message, _) in zip(cases.errors,
                                                            ours):
            try:
                session.run(fetches)
                wrong.append(f"{op} {fetches}: TensorFlow computes it")
            except tf.errors.InvalidArgumentError as error:
                for word in words:
                    if word not in error.message:
                        wrong.append(f"{op}: TensorFlow says {error.message}")
            if code != INVALID_ARGUMENT:
                wrong.append(f"{op}: code {code}: {message}")
            wrong += [f"{op}: {message}" for word in words
                      if word not in message]
    return wrong


def print_table(table):
    print(f"{'op':44} {'cases':>5} {'max error':>10}  tolerance")
    for op in sorted(table.cases):
        print(f"{op:44} {table.cases[op]:5} {table.errors[op]:10.3g}  "
              f"{table.tolerance_text(op)}")


def without_test(program, table):
    ops = subprocess.run([program, "--list"], capture_output=True, text=True,
                         check=True).stdout.split()
    return [op for op in ops if op not in table.cases]


def test_ops_compute_what_tensorflow_does(tmp_path):
    import conftest
    program = conftest.BUILD / "bin/cairn_ops"
    graph, cases, table = compare_all(program, tmp_path)
    print_table(table)
    assert not table.wrong, "\n".join(table.wrong[:40])
    wrong = refusals(program, graph, cases, tmp_path)
    assert not wrong, "\n".join(wrong)
    others = without_test(program, table)
    untested = [op for op in others if not ELSEWHERE.match(op)]
    assert not untested, f"kernels without a comparison: {untested}"
    assert PAGE.read_text() == page(table, others), (
        "docs/ops.md is out of date: python tests/interop/test_ops.py --write")


def main():
    import tempfile
    program = ROOT / "build/bin/cairn_ops"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        graph, cases, table = compare_all(program, directory)
        print_table(table)
        wrong = table.wrong + refusals(program, graph, cases, directory)
    print("\n".join(wrong))
    if sys.argv[1:] == ["--write"] and not wrong:
        PAGE.write_text(page(table, without_test(program, table)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
