# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Random computations of every op that there is a kernel of, as nodes of one
TensorFlow graph.

A tolerance is one of
  exact   the same bits (of NaN: any);
  ulp n   each number within n steps of its type, because exponentials,
          logarithms and the like are approximated in different ways;
  sum n   each number within n steps of the largest of its tensor, because
          sums are formed in another order.
Numbers below the smallest normal one count as zero: TensorFlow's threads flush
them.
"""

import itertools

import ml_dtypes
import numpy as np
import tensorflow as tf

raw = tf.raw_ops
BFLOAT16 = ml_dtypes.bfloat16

FLOATS = [np.float32, np.float64, np.float16, BFLOAT16]
COMPLEX = [np.complex64, np.complex128]
SIGNED = [np.int8, np.int16, np.int32, np.int64]
UNSIGNED = [np.uint8, np.uint16, np.uint32, np.uint64]
INTEGERS = SIGNED + UNSIGNED
ORDERED = FLOATS + INTEGERS
NUMBERS = ORDERED + COMPLEX
ANYTHING = NUMBERS + [np.bool_, np.object_]
PAIRS = [((), ()), ((3,), ()), ((), (2, 2)), ((5,), (5,)), ((2, 3), (3,)),
         ((4, 1, 3), (2, 1)), ((0, 3), (1, 3)), ((2, 3, 4), (2, 3, 4)),
         ((70, 9), (70, 1)), ((1, 1), (2, 700))]
SHAPES = [(), (1,), (7,), (2, 3), (0, 4), (600,), (3, 1, 5)]


def kind(dtype):
    return np.dtype(dtype).kind if dtype is not BFLOAT16 else "f"


def name_of(dtype):
    return "string" if dtype is np.object_ else np.dtype(dtype).name


class Cases:
    """Collects cases. Each is (op, dtype name, fetches, targets)."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.cases = []
        self.errors = []
        self.tolerances = {}

    # Values.

    def values(self, shape, dtype, low=-3.0, high=3.0):
        r = self.random
        if dtype is np.object_:
            flat = [bytes(r.integers(97, 123, r.integers(0, 5), np.uint8))
                    for _ in range(int(np.prod(shape)))]
            return np.array(flat, np.object_).reshape(shape)
        if dtype is np.bool_:
            return r.integers(0, 2, shape).astype(np.bool_)
        if kind(dtype) == "u":
            return r.integers(max(0, int(low)), max(2, int(high) + 1),
                              shape).astype(dtype)
        if kind(dtype) == "i":
            return r.integers(int(low), int(high) + 1, shape).astype(dtype)
        if kind(dtype) == "c":
            return (r.uniform(low, high, shape)
                    + 1j * r.uniform(low, high, shape)).astype(dtype)
        return r.uniform(low, high, shape).astype(dtype)

    def extremes(self, dtype):
        """NaN, infinities, zeros, the ends of the type."""
        if kind(dtype) == "f":
            info = ml_dtypes.finfo(dtype)
            return np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0,
                             float(info.max), float(info.min),
                             float(info.smallest_normal), 0.5, 2.5],
                            np.float64).astype(dtype)
        info = np.iinfo(dtype)
        return np.array([info.min, info.max, 0, 1, info.max - 1, info.min + 1,
                         2, 7], dtype)

    def some(self, choices, dtype):
        """All for float32, a few others each time for the other types."""
        if dtype is np.float32:
            return choices
        order = self.random.permutation(len(choices))[:3]
        return [choices[i] for i in order]

    def constant(self, value):
        return tf.constant(value)

    def input(self, shape, dtype, **how):
        return self.constant(self.values(shape, dtype, **how))

    # Results.

    def add(self, op, dtype, outputs, targets=()):
        if isinstance(outputs, tuple) and hasattr(outputs, "_fields"):
            outputs = list(outputs)
        if not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        self.cases.append((op, name_of(dtype), [t.name for t in outputs],
                           [t.name for t in targets]))

    def fails(self, op, make, *words):
        """A computation that both must refuse; our message has the words."""
        try:
            outputs = make()
        except (ValueError, tf.errors.InvalidArgumentError, TypeError):
            raise AssertionError(f"{op}: refused when the graph was made")
        if isinstance(outputs, tuple) and hasattr(outputs, "_fields"):
            outputs = list(outputs)
        if not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        self.errors.append((op, [t.name for t in outputs], words))

    def hidden(self, value):
        """A constant whose value shape inference does not see."""
        value = np.asarray(value)
        return tf.compat.v1.placeholder_with_default(value, shape=None)

    def tolerance(self, names, text, **of_kinds):
        """`of_kinds`: others for half= (16-bit floats) or complex= numbers."""
        for name in names if isinstance(names, list) else names.split():
            assert name not in self.tolerances, name
            self.tolerances[name] = {"": text, **of_kinds}


def elementwise(c):
    exact = """Abs Neg Sign Square Floor Ceil Round Rint Relu Relu6 LeakyRelu
        Invert IsNan IsInf IsFinite LogicalNot Softsign Sqrt"""
    shifted = "Elu Selu"  # by exp(x) - 1 in TensorFlow
    close = """Exp Log Log1p Expm1 Sigmoid Tanh Softplus Erf Erfc Sin
        Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Rsqrt Reciprocal
        Inv"""
    types = {"Abs": FLOATS + SIGNED, "Neg": FLOATS + SIGNED + COMPLEX,
             "Sign": FLOATS + SIGNED + COMPLEX, "Square": NUMBERS,
             "Round": FLOATS + [np.int32, np.int64], "Relu": ORDERED,
             "Rint": [np.float32, np.float64], "Relu6": ORDERED,
             "LeakyRelu": FLOATS, "Invert": INTEGERS, "LogicalNot": [np.bool_]}
    complex_too = """Sqrt Rsqrt Exp Log Log1p Expm1 Sigmoid Tanh Reciprocal Inv
        Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh""".split()
    ranges = {"Log": (1e-3, 50), "Sqrt": (0, 50), "Rsqrt": (0.1, 50),
              "Log1p": (-0.9, 9), "Asin": (-1, 1), "Acos": (-1, 1),
              "Atanh": (-0.95, 0.95), "Acosh": (1.01, 20), "Tan": (-1.4, 1.4)}
    for op in " ".join([exact, close, shifted]).split():
        dtypes = types.get(op, FLOATS + (COMPLEX if op in complex_too else []))
        function = getattr(raw, op)
        argument = ("features" if op in ("Relu", "Relu6", "LeakyRelu", "Elu",
                                         "Selu", "Softplus", "Softsign")
                    else "x")
        for dtype in dtypes:
            low, high = ranges.get(op, (-4, 4))
            if kind(dtype) == "c":
                low, high = 0.2, 0.9
            for shape in c.some(SHAPES, dtype):
                c.add(op, dtype, function(
                    **{argument: c.input(shape, dtype, low=low, high=high)}))
            if kind(dtype) in "iu" or (kind(dtype) == "f"
                                       and op in exact.split()):
                c.add(op, dtype, function(
                    **{argument: c.constant(c.extremes(dtype))}))
    c.tolerance(exact, "exact", half="ulp 1", complex="ulp 4")
    c.tolerance(close, "ulp 8")
    c.tolerance(shifted, "sum 4")
    for dtype in FLOATS:
        x = c.constant(c.extremes(dtype)[:7])
        for op in ("Exp", "Sigmoid", "Tanh"):
            c.add(op, dtype, getattr(raw, op)(x=x))


