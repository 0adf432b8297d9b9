// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// LevelDB's tables are the same format: its library reads ours, we read its,
// and where TensorFlow's rule about very large entries does not come in, both
// builders write the same bytes.
#include <gtest/gtest.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/table.h>
#include <leveldb/table_builder.h>

#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/table/table.h"
#include "cairn/table/table_builder.h"

namespace cairn::table {
namespace {

using Entries = std::map<std::string, std::string>;

class StringSink : public leveldb::WritableFile {
 public:
  leveldb::Status Append(const leveldb::Slice& data) override {
    bytes.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }
  std::string bytes;
};

class StringSource : public leveldb::RandomAccessFile {
 public:
  explicit StringSource(std::string bytes) : bytes_(std::move(bytes)) {}
  leveldb::Status Read(uint64_t offset, size_t n, leveldb::Slice* result,
                       char* scratch) const override {
    if (offset > bytes_.size()) return leveldb::Status::IOError("outside");
    n = std::min(n, bytes_.size() - offset);
    std::memcpy(scratch, bytes_.data() + offset, n);
    *result = leveldb::Slice(scratch, n);
    return leveldb::Status::OK();
  }

 private:
  const std::string bytes_;
};

leveldb::Options LevelDbOptions(const TableOptions& options) {
  leveldb::Options out;
  out.block_size = options.block_size;
  out.block_restart_interval = options.restart_interval;
  out.compression = options.compression == Compression::kSnappy
                        ? leveldb::kSnappyCompression
                        : leveldb::kNoCompression;
  out.paranoid_checks = true;
  return out;
}

std::string BuildWithLevelDb(const Entries& entries,
                             const leveldb::Options& options) {
  StringSink sink;
  leveldb::TableBuilder builder(options, &sink);
  for (const auto& [key, value] : entries) builder.Add(key, value);
  EXPECT_TRUE(builder.Finish().ok());
  return sink.bytes;
}

std::string BuildOurs(const Entries& entries, const TableOptions& options) {
  std::string out;
  TableBuilder builder(&out, options);
  for (const auto& [key, value] : entries) {
    EXPECT_TRUE(builder.Add(key, value).ok());
  }
  EXPECT_TRUE(builder.Finish().ok());
  return out;
}

// Keys that share much or little, with bytes 0 and 0xff, and the empty one.
Entries RandomEntries(std::mt19937& random, size_t largest) {
  const auto below = [&](size_t n) { return random() % n; };
  const size_t count = below(200);
  const std::string alphabet(
      "\0\x01"
      "ab/\xfe\xff",
      7);
  Entries entries;
  for (size_t i = 0; i < count; ++i) {
    std::string key;
    for (size_t n = below(12); n > 0; --n) key += alphabet[below(7)];
    std::string value(below(below(8) == 0 ? largest : 40), 'v');
    for (char& c : value) c = static_cast<char>(random() % 4);
    if (key.size() + value.size() < largest) entries[key] = value;
  }
  return entries;
}

void ExpectWeRead(const std::string& bytes, const Entries& expected) {
  MemoryFileSystem fs;
  fs.Put("t", bytes);
  for (const auto access : {Table::Access::kMap, Table::Access::kRead}) {
    const auto table = Table::Open(*fs.OpenForReading("t"), access);
    ASSERT_TRUE(table.ok()) << table.status();
    Table::Iterator it(**table);
    auto model = expected.begin();
    for (it.SeekToFirst(); it.Valid(); it.Next(), ++model) {
      ASSERT_TRUE(model != expected.end());
      ASSERT_EQ(it.key(), model->first);
      ASSERT_EQ(it.value(), model->second);
      const auto found = (*table)->Get(model->first);
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_EQ(found->bytes, model->second);
    }
    EXPECT_TRUE(it.status().ok()) << it.status();
    EXPECT_TRUE(model == expected.end());
  }
}

void ExpectLevelDbReads(const std::string& bytes, const Entries& expected) {
  StringSource source(bytes);
  leveldb::Options options;
  options.paranoid_checks = true;
  leveldb::Table* opened = nullptr;
  ASSERT_TRUE(
      leveldb::Table::Open(options, &source, bytes.size(), &opened).ok());
  const std::unique_ptr<leveldb::Table> table(opened);
  leveldb::ReadOptions read;
  read.verify_checksums = true;
  const std::unique_ptr<leveldb::Iterator> it(table->NewIterator(read));
  auto model = expected.begin();
  for (it->SeekToFirst(); it->Valid(); it->Next(), ++model) {
    ASSERT_TRUE(model != expected.end());
    ASSERT_EQ(it->key().ToString(), model->first);
    ASSERT_EQ(it->value().ToString(), model->second);
  }
  EXPECT_TRUE(it->status().ok());
  EXPECT_TRUE(model == expected.end());
}

TEST(LevelDb, WritesTheSameBytes) {
  std::mt19937 random(20260101);
  for (int i = 0; i < 200; ++i) {
    TableOptions options;
    options.block_size = size_t{1} << (5 + random() % 9);
    options.restart_interval = 1 + static_cast<int>(random() % 20);
    if (random() % 2 == 0) options.compression = Compression::kSnappy;
    const Entries entries = RandomEntries(random, 2 * options.block_size);
    const std::string ours = BuildOurs(entries, options);
    ASSERT_TRUE(ours == BuildWithLevelDb(entries, LevelDbOptions(options)))
        << "table " << i;
    ExpectWeRead(ours, entries);
    ExpectLevelDbReads(ours, entries);
  }
}

TEST(LevelDb, ReadsWhatOnlyTensorFlowCutsOtherwise) {
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    const Entries entries = RandomEntries(random, 4096);
    ExpectLevelDbReads(BuildOurs(entries, {256, 16}), entries);
  }
}

TEST(LevelDb, FilterBlocksAreAccepted) {
  const std::unique_ptr<const leveldb::FilterPolicy> policy(
      leveldb::NewBloomFilterPolicy(10));
  std::mt19937 random(8);
  for (int i = 0; i < 20; ++i) {
    leveldb::Options options;  // blocks of 4096 bytes, snappy
    options.filter_policy = policy.get();
    Entries entries = RandomEntries(random, 3000);
    for (int j = 0; j < 1000; ++j) entries[StrCat("many/", j)] = "some value";
    ExpectWeRead(BuildWithLevelDb(entries, options), entries);
  }
}

}  // namespace
}  // namespace cairn::table
