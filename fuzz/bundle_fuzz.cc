// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a checkpoint: opened, listed, and each entry read in every way,
// through mapped files, through files that are read, and through files that
// cannot be mapped. All say the same, word for word; a view, a stream, a visit
// and a reading of many show what a copy holds; a slice is a part of the whole.
// The input is an archive of `p.index` and its data files.
#include <utility>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "fuzz/archive.h"
#include "fuzz/bundle_repair.h"
#include "fuzz/random_tensor.h"
#include "fuzz/target.h"
#include "fuzz/unmapped_file_system.h"

namespace cairn::fuzz {
namespace {

using bundle::BundleEntry;
using bundle::BundleReader;

constexpr int kMaxEntries = 64;  // of a walk that would go on

// What was said of a checkpoint, for comparing.
struct Findings {
  Status first;  // what went wrong first
  std::vector<std::string> said;

  bool Note(const Status& status) {
    if (first.ok()) first = status;
    said.push_back(status.ToString());
    return status.ok();
  }
};

std::string Gathered(const TensorView& tensor) {
  if (!tensor.holds_strings()) return std::string(tensor.bytes());
  std::string all;
  for (const std::string& text : tensor.strings()) all += text + '\n';
  return all;
}

// What Stream or VisitStrings gives, gathered.
StatusOr<std::string> Streamed(const BundleReader& reader,
                               const std::string& key, bool strings) {
  std::string all;
  if (!strings) {
    const Status status = reader.Stream(key, [&](std::string_view bytes) {
      all += bytes;
      return OkStatus();
    });
    CAIRN_RETURN_IF_ERROR(status);
    return all;
  }
  CAIRN_RETURN_IF_ERROR(
      reader.VisitStrings(key, [&](const bundle::StringPart& part) {
        Require(part.offset + part.bytes.size() <= part.length);
        all += part.bytes;
        if (part.offset + part.bytes.size() == part.length) all += '\n';
        return OkStatus();
      }));
  return all;
}

void ReadParts(const BundleReader& reader, const std::string& key,
               const Tensor* whole, const TensorSlice& slice, Findings& found) {
  const auto part = reader.ReadSlice(key, slice);
  found.Note(part.status());
  Require(part.ok() || whole == nullptr);
  if (!part.ok()) return;
  if (whole != nullptr) {
    Require(BitwiseEqual(part->view(), CutOut(*whole, slice)));
  }
  if (part->view().holds_strings()) return;
  std::string memory(part->bytes().size(), '\0');
  Require(reader.ReadSliceInto(key, slice, memory).ok());
  Require(memory == part->bytes());
}

void ReadStored(const BundleReader& reader, const BundleEntry& entry,
                Findings& found) {
  const auto raw = reader.ReadRaw(entry);
  if (found.Note(raw.status())) found.said.push_back(*raw);
  std::string streamed;
  const Status status = reader.StreamRaw(entry, [&](std::string_view bytes) {
    streamed += bytes;
    return OkStatus();
  });
  found.Note(status);
  if (status.ok()) Require(raw.ok() && *raw == streamed);
}

void ReadInEveryWay(const BundleReader& reader, const std::string& key,
                    const BundleEntry& entry, Findings& found) {
  Require(reader.Contains(key));
  const bool checked = found.Note(reader.Check(key, entry));
  const auto tensor = reader.Read(key);
  found.Note(tensor.status());
  const bool strings = !IsFixedSize(entry.dtype);
  const auto streamed = Streamed(reader, key, strings);
  Require(streamed.ok() == tensor.ok());
  if (tensor.ok()) {
    Require(checked);
    Require(tensor->dtype() == entry.dtype && tensor->shape() == entry.shape);
    found.said.push_back(Gathered(*tensor));
    Require(*streamed == found.said.back());
    if (!strings) {
      std::string memory(tensor->bytes().size(), '\0');
      Require(reader.ReadInto(key, memory).ok());
      Require(memory == tensor->bytes());
    }
  }
  // Not compared: only a mapped file can be viewed.
  if (const auto view = reader.View(key); view.ok()) {
    Require(tensor.ok() && BitwiseEqual(*view, tensor->view()));
  }
  ReadStored(reader, entry, found);
  const Tensor* const whole = tensor.ok() ? &*tensor : nullptr;
  ReadParts(reader, key, whole, TensorSlice(entry.shape.rank()), found);
  if (const auto half = FirstHalf(entry.shape)) {
    ReadParts(reader, key, whole, *half, found);
  }
}

// All tensors at once say what each alone does.
void ReadTogether(const BundleReader& reader, const Findings& found) {
  bundle::ManyOptions options;
  options.threads = 1;
  Status first;
  const Status listed = reader.CheckAll(
      [&](std::string_view, const Status& status) {
        if (first.ok()) first = status;
        return OkStatus();
      },
      options);
  const Status read = reader.ReadAll(
      [](std::string_view, Tensor) { return OkStatus(); }, options);
  if (found.first.ok()) Require(listed.ok() && first.ok() && read.ok());
}

Findings ReadAll(FileSystem& fs, const bundle::ReaderOptions& options) {
  Findings found;
  const auto reader = BundleReader::Open(fs, "p", options);
  if (!found.Note(reader.status())) return found;
  const auto it = (*reader)->NewIterator();
  int entries = 0;
  for (; it->Valid() && entries < kMaxEntries; it->Next(), ++entries) {
    const std::string key(it->key());
    found.said.push_back(key);
    const auto entry = it->entry();
    if (!found.Note(entry.status())) continue;
    Require((*reader)->Lookup(key).ok());
    ReadInEveryWay(**reader, key, *entry, found);
  }
  found.Note(it->status());
  const auto tensors = (*reader)->NewTensorIterator();
  for (; tensors->Valid() && entries-- > 0; tensors->Next()) {
    found.said.emplace_back(tensors->key());
  }
  const bool complete = !it->Valid();
  tensors->SeekToPrefix("m");
  if (tensors->Valid()) Require(tensors->key().starts_with("m"));
  if (complete) ReadTogether(**reader, found);
  return found;
}

Status Run(std::string_view input) {
  MemoryFileSystem fs;
  for (ArchivedFile& file : ParseArchive(input)) {
    if (file.name.starts_with("p.")) {
      fs.Put(file.name, std::move(file.contents));
    }
  }
  const Findings mapped = ReadAll(fs, {});
  using Access = bundle::ReaderOptions::Access;
  Require(ReadAll(fs, {.access = Access::kRead, .max_open_files = 1}).said ==
          mapped.said);
  UnmappedFileSystem unmapped(fs);
  Require(ReadAll(unmapped, {}).said == mapped.said);
  return mapped.first;
}

void Mutate(std::string& input, size_t max, uint32_t seed, ByteMutator bytes) {
  SmallRandom random(seed);
  if (random.OneIn(16)) return MutateText(input, max, bytes);
  std::vector<ArchivedFile> files = ParseArchive(input);
  ArchivedFile* const index = FindFile(files, "p.index");
  if (index == nullptr) return MutateText(input, max, bytes);
  MutateBundle(files, *index, max, random, bytes);
  input = FormatArchive(files);
}

}  // namespace

const Target kBundleTarget = {"bundle", Run, Mutate};

}  // namespace cairn::fuzz
