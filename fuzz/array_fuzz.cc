// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an IDX and as an NPY file: what parses as NPY is written as
// bytes that parse to the same.
#include "cairn/data/idx.h"
#include "cairn/data/npy.h"
#include "fuzz/target.h"

namespace cairn::fuzz {
namespace {

Status Run(std::string_view input) {
  data::ParseIdx(input, "x").status().IgnoreError();
  const auto tensor = data::ParseNpy(input, "x");
  if (!tensor.ok()) return tensor.status();
  const auto written = data::FormatNpy(*tensor);
  if (!written.ok()) return written.status();
  const auto again = data::ParseNpy(*written, "y");
  Require(again.ok() && BitwiseEqual(again->view(), tensor->view()));
  return OkStatus();
}

}  // namespace

const Target kArrayTarget = {"array", Run};

}  // namespace cairn::fuzz