def binary(c):
    sets = {
        "Add": FLOATS + SIGNED + [np.uint8] + COMPLEX + [np.object_],
        "AddV2": NUMBERS, "Sub": NUMBERS, "Mul": NUMBERS, "Div": NUMBERS,
        "RealDiv": FLOATS + COMPLEX, "FloorDiv": ORDERED, "FloorMod": ORDERED,
        "Mod": [np.float32, np.float64, np.int32, np.int64],
        "TruncateDiv": ORDERED,
        "TruncateMod": [np.float32, np.float64, np.int32, np.int64],
        "DivNoNan": FLOATS + COMPLEX, "MulNoNan": FLOATS + COMPLEX,
        "Maximum": ORDERED, "Minimum": ORDERED,
        "SquaredDifference": FLOATS + [np.int32, np.int64] + COMPLEX,
        "Equal": ANYTHING, "NotEqual": ANYTHING, "Less": ORDERED,
        "LessEqual": ORDERED, "Greater": ORDERED, "GreaterEqual": ORDERED,
        "LogicalAnd": [np.bool_], "LogicalOr": [np.bool_],
        "BitwiseAnd": INTEGERS, "BitwiseOr": INTEGERS, "BitwiseXor": INTEGERS,
        "LeftShift": INTEGERS, "RightShift": INTEGERS,
        "Pow": FLOATS + SIGNED + COMPLEX, "Atan2": FLOATS,
        "Xdivy": FLOATS + COMPLEX, "Xlogy": FLOATS + COMPLEX,
    }
    nonzero = "Div RealDiv FloorDiv FloorMod Mod TruncateDiv TruncateMod".split()
    close = "Pow Atan2 Xlogy"
    for op, dtypes in sets.items():
        function = getattr(raw, op)
        names = ("y", "x") if op == "Atan2" else ("x", "y")
        for dtype in dtypes:
            for a, b in c.some(PAIRS, dtype):
                x, y = c.values(a, dtype), c.values(b, dtype)
                if op in nonzero and kind(dtype) in "iuf":
                    y = np.where(y == 0, np.ones_like(y), y)
                if op in ("Pow", "Xlogy"):
                    if kind(dtype) in "fc":
                        x, y = np.abs(x) + x.dtype.type(0.1), np.abs(y)
                        y = np.asarray(y).astype(dtype)
                    y = np.abs(y)
                if op in ("LeftShift", "RightShift"):
                    y = np.abs(y)
                c.add(op, dtype, function(**{
                    names[0]: c.constant(np.asarray(x, x.dtype)),
                    names[1]: c.constant(np.asarray(y, dtype))}))
            if kind(dtype) in "iuf" and op not in close.split() + ["Xdivy"]:
                x = c.extremes(dtype)
                if op in ("LeftShift", "RightShift"):
                    continue
                y = x.copy()
                if op in nonzero and kind(dtype) in "iu":
                    y = y[y != 0]
                if op in ("FloorMod", "Mod", "TruncateMod", "FloorDiv",
                          "TruncateDiv", "Maximum", "Minimum") and (
                              kind(dtype) == "f"):
                    x = y = x[3:7]
                    y = y[2:]
                c.add(op, dtype, function(x=c.constant(x[:, None]),
                                          y=c.constant(y[None, :])))
    c.tolerance(" ".join(op for op in sets if op not in close.split()
                         + ["FloorMod", "Xdivy", "SquaredDifference"]),
                "exact", complex="ulp 8")
    c.tolerance("FloorMod Xdivy", "ulp 1", complex="ulp 8")
    c.tolerance("SquaredDifference", "exact", half="ulp 4", complex="ulp 4")
    c.tolerance(close, "ulp 8")
    for dtype in (np.float32, np.float64):
        c.add("ApproximateEqual", dtype, raw.ApproximateEqual(
            x=c.input((50,), dtype), y=c.input((50,), dtype), tolerance=0.8))
    c.tolerance("ApproximateEqual", "exact")
    # Shapes that do not meet.
    for op, answer in (("Equal", False), ("NotEqual", True)):
        c.add(op, np.float32, getattr(raw, op)(
            x=c.input((2,), np.float32), y=c.input((3,), np.float32),
            incompatible_shape_error=False))
    for dtype in INTEGERS:
        zero = c.constant(np.zeros((3,), dtype))
        for op in ("Div", "FloorDiv", "FloorMod"):
            c.fails(op, lambda: getattr(raw, op)(x=c.input((3,), dtype),
                                                 y=zero),
                    "Integer division by zero")
    c.fails("Pow", lambda: raw.Pow(x=c.input((3,), np.int32),
                                   y=c.constant(np.int32(-2))),
            "Integers to negative integer powers are not allowed")
    c.fails("AddV2", lambda: raw.AddV2(x=c.hidden(np.ones(2, np.float32)),
                                       y=c.hidden(np.ones(3, np.float32))),
            "Incompatible shapes: [2] vs. [3]")


def activation_gradients(c):
    first = {"ReluGrad": ("gradients", "features", ORDERED),
             "Relu6Grad": ("gradients", "features", ORDERED),
             "LeakyReluGrad": ("gradients", "features", FLOATS),
             "EluGrad": ("gradients", "outputs", FLOATS),
             "SeluGrad": ("gradients", "outputs", FLOATS),
             "SoftplusGrad": ("gradients", "features", FLOATS),
             "SoftsignGrad": ("gradients", "features", FLOATS),
             "SigmoidGrad": ("y", "dy", FLOATS + COMPLEX),
             "TanhGrad": ("y", "dy", FLOATS + COMPLEX),
             "RsqrtGrad": ("y", "dy", FLOATS + COMPLEX),
             "SqrtGrad": ("y", "dy", FLOATS + COMPLEX),
             "ReciprocalGrad": ("y", "dy", FLOATS + COMPLEX),
             "InvGrad": ("y", "dy", FLOATS + COMPLEX)}
    for op, (a, b, dtypes) in first.items():
        for dtype, shape in itertools.product(dtypes, [(), (6,), (3, 40),
                                                       (0,)]):
            c.add(op, dtype, getattr(raw, op)(**{
                a: c.input(shape, dtype, low=0.3 if kind(dtype) == "c" else -7,
                           high=7),
                b: c.input(shape, dtype, low=0.3 if kind(dtype) == "c" else -7,
                           high=7)}))
    c.tolerance("ReluGrad Relu6Grad LeakyReluGrad", "exact")
    c.tolerance("EluGrad SeluGrad SoftplusGrad SoftsignGrad SigmoidGrad "
                "TanhGrad RsqrtGrad SqrtGrad ReciprocalGrad InvGrad",
                "ulp 4", half="sum 8", complex="ulp 8")


def selection(c):
    for dtype in ANYTHING:
        for a, b in c.some(PAIRS, dtype):
            x, y = c.input(a, dtype), c.input(b, dtype)
            c.add("SelectV2", dtype, raw.SelectV2(
                condition=c.input(b, np.bool_), t=x, e=y))
        for shape, asked in (((3, 2), (3, 2)), ((3, 2), ()), ((3, 2), (3,)),
                             ((0, 2), (0,))):
            c.add("Select", dtype, raw.Select(
                condition=c.input(asked, np.bool_), x=c.input(shape, dtype),
                y=c.input(shape, dtype)))
    for dtype in NUMBERS + [np.bool_]:
        if dtype is np.float16:
            continue  # no kernel in TensorFlow
        for shape in ((6,), (3, 4), (0, 2), (2, 1, 5)):
            c.add("Where", dtype, raw.Where(
                condition=c.input(shape, dtype, low=-1, high=1)))
    for dtype in ORDERED:
        if dtype in (np.uint32, np.uint64):
            continue
        c.add("ClipByValue", dtype, raw.ClipByValue(
            t=c.input((30,), dtype), clip_value_min=c.constant(dtype(1)),
            clip_value_max=c.constant(dtype(2))))
    for dtype in NUMBERS:
        for count in (1, 2, 3, 7):
            c.add("AddN", dtype, raw.AddN(
                inputs=[c.input((4, 3), dtype) for _ in range(count)]))
    c.tolerance("Select SelectV2 Where ClipByValue", "exact")
    # TensorFlow adds up to eight at once, 16-bit ones without rounding between.
    c.tolerance("AddN", "sum 4")


