// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/table/table.h"
#include "cairn/table/table_builder.h"

namespace cairn::bundle {
namespace {

using ::testing::HasSubstr;
using Body = std::function<Status(BundleWriter&)>;
using Files = std::map<std::string, std::string>;

constexpr char kMerged[] = "d/m";
const std::vector<std::string> kParts = {"d/m_temp/part-00000-of-00003",
                                         "d/m_temp/part-00001-of-00003",
                                         "d/m_temp/part-00002-of-00003"};

Status Write(FileSystem& fs, const std::string& prefix, const Body& body,
             const BundleWriterOptions& options = {}) {
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         BundleWriter::Create(commit, prefix, options));
  CAIRN_RETURN_IF_ERROR(body(*writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Body One(std::string key, float value) {
  return
      [=](BundleWriter& w) { return w.Add(key, Tensor::Scalar<float>(value)); };
}

Body Piece(std::string spec, std::string key = "w", Shape full = {4}) {
  return [=](BundleWriter& w) -> Status {
    const TensorSlice slice = *TensorSlice::Parse(spec);
    CAIRN_ASSIGN_OR_RETURN(
        const Tensor part,
        Tensor::Create(DataType::kFloat, *slice.Apply(full)));
    return w.AddSlice(key, full, slice, part);
  };
}

// Three parts: plain tensors, no tensors, two shards of which the second has a
// piece; another piece is in the first.
void WriteParts(FileSystem& fs) {
  ASSERT_TRUE(Write(fs, kParts[0], [](BundleWriter& w) {
                CAIRN_RETURN_IF_ERROR(One("z", 1)(w));
                CAIRN_RETURN_IF_ERROR(Piece("0,1")(w));
                return One("a", 2)(w);
              }).ok());
  ASSERT_TRUE(Write(fs, kParts[1], [](auto&) { return OkStatus(); }).ok());
  ASSERT_TRUE(Write(fs, kParts[2], [](BundleWriter& w) {
                CAIRN_RETURN_IF_ERROR(w.Add("b", Tensor::OfString("text"), 1));
                return Piece("1,3")(w);
              }).ok());
}

// OK if the merged bundle is there and right.
Status CheckMerged(FileSystem& fs, const std::string& prefix = kMerged) {
  CAIRN_ASSIGN_OR_RETURN(auto reader, BundleReader::Open(fs, prefix));
  CAIRN_ASSIGN_OR_RETURN(const Tensor a, reader->Read("a"));
  CAIRN_ASSIGN_OR_RETURN(const Tensor b, reader->Read("b"));
  CAIRN_ASSIGN_OR_RETURN(const Tensor w, reader->Read("w"));
  CAIRN_ASSIGN_OR_RETURN(const Tensor z, reader->Read("z"));
  EXPECT_EQ(a.data<float>()[0], 2);
  EXPECT_EQ(b.strings()[0], "text");
  EXPECT_EQ(w.num_elements(), 4);
  EXPECT_EQ(z.data<float>()[0], 1);
  return OkStatus();
}

// Whether every part is there and can be read.
bool PartsAreWhole(FileSystem& fs) {
  for (const std::string& part : kParts) {
    auto reader = BundleReader::Open(fs, part);
    if (!reader.ok()) return false;
    for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
      if (!it->entry().ok()) return false;
      const BundleEntry entry = *it->entry();
      if (!entry.slices.empty()) continue;
      if (!(*reader)->Check(it->key(), entry).ok()) return false;
    }
  }
  return true;
}

TEST(MergeBundles, NumbersShardsByFirstUseAndRemovesTheParts) {
  MemoryFileSystem fs;
  WriteParts(fs);
  const Status merged =
      MergeBundles(fs, kParts, kMerged, {.delete_input_directories = true});
  ASSERT_TRUE(merged.ok()) << merged;
  std::vector<std::string> names;
  for (const auto& [name, bytes] : fs.Files()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "d/m.data-00000-of-00003", "d/m.data-00001-of-00003",
                       "d/m.data-00002-of-00003", "d/m.index"}));
  EXPECT_FALSE(fs.IsDirectory("d/m_temp"));
  ASSERT_TRUE(CheckMerged(fs).ok()) << CheckMerged(fs);
  auto reader = *BundleReader::Open(fs, kMerged);
  EXPECT_EQ(reader->header().num_shards, 3) << "of the empty part: none";
  // The third part's index begins with the piece, in its shard 0.
  EXPECT_EQ(reader->Lookup("b")->shard_id, 2);
  EXPECT_EQ(reader->Lookup("w")->slices.size(), 2u);
  EXPECT_EQ(reader->Lookup("w")->slices[0].ToString(), "0,1");
}

TEST(MergeBundles, KeepsThePartsIfAsked) {
  MemoryFileSystem fs;
  WriteParts(fs);
  const Files before = fs.Files();
  // Over its own result, too.
  for (int i = 0; i < 2; ++i) {
    const Status merged =
        MergeBundles(fs, kParts, kMerged, {.delete_inputs = false});
    ASSERT_TRUE(merged.ok()) << merged;
    EXPECT_TRUE(PartsAreWhole(fs));
    EXPECT_TRUE(CheckMerged(fs).ok());
    EXPECT_EQ(fs.Files().size(), before.size() + 4);
  }
}

TEST(MergeBundles, MergesMergedBundlesAndEmptyOnes) {
  MemoryFileSystem fs;
  WriteParts(fs);
  ASSERT_TRUE(MergeBundles(fs, kParts, kMerged).ok());
  ASSERT_TRUE(Write(fs, "e/x", One("x", 9)).ok());
  const std::vector<std::string> again = {"e/x", kMerged};
  ASSERT_TRUE(MergeBundles(fs, again, "f/n").ok());
  EXPECT_TRUE(CheckMerged(fs, "f/n").ok());
  EXPECT_EQ((*BundleReader::Open(fs, "f/n"))->Lookup("x")->shard_id, 0);
  EXPECT_EQ((*BundleReader::Open(fs, "f/n"))->header().num_shards, 4);
  ASSERT_TRUE(Write(fs, "e/0", [](auto&) { return OkStatus(); }).ok());
  const std::vector<std::string> empty = {"e/0"};
  ASSERT_TRUE(MergeBundles(fs, empty, "f/0").ok());
  EXPECT_EQ((*BundleReader::Open(fs, "f/0"))->header().num_shards, 1);
  EXPECT_TRUE(fs.Exists("f/0.data-00000-of-00001"));
}

TEST(MergeBundles, RefusesWhatDoesNotFitTogetherBeforeAnythingMoves) {
  struct Row {
    Body a, b;
    std::string text;
    Endianness b_order = Endianness::kLittle;
  };
  const std::vector<Row> rows = {
      {One("a", 1), One("a", 1), "Duplicate tensor keyed by a encountered"},
      {One("w", 1), Piece("0,1"), "Duplicate tensor keyed by w"},
      {Piece("0,1"), One("w", 1), "Duplicate tensor keyed by w"},
      {Piece("0,1"), Piece("0,1"), "Duplicate tensor keyed by"},
      {Piece("0,2"), Piece("1,2"), "verlap"},
      {Piece("0,1"), Piece("1,1", "w", {5}), "float32[5] in"},
      {Piece("0,1"),
       [](BundleWriter& w) {
         return w.AddSlice("w", {4}, *TensorSlice::Parse("1,1"),
                           *Tensor::Create(DataType::kInt32, {1}));
       },
       "int32[4] in"},
      {One("a", 1), One("b", 1), "different byte orders", Endianness::kBig},
  };
  for (const Row& row : rows) {
    MemoryFileSystem fs;
    ASSERT_TRUE(Write(fs, kParts[0], row.a).ok());
    BundleWriterOptions options;
    options.endianness = row.b_order;
    ASSERT_TRUE(Write(fs, kParts[1], row.b, options).ok());
    const Files before = fs.Files();
    const std::vector<std::string> inputs = {kParts[0], kParts[1]};
    const Status status = MergeBundles(fs, inputs, kMerged);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << row.text;
    EXPECT_THAT(Message(status), HasSubstr(row.text));
    EXPECT_EQ(fs.Files(), before);
  }
}

// The bundle as a producer would have written it that says this in the header.
void SetHeader(MemoryFileSystem& fs, const std::string& prefix,
               const BundleHeader& header) {
  const auto table = table::Table::Open(*fs.OpenForReading(IndexPath(prefix)));
  ASSERT_TRUE(table.ok()) << table.status();
  std::string index;
  table::TableBuilder builder(&index);
  table::Table::Iterator it(**table);
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    ASSERT_TRUE(builder
                    .Add(it.key(), it.key().empty() ? EncodeHeader(header)
                                                    : std::string(it.value()))
                    .ok());
  }
  ASSERT_TRUE(builder.Finish().ok());
  fs.Put(IndexPath(prefix), index);
}

