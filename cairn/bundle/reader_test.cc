// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/writer.h"
#include "cairn/proto/tensor_bundle.pb.h"
#include "cairn/table/format.h"
#include "cairn/table/table_builder.h"

namespace cairn::bundle {
namespace {

using Body = std::function<Status(BundleWriter&)>;

Status Write(FileSystem& fs, const std::string& prefix, const Body& body) {
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(commit, prefix));
  CAIRN_RETURN_IF_ERROR(body(*writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Tensor Counting(const Shape& shape, DataType dtype = DataType::kInt32) {
  Tensor t = *Tensor::Create(dtype, shape);
  char next = 0;
  for (char& c : t.mutable_bytes()) c = next++;
  return t;
}

// A bundle of all kinds of tensors.
Status WriteMixed(FileSystem& fs, const std::string& prefix = "m") {
  return Write(fs, prefix, [](BundleWriter& w) {
    CAIRN_RETURN_IF_ERROR(w.Add("a", Counting({3, 2})));
    CAIRN_RETURN_IF_ERROR(w.Add("s", Tensor::OfString("text")));
    CAIRN_RETURN_IF_ERROR(
        w.Add("v", *Tensor::OfStrings({1}, {"proto"}, DataType::kVariant)));
    CAIRN_RETURN_IF_ERROR(
        w.AddSlice("p", {4}, *TensorSlice::Parse("0,1"), Counting({1})));
    return w.AddSlice("p", {4}, *TensorSlice::Parse("1,3"), Counting({3}));
  });
}

// Everything there is, or the first error.
Status ReadAll(FileSystem& fs, const std::string& prefix = "m") {
  CAIRN_ASSIGN_OR_RETURN(auto reader, BundleReader::Open(fs, prefix));
  auto it = reader->NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, it->entry());
    CAIRN_RETURN_IF_ERROR(reader->Check(it->key(), entry));
    CAIRN_RETURN_IF_ERROR(reader->Read(it->key()).status());
  }
  return it->status();
}

// An index of hand-made records beside a data file.
void PutBundle(MemoryFileSystem& fs,
               const std::vector<std::pair<std::string, std::string>>& records,
               const std::string& data) {
  std::string index;
  table::TableBuilder builder(&index);
  for (const auto& [key, value] : records) {
    ASSERT_TRUE(builder.Add(key, value).ok());
  }
  ASSERT_TRUE(builder.Finish().ok());
  fs.Put("m.index", index);
  fs.Put("m.data-00000-of-00001", data);
}

void ExpectError(const Status& status, absl::StatusCode code,
                 const std::string& text) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_NE(Message(status).find(text), std::string::npos) << status;
}

const char kHeader[] = "\x08\x01\x1a\x02\x08\x01";

TEST(BundleReader, ReportsAMissingCheckpoint) {
  MemoryFileSystem fs;
  ExpectError(BundleReader::Open(fs, "d/none").status(),
              absl::StatusCode::kNotFound, "no checkpoint d/none");
}

TEST(BundleReader, ReportsAMissingKey) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok());
  ExpectError((*reader)->Read("zz").status(), absl::StatusCode::kNotFound,
              "Key zz not found");
  EXPECT_EQ((*reader)->Lookup("").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE((*reader)->Contains(""));
  EXPECT_FALSE((*reader)->Contains("zz"));
  EXPECT_TRUE((*reader)->Contains("a"));
}

TEST(BundleReader, ListsKeysInOrderWithoutTheHeader) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  auto reader = BundleReader::Open(fs, "m");
  std::vector<std::string> names;
  auto it = (*reader)->NewIterator();
  for (; it->Valid(); it->Next()) {
    if (!IsSliceKey(it->key())) names.emplace_back(it->key());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a", "p", "s", "v"}));
  it->Seek("b");
  EXPECT_EQ(it->key(), "p");
  it->Seek("");
  EXPECT_TRUE(IsSliceKey(it->key()));
}