def casts(c):
    types = NUMBERS + [np.bool_]
    for a, b in itertools.product(types, types):
        low, high = (0, 3) if kind(b) == "u" else (-3, 3)
        x = c.values((40,), a, low=low, high=high)
        c.add("Cast", a, raw.Cast(x=c.constant(x), DstT=b))
        if kind(a) in "iu" and kind(b) in "iufc":
            c.add("Cast", a, raw.Cast(x=c.constant(c.extremes(a)), DstT=b))
        if kind(a) == "f" and kind(b) in "fbc":
            c.add("Cast", a, raw.Cast(x=c.constant(c.extremes(a)), DstT=b))
    for a, b in ((np.float32, BFLOAT16), (np.float64, np.float32),
                 (np.float32, np.float16)):
        x = c.input((60,), a)
        if b is BFLOAT16:
            c.add("Cast", a, raw.Cast(x=x, DstT=b, Truncate=True))
    for a, b in ((np.float32, np.int32), (np.float64, np.uint8),
                 (np.uint16, np.float16), (np.complex64, np.int64)):
        c.add("Bitcast", a, raw.Bitcast(input=c.input((3, 4), a), type=b))
    c.add("Bitcast", np.uint8, raw.Bitcast(input=c.input((3, 4), np.uint8),
                                           type=np.int32))
    for dtype, part in ((np.complex64, np.float32),
                        (np.complex128, np.float64)):
        x = c.input((20,), dtype)
        c.add("Real", dtype, raw.Real(input=x, Tout=part))
        c.add("Imag", dtype, raw.Imag(input=x, Tout=part))
        c.add("ComplexAbs", dtype, raw.ComplexAbs(x=x, Tout=part))
        c.add("Angle", dtype, raw.Angle(input=x, Tout=part))
        c.add("Conj", dtype, raw.Conj(input=x))
        c.add("Complex", part, raw.Complex(real=c.input((5,), part),
                                           imag=c.input((5,), part),
                                           Tout=dtype))
    c.tolerance("Cast Bitcast Real Imag Conj Complex", "exact")
    c.tolerance("ComplexAbs Angle", "ulp 4")


REDUCTIONS = [((), []), ((5,), [0]), ((5,), []), ((2, 3), [0]), ((2, 3), [1]),
              ((2, 3), [-1, 0]), ((4, 5, 6), [1]), ((4, 5, 6), [0, 2]),
              ((0, 3), [0]), ((3, 0), [0]), ((300, 40), [0]), ((40, 300), [1]),
              ((3, 2, 4, 2, 5), [0, 2, 4]), ((5000,), [0])]


def reductions(c):
    sets = {"Sum": NUMBERS, "Mean": FLOATS + COMPLEX + [np.int32, np.int64],
            "Prod": NUMBERS, "Max": ORDERED, "Min": ORDERED,
            "All": [np.bool_], "Any": [np.bool_], "EuclideanNorm": FLOATS}
    for op, dtypes in sets.items():
        for dtype in dtypes:
            for (shape, axes), keep in zip(c.some(REDUCTIONS, dtype),
                                           itertools.cycle([False, True])):
                if op in ("Prod", "Mean") and 0 in shape and (
                        kind(dtype) in "iu"):
                    continue
                if op == "Mean" and kind(dtype) == "c" and 0 in shape:
                    continue
                index = np.int64 if keep else np.int32
                low, high = (0.9, 1.1) if op == "Prod" and (
                    kind(dtype) in "fc") else (-3, 3)
                if max(shape, default=0) >= 300 and (
                        dtype in (np.float16, BFLOAT16)):
                    continue
                c.add(op, dtype, getattr(raw, op)(
                    input=c.input(shape, dtype, low=low, high=high),
                    axis=c.constant(np.array(axes, index)), keep_dims=keep))
    for dtype in FLOATS:
        for shape in ((), (9,), (30, 20), (0,)):
            c.add("L2Loss", dtype, raw.L2Loss(t=c.input(shape, dtype)))
    for op in ("ArgMax", "ArgMin"):
        for dtype in ORDERED:
            for shape, axis in (((4,), 0), ((3, 5), -1), ((3, 5), 0),
                                ((2, 6, 3), 1)):
                for out in (np.int32, np.int64):
                    c.add(op, dtype, getattr(raw, op)(
                        input=c.input(shape, dtype),
                        dimension=c.constant(np.int32(axis)),
                        output_type=out))
    for op in ("Cumsum", "Cumprod"):
        for dtype in NUMBERS:
            for exclusive, reverse in itertools.product([False, True],
                                                        repeat=2):
                c.add(op, dtype, getattr(raw, op)(
                    x=c.input((3, 7, 2), dtype, low=-2, high=2),
                    axis=c.constant(np.int32(1)), exclusive=exclusive,
                    reverse=reverse))
    c.tolerance("Max Min All Any ArgMax ArgMin", "exact")
    c.tolerance("Sum Mean EuclideanNorm L2Loss Cumsum", "sum 8")
    # Each factor rounds: 5000 of them.
    c.tolerance("Prod Cumprod", "sum 64")
    x = c.input((2, 3), np.float32)
    c.fails("Sum", lambda: raw.Sum(input=x, axis=c.hidden(np.int32(2))),
            "Invalid reduction dimension")
    c.fails("ArgMax", lambda: raw.ArgMax(
        input=x, dimension=c.hidden(np.int32(-3)), output_type=np.int64),
            "Expected dimension in the range")
    c.fails("Cumsum", lambda: raw.Cumsum(
        x=x, axis=c.hidden(np.int32(2)), exclusive=False, reverse=False),
            "Expected scan axis in the range")


def shapes(c):
    for dtype in ANYTHING:
        x = c.input((2, 3, 4), dtype)
        for index in (np.int32, np.int64):
            for to in ([24], [-1, 6], [4, 3, 2], [2, 1, 12]):
                c.add("Reshape", dtype, raw.Reshape(
                    tensor=x, shape=c.constant(np.array(to, index))))
            for at in (0, -1, 3, -4):
                c.add("ExpandDims", dtype, raw.ExpandDims(
                    input=x, axis=c.constant(index(at))))
            c.add("Shape", dtype, raw.Shape(input=x, out_type=index))
            c.add("Size", dtype, raw.Size(input=x, out_type=index))
            c.add("ShapeN", dtype, raw.ShapeN(
                input=[x, c.input((5, 0), dtype)], out_type=index))
        c.add("Rank", dtype, raw.Rank(input=x))
        y = c.input((1, 3, 1), dtype)
        for dims in ([], [0], [-1], [0, 2]):
            c.add("Squeeze", dtype, raw.Squeeze(input=y, axis=dims))
    for index in (np.int32, np.int64):
        for a, b in (([2, 3], [3]), ([4, 1, 3], [2, 1]), ([2, 3], [2, 3]),
                     ([1], [1]), ([], [5]), ([1, 3], [2, 1])):
            s0, s1 = (c.constant(np.array(s, index)) for s in (a, b))
            c.add("BroadcastArgs", index, raw.BroadcastArgs(s0=s0, s1=s1))
            c.add("BroadcastGradientArgs", index,
                  raw.BroadcastGradientArgs(s0=s0, s1=s1))
    c.add("ConcatOffset", np.int32, raw.ConcatOffset(
        concat_dim=c.constant(np.int32(1)),
        shape=[c.constant(np.array(s, np.int32))
               for s in ([2, 3, 4], [2, 5, 4], [2, 1, 4])]))
    c.tolerance("Reshape ExpandDims Shape Size ShapeN Rank Squeeze "
                "BroadcastArgs BroadcastGradientArgs ConcatOffset", "exact")
    x = c.input((2, 3), np.float32)
    for to in ([7], [-1, -1], [-2, 3], [4, -1], [2**31 - 1, 2**31 - 1, 8]):
        c.fails("Reshape", lambda: raw.Reshape(
            tensor=x, shape=c.hidden(np.array(to, np.int64))))
    c.fails("ExpandDims", lambda: raw.ExpandDims(
        input=x, axis=c.hidden(np.int32(4))))


