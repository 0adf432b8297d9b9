// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/writer.h"
#include "cairn/inspect/golden_manifest.h"
#include "cairn/inspect/sha256.h"

namespace cairn::inspect {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<CheckpointSource> OpenOrDie(FileSystem& fs,
                                            const std::string& prefix) {
  auto source = CheckpointSource::Open(fs, {TargetKind::kBundle, prefix, ""});
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? *std::move(source) : nullptr;
}

std::string ReadGolden(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A copy of a golden bundle of one shard, to be damaged.
void CopyBundle(const std::string& golden_prefix, MemoryFileSystem& fs) {
  fs.Put("m.index", ReadGolden(golden_prefix + ".index"));
  fs.Put("m.data-00000-of-00001",
         ReadGolden(golden_prefix + ".data-00000-of-00001"));
}

std::string DecodeBase64(const std::string& text) {
  const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6) | static_cast<uint32_t>(digits.find(c));
    if ((count += 6) < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xff);
  }
  return bytes;
}

std::string KeyOf(const json& tensor) {
  return tensor.contains("key_b64")
             ? DecodeBase64(tensor["key_b64"].get<std::string>())
             : tensor["key"].get<std::string>();
}

void ExpectPlace(const std::optional<Place>& place, const json& expected) {
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->shard, expected["shard"]);
  EXPECT_EQ(place->offset, expected["offset"]);
  EXPECT_EQ(place->bytes, expected["size"]);
  EXPECT_EQ(Hex(MaskCrc32c(place->crc32c), 8), expected["crc32c_masked"]);
}

void ExpectEntry(const Entry& entry, const json& expected) {
  EXPECT_EQ(DataTypeEnumName(entry.dtype), expected["dtype"]);
  const json shape = std::vector<int64_t>(entry.shape.dims().begin(),
                                          entry.shape.dims().end());
  EXPECT_EQ(shape, expected["shape"]);
  if (!expected.contains("slices")) {
    ExpectPlace(entry.place, expected);
    EXPECT_TRUE(entry.pieces.empty());
    return;
  }
  EXPECT_FALSE(entry.place.has_value());
  const json& slices = expected["slices"];
  ASSERT_EQ(entry.pieces.size(), slices.size());
  int64_t bytes = 0;
  for (size_t i = 0; i < slices.size(); ++i) {
    EXPECT_EQ(entry.pieces[i].slice.ToString(), slices[i]["spec"]);
    ExpectPlace(entry.pieces[i].place, slices[i]);
    bytes += slices[i]["size"].get<int64_t>();
  }
  EXPECT_EQ(entry.bytes, bytes);
}

// What TensorSha256 must give, from what the manifest says of the values; empty
// when the manifest does not say enough.
std::string ExpectedSha256(const json& tensor) {
  if (tensor.contains("sha256")) return tensor["sha256"];
  if (tensor.contains("raw_sha256")) return tensor["raw_sha256"];
  if (!tensor.contains("strings")) return "";
  Sha256 sha;
  for (const json& value : tensor["strings"]) {
    if (!value.is_string()) return "";  // a long one, given by its own hash
    const std::string bytes = DecodeBase64(value);
    std::string length;
    PutFixed64(length, bytes.size());
    sha.Update(length);
    sha.Update(bytes);
  }
  return sha.HexDigest();
}

class GoldenBundleTest : public testing::TestWithParam<GoldenCheckpoint> {};

TEST_P(GoldenBundleTest, ListsAndHashesAsTheManifestSays) {
  const json& manifest = GetParam().manifest;
  if (!manifest.contains("tensors")) GTEST_SKIP() << "listed by column";
  const auto source = OpenOrDie(LocalFileSystem(), GetParam().prefix);
  ASSERT_NE(source, nullptr);
  auto it = source->NewIterator();
  for (const json& expected : manifest["tensors"]) {
    SCOPED_TRACE(expected.dump().substr(0, 300));
    ASSERT_TRUE(it->Valid());
    EXPECT_EQ(it->key(), KeyOf(expected));
    const StatusOr<Entry> entry = it->entry();
    ASSERT_TRUE(entry.ok()) << entry.status();
    ExpectEntry(*entry, expected);
    const StatusOr<Entry> found = source->Find(it->key());
    ASSERT_TRUE(found.ok()) << found.status();
    ExpectEntry(*found, expected);
    if (expected.contains("complete") && !expected["complete"]) {
      EXPECT_FALSE(TensorSha256(*source, *entry).ok());
    } else if (const std::string sha = ExpectedSha256(expected); !sha.empty()) {
      const StatusOr<std::string> digest = TensorSha256(*source, *entry);
      ASSERT_TRUE(digest.ok()) << digest.status();
      EXPECT_EQ(*digest, sha);
    }
    it->Next();
  }
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().ok());
}

