// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/convert/copy_source.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/bundle/claims.h"
#include "cairn/bundle/reader.h"
#include "cairn/v1/reader.h"

namespace cairn::convert {
namespace {

using bundle::BundleEntry;
using bundle::BundleReader;
using v1::V1Entry;
using v1::V1Reader;

// The same file by name or, where both exist, by identity.
StatusOr<bool> IsSameFile(FileSystem& fs, const std::string& a,
                          const std::string& b) {
  if (a == b) return true;
  CAIRN_ASSIGN_OR_RETURN(const auto left, IdentityOf(fs, a));
  CAIRN_ASSIGN_OR_RETURN(const auto right, IdentityOf(fs, b));
  return left.has_value() && left == right;
}

class BundleSource : public Source {
 public:
  explicit BundleSource(std::unique_ptr<BundleReader> reader)
      : reader_(std::move(reader)) {}

  inspect::Format format() const override { return inspect::Format::kBundle; }
  const std::string& path() const override { return reader_->prefix(); }
  int32_t num_shards() const override { return reader_->header().num_shards; }
  bool is_sharded_v1() const override { return false; }
  bundle::Endianness endianness() const override {
    return reader_->header().endianness;
  }
  uint64_t num_tensors() const override { return num_tensors_; }
  StatusOr<bool> Owns(FileSystem& fs, const std::string& out) const override {
    return IsSameFile(fs, bundle::IndexPath(path()), bundle::IndexPath(out));
  }
  std::vector<std::string> Files() const override {
    std::vector<std::string> files = {bundle::IndexPath(path())};
    for (int32_t shard = 0; shard < num_shards(); ++shard) {
      files.push_back(bundle::DataPath(path(), shard, num_shards()));
    }
    return files;
  }

  StatusOr<std::vector<Item>> Items() const override {
    CAIRN_RETURN_IF_ERROR(CheckDataFiles());
    CAIRN_RETURN_IF_ERROR(bundle::CheckClaims(*reader_));
    std::vector<Item> items;
    num_tensors_ = 0;
    auto it = reader_->NewTensorIterator();
    for (; it->Valid(); it->Next()) {
      CAIRN_ASSIGN_OR_RETURN(BundleEntry entry, it->entry());
      ++num_tensors_;
      if (entry.slices.empty()) {
        items.push_back(MakeItem(it->key(), std::move(entry)));
        continue;
      }
      for (size_t i = 0; i < entry.slices.size(); ++i) {
        CAIRN_ASSIGN_OR_RETURN(Item piece, MakePiece(it->key(), entry, i));
        items.push_back(std::move(piece));
      }
    }
    CAIRN_RETURN_IF_ERROR(it->status());
    // Tensors without bytes share their offset with the next one.
    std::ranges::stable_sort(items, {}, [](const Item& item) {
      return std::tuple(item.entry.shard_id, item.entry.offset,
                        item.entry.size);
    });
    return items;
  }

  Status AddTo(bundle::BundleWriter& writer, const Item& item) const override {
    const auto bytes = [&](const bundle::ByteSink& sink) {
      return reader_->StreamRaw(item.entry, sink);
    };
    if (!item.slice) {
      return writer.AddStored(item.name, item.entry, endianness(), bytes,
                              item.shard);
    }
    return writer.AddStoredSlice(item.name, item.full_shape, *item.slice,
                                 item.entry, endianness(), bytes, item.shard);
  }

  Status AddTo(v1::V1Writer& writer, const Item& item,
               BeforeRead before) const override {
    if (!item.slice) {
      return writer.AddLater(item.name, item.entry.dtype, item.entry.shape,
                             [this, &item, before]() -> StatusOr<Tensor> {
                               CAIRN_RETURN_IF_ERROR(before(item));
                               return reader_->Read(item.name);
                             });
    }
    return writer.AddSliceLater(
        item.name, item.entry.dtype, item.full_shape, *item.slice,
        [this, &item, before]() -> StatusOr<Tensor> {
          CAIRN_RETURN_IF_ERROR(before(item));
          return reader_->Read(EncodeTensorNameSlice(item.name, *item.slice));
        });
  }

 private:
  // All that the header counts are there, or a small index could ask for a
  // million files.
  Status CheckDataFiles() const {
    for (int32_t shard = 0; shard < num_shards(); ++shard) {
      CAIRN_RETURN_IF_ERROR(reader_->ShardFileOf(shard).status());
    }
    return OkStatus();
  }

  static Item MakeItem(std::string_view name, BundleEntry entry) {
    Item item;
    item.name = name;
    item.shard = entry.shard_id;
    item.bytes = entry.size;
    item.entry = std::move(entry);
    return item;
  }

  StatusOr<Item> MakePiece(std::string_view name, const BundleEntry& full,
                           size_t index) const {
    const TensorSlice& slice = full.slices[index];
    StatusOr<BundleEntry> stored =
        reader_->Lookup(EncodeTensorNameSlice(name, slice));
    if (!stored.ok()) {
      return DataLossError(StrCat(Escape(path(), 4096), ": tensor ",
                                  Escape(name), ", piece ", slice.ToString(),
                                  ": ", Message(stored.status())));
    }
    const StatusOr<Shape> shape = slice.Apply(full.shape);
    if (!shape.ok() || stored->shape != *shape || stored->dtype != full.dtype ||
        !stored->slices.empty()) {
      return DataLossError(
          StrCat(Escape(path(), 4096), ": tensor ", Escape(name), ", piece ",
                 slice.ToString(), ": its entry has ",
                 DataTypeName(stored->dtype), stored->shape.ToString()));
    }
    Item item = MakeItem(name, *std::move(stored));
    item.slice = slice;
    item.full_shape = full.shape;
    item.piece = index;
    return item;
  }

