# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""The imported Saver (examples/import_meta_graph.cc) beside TensorFlow's."""

import numpy as np
import pytest

from conftest import run_program

# Meta graph, and what restores.
CASES = {
    "rich": ("tf1/rich_meta/model.ckpt-2", ""),
    "sharded": ("sharded/tf1_saver/model-1", ""),
    "partitioned": ("sliced/partitioners/model-1", ""),
    "tf221": ("tf221/graph_mode/model-1", ""),
    "averages": ("tf1/ema/all", ""),
    "v1": ("v1/saver/model.ckpt-3", ""),
    "v1_sharded": ("v1/saver_sharded/model.ckpt-3", "-?????-of-00002"),
}
SCOPE = "a/b"


def restored(tf, meta, checkpoint, **imports):
    """The Saver and, by name, the variables' values after its restore."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        saver = tf.compat.v1.train.import_meta_graph(
            str(meta), clear_devices=True, **imports)
        saver.restore(session, str(checkpoint))
        # Savers of a part of the variables leave others without a value.
        variables = {v.op.name: v for v in tf.compat.v1.global_variables()}
        has_value = session.run({
            name: tf.compat.v1.is_variable_initialized(v)
            for name, v in variables.items()})
        values = session.run({name: v for name, v in variables.items()
                              if has_value[name]})
        return saver, values, saved_names(tf.compat.v1.get_default_graph(),
                                          saver.saver_def)


def saved_names(graph, saver_def):
    """Of the nodes behind the one that the SaverDef names."""
    names, seen = set(), set()
    ops = [graph.get_tensor_by_name(saver_def.save_tensor_name).op]
    while ops:
        op = ops.pop()
        if op.name in seen:
            continue
        seen.add(op.name)
        if op.type in ("SaveV2", "SaveSlices", "Save"):
            constant = op.inputs[1].op.get_attr("value")
            names.update(n.decode() for n in constant.string_val)
        else:
            ops += [i.op for i in op.inputs] + list(op.control_inputs)
    return names


# 081 082 (M9 M10)
@pytest.mark.parametrize("case", CASES)
def test_saver_is_tensorflows_and_it_restores_ours(tf, golden, tmp_path, case):
    path, suffix = CASES[case]
    prefix = golden / path
    meta = f"{prefix}.meta"
    ours = run_program("import_meta_graph",
                       [meta, f"{prefix}{suffix}", tmp_path / "again", SCOPE]
                       ).stdout.splitlines()
    saver, expected, names = restored(tf, meta, f"{prefix}{suffix}",
                                      import_scope=SCOPE)
    d = saver.saver_def
    fields = (d.filename_tensor_name, d.save_tensor_name, d.restore_op_name,
              d.max_to_keep, int(d.sharded),
              f"{d.keep_checkpoint_every_n_hours:g}", d.version)
    assert "saver: " + " ".join(map(str, fields)) in ours
    keys = {line[5:] for line in ours if line.startswith("key: ")}
    assert keys == names
    [saved] = [line[7:] for line in ours if line.startswith("saved: ")]

    # TensorFlow reads them with its own import, and with the graph we wrote.
    _, values, _ = restored(tf, meta, saved, import_scope=SCOPE)
    same(values, expected)
    _, values, again = restored(tf, tmp_path / "again.meta", saved)
    assert again == names
    same(values, expected)


def same(values, expected):
    assert expected and values.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(values[name], value, err_msg=name)
