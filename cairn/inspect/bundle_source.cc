// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What an index can hold that a listing must survive:
//   a name that starts with a 0 byte but is no slice key: listed as a name
//   a slice key that no tensor claims as its piece: listed as a name, so that
//     nothing in the file stays hidden
//   a partitioned tensor whose piece is missing: DataLoss for that entry only
//   a piece whose dtype or shape is not what the tensor says: DataLoss
//   sizes whose sum overflows: DataLoss
#include "cairn/inspect/bundle_source.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/claims.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "cairn/inspect/no_iterator.h"
#include "cairn/inspect/tensor_sink.h"

namespace cairn::inspect {
namespace {

using bundle::BundleEntry;
using bundle::BundleReader;

// Pieces are put together in parts of about this size, so that hashing a
// partitioned tensor takes no more memory.
constexpr int64_t kAssembleBytes = int64_t{64} << 20;

Place PlaceOf(const BundleEntry& entry) {
  return {.shard = entry.shard_id,
          .offset = entry.offset,
          .bytes = entry.size,
          .crc32c = UnmaskCrc32c(entry.masked_crc32c)};
}

StatusOr<Piece> FindPiece(const BundleReader& reader, std::string_view key,
                          const BundleEntry& whole, const TensorSlice& slice) {
  const auto name = [&] {
    return StrCat(Escape(reader.prefix(), 4096), ".index: tensor ", Escape(key),
                  ", slice ", slice.ToString());
  };
  const std::string piece_key = EncodeTensorNameSlice(key, slice);
  StatusOr<BundleEntry> stored = reader.Lookup(piece_key);
  if (absl::IsNotFound(stored.status())) {
    return DataLossError(StrCat(name(), ": has no entry of its own"));
  }
  CAIRN_RETURN_IF_ERROR(stored.status());
  StatusOr<Shape> shape = slice.Apply(whole.shape);
  if (!shape.ok()) {
    return DataLossError(StrCat(name(), ": ", Message(shape.status())));
  }
  if (stored->dtype != whole.dtype || stored->shape != *shape) {
    return DataLossError(
        StrCat(name(), ": expected ", DataTypeName(whole.dtype), " ",
               shape->ToString(), ", found ", DataTypeName(stored->dtype), " ",
               stored->shape.ToString()));
  }
  return Piece{slice, *std::move(shape), PlaceOf(*stored)};
}

StatusOr<Entry> MakeEntry(const BundleReader& reader, std::string_view key,
                          BundleEntry stored) {
  Entry entry;
  entry.key = key;
  entry.dtype = stored.dtype;
  if (stored.slices.empty()) {
    entry.bytes = stored.size;
    entry.place = PlaceOf(stored);
  }
  entry.pieces.reserve(stored.slices.size());
  for (const TensorSlice& slice : stored.slices) {
    CAIRN_ASSIGN_OR_RETURN(Piece piece, FindPiece(reader, key, stored, slice));
    if (entry.bytes >
        std::numeric_limits<int64_t>::max() - piece.place->bytes) {
      return DataLossError(StrCat(Escape(reader.prefix(), 4096),
                                  ".index: tensor ", Escape(key),
                                  ": its pieces' sizes overflow"));
    }
    entry.bytes += piece.place->bytes;
    entry.pieces.push_back(std::move(piece));
  }
  entry.shape = std::move(stored.shape);
  return entry;
}

class BundleIterator : public CheckpointSource::Iterator {
 public:
  explicit BundleIterator(const BundleReader& reader)
      : reader_(reader), walk_(reader.NewTensorIterator()) {}
  bool Valid() const override { return walk_->Valid(); }
  void Next() override { walk_->Next(); }
  std::string_view key() const override { return walk_->key(); }
  StatusOr<Entry> entry() const override {
    return GuardMemory(reader_.prefix(), [&]() -> StatusOr<Entry> {
      CAIRN_ASSIGN_OR_RETURN(BundleEntry stored, walk_->entry());
      return MakeEntry(reader_, walk_->key(), std::move(stored));
    });
  }
  Status status() const override { return walk_->status(); }

 private:
  const BundleReader& reader_;
  std::unique_ptr<BundleReader::Iterator> walk_;
};

class BundleSource : public CheckpointSource {
 public:
  explicit BundleSource(FileSystem& fs, std::unique_ptr<BundleReader> reader)
      : fs_(fs), reader_(std::move(reader)) {}

  Format format() const override { return Format::kBundle; }
  const std::string& path() const override { return reader_->prefix(); }
  int32_t num_shards() const override { return reader_->header().num_shards; }

  StatusOr<std::vector<StoredFile>> Files() const override {
    return GuardMemory(path(), [&]() -> StatusOr<std::vector<StoredFile>> {
      std::vector<StoredFile> files;
      for (int32_t shard = 0; shard < num_shards(); ++shard) {
        const std::string path = reader_->ShardPath(shard);
        const StatusOr<FileInfo> info = fs_.Stat(path);
        // A header may claim two thousand million shards: stop at the first gap
        // instead of asking for each.
        if (absl::IsNotFound(info.status())) break;
        CAIRN_RETURN_IF_ERROR(info.status());
        files.push_back({path, info->size});
      }
      files.push_back({bundle::IndexPath(path()), reader_->index_size()});
      return files;
    });
  }

