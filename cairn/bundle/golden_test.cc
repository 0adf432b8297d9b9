// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Every bundle that TensorFlow wrote for the corpus: the listing, every
// tensor's bytes, and the same files again from our writer.
#include <gtest/gtest.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"

namespace cairn::bundle {
namespace {

using Json = nlohmann::json;

std::string Sha256Hex(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(),
                reinterpret_cast<const uint8_t*>(bytes.data()));
  char digest[SHA256_DIGEST_SIZE];
  sha256_digest(&context, sizeof digest, reinterpret_cast<uint8_t*>(digest));
  return HexBytes({digest, sizeof digest});
}

std::string FromBase64(const std::string& text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(kDigits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  return out;
}

struct Case {
  std::string prefix;  // path
  Json checkpoint;
  // Tensors by key.
  std::map<std::string, Json> tensors;
};

// The tensors of a manifest, from either of its two forms.
std::map<std::string, Json> TensorsOf(const Json& checkpoint) {
  std::map<std::string, Json> tensors;
  const auto add = [&](const Json& tensor) {
    const std::string key = tensor.contains("key_b64")
                                ? FromBase64(tensor["key_b64"])
                                : tensor["key"].get<std::string>();
    tensors[key] = tensor;
  };
  if (checkpoint.contains("tensors")) {
    for (const Json& tensor : checkpoint["tensors"]) add(tensor);
  }
  if (checkpoint.contains("tensor_rows")) {
    for (const Json& row : checkpoint["tensor_rows"]) {
      Json tensor;
      for (size_t i = 0; i < row.size(); ++i) {
        tensor[checkpoint["tensor_columns"][i].get<std::string>()] = row[i];
      }
      add(tensor);
    }
  }
  return tensors;
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  namespace fs = std::filesystem;
  for (const auto& item : fs::recursive_directory_iterator(CAIRN_GOLDEN_DIR)) {
    if (item.path().filename() != "manifest.json") continue;
    const auto text =
        LocalFileSystem().ReadFile(item.path().string(), 64 << 20);
    if (!text.ok()) continue;
    const Json manifest = Json::parse(*text);
    if (!manifest.contains("checkpoints")) continue;
    for (const Json& checkpoint : manifest["checkpoints"]) {
      if (checkpoint["format"] != "bundle") continue;
      const std::string prefix =
          (item.path().parent_path() / checkpoint["prefix"].get<std::string>())
              .string();
      // Other rooms' tests need other parts of some cases.
      if (!LocalFileSystem().Exists(IndexPath(prefix))) continue;
      cases.push_back({prefix, checkpoint, TensorsOf(checkpoint)});
    }
  }
  std::ranges::sort(cases, {}, &Case::prefix);
  return cases;
}

std::vector<int64_t> Dims(const Json& shape) {
  return shape.get<std::vector<int64_t>>();
}

void ExpectString(const std::string& actual, const Json& expected) {
  if (expected.is_string()) {
    EXPECT_EQ(actual, FromBase64(expected));
  } else {
    EXPECT_EQ(actual.size(), expected["length"].get<size_t>());
    EXPECT_EQ(Sha256Hex(actual), expected["sha256"].get<std::string>());
  }
}

// Tensor against "sha256" or "strings".
void ExpectValue(const TensorView& tensor, const Json& expected) {
  if (tensor.holds_strings()) {
    if (!expected.contains("strings")) return;
    ASSERT_EQ(tensor.strings().size(), expected["strings"].size());
    for (size_t i = 0; i < tensor.strings().size(); ++i) {
      ExpectString(tensor.strings()[i], expected["strings"][i]);
    }
  } else if (expected.contains("sha256")) {
    EXPECT_EQ(Sha256Hex(tensor.bytes()), expected["sha256"].get<std::string>());
  }
}

void ExpectPlace(const BundleEntry& entry, const Json& expected) {
  EXPECT_EQ(entry.shard_id, expected["shard"].get<int32_t>());
  EXPECT_EQ(entry.offset, expected["offset"].get<int64_t>());
  EXPECT_EQ(entry.size, expected["size"].get<int64_t>());
  EXPECT_EQ(Hex(entry.masked_crc32c, 8),
            expected["crc32c_masked"].get<std::string>());
}

void ExpectTensor(const BundleReader& reader, const std::string& key,
                  const Json& expected) {
  const StatusOr<BundleEntry> entry = reader.Lookup(key);
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(DataTypeEnumName(entry->dtype),
            expected["dtype"].get<std::string>());
  EXPECT_EQ(entry->shape, *Shape::Create(Dims(expected["shape"])));
  if (!expected.contains("slices")) {
    ExpectPlace(*entry, expected);
    if (expected.contains("raw_sha256")) {
      const auto raw = reader.ReadRaw(*entry);
      ASSERT_TRUE(raw.ok()) << raw.status();
      EXPECT_EQ(Sha256Hex(*raw), expected["raw_sha256"].get<std::string>());
    }
    const StatusOr<Tensor> tensor = reader.Read(key);
    if (entry->dtype == DataType::kVariant &&
        reader.header().endianness == Endianness::kBig) {
      EXPECT_EQ(tensor.status().code(), absl::StatusCode::kUnimplemented);
      return;
    }
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    ExpectValue(*tensor, expected);
    EXPECT_TRUE(reader.Check(key, *entry).ok());
    return;
  }
  ASSERT_EQ(entry->slices.size(), expected["slices"].size());
  for (size_t i = 0; i < entry->slices.size(); ++i) {
    const Json& piece = expected["slices"][i];
    const TensorSlice& slice = entry->slices[i];
    EXPECT_EQ(slice.ToString(), piece["spec"].get<std::string>());
    const auto stored = reader.Lookup(EncodeTensorNameSlice(key, slice));
    ASSERT_TRUE(stored.ok()) << stored.status();
    ExpectPlace(*stored, piece);
    const StatusOr<Tensor> part = reader.ReadSlice(key, slice);
    ASSERT_TRUE(part.ok()) << part.status();
    ExpectValue(*part, piece);
  }
  const StatusOr<Tensor> whole = reader.Read(key);
  if (expected.value("complete", true)) {
    ASSERT_TRUE(whole.ok()) << whole.status();
    ExpectValue(*whole, expected);
    EXPECT_TRUE(reader.Check(key, *entry).ok());
  } else {
    EXPECT_EQ(whole.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(BundleReader, ReadsEveryBundleOfTheCorpus) {
  const std::vector<Case> cases = AllCases();
  EXPECT_GE(cases.size(), 50u);
  size_t tensors = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.prefix);
    auto reader = BundleReader::Open(LocalFileSystem(), c.prefix);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->header().num_shards,
              c.checkpoint["header"]["num_shards"].get<int32_t>());
    EXPECT_EQ((*reader)->header().endianness == Endianness::kBig,
              c.checkpoint["header"]["endianness"] == "BIG");
    std::set<std::string> keys;
    size_t pieces = 0;
    for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
      ASSERT_TRUE(it->entry().ok()) << it->entry().status();
      if (IsSliceKey(it->key())) {
        ++pieces;
      } else {
        keys.emplace(it->key());
      }
    }
    std::set<std::string> expected_keys;
    size_t expected_pieces = 0;
    for (const auto& [key, tensor] : c.tensors) {
      expected_keys.insert(key);
      if (tensor.contains("slices")) expected_pieces += tensor["slices"].size();
    }
    EXPECT_EQ(keys, expected_keys);
    EXPECT_EQ(pieces, expected_pieces);
    for (const auto& [key, tensor] : c.tensors) {
      SCOPED_TRACE(Escape(key));
      ExpectTensor(**reader, key, tensor);
      ++tensors;
    }
  }
  EXPECT_GE(tensors, 20000u);
}

// What Add or AddSlice is to be called with, in the order of the data file.
struct Addition {
  std::pair<int64_t, int64_t> place;  // offset, size
  std::string key;
  TensorSlice slice;
  bool is_piece;
};

// Rewrites the bundle in memory and compares the files.
void ExpectSameBytes(const std::string& prefix) {
  auto reader = BundleReader::Open(LocalFileSystem(), prefix);
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::vector<Addition> additions;
  for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
    if (IsSliceKey(it->key())) continue;
    const std::string key(it->key());
    const BundleEntry entry = *it->entry();
    if (entry.slices.empty())
      additions.push_back({{entry.offset, entry.size}, key, {}, false});
    for (const TensorSlice& slice : entry.slices) {
      const auto piece = (*reader)->Lookup(EncodeTensorNameSlice(key, slice));
      ASSERT_TRUE(piece.ok());
      additions.push_back({{piece->offset, piece->size}, key, slice, true});
    }
  }
  // A tensor without bytes has the offset of the next one: it comes first.
  std::ranges::sort(additions, {}, &Addition::place);
  MemoryFileSystem fs;
  Commit commit(fs, "out");
  auto writer = BundleWriter::Create(commit, "out");
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (const Addition& a : additions) {
    const auto entry = (*reader)->Lookup(a.key);
    const auto tensor = a.is_piece ? (*reader)->ReadSlice(a.key, a.slice)
                                   : (*reader)->Read(a.key);
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    const Status added =
        a.is_piece ? (*writer)->AddSlice(a.key, entry->shape, a.slice, *tensor)
                   : (*writer)->Add(a.key, *tensor);
    ASSERT_TRUE(added.ok()) << added;
  }
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  const auto files = fs.Files();
  EXPECT_EQ(files.size(), 2u);
  for (const bool index : {true, false}) {
    const auto theirs = LocalFileSystem().ReadFile(
        index ? IndexPath(prefix) : DataPath(prefix, 0, 1), 64 << 20);
    ASSERT_TRUE(theirs.ok());
    const auto ours = files.find(index ? "out.index" : DataPath("out", 0, 1));
    ASSERT_NE(ours, files.end());
    EXPECT_TRUE(ours->second == *theirs) << (index ? "index" : "data");
  }
}

TEST(BundleWriter, RewritesEveryOneShardBundleOfTfByteForByte) {
  size_t bundles = 0;
  for (const Case& c : AllCases()) {
    if (c.checkpoint["header"]["num_shards"] != 1) continue;
    // Made by hand: TensorFlow neither swaps nor compresses here.
    if (c.checkpoint["header"]["endianness"] == "BIG") continue;
    if (c.prefix.find("/index/snappy/") != std::string::npos) continue;
    SCOPED_TRACE(c.prefix);
    ExpectSameBytes(c.prefix);
    ++bundles;
  }
  EXPECT_GE(bundles, 25u);
}

}  // namespace
}  // namespace cairn::bundle