TEST(BundleReader, LendsAViewWithoutCopying) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  auto reader = BundleReader::Open(fs, "m");
  const auto view = (*reader)->View("a");
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_TRUE(BitwiseEqual(*view, Counting({3, 2})));
  EXPECT_EQ(view->bytes().data(), (*reader)->View("a")->bytes().data());
  for (const char* key : {"s", "v", "p"}) {
    EXPECT_EQ((*reader)->View(key).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << key;
  }
  FaultFileSystem unmapped(fs);
  auto other = BundleReader::Open(unmapped, "m");
  EXPECT_EQ((*other)->View("a").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(BitwiseEqual(*(*other)->Read("a"), Counting({3, 2})));
}

TEST(BundleReader, ViewsUnverifiedBytesOnlyWhenAsked) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  std::string data = fs.Files().at("m.data-00000-of-00001");
  data[0] = 99;
  fs.Put("m.data-00000-of-00001", data);
  auto reader = BundleReader::Open(fs, "m");
  ExpectError((*reader)->View("a").status(), absl::StatusCode::kDataLoss,
              "Checksum does not match");
  EXPECT_TRUE((*reader)->View("a", BundleReader::Verify::kNone).ok());
}

TEST(BundleReader, ReadsIntoTheCallersMemory) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  auto reader = BundleReader::Open(fs, "m");
  Tensor out = *Tensor::Create(DataType::kInt32, {3, 2});
  ASSERT_TRUE((*reader)->ReadInto("a", out.mutable_bytes()).ok());
  EXPECT_TRUE(BitwiseEqual(out, Counting({3, 2})));
  Tensor pieces = *Tensor::Create(DataType::kInt32, {4});
  ASSERT_TRUE((*reader)->ReadInto("p", pieces.mutable_bytes()).ok());
  EXPECT_TRUE(BitwiseEqual(pieces, *(*reader)->Read("p")));
  EXPECT_EQ((*reader)->ReadInto("a", pieces.mutable_bytes()).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*reader)->ReadInto("s", pieces.mutable_bytes()).code(),
            absl::StatusCode::kInvalidArgument);
}

// All sub-slices of a [3,4,2] tensor, stored in an irregular tiling.
TEST(BundleReader, ReadsEverySubSliceFromWhateverPiecesHoldIt) {
  for (const DataType dtype :
       {DataType::kInt32, DataType::kHalf, DataType::kComplex128,
        DataType::kFloat8E5m2, DataType::kString}) {
    const Shape full({3, 4, 2});
    // Element i is i, in some form.
    const auto make = [&](const TensorSlice& slice) {
      const TensorSlice r = slice.Resolve(full);
      Tensor t = *Tensor::Create(dtype, *slice.Apply(full));
      int64_t n = 0;
      for (int64_t i = 0; i < r.extent(0).length; ++i) {
        for (int64_t j = 0; j < r.extent(1).length; ++j) {
          for (int64_t k = 0; k < r.extent(2).length; ++k, ++n) {
            const int64_t index = (r.extent(0).start + i) * 8 +
                                  (r.extent(1).start + j) * 2 +
                                  r.extent(2).start + k;
            if (dtype == DataType::kString) {
              t.strings()[static_cast<size_t>(n)] = StrCat("element ", index);
            } else {
              t.mutable_bytes()[static_cast<size_t>(n * DataTypeSize(dtype))] =
                  static_cast<char>(index);
            }
          }
        }
      }
      return t;
    };
    MemoryFileSystem fs;
    ASSERT_TRUE(Write(fs, "m", [&](BundleWriter& w) {
                  CAIRN_RETURN_IF_ERROR(w.Add("plain", make(TensorSlice(3))));
                  for (const char* spec :
                       {"2,1:-:-", "0,2:0,3:0,1", "0,1:0,3:1,1", "1,1:0,2:1,1",
                        "1,1:2,1:1,1", "0,2:3,1:-"}) {
                    const TensorSlice slice = *TensorSlice::Parse(spec);
                    CAIRN_RETURN_IF_ERROR(
                        w.AddSlice("pieces", full, slice, make(slice)));
                  }
                  return OkStatus();
                }).ok());
    FaultFileSystem unmapped(fs);
    for (FileSystem* system :
         {static_cast<FileSystem*>(&fs), static_cast<FileSystem*>(&unmapped)}) {
      auto reader = BundleReader::Open(*system, "m");
      ASSERT_TRUE(reader.ok());
      std::vector<SliceExtent> e(3);
      for (e[0].start = 0; e[0].start < 3; ++e[0].start)
        for (e[0].length = 1; e[0].start + e[0].length <= 3; ++e[0].length)
          for (e[1].start = 0; e[1].start < 4; ++e[1].start)
            for (e[1].length = 1; e[1].start + e[1].length <= 4; ++e[1].length)
              for (e[2].start = 0; e[2].start < 2; ++e[2].start)
                for (e[2].length = 1; e[2].start + e[2].length <= 2;
                     ++e[2].length) {
                  const TensorSlice slice = *TensorSlice::Create(e);
                  for (const char* key : {"plain", "pieces"}) {
                    const auto part = (*reader)->ReadSlice(key, slice);
                    ASSERT_TRUE(part.ok()) << part.status();
                    ASSERT_TRUE(BitwiseEqual(*part, make(slice)))
                        << key << " " << slice.ToString();
                  }
                }
      EXPECT_TRUE(
          BitwiseEqual(*(*reader)->Read("pieces"), make(TensorSlice(3))));
    }
  }
}

