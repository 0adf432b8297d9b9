// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// V1 files made by hand, right and wrong, for this room's tests.
#ifndef CAIRN_V1_TEST_FILES_H_
#define CAIRN_V1_TEST_FILES_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/base/wire.h"
#include "cairn/table/table_builder.h"
#include "cairn/tensor/shape_wire.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/slice_key.h"
#include "cairn/v1/meta.h"
#include "cairn/v1/values.h"

namespace cairn::v1 {

// A file's records by key; whatever they are.
using Records = std::map<std::string, std::string>;

inline std::string TableOf(const Records& records,
                           const table::TableOptions& options = {}) {
  std::string file;
  table::TableBuilder builder(&file, options);
  for (const auto& [key, value] : records) {
    EXPECT_TRUE(builder.Add(key, value).ok());
  }
  EXPECT_TRUE(builder.Finish().ok());
  return file;
}

inline std::string Field(uint32_t field, std::string_view bytes) {
  std::string out;
  PutMessage(out, field, bytes);
  return out;
}
inline std::string Number(uint32_t field, int64_t value) {
  std::string out;
  PutTag(out, field, kWireVarint);
  PutVarint(out, static_cast<uint64_t>(value));
  return out;
}

inline TensorSlice Slice(std::string_view text) {
  return *TensorSlice::Parse(text);
}
inline std::string Key(std::string_view name, std::string_view slice) {
  return EncodeTensorNameSlice(name, Slice(slice));
}

// A data record with these bytes as its TensorProto.
inline std::string DataRecord(std::string_view name, std::string_view slice,
                              std::string_view proto) {
  return Field(2, Field(1, name) + Field(2, EncodeSlice(Slice(slice))) +
                      Field(3, proto));
}

// int32 w[4,2] = 0..7 in two pieces, float s = 1.5, string n = ["a", ""].
inline Records SmallRecords() {
  const std::string w =
      StrCat(Field(2, EncodeShape(Shape({4, 2}))), Number(3, 3),
             Field(4, EncodeSlice(Slice("0,2:-"))),
             Field(4, EncodeSlice(Slice("2,2:-"))));
  const std::string s = StrCat(Field(2, ""), Number(3, 1), Field(4, ""));
  const std::string n = StrCat(Field(2, EncodeShape(Shape({2}))), Number(3, 7),
                               Field(4, EncodeSlice(Slice("-"))));
  const std::string meta =
      StrCat(Field(1, Field(1, "w") + w), Field(1, Field(1, "s") + s),
             Field(1, Field(1, "n") + n), Field(2, Number(1, 1)));
  using namespace std::string_literals;  // NOLINT: bytes with zeros
  return {
      {"", Field(1, meta)},
      {Key("w", "0,2:-"), DataRecord("w", "0,2:-", Field(7, "\0\1\2\3"s))},
      {Key("w", "2,2:-"), DataRecord("w", "2,2:-", Field(7, "\4\5\6\7"s))},
      {Key("s", ""), DataRecord("s", "", Field(5, "\0\0\xc0\x3f"s))},
      {Key("n", "-"), DataRecord("n", "-", Field(8, "a") + Field(8, ""))},
  };
}

}  // namespace cairn::v1

#endif  // CAIRN_V1_TEST_FILES_H_