def arrays(c):
    for dtype in ANYTHING:
        x = c.input((2, 3, 4), dtype)
        for perm in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]):
            for op in ("Transpose", "ConjugateTranspose"):
                c.add(op, dtype, getattr(raw, op)(
                    x=x, perm=c.constant(np.array(perm, np.int32))))
        c.add("Transpose", dtype, raw.Transpose(
            x=c.input((70, 45), dtype), perm=c.constant(np.int64([1, 0]))))
        for axes in ([], [0], [-1, 1]):
            c.add("ReverseV2", dtype, raw.ReverseV2(
                tensor=x, axis=c.constant(np.array(axes, np.int32))))
        c.add("Reverse", dtype, raw.Reverse(
            tensor=x, dims=c.constant([True, False, True])))
        for times in ([1, 1, 1], [2, 1, 3], [0, 2, 1]):
            if dtype is np.uint16:
                continue  # no kernel in TensorFlow
            c.add("Tile", dtype, raw.Tile(
                input=x, multiples=c.constant(np.array(times, np.int32))))
        c.add("BroadcastTo", dtype, raw.BroadcastTo(
            input=c.input((3, 1), dtype),
            shape=c.constant(np.array([2, 3, 4], np.int64))))
        paddings = c.constant(np.array([[1, 0], [0, 2], [1, 1]], np.int32))
        c.add("Pad", dtype, raw.Pad(input=x, paddings=paddings))
        c.add("PadV2", dtype, raw.PadV2(input=x, paddings=paddings,
                                        constant_values=c.input((), dtype)))
        for mode in ("REFLECT", "SYMMETRIC"):
            c.add("MirrorPad", dtype, raw.MirrorPad(
                input=x, paddings=paddings, mode=mode))
        for axis in (0, 1, -1):
            parts = [c.input((2, n if axis == 1 else 3, 4), dtype)
                     for n in (3, 1, 2)]
            if axis != 1:
                parts = [c.input((2, 3, 4), dtype) for _ in range(3)]
            c.add("ConcatV2", dtype, raw.ConcatV2(
                values=parts, axis=c.constant(np.int32(axis))))
            c.add("Concat", dtype, raw.Concat(
                values=parts, concat_dim=c.constant(np.int32(axis))))
            c.add("Pack", dtype, raw.Pack(
                values=[c.input((2, 3), dtype) for _ in range(3)], axis=axis))
            c.add("Unpack", dtype, raw.Unpack(
                value=x, num=int(x.shape[axis]), axis=axis))
        c.add("Split", dtype, raw.Split(
            axis=c.constant(np.int32(-1)), value=x, num_split=2))
        c.add("SplitV", dtype, raw.SplitV(
            value=x, size_splits=c.constant(np.array([1, -1, 2], np.int32)),
            axis=c.constant(np.int32(2)), num_split=3))
        c.add("Fill", dtype, raw.Fill(dims=c.constant(np.int32([2, 3])),
                                      value=c.input((), dtype)))
        c.add("ZerosLike", dtype, raw.ZerosLike(x=x))
        if dtype is not np.object_:
            c.add("OnesLike", dtype, raw.OnesLike(x=x))
    for dtype in (np.float32, np.float64, np.float16, np.int32, np.int64,
                  *COMPLEX):
        c.add("Diag", dtype, raw.Diag(diagonal=c.input((2, 3), dtype)))
        c.add("DiagPart", dtype, raw.DiagPart(
            input=c.input((2, 3, 2, 3), dtype)))
    for dtype in NUMBERS + [np.bool_]:
        c.add("MatrixDiag", dtype, raw.MatrixDiag(
            diagonal=c.input((2, 3), dtype)))
        c.add("MatrixDiagPart", dtype, raw.MatrixDiagPart(
            input=c.input((2, 3, 5), dtype)))
    for dtype in NUMBERS:
        paddings = c.constant(np.array([[1, 0], [1, 2]], np.int32))
        for mode in ("REFLECT", "SYMMETRIC"):
            c.add("MirrorPadGrad", dtype, raw.MirrorPadGrad(
                input=c.input((4, 6), dtype), paddings=paddings, mode=mode))
    for dtype in (np.int32, np.int64, np.float32, np.float64):
        for start, limit, delta in ((0, 5, 1), (3, 18, 3), (9, 0, -2),
                                    (2, 2, 1)):
            c.add("Range", dtype, raw.Range(
                start=c.constant(dtype(start)), limit=c.constant(dtype(limit)),
                delta=c.constant(dtype(delta))))
    for dtype in (np.float32, np.float64):
        for n in (1, 2, 9):
            c.add("LinSpace", dtype, raw.LinSpace(
                start=c.constant(dtype(-1)), stop=c.constant(dtype(3)),
                num=c.constant(np.int32(n))))
    for index in (np.int32, np.int64):
        c.add("InvertPermutation", index, raw.InvertPermutation(
            x=c.constant(np.array([2, 0, 3, 1], index))))
    c.tolerance("""Transpose ConjugateTranspose ReverseV2 Reverse Tile
        BroadcastTo Pad PadV2 MirrorPad ConcatV2 Concat Pack Unpack Split
        SplitV Fill ZerosLike OnesLike Diag DiagPart MatrixDiag MatrixDiagPart
        Range InvertPermutation""", "exact")
    c.tolerance("LinSpace", "ulp 1")
    c.tolerance("MirrorPadGrad", "sum 4")
    x = c.input((2, 3), np.float32)
    for perm in ([0], [0, 0], [0, 2]):
        c.fails("Transpose", lambda: raw.Transpose(
            x=x, perm=c.hidden(np.array(perm, np.int32))))
    for times in ([1], [-1, 2], [2**31 - 1, 2**31 - 1]):
        if times[0] > 2:
            continue
        c.fails("Tile", lambda: raw.Tile(
            input=x, multiples=c.hidden(np.array(times, np.int32))))
    c.fails("Pad", lambda: raw.Pad(
        input=x, paddings=c.hidden(np.array([[-1, 0], [0, 0]], np.int32))))
    c.fails("MirrorPad", lambda: raw.MirrorPad(
        input=x, paddings=c.hidden(np.array([[2, 0], [0, 0]], np.int32)),
        mode="REFLECT"))
    c.fails("Split", lambda: raw.Split(
        axis=c.hidden(np.int32(1)), value=x, num_split=2))
    c.fails("ConcatV2", lambda: raw.ConcatV2(
        values=[x, c.hidden(np.ones((3, 2), np.float32))],
        axis=c.constant(np.int32(0))))
    c.fails("Range", lambda: raw.Range(
        start=c.hidden(np.int32(0)), limit=c.hidden(np.int32(5)),
        delta=c.hidden(np.int32(0))), "Requires delta != 0")
    c.fails("Range", lambda: raw.Range(
        start=c.hidden(np.int32(5)), limit=c.hidden(np.int32(0)),
        delta=c.hidden(np.int32(1))), "Requires start <= limit")
    c.fails("Fill", lambda: raw.Fill(dims=c.hidden(np.int32([-1])),
                                     value=c.constant(1.0)))