TEST(BundleReader, RejectsSlicesThatDoNotFit) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  auto reader = BundleReader::Open(fs, "m");
  for (const char* spec : {"3,1:-", "-", "0,1:0,3"}) {
    EXPECT_EQ(
        (*reader)->ReadSlice("a", *TensorSlice::Parse(spec)).status().code(),
        absl::StatusCode::kInvalidArgument)
        << spec;
  }
}

TEST(BundleReader, ReportsEveryTruncationOfTheIndex) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  const std::string good = fs.Files().at("m.index");
  for (size_t n = 0; n < good.size(); ++n) {
    fs.Put("m.index", good.substr(0, n));
    EXPECT_EQ(ReadAll(fs).code(), absl::StatusCode::kDataLoss) << n;
  }
}

TEST(BundleReader, ReportsEveryTruncationOfTheData) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  const std::string path = "m.data-00000-of-00001";
  const std::string good = fs.Files().at(path);
  for (size_t n = 0; n < good.size(); ++n) {
    fs.Put(path, good.substr(0, n));
    EXPECT_EQ(ReadAll(fs).code(), absl::StatusCode::kDataLoss) << n;
  }
}

TEST(BundleReader, ReportsEveryBitThatChanges) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  for (const std::string path : {"m.index", "m.data-00000-of-00001"}) {
    const std::string good = fs.Files().at(path);
    for (size_t i = 0; i < good.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
        fs.Put(path, bad);
        EXPECT_EQ(ReadAll(fs).code(), absl::StatusCode::kDataLoss)
            << path << " byte " << i;
      }
    }
    fs.Put(path, good);
  }
  EXPECT_TRUE(ReadAll(fs).ok());
}

TEST(BundleReader, ReportsAMissingDataFile) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  ASSERT_TRUE(fs.Remove("m.data-00000-of-00001").ok());
  auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok());  // listing needs no data
  ExpectError((*reader)->Read("a").status(), absl::StatusCode::kNotFound,
              "m.data-00000-of-00001");
}

TEST(BundleReader, FailsWhenAnyCallFails) {
  MemoryFileSystem memory;
  ASSERT_TRUE(WriteMixed(memory).ok());
  bool fired = true;
  for (int n = 0; fired; ++n) {
    ASSERT_LT(n, 200);
    FaultFileSystem fs(memory);
    fs.FailCall(n, UnavailableError("the disk is away"));
    const Status status = ReadAll(fs);
    fired = fs.fired();
    EXPECT_EQ(status.ok(), !fired) << n;
    if (fired) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    }
  }
}

TEST(BundleReader, ReadsFromSeveralThreads) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteMixed(fs).ok());
  auto reader = BundleReader::Open(fs, "m");
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        for (const char* key : {"a", "p", "s", "v"}) {
          if ((*reader)->Read(key).ok()) ++good;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 800);
}

// --- a bundle that is replaced ---

Status WriteValue(FileSystem& fs, int64_t value) {
  return Write(fs, "m", [&](BundleWriter& w) {
    return w.Add("a", Tensor::Scalar<int64_t>(value));
  });
}

