// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn state DIR`: what a directory's `checkpoint` file says, and whether it
// is so; with a verb before DIR, changes it: `relocate`, `prune`.
#ifndef CAIRN_CLI_STATE_COMMAND_H_
#define CAIRN_CLI_STATE_COMMAND_H_

#include <string>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"
#include "cairn/cli/state_prune_command.h"
#include "cairn/cli/state_relocate_command.h"
#include "cairn/state/checkpoint_state.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct StateOptions {
  std::string path = "";  // a directory, or the state file itself
  bool json = false;
  // Which verb was given after `state`, if one was.
  enum class Verb { kShow, kRelocate, kPrune };
  Verb verb = Verb::kShow;
  RelocateOptions relocate = {};
  PruneOptions prune = {};
};

// The state file that a path on the command line means.
struct StatePlace {
  std::string dir;
  std::string file_name;
};
// NotFound when there is no such path.
StatusOr<StatePlace> FindStateFile(FileSystem& fs, const std::string& path);

void DeclareState(CLI::App& verb, StateOptions& options);

// kExitNo when the file does not parse, or (without --json, which only says
// what is in the file) when the latest checkpoint is not there.
int RunState(FileSystem& fs, const StateOptions& options, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_STATE_COMMAND_H_
