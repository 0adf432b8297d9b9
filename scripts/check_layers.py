#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Checks the walls between the rooms of docs/architecture.md.

A room includes only rooms it may, a third-party library only where it lives,
and no third-party header but absl's reaches an installed header. Libraries do
not print, throw, abort or read the environment, and those that read files do
not assert either. Tests may include anything.

usage: check_layers.py [--root DIR]     lists what is wrong; exit 1 if anything
       check_layers.py --self-test      proves that each rule bites
"""

import argparse
import pathlib
import re
import sys
import tempfile

# Room: the rooms it may include besides itself.
ROOMS = {
    "base": "",
    "tensor": "base",
    "proto": "",
    "table": "base",
    "bundle": "table proto tensor base",
    "v1": "table tensor base",
    "state": "proto base",
    "graph": "proto tensor base",
    "saver": "bundle v1 state graph proto tensor base",
    "object": "bundle v1 state proto tensor base",
    "compute": "tensor base",
    "session": "compute graph bundle v1 proto tensor base",
    "nn": "compute tensor base",
    "data": "tensor base",
    "inspect": "bundle v1 state graph object saver table proto tensor base",
    "convert": "inspect bundle v1 state tensor base",
    "cli": "convert inspect session saver object graph state bundle v1 table proto data"
           " nn compute tensor base",
}

# Third-party header prefix: the rooms whose sources may include it. "*" is all.
# Only what is in INSTALLABLE may stand in an installed header.
THIRD_PARTY = {
    "absl/": "*",
    "google/protobuf/": "proto bundle state graph session object inspect",
    "snappy": "table",
    "isa-l/": "base",
    "dnnl": "nn compute",
    "oneapi/dnnl/": "nn compute",
    "omp.h": "nn",
    "CLI/": "cli",
    "fmt/": "cli",
    "nlohmann/": "cli state",
    "nettle/": "inspect",
    "re2/": "saver",
}
INSTALLABLE = ("absl/",)

# Headers of C and POSIX that have a dot or a slash in their names; those of
# C++ have neither.
SYSTEM = re.compile(
    r"^(sys/\w+|arpa/inet|netinet/in|linux/\w+|fcntl|unistd|dirent|pthread|"
    r"poll|signal|time|dlfcn|immintrin|nmmintrin|cpuid|termios|sched)\.h$"
)

# What no library does. The command line tool may.
HABITS = [
    (re.compile(r"\bstd::(cout|cerr|clog)\b"), "prints"),
    (re.compile(r"(?<![\w:.>])(std::)?(printf|puts|perror)\s*\("), "prints"),
    (re.compile(r"\bfprintf\s*\("), "prints"),
    (re.compile(r"(?<![\w.>])(std::)?(abort|exit|_exit|terminate)\s*\("),
     "ends the process"),
    (re.compile(r"\bthrow\b(?!\s*\))"), "throws"),
    (re.compile(r"\b(secure_)?getenv\s*\("), "reads the environment"),
    (re.compile(r"\b(D?P?CHECK|D?LOG|ABSL_RAW_CHECK)(_[A-Z]+)?\s*\("),
     "ends the process"),
    (re.compile(r"\bstd::sto(i|l|ll|ul|ull|f|d|ld)\b"), "throws"),
    (re.compile(r"\bstd::regex\b"), "throws"),
    # Of a StatusOr: it throws or aborts. A protobuf's list has one too.
    (re.compile(r"(?<!_list\(\))(?<=\))\.value\(\)"), "throws"),
]

# Rooms that read files, where a thing that is always so in the writer is not so
# in a file: what else none of their sources does. Writers may assert.
READING_ROOMS = "table bundle v1 state graph session object inspect saver".split()
READING_HABITS = [
    (re.compile(r"(?<!_)\bassert\s*\("), "asserts"),
    (re.compile(r"\.at\("), "throws"),
]
WRITER = re.compile(r"(builder|writer|merge)\w*\.(cc|h)$")

# What only tests include.
TEST_ONLY = re.compile(r"(_test\.(cc|h)|^(golden|test)_\w+\.h)$")

INCLUDE = re.compile(r'^\s*#\s*include\s*(<([^>]+)>|"([^"]+)")')


def installed_headers(room_dir):
    """Names in the HEADERS list of the room's CMakeLists.txt."""
    path = room_dir / "CMakeLists.txt"
    text = path.read_text() if path.exists() else ""
    match = re.search(r"\bHEADERS\b([^)]*?)(?=\b[A-Z_]{4,}\b|\))", text)
    return set(match.group(1).split()) if match else set()


def check_include(room, installed, header, public):
    """What is wrong with room's including header, or None. `installed`: the
    includer is; `public`: all headers that are."""
    if header.startswith("cairn/"):
        other = header.split("/")[1]
        if other not in ROOMS:
            return f"{header}: there is no room {other}"
        if other != room and other not in ROOMS[room].split():
            return f"{room} may not include {other}: {header}"
        if installed and header not in public:
            return f"an installed header includes one that is not: {header}"
        return None
    for prefix, rooms in THIRD_PARTY.items():
        if header.startswith(prefix):
            if rooms != "*" and room not in rooms.split():
                return f"{room} may not include {prefix}: {header}"
            if installed and prefix not in INSTALLABLE:
                return f"third-party header in an installed header: {header}"
            return None
    if re.fullmatch(r"\w+", header) or SYSTEM.match(header):
        return None
    return f"unknown header: {header}; name its library in {__file__}"


