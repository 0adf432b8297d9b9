// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// V1Reader checks what a file can hold; what a listing adds: sizes that
// overflow are DataLoss for that entry only.
#include "cairn/inspect/v1_source.h"

#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/inspect/no_iterator.h"
#include "cairn/inspect/tensor_sink.h"
#include "cairn/v1/reader.h"

namespace cairn::inspect {
namespace {

using v1::V1Entry;
using v1::V1Piece;
using v1::V1Reader;

// Numbers: what they take in memory, known without reading them. Strings: their
// records, read for it.
StatusOr<int64_t> BytesOf(const V1Reader& reader, const V1Entry& entry) {
  int64_t bytes = 0;
  for (const V1Piece& piece : entry.pieces) {
    int64_t part;
    if (entry.dtype == DataType::kString) {
      CAIRN_ASSIGN_OR_RETURN(const uint64_t size,
                             reader.RecordSize(entry, piece));
      part = static_cast<int64_t>(size);
    } else {
      CAIRN_ASSIGN_OR_RETURN(const Shape shape, piece.slice.Apply(entry.shape));
      CAIRN_ASSIGN_OR_RETURN(part, ByteSize(shape, DataTypeSize(entry.dtype)));
    }
    if (__builtin_add_overflow(bytes, part, &bytes)) {
      return DataLossError("its pieces' sizes overflow");
    }
  }
  return bytes;
}

StatusOr<Entry> MakeEntry(const V1Reader& reader, const V1Entry& stored) {
  Entry entry;
  entry.key = stored.name;
  entry.dtype = stored.dtype;
  entry.shape = stored.shape;
  const StatusOr<int64_t> bytes = BytesOf(reader, stored);
  if (!bytes.ok()) {
    return Annotate(BlameFile(bytes.status()),
                    StrCat(reader.path(), ": tensor ", Escape(entry.key)));
  }
  entry.bytes = *bytes;
  if (stored.is_whole()) return entry;
  for (const V1Piece& piece : stored.pieces) {
    CAIRN_ASSIGN_OR_RETURN(Shape shape, piece.slice.Apply(stored.shape));
    entry.pieces.push_back({piece.slice, std::move(shape), std::nullopt});
  }
  return entry;
}

class V1Iterator : public CheckpointSource::Iterator {
 public:
  explicit V1Iterator(const V1Reader& reader)
      : reader_(reader), walk_(reader.NewIterator()) {}
  bool Valid() const override { return walk_->Valid(); }
  void Next() override { walk_->Next(); }
  std::string_view key() const override { return walk_->name(); }
  StatusOr<Entry> entry() const override {
    return GuardMemory(reader_.path(), [&]() -> StatusOr<Entry> {
      CAIRN_ASSIGN_OR_RETURN(const V1Entry stored, walk_->entry());
      return MakeEntry(reader_, stored);
    });
  }
  Status status() const override { return walk_->status(); }

 private:
  const V1Reader& reader_;
  std::unique_ptr<V1Reader::Iterator> walk_;
};

class V1Source : public CheckpointSource {
 public:
  explicit V1Source(std::unique_ptr<V1Reader> reader)
      : reader_(std::move(reader)) {}

  Format format() const override { return Format::kV1; }
  const std::string& path() const override { return reader_->path(); }
  int32_t num_shards() const override { return reader_->num_files(); }

  StatusOr<std::vector<StoredFile>> Files() const override {
    return GuardMemory(path(), [&]() -> StatusOr<std::vector<StoredFile>> {
      std::vector<StoredFile> files;
      for (int32_t i = 0; i < reader_->num_files(); ++i) {
        files.push_back({reader_->FilePath(i), reader_->FileSize(i)});
      }
      return files;
    });
  }

  std::unique_ptr<Iterator> NewIterator() const override {
    return OrNoIterator(path(),
                        [&] { return std::make_unique<V1Iterator>(*reader_); });
  }

  StatusOr<Entry> Find(std::string_view key) const override {
    return GuardMemory(path(), [&]() -> StatusOr<Entry> {
      CAIRN_ASSIGN_OR_RETURN(const V1Entry stored, reader_->Find(key));
      return MakeEntry(*reader_, stored);
    });
  }

  StatusOr<Tensor> Read(std::string_view key) const override {
    return GuardMemory(path(), [&]() -> StatusOr<Tensor> {
      StatusOr<Tensor> tensor = reader_->Read(key);
      if (!tensor.ok()) return BlameFile(tensor.status());
      return tensor;
    });
  }

  // Values are encoded in the file, so there is nothing to borrow.
  StatusOr<HeldTensor> Hold(std::string_view key) const override {
    return GuardMemory(path(), [&]() -> StatusOr<HeldTensor> {
      CAIRN_ASSIGN_OR_RETURN(Tensor tensor, Read(key));
      return HeldTensor(std::move(tensor));
    });
  }

  Status Stream(const Entry& entry, const Sink& sink) const override {
    return GuardMemory(path(), [&]() -> Status {
      CAIRN_ASSIGN_OR_RETURN(const Tensor tensor, Read(entry.key));
      return SinkTensor(tensor.view(), sink);
    });
  }

 private:
  std::unique_ptr<V1Reader> reader_;
};

}  // namespace

StatusOr<std::unique_ptr<CheckpointSource>> OpenV1(FileSystem& fs,
                                                   const std::string& path) {
  return GuardMemory(path,
                     [&]() -> StatusOr<std::unique_ptr<CheckpointSource>> {
                       CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<V1Reader> reader,
                                              V1Reader::Open(fs, path));
                       return std::unique_ptr<CheckpointSource>(
                           std::make_unique<V1Source>(std::move(reader)));
                     });
}

}  // namespace cairn::inspect