TEST(MergeBundles, RefusesOtherVersionsAndKeepsThatOfAll) {
  BundleHeader common;
  common.producer = 7;
  common.min_consumer = 1;
  common.bad_consumers = {5, 9};
  std::vector<BundleHeader> others(3, common);
  others[0].producer = 8;
  others[1].min_consumer = 0;
  others[2].bad_consumers = {5};
  for (const BundleHeader& other : others) {
    MemoryFileSystem fs;
    ASSERT_TRUE(Write(fs, kParts[0], One("a", 1)).ok());
    ASSERT_TRUE(Write(fs, kParts[1], One("b", 1)).ok());
    SetHeader(fs, kParts[0], common);
    SetHeader(fs, kParts[1], other);
    const Files before = fs.Files();
    const std::vector<std::string> inputs = {kParts[0], kParts[1]};
    const Status status = MergeBundles(fs, inputs, kMerged);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("different format versions"));
    EXPECT_EQ(fs.Files(), before);
    SetHeader(fs, kParts[1], common);
    ASSERT_TRUE(MergeBundles(fs, inputs, kMerged).ok());
    const auto reader = BundleReader::Open(fs, kMerged);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->header().producer, 7);
    EXPECT_EQ((*reader)->header().min_consumer, 1);
    EXPECT_EQ((*reader)->header().bad_consumers, common.bad_consumers);
    EXPECT_EQ((*reader)->header().num_shards, 2);
  }
}

