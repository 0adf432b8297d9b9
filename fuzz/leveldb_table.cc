// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/leveldb_table.h"

#ifdef CAIRN_HAVE_LEVELDB
#include <leveldb/env.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/table.h>

#include <memory>
#endif

namespace cairn::fuzz {

#ifdef CAIRN_HAVE_LEVELDB

namespace {

class MemoryFile : public leveldb::RandomAccessFile {
 public:
  explicit MemoryFile(std::string_view bytes) : bytes_(bytes) {}
  leveldb::Status Read(uint64_t offset, size_t n, leveldb::Slice* result,
                       char*) const override {
    if (offset > bytes_.size()) return leveldb::Status::IOError("beyond end");
    const std::string_view part = bytes_.substr(static_cast<size_t>(offset), n);
    *result = leveldb::Slice(part.data(), part.size());
    return leveldb::Status::OK();
  }

 private:
  std::string_view bytes_;
};

}  // namespace

bool HaveLevelDb() { return true; }

std::optional<Pairs> ReadWithLevelDb(std::string_view file) {
  MemoryFile memory(file);
  leveldb::Options options;
  options.paranoid_checks = true;
  leveldb::Table* opened = nullptr;
  if (!leveldb::Table::Open(options, &memory, file.size(), &opened).ok()) {
    return std::nullopt;
  }
  const std::unique_ptr<leveldb::Table> table(opened);
  leveldb::ReadOptions reading;
  reading.verify_checksums = true;
  const std::unique_ptr<leveldb::Iterator> it(table->NewIterator(reading));
  Pairs pairs;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    pairs.emplace_back(it->key().ToString(), it->value().ToString());
  }
  if (!it->status().ok()) return std::nullopt;
  return pairs;
}

#else

bool HaveLevelDb() { return false; }
std::optional<Pairs> ReadWithLevelDb(std::string_view) { return std::nullopt; }

#endif

}  // namespace cairn::fuzz
