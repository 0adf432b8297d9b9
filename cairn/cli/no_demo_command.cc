// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/no_demo_command.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

void DeclareDemo(CLI::App& verb, DemoOptions&) { verb.allow_extras(); }

int RunDemo(FileSystem&, const DemoOptions&, Console& console) {
  console.Note(
      "demo: this build cannot train (it was configured with CAIRN_NN=OFF)");
  return kExitTrouble;
}

}  // namespace cairn::cli
