// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn verify PATH...`: whether checkpoints are intact.
#ifndef CAIRN_CLI_VERIFY_COMMAND_H_
#define CAIRN_CLI_VERIFY_COMMAND_H_

#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct VerifyCommandOptions {
  std::vector<std::string> paths = {};
  bool all = false;   // every checkpoint of a directory, not only the latest
  bool json = false;  // one object a checkpoint
  int threads = 0;    // 0: as many as the machine has
};

// Declares the verb's arguments, which fill `options` when they are parsed.
void DeclareVerify(CLI::App& verb, VerifyCommandOptions& options);

// kExitOk when all are intact, kExitNo when one is damaged, kExitTrouble when
// one cannot be read.
int RunVerify(FileSystem& fs, const VerifyCommandOptions& options,
              Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_VERIFY_COMMAND_H_
