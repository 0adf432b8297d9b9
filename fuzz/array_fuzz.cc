// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an IDX and as an NPY file: what parses as NPY is written as
// bytes that parse to the same.
#include <string_view>

#include "cairn/data/idx.h"
#include "cairn/data/npy.h"
#include "fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  cairn::data::ParseIdx(bytes, "x").status().IgnoreError();
  const auto tensor = cairn::data::ParseNpy(bytes, "x");
  if (!tensor.ok()) return 0;
  const auto written = cairn::data::FormatNpy(*tensor);
  if (!written.ok()) return 0;
  const auto again = cairn::data::ParseNpy(*written, "y");
  cairn::fuzz::Require(again.ok() &&
                       cairn::BitwiseEqual(again->view(), tensor->view()));
  return 0;
}
