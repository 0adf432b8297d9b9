// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the names in a directory stand for, and all checkpoints of one.
//
//   CAIRN_ASSIGN_OR_RETURN(std::vector<Target> all, LocateAll(fs, "tf_ckpt"));
//
// Thread-safe.
#ifndef CAIRN_INSPECT_DIRECTORY_H_
#define CAIRN_INSPECT_DIRECTORY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/inspect/locate.h"

namespace cairn::inspect {

// The checkpoints of either format whose files are in the directory itself,
// each once: bundles in natural order of their prefixes, then V1 ones in order
// of names. Leftovers of saves that were cut off are none.
StatusOr<std::vector<Target>> LocateAll(FileSystem& fs, const std::string& dir);

// --- names, looked at as text only ---

// The prefix of "<prefix>.data-00003-of-00008".
std::optional<std::string> PrefixOfDataFile(std::string_view path);
// The same, or that of "<prefix>.index"; "" for every other name.
std::string PrefixOfFileName(std::string_view path);
// Whether it is one that a save gives to a file until it is complete.
bool IsTemporary(std::string_view name);

// Whether the file ends with a table's magic number.
StatusOr<bool> EndsLikeTable(FileSystem& fs, const std::string& path);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_DIRECTORY_H_