TEST(BundleReader, NeverMixesAnOldIndexWithNewData) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteValue(fs, 1).ok());
  auto lazy = BundleReader::Open(fs, "m");
  auto eager = BundleReader::Open(fs, "m");
  ASSERT_TRUE((*eager)->Read("a").ok());
  ASSERT_TRUE(WriteValue(fs, 2).ok());
  ExpectError((*lazy)->Read("a").status(), absl::StatusCode::kUnavailable,
              "open it again");
  // The data file was open already: the old checkpoint stays readable.
  EXPECT_EQ((*eager)->Read("a")->data<int64_t>()[0], 1);
  auto again = BundleReader::Open(fs, "m");
  EXPECT_EQ((*again)->Read("a")->data<int64_t>()[0], 2);
}

TEST(BundleReader, NoticesThatTheBundleWasRemoved) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteValue(fs, 1).ok());
  auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(fs.Remove("m.index").ok());
  EXPECT_EQ((*reader)->Read("a").status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(BundleReader, ReadsThroughASwitchThatWasCutOff) {
  MemoryFileSystem base;
  ASSERT_TRUE(WriteValue(base, 1).ok());
  base.ClearLog();
  ASSERT_TRUE(WriteValue(base, 2).ok());
  int journals = 0;
  for (size_t n = 0; n <= base.log().size(); ++n) {
    base.CrashImages(n, 8, [&](MemoryFileSystem& fs) {
      if (HasJournal(fs, "m")) ++journals;
      auto reader = BundleReader::Open(fs, "m");
      ASSERT_TRUE(reader.ok()) << reader.status();
      const auto a = (*reader)->Read("a");
      ASSERT_TRUE(a.ok()) << a.status();
    });
  }
  EXPECT_GT(journals, 0);
}

// --- hostile indexes ---

TEST(BundleReader, RejectsAnIndexWithoutHeader) {
  MemoryFileSystem fs;
  PutBundle(fs, {{"a", kHeader}}, "");
  ExpectError(BundleReader::Open(fs, "m").status(), absl::StatusCode::kDataLoss,
              "the first key is not the header's");
  PutBundle(fs, {}, "");
  EXPECT_EQ(BundleReader::Open(fs, "m").status().code(),
            absl::StatusCode::kDataLoss);
  PutBundle(fs, {{"", "\xff"}}, "");
  ExpectError(BundleReader::Open(fs, "m").status(), absl::StatusCode::kDataLoss,
              "malformed BundleHeaderProto");
}

TEST(BundleReader, ObeysTheVersionOfTheHeader) {
  const auto open = [](const std::function<void(proto::VersionDef*)>& change) {
    proto::BundleHeaderProto header;
    header.set_num_shards(1);
    change(header.mutable_version());
    MemoryFileSystem fs;
    PutBundle(fs, {{"", header.SerializeAsString()}}, "");
    return BundleReader::Open(fs, "m").status();
  };
  EXPECT_TRUE(open([](auto* v) { v->set_producer(99); }).ok());
  EXPECT_TRUE(open([](auto* v) { v->set_min_consumer(1); }).ok());
  EXPECT_TRUE(open([](auto* v) { v->add_bad_consumers(2); }).ok());
  ExpectError(open([](auto* v) { v->set_min_consumer(2); }),
              absl::StatusCode::kFailedPrecondition, "min consumer version 2");
  ExpectError(open([](auto* v) { v->add_bad_consumers(1); }),
              absl::StatusCode::kFailedPrecondition, "disallows consumer");
}

// Damage that no checksum tells: the index block is changed and its checksum
// made right again. What is read may differ; it must end, with a known error.
TEST(BundleReader, SurvivesChangesWithRightChecksums) {
  MemoryFileSystem good;
  ASSERT_TRUE(WriteMixed(good).ok());
  const std::string index = good.Files().at("m.index");
  const std::string data = good.Files().at("m.data-00000-of-00001");
  const table::Footer footer = *table::DecodeFooter(
      std::string_view(index).substr(index.size() - table::kFooterSize),
      index.size());
  const auto n =
      static_cast<size_t>(footer.metaindex.offset - table::kBlockTrailerSize);
  std::mt19937 random(11);
  int survived = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string block = index.substr(0, n);
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes) {
      block[random() % n] = static_cast<char>(random());
    }
    MemoryFileSystem fs;
    fs.Put("m.index",
           block + table::BlockTrailer(block, table::Compression::kNone) +
               index.substr(n + table::kBlockTrailerSize));
    fs.Put("m.data-00000-of-00001", data);
    const Status status = ReadAll(fs);
    survived += status.ok();
    const absl::StatusCode code = status.code();
    EXPECT_TRUE(code == absl::StatusCode::kOk ||
                code == absl::StatusCode::kDataLoss ||
                code == absl::StatusCode::kNotFound ||
                code == absl::StatusCode::kInvalidArgument ||
                code == absl::StatusCode::kFailedPrecondition)
        << status;
  }
  EXPECT_GT(survived, 0);  // some only rename a key
}

