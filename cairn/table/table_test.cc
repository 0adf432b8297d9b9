// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/table/table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/table/block_builder.h"
#include "cairn/table/table_builder.h"

namespace cairn::table {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

// Bytes as a file that can, or cannot, be mapped.
class BytesFile : public RandomAccessFile {
 public:
  enum class Mapping { kNo, kYes };
  BytesFile(std::string bytes, Mapping mapping)
      : bytes_(std::move(bytes)), mapping_(mapping) {}
  const std::string& path() const override { return path_; }
  uint64_t size() const override { return bytes_.size(); }
  uint64_t id() const override { return 1; }
  Status ReadAt(uint64_t offset, size_t size, char* out) const override {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      return OutOfRangeError("past the end");
    }
    bytes_.copy(out, size, static_cast<size_t>(offset));
    return OkStatus();
  }
  std::optional<std::string_view> Mapped() const override {
    if (mapping_ == Mapping::kNo) return std::nullopt;
    return bytes_;
  }

 private:
  std::string path_ = "x.index";
  std::string bytes_;
  Mapping mapping_;
};

StatusOr<std::unique_ptr<Table>> OpenBytes(
    const std::string& bytes,
    BytesFile::Mapping mapping = BytesFile::Mapping::kYes) {
  return Table::Open(std::make_unique<BytesFile>(bytes, mapping));
}

StatusOr<Entries> ReadAll(
    const std::string& bytes,
    BytesFile::Mapping mapping = BytesFile::Mapping::kYes) {
  CAIRN_ASSIGN_OR_RETURN(auto table, OpenBytes(bytes, mapping));
  Table::Iterator it(*table);
  Entries entries;
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    entries.emplace_back(it.key(), it.value());
  }
  CAIRN_RETURN_IF_ERROR(it.status());
  return entries;
}

std::string Build(const Entries& entries, const TableOptions& options = {}) {
  std::string out;
  TableBuilder builder(&out, options);
  for (const auto& [key, value] : entries) {
    EXPECT_TRUE(builder.Add(key, value).ok());
  }
  EXPECT_TRUE(builder.Finish().ok());
  return out;
}

Entries SomeEntries(int count) {
  std::map<std::string, std::string> map;
  map[""] = "header";
  for (int i = 0; i < count; ++i) {
    map[StrCat("layer/", i % 7, "/", i)] = StrCat("value ", i);
  }
  return {map.begin(), map.end()};
}

// A block as it stands in a file.
std::string Stored(const std::string& contents) {
  return contents + BlockTrailer(contents, Compression::kNone);
}

// A file of hand-made data blocks, one index entry each.
struct HandMade {
  std::string file;
  BlockBuilder index{1};
  void AddBlock(const Entries& entries, const std::string& separator) {
    BlockBuilder block(16);
    for (const auto& [key, value] : entries) block.Add(key, value);
    const std::string contents(block.Finish());
    std::string handle;
    AppendHandle(handle, {file.size(), contents.size()});
    file += Stored(contents);
    index.Add(separator, handle);
  }
  std::string Finish() {
    Footer footer;
    BlockBuilder metaindex(1);
    const std::string empty(metaindex.Finish());
    footer.metaindex = {file.size(), empty.size()};
    file += Stored(empty);
    const std::string contents(index.Finish());
    footer.index = {file.size(), contents.size()};
    file += Stored(contents);
    return file + EncodeFooter(footer);
  }
};

void ExpectDataLoss(const std::string& bytes, const std::string& text) {
  for (const auto mapping :
       {BytesFile::Mapping::kYes, BytesFile::Mapping::kNo}) {
    const StatusOr<Entries> entries = ReadAll(bytes, mapping);
    ASSERT_FALSE(entries.ok()) << text;
    EXPECT_EQ(entries.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(Message(entries.status()).find(text), std::string::npos)
        << entries.status();
    EXPECT_NE(Message(entries.status()).find("x.index"), std::string::npos);
  }
}

TEST(Table, RoundTripsForEveryLayout) {
  const Entries entries = SomeEntries(500);
  for (const size_t block_size : {1, 50, 1000, 262144}) {
    for (const int interval : {1, 3, 16}) {
      for (const auto compression :
           {Compression::kNone, Compression::kSnappy}) {
        const std::string file =
            Build(entries, {block_size, interval, compression});
        for (const auto mapping :
             {BytesFile::Mapping::kYes, BytesFile::Mapping::kNo}) {
          const StatusOr<Entries> read = ReadAll(file, mapping);
          ASSERT_TRUE(read.ok()) << read.status();
          EXPECT_EQ(*read, entries);
        }
      }
    }
  }
}

TEST(Table, FindsPresentKeysAndNoOthers) {
  for (const size_t block_size : {1, 100, 262144}) {
    const Entries entries = SomeEntries(200);
    const std::map<std::string, std::string> model(entries.begin(),
                                                   entries.end());
    const auto table = OpenBytes(Build(entries, {block_size, 4}));
    ASSERT_TRUE(table.ok());
    Table::Iterator it(**table);
    for (const auto& [key, value] : entries) {
      for (const std::string& target :
           {key, key + '\0', key + "~", key.substr(0, key.size() / 2)}) {
        const auto found = (*table)->Get(target);
        const auto expected = model.find(target);
        ASSERT_EQ(found.ok(), expected != model.end()) << target;
        if (found.ok()) {
          EXPECT_EQ(found->bytes, expected->second);
        } else {
          EXPECT_EQ(found.status().code(), absl::StatusCode::kNotFound);
        }
        it.Seek(target);
        const auto lower = model.lower_bound(target);
        ASSERT_EQ(it.Valid(), lower != model.end());
        if (it.Valid()) {
          EXPECT_EQ(it.key(), lower->first);
        }
        EXPECT_TRUE(it.status().ok());
      }
    }
  }
}

TEST(Table, HoldsNoEntries) {
  const auto table = OpenBytes(Build({}));
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->Get("").status().code(), absl::StatusCode::kNotFound);
  Table::Iterator it(**table);
  it.SeekToFirst();
  EXPECT_FALSE(it.Valid());
  it.Seek("a");
  EXPECT_FALSE(it.Valid());
  EXPECT_TRUE(it.status().ok());
}

