// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Tables whose checksums are right and whose contents are not: one corruption
// for each field, and that no two ways of reading a table disagree about it.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/table/block_builder.h"
#include "cairn/table/table.h"
#include "cairn/table/table_builder.h"

namespace cairn::table {
namespace {

// An entry as it is stored; the fields need not fit.
std::string Raw(uint64_t shared, uint64_t unshared, uint64_t value_size,
                const std::string& bytes) {
  std::string out;
  PutVarint(out, shared);
  PutVarint(out, unshared);
  PutVarint(out, value_size);
  return out + bytes;
}

std::string Contents(std::string entries, const std::vector<uint32_t>& restarts,
                     uint32_t count) {
  for (const uint32_t restart : restarts) PutFixed32(entries, restart);
  PutFixed32(entries, count);
  return entries;
}

std::string BlockOf(const std::vector<std::string>& keys, int interval = 16) {
  BlockBuilder builder(interval);
  for (const std::string& key : keys) builder.Add(key, "v");
  return std::string(builder.Finish());
}

// A table of these blocks' contents and index keys.
std::string TableOf(
    const std::vector<std::pair<std::string, std::string>>& blocks,
    const std::string& metaindex = BlockOf({})) {
  std::string file;
  const auto put = [&file](const std::string& contents) {
    const BlockHandle handle{file.size(), contents.size()};
    file += contents + BlockTrailer(contents, Compression::kNone);
    return handle;
  };
  BlockBuilder index(1);
  for (const auto& [contents, separator] : blocks) {
    std::string handle;
    AppendHandle(handle, put(contents));
    index.Add(separator, handle);
  }
  Footer footer;
  footer.metaindex = put(metaindex);
  footer.index = put(std::string(index.Finish()));
  return file + EncodeFooter(footer);
}

struct Walk {
  std::vector<std::pair<std::string, std::string>> entries;
  Status status;
};

Walk WalkAll(const Table& table) {
  Walk walk;
  Table::Iterator it(table);
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    walk.entries.emplace_back(it.key(), it.value());
  }
  walk.status = it.status();
  return walk;
}

// Whatever the bytes are: lookups say what the walk shows.
void ExpectAgreement(const std::string& bytes,
                     const std::vector<std::string>& probes) {
  MemoryFileSystem fs;
  fs.Put("t", bytes);
  for (const auto access : {Table::Access::kMap, Table::Access::kRead}) {
    for (const bool walk_first : {false, true}) {
      const auto opened = Table::Open(*fs.OpenForReading("t"), access);
      if (!opened.ok()) continue;
      const Table& table = **opened;
      Walk walk;
      if (walk_first) walk = WalkAll(table);
      std::map<std::string, StatusOr<std::string>> found;
      for (const std::string& probe : probes) {
        const auto value = table.Get(probe);
        found.emplace(probe, value.ok()
                                 ? StatusOr<std::string>(value->bytes)
                                 : StatusOr<std::string>(value.status()));
        Table::Iterator it(table);
        it.Seek(probe);
        const bool seek_found = it.Valid() && it.key() == probe;
        ASSERT_EQ(value.ok(), seek_found) << Escape(probe);
        if (seek_found) {
          ASSERT_EQ(it.value(), value->bytes);
        } else if (absl::IsNotFound(value.status()) && it.Valid()) {
          ASSERT_GT(it.key(), probe);
        }
      }
      if (!walk_first) walk = WalkAll(table);
      const std::map<std::string, std::string> model(walk.entries.begin(),
                                                     walk.entries.end());
      for (const auto& [probe, value] : found) {
        const auto shown = model.find(probe);
        if (shown != model.end()) {
          ASSERT_TRUE(value.ok()) << Escape(probe) << ": " << value.status();
          ASSERT_EQ(*value, shown->second);
        } else if (walk.status.ok() ||
                   (!model.empty() && probe < model.rbegin()->first)) {
          ASSERT_TRUE(absl::IsNotFound(value.status())) << Escape(probe);
        }
      }
    }
  }
}

const std::vector<std::string> kProbes = {
    "",  "a",  "aa", "ab",  "b",  "ba", "c", "ca", "d",
    "e", "e/", "f",  "f\0", "fa", "g",  "h", "z",  "\xff"};

// Opening, walking and looking a key up all report it.
void ExpectRejected(const std::string& bytes, const std::string& key,
                    const std::string& text) {
  SCOPED_TRACE(text);
  MemoryFileSystem fs;
  fs.Put("t", bytes);
  for (const auto access : {Table::Access::kMap, Table::Access::kRead}) {
    const auto opened = Table::Open(*fs.OpenForReading("t"), access);
    std::vector<Status> statuses = {opened.status()};
    if (opened.ok()) {
      statuses = {WalkAll(**opened).status, (*opened)->Get(key).status()};
    }
    for (const Status& status : statuses) {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      EXPECT_NE(Message(status).find(text), std::string::npos) << status;
    }
  }
  ExpectAgreement(bytes, kProbes);
}

void ExpectBlockRejected(const std::string& contents, const std::string& text) {
  ExpectRejected(TableOf({{contents, "z"}}), "a", text);
  // As the index and as the metaindex, too.
  ExpectRejected(TableOf({{BlockOf({"a"}), "z"}}, contents), "a", text);
}

TEST(HostileTable, RejectsRestartCounts) {
  const std::string entries = Raw(0, 1, 1, "a1") + Raw(0, 1, 1, "b2");
  for (const uint32_t count : {0u, 4u, 0x3fffffffu, 0x40000000u, 0xffffffffu}) {
    ExpectBlockRejected(Contents(entries, {0}, count), "restarts in a block");
  }
}

TEST(HostileTable, RejectsRestartOffsets) {
  const std::string entries = Raw(0, 1, 1, "a1") + Raw(0, 1, 1, "b2");
  ExpectBlockRejected(Contents(entries, {5}, 1), "restart 0 of 1");
  ExpectBlockRejected(Contents(entries, {0, 10}, 2), "restart 1 of 2");
  ExpectBlockRejected(Contents(entries, {0, 0}, 2), "restart 1 of 2");
  ExpectBlockRejected(Contents(entries, {0, 0xffffffff}, 2), "restart 1 of 2");
  ExpectBlockRejected(Contents(entries, {0, 4}, 2), "inside an entry");
  ExpectBlockRejected(Contents(entries, {0, 7}, 2), "inside an entry");
}

TEST(HostileTable, RejectsSharedLengths) {
  const std::string a = Raw(0, 1, 1, "a1");
  ExpectBlockRejected(Contents(Raw(1, 1, 1, "a1"), {0}, 1), "shared prefix");
  ExpectBlockRejected(Contents(a + Raw(1, 1, 1, "b2"), {0, 5}, 2),
                      "shared prefix");
  ExpectBlockRejected(Contents(a + Raw(2, 1, 1, "b2"), {0}, 1),
                      "longer than the key");
  ExpectBlockRejected(Contents(a + Raw(0xffffffff, 1, 1, "b2"), {0}, 1),
                      "longer than the key");
}

TEST(HostileTable, RejectsUnsharedAndValueLengths) {
  for (const auto& [unshared, value] :
       std::vector<std::pair<uint64_t, uint64_t>>{{3, 0},
                                                  {0, 3},
                                                  {2, 1},
                                                  {0xffffffff, 3},
                                                  {3, 0xffffffff},
                                                  {0xffffffff, 0xffffffff}}) {
    ExpectBlockRejected(Contents(Raw(0, unshared, value, "a1"), {0}, 1),
                        "lengths beyond the block");
  }
  ExpectBlockRejected(Contents(Raw(0, uint64_t{1} << 32, 1, "a1"), {0}, 1),
                      "malformed lengths");
}

TEST(HostileTable, RejectsKeysThatDoNotAscend) {
  for (const char* second : {"b", "a", "aa"}) {
    const std::string entries =
        Raw(0, 1, 1, "b1") +
        Raw(0, std::string(second).size(), 1, std::string(second) + "2");
    ExpectBlockRejected(Contents(entries, {0}, 1), "not above the one before");
    // Where a search looks at the second only.
    ExpectBlockRejected(Contents(entries, {0, 5}, 2),
                        "not above the one before");
  }
}

TEST(HostileTable, RejectsDamageFarFromTheKeyLookedUp) {
  std::vector<std::string> keys;
  for (int i = 100; i < 200; ++i) keys.push_back(StrCat("k", i));
  std::string contents = BlockOf(keys, 4);
  // The last entry's value size.
  const size_t at = contents.rfind("k196");
  ASSERT_NE(at, std::string::npos);
  contents[at - 1] = 0x7f;
  ExpectRejected(TableOf({{contents, "z"}}), "k100", "bad block contents");
}

TEST(HostileTable, RejectsKeysOutsideTheirIndexKeys) {
  const std::string above = TableOf({{BlockOf({"a", "c"}), "b"}});
  ExpectRejected(above, "a", "above the block's index key");
  const std::string next =
      TableOf({{BlockOf({"a", "c"}), "b"}, {BlockOf({"d"}), "d"}});
  ExpectRejected(next, "a", "above the block's index key");
  const std::string below =
      TableOf({{BlockOf({"a"}), "c"}, {BlockOf({"b", "d"}), "d"}});
  ExpectRejected(below, "d", "not above the previous block's index key");
  ExpectRejected(TableOf({{BlockOf({}), "b"}}), "a", "without entries");
}

TEST(HostileTable, AcceptsEntriesInTheMetaindex) {
  const std::string bytes =
      TableOf({{BlockOf({"a"}), "b"}}, BlockOf({"filter.x", "stats"}));
  MemoryFileSystem fs;
  fs.Put("t", bytes);
  const auto table = Table::Open(*fs.OpenForReading("t"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE((*table)->Get("a").ok());
}

TEST(HostileTable, NamesTheCompressionItRefuses) {
  std::string bytes = TableOf({{BlockOf({"a"}), "b"}});
  const std::string contents = BlockOf({"a"});
  bytes.replace(contents.size(), kBlockTrailerSize,
                BlockTrailer(contents, Compression{kZstd}));
  ExpectRejected(bytes, "a", "bad block type 2 (zstd");
}

TEST(HostileTable, LookupsAndWalksAgreeOnAnyBlock) {
  std::mt19937 random(1);
  std::vector<std::string> blocks;
  for (int interval = 1; interval <= 3; ++interval) {
    blocks.push_back(BlockOf({"a", "ab", "b", "ba", "e", "e/", "f"}, interval));
  }
  for (int i = 0; i < 800; ++i) {
    std::string contents = blocks[random() % blocks.size()];
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      contents[random() % contents.size()] = static_cast<char>(random() % 256);
    }
    ExpectAgreement(TableOf({{contents, "ef"}, {BlockOf({"g", "h"}), "h"}}),
                    kProbes);
    if (HasFatalFailure()) return;
  }
}

TEST(HostileTable, FindsKeysOfABlockWithoutRestarts) {
  std::vector<std::string> keys;
  for (int i = 10000; i < 30000; ++i) keys.push_back(StrCat("k", i));
  MemoryFileSystem fs;
  fs.Put("t", TableOf({{BlockOf(keys, 1 << 30), "z"}}));
  const auto table = Table::Open(*fs.OpenForReading("t"));
  ASSERT_TRUE(table.ok()) << table.status();
  for (const std::string& key : keys) ASSERT_TRUE((*table)->Get(key).ok());
  EXPECT_EQ(WalkAll(**table).entries.size(), keys.size());
}

TEST(HostileTable, RefusesABlockWhoseKeysWouldFillTheMemory) {
  // 20,000 entries that share a key of 1 MiB with the first.
  std::string entries = Raw(0, 1 << 20, 0, std::string(1 << 20, 'k'));
  for (int i = 0; i < 20000; ++i) {
    entries += Raw((1 << 20) + static_cast<uint64_t>(i), 1, 0, "k");
  }
  MemoryFileSystem fs;
  fs.Put("t", TableOf({{Contents(entries, {0}, 1), "z"}}));
  const auto table = Table::Open(*fs.OpenForReading("t"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->Get("a").status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(Table, WalksAPrefix) {
  std::string out;
  TableOptions options;
  options.block_size = 64;
  TableBuilder builder(&out, options);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 300; ++i) model[StrCat(i % 7, "/", i)] = StrCat(i);
  model["\xff\xff"] = "last";
  for (const auto& [key, value] : model) {
    ASSERT_TRUE(builder.Add(key, value).ok());
  }
  ASSERT_TRUE(builder.Finish().ok());
  MemoryFileSystem fs;
  fs.Put("t", out);
  const auto table = Table::Open(*fs.OpenForReading("t"));
  ASSERT_TRUE(table.ok());
  Table::Iterator it(**table);
  for (const char* prefix : {"", "0", "3/", "3/1", "6/", "7", "9", "\xff"}) {
    std::vector<std::string> expected;
    for (const auto& [key, value] : model) {
      if (key.starts_with(prefix)) expected.push_back(key);
    }
    std::vector<std::string> shown;
    for (it.SeekToPrefix(prefix); it.Valid(); it.Next()) {
      shown.emplace_back(it.key());
    }
    EXPECT_EQ(shown, expected) << prefix;
    EXPECT_TRUE(it.status().ok());
  }
  // A target that is the current key.
  it.SeekToPrefix("3/");
  it.Seek(it.key());
  EXPECT_EQ(it.key(), model.lower_bound("3/")->first);
}

TEST(TableBuilder, RefusesOptionsThatMakeNoTable) {
  for (const TableOptions& options :
       {TableOptions{4096, 0}, TableOptions{4096, -1},
        TableOptions{size_t{1} << 40, 16}}) {
    std::string out;
    TableBuilder builder(&out, options);
    EXPECT_EQ(builder.Add("a", "").code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(builder.Finish().ok());
  }
}

}  // namespace
}  // namespace cairn::table
