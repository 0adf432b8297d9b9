// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn ls PATH`: the tensors of a checkpoint, as a table or as JSON lines.
#ifndef CAIRN_CLI_LS_COMMAND_H_
#define CAIRN_CLI_LS_COMMAND_H_

#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/cli/console.h"
#include "cairn/inspect/source.h"

namespace CLI {
class App;
}

namespace cairn::cli {

enum class LsSort { kKey, kBytes, kOffset, kDtype };

struct LsOptions {
  std::string path = "";
  bool json = false;    // one object a line instead of a table
  bool sha256 = false;  // hash every tensor
  bool place = false;   // the table has shard, offset and checksum too
  bool human = false;   // sizes as "215.7 KiB"
  bool reverse = false;
  LsSort sort = LsSort::kKey;
  std::vector<std::string> filters = {};  // globs; a key must match one of them
};

// Declares the verb's arguments, which fill `options` when they are parsed.
void DeclareLs(CLI::App& verb, LsOptions& options);

// Locates, opens and lists; returns the exit code.
int RunLs(FileSystem& fs, const LsOptions& options, Console& console);

// Lists an open checkpoint. Entries that cannot be read, or whose checksum is
// wrong when they are hashed, are reported and left out or without a hash:
// kExitNo. kExitNo also when filters were given and no key matches.
int ListEntries(const inspect::CheckpointSource& source,
                const LsOptions& options, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_LS_COMMAND_H_