TEST_P(GoldenBundleTest, FindsAllFiles) {
  const auto source = OpenOrDie(LocalFileSystem(), GetParam().prefix);
  ASSERT_NE(source, nullptr);
  const auto files = source->Files();
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->size(), static_cast<size_t>(source->num_shards()) + 1);
}

std::string TestName(const testing::TestParamInfo<GoldenCheckpoint>& info) {
  std::string name = info.param.name;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); },
      '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenBundleTest,
                         testing::ValuesIn(GoldenBundles()), TestName);

TEST(CheckpointSource, HashesStringsWithTheirLengths) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  auto writer = bundle::BundleWriter::Create(commit, "m");
  ASSERT_TRUE(writer.ok());
  const std::vector<std::string> values = {"ab", ""};
  ASSERT_TRUE((*writer)->Add("s", *TensorView::OfStrings({2}, values)).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  const auto source = OpenOrDie(fs, "m");
  Sha256 sha;
  sha.Update(std::string_view("\2\0\0\0\0\0\0\0ab\0\0\0\0\0\0\0\0", 18));
  EXPECT_EQ(*TensorSha256(*source, *source->Find("s")), sha.HexDigest());
}

TEST(CheckpointSource, GivesStringsOfAllLengthsOneAfterAnother) {
  MemoryFileSystem fs;
  std::vector<std::string> values(20000);
  for (const size_t length : {1, 65535, 65536, 65537, 3 << 20, 0, 7}) {
    values.emplace_back(length, static_cast<char>('a' + values.size() % 26));
  }
  const auto count = static_cast<int64_t>(values.size());
  Commit commit(fs, "m");
  auto writer = *bundle::BundleWriter::Create(commit, "m");
  ASSERT_TRUE(writer->Add("s", *TensorView::OfStrings({count}, values)).ok());
  ASSERT_TRUE(writer->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  std::string expected;
  for (const std::string& value : values) {
    PutFixed64(expected, value.size());
    expected += value;
  }
  const auto source = OpenOrDie(fs, "m");
  std::string given;
  size_t runs = 0;
  ASSERT_TRUE(source
                  ->Stream(*source->Find("s"),
                           [&](std::string_view run) {
                             given += run;
                             ++runs;
                             return OkStatus();
                           })
                  .ok());
  EXPECT_TRUE(given == expected) << given.size() << " of " << expected.size();
  EXPECT_LT(runs, 200u);  // not one for each string
}

TEST(CheckpointSource, GivesNoStringOfADamagedTensor) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  auto writer = *bundle::BundleWriter::Create(commit, "m");
  const std::vector<std::string> values(3, std::string(100000, 'x'));
  ASSERT_TRUE(writer->Add("s", *TensorView::OfStrings({3}, values)).ok());
  ASSERT_TRUE(writer->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  std::string data = fs.Files()["m.data-00000-of-00001"];
  data.back() = 'y';
  fs.Put("m.data-00000-of-00001", data);
  const auto source = OpenOrDie(fs, "m");
  const Status status =
      source->Stream(*source->Find("s"), [](std::string_view) {
        ADD_FAILURE() << "bytes of a damaged tensor";
        return OkStatus();
      });
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("tensor s"));
}

TEST(CheckpointSource, ReportsDamagedDataOnlyWhenItIsRead) {
  MemoryFileSystem fs;
  CopyBundle(GoldenPath("seed/v1/epoch2/model"), fs);
  std::string data = fs.Files()["m.data-00000-of-00001"];
  data[10] = static_cast<char>(data[10] ^ 1);  // in batch_normalization/beta
  fs.Put("m.data-00000-of-00001", data);
  const auto source = OpenOrDie(fs, "m");
  size_t bad = 0, good = 0;
  for (auto it = source->NewIterator(); it->Valid(); it->Next()) {
    const StatusOr<Entry> entry = it->entry();
    ASSERT_TRUE(entry.ok());
    const auto digest = TensorSha256(*source, *entry);
    ++(digest.ok() ? good : bad);
    if (!digest.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(digest.status())) << digest.status();
      EXPECT_THAT(Message(digest.status()),
                  HasSubstr("batch_normalization/beta"));
    }
  }
  EXPECT_EQ(bad, 1u);
  EXPECT_EQ(good, 15u);
}

