// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn demo` in a build without nn: says that it is not there.
#ifndef CAIRN_CLI_NO_DEMO_COMMAND_H_
#define CAIRN_CLI_NO_DEMO_COMMAND_H_

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct DemoOptions {};

// Takes any arguments, so that the answer is about the build and not about
// them.
void DeclareDemo(CLI::App& verb, DemoOptions& options);

int RunDemo(FileSystem& fs, const DemoOptions& options, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_NO_DEMO_COMMAND_H_
