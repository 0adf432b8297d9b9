// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// PutFile: a fuzzer's bytes as a file of an in-memory file system.
#ifndef CAIRN_FUZZ_MEMORY_FILE_H_
#define CAIRN_FUZZ_MEMORY_FILE_H_

#include <cstdlib>
#include <string>
#include <string_view>

#include "cairn/base/file_system.h"

namespace cairn::fuzz {

// Ends the process, which a fuzzer reports: what must hold for any input.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

inline void PutFile(FileSystem& fs, const std::string& path,
                    std::string_view bytes) {
  auto file = fs.CreateNew(path);
  Require(file.ok() && (*file)->Append(bytes).ok() && (*file)->Close().ok());
}

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_MEMORY_FILE_H_
