# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checkpoints of which only one wrote the data file that they share."""

import pathlib
import subprocess

import conftest
import pytest


@pytest.fixture(params=conftest.TENSORFLOWS)
def tensorflow(request):
    """tensorflow("read", prefix, steps): incremental_program.py's commands."""
    python = conftest.CACHE / f"tf-{request.param}/bin/python"
    script = pathlib.Path(__file__).with_name("incremental_program.py")

    def run(*arguments):
        done = subprocess.run([python, script, *map(str, arguments)],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
    return run


def shared_file(prefix):
    """The data file that another name leads to, too; None without one."""
    files = [file for file in prefix.parent.glob(prefix.name + ".data-*")
             if file.stat().st_nlink > 1]
    assert len(files) <= 1
    return files[0] if files else None


def test_tensorflow_reads_and_neither_checkpoint_needs_the_other(
        tensorflow, cairn, tmp_path):
    conftest.run_program("incremental_saving", [tmp_path])
    older, newer = tmp_path / "ckpt-4", tmp_path / "ckpt-5"
    assert not (tmp_path / "ckpt-1.index").exists()  # which wrote the file
    assert shared_file(older).samefile(shared_file(newer))
    tensorflow("overwrite", older, 4, newer, 5)
    assert (tmp_path / "ckpt-4.data-00000-of-00001").exists()
    for file in tmp_path.glob("ckpt-4.*"):
        file.unlink()
    assert "intact" in cairn("verify", newer).stdout
    # A copy has no dead bytes; the original is as it was.
    cairn("copy", newer, tmp_path / "copy" / "ckpt")
    tensorflow("read", newer, 5)
    tensorflow("read", tmp_path / "copy" / "ckpt", 5)
