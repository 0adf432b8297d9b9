# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""File systems in files, by loop devices: made, mounted and unmounted without a
process for each step. Needs root.

Everything is of this process alone: mounts are in a name space of its own, and
a loop device goes when the last that has it open does. So nothing is left
behind however the process ends, by SIGKILL too, but files in `work`.
"""

import ctypes
import fcntl
import os
import pathlib
import shutil
import stat
import struct
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000
_MS_REC_PRIVATE = (1 << 14) | (1 << 18)
_MNT_DETACH = 2
_LOOP_CTL_GET_FREE = 0x4C82
_LOOP_CONFIGURE = 0x4C0A
_LO_FLAGS_AUTOCLEAR = 4
_FICLONE = 0x40049409
_LOOP_MAJOR = 7


def _call(what, name, *arguments):
    if getattr(_libc, name)(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def own_name_space():
    """Before the first mount: this process's mounts are seen by nobody else and
    end with it. Raises OSError where that is not allowed."""
    _call("cannot have mounts of its own", "unshare", _CLONE_NEWNS)
    _call("cannot have mounts of its own", "mount", b"none", b"/", None,
          _MS_REC_PRIVATE, None)


def sync_file_system(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        _call(f"cannot sync {path}", "syncfs", fd)
    finally:
        os.close(fd)


def clone(source, target):
    """An instant copy, over what `target` holds."""
    with open(source, "rb") as read, open(target, "r+b") as written:
        fcntl.ioctl(written, _FICLONE, read.fileno())


def make_file_system(mkfs, size, path):
    """In a new sparse file. `mkfs` is a command without the path. Raises
    OSError with what is wrong."""
    if not shutil.which(mkfs[0]):
        raise OSError(f"there is no {mkfs[0]}")
    with open(path, "wb") as file:
        file.truncate(size)
    done = subprocess.run([*mkfs, str(path)], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise OSError(done.stderr.strip() or f"{mkfs[0]} failed")


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", str(source), str(target)],
                   check=True)


class Loop:
    """A loop device for `path`, until close()."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            for _ in range(100):  # others may take a free one first
                try:
                    self._take(file.fileno())
                    return
                except OSError as error:
                    wrong = error
        raise wrong

    def _take(self, file):
        with open("/dev/loop-control", "rb") as control:
            number = fcntl.ioctl(control, _LOOP_CTL_GET_FREE)
        self.device = f"/dev/loop{number}"
        if not os.path.exists(self.device):  # no udev here
            os.mknod(self.device, stat.S_IFBLK | 0o600,
                     os.makedev(_LOOP_MAJOR, number))
        self._fd = os.open(self.device, os.O_RDWR)
        # struct loop_config: fd, block size, struct loop_info64 with its flags
        # at 52, eight reserved words.
        config = bytearray(304)
        struct.pack_into("II", config, 0, file, 0)
        struct.pack_into("I", config, 8 + 52, _LO_FLAGS_AUTOCLEAR)
        try:
            fcntl.ioctl(self._fd, _LOOP_CONFIGURE, bytes(config))
        except OSError:
            os.close(self._fd)
            raise

    def close(self):
        os.close(self._fd)


class Mounted:
    """A file system in a file, mounted at a new directory until close()."""

    def __init__(self, kind, options, path, point):
        self.kind, self.options = kind, options
        self.path, self.point = pathlib.Path(path), pathlib.Path(point)
        self.point.mkdir(exist_ok=True)
        self.loop = Loop(path)
        self._is_mounted = False
        try:
            self.mount()
        except BaseException:
            self.loop.close()
            raise

    def mount(self):
        """A mount that fails in silence would let a test run on the host's
        disk: the directory must be another file system's afterwards."""
        _call(f"cannot mount {self.kind}", "mount", self.loop.device.encode(),
              str(self.point).encode(), self.kind.encode(), 0,
              self.options.encode())
        self._is_mounted = True
        if self.point.stat().st_dev == self.point.parent.stat().st_dev:
            raise OSError(f"{self.point} is not mounted")

    def unmount(self):
        """Waits for processes that are just ending."""
        end = time.monotonic() + 20
        while self._is_mounted:
            patient = time.monotonic() < end
            try:
                _call(f"cannot unmount {self.point}", "umount2",
                      str(self.point).encode(), 0 if patient else _MNT_DETACH)
                self._is_mounted = False
            except OSError:
                if not patient:
                    raise
                time.sleep(0.02)

    def close(self):
        self.unmount()
        self.loop.close()
