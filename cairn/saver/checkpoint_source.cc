// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do is what bundle/reader.cc and v1/reader.cc list.
#include "cairn/saver/checkpoint_source.h"

#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/shard_names.h"

namespace cairn::saver {
namespace {

using bundle::BundleReader;
using v1::V1Reader;

constexpr std::string_view kIndexSuffix = ".index";
constexpr std::string_view kDataPart = ".data-";
constexpr std::string_view kMetaSuffix = ".meta";
// The last 8 bytes of every table file.
constexpr std::string_view kTableMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";

// As TensorFlow's C++ names types in messages: "float" for DT_FLOAT.
std::string KernelTypeName(DataType dtype) {
  std::string name = DataTypeEnumName(dtype);
  if (name.starts_with("DT_")) name.erase(0, 3);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

class V2Source : public CheckpointSource {
 public:
  explicit V2Source(std::unique_ptr<BundleReader> reader)
      : reader_(std::move(reader)) {}

  const std::string& name() const override { return reader_->prefix(); }
  StatusOr<Entry> Find(std::string_view key) const override {
    CAIRN_ASSIGN_OR_RETURN(const bundle::BundleEntry entry,
                           reader_->Lookup(key));
    return Entry{entry.dtype, entry.shape, entry.slices.size()};
  }
  StatusOr<Tensor> Read(std::string_view key) const override {
    return reader_->Read(key);
  }
  StatusOr<Tensor> ReadSlice(std::string_view key,
                             const TensorSlice& slice) const override {
    // A piece that several slices need is verified for the first of them.
    return reader_->ReadSlice(key, slice, BundleReader::Verify::kOnce);
  }
  Status VisitNames(
      const std::function<void(std::string_view)>& visit) const override {
    const auto it = reader_->NewTensorIterator();
    for (; it->Valid(); it->Next()) visit(it->key());
    return it->status();
  }
  std::string MissingText(std::string_view key) const override {
    return StrCat("Key ", Escape(key), " not found in checkpoint");
  }
  std::string DtypeText(std::string_view key, DataType expected,
                        DataType stored) const override {
    return StrCat("tensor_name = ", Escape(key), "; expected dtype ",
                  KernelTypeName(expected), " does not equal original dtype ",
                  KernelTypeName(stored));
  }
  std::string FullShapeText(std::string_view key, const Shape& expected,
                            const Shape& stored) const override {
    return StrCat(
        "tensor_name = ", Escape(key), "; shape in shape_and_slice spec ",
        expected.ToString(),
        " does not match the shape stored in checkpoint: ", stored.ToString());
  }

 private:
  const std::unique_ptr<BundleReader> reader_;
};

class V1Source : public CheckpointSource {
 public:
  explicit V1Source(std::unique_ptr<V1Reader> reader)
      : reader_(std::move(reader)) {}

  const std::string& name() const override { return reader_->path(); }
  StatusOr<Entry> Find(std::string_view key) const override {
    CAIRN_ASSIGN_OR_RETURN(const v1::V1Entry entry, reader_->Find(key));
    return Entry{entry.dtype, entry.shape,
                 entry.is_whole() ? 0 : entry.pieces.size()};
  }
  StatusOr<Tensor> Read(std::string_view key) const override {
    return reader_->Read(key);
  }
  StatusOr<Tensor> ReadSlice(std::string_view key,
                             const TensorSlice& slice) const override {
    return reader_->ReadSlice(key, slice);
  }
  Status VisitNames(
      const std::function<void(std::string_view)>& visit) const override {
    const auto it = reader_->NewIterator();
    for (; it->Valid(); it->Next()) visit(it->name());
    return it->status();
  }
  std::string MissingText(std::string_view key) const override {
    return StrCat("Tensor name \"", Escape(key),
                  "\" not found in checkpoint files ", Escape(name()));
  }
  std::string DtypeText(std::string_view key, DataType expected,
                        DataType stored) const override {
    return StrCat("Expected to restore a tensor of type ",
                  KernelTypeName(expected), ", got a tensor of type ",
                  KernelTypeName(stored),
                  " instead: tensor_name = ", Escape(key));
  }
  std::string FullShapeText(std::string_view key, const Shape& expected,
                            const Shape& stored) const override {
    return StrCat(
        "Shape in shape_and_slice spec does not match the shape in "
        "the save file: ",
        expected.ToString(), ", save file shape: ", stored.ToString(),
        ": tensor_name = ", Escape(key));
  }

 private:
  const std::unique_ptr<V1Reader> reader_;
};

bool IsTableFile(FileSystem& fs, const std::string& path) {
  const auto file = fs.OpenForReading(path);
  if (!file.ok() || (*file)->size() < kTableMagic.size()) return false;
  char magic[kTableMagic.size()];
  return (*file)
             ->ReadAt((*file)->size() - sizeof magic, sizeof magic, magic)
             .ok() &&
         std::string_view(magic, sizeof magic) == kTableMagic;
}

// The prefix of which `path` is a file; "" if there is no such checkpoint.
std::string PrefixOfFile(FileSystem& fs, const std::string& path) {
  for (std::string_view part : {kIndexSuffix, kDataPart, kMetaSuffix}) {
    const size_t at = path.rfind(part);
    if (at == std::string::npos) continue;
    const std::string prefix = path.substr(0, at);
    if (fs.Exists(prefix + std::string(kIndexSuffix))) return prefix;
  }
  return "";
}

Status NotAValidCheckpoint(const std::string& path) {
  return NotFoundError(
      StrCat("The passed save_path is not a valid checkpoint: ", Escape(path)));
}

Status NotATable(FileSystem& fs, const std::string& path,
                 std::string_view why) {
  const std::string prefix = PrefixOfFile(fs, path);
  return DataLossError(StrCat(
      "Unable to open table file ", Escape(path), ": ", why,
      ": perhaps your file is in a different file format and you need to use a "
      "different restore operator?",
      prefix.empty() ? ""
                     : StrCat(" It is a file of the checkpoint ",
                              Escape(prefix), ": give that name")));
}

StatusOr<std::unique_ptr<CheckpointSource>> OpenV2(FileSystem& fs,
                                                   const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(auto reader, BundleReader::Open(fs, prefix));
  return std::make_unique<V2Source>(std::move(reader));
}

// `path` is one file or a pattern; what only starts the names of shards is no
// checkpoint, as for TensorFlow.
StatusOr<std::unique_ptr<CheckpointSource>> OpenV1(FileSystem& fs,
                                                   const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const std::string file,
                         ResolveCommitted(fs, path, path));
  const StatusOr<FileInfo> info = fs.Stat(file);
  if (absl::IsResourceExhausted(info.status())) return info.status();
  if (!info.ok()) {
    const auto name = v1::ParseShardedName(path);
    if (!name || name->shard) return NotAValidCheckpoint(path);
    CAIRN_ASSIGN_OR_RETURN(const bool exists, state::FindCheckpoint(fs, path));
    if (!exists) return NotAValidCheckpoint(path);
    CAIRN_ASSIGN_OR_RETURN(auto reader, V1Reader::Open(fs, path));
    return std::make_unique<V1Source>(std::move(reader));
  }
  if (info->kind == FileInfo::Kind::kDirectory) {
    return NotATable(fs, path, "it is a directory");
  }
  if (!IsTableFile(fs, file)) {
    return NotATable(fs, path, "not an sstable (bad magic number)");
  }
  CAIRN_ASSIGN_OR_RETURN(auto reader, V1Reader::OpenFile(fs, path));
  return std::make_unique<V1Source>(std::move(reader));
}

}  // namespace

StatusOr<std::unique_ptr<CheckpointSource>> CheckpointSource::Open(
    FileSystem& fs, const std::string& path, std::string* note) {
  if (path.empty()) return NotAValidCheckpoint(path);
  auto source = OpenV2(fs, path);
  if (!absl::IsNotFound(source.status())) return source;
  if (path.ends_with(kIndexSuffix)) {
    const std::string prefix = PrefixOfFile(fs, path);
    if (!prefix.empty()) {
      auto stripped = OpenV2(fs, prefix);
      if (!absl::IsNotFound(stripped.status())) {
        *note = StrCat(Escape(path), " is a file of the checkpoint ",
                       Escape(prefix), ", which was read");
        return stripped;
      }
    }
  }
  return OpenV1(fs, path);
}

}  // namespace cairn::saver