TEST(Table, ReportsEveryTruncation) {
  const std::string file = Build(SomeEntries(20), {64, 4});
  for (size_t length = 0; length < file.size(); ++length) {
    const StatusOr<Entries> entries = ReadAll(file.substr(0, length));
    ASSERT_EQ(entries.status().code(), absl::StatusCode::kDataLoss) << length;
  }
}

TEST(Table, ReportsEveryBitThatChanges) {
  for (const auto compression : {Compression::kNone, Compression::kSnappy}) {
    const Entries entries = SomeEntries(20);
    const std::string file = Build(entries, {64, 4, compression});
    for (size_t i = 0; i < 8 * file.size(); ++i) {
      std::string bad = file;
      bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << i % 8));
      const StatusOr<Entries> read = ReadAll(bad);
      ASSERT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << i;
    }
  }
}

TEST(Table, NeverReportsAKeyMissingBecauseOfDamage) {
  const Entries entries = SomeEntries(60);
  const std::string file = Build(entries, {200, 4});
  for (size_t i = 0; i < file.size(); i += 3) {
    std::string bad = file;
    bad[i] = static_cast<char>(bad[i] ^ 0x01);
    const auto table = OpenBytes(bad);
    if (!table.ok()) continue;
    for (const auto& [key, value] : entries) {
      const auto found = (*table)->Get(key);
      if (found.ok()) {
        EXPECT_EQ(found->bytes, value);
      } else {
        EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss) << i;
      }
    }
  }
}

TEST(Table, RejectsTrailingBytes) {
  ExpectDataLoss(Build(SomeEntries(3)) + "x", "bad magic number");
}

TEST(Table, RejectsFooterHandlesOutsideTheFile) {
  const std::string good = Build({{"a", "1"}});
  constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();
  const std::vector<BlockHandle> handles = {{0, kHuge},
                                            {kHuge, 8},
                                            {kHuge, kHuge},
                                            {kHuge - 12, 8},
                                            {0, uint64_t{1} << 62},
                                            {good.size() - kFooterSize, 0},
                                            {0, good.size() - kFooterSize - 4},
                                            {1, kHuge - 5}};
  for (const BlockHandle& handle : handles) {
    for (const bool index : {false, true}) {
      Footer footer = *DecodeFooter(
          std::string_view(good).substr(good.size() - kFooterSize),
          good.size());
      (index ? footer.index : footer.metaindex) = handle;
      ExpectDataLoss(
          good.substr(0, good.size() - kFooterSize) + EncodeFooter(footer),
          "bad block handle");
    }
  }
}

TEST(Table, RejectsFootersThatAreNotCanonical) {
  const std::string good = Build({{"a", "1"}});
  std::string padding = good;
  padding[padding.size() - 9] = 1;
  ExpectDataLoss(padding, "bad footer");
  // The index handle's size in two bytes instead of one: the same number.
  std::string longer = good;
  const size_t size_at = good.size() - kFooterSize + 3;
  ASSERT_EQ(good[size_at + 1], '\0');
  longer[size_at] = static_cast<char>(longer[size_at] | 0x80);
  ExpectDataLoss(longer, "bad footer");
}

TEST(Table, RejectsUnknownCompression) {
  for (const int type : {2, 4, 255}) {
    BlockBuilder block(16);
    block.Add("a", "1");
    const std::string contents(block.Finish());
    HandMade made;
    made.file = contents +
                BlockTrailer(contents, Compression{static_cast<uint8_t>(type)});
    std::string handle;
    AppendHandle(handle, {0, contents.size()});
    made.index.Add("a", handle);
    ExpectDataLoss(made.Finish(), StrCat("bad block type ", type));
  }
}