def without_comments_and_strings(text):
    """The code alone, with its line breaks, so that prose is not taken for
    code."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: "\n" * m.group().count("\n"), text)


def check_file(path, room, installed, public):
    text = path.read_text()
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            wrong = check_include(room, installed, match[2] or match[3],
                                  public)
            if wrong:
                yield f"{path}:{number}: {wrong}"
    if room == "cli":
        return
    code = without_comments_and_strings(text)
    habits = list(HABITS)
    if room in READING_ROOMS and not WRITER.search(path.name):
        habits += READING_HABITS
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, what in habits:
            if pattern.search(line):
                yield f"{path}:{number}: a library {what}: {line.strip()}"


DOCUMENTED = re.compile(r"^\| `(\w+)` \|[^|]*\| ([^|]*)\|", re.M)


def check_documentation(page):
    """The same table stands in docs/architecture.md."""
    documented = dict(DOCUMENTED.findall(page.read_text()))
    for room, allowed in ROOMS.items():
        if room not in documented:
            yield f"{page}: no row for {room}"
            continue
        words = documented[room].split()
        in_words = {"anything", "every"} & set(words)
        if not in_words and set(words) != set(allowed.split()):
            yield f"{page}: {room} may include {allowed}, not {documented[room]}"


def check_tree(root):
    """All that is wrong below root/cairn."""
    found = []
    page = root / "docs/architecture.md"
    if page.exists():
        found.extend(check_documentation(page))
    rooms = [d for d in sorted((root / "cairn").iterdir()) if d.is_dir()]
    public = {f"cairn/{d.name}/{h}" for d in rooms for h in installed_headers(d)}
    for room_dir in rooms:
        if room_dir.name not in ROOMS:
            found.append(f"{room_dir}: a room without a rule")
            continue
        for path in sorted(room_dir.rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            if TEST_ONLY.search(path.name):
                continue
            installed = str(path.relative_to(root)) in public
            found.extend(check_file(path, room_dir.name, installed, public))
    return found


# A file, its text, and what must be said about it ("" for nothing).
SELF_TESTS = [
    ("base/a.h", '#include "absl/status/status.h"', ""),
    ("base/a.cc", '#include "cairn/tensor/shape.h"',
     "base may not include tensor"),
    ("bundle/a.cc", '#include "cairn/table/reader.h"', ""),
    ("saver/a.cc", '#include "cairn/object/checkpoint.h"',
     "saver may not include object"),
    ("object/a.cc", '#include "cairn/saver/saver.h"',
     "object may not include saver"),
    ("nn/a.cc", '#include "cairn/bundle/reader.h"',
     "nn may not include bundle"),
    ("nn/a.cc", "#include <oneapi/dnnl/dnnl.hpp>", ""),
    ("data/a.cc", "#include <oneapi/dnnl/dnnl.hpp>", "data may not include"),
    ("nn/public.h", "#include <oneapi/dnnl/dnnl.hpp>",
     "third-party header in an installed header"),
    ("bundle/public.h", '#include "cairn/proto/tensor_bundle.pb.h"',
     "an installed header includes one that is not"),
    ("bundle/public.h", '#include "cairn/bundle/public.h"', ""),
    ("bundle/public.h", '#include "cairn/bundle/detail.h"',
     "an installed header includes one that is not"),
    ("table/a.cc", "#include <boost/any.hpp>", "unknown header"),
    ("table/a.cc", '#include "cairn/attic/a.h"', "there is no room attic"),
    ("table/a.cc", "#include <sys/mman.h>\n#include <vector>", ""),
    ("attic/a.cc", "", "a room without a rule"),
    ("table/a_test.cc", "#include <leveldb/table.h>", ""),
    ("base/a.cc", 'std::cerr << "x";', "a library prints"),
    ("base/a.cc", "void F() { abort(); }", "a library ends the process"),
    ("base/a.cc", "throw 1;", "a library throws"),
    ("base/a.cc", '// never throw or abort()\nf("exit(1)");', ""),
    ("base/a.cc", "file.exit(); Printf(1); snprintf(b, 1, f);", ""),
    ("base/a.cc", 'getenv("HOME");', "a library reads the environment"),
    ("cli/a.cc", 'std::cout << getenv("HOME");', ""),
    ("base/a.cc", "CHECK_EQ(a, b);", "a library ends the process"),
    ("base/a.cc", "DCHECK(a);", "a library ends the process"),
    ("data/a.cc", "int i = std::stoi(text);", "a library throws"),
    ("state/a.cc", "return Parse(text).value();", "a library throws"),
    ("table/a.cc", "Cursor in(it.value()); x = a.bytes_list().value();", ""),
    ("table/a.cc", "assert(n > 0);", "a library asserts"),
    ("table/a.cc", "static_assert(n > 0);", ""),
    ("table/a_builder.cc", "assert(n > 0);", ""),
    ("bundle/a.cc", "files.at(i);", "a library throws"),
]


def self_test():
    failures = 0
    for name, text, expected in SELF_TESTS:
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            path = root / "cairn" / name
            path.parent.mkdir(parents=True)
            path.write_text(text + "\n")
            (path.parent / "CMakeLists.txt").write_text(
                "cairn_room(x\n  SOURCES a.cc\n  HEADERS public.h\n"
                "  DEPS Cairn::base)\n")
            found = check_tree(root)
        good = len(found) == 1 and expected in found[0] if expected else not found
        if not good:
            failures += 1
            print(f"self-test: {name}: {text!r}: expected {expected!r}, "
                  f"got {found}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=default)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        sys.exit(1 if self_test() else 0)
    found = check_tree(arguments.root)
    print("\n".join(found) if found else "layers: every include is allowed")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