def slices(c):
    for dtype in ANYTHING:
        x = c.input((4, 5, 6), dtype)
        for begin, size in (([0, 0, 0], [4, 5, 6]), ([1, 2, 3], [2, -1, 1]),
                            ([4, 0, 0], [0, 1, -1])):
            c.add("Slice", dtype, raw.Slice(
                input=x, begin=c.constant(np.array(begin, np.int32)),
                size=c.constant(np.array(size, np.int32))))
        for _ in range(12):
            strided_slice(c, x, dtype, (4, 5, 6))
    for _ in range(60):
        strided_slice(c, c.input((4, 5, 6), np.float32), np.float32, (4, 5, 6))
    c.tolerance("Slice StridedSlice StridedSliceGrad", "exact")
    x = c.input((2, 3), np.float32)
    c.fails("Slice", lambda: raw.Slice(
        input=x, begin=c.hidden(np.int32([0, 4])),
        size=c.hidden(np.int32([1, 1]))))
    c.fails("Slice", lambda: raw.Slice(
        input=x, begin=c.hidden(np.int32([0, 0])),
        size=c.hidden(np.int32([3, 1]))))
    c.fails("StridedSlice", lambda: raw.StridedSlice(
        input=x, begin=c.hidden(np.int32([0])), end=c.hidden(np.int32([1])),
        strides=c.hidden(np.int32([0]))), "must be non-zero")
    c.fails("StridedSlice", lambda: raw.StridedSlice(
        input=x, begin=c.hidden(np.int32([5])), end=c.hidden(np.int32([6])),
        strides=c.hidden(np.int32([1])), shrink_axis_mask=1), "out of bounds")


def strided_slice(c, x, dtype, shape):
    r = c.random
    n = int(r.integers(1, 5))
    masks = {"begin_mask": int(r.integers(0, 2 ** n)),
             "end_mask": int(r.integers(0, 2 ** n)),
             "new_axis_mask": int(r.integers(0, 2 ** n)) if r.random() < .3
             else 0,
             "shrink_axis_mask": int(r.integers(0, 2 ** n)) if r.random() < .4
             else 0,
             "ellipsis_mask": 1 << int(r.integers(0, n)) if r.random() < .4
             else 0}
    begin = r.integers(-4, 4, n).astype(np.int32)
    end = r.integers(-7, 8, n).astype(np.int32)
    strides = r.choice([-3, -2, -1, 1, 1, 1, 2, 3], n).astype(np.int32)
    for i in range(n):
        if masks["shrink_axis_mask"] >> i & 1:
            strides[i] = 1
            masks["begin_mask"] &= ~(1 << i)
            masks["end_mask"] &= ~(1 << i)
    arguments = {"begin": c.constant(begin), "end": c.constant(end),
                 "strides": c.constant(strides), **masks}
    try:
        y = raw.StridedSlice(input=x, **arguments)
    except (ValueError, tf.errors.InvalidArgumentError):
        return
    c.add("StridedSlice", dtype, y)
    if dtype is not np.object_ and y.shape.is_fully_defined():
        dy = c.input(tuple(y.shape), dtype)
        c.add("StridedSliceGrad", dtype, raw.StridedSliceGrad(
            shape=c.constant(np.array(shape, np.int32)), dy=dy, **arguments))


def gathers(c):
    for dtype in ANYTHING:
        x = c.input((4, 5, 3), dtype)
        for index in (np.int32, np.int64):
            rows = c.constant(c.random.integers(0, 4, (2, 3)).astype(index))
            c.add("Gather", dtype, raw.Gather(params=x, indices=rows))
            for axis, batch in ((0, 0), (1, 0), (-1, 0), (1, 1)):
                shape = (4, 2) if batch else (2, 2)
                c.add("GatherV2", dtype, raw.GatherV2(
                    params=x, indices=c.constant(
                        c.random.integers(0, 3, shape).astype(index)),
                    axis=c.constant(np.int32(axis)), batch_dims=batch))
            for depth in (0, 1, 2, 3):
                where = c.random.integers(0, 3, (6, depth)).astype(index)
                c.add("GatherNd", dtype, raw.GatherNd(
                    params=x, indices=c.constant(where)))
                if dtype is not np.object_ and dtype is not np.bool_ and depth:
                    updates = c.input((6,) + (4, 5, 3)[depth:], dtype)
                    c.add("ScatterNd", dtype, raw.ScatterNd(
                        indices=c.constant(where), updates=updates,
                        shape=c.constant(np.array([4, 5, 3], index))))
        for axis in (-1, 0, 1):
            c.add("OneHot", dtype, raw.OneHot(
                indices=c.constant(np.array([[0, 2], [-1, 7]], np.int64)),
                depth=c.constant(np.int32(3)), on_value=c.input((), dtype),
                off_value=c.input((), dtype), axis=axis))
    for dtype in NUMBERS:
        c.add("UnsortedSegmentSum", dtype, raw.UnsortedSegmentSum(
            data=c.input((6, 3), dtype),
            segment_ids=c.constant(np.array([1, 0, 3, 1, -1, 3], np.int32)),
            num_segments=c.constant(np.int32(4))))
    for dtype in ORDERED:
        for k in (0, 1, 3, 7):
            x = c.input((3, 7), dtype)
            c.add("TopKV2", dtype, raw.TopKV2(input=x,
                                              k=c.constant(np.int32(k))))
    for index in (np.int32, np.int64):
        for k in (1, 2, 4):
            predictions = c.input((8, 5), np.float32)
            targets = c.constant(c.random.integers(0, 5, 8).astype(index))
            c.add("InTopK", index, raw.InTopK(predictions=predictions,
                                              targets=targets, k=k))
            c.add("InTopKV2", index, raw.InTopKV2(
                predictions=predictions, targets=targets,
                k=c.constant(index(k))))
    for dtype in ORDERED + [np.bool_, np.object_]:
        x = c.input((12,), dtype)
        for index in (np.int32, np.int64):
            c.add("Unique", dtype, raw.Unique(x=x, out_idx=index))
            c.add("UniqueWithCounts", dtype,
                  raw.UniqueWithCounts(x=x, out_idx=index))
            if dtype is not np.bool_:
                c.add("ListDiff", dtype, raw.ListDiff(
                    x=x, y=c.input((3,), dtype), out_idx=index))
    c.tolerance("Gather GatherV2 GatherNd OneHot TopKV2 InTopK InTopKV2 "
                "Unique UniqueWithCounts ListDiff", "exact")
    c.tolerance("ScatterNd UnsortedSegmentSum", "sum 4")
    x = c.input((4, 2), np.float32)
    for op, make in (
            ("Gather", lambda: raw.Gather(params=x,
                                          indices=c.hidden(np.int32([4])))),
            ("GatherNd", lambda: raw.GatherNd(
                params=x, indices=c.hidden(np.int32([[0, 2]])))),
            ("ScatterNd", lambda: raw.ScatterNd(
                indices=c.hidden(np.int32([[9]])),
                updates=c.hidden(np.ones((1,), np.float32)),
                shape=c.hidden(np.int32([4]))))):
        c.fails(op, make)
    c.fails("TopKV2", lambda: raw.TopKV2(input=x, k=c.hidden(np.int32(3))),
            "input must have at least k columns")


