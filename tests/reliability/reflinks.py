#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Incremental saving by clones on real file systems in loop-mounted images:
xfs and btrfs must share room on the disk, ext4, which knows no clones, must be
written to in full. Ends with 77 and says "skipped" where mounting is not
possible, else with 1 if anything is wrong.

usage: reflinks.py SHARED_EXTENTS [MEBIBYTES]
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import loop_images

SKIPPED = 77
# Of file systems: mkfs, what shared_extents must end with.
FILE_SYSTEMS = {
    "xfs": (["mkfs.xfs", "-q", "-f"], 0),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], 0),
    "ext4": (["mkfs.ext4", "-q", "-F"], 3),
}


def try_one(tool, kind, mebibytes, work):
    """What went wrong, "" if nothing, or None if it was skipped."""
    mkfs, expected = FILE_SYSTEMS[kind]
    image = work / kind
    try:
        # xfs wants 300 MiB at least; the file is sparse.
        loop_images.make_file_system(mkfs, (320 + 4 * mebibytes) << 20, image)
        mounted = loop_images.Mounted(kind, "", image, work / "mount")
    except OSError as error:
        print(f"{kind}: skipped, {error}")
        return None
    try:
        done = subprocess.run([tool, mounted.point, str(mebibytes)], text=True,
                              capture_output=True, check=False)
    finally:
        mounted.close()
    print(f"{kind}: {done.stdout.strip()}{done.stderr.strip()}", flush=True)
    if done.returncode == expected:
        return ""
    return f"{kind}: ended with {done.returncode}, expected {expected}"


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    mebibytes = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    try:
        loop_images.own_name_space()
    except OSError as error:
        print(f"clones: skipped, {error}")
        return SKIPPED
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="reflinks", dir=memory) as work:
        results = [try_one(tool, kind, mebibytes, pathlib.Path(work))
                   for kind in FILE_SYSTEMS]
    wrong = [result for result in results if result]
    print("\n".join(wrong))
    if wrong:
        return 1
    return SKIPPED if None in results else 0


if __name__ == "__main__":
    sys.exit(main())
