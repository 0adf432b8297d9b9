// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn state prune DIR --policy POLICY`: removes those of the checkpoints a
// `checkpoint` file lists that a retention policy does not keep.
#ifndef CAIRN_CLI_STATE_PRUNE_COMMAND_H_
#define CAIRN_CLI_STATE_PRUNE_COMMAND_H_

#include <string>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct PruneOptions {
  std::string path = "";    // a directory, or the state file itself
  std::string policy = "";  // state/retention_policy.h has the grammar
  // A JSON file with the checkpoints' metrics; "": checkpoint.metrics.json of
  // the directory, if it is there.
  std::string metrics = "";
  std::string meta_suffix = "meta";
  bool dry_run = false;
};

void DeclarePrune(CLI::App& verb, PruneOptions& options);

// Touches only checkpoints that the file lists and that are in its directory;
// never the latest. The file is written before the first one is removed.
int RunPrune(FileSystem& fs, const PruneOptions& options, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_STATE_PRUNE_COMMAND_H_