  std::unique_ptr<BundleReader> reader_;
  mutable uint64_t num_tensors_ = 0;
};

class V1Source : public Source {
 public:
  explicit V1Source(std::unique_ptr<V1Reader> reader)
      : reader_(std::move(reader)) {}

  inspect::Format format() const override { return inspect::Format::kV1; }
  const std::string& path() const override { return reader_->path(); }
  int32_t num_shards() const override { return reader_->num_files(); }
  bool is_sharded_v1() const override { return reader_->num_shards() > 0; }
  bundle::Endianness endianness() const override {
    return bundle::Endianness::kLittle;
  }
  uint64_t num_tensors() const override {
    return static_cast<uint64_t>(reader_->num_tensors());
  }
  StatusOr<bool> Owns(FileSystem& fs, const std::string& out) const override {
    for (const std::string& file : Files()) {
      CAIRN_ASSIGN_OR_RETURN(const bool same, IsSameFile(fs, file, out));
      if (same) return true;
    }
    return reader_->prefix() == out;
  }
  std::vector<std::string> Files() const override {
    std::vector<std::string> files;
    for (int32_t file = 0; file < num_shards(); ++file) {
      files.push_back(reader_->FilePath(file));
    }
    return files;
  }

  StatusOr<std::vector<Item>> Items() const override {
    std::vector<Item> items;
    std::map<std::string, size_t> pieces;  // so far, by name
    for (int32_t file = 0; file < reader_->num_files(); ++file) {
      const auto it = reader_->NewFileIterator(file);
      for (; it->Valid(); it->Next()) {
        CAIRN_ASSIGN_OR_RETURN(const V1Entry entry, it->entry());
        for (const v1::V1Piece& piece : entry.pieces) {
          CAIRN_ASSIGN_OR_RETURN(Item item, MakeItem(entry, piece));
          item.piece = pieces[item.name]++;
          items.push_back(std::move(item));
        }
      }
      CAIRN_RETURN_IF_ERROR(it->status());
    }
    return items;
  }

  Status AddTo(bundle::BundleWriter& writer, const Item& item) const override {
    CAIRN_ASSIGN_OR_RETURN(const Tensor tensor, ReadPiece(item));
    return writer.AddSlice(item.name, item.full_shape, *item.slice,
                           tensor.view(), item.shard);
  }

  Status AddTo(v1::V1Writer& writer, const Item& item,
               BeforeRead before) const override {
    return writer.AddSliceLater(item.name, item.entry.dtype, item.full_shape,
                                *item.slice,
                                [this, &item, before]() -> StatusOr<Tensor> {
                                  CAIRN_RETURN_IF_ERROR(before(item));
                                  return ReadPiece(item);
                                });
  }

 private:
  // By itself: looking its tensor up would read the list of all its pieces, for
  // each of them.
  StatusOr<Tensor> ReadPiece(const Item& item) const {
    V1Entry tensor;
    tensor.name = item.name;
    tensor.dtype = item.entry.dtype;
    tensor.shape = item.full_shape;
    return reader_->ReadPiece(tensor, {*item.slice, item.entry.shard_id});
  }

  StatusOr<Item> MakeItem(const V1Entry& entry,
                          const v1::V1Piece& piece) const {
    const StatusOr<Shape> shape = piece.slice.Apply(entry.shape);
    if (!shape.ok()) {
      return DataLossError(StrCat(Escape(path(), 4096), ": tensor ",
                                  Escape(entry.name), ": ",
                                  Message(shape.status())));
    }
    Item item;
    item.name = entry.name;
    item.slice = piece.slice;
    item.full_shape = entry.shape;
    item.entry.dtype = entry.dtype;
    item.entry.shard_id = piece.file;
    item.shard = piece.file;
    const int size = IsFixedSize(entry.dtype) ? DataTypeSize(entry.dtype) : 16;
    const StatusOr<int64_t> bytes = ByteSize(*shape, size);
    CAIRN_RETURN_IF_ERROR(bytes.status());
    item.bytes = *bytes;
    return item;
  }

  std::unique_ptr<V1Reader> reader_;
};

}  // namespace

StatusOr<std::optional<FileIdentity>> IdentityOf(FileSystem& fs,
                                                 const std::string& path) {
  const auto file = fs.OpenForReading(path);
  if (absl::IsResourceExhausted(file.status())) return file.status();
  if (!file.ok()) return std::nullopt;
  return FileIdentity((*file)->id(), (*file)->size());
}

StatusOr<std::unique_ptr<Source>> Source::Open(FileSystem& fs,
                                               const inspect::Target& target) {
  // Not mapped: each byte is used once, so pages of a whole checkpoint would
  // only gather in memory, and a source that somebody shortens is an error.
  if (target.kind == inspect::TargetKind::kBundle) {
    CAIRN_ASSIGN_OR_RETURN(
        auto reader,
        BundleReader::Open(fs, target.path,
                           {.access = bundle::ReaderOptions::Access::kRead}));
    return std::unique_ptr<Source>(
        std::make_unique<BundleSource>(std::move(reader)));
  }
  if (target.kind == inspect::TargetKind::kV1) {
    CAIRN_ASSIGN_OR_RETURN(
        auto reader,
        V1Reader::Open(fs, target.path,
                       {.access = v1::V1ReaderOptions::Access::kRead}));
    return std::unique_ptr<Source>(
        std::make_unique<V1Source>(std::move(reader)));
  }
  return InvalidArgumentError(
      StrCat(Escape(target.path, 4096), ": a graph, not a checkpoint"));
}

}  // namespace cairn::convert