TEST(MergeBundles, RefusesMissingInputsAndItsOwn) {
  MemoryFileSystem fs;
  WriteParts(fs);
  const Files before = fs.Files();
  const auto merge = [&](std::vector<std::string> inputs,
                         const std::string& merged, bool allow) {
    return MergeBundles(fs, inputs, merged, {.allow_missing_inputs = allow});
  };
  EXPECT_TRUE(absl::IsInvalidArgument(merge({}, kMerged, true)));
  EXPECT_TRUE(absl::IsNotFound(merge({kParts[0], "no/x"}, kMerged, false)));
  EXPECT_TRUE(absl::IsInvalidArgument(merge({"no/x"}, kMerged, true)));
  EXPECT_TRUE(absl::IsInvalidArgument(merge(kParts, kParts[0], true)));
  EXPECT_TRUE(absl::IsInvalidArgument(
      merge(kParts, "d/../d/m_temp/part-00000-of-00003", true)));
  EXPECT_EQ(fs.Files(), before);
  EXPECT_TRUE(
      merge({"no/x", kParts[0], kParts[1], kParts[2]}, kMerged, true).ok());
  EXPECT_TRUE(CheckMerged(fs).ok());
}

// Keys and bytes are in different orders: the last key is not the last byte.
TEST(MergeBundles, RefusesADataFileThatLacksItsLastByte) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, kParts[0], [](BundleWriter& w) {
                CAIRN_RETURN_IF_ERROR(w.Add("b", Tensor::Scalar<float>(1)));
                return w.Add("a", Tensor::Scalar<float>(2));
              }).ok());
  const std::string path = DataPath(kParts[0], 0, 1);
  fs.Put(path, fs.Files().at(path).substr(0, 7));
  const Files before = fs.Files();
  const std::vector<std::string> inputs = {kParts[0]};
  EXPECT_TRUE(absl::IsDataLoss(MergeBundles(fs, inputs, kMerged)));
  EXPECT_EQ(fs.Files(), before);
}

