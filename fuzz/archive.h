// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Several files as one input, for targets that read more than one.
//
//   archive  ( fixed16 name length, fixed32 size, name, contents )*
//
// Any bytes are an archive: lengths beyond the end mean up to the end.
#ifndef CAIRN_FUZZ_ARCHIVE_H_
#define CAIRN_FUZZ_ARCHIVE_H_

#include <string>
#include <string_view>
#include <vector>

namespace cairn::fuzz {

struct ArchivedFile {
  std::string name;
  std::string contents;
};

inline constexpr size_t kMaxArchivedFiles = 64;

std::vector<ArchivedFile> ParseArchive(std::string_view bytes);
std::string FormatArchive(const std::vector<ArchivedFile>& files);

// The file of that name, or null.
ArchivedFile* FindFile(std::vector<ArchivedFile>& files, std::string_view name);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_ARCHIVE_H_