def products(c):
    for dtype in FLOATS + [np.int16, np.int32, np.int64] + COMPLEX:
        for ta, tb in itertools.product([False, True], repeat=2):
            for m, k, n in ((3, 4, 5), (1, 7, 1), (0, 3, 2), (2, 0, 3),
                            (33, 65, 17)):
                if dtype is np.int16:
                    continue  # not in the op's definition
                c.add("MatMul", dtype, raw.MatMul(
                    a=c.input((k, m) if ta else (m, k), dtype),
                    b=c.input((n, k) if tb else (k, n), dtype),
                    transpose_a=ta, transpose_b=tb))
            for lead_a, lead_b in (((2,), (2,)), ((2, 1), (3,)), ((), (4,)),
                                   ((0,), (1,))):
                a = c.input(lead_a + ((4, 3) if ta else (3, 4)), dtype)
                b = c.input(lead_b + ((5, 4) if tb else (4, 5)), dtype)
                c.add("BatchMatMulV2", dtype, raw.BatchMatMulV2(
                    x=a, y=b, adj_x=ta, adj_y=tb))
                if lead_a == lead_b and dtype is not np.int16:
                    c.add("BatchMatMul", dtype, raw.BatchMatMul(
                        x=a, y=b, adj_x=ta, adj_y=tb))
    c.tolerance("MatMul BatchMatMul BatchMatMulV2", "sum 16")
    c.fails("MatMul", lambda: raw.MatMul(
        a=c.hidden(np.ones((2, 3), np.float32)),
        b=c.hidden(np.ones((2, 3), np.float32))), "Matrix size-incompatible")


def convolutions(c):
    geometries = [
        # image, filter (h, w, in, out), strides, dilations, padding
        ((2, 7, 8, 3), (3, 3, 3, 4), (1, 1), (1, 1), "SAME"),
        ((2, 7, 8, 3), (3, 2, 3, 4), (2, 2), (1, 1), "VALID"),
        ((1, 9, 9, 2), (3, 3, 2, 5), (1, 1), (2, 2), "SAME"),
        ((1, 9, 10, 8), (5, 5, 8, 16), (2, 3), (1, 1), "SAME"),
        ((3, 6, 6, 1), (5, 5, 1, 6), (1, 1), (1, 1), "VALID"),
        ((2, 6, 7, 4), (2, 3, 4, 3), (1, 2), (1, 1), [0, 0, 1, 2, 0, 1, 0, 0]),
        ((1, 5, 5, 4), (1, 1, 4, 8), (1, 1), (1, 1), "SAME"),
        ((0, 5, 5, 2), (3, 3, 2, 2), (1, 1), (1, 1), "SAME"),
        ((1, 5, 5, 4), (3, 3, 2, 6), (1, 1), (1, 1), "SAME"),  # two groups
    ]
    for image, size, strides, dilations, padding in geometries:
        grouped = image[3] != size[2]
        for dtype in FLOATS + [np.int32]:
            if grouped and dtype is not np.float32:
                continue
            how = {"strides": [1, *strides, 1], "dilations": [1, *dilations, 1],
                   "padding": padding}
            if isinstance(padding, list):
                how.update(padding="EXPLICIT", explicit_paddings=padding)
            x, w = c.input(image, dtype), c.input(size, dtype)
            y = raw.Conv2D(input=x, filter=w, **how)
            if dtype is np.int32 and dilations != (1, 1):
                continue
            c.add("Conv2D", dtype, y)
            dy = c.input(tuple(y.shape), dtype)
            grouped = grouped or dilations != (1, 1)  # as for TensorFlow
            if not grouped:
                c.add("Conv2DBackpropInput", dtype, raw.Conv2DBackpropInput(
                    input_sizes=c.constant(np.int32(image)), filter=w,
                    out_backprop=dy, **how))
            if dtype is not np.int32 and not grouped:
                c.add("Conv2DBackpropFilter", dtype, raw.Conv2DBackpropFilter(
                    input=x, filter_sizes=c.constant(np.int32(size)),
                    out_backprop=dy, **how))
        if grouped or strides[0] != strides[1] or dilations != (1, 1):
            continue
        for dtype in FLOATS:
            how["strides"] = [1, *strides, 1]
            x = c.input(image, dtype)
            w = c.input(size[:3] + (2,), dtype)
            y = raw.DepthwiseConv2dNative(input=x, filter=w, **how)
            c.add("DepthwiseConv2dNative", dtype, y)
            if 0 in image:
                continue
            dy = c.input(tuple(y.shape), dtype)
            c.add("DepthwiseConv2dNativeBackpropInput", dtype,
                  raw.DepthwiseConv2dNativeBackpropInput(
                      input_sizes=c.constant(np.int32(image)), filter=w,
                      out_backprop=dy, **how))
            c.add("DepthwiseConv2dNativeBackpropFilter", dtype,
                  raw.DepthwiseConv2dNativeBackpropFilter(
                      input=x, filter_sizes=c.constant(np.int32(w.shape)),
                      out_backprop=dy, **how))
    c.tolerance("Conv2D Conv2DBackpropInput Conv2DBackpropFilter "
                "DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput "
                "DepthwiseConv2dNativeBackpropFilter", "sum 32")
    x = c.hidden(np.ones((1, 4, 4, 3), np.float32))
    c.fails("Conv2D", lambda: raw.Conv2D(
        input=x, filter=c.hidden(np.ones((2, 2, 2, 1), np.float32)),
        strides=[1, 1, 1, 1], padding="SAME"), "evenly divisible")
    c.fails("Conv2D", lambda: raw.Conv2D(
        input=x, filter=c.hidden(np.ones((6, 2, 3, 1), np.float32)),
        strides=[1, 1, 1, 1], padding="VALID"), "negative")


def poolings(c):
    geometries = [((2, 6, 6, 3), (2, 2), (2, 2), "VALID"),
                  ((1, 7, 5, 4), (3, 2), (2, 1), "SAME"),
                  ((2, 5, 5, 1), (3, 3), (1, 1), "SAME"),
                  ((1, 4, 4, 2), (1, 1), (2, 2), "VALID"),
                  ((0, 4, 4, 2), (2, 2), (2, 2), "VALID")]
    for image, size, strides, padding in geometries:
        window = {"ksize": [1, *size, 1], "strides": [1, *strides, 1],
                  "padding": padding}
        v2 = {"ksize": c.constant(np.int32([1, *size, 1])),
              "strides": c.constant(np.int32([1, *strides, 1])),
              "padding": padding}
        for dtype in ORDERED:
            if dtype in (np.uint32, np.uint64):
                continue  # not in the op's definition
            x = c.input(image, dtype)
            y = raw.MaxPool(input=x, **window)
            c.add("MaxPool", dtype, y)
            c.add("MaxPoolV2", dtype, raw.MaxPoolV2(input=x, **v2))
            dy = c.input(tuple(y.shape), dtype)
            c.add("MaxPoolGrad", dtype, raw.MaxPoolGrad(
                orig_input=x, orig_output=y, grad=dy, **window))
            c.add("MaxPoolGradV2", dtype, raw.MaxPoolGradV2(
                orig_input=x, orig_output=y, grad=dy, **v2))
        for dtype in FLOATS:
            x = c.input(image, dtype)
            y = raw.AvgPool(value=x, **window)
            c.add("AvgPool", dtype, y)
            if 0 in image:
                continue
            c.add("AvgPoolGrad", dtype, raw.AvgPoolGrad(
                orig_input_shape=c.constant(np.int32(image)),
                grad=c.input(tuple(y.shape), dtype), **window))
    c.tolerance("MaxPool MaxPoolV2", "exact")
    c.tolerance("MaxPoolGrad MaxPoolGradV2 AvgPool AvgPoolGrad", "sum 8")


