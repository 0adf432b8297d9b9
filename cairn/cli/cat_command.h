// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn cat PATH KEY`: one tensor, for people, as JSON, as .npy or as bytes.
#ifndef CAIRN_CLI_CAT_COMMAND_H_
#define CAIRN_CLI_CAT_COMMAND_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"
#include "cairn/inspect/source.h"
#include "cairn/tensor/tensor.h"

namespace CLI {
class App;
}

namespace cairn::cli {

enum class CatFormat { kText, kJson, kNpy, kRaw };

struct CatOptions {
  std::string path = "";
  std::string key = "";
  std::string key_base64 = "";  // instead of `key`, for keys no shell can spell
  CatFormat format = CatFormat::kText;
  bool all = false;  // do not shorten long arrays
};

void DeclareCat(CLI::App& verb, CatOptions& options);

// kExitNo when there is no such key or the tensor is damaged.
int RunCat(FileSystem& fs, const CatOptions& options, Console& console);

struct TensorText {
  std::string_view name;
  TensorView tensor;
  uint64_t bytes = 0;  // stored
  size_t pieces = 0;   // it is stored in; 0: whole
  bool all = false;    // do not shorten long arrays
};
// Name, dtype and shape, statistics, values.
void PrintTensorText(const TensorText& text, Console& console);

// Prints one tensor of an open checkpoint.
Status PrintTensor(const inspect::CheckpointSource& source,
                   const inspect::Entry& entry, const CatOptions& options,
                   Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_CAT_COMMAND_H_
