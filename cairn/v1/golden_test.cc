// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Every V1 checkpoint that TensorFlow wrote for the corpus: the listing, every
// tensor's values, the slices that TensorFlow itself read, and the same files
// again from our writer.
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
#include "cairn/base/fault_file_system.h"
#include "cairn/base/file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/writer.h"

namespace cairn::v1 {
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

std::string GoldenPath(const std::string& name) {
  return StrCat(CAIRN_GOLDEN_DIR, "/cases/v1/", name);
}

Json ReadJson(const std::string& path) {
  const auto text = LocalFileSystem().ReadFile(path, 64 << 20);
  return text.ok() ? Json::parse(*text) : Json();
}

struct Case {
  std::string path;  // as it is opened
  Json checkpoint;
};

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  for (const auto& folder :
       std::filesystem::directory_iterator(GoldenPath(""))) {
    const Json manifest = ReadJson(folder.path() / "manifest.json");
    for (const Json& checkpoint : manifest["checkpoints"]) {
      const std::string prefix = checkpoint["prefix"];
      cases.push_back({folder.path() / prefix, checkpoint});
    }
  }
  std::ranges::sort(cases, {}, &Case::path);
  return cases;
}

void ExpectValue(const TensorView& tensor, const Json& expected) {
  if (!tensor.holds_strings()) {
    EXPECT_EQ(Sha256Hex(tensor.bytes()), expected["sha256"].get<std::string>());
    return;
  }
  if (!expected.contains("strings")) return;
  ASSERT_EQ(tensor.strings().size(), expected["strings"].size());
  for (size_t i = 0; i < tensor.strings().size(); ++i) {
    const Json& value = expected["strings"][i];
    if (value.is_string()) {
      EXPECT_EQ(Base64(tensor.strings()[i]), value.get<std::string>());
    } else {
      EXPECT_EQ(Sha256Hex(tensor.strings()[i]),
                value["sha256"].get<std::string>());
    }
  }
}

void ExpectPieces(const V1Reader& reader, const V1Entry& entry,
                  const Json& expected) {
  std::map<std::string, Json> pieces;
  for (const Json& piece : expected["slices"]) {
    pieces[piece["spec"].get<std::string>()] = piece;
  }
  ASSERT_EQ(entry.pieces.size(), pieces.size());
  for (const V1Piece& piece : entry.pieces) {
    const Json& json = pieces[piece.slice.ToString()];
    ASSERT_TRUE(json.is_object()) << piece.slice.ToString();
    EXPECT_EQ(piece.file, json["file"].get<int32_t>());
    const auto stored = reader.ReadPiece(entry, piece);
    ASSERT_TRUE(stored.ok()) << stored.status();
    ExpectValue(*stored, json);
    const auto cut = reader.ReadSlice(entry.name, piece.slice);
    ASSERT_TRUE(cut.ok()) << cut.status();
    ExpectValue(*cut, json);
  }
}

void ExpectTensor(const V1Reader& reader, const V1Entry& entry,
                  const Json& expected) {
  EXPECT_EQ(DataTypeEnumName(entry.dtype),
            expected["dtype"].get<std::string>());
  EXPECT_EQ(entry.shape,
            *Shape::Create(expected["shape"].get<std::vector<int64_t>>()));
  EXPECT_EQ(entry.is_whole(), !expected.contains("slices"));
  if (entry.is_whole()) {
    EXPECT_EQ(entry.pieces[0].file, expected["file"].get<int32_t>());
  } else {
    ExpectPieces(reader, entry, expected);
  }
  const auto tensor = reader.Read(entry.name);
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  ExpectValue(*tensor, expected);
  EXPECT_TRUE(reader.Check(entry.name).ok());
  if (entry.dtype == DataType::kString) return;
  std::string memory(tensor->bytes().size(), 'x');
  const Status into = reader.ReadInto(entry.name, memory);
  EXPECT_TRUE(into.ok()) << into;
  EXPECT_TRUE(memory == tensor->bytes());
}

void ExpectCheckpoint(const V1Reader& reader, const Json& checkpoint) {
  EXPECT_EQ(reader.num_files(),
            static_cast<int32_t>(checkpoint["shards"].size()));
  const Json& tensors = checkpoint["tensors"];
  EXPECT_EQ(reader.num_tensors(), static_cast<int64_t>(tensors.size()));
  size_t i = 0;
  for (auto it = reader.NewIterator(); it->Valid(); it->Next(), ++i) {
    ASSERT_LT(i, tensors.size());
    SCOPED_TRACE(Escape(it->name()));
    EXPECT_EQ(it->name(), tensors[i]["key"].get<std::string>());
    const auto entry = it->entry();
    ASSERT_TRUE(entry.ok()) << entry.status();
    ExpectTensor(reader, *entry, tensors[i]);
  }
  EXPECT_EQ(i, tensors.size());
  const Status all = reader.CheckAll();
  EXPECT_TRUE(all.ok()) << all;
}

TEST(V1Reader, ReadsEveryV1CheckpointOfTheCorpus) {
  const std::vector<Case> cases = AllCases();
  EXPECT_EQ(cases.size(), 12u);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.path);
    const auto reader = V1Reader::Open(LocalFileSystem(), c.path);
    ASSERT_TRUE(reader.ok()) << reader.status();
    ExpectCheckpoint(**reader, c.checkpoint);
  }
}

