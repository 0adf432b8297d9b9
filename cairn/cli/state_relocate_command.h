// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn state relocate DIR`: mends the paths of a `checkpoint` file after its
// directory was moved.
#ifndef CAIRN_CLI_STATE_RELOCATE_COMMAND_H_
#define CAIRN_CLI_STATE_RELOCATE_COMMAND_H_

#include <string>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct RelocateOptions {
  std::string path = "";  // a directory, or the state file itself
  std::string from = "";  // what paths start with now; "": see the footer
  std::string to = "";    // what they shall start with
  bool relative = false;  // relative to the directory
  bool dry_run = false;
};

void DeclareRelocate(CLI::App& verb, RelocateOptions& options);

// kExitNo, and nothing written, when the latest checkpoint would still not be
// there.
int RunRelocate(FileSystem& fs, const RelocateOptions& options,
                Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_STATE_RELOCATE_COMMAND_H_