  Status CheckClaims() const override {
    return GuardMemory(path(), [&] { return bundle::CheckClaims(*reader_); });
  }

  std::unique_ptr<Iterator> NewIterator() const override {
    return OrNoIterator(
        path(), [&] { return std::make_unique<BundleIterator>(*reader_); });
  }

  StatusOr<Entry> Find(std::string_view key) const override {
    return GuardMemory(path(), [&]() -> StatusOr<Entry> {
      CAIRN_ASSIGN_OR_RETURN(BundleEntry stored, reader_->Lookup(key));
      return MakeEntry(*reader_, key, std::move(stored));
    });
  }

  StatusOr<Tensor> Read(std::string_view key) const override {
    return GuardMemory(path(), [&]() -> StatusOr<Tensor> {
      StatusOr<Tensor> tensor = reader_->Read(key);
      if (!tensor.ok()) return BlameFile(tensor.status());
      return tensor;
    });
  }

  StatusOr<HeldTensor> Hold(std::string_view key) const override {
    return GuardMemory(path(), [&]() -> StatusOr<HeldTensor> {
      StatusOr<TensorView> view = reader_->View(key);
      if (view.ok()) return HeldTensor(*std::move(view));
      if (!absl::IsFailedPrecondition(view.status())) return view.status();
      CAIRN_ASSIGN_OR_RETURN(Tensor tensor, Read(key));
      return HeldTensor(std::move(tensor));
    });
  }

  Status Stream(const Entry& entry, const Sink& sink) const override {
    return GuardMemory(path(), [&]() -> Status {
      if (entry.pieces.empty() && entry.dtype == DataType::kVariant) {
        return StreamStored(entry.key, sink);
      }
      if (entry.pieces.empty() && entry.dtype == DataType::kString) {
        return StreamStrings(entry.key, sink);
      }
      if (!entry.pieces.empty() && IsLarge(entry)) {
        return BlameFile(StreamPieces(entry, sink));
      }
      CAIRN_ASSIGN_OR_RETURN(const HeldTensor tensor, Hold(entry.key));
      return SinkTensor(tensor.view(), sink);
    });
  }

 private:
  static bool IsLarge(const Entry& entry) {
    return entry.bytes > kAssembleBytes && entry.shape.rank() > 0 &&
           entry.shape.dim(0) > 1;
  }

  Status StreamStored(std::string_view key, const Sink& sink) const {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry stored, reader_->Lookup(key));
    CAIRN_RETURN_IF_ERROR(reader_->Check(key, stored));
    CAIRN_ASSIGN_OR_RETURN(const std::string bytes, reader_->ReadRaw(stored));
    return SinkInRuns(bytes, sink);
  }

  // Never all of them in memory: an empty string takes a byte in the file and
  // 32 there.
  Status StreamStrings(std::string_view key, const Sink& sink) const {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry stored, reader_->Lookup(key));
    CAIRN_RETURN_IF_ERROR(reader_->Check(key, stored));
    StringSink strings(sink);
    CAIRN_RETURN_IF_ERROR(reader_->VisitStrings(
        key, [&](const bundle::StringPart& part) -> Status {
          if (part.offset == 0) {
            CAIRN_RETURN_IF_ERROR(strings.Begin(part.length));
          }
          return strings.Append(part.bytes);
        }));
    return strings.Flush();
  }

  // Some rows at a time: rows are contiguous in row-major order.
  Status StreamPieces(const Entry& entry, const Sink& sink) const {
    const int64_t rows = entry.shape.dim(0);
    const int64_t step =
        std::max<int64_t>(1, kAssembleBytes / (entry.bytes / rows + 1));
    for (int64_t row = 0; row < rows; row += step) {
      std::vector<SliceExtent> extents(static_cast<size_t>(entry.shape.rank()));
      extents[0] = {row, std::min(step, rows - row)};
      CAIRN_ASSIGN_OR_RETURN(TensorSlice slice,
                             TensorSlice::Create(std::move(extents)));
      CAIRN_ASSIGN_OR_RETURN(Tensor part, reader_->ReadSlice(entry.key, slice));
      CAIRN_RETURN_IF_ERROR(SinkTensor(part.view(), sink));
    }
    return OkStatus();
  }

  FileSystem& fs_;
  std::unique_ptr<BundleReader> reader_;
};

}  // namespace

StatusOr<std::unique_ptr<CheckpointSource>> OpenBundle(
    FileSystem& fs, const std::string& prefix) {
  return GuardMemory(
      prefix, [&]() -> StatusOr<std::unique_ptr<CheckpointSource>> {
        CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<BundleReader> reader,
                               BundleReader::Open(fs, prefix));
        return std::unique_ptr<CheckpointSource>(
            std::make_unique<BundleSource>(fs, std::move(reader)));
      });
}

}  // namespace cairn::inspect