// Without mappings every byte goes through ReadAt and owned blocks.
TEST(V1Reader, ReadsTheCorpusWithoutMapping) {
  FaultFileSystem fs(LocalFileSystem());
  for (const Case& c : AllCases()) {
    if (c.path.find("many_keys") != std::string::npos) continue;  // slow
    SCOPED_TRACE(c.path);
    const auto reader = V1Reader::Open(fs, c.path);
    ASSERT_TRUE(reader.ok()) << reader.status();
    ExpectCheckpoint(**reader, c.checkpoint);
  }
}

// The slice of "13 4 2,4:-": what follows the shape.
TensorSlice SliceOf(const std::string& shape_and_slice) {
  return *TensorSlice::Parse(
      shape_and_slice.substr(shape_and_slice.rfind(' ') + 1));
}

TEST(V1Reader, CutsTheSlicesThatTfCut) {
  for (const std::string name : {"slices", "snappy_slices"}) {
    const auto reader =
        V1Reader::Open(LocalFileSystem(), GoldenPath(name + "/s.ckpt"));
    ASSERT_TRUE(reader.ok()) << reader.status();
    for (const Json& read : ReadJson(GoldenPath("slices/sliced_reads.json"))) {
      SCOPED_TRACE(read.dump());
      const std::string spec = read["shape_and_slice"];
      const std::string key = read["key"];
      const auto tensor = spec.empty()
                              ? (*reader)->Read(key)
                              : (*reader)->ReadSlice(key, SliceOf(spec));
      if (!read.contains("error")) {
        ASSERT_TRUE(tensor.ok()) << tensor.status();
        ExpectValue(*tensor, read);
        continue;
      }
      // TensorFlow's text, without its "[Op:RestoreSlice]".
      const std::string text = read["error"]["message"];
      EXPECT_NE(
          Message(tensor.status())
              .find(
                  text.substr(0, text.find(" s.c")).substr(0, text.find(" ["))),
          std::string::npos)
          << tensor.status();
    }
  }
}

// Adds what a file holds, in its own order, either at once or when asked for.
enum class When { kNow, kLater };
Status AddAll(const V1Reader& reader, int32_t file, When when,
              V1Writer& writer) {
  for (auto it = reader.NewFileIterator(file); it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const V1Entry entry, it->entry());
    for (const V1Piece& piece : entry.pieces) {
      if (when == When::kLater) {
        CAIRN_RETURN_IF_ERROR(
            writer.AddSliceLater(entry.name, entry.dtype, entry.shape,
                                 piece.slice, [&reader, entry, piece] {
                                   return reader.ReadPiece(entry, piece);
                                 }));
        continue;
      }
      CAIRN_ASSIGN_OR_RETURN(const Tensor part, reader.ReadPiece(entry, piece));
      CAIRN_RETURN_IF_ERROR(
          writer.AddSlice(entry.name, entry.shape, piece.slice, part));
    }
  }
  return writer.Finish();
}

// Rewrites the checkpoint in memory; the files by their base names.
std::map<std::string, std::string> Rewritten(const V1Reader& reader,
                                             When when) {
  MemoryFileSystem fs;
  const std::string base(BaseName(reader.prefix()));
  Commit commit(fs, base);
  for (int32_t file = 0; file < reader.num_files(); ++file) {
    auto writer =
        V1Writer::Create(commit, std::string(BaseName(reader.FilePath(file))));
    EXPECT_TRUE(writer.ok()) << writer.status();
    const Status status = AddAll(reader, file, when, **writer);
    EXPECT_TRUE(status.ok()) << status;
  }
  const Status status = commit.Finish();
  EXPECT_TRUE(status.ok()) << status;
  return fs.Files();
}

TEST(V1Writer, RewritesTheCorpusOfTfByteForByte) {
  size_t files = 0;
  for (const Case& c : AllCases()) {
    // TensorFlow never compresses: these were compressed by hand, and the
    // writer gives the files that they were made from.
    std::string original = c.path;
    for (const auto& [from, to] : {std::pair("/snappy_slices/", "/slices/"),
                                   std::pair("/snappy/", "/compressible/")}) {
      const size_t at = original.find(from);
      if (at == std::string::npos) continue;
      original.replace(at, std::string(from).size(), to);
    }
    SCOPED_TRACE(c.path);
    const auto reader = V1Reader::Open(LocalFileSystem(), c.path);
    ASSERT_TRUE(reader.ok()) << reader.status();
    for (const When when : {When::kNow, When::kLater}) {
      const auto written = Rewritten(**reader, when);
      EXPECT_EQ(written.size(), static_cast<size_t>((*reader)->num_files()));
      for (const auto& [name, bytes] : written) {
        const auto theirs = LocalFileSystem().ReadFile(
            JoinPath(DirName(original), name), 64 << 20);
        ASSERT_TRUE(theirs.ok()) << theirs.status();
        EXPECT_TRUE(bytes == *theirs) << name << ": " << bytes.size() << " and "
                                      << theirs->size() << " bytes";
        ++files;
      }
    }
  }
  EXPECT_EQ(files, 28u);
}

}  // namespace
}  // namespace cairn::v1
