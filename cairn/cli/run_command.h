// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn run META`: runs a graph: restores its variables from a checkpoint,
// feeds arrays, fetches tensors.
#ifndef CAIRN_CLI_RUN_COMMAND_H_
#define CAIRN_CLI_RUN_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct RunOptions {
  std::string path = "";
  std::string checkpoint = "";          // prefix; "" for none
  std::vector<std::string> feeds = {};  // "x:0=file.npy"
  std::vector<std::string> texts = {};  // "name:0=text", a string scalar
  std::vector<std::string> fetches = {};
  std::vector<std::string> targets = {};
  std::string tags = "";       // of a SavedModel: "serve"
  std::string signature = "";  // feeds and fetches go by its names
  std::string out = "";        // directory for .npy files; "": text
  bool init = false;
  bool list_unsupported = false;
  bool all = false;  // do not shorten long arrays
  int threads = 0;
  uint64_t seed = 0;
};

void DeclareRun(CLI::App& verb, RunOptions& options);

// kExitNo when the graph cannot be run: ops that are not supported, an error
// of a node.
int RunGraphCommand(FileSystem& fs, const RunOptions& options,
                    Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_RUN_COMMAND_H_