def normalization(c):
    versions = (("FusedBatchNorm", [np.float32]),
                ("FusedBatchNormV2", [np.float32, np.float16, BFLOAT16]),
                ("FusedBatchNormV3", [np.float32, np.float16, BFLOAT16]))
    for op, dtypes in versions:
        for dtype in dtypes:
            for image in ((2, 3, 4, 5), (8, 9, 9, 3), (1, 1, 1, 2)):
                for training, factor in ((True, 1.0), (True, 0.3),
                                         (False, 1.0)):
                    n = image[3]
                    x = c.input(image, dtype)
                    scale, offset, mean = (c.input((n,), np.float32)
                                           for _ in range(3))
                    variance = c.input((n,), np.float32, low=0.1)
                    how = {"epsilon": 0.001, "is_training": training}
                    y = list(getattr(raw, op)(
                        x=x, scale=scale, offset=offset, mean=mean,
                        variance=variance, exponential_avg_factor=factor,
                        **how))
                    # When not training, TensorFlow leaves outputs 3 and 4 as
                    # they were.
                    c.add(op, dtype, y if training else y[:3] + y[5:])
                    saved = y[3:5] if training else [mean, variance]
                    grad = op.replace("Norm", "NormGrad")
                    more = ({"reserve_space_3": y[5]} if op.endswith("V3")
                            else {})
                    c.add(grad, dtype, list(getattr(raw, grad)(
                        y_backprop=c.input(image, dtype), x=x, scale=scale,
                        reserve_space_1=saved[0], reserve_space_2=saved[1],
                        **more,
                        **how))[:3])
    c.tolerance("FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 "
                "FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3",
                "sum 128")
    for dtype in NUMBERS:
        for shape in ((2, 3), (2, 4, 4, 3), (0, 3)):
            x = c.input(shape, dtype)
            c.add("BiasAdd", dtype, raw.BiasAdd(value=x,
                                                bias=c.input((3,), dtype)))
            c.add("BiasAddV1", dtype, raw.BiasAddV1(
                value=x, bias=c.input((3,), dtype)))
            c.add("BiasAddGrad", dtype, raw.BiasAddGrad(out_backprop=x))
        x = c.input((2, 3, 4, 2), dtype)
        c.add("BiasAdd", dtype, raw.BiasAdd(
            value=x, bias=c.input((3,), dtype), data_format="NCHW"))
        c.add("BiasAddGrad", dtype, raw.BiasAddGrad(out_backprop=x,
                                                    data_format="NCHW"))
    c.tolerance("BiasAdd BiasAddV1", "exact")
    c.tolerance("BiasAddGrad", "sum 8")


def softmaxes(c):
    for dtype in FLOATS:
        for shape in ((3,), (4, 10), (2, 3, 7), (0, 5), (5, 1)):
            x = c.input(shape, dtype, low=-8, high=8)
            c.add("Softmax", dtype, raw.Softmax(logits=x))
            c.add("LogSoftmax", dtype, raw.LogSoftmax(logits=x))
        for index in (np.int32, np.int64):
            x = c.input((6, 10), dtype, low=-8, high=8)
            labels = c.constant(c.random.integers(0, 10, 6).astype(index))
            c.add("SparseSoftmaxCrossEntropyWithLogits", dtype,
                  raw.SparseSoftmaxCrossEntropyWithLogits(features=x,
                                                          labels=labels))
        for a, b in (((4, 5), (4, 5)), ((4, 5), (1, 5))):
            c.add("SoftmaxCrossEntropyWithLogits", dtype,
                  raw.SoftmaxCrossEntropyWithLogits(
                      features=c.input(a, dtype),
                      labels=c.input(b, dtype, low=0, high=1)))
    c.tolerance("Softmax LogSoftmax SparseSoftmaxCrossEntropyWithLogits "
                "SoftmaxCrossEntropyWithLogits", "sum 16")
    c.fails("SparseSoftmaxCrossEntropyWithLogits",
            lambda: raw.SparseSoftmaxCrossEntropyWithLogits(
                features=c.input((2, 3), np.float32),
                labels=c.constant(np.int32([0, 3]))),
            "Received a label value of 3 which is outside the valid range")


def randoms(c):
    exact = {"StatelessRandomUniform": FLOATS,
             "StatelessRandomUniformFullInt": [np.int32, np.int64, np.uint32,
                                               np.uint64]}
    near = {"StatelessRandomNormal": FLOATS, "StatelessTruncatedNormal": FLOATS}
    for op, dtypes in {**exact, **near}.items():
        for dtype in dtypes:
            for shape, seed in (((), [1, 2]), ((7,), [-3, 4]),
                                ((40, 50), [2**31 - 1, 0]), ((0,), [5, 5])):
                dims = c.constant(np.array(shape, np.int32))
                c.add(op, dtype, getattr(raw, op)(
                    shape=dims, seed=c.constant(np.int64(seed)), dtype=dtype))
                key = raw.StatelessRandomGetKeyCounter(
                    seed=c.constant(np.int32(seed)))
                c.add("StatelessRandomGetKeyCounter", np.int32, list(key))
                c.add(op + "V2", dtype, getattr(raw, op + "V2")(
                    shape=dims, key=key[0], counter=key[1],
                    alg=raw.StatelessRandomGetAlg(), dtype=dtype))
    for dtype in (np.int32, np.int64):
        for low, high in ((0, 10), (-5, 3), (np.iinfo(dtype).min,
                                             np.iinfo(dtype).max)):
            dims = c.constant(np.int32([33]))
            ends = {"minval": c.constant(dtype(low)),
                    "maxval": c.constant(dtype(high))}
            c.add("StatelessRandomUniformInt", dtype,
                  raw.StatelessRandomUniformInt(
                      shape=dims, seed=c.constant(np.int64([3, 4])), **ends))
            key = raw.StatelessRandomGetKeyCounterAlg(
                seed=c.constant(np.int64([7, 9])))
            c.add("StatelessRandomGetKeyCounterAlg", np.int64, list(key))
            c.add("StatelessRandomUniformIntV2", dtype,
                  raw.StatelessRandomUniformIntV2(
                      shape=dims, key=key[0], counter=key[1], alg=key[2],
                      **ends))
            c.add("RandomUniformInt", dtype, raw.RandomUniformInt(
                shape=dims, seed=5, seed2=6, **ends))
    c.add("StatelessRandomGetAlg", np.int32, raw.StatelessRandomGetAlg())
    for op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
        for dtype in FLOATS:
            node = getattr(raw, op)(shape=c.constant(np.int32([5, 9])),
                                    dtype=dtype, seed=11, seed2=12)
            # Twice: the generator goes on from where it was.
            c.add(op, dtype, node)
            c.add(op, dtype, node)
    c.tolerance("""StatelessRandomUniform StatelessRandomUniformV2
        StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2
        StatelessRandomUniformInt StatelessRandomUniformIntV2
        StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg
        StatelessRandomGetAlg RandomUniform RandomUniformInt""", "exact")
    c.tolerance("""StatelessRandomNormal StatelessRandomNormalV2
        StatelessTruncatedNormal StatelessTruncatedNormalV2
        RandomStandardNormal TruncatedNormal""", "sum 8")


OPTIMIZERS = {
    "GradientDescent": ((), ("alpha",), "delta"),
    "Momentum": (("accum",), ("lr", "momentum"), "grad"),
    "KerasMomentum": (("accum",), ("lr", "momentum"), "grad"),
    "Adam": (("m", "v"), ("beta1_power", "beta2_power", "lr", "beta1", "beta2",
                          "epsilon"), "grad"),
    "RMSProp": (("ms", "mom"), ("lr", "rho", "momentum", "epsilon"), "grad"),
    "CenteredRMSProp": (("mg", "ms", "mom"),
                        ("lr", "rho", "momentum", "epsilon"), "grad"),
    "Adagrad": (("accum",), ("lr",), "grad"),
    "AdagradV2": (("accum",), ("lr", "epsilon"), "grad"),
    "Adadelta": (("accum", "accum_update"), ("lr", "rho", "epsilon"), "grad"),
}


