#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""What a real power cut leaves of an Orbax checkpoint: a first save of 16 MiB,
synced, a second one, and the cut so many seconds after that, on loop-mounted
file systems side by side. Prints what can be restored afterwards; the figures
beside Cairn's in docs/reliability.md are from here. Needs root, loop mounts and
a Python that has orbax-checkpoint 0.12.8 and jax; says "skipped" without.

usage: orbax_cuts.py [WORK_DIR]
"""

import fcntl
import json
import logging
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading
import time

import loop_images

FILE_SYSTEMS = {
    "ext4": (["mkfs.ext4", "-q", "-F"], 128 << 20, "ext4", ""),
    "ext4 noauto_da_alloc": (["mkfs.ext4", "-q", "-F"], 128 << 20, "ext4",
                             "noauto_da_alloc"),
    # Copies of one image have one UUID.
    "xfs": (["mkfs.xfs", "-q", "-f"], 320 << 20, "xfs", "nouuid"),
}
WAITS = [0, 1, 3, 6, 10, 20, 33, 40]
KEEPS = [1, 3]
ARRAYS, LENGTH = 4, 1 << 20
SHUTDOWN, WITHOUT_LOG = 0x8004587D, 2


def values(step, np):
    return {f"a{i}": np.full((LENGTH,), step * 10 + i, np.float32)
            for i in range(ARRAYS)}


def open_manager(directory, **options):
    import orbax.checkpoint as ocp
    return ocp.CheckpointManager(
        str(directory), options=ocp.CheckpointManagerOptions(**options))


def save(directory, keep, sync):
    import numpy as np
    import orbax.checkpoint as ocp
    with open_manager(directory, max_to_keep=keep,
                      enable_async_checkpointing=False) as manager:
        for step in (1, 2):
            manager.save(step, args=ocp.args.StandardSave(values(step, np)))
            manager.wait_until_finished()
            if step == 1:
                sync()


def restored(directory):
    """The latest step by Orbax, and of each whether it is whole."""
    import numpy as np
    import orbax.checkpoint as ocp
    manager = open_manager(directory, read_only=True)

    def state(step):
        try:
            found = manager.restore(step, args=ocp.args.StandardRestore())
        except Exception as error:  # whatever it may be: it is the answer
            return f"{type(error).__name__}: {error}"[:80]
        wanted = values(step, np)
        same = found.keys() == wanted.keys() and all(
            np.array_equal(found[k], wanted[k]) for k in wanted)
        return "whole" if same else "altered"

    return {"latest": manager.latest_step(),
            "steps": {step: state(step) for step in manager.all_steps()}}


def cut(mounted, when):
    time.sleep(max(0, when - time.monotonic()))
    fd = os.open(mounted.point, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
    finally:
        os.close(fd)


def run(work):
    trials = []
    for name, (mkfs, size, kind, options) in FILE_SYSTEMS.items():
        base = work / f"base{len(trials)}"
        loop_images.make_file_system(mkfs, size, base)
        for keep in KEEPS:
            for wait in WAITS:
                image = work / f"image{len(trials)}"
                loop_images.copy_sparse(base, image)
                mounted = loop_images.Mounted(kind, options, image,
                                              work / f"mount{len(trials)}")
                trials.append((name, keep, wait, mounted))
    cuts = []
    for _, keep, wait, mounted in trials:
        save(mounted.point / "c", keep,
             lambda m=mounted: loop_images.sync_file_system(m.point))
        cuts.append(threading.Thread(
            target=cut, args=(mounted, time.monotonic() + wait)))
        cuts[-1].start()
    for thread in cuts:
        thread.join()
    for name, keep, wait, mounted in trials:
        mounted.unmount()
        mounted.mount()
        # In a process of its own, as a program that starts again.
        done = subprocess.run(
            [sys.executable, __file__, "--restore", mounted.point / "c"],
            capture_output=True, text=True, check=True)
        print(f"{name}, keep {keep}, cut after {wait} s: {done.stdout.strip()}",
              flush=True)
        mounted.close()


def main():
    os.environ["JAX_PLATFORMS"] = "cpu"
    logging.disable(logging.CRITICAL)
    if sys.argv[1:2] == ["--restore"]:
        print(json.dumps(restored(sys.argv[2])))
        return
    try:
        import orbax.checkpoint  # noqa: F401
        loop_images.own_name_space()
    except (ImportError, OSError) as error:
        print(f"skipped: {error}")
        sys.exit(77)
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None,
                                     ignore_cleanup_errors=True) as work:
        run(pathlib.Path(work))


if __name__ == "__main__":
    main()
