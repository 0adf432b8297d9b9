// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Tensor values as text: for people, as NumPy prints arrays, and as JSON.
//
// JSON of an element:
//   floats                 shortest digits that read back the same in the
//                          element's own type, always with '.' or exponent;
//                          "NaN", "Infinity", "-Infinity" as strings
//   integers, quantized    digits (up to 64 bits: beyond 2^53 not every JSON
//                          reader keeps them)
//   bool                   true, false
//   complex                [real, imaginary]
//   string                 a string if it is UTF-8, else {"base64": "..."}
//   variant                {"base64": "..."} of the stored message
//
// Thread-safe.
#ifndef CAIRN_CLI_VALUE_TEXT_H_
#define CAIRN_CLI_VALUE_TEXT_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "cairn/tensor/tensor.h"

namespace cairn::cli {

// Element `i` as a JSON value.
std::string JsonElement(const TensorView& tensor, int64_t i);

// Nested lists of the shape's depth; a bare element for a scalar. Streams.
void WriteJsonValue(const TensorView& tensor, std::ostream& out);

// Element `i` for people: strings quoted and cut, variants described.
std::string ElementText(const TensorView& tensor, int64_t i);

struct ArrayTextOptions {
  int64_t threshold = 1000;  // more elements than this are summarised
  int64_t edge = 3;          // elements shown at each end then
  int width = 79;
};
// As NumPy prints it: nested brackets, aligned, with "..." when summarised.
std::string ArrayText(const TensorView& tensor,
                      const ArrayTextOptions& options = {});

}  // namespace cairn::cli

#endif  // CAIRN_CLI_VALUE_TEXT_H_