// A data file of 16 bytes and one entry that is changed.
Status ReadHostile(
    const std::function<void(proto::BundleEntryProto*)>& change) {
  const std::string data = "0123456789abcdef";
  proto::BundleEntryProto entry;
  entry.set_dtype(proto::DT_FLOAT);
  entry.mutable_shape()->add_dim()->set_size(4);
  entry.set_size(16);
  entry.set_crc32c(MaskCrc32c(Crc32c(data)));
  change(&entry);
  MemoryFileSystem fs;
  PutBundle(fs, {{"", kHeader}, {"a", entry.SerializeAsString()}}, data);
  return ReadAll(fs);
}

TEST(BundleReader, RejectsEntriesThatPointAstray) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(ReadHostile([](auto*) {}).ok());
  const auto rejected = [](const char* text, auto change) {
    ExpectError(ReadHostile(change), absl::StatusCode::kDataLoss, text);
  };
  rejected("shard 1 of 1", [](auto* e) { e->set_shard_id(1); });
  rejected("bad place", [](auto* e) { e->set_shard_id(-1); });
  rejected("file ends at 16", [](auto* e) { e->set_offset(1); });
  rejected("file ends at 16", [](auto* e) { e->set_offset(kMax - 16); });
  rejected("bad place", [](auto* e) { e->set_offset(kMax); });
  rejected("Checksum", [](auto* e) { e->clear_crc32c(); });
  rejected("expected size 16", [](auto* e) { e->set_size(12); });
  // A claim of 64 TiB is answered before any memory is asked for.
  rejected("file ends at 16", [](auto* e) {
    e->mutable_shape()->mutable_dim(0)->set_size(int64_t{1} << 44);
    e->set_size(int64_t{1} << 46);
  });
  rejected("file ends at 16", [](auto* e) {
    e->set_dtype(proto::DT_STRING);
    e->mutable_shape()->mutable_dim(0)->set_size(int64_t{1} << 44);
    e->set_size(int64_t{1} << 46);
  });
}

TEST(BundleReader, RejectsMalformedStrings) {
  struct Row {
    std::string data;
    int64_t count;
    const char* text;
  };
  const std::string ones(9, '\xff');
  const std::vector<Row> rows = {
      {std::string("\x05\0\0\0\0ab", 7), 1, "take 5 + 4 bytes"},
      {std::string("\x07\0\0\0\0ab", 7), 1, "beyond the entry"},
      {ones + std::string("\x01\0\0\0\0", 5), 1, "beyond the entry"},
      {std::string("\x80\x80\x80\x80\x80", 5), 1, "malformed or beyond"},
      {std::string("\x01\0\0\0\0abc", 8), 1, "take 1 + 4 bytes"},
      // Two lengths whose sum wraps.
      {ones + std::string("\x01\x02\0\0\0\0a", 7), 2, "beyond the entry"},
      {std::string("\x01\0\0\0\0a", 6), 1, "length checksum does not match"},
  };
  for (const Row& row : rows) {
    proto::BundleEntryProto entry;
    entry.set_dtype(proto::DT_STRING);
    entry.mutable_shape()->add_dim()->set_size(row.count);
    entry.set_size(static_cast<int64_t>(row.data.size()));
    MemoryFileSystem fs;
    PutBundle(fs, {{"", kHeader}, {"a", entry.SerializeAsString()}}, row.data);
    ExpectError(ReadAll(fs), absl::StatusCode::kDataLoss, row.text);
  }
}