TEST(Table, RejectsSnappyClaimsBeyondWhatItsBytesCanHold) {
  for (const uint64_t claim : {uint64_t{23 * 12}, uint64_t{0xffffffff}}) {
    std::string contents;
    PutVarint(contents, claim);
    contents.resize(12, '\0');
    HandMade made;
    made.file = contents + BlockTrailer(contents, Compression::kSnappy);
    std::string handle;
    AppendHandle(handle, {0, contents.size()});
    made.index.Add("a", handle);
    ExpectDataLoss(made.Finish(), "corrupted compressed block contents");
  }
}

TEST(Table, RejectsHandlesInTheIndexThatAreNone) {
  for (const std::string& handle :
       {std::string(), std::string("\x01"), std::string("\xff\xff\xff")}) {
    HandMade made;
    made.index.Add("a", handle);
    ExpectDataLoss(made.Finish(), "bad block handle");
  }
  HandMade made;
  std::string handle;
  AppendHandle(handle, {1000, 8});
  made.index.Add("a", handle);
  ExpectDataLoss(made.Finish(), "bad block handle");
}

TEST(Table, IgnoresBytesAfterAHandle) {
  HandMade made;
  BlockBuilder block(16);
  block.Add("a", "1");
  const std::string contents(block.Finish());
  made.file = Stored(contents);
  std::string handle;
  AppendHandle(handle, {0, contents.size()});
  made.index.Add("b", handle + "extra");
  EXPECT_EQ(ReadAll(made.Finish())->size(), 1u);
}

TEST(Table, RejectsBlocksInTheWrongOrder) {
  HandMade overlap;
  overlap.AddBlock({{"a", ""}, {"c", ""}}, "c");
  overlap.AddBlock({{"b", ""}, {"d", ""}}, "d");
  ExpectDataLoss(overlap.Finish(), "previous block's index key");
  HandMade above;
  above.AddBlock({{"a", ""}, {"c", ""}}, "b");
  ExpectDataLoss(above.Finish(), "above the block's index key");
  HandMade empty;
  empty.AddBlock({}, "b");
  ExpectDataLoss(empty.Finish(), "data block without entries");
}

TEST(Table, RejectsTheSameBlockTwice) {
  HandMade made;
  made.AddBlock({{"a", ""}}, "a");
  std::string handle;
  AppendHandle(handle, {0, 13});
  made.index.Add("b", handle);
  ExpectDataLoss(made.Finish(), "out of order");
}

TEST(Table, RejectsAnIndexThatDoesNotAscend) {
  HandMade made;
  made.AddBlock({{"b", ""}}, "b");
  std::string file = made.file;
  std::string index;
  for (const char* key : {"b", "a"}) {
    PutVarint(index, 0);
    PutVarint(index, 1);
    PutVarint(index, 2);
    index += key;
    AppendHandle(index, {0, 13});
  }
  PutFixed32(index, 0);
  PutFixed32(index, 6);
  PutFixed32(index, 2);
  const std::string empty = std::string("\0\0\0\0\1\0\0\0", 8);
  Footer footer;
  footer.metaindex = {file.size(), empty.size()};
  file += Stored(empty);
  footer.index = {file.size(), index.size()};
  file += Stored(index);
  // Noticed when opening, so that no lookup is led astray.
  const auto table = OpenBytes(file + EncodeFooter(footer));
  EXPECT_EQ(table.status().code(), absl::StatusCode::kDataLoss);
}

TEST(Table, RebuildsIndexFilesOfTfByteForByte) {
  int files = 0;
  for (const auto& item :
       std::filesystem::recursive_directory_iterator(CAIRN_GOLDEN_DIR)) {
    const std::string path = item.path().string();
    if (!path.ends_with(".index")) continue;
    // Made by hand, not by TensorFlow.
    if (path.find("/index/snappy/") != std::string::npos) continue;
    if (path.find("/bigendian/") != std::string::npos) continue;
    const auto bytes = LocalFileSystem().ReadFile(path, 64 << 20);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const StatusOr<Entries> entries = ReadAll(*bytes);
    ASSERT_TRUE(entries.ok()) << path << ": " << entries.status();
    EXPECT_TRUE(Build(*entries) == *bytes) << path;
    ++files;
  }
  EXPECT_GE(files, 60);
}

TEST(Table, ReadsSnappyBlocks) {
  const std::string dir = CAIRN_GOLDEN_DIR "/cases/index/";
  const auto find = [](const std::string& folder) {
    for (const auto& item : std::filesystem::directory_iterator(folder)) {
      if (item.path().extension() == ".index") return item.path().string();
    }
    return std::string();
  };
  const auto snappy = LocalFileSystem().ReadFile(find(dir + "snappy"), 1 << 20);
  const auto plain =
      LocalFileSystem().ReadFile(find(dir + "shared_prefixes"), 1 << 20);
  ASSERT_TRUE(snappy.ok() && plain.ok());
  EXPECT_NE(*snappy, *plain);
  EXPECT_EQ(*ReadAll(*snappy), *ReadAll(*plain));
}

}  // namespace
}  // namespace cairn::table
