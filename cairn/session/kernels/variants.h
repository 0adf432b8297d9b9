// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What values of type variant hold, and what ops of any type do with them.
//
// Inside this room only.
#ifndef CAIRN_SESSION_KERNELS_VARIANTS_H_
#define CAIRN_SESSION_KERNELS_VARIANTS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "cairn/session/kernel.h"

namespace cairn::session {

// Values that a branch hands to its gradient, or none.
struct Optional : Object {
  std::string_view what() const override { return "an optional"; }
  bool has_value = false;
  std::vector<Value> components;
};

// Tensors of one type, and of shapes that fit one; a value: never changed while
// somebody else has it.
struct List : Object {
  std::string_view what() const override { return "a list of tensors"; }
  DataType dtype = DataType::kInvalid;
  graph::PartialShape shape = graph::PartialShape::Unknown();
  int64_t max_size = -1;      // none
  std::vector<Value> values;  // dead where none was set
};

// ZerosLike of a variant: all tensors within are zeros.
Status VariantZeros(KernelContext& context);

}  // namespace cairn::session

#endif  // CAIRN_SESSION_KERNELS_VARIANTS_H_