// The index of a tensor float[4] in pieces over 16 bytes of data.
struct Pieces {
  proto::BundleEntryProto full;
  std::vector<std::pair<std::string, std::string>> records;
  std::string data = "0123456789abcdef";

  Pieces() {
    full.set_dtype(proto::DT_FLOAT);
    full.mutable_shape()->add_dim()->set_size(4);
  }
  void List(const std::string& spec) {
    const TensorSlice slice = *TensorSlice::Parse(spec);
    auto* extent = full.add_slices()->add_extent();
    extent->set_start(slice.extent(0).start);
    extent->set_length(slice.extent(0).length);
  }
  void Store(const std::string& spec, int64_t offset, int64_t count,
             proto::DataType dtype = proto::DT_FLOAT) {
    proto::BundleEntryProto entry;
    entry.set_dtype(dtype);
    entry.mutable_shape()->add_dim()->set_size(count);
    entry.set_offset(offset);
    entry.set_size(4 * count);
    const auto bytes = std::string_view(data).substr(
        static_cast<size_t>(offset), static_cast<size_t>(4 * count));
    entry.set_crc32c(MaskCrc32c(Crc32c(bytes)));
    records.emplace_back(EncodeTensorNameSlice("w", *TensorSlice::Parse(spec)),
                         entry.SerializeAsString());
  }
  StatusOr<Tensor> Read() {
    records.emplace_back("", kHeader);
    records.emplace_back("w", full.SerializeAsString());
    std::sort(records.begin(), records.end());
    MemoryFileSystem fs;
    PutBundle(fs, records, data);
    CAIRN_ASSIGN_OR_RETURN(auto reader, BundleReader::Open(fs, "m"));
    return reader->Read("w");
  }
};

TEST(BundleReader, PutsPiecesTogetherInAnyOrder) {
  Pieces p;
  p.List("3,1");
  p.List("0,3");
  p.Store("3,1", 12, 1);
  p.Store("0,3", 0, 3);
  const auto tensor = p.Read();
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->bytes(), p.data);
}

TEST(BundleReader, RejectsPiecesThatAreMissing) {
  Pieces p;
  p.List("0,3");
  p.List("3,1");
  p.Store("0,3", 0, 3);
  ExpectError(p.Read().status(), absl::StatusCode::kDataLoss,
              "piece 3,1 is missing");
}

TEST(BundleReader, RejectsPiecesThatDoNotCover) {
  Pieces p;
  p.List("0,3");
  p.Store("0,3", 0, 3);
  ExpectError(p.Read().status(), absl::StatusCode::kInvalidArgument,
              "sufficient slices");
}

TEST(BundleReader, RejectsPiecesThatOverlap) {
  Pieces p;
  p.List("0,2");
  p.List("1,2");
  p.Store("0,2", 0, 2);
  p.Store("1,2", 8, 2);
  ExpectError(p.Read().status(), absl::StatusCode::kDataLoss,
              "Overlapping slices");
  // Though their sizes add up.
  Pieces q;
  q.List("0,3");
  q.List("2,1");
  q.Store("0,3", 0, 3);
  q.Store("2,1", 12, 1);
  ExpectError(q.Read().status(), absl::StatusCode::kDataLoss,
              "Overlapping slices");
}

TEST(BundleReader, RejectsPiecesThatDifferFromTheirEntries) {
  Pieces p;
  p.List("0,4");
  p.Store("0,4", 0, 3);
  ExpectError(p.Read().status(), absl::StatusCode::kDataLoss, "should be");
  Pieces q;
  q.List("0,4");
  q.Store("0,4", 0, 4, proto::DT_INT32);
  ExpectError(q.Read().status(), absl::StatusCode::kDataLoss, "should be");
}

TEST(BundleReader, RejectsPiecesThatClaimTheSameBytes) {
  Pieces p;
  p.data = "0123456789ab";
  p.List("0,2");
  p.List("2,2");
  p.Store("0,2", 0, 2);
  p.Store("2,2", 4, 2);
  ExpectError(p.Read().status(), absl::StatusCode::kDataLoss, "claim 16 bytes");
}

}  // namespace
}  // namespace cairn::bundle