TEST(MergeBundles, RefusesDataFilesThatAreMissingOrShort) {
  for (const bool missing : {true, false}) {
    MemoryFileSystem fs;
    WriteParts(fs);
    const std::string path = DataPath(kParts[2], 1, 2);
    if (missing) {
      ASSERT_TRUE(fs.Remove(path).ok());
    } else {
      fs.Put(path, "x");
    }
    const Files before = fs.Files();
    const Status status = MergeBundles(fs, kParts, kMerged);
    EXPECT_EQ(status.code(), missing ? absl::StatusCode::kNotFound
                                     : absl::StatusCode::kDataLoss);
    EXPECT_THAT(Message(status), HasSubstr(path));
    EXPECT_EQ(fs.Files(), before);
  }
}

TEST(MergeBundles, LosesNothingInAPowerCutAtAnyInstant) {
  MemoryFileSystem fs;
  WriteParts(fs);
  fs.ClearLog();
  ASSERT_TRUE(
      MergeBundles(fs, kParts, kMerged, {.delete_input_directories = true})
          .ok());
  const size_t operations = fs.log().size();
  uint64_t states = 0, old_states = 0, new_states = 0;
  for (size_t n = 0; n <= operations; ++n) {
    states += fs.CrashImages(n, 6, [&](MemoryFileSystem& image) {
      const bool is_new =
          BundleReader::Open(image, kMerged).ok() && CheckMerged(image).ok();
      const bool is_old = PartsAreWhole(image);
      EXPECT_TRUE(is_new || is_old) << "after operation " << n;
      old_states += is_old ? 1 : 0;
      new_states += is_new ? 1 : 0;
      if (n == operations) {
        EXPECT_TRUE(is_new);
      }
    });
    if (HasFailure()) break;
  }
  EXPECT_GT(states, 100u);
  EXPECT_GT(old_states, 0u);
  EXPECT_GT(new_states, 0u);
}

TEST(MergeBundles, LeavesThePartsOrTheResultWhenAnyCallFails) {
  bool fired = true;
  int n = 0, failed = 0;
  for (; fired; ++n) {
    ASSERT_LT(n, 400);
    MemoryFileSystem memory;
    WriteParts(memory);
    FaultFileSystem fs(memory);
    fs.FailCall(n, ResourceExhaustedError("disk full"));
    const Status status = MergeBundles(fs, kParts, kMerged);
    fired = fs.fired();
    if (status.ok()) {
      EXPECT_TRUE(CheckMerged(memory).ok()) << n;
      continue;
    }
    ++failed;
    EXPECT_TRUE(PartsAreWhole(memory)) << n << status;
    EXPECT_FALSE(BundleReader::Open(memory, kMerged).ok()) << n;
    // And again without the fault.
    ASSERT_TRUE(MergeBundles(memory, kParts, kMerged).ok()) << n;
    EXPECT_TRUE(CheckMerged(memory).ok()) << n;
  }
  EXPECT_GT(failed, 30);
}

TEST(MergeBundles, CopiesWhereNothingCanBeLinked) {
  MemoryFileSystem memory;
  WriteParts(memory);
  FaultFileSystem fs(memory);
  fs.FailCallOfKind(FaultFileSystem::Call::kLink, 0,
                    UnimplementedError("no links"));
  ASSERT_TRUE(MergeBundles(fs, kParts, kMerged).ok());
  EXPECT_TRUE(fs.fired());
  EXPECT_TRUE(CheckMerged(memory).ok());
}

TEST(MergeBundles, CanBeCancelled) {
  MemoryFileSystem fs;
  WriteParts(fs);
  const Files before = fs.Files();
  std::stop_source stop;
  stop.request_stop();
  MergeOptions options;
  options.supervision.stop = stop.get_token();
  EXPECT_TRUE(absl::IsCancelled(MergeBundles(fs, kParts, kMerged, options)));
  EXPECT_EQ(fs.Files(), before);
}

}  // namespace
}  // namespace cairn::bundle
