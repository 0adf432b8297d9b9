// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a V1 checkpoint: opened, listed, and each tensor read in every
// way, once through mapped files and once through files that are read. Both say
// the same, word for word; a slice is a part of the whole; what passes the
// check of everything can be read; and written again it reads the same, and
// written once more it is the same file. The input is an archive of `p`, or of
// `p-00000-of-00002` and the other shard.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/writer.h"
#include "fuzz/archive.h"
#include "fuzz/random_tensor.h"
#include "fuzz/repair.h"
#include "fuzz/target.h"
#include "fuzz/unmapped_file_system.h"
#include "fuzz/wire_mutator.h"

namespace cairn::fuzz {
namespace {

using v1::V1Entry;
using v1::V1Piece;
using v1::V1Reader;
using v1::V1Writer;

constexpr int kMaxTensors = 64;  // of a walk that would go on
constexpr size_t kMaxPiecesRead = 64;

// What was said of a checkpoint, for comparing.
struct Findings {
  Status first;  // what went wrong first
  std::vector<std::string> said;

  bool Note(const Status& status) {
    if (first.ok()) first = status;
    said.push_back(status.ToString());
    return status.ok();
  }
  void NoteValues(const TensorView& tensor) {
    if (!tensor.holds_strings()) {
      said.emplace_back(tensor.bytes());
      return;
    }
    for (const std::string& value : tensor.strings()) said.push_back(value);
  }
};

void ReadInEveryWay(const V1Reader& reader, const V1Entry& entry,
                    Findings& found) {
  Require(reader.Contains(entry.name) && reader.Find(entry.name).ok());
  const bool checked = found.Note(reader.Check(entry.name));
  const auto tensor = reader.Read(entry.name);
  if (found.Note(tensor.status())) {
    Require(tensor->dtype() == entry.dtype && tensor->shape() == entry.shape);
    found.NoteValues(*tensor);
  }
  Require(!checked || tensor.ok() ||
          absl::IsInvalidArgument(tensor.status()));  // pieces leave gaps
  if (tensor.ok() && !tensor->view().holds_strings()) {
    std::string copy(tensor->bytes().size(), '\0');
    Require(reader.ReadInto(entry.name, copy).ok());
    Require(copy == tensor->bytes());
  }
  if (const auto half = FirstHalf(entry.shape)) {
    const auto part = reader.ReadSlice(entry.name, *half);
    found.Note(part.status());
    Require(part.ok() || !tensor.ok());
  }
  for (size_t i = 0; i < std::min(entry.pieces.size(), kMaxPiecesRead); ++i) {
    const auto piece = reader.ReadPiece(entry, entry.pieces[i]);
    Require(piece.ok() || !checked);
  }
}

Findings ReadAll(FileSystem& fs) {
  Findings found;
  const auto reader = V1Reader::Open(fs, "p");
  if (!found.Note(reader.status())) return found;
  const auto it = (*reader)->NewIterator();
  bool all_ok = true;
  for (int i = 0; it->Valid() && i < kMaxTensors; it->Next(), ++i) {
    found.said.emplace_back(it->name());
    const auto entry = it->entry();
    if (found.Note(entry.status())) ReadInEveryWay(**reader, *entry, found);
    all_ok = all_ok && entry.ok() && (*reader)->Check(it->name()).ok();
  }
  const Status checked = (*reader)->CheckAll();
  Require(!checked.ok() || all_ok);
  found.Note(checked);
  return found;
}

// The files of `reader` as the writer makes them; nothing where it refuses.
std::optional<std::map<std::string, std::string>> Write(
    const V1Reader& reader) {
  MemoryFileSystem fs;
  Commit commit(fs, "p");
  for (int32_t file = 0; file < reader.num_files(); ++file) {
    auto writer = V1Writer::Create(commit, reader.FilePath(file));
    Require(writer.ok());
    for (auto it = reader.NewFileIterator(file); it->Valid(); it->Next()) {
      const auto entry = it->entry();
      Require(entry.ok());
      for (const V1Piece& piece : entry->pieces) {
        const auto part = reader.ReadPiece(*entry, piece);
        Require(part.ok());
        const Status added =
            (*writer)->AddSlice(entry->name, entry->shape, piece.slice, *part);
        // Names that protobuf would refuse: read, but not written.
        if (!added.ok()) return std::nullopt;
      }
    }
    Require((*writer)->Finish().ok());
  }
  Require(commit.Finish().ok());
  return fs.Files();
}

// What passes every check can be written, and reads the same.
void WriteAgain(FileSystem& fs, const Findings& found) {
  const auto reader = V1Reader::Open(fs, "p");
  Require(reader.ok());
  const auto written = Write(**reader);
  if (!written) return;
  MemoryFileSystem again;
  for (const auto& [name, bytes] : *written) again.Put(name, bytes);
  Require(ReadAll(again).said == found.said);
  const auto second = V1Reader::Open(again, "p");
  Require(second.ok());
  Require(Write(**second) == written);
}

Status Run(std::string_view input) {
  MemoryFileSystem fs;
  for (ArchivedFile& file : ParseArchive(input)) {
    if (file.name == "p" || file.name.starts_with("p-")) {
      fs.Put(file.name, std::move(file.contents));
    }
  }
  Findings mapped = ReadAll(fs);
  UnmappedFileSystem unmapped(fs);
  Findings read = ReadAll(unmapped);
  Require(mapped.said == read.said);
  if (mapped.first.ok()) WriteAgain(fs, mapped);
  return mapped.first;
}

void Mutate(std::string& input, size_t max, uint32_t seed, ByteMutator bytes) {
  SmallRandom random(seed);
  if (random.OneIn(16)) return MutateText(input, max, bytes);
  std::vector<ArchivedFile> files = ParseArchive(input);
  if (files.empty()) return MutateText(input, max, bytes);
  std::string& file = files[random.Below(files.size())].contents;
  MutateTable(file, max, random, bytes, [&](Record& record, SmallRandom& r) {
    MutateWire(record.value, r, bytes);
  });
  input = FormatArchive(files);
}

}  // namespace

const Target kV1Target = {"v1", Run, Mutate};

}  // namespace cairn::fuzz
