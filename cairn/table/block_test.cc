// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/table/block.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/table/block_builder.h"

namespace cairn::table {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

// Everything the block holds, or the error that ends the walk.
StatusOr<Entries> ReadAll(std::string_view contents) {
  CAIRN_ASSIGN_OR_RETURN(auto block, Block::Create(contents));
  BlockIterator it(block);
  Entries entries;
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    entries.emplace_back(it.key(), it.value());
  }
  CAIRN_RETURN_IF_ERROR(it.status());
  return entries;
}

void PutEntry(std::string& out, uint32_t shared, std::string_view unshared,
              std::string_view value) {
  PutVarint(out, shared);
  PutVarint(out, unshared.size());
  PutVarint(out, value.size());
  out.append(unshared);
  out.append(value);
}

std::string WithRestarts(std::string entries,
                         const std::vector<uint32_t>& restarts) {
  for (const uint32_t restart : restarts) PutFixed32(entries, restart);
  PutFixed32(entries, static_cast<uint32_t>(restarts.size()));
  return entries;
}

void ExpectDataLoss(const std::string& contents, const std::string& text) {
  const StatusOr<Entries> entries = ReadAll(contents);
  ASSERT_FALSE(entries.ok()) << text;
  EXPECT_EQ(entries.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(entries.status()).find(text), std::string::npos)
      << entries.status();
}

TEST(BlockBuilder, WritesAnEmptyBlockAsTf) {
  BlockBuilder builder(16);
  EXPECT_EQ(HexBytes(builder.Finish()), "0000000001000000");
  EXPECT_TRUE(ReadAll(builder.Finish().substr(0, 8))->empty());
}

TEST(BlockBuilder, SharesPrefixesUntilTheRestart) {
  BlockBuilder builder(2);
  builder.Add("car", "1");
  builder.Add("cart", "2");
  builder.Add("carton", "3");
  EXPECT_EQ(builder.size(), 34u);
  EXPECT_EQ(HexBytes(builder.Finish()),
            "000301"
            "63617231"
            "030101"
            "7432"
            "000601"
            "636172746f6e33"
            "00000000"
            "0c000000"
            "02000000");
}

TEST(BlockIterator, FindsEveryKeyForEveryRestartInterval) {
  for (const int interval : {1, 2, 3, 16, 1000}) {
    BlockBuilder builder(interval);
    std::map<std::string, std::string> model;
    for (int i = 0; i < 300; i += 3) {
      model[StrCat("key/", i / 100, "/", i)] =
          std::string(static_cast<size_t>(i), 'v');
    }
    model[""] = "empty";
    for (const auto& [key, value] : model) builder.Add(key, value);
    const std::string contents(builder.Finish());
    EXPECT_EQ(*ReadAll(contents), Entries(model.begin(), model.end()));
    BlockIterator it(*Block::Create(contents));
    for (int i = 0; i < 310; ++i) {
      const std::string target = StrCat("key/", i / 100, "/", i);
      it.Seek(target);
      const auto expected = model.lower_bound(target);
      ASSERT_EQ(it.Valid(), expected != model.end()) << target;
      if (!it.Valid()) continue;
      EXPECT_EQ(it.key(), expected->first);
      EXPECT_EQ(it.value(), expected->second);
    }
  }
}

TEST(BlockReader, RejectsBlocksWithoutRoomForRestarts) {
  for (size_t n = 0; n < 8; ++n) {
    std::string contents(n, '\0');
    if (n > 4) contents[n - 4] = 1;
    ExpectDataLoss(contents, "restart");
  }
}

TEST(BlockReader, RejectsRestartCountBeyondBlock) {
  std::string entries;
  PutEntry(entries, 0, "a", "1");
  PutFixed32(entries, 0);
  for (const uint32_t count : {0u, 3u, 0x40000000u, 0xffffffffu}) {
    std::string contents = entries;
    PutFixed32(contents, count);
    ExpectDataLoss(contents, "restarts in a block");
  }
}

TEST(BlockReader, RejectsRestartsOutsideOrOutOfOrder) {
  std::string entries;
  PutEntry(entries, 0, "a", "1");
  PutEntry(entries, 0, "b", "2");
  EXPECT_TRUE(ReadAll(WithRestarts(entries, {0, 5})).ok());
  ExpectDataLoss(WithRestarts(entries, {5}), "restart 0 of 1 is at 5");
  ExpectDataLoss(WithRestarts(entries, {0, 10}), "restart 1 of 2 is at 10");
  ExpectDataLoss(WithRestarts(entries, {0, 0}), "restart 1 of 2 is at 0");
  ExpectDataLoss(WithRestarts(entries, {0, 5, 5}), "restart 2 of 3");
  ExpectDataLoss(WithRestarts(entries, {0, 0xffffffff}), "restart 1 of 2");
}

TEST(BlockReader, RejectsRestartsInsideEntries) {
  std::string entries;
  PutEntry(entries, 0, "a", "1");
  PutEntry(entries, 0, "b", "2");
  ExpectDataLoss(WithRestarts(entries, {0, 3}), "inside an entry");
  ExpectDataLoss(WithRestarts(entries, {0, 7}), "inside an entry");
}

TEST(BlockReader, RejectsSharedPrefixAtRestart) {
  std::string entries;
  PutEntry(entries, 0, "a", "1");
  PutEntry(entries, 1, "b", "2");
  EXPECT_TRUE(ReadAll(WithRestarts(entries, {0})).ok());
  ExpectDataLoss(WithRestarts(entries, {0, 5}), "shared prefix");
}

TEST(BlockReader, RejectsPrefixLongerThanKey) {
  std::string entries;
  PutEntry(entries, 0, "a", "1");
  PutEntry(entries, 2, "b", "2");
  ExpectDataLoss(WithRestarts(entries, {0}), "longer than the key");
}

TEST(BlockReader, RejectsLengthsThatWrapWhenAdded) {
  std::string entries;
  PutVarint(entries, 0);
  PutVarint(entries, 0xffffffff);
  PutVarint(entries, 2);
  entries += "k";
  ExpectDataLoss(WithRestarts(entries, {0}), "lengths beyond the block");
}

TEST(BlockReader, RejectsMalformedLengths) {
  ExpectDataLoss(WithRestarts(std::string(11, '\xff'), {0}),
                 "malformed lengths");
  ExpectDataLoss(WithRestarts(std::string(2, '\0'), {0}), "malformed lengths");
}

TEST(BlockReader, RejectsKeysThatDoNotAscend) {
  for (const char* second : {"b", "a", ""}) {
    std::string entries;
    PutEntry(entries, 0, "b", "1");
    PutEntry(entries, 0, second, "2");
    ExpectDataLoss(WithRestarts(entries, {0}), "not above the one before");
  }
  std::string entries;
  PutEntry(entries, 0, "ab", "1");
  PutEntry(entries, 1, "a", "2");
  ExpectDataLoss(WithRestarts(entries, {0}), "not above the one before");
}

TEST(BlockReader, SurvivesEverySingleByteChange) {
  BlockBuilder builder(2);
  for (const char* key : {"", "a", "ab", "abc", "b"}) builder.Add(key, "value");
  const std::string good(builder.Finish());
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      // No checksum here: what it says may differ, but it must end.
      const StatusOr<Entries> entries = ReadAll(bad);
      if (entries.ok()) {
        EXPECT_LE(entries->size(), good.size());
      }
      if (const auto block = Block::Create(bad); block.ok()) {
        BlockIterator it(*block);
        for (const char* key : {"", "a", "abb", "z"}) it.Seek(key);
      }
    }
  }
}

}  // namespace
}  // namespace cairn::table
