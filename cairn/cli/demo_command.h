// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn demo`: trains LeNet-5 on MNIST, saves it under both checkpoint
// systems, compares them, restores from each and looks into them.
#ifndef CAIRN_CLI_DEMO_COMMAND_H_
#define CAIRN_CLI_DEMO_COMMAND_H_

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"
#include "cairn/cli/demo.h"

namespace CLI {
class App;
}

namespace cairn::cli {

void DeclareDemo(CLI::App& verb, DemoOptions& options);

// kExitNo when a restored model did not answer as the saved one.
int RunDemo(FileSystem& fs, const DemoOptions& options, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_DEMO_COMMAND_H_
