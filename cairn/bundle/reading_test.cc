// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BundleReader beyond one tensor at a time: many, streams, slices, and how it
// treats the files.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/table/table_builder.h"

namespace cairn::bundle {
namespace {

using Verify = BundleReader::Verify;

constexpr char kData[] = "m.data-00000-of-00001";

Tensor Counting(const Shape& shape, DataType dtype = DataType::kInt32) {
  Tensor t = *Tensor::Create(dtype, shape);
  uint32_t next = 1;
  for (char& c : t.mutable_bytes()) {
    next = next * 1664525 + 1013904223;
    c = static_cast<char>(next >> 24);
  }
  return t;
}

// A tensor of several parts, small ones, pieces and strings.
Status WriteMany(FileSystem& fs) {
  Commit commit(fs, "m");
  CAIRN_ASSIGN_OR_RETURN(auto w, BundleWriter::Create(commit, "m"));
  CAIRN_RETURN_IF_ERROR(w->Add("big", Counting({5, 480000})));
  for (int i = 0; i < 20; ++i) {
    CAIRN_RETURN_IF_ERROR(w->Add(StrCat("small/", i), Counting({i, 3})));
  }
  CAIRN_RETURN_IF_ERROR(w->Add(
      "strings", *Tensor::OfStrings({3}, {"", std::string(700000, 'x'), "y"})));
  CAIRN_RETURN_IF_ERROR(
      w->Add("variants", *Tensor::OfStrings({2}, {std::string(300000, 'v'), ""},
                                            DataType::kVariant)));
  for (const char* spec :
       {"0,300:-", "300,1:0,5", "300,1:5,1995", "301,699:-"}) {
    const TensorSlice slice = *TensorSlice::Parse(spec);
    const Shape full = {1000, 2000};
    CAIRN_RETURN_IF_ERROR(
        w->AddSlice("pieces", full, slice, Counting(*slice.Apply(full))));
  }
  CAIRN_RETURN_IF_ERROR(w->Finish());
  return commit.Finish();
}

class Many : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new MemoryFileSystem;
    ASSERT_TRUE(WriteMany(*files_).ok());
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  void SetUp() override {
    for (const auto& [path, bytes] : files_->Files()) fs_.Put(path, bytes);
    Reopen(fs_);
  }
  void Reopen(FileSystem& fs, const ReaderOptions& options = {}) {
    auto opened = BundleReader::Open(fs, "m", options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    reader_ = *std::move(opened);
  }
  // Changes one byte of the tensor.
  void Damage(const std::string& key) {
    const auto entry = reader_->Lookup(key);
    ASSERT_TRUE(entry.ok());
    std::string data = fs_.Files().at(kData);
    char& c = data[static_cast<size_t>(entry->offset + entry->size - 1)];
    c = static_cast<char>(c ^ 1);
    fs_.Put(kData, data);
    Reopen(fs_);
  }
  std::vector<std::string> Keys() const {
    std::vector<std::string> keys;
    for (auto it = reader_->NewTensorIterator(); it->Valid(); it->Next()) {
      keys.emplace_back(it->key());
    }
    return keys;
  }

  static MemoryFileSystem* files_;
  MemoryFileSystem fs_;
  std::unique_ptr<BundleReader> reader_;
};
MemoryFileSystem* Many::files_ = nullptr;

TEST_F(Many, ListsTensorsWithoutTheirPieces) {
  const std::vector<std::string> keys = Keys();
  EXPECT_EQ(keys.size(), 24u);
  EXPECT_TRUE(std::ranges::find(keys, "pieces") != keys.end());
  auto it = reader_->NewTensorIterator();
  int small = 0;
  for (it->SeekToPrefix("small/"); it->Valid(); it->Next()) ++small;
  EXPECT_EQ(small, 20);
  it->Seek("strings");
  EXPECT_EQ(it->key(), "strings");
}

TEST_F(Many, ReadsTheSameByAnyNumberOfThreads) {
  const std::vector<std::string> keys = Keys();
  for (const int threads : {0, 1, 2, 5}) {
    ManyOptions options;
    options.threads = threads;
    const auto tensors = reader_->ReadMany(keys, options);
    ASSERT_TRUE(tensors.ok()) << tensors.status();
    for (size_t i = 0; i < keys.size(); ++i) {
      ASSERT_TRUE(BitwiseEqual((*tensors)[i], *reader_->Read(keys[i])))
          << keys[i];
    }
    std::map<std::string, Tensor> all;
    ASSERT_TRUE(reader_
                    ->ReadAll(
                        [&](std::string_view key, Tensor tensor) {
                          all.emplace(key, std::move(tensor));
                          return OkStatus();
                        },
                        options)
                    .ok());
    EXPECT_EQ(all.size(), keys.size());
    EXPECT_TRUE(BitwiseEqual(all["big"], *reader_->Read("big")));
  }
}

TEST_F(Many, ReadsIntoTheCallersMemory) {
  Tensor big = *Tensor::Create(DataType::kInt32, {5, 480000});
  Tensor pieces = *Tensor::Create(DataType::kInt32, {1000, 2000});
  std::vector<ReadTarget> targets = {{"big", big.mutable_bytes()},
                                     {"pieces", pieces.mutable_bytes()},
                                     {"small/0", {}}};
  ASSERT_TRUE(reader_->ReadManyInto(targets).ok());
  EXPECT_TRUE(BitwiseEqual(big, *reader_->Read("big")));
  EXPECT_TRUE(BitwiseEqual(pieces, *reader_->Read("pieces")));
  targets[0].out = big.mutable_bytes().first(8);
  const Status wrong = reader_->ReadManyInto(targets);
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(Message(wrong).find("big"), std::string::npos) << wrong;
  targets[0] = {"strings", big.mutable_bytes()};
  EXPECT_EQ(reader_->ReadManyInto(targets).code(),
            absl::StatusCode::kInvalidArgument);
  targets[0].key = "none";
  EXPECT_EQ(reader_->ReadManyInto(targets).code(), absl::StatusCode::kNotFound);
}

TEST_F(Many, FiltersAndTellsHowFarItIs) {
  for (const int threads : {1, 3}) {
    ManyOptions options;
    options.threads = threads;
    options.filter = [](std::string_view key, const BundleEntry& entry) {
      return key != "pieces" && IsFixedSize(entry.dtype);
    };
    Progress last;
    options.supervision.on_progress = [&](const Progress& p) {
      EXPECT_GE(p.tensors, last.tensors);
      EXPECT_GE(p.bytes, last.bytes);
      EXPECT_EQ(p.total_tensors, 21u);
      last = p;
    };
    int taken = 0;
    ASSERT_TRUE(reader_
                    ->ReadAll(
                        [&](std::string_view, Tensor) {
                          ++taken;
                          return OkStatus();
                        },
                        options)
                    .ok());
    EXPECT_EQ(taken, 21);
    EXPECT_EQ(last.tensors, last.total_tensors);
    EXPECT_EQ(last.bytes, last.total_bytes);
    EXPECT_EQ(last.bytes, 20u * 480000 + 190 * 12);
  }
}

TEST_F(Many, StopsWhenAsked) {
  for (const int threads : {1, 3}) {
    std::stop_source stop;
    ManyOptions options;
    options.threads = threads;
    options.supervision.stop = stop.get_token();
    const Status status = reader_->ReadAll(
        [&](std::string_view, Tensor) {
          stop.request_stop();
          return OkStatus();
        },
        options);
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  }
}

TEST_F(Many, PassesOnWhatTheCallerReturns) {
  const Status status = reader_->ReadAll([](std::string_view, Tensor) {
    return ResourceExhaustedError("no more room");
  });
  EXPECT_EQ(status, ResourceExhaustedError("no more room"));
}

TEST_F(Many, NamesTheDamagedTensor) {
  for (const char* key : {"big", "small/7", "strings", "variants"}) {
    SetUp();
    Damage(key);
    for (const int threads : {1, 3}) {
      ManyOptions options;
      options.threads = threads;
      const auto tensors = reader_->ReadMany(Keys(), options);
      EXPECT_EQ(tensors.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_NE(Message(tensors.status()).find(StrCat("tensor ", key)),
                std::string::npos)
          << tensors.status();
      std::vector<std::string> bad;
      ASSERT_TRUE(reader_
                      ->CheckAll(
                          [&](std::string_view k, const Status& status) {
                            if (!status.ok()) bad.emplace_back(k);
                            return OkStatus();
                          },
                          options)
                      .ok());
      EXPECT_EQ(bad, std::vector<std::string>{key});
    }
  }
}

TEST_F(Many, FailsWhenAnyReadFails) {
  bool fired = true;
  for (int n = 0; fired; ++n) {
    ASSERT_LT(n, 2000);
    FaultFileSystem faulty(fs_);
    faulty.FailCall(n, UnavailableError("the disk is away"));
    const auto reader = BundleReader::Open(faulty, "m");
    Status status = reader.status();
    if (status.ok()) {
      ManyOptions options;
      options.threads = 2;
      status = (*reader)->ReadAll(
          [](std::string_view, Tensor) { return OkStatus(); }, options);
    }
    fired = faulty.fired();
    EXPECT_EQ(status.ok(), !fired) << n << status;
    if (n > 20) n += n / 2;  // not each of the many equal ones
  }
}

TEST_F(Many, StreamsTensorsOfAnyKind) {
  FaultFileSystem unmapped(fs_);
  for (FileSystem* fs :
       {static_cast<FileSystem*>(&fs_), static_cast<FileSystem*>(&unmapped)}) {
    Reopen(*fs);
    for (const char* key : {"big", "small/0", "small/3", "pieces"}) {
      std::string bytes;
      size_t largest = 0;
      ASSERT_TRUE(reader_
                      ->Stream(key,
                               [&](std::string_view part) {
                                 bytes += part;
                                 largest = std::max(largest, part.size());
                                 return OkStatus();
                               })
                      .ok());
      EXPECT_TRUE(bytes == reader_->Read(key)->bytes()) << key;
      EXPECT_LE(largest, size_t{4} << 20);
    }
    for (const char* key : {"strings", "variants"}) {
      std::vector<std::string> strings;
      ASSERT_TRUE(
          reader_
              ->VisitStrings(key,
                             [&](const StringPart& part) {
                               if (part.offset == 0) strings.emplace_back();
                               EXPECT_EQ(part.index + 1,
                                         static_cast<int64_t>(strings.size()));
                               EXPECT_EQ(part.offset, strings.back().size());
                               strings.back() += part.bytes;
                               return OkStatus();
                             })
              .ok());
      EXPECT_EQ(strings, reader_->Read(key)->strings());
      const BundleEntry entry = *reader_->Lookup(key);
      std::string raw;
      ASSERT_TRUE(reader_
                      ->StreamRaw(entry,
                                  [&](std::string_view part) {
                                    raw += part;
                                    return OkStatus();
                                  })
                      .ok());
      EXPECT_EQ(raw, *reader_->ReadRaw(entry));
    }
  }
  EXPECT_EQ(reader_->Stream("strings", nullptr).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(reader_->VisitStrings("big", nullptr).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Many, StreamsReportDamageAndTheSinksError) {
  Damage("big");
  const auto ignore = [](std::string_view) { return OkStatus(); };
  EXPECT_EQ(reader_->Stream("big", ignore).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(reader_
                ->Stream("small/3",
                         [](std::string_view) { return CancelledError("x"); })
                .code(),
            absl::StatusCode::kCancelled);
  // Pieces are verified before anything is given away.
  std::string data = fs_.Files().at(kData);
  data.back() = static_cast<char>(data.back() ^ 1);  // the last piece
  fs_.Put(kData, data);
  Reopen(fs_);
  bool given = false;
  EXPECT_EQ(reader_
                ->Stream("pieces",
                         [&](std::string_view) {
                           given = true;
                           return OkStatus();
                         })
                .code(),
            absl::StatusCode::kDataLoss);
  EXPECT_FALSE(given);
}

// Rows of 1600 bytes: the columns taken of some lie on both sides of the end of
// a chunk of 256 KiB.
TEST(BundleReader, CutsSlicesAcrossTheChunksItReads) {
  const Tensor whole = Counting({1000, 100}, DataType::kComplex128);
  const TensorSlice slice = *TensorSlice::Parse("1,998:10,85");
  std::string expected;
  for (size_t row = 1; row < 999; ++row) {
    expected += whole.bytes().substr(16 * (row * 100 + 10), size_t{16} * 85);
  }
  for (const Endianness order : {Endianness::kLittle, Endianness::kBig}) {
    MemoryFileSystem memory;
    Commit commit(memory, "m");
    const auto writer =
        BundleWriter::Create(commit, "m", {.endianness = order});
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Add("w", whole).ok());
    ASSERT_TRUE((*writer)->Finish().ok());
    ASSERT_TRUE(commit.Finish().ok());
    FaultFileSystem unmapped(memory);
    for (FileSystem* fs : {static_cast<FileSystem*>(&memory),
                           static_cast<FileSystem*>(&unmapped)}) {
      const auto reader = BundleReader::Open(*fs, "m");
      ASSERT_TRUE(reader.ok()) << reader.status();
      for (const Verify verify :
           {Verify::kChecksum, Verify::kNone, Verify::kOnce, Verify::kOnce}) {
        const auto part = (*reader)->ReadSlice("w", slice, verify);
        ASSERT_TRUE(part.ok()) << part.status();
        EXPECT_TRUE(part->bytes() == expected);
      }
    }
  }
}

TEST(BundleReader, StreamsPiecesWhoseRowsAreLargerThanABlock) {
  const Shape full = {3, 5000000};
  const Tensor whole = Counting(full, DataType::kInt8);
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  const auto writer = BundleWriter::Create(commit, "m");
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (const size_t row : {2, 0, 1}) {
    ASSERT_TRUE(
        (*writer)
            ->AddSlice("w", full, *TensorSlice::Parse(StrCat(row, ",1:-")),
                       *TensorView::Create(
                           DataType::kInt8, {1, 5000000},
                           whole.bytes().substr(row * 5000000, 5000000)))
            .ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  const auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::string streamed;
  ASSERT_TRUE((*reader)
                  ->Stream("w",
                           [&](std::string_view bytes) {
                             streamed.append(bytes);
                             return OkStatus();
                           })
                  .ok());
  EXPECT_TRUE(streamed == whole.bytes());
}

TEST_F(Many, SlicesVerifyAsAsked) {
  const TensorSlice slice = *TensorSlice::Parse("1,2:7,1000");
  FaultFileSystem unmapped(fs_);
  for (FileSystem* fs :
       {static_cast<FileSystem*>(&fs_), static_cast<FileSystem*>(&unmapped)}) {
    SetUp();
    Reopen(*fs);
    const Tensor expected = *reader_->ReadSlice("big", slice);
    for (const Verify verify : {Verify::kOnce, Verify::kOnce, Verify::kNone}) {
      Tensor out = *Tensor::Create(DataType::kInt32, {2, 1000});
      ASSERT_TRUE(
          reader_->ReadSliceInto("big", slice, out.mutable_bytes(), verify)
              .ok());
      EXPECT_TRUE(BitwiseEqual(out, expected));
    }
    Tensor small = *Tensor::Create(DataType::kInt32, {2});
    EXPECT_EQ(
        reader_->ReadSliceInto("big", slice, small.mutable_bytes()).code(),
        absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(reader_
                  ->ReadSliceInto("big", *TensorSlice::Parse("9,1:-"),
                                  small.mutable_bytes())
                  .code(),
              absl::StatusCode::kInvalidArgument);
    // Damage outside the slice.
    Damage("big");
    Reopen(*fs);
    EXPECT_EQ(reader_->ReadSlice("big", slice).status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(reader_->ReadSlice("big", slice, Verify::kOnce).status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_TRUE(BitwiseEqual(*reader_->ReadSlice("big", slice, Verify::kNone),
                             expected));
  }
}

TEST_F(Many, MapsNothingWhenAskedNotTo) {
  ReaderOptions options;
  options.access = ReaderOptions::Access::kRead;
  Reopen(fs_, options);
  EXPECT_EQ(reader_->View("big").status().code(),
            absl::StatusCode::kFailedPrecondition);
  const auto all = reader_->ReadMany(Keys());
  ASSERT_TRUE(all.ok());
  Reopen(fs_);
  EXPECT_TRUE(BitwiseEqual(*reader_->View("big"), *reader_->Read("big")));
}

// --- files on a disk ---

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/cairn_reading_test_XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

void PutFile(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

TEST(BundleFiles, ThousandsOfShardsTakeFewDescriptors) {
  constexpr int kShards = 3000;
  const Directory dir;
  std::string index;
  table::TableBuilder builder(&index);
  BundleHeader header;
  header.num_shards = kShards;
  ASSERT_TRUE(builder.Add("", EncodeHeader(header)).ok());
  std::vector<std::string> keys;
  for (int i = 0; i < kShards; ++i) {
    const std::string bytes(reinterpret_cast<const char*>(&i), sizeof i);
    PutFile(DataPath(dir / "p", i, kShards), bytes);
    BundleEntry entry;
    entry.dtype = DataType::kInt32;
    entry.shard_id = i;
    entry.size = 4;
    entry.masked_crc32c = MaskCrc32c(Crc32c(bytes));
    keys.push_back(StrCat("k", 10000 + i));
    ASSERT_TRUE(builder.Add(keys.back(), EncodeEntry(entry)).ok());
  }
  ASSERT_TRUE(builder.Finish().ok());
  PutFile(IndexPath(dir / "p"), index);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few = {256, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  for (const auto access :
       {ReaderOptions::Access::kMap, ReaderOptions::Access::kRead}) {
    ReaderOptions options;
    options.access = access;
    const auto reader =
        BundleReader::Open(LocalFileSystem(), dir / "p", options);
    ASSERT_TRUE(reader.ok()) << reader.status();
    // Without mappings each read opens its file again.
    const bool maps = access == ReaderOptions::Access::kMap;
    if (!maps) keys.resize(300);
    for (int round = 0; round < 2; ++round) {
      const auto tensors = (*reader)->ReadMany(keys);
      ASSERT_TRUE(tensors.ok()) << tensors.status();
      for (int i = 0; i < static_cast<int>(keys.size()); ++i) {
        EXPECT_EQ((*tensors)[static_cast<size_t>(i)].data<int32_t>()[0], i);
      }
    }
    if (maps) {
      EXPECT_EQ((*reader)->View("k10000")->data<int32_t>()[0], 0);
    }
  }
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(BundleFiles, AnIndexCutShortInPlaceIsAnErrorNotADeath) {
  const Directory dir;
  {
    Commit commit(LocalFileSystem(), dir / "p");
    auto writer = BundleWriter::Create(commit, dir / "p");
    ASSERT_TRUE(writer.ok());
    for (int i = 0; i < 20000; ++i) {
      ASSERT_TRUE(
          (*writer)->Add(StrCat("k", 10000 + i), Tensor::Scalar(i)).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    ASSERT_TRUE(commit.Finish().ok());
  }
  const auto reader = BundleReader::Open(LocalFileSystem(), dir / "p");
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::filesystem::resize_file(IndexPath(dir / "p"), 100);
  const Status status = (*reader)->Lookup("k29999").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  auto it = (*reader)->NewIterator();
  while (it->Valid()) it->Next();
  EXPECT_EQ(it->status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace cairn::bundle