TEST(CheckpointSource, ListsSlicesOfAPartitionedTensorUnderItsName) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  auto writer = bundle::BundleWriter::Create(commit, "m");
  ASSERT_TRUE(writer.ok());
  const float rows[] = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE((*writer)
                  ->AddSlice("w", {3, 2}, *TensorSlice::Parse("0,2:-"),
                             TensorView::Of<float>({2, 2}, rows))
                  .ok());
  ASSERT_TRUE((*writer)
                  ->AddSlice("w", {3, 2}, *TensorSlice::Parse("2,1:-"),
                             TensorView::Of<float>({1, 2}, rows + 4))
                  .ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  const auto source = OpenOrDie(fs, "m");
  std::vector<std::string> keys;
  for (auto it = source->NewIterator(); it->Valid(); it->Next()) {
    keys.emplace_back(it->key());
  }
  EXPECT_THAT(keys, ElementsAre("w"));
  const Entry entry = *source->Find("w");
  EXPECT_EQ(entry.pieces.size(), 2u);
  EXPECT_EQ(entry.bytes, 24);
  Sha256 sha;
  sha.Update({reinterpret_cast<const char*>(rows), sizeof rows});
  EXPECT_EQ(*TensorSha256(*source, entry), sha.HexDigest());
}

std::unique_ptr<CheckpointSource> OpenV1OrDie(const std::string& path) {
  auto source =
      CheckpointSource::Open(LocalFileSystem(), {TargetKind::kV1, path, ""});
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? *std::move(source) : nullptr;
}

TEST(CheckpointSource, ShowsTensorFlowsV1Checkpoints) {
  for (const char* name :
       {"all_dtypes", "compressible", "saver", "saver_sharded", "slices"}) {
    const std::string dir = GoldenPath(std::string("v1/") + name);
    const json manifest = json::parse(ReadGolden(dir + "/manifest.json"));
    for (const json& checkpoint : manifest["checkpoints"]) {
      const std::string path =
          JoinPath(dir, checkpoint["prefix"].get<std::string>());
      SCOPED_TRACE(path);
      const auto source = OpenV1OrDie(path);
      ASSERT_NE(source, nullptr);
      EXPECT_EQ(source->format(), Format::kV1);
      EXPECT_EQ(source->Files()->size(), checkpoint["shards"].size());
      size_t i = 0;
      for (auto it = source->NewIterator(); it->Valid(); it->Next(), ++i) {
        const json& expected = checkpoint["tensors"][i];
        SCOPED_TRACE(it->key());
        const auto entry = it->entry();
        ASSERT_TRUE(entry.ok()) << entry.status();
        EXPECT_EQ(entry->key, expected["key"].get<std::string>());
        EXPECT_EQ(DataTypeEnumName(entry->dtype),
                  expected["dtype"].get<std::string>());
        EXPECT_EQ(entry->pieces.size(),
                  expected.contains("slices") ? expected["slices"].size() : 0);
        EXPECT_FALSE(entry->place);
        EXPECT_TRUE(source->Find(entry->key).ok());
        if (!expected.contains("sha256")) continue;
        EXPECT_EQ(*TensorSha256(*source, *entry),
                  expected["sha256"].get<std::string>());
        EXPECT_EQ(entry->bytes,
                  static_cast<int64_t>(
                      source->Hold(entry->key)->view().bytes().size()));
      }
      EXPECT_EQ(i, checkpoint["tensors"].size());
    }
  }
}

TEST(CheckpointSource, SaysThatAV1FileIsMissing) {
  const auto source =
      CheckpointSource::Open(LocalFileSystem(), {TargetKind::kV1, "x", ""});
  EXPECT_TRUE(absl::IsNotFound(source.status())) << source.status();
  EXPECT_THAT(Message(source.status()), HasSubstr("no V1 checkpoint x"));
}

TEST(CheckpointSource, RefusesGraphs) {
  for (const TargetKind kind :
       {TargetKind::kMetaGraph, TargetKind::kSavedModel}) {
    const auto source =
        CheckpointSource::Open(LocalFileSystem(), {kind, "x", ""});
    EXPECT_TRUE(absl::IsInvalidArgument(source.status()));
  }
}

TEST(SameTensor, TellsBitsApart) {
  const auto source =
      OpenOrDie(LocalFileSystem(), GoldenPath("dtypes/special_floats/special"));
  ASSERT_NE(source, nullptr);
  std::vector<std::string> keys;
  for (auto it = source->NewIterator(); it->Valid(); it->Next()) {
    keys.emplace_back(it->key());
  }
  ASSERT_GE(keys.size(), 2u);
  EXPECT_TRUE(*SameTensor(*source, keys[0], *source, keys[0]));
  EXPECT_FALSE(*SameTensor(*source, keys[0], *source, keys[1]));
}

TEST(Sha256, MatchesTheStandardsVectors) {
  Sha256 sha;
  EXPECT_EQ(sha.HexDigest(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  sha.Update("a");
  sha.Update("bc");
  EXPECT_EQ(sha.HexDigest(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace cairn::inspect
