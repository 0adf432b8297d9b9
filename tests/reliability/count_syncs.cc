// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// R16: how many syncs of files and of directories the saves 1 to 4 of every way
// of saving do: exactly these. More cost time, fewer a checkpoint.
//
// Prints the table; exit 1 if a number differs, or a way has none here.
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "save_modes.h"

namespace cairn::reliability {
namespace {

using Call = FaultFileSystem::Call;

// "files+directories" of saves 1 to 4. The first one makes the directory "d",
// whose name is synced in that above it.
const std::map<std::string, std::string>& Expected() {
  static const std::map<std::string, std::string> expected = {
      {"new names", "3+3, 3+2, 3+2, 3+2"},
      {"overwrite", "2+2, 3+3, 3+3, 3+3"},
      {"overwrite by file count", "2+2, 3+2, 2+2, 3+2"},
      {"the same in the background", "2+2, 3+2, 2+2, 3+2"},
      {"manager, keep 1", "3+3, 3+2, 3+2, 3+2"},
      {"manager, keep 2", "3+3, 3+2, 3+2, 3+2"},
      {"manager, background", "3+3, 3+2, 3+2, 3+2"},
      {"incremental, keep 1", "3+3, 4+2, 5+2, 4+2"},
      {"incremental, overwrite", "2+2, 3+2, 4+2, 3+2"},
      {"incremental, by file count", "2+2, 3+2, 4+2, 3+2"},
      {"Saver and meta, same name", "4+3, 5+4, 5+4, 5+4"},
      {"Saver and meta, by file count", "4+3, 6+5, 5+5, 6+5"},
      {"Saver and meta, keep 1", "4+3, 4+2, 4+2, 4+2"},
      {"other shards, overwrite", "3+2, 4+2, 3+2, 4+2"},
      {"merge of parts, overwrite", "10+5, 11+6, 11+6, 11+6"},
      {"V1, overwrite", "1+2, 1+1, 1+1, 1+1"},
      {"migrate V1 to V2, overwrite", "4+3, 5+4, 5+4, 5+4"},
  };
  return expected;
}

std::string CountOf(const SaveMode& mode) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  const auto run = mode.begin(fs, "d");
  std::string counts;
  for (int value = 1; value <= 4; ++value) {
    fs.Clear();
    const Status status = run->Save(value);
    if (!status.ok()) return Message(status);
    counts = StrCat(counts, value == 1 ? "" : ", ", fs.calls(Call::kSync), "+",
                    fs.calls(Call::kSyncDirectory));
  }
  return counts;
}

int Main() {
  int wrong = 0;
  for (const SaveMode& mode : SaveModes(8)) {
    const std::string counts = CountOf(mode);
    const auto expected = Expected().find(mode.name);
    const bool is_right =
        expected != Expected().end() && expected->second == counts;
    std::printf("%-30s %s", mode.name.c_str(), counts.c_str());
    if (!is_right) {
      ++wrong;
      std::printf("  expected %s", expected == Expected().end()
                                       ? "nothing"
                                       : expected->second.c_str());
    }
    std::printf("\n");
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cairn::reliability

int main() { return cairn::reliability::Main(); }
