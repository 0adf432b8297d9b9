// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The names of temporaries and the text of journals, for commit.cc and
// commit_link.cc only. Both are described in commit.h.
#ifndef CAIRN_BASE_JOURNAL_H_
#define CAIRN_BASE_JOURNAL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::commit_internal {

// Names are tried until one is free, but not for ever.
inline constexpr int kMaxNameAttempts = 16;

// A fresh name for what will be `final_path`, a file of `prefix`.
std::string NewTemporaryName(std::string_view final_path,
                             std::string_view prefix);

// The same, not taken at the moment.
StatusOr<std::string> FreeTemporaryName(FileSystem& fs,
                                        std::string_view final_path,
                                        std::string_view prefix);

// Whether `name` is a temporary of `prefix`; `final_name` gets what it is for.
bool ParseTemporaryName(std::string_view name, std::string_view prefix,
                        std::string_view* final_name);

struct JournalEntry {
  uint64_t size = 0;
  std::string temporary;  // paths
  std::string final_path;
};

std::string FormatJournal(const std::vector<JournalEntry>& entries);

// Empty without a journal. DataLoss when it is not one that a commit wrote.
StatusOr<std::vector<JournalEntry>> ReadJournal(FileSystem& fs,
                                                const std::string& prefix);

}  // namespace cairn::commit_internal

#endif  // CAIRN_BASE_JOURNAL_H_
