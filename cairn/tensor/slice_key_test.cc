// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/tensor/slice_key.h"

namespace cairn {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::string Key(std::string_view name, const std::string& slice) {
  return HexBytes(EncodeTensorNameSlice(name, *TensorSlice::Parse(slice)));
}

TEST(SliceKey, MatchesTfsBytes) {
  EXPECT_EQ(Key("w", "-:-"), "007700010102807f807f");
  EXPECT_EQ(Key("w", "0,2:-"), "0077000101028082807f");
  EXPECT_EQ(Key("w", "1000000,50000:3,1"), "007700010102ef4240e0c3508381");
  EXPECT_EQ(Key("b", ""),
            "006200"
            "0100");
  EXPECT_EQ(Key("", "-"), "0000010101807f");
  EXPECT_EQ(Key(std::string("a\0b\xff"
                            "c",
                            5),
                ""),
            "006100ff62ff00630001"
            "00");
}

TEST(SliceKey, EncodesNumbersAsTf) {
  // Value and the bytes TensorFlow's ordered code gives it.
  const std::vector<std::pair<int64_t, std::string>> rows = {
      {1, "81"},
      {63, "bf"},
      {64, "c040"},
      {8191, "dfff"},
      {8192, "e02000"},
      {50000, "e0c350"},
      {1048575, "efffff"},
      {1048576, "f0100000"},
      {134217727, "f7ffffff"},
      {134217728, "f808000000"},
      {(int64_t{1} << 48) - 1, "feffffffffffff"},
      {int64_t{1} << 48, "ff01000000000000"},
      {(int64_t{1} << 55) - 1, "ff7fffffffffffff"},
      {int64_t{1} << 55, "ff8080000000000000"},
      {int64_t{1} << 62, "ffc04000000000000000"},
      {kMax, "ffc07fffffffffffffff"},
  };
  for (const auto& [value, bytes] : rows) {
    const auto slice = TensorSlice::Create({{0, value}});
    ASSERT_TRUE(slice.ok());
    const std::string key = EncodeTensorNameSlice("", *slice);
    EXPECT_EQ(HexBytes(key),
              "000001"
              "0101"
              "80" +
                  bytes)
        << value;
    const auto back = DecodeTensorNameSlice(key);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->slice, *slice);
  }
}

TEST(SliceKey, RoundTripsOddNames) {
  for (const std::string& name :
       {std::string(), std::string("\0", 1), std::string("\xff\xff\0\x01", 4),
        std::string("a/b"), std::string("\0\xff\0\x01", 4)}) {
    const TensorSlice slice = *TensorSlice::Parse("5,3:-:0,1");
    const auto back = DecodeTensorNameSlice(EncodeTensorNameSlice(name, slice));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->name, name);
    EXPECT_EQ(back->slice, slice);
  }
}

TEST(SliceKey, IsToldFromNamesThatStartWithZero) {
  EXPECT_TRUE(IsSliceKey(EncodeTensorNameSlice("a", TensorSlice(1))));
  EXPECT_TRUE(IsSliceKey(EncodeTensorNameSlice("", TensorSlice())));
  for (const std::string& name :
       {std::string(), std::string("a"), std::string("\0", 1),
        std::string("\0\0", 2), std::string("\0a", 2)}) {
    EXPECT_FALSE(IsSliceKey(name)) << HexBytes(name);
  }
}

TEST(SliceKey, RejectsEveryTruncation) {
  const std::string key = EncodeTensorNameSlice(
      std::string("a\0\xff", 3), *TensorSlice::Parse("70,1000000:-"));
  for (size_t n = 0; n < key.size(); ++n) {
    EXPECT_EQ(DecodeTensorNameSlice(key.substr(0, n)).status().code(),
              absl::StatusCode::kDataLoss)
        << n;
  }
  EXPECT_FALSE(DecodeTensorNameSlice(key + "x").ok());
}

TEST(SliceKey, RejectsOrRoundTripsEveryByteChange) {
  const std::string key =
      EncodeTensorNameSlice("ab", *TensorSlice::Parse("70,1000000:-"));
  for (size_t i = 0; i < key.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = key;
      changed[i] = static_cast<char>(byte);
      const auto decoded = DecodeTensorNameSlice(changed);
      if (!decoded.ok()) continue;
      EXPECT_EQ(EncodeTensorNameSlice(decoded->name, decoded->slice), changed);
    }
  }
}

}  // namespace
}  // namespace cairn
