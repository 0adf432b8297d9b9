// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/table/table_builder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/table/table.h"

namespace cairn::table {
namespace {

TEST(ShortestSeparator, FollowsTheWritersRule) {
  EXPECT_EQ(ShortestSeparator("abc", "abx"), "abd");
  EXPECT_EQ(ShortestSeparator("abcdef", "acz"), "abcdef");  // b + 1 == c
  EXPECT_EQ(ShortestSeparator("abcdef", "adz"), "ac");
  EXPECT_EQ(ShortestSeparator("a", "ab"), "a");
  EXPECT_EQ(ShortestSeparator("", "b"), "");
  EXPECT_EQ(ShortestSeparator("a\x7f", "a\x81"), "a\x80");
  EXPECT_EQ(ShortestSeparator("a\xfe\x01", "a\xff"), "a\xfe\x01");
}

TEST(ShortSuccessor, IncrementsTheFirstByteThatCan) {
  EXPECT_EQ(ShortSuccessor("abc"), "b");
  EXPECT_EQ(ShortSuccessor("\xff\xff"
                           "ab"),
            "\xff\xff"
            "b");
  EXPECT_EQ(ShortSuccessor("\xff\xff"), "\xff\xff");
  EXPECT_EQ(ShortSuccessor(""), "");
}

TEST(TableBuilder, WritesTheWorkedExampleOfTf) {
  // {b: float[1.5,-2], a: int64 7}, saved by TensorFlow's SaveV2.
  const std::string expected =
      "000006"
      "08011a020801"
      "00010d"
      "61"
      "080912002008280835bbd79f11"
      "00010f"
      "62"
      "0801120412020802280835"
      "3d33c8f4"
      "0000000001000000"
      "006e94ad96"
      "0000000001000000"
      "00c0f2a1b0"
      "000102"
      "63"
      "0035"
      "0000000001000000"
      "007e2c7d04"
      "3a08"
      "470e" +
      std::string(72, '0') + "57fb808b247547db";
  std::string out;
  TableBuilder builder(&out);
  const auto add = [&](std::string_view key, const char* hex) {
    std::string value;
    for (const char* p = hex; *p != '\0'; p += 2) {
      value += static_cast<char>(
          std::strtol(std::string(p, 2).c_str(), nullptr, 16));
    }
    EXPECT_TRUE(builder.Add(key, value).ok());
  };
  add("", "08011a020801");
  add("a", "080912002008280835bbd79f11");
  add("b", "08011204120208022808353d33c8f4");
  ASSERT_TRUE(builder.Finish().ok());
  EXPECT_EQ(HexBytes(out), expected);
  EXPECT_EQ(builder.file_size(), out.size());
}

TEST(TableBuilder, RejectsKeysThatDoNotAscend) {
  for (const char* second : {"b", "a", ""}) {
    std::string out;
    TableBuilder builder(&out);
    ASSERT_TRUE(builder.Add("b", "").ok());
    EXPECT_EQ(builder.Add(second, "").code(),
              absl::StatusCode::kInvalidArgument);
    // The builder stays failed.
    EXPECT_FALSE(builder.Add("c", "").ok());
    EXPECT_FALSE(builder.Finish().ok());
  }
}

TEST(TableBuilder, RefusesUseAfterFinish) {
  std::string out;
  TableBuilder builder(&out);
  ASSERT_TRUE(builder.Finish().ok());
  EXPECT_EQ(builder.Add("a", "").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(builder.Finish().code(), absl::StatusCode::kFailedPrecondition);
}

// Blocks of the table, from its iterator's point of view.
std::vector<size_t> EntriesOfBlocks(const std::string& file) {
  MemoryFileSystem fs;
  fs.Put("t", file);
  auto table = Table::Open(*fs.OpenForReading("t"));
  EXPECT_TRUE(table.ok()) << table.status();
  std::vector<size_t> counts;
  const Block* last = nullptr;
  Table::Iterator it(**table);
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    const auto value = (*table)->Get(it.key());
    EXPECT_TRUE(value.ok()) << value.status();
    if (value->block.get() != last) counts.push_back(0);
    last = value->block.get();
    ++counts.back();
  }
  EXPECT_TRUE(it.status().ok()) << it.status();
  return counts;
}

TEST(TableBuilder, CutsBeforeAnEntryOfTwiceTheBlockSize) {
  TableOptions options;
  options.block_size = 100;
  std::string out;
  TableBuilder builder(&out, options);
  ASSERT_TRUE(builder.Add("a", "1").ok());
  ASSERT_TRUE(builder.Add("b", std::string(198, 'x')).ok());  // 199: no cut
  ASSERT_TRUE(builder.Add("c", "1").ok());
  ASSERT_TRUE(builder.Add("d", std::string(199, 'x')).ok());  // 200: cut
  ASSERT_TRUE(builder.Add("e", "1").ok());
  ASSERT_TRUE(builder.Finish().ok());
  EXPECT_EQ(EntriesOfBlocks(out), (std::vector<size_t>{2, 1, 1, 1}));
}

TEST(TableBuilder, FailsWhenAnyCallFailsAndStaysFailed) {
  bool fired = true;
  for (int n = 0; fired; ++n) {
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    auto file = fs.CreateNew("t");
    ASSERT_TRUE(file.ok());
    fs.FailCall(n, ResourceExhaustedError("disk full"));
    TableOptions options;
    options.block_size = 64;
    TableBuilder builder(file->get(), options);
    for (int i = 10; i < 30; ++i) {
      builder.Add(StrCat("key", i), "a value").IgnoreError();
    }
    const Status status = builder.Finish();
    fired = fs.fired();
    EXPECT_EQ(status.ok(), !fired) << n;
    if (fired) {
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    }
    ASSERT_LT(n, 200);
  }
}

}  // namespace
}  // namespace cairn::table
