#!/usr/bin/env python3
# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Takes the examples out of a Markdown page so that tests can run them.

usage: readme_examples.py cpp PAGE     one C++ program of all ```cpp blocks
       readme_examples.py shell PAGE   one bash script of all ```sh blocks

A block whose first line before the fence is <!-- not run --> is left out.
Statements of a C++ block form the body of main(); each block has a scope of its
own. A Status named `status` at the end of a block is checked. In a shell block
a failing line ends the script.
"""

import pathlib
import re
import sys

BLOCK = re.compile(
    r"^(?P<mark><!-- not run -->\n)?```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.M | re.S)


def blocks(text, language):
    return [m["body"] for m in BLOCK.finditer(text)
            if m["language"] == language and not m["mark"]]


def cpp_program(text):
    includes, bodies = [], []
    for block in blocks(text, "cpp"):
        lines = block.splitlines()
        includes += [line for line in lines if line.startswith("#include")]
        body = [line for line in lines if not line.startswith("#include")]
        if any(re.search(r"\bstatus\b", line) for line in body):
            body.append("if (!status.ok()) return Fail(status);")
        bodies.append("  {\n" + "\n".join("    " + b for b in body) + "\n  }\n")
    if not bodies:
        sys.exit("no C++ examples found")
    return ("#include <iostream>\n" +
            "\n".join(dict.fromkeys(includes)) +
            "\n\n[[maybe_unused]] static int Fail(const cairn::Status& s) {\n"
            '  std::cerr << cairn::Message(s) << "\\n";\n'
            "  return 1;\n}\n\nint main() {\n" + "".join(bodies) +
            "  return 0;\n}\n")


def shell_script(text):
    bodies = blocks(text, "sh")
    if not bodies:
        sys.exit("no shell examples found")
    return "set -euo pipefail\n" + "\n".join(bodies)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("cpp", "shell"):
        sys.exit(__doc__)
    text = pathlib.Path(sys.argv[2]).read_text()
    make = cpp_program if sys.argv[1] == "cpp" else shell_script
    sys.stdout.write(make(text))


if __name__ == "__main__":
    main()