def optimizers(c):
    """Each step on variables that are first set, then read."""
    for name, (slots, scalars, gradient) in OPTIMIZERS.items():
        for dtype in FLOATS:
            for options in ({}, {"use_nesterov": True},
                            {"update_slots": False}):
                if "use_nesterov" in options and name not in (
                        "Momentum", "KerasMomentum", "Adam"):
                    continue
                if "update_slots" in options and "Adagrad" not in name:
                    continue
                for is_resource in (True, False):
                    if not is_resource and name == "KerasMomentum":
                        continue
                    names = ("var",) + slots
                    values = {n: c.values((4, 5), dtype, low=0.5, high=2)
                              for n in names}
                    if "mg" in values:  # of a real run: below the mean square
                        values["mg"] = (values["mg"] * dtype(0.1)).astype(dtype)
                    numbers = {n: c.constant(dtype(c.random.uniform(0.1, 0.9)))
                               for n in scalars}
                    dy = c.input((4, 5), dtype)
                    if is_resource:
                        handles = {n: raw.VarHandleOp(
                            dtype=dtype, shape=(4, 5),
                            shared_name=f"v{len(c.cases)}_{n}")
                                   for n in names}
                        assigned = [raw.AssignVariableOp(
                            resource=handles[n], value=c.constant(values[n]))
                                    for n in names]
                        with tf.control_dependencies(assigned):
                            step = getattr(raw, "ResourceApply" + name)(
                                **handles, **numbers, **{gradient: dy},
                                **options)
                        with tf.control_dependencies([step]):
                            after = [raw.ReadVariableOp(resource=h, dtype=dtype)
                                     for h in handles.values()]
                        c.add("ResourceApply" + name, dtype, after)
                        continue
                    refs = {n: raw.VariableV2(
                        shape=(4, 5), dtype=dtype,
                        shared_name=f"w{len(c.cases)}_{n}") for n in names}
                    assigned = [raw.Assign(ref=refs[n],
                                           value=c.constant(values[n])).op
                                for n in names]
                    with tf.control_dependencies(assigned):
                        step = getattr(raw, "Apply" + name)(
                            **refs, **numbers, **{gradient: dy}, **options)
                    with tf.control_dependencies([step.op]):
                        after = [tf.identity(r) for r in refs.values()]
                    c.add("Apply" + name, dtype, after)
    both = "GradientDescent Momentum Adam RMSProp CenteredRMSProp Adagrad " \
        "AdagradV2 Adadelta".split()
    c.tolerance(" ".join("ResourceApply" + n for n in both), "sum 8")
    c.tolerance(" ".join("Apply" + n for n in both), "sum 8")
    c.tolerance("ResourceApplyKerasMomentum", "sum 8")
    for name in ("Add", "Sub", "Update"):
        for dtype in NUMBERS:
            value = c.constant(c.values((5, 2), dtype))
            rows = c.constant(np.int32([1, 4, 0]))
            updates = c.input((3, 2), dtype)
            handle = raw.VarHandleOp(dtype=dtype, shape=(5, 2),
                                     shared_name=f"s{len(c.cases)}")
            with tf.control_dependencies(
                    [raw.AssignVariableOp(resource=handle, value=value)]):
                step = getattr(raw, "ResourceScatter" + name)(
                    resource=handle, indices=rows, updates=updates)
            with tf.control_dependencies([step]):
                c.add("ResourceScatter" + name, dtype,
                      raw.ReadVariableOp(resource=handle, dtype=dtype))
                c.add("ResourceGather", dtype, raw.ResourceGather(
                    resource=handle, indices=rows, dtype=dtype))
            ref = raw.VariableV2(shape=(5, 2), dtype=dtype,
                                 shared_name=f"t{len(c.cases)}")
            with tf.control_dependencies([raw.Assign(ref=ref, value=value).op]):
                step = getattr(raw, "Scatter" + name)(
                    ref=ref, indices=rows, updates=updates)
            c.add("Scatter" + name, dtype, tf.identity(step))
    c.tolerance("ResourceScatterAdd ResourceScatterSub ResourceScatterUpdate "
                "ScatterAdd ScatterSub ScatterUpdate ResourceGather", "exact")


def gradients(c):
    """TensorFlow's own gradient graphs of compositions of these ops."""
    def small_network(x):
        w = c.input((3, 3, 2, 4), x.dtype.as_numpy_dtype)
        y = tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")
        y = tf.nn.bias_add(y, c.input((4,), x.dtype.as_numpy_dtype))
        y = tf.nn.max_pool2d(tf.nn.relu(y), 2, 2, "VALID")
        y = tf.reshape(y, [2, -1])
        y = tf.matmul(y, c.input((16, 5), x.dtype.as_numpy_dtype))
        labels = c.constant(np.int64([1, 4]))
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, y)

    def broadcasting(x):
        y = x * c.input((4, 1), x.dtype.as_numpy_dtype) + tf.exp(-x)
        return y / (1 + tf.square(x - tf.reduce_mean(x, [1, 2], True)))

    def moving(x):
        y = tf.concat([x[:, 1:, ::-1], tf.tile(x[:, :1], [1, 2, 1, 1])], 1)
        y = tf.transpose(tf.pad(y, [[0, 0], [1, 0], [0, 2], [0, 0]]),
                         [0, 3, 1, 2])
        return tf.stack(tf.unstack(y, axis=1), 2) * tf.gather(
            c.input((3,), x.dtype.as_numpy_dtype), [2])

    def normalized(x):
        y, _, _, *_ = tf.compat.v1.nn.fused_batch_norm(
            x, c.input((2,), np.float32), c.input((2,), np.float32))
        return tf.nn.avg_pool2d(tf.sigmoid(y), 2, 1, "SAME")

    def activations(x):
        return (tf.nn.elu(x) + tf.nn.selu(x) * tf.nn.softplus(x)
                + tf.tanh(x) * tf.nn.leaky_relu(x) + tf.nn.softsign(x)
                + tf.nn.relu6(x) + tf.nn.log_softmax(x) + tf.sqrt(x * x + 1)
                + tf.math.rsqrt(x * x + 2) + tf.maximum(x, 0.5)
                + tf.where(x > 0, x, x * x) + tf.math.cumsum(x, 1)
                + tf.pow(tf.abs(x) + 1, 1.5) + tf.math.divide_no_nan(x, x + 9))

    def reducing(x):
        return (tf.reduce_sum(x, [0, 2]) * tf.reduce_max(x, [0, 2])
                + tf.reduce_prod(x, [0, 2]) + tf.reduce_min(x, [0, 2])
                + tf.nn.l2_loss(x))

    def depthwise(x):
        return tf.nn.depthwise_conv2d(
            x, c.input((3, 3, 2, 2), x.dtype.as_numpy_dtype), [1, 1, 1, 1],
            "SAME")

    for make in (small_network, broadcasting, moving, normalized, activations,
                 reducing, depthwise):
        for dtype in (np.float32, np.float64):
            if make is normalized and dtype is np.float64:
                continue
            x = c.input((2, 4, 4, 2), dtype)
            y = make(x)
            dx = tf.gradients(y, x)
            name = "gradients of " + make.__name__.replace("_", " ")
            c.add(name, dtype, [y] + dx)
            if dtype is np.float32:
                c.tolerance([name], "sum 128")


FAMILIES = [elementwise, binary, activation_gradients, selection, casts,
            reductions, shapes, arrays, slices, gathers, products,
            convolutions, poolings, normalization, softmaxes, randoms,
            optimizers, gradients]
