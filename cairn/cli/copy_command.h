// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn copy PATH OUT`: a checkpoint again, in the same layout or another.
#ifndef CAIRN_CLI_COPY_COMMAND_H_
#define CAIRN_CLI_COPY_COMMAND_H_

#include <string>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"
#include "cairn/convert/copy.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct CopyCommandOptions {
  std::string path = "";
  std::string out = "";
  convert::CopyOptions how = {};
  bool json = false;
};

// Declares the verb's arguments, which fill `options` when they are parsed.
void DeclareCopy(CLI::App& verb, CopyCommandOptions& options);

// Returns the exit code.
int RunCopy(FileSystem& fs, const CopyCommandOptions& options,
            Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_COPY_COMMAND_H_
