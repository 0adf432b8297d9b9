// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Three passes: the index alone (every block and entry, pieces against the
// tensors that list them), the tensors' bytes (in parallel), and the data files
// between and behind the tensors.
#include "cairn/inspect/verify_bundle.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/claims.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/object_graph.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/table/table.h"
#include "cairn/table/table_builder.h"
#include "cairn/tensor/pieces.h"

namespace cairn::inspect {
namespace {

using bundle::BundleEntry;
using bundle::BundleReader;

// Bytes between tensors are looked at in runs of this size.
constexpr size_t kRunBytes = size_t{256} << 10;

// Where the bytes of one entry are, and what they should be.
struct Extent {
  int32_t shard;
  uint32_t masked_crc32c;
  int64_t offset;
  int64_t size;
  // What extents are sorted by.
  auto Order() const { return std::tuple(shard, offset, size, masked_crc32c); }
};

Extent ExtentOf(const BundleEntry& entry) {
  return {entry.shard_id, entry.masked_crc32c, entry.offset, entry.size};
}

// Takes bytes and compares them with those of a file.
class ComparingFile : public WritableFile {
 public:
  explicit ComparingFile(const RandomAccessFile& file) : file_(file) {}
  const std::string& path() const override { return file_.path(); }
  Status Append(std::string_view bytes) override {
    std::string found;
    while (!bytes.empty() && !difference_.has_value()) {
      const size_t n = std::min<uint64_t>(
          {bytes.size(), kRunBytes, file_.size() - position_});
      found.resize(n);
      CAIRN_RETURN_IF_ERROR(file_.ReadAt(position_, n, found.data()));
      const size_t same = static_cast<size_t>(
          std::ranges::mismatch(found, bytes).in1 - found.begin());
      if (same < n || n == 0) difference_ = position_ + same;
      position_ += n;
      bytes.remove_prefix(n);
    }
    return OkStatus();
  }
  Status Sync() override { return OkStatus(); }
  Status Close() override { return OkStatus(); }
  // Where the file differs first.
  std::optional<uint64_t> difference() const {
    if (difference_.has_value() || position_ == file_.size()) {
      return difference_;
    }
    return position_;
  }

 private:
  const RandomAccessFile& file_;
  uint64_t position_ = 0;
  std::optional<uint64_t> difference_;
};

class BundleVerifier {
 public:
  BundleVerifier(FileSystem& fs, const BundleReader& reader, int threads,
                 VerifyLog& log)
      : fs_(fs), reader_(reader), threads_(threads), log_(log) {}

  Status Run() {
    log_.set_num_shards(reader_.header().num_shards);
    CAIRN_RETURN_IF_ERROR(WalkIndex());
    CAIRN_RETURN_IF_ERROR(CompareIndex());
    CAIRN_RETURN_IF_ERROR(CheckTensors());
    CAIRN_RETURN_IF_ERROR(CheckObjectGraph());
    return CheckDataFiles();
  }

 private:
  std::string InIndex(std::string_view key, std::string_view what) const {
    return StrCat(Escape(bundle::IndexPath(reader_.prefix()), 4096), ": ",
                  "tensor ", Escape(key), ": ", what);
  }

  // --- the index ---

  Status WalkIndex() {
    auto it = reader_.NewIterator();
    for (; it->Valid(); it->Next()) {
      CAIRN_RETURN_IF_ERROR(log_.CheckStop());
      const StatusOr<BundleEntry> entry = it->entry();
      if (!entry.ok()) {
        CAIRN_RETURN_IF_ERROR(log_.Take(entry.status()));
        continue;
      }
      if (!entry->slices.empty()) {
        log_.CountTensor();
        CAIRN_RETURN_IF_ERROR(CheckPieces(it->key(), *entry));
        continue;
      }
      if (!IsSliceKey(it->key())) log_.CountTensor();
      extents_.push_back(ExtentOf(*entry));
    }
    CAIRN_RETURN_IF_ERROR(log_.Take(it->status()));
    std::ranges::sort(extents_, {}, &Extent::Order);
    return NoteUnlistedPieces();
  }

  // The walk over tensors passes over the pieces that one of them lists.
  Status NoteUnlistedPieces() {
    auto it = reader_.NewTensorIterator();
    for (; it->Valid(); it->Next()) {
      CAIRN_RETURN_IF_ERROR(log_.CheckStop());
      if (IsSliceKey(it->key())) {
        log_.Note(InIndex(it->key(), "a piece that no tensor lists"));
      }
    }
    // Damage was met, and told, by the walk before.
    return absl::IsDataLoss(it->status()) ? OkStatus() : it->status();
  }

  // Pieces of the whole tensor: present, of the right shape, no overlap. Their
  // bytes are checked under their own keys.
  Status CheckPieces(std::string_view key, const BundleEntry& full) {
    for (const TensorSlice& slice : full.slices) {
      const StatusOr<BundleEntry> piece =
          reader_.Lookup(EncodeTensorNameSlice(key, slice));
      if (absl::IsNotFound(piece.status())) {
        log_.Damage(InIndex(key, StrCat("its piece ", slice.ToString(),
                                        " has no entry of its own")));
        continue;
      }
      CAIRN_RETURN_IF_ERROR(log_.MustKnow(piece.status()));
      if (!piece.ok()) continue;  // the walk meets and tells it
      const StatusOr<Shape> shape = slice.Apply(full.shape);
      if (!shape.ok() || piece->shape != *shape || piece->dtype != full.dtype ||
          !piece->slices.empty()) {
        log_.Damage(InIndex(
            key, StrCat("its piece ", slice.ToString(), " is ",
                        DataTypeName(piece->dtype), piece->shape.ToString())));
      }
    }
    const auto chosen =
        ChoosePieces(full.shape, full.slices,
                     TensorSlice(full.shape.rank()).Resolve(full.shape));
    if (absl::IsDataLoss(chosen.status())) {
      log_.Damage(InIndex(key, Message(chosen.status())));
    } else if (!chosen.ok()) {
      log_.Note(InIndex(key, Message(chosen.status())));
    }
    return OkStatus();
  }

  // Whether the index has the bytes that TensorFlow writes for its contents.
  Status CompareIndex() {
    const std::string path = bundle::IndexPath(reader_.prefix());
    CAIRN_ASSIGN_OR_RETURN(const std::string committed,
                           ResolveCommitted(fs_, reader_.prefix(), path));
    CAIRN_ASSIGN_OR_RETURN(auto file, fs_.OpenForReading(committed));
    CAIRN_ASSIGN_OR_RETURN(auto again, fs_.OpenForReading(committed));
    const auto table = table::Table::Open(std::move(file));
    if (!table.ok()) return log_.Take(table.status());
    ComparingFile compare(*again);
    table::TableBuilder builder(&compare);
    table::Table::Iterator it(**table);
    for (it.SeekToFirst(); it.Valid(); it.Next()) {
      CAIRN_RETURN_IF_ERROR(builder.Add(it.key(), it.value()));
    }
    if (!it.status().ok()) return OkStatus();  // WalkIndex has told
    CAIRN_RETURN_IF_ERROR(builder.Finish());
    if (const auto at = compare.difference()) {
      log_.Note(StrCat(Escape(path, 4096), ": at offset ", *at,
                       " not the bytes TensorFlow writes for these entries"));
    }
    return OkStatus();
  }

  // --- the tensors ---

  Status CheckTensors() {
    CAIRN_ASSIGN_OR_RETURN(const bundle::Claims claims,
                           bundle::CountClaims(reader_));
    if (claims.claimed > claims.limit()) return CheckPlaces(claims);
    bundle::ManyOptions options;
    options.threads = threads_;
    options.supervision.stop = log_.stop();
    options.supervision.on_progress = [this](const Progress& progress) {
      log_.SetProgress(progress);
    };
    return reader_.CheckAll(
        [this](std::string_view, const Status& status) {
          return log_.Take(status);
        },
        options);
  }

  // Instead, where the same bytes have very many names: those of a place are
  // read under the first one, and in all no more than the limit.
  Status CheckPlaces(const bundle::Claims& claims) {
    std::vector<bool> is_read(extents_.size());
    Progress progress;
    auto it = reader_.NewTensorIterator();
    for (; it->Valid(); it->Next()) {
      CAIRN_RETURN_IF_ERROR(log_.CheckStop());
      const StatusOr<BundleEntry> entry = it->entry();
      if (!entry.ok()) continue;  // WalkIndex has told
      if (entry->slices.empty() && IsFixedSize(entry->dtype)) {
        const auto place = std::ranges::lower_bound(
            extents_, ExtentOf(*entry).Order(), {}, &Extent::Order);
        const auto i = static_cast<size_t>(place - extents_.begin());
        if (i < is_read.size() && is_read[i]) continue;
        if (i < is_read.size()) is_read[i] = true;
      }
      const uint64_t bytes = BytesOf(it->key(), *entry);
      if (bytes > claims.limit() - progress.bytes) {
        log_.Damage(StrCat(claims.Text(reader_), ": tensors from ",
                           Escape(it->key()), " on are not read"));
        return OkStatus();
      }
      CAIRN_RETURN_IF_ERROR(log_.Take(reader_.Check(it->key(), *entry)));
      progress.tensors += 1;
      progress.bytes += bytes;
      log_.SetProgress(progress);
    }
    return OkStatus();
  }

  // What checking the tensor reads, or more.
  uint64_t BytesOf(std::string_view key, const BundleEntry& entry) const {
    if (entry.slices.empty()) return static_cast<uint64_t>(entry.size);
    uint64_t bytes = 0;
    for (const TensorSlice& slice : entry.slices) {
      const StatusOr<BundleEntry> piece =
          reader_.Lookup(EncodeTensorNameSlice(key, slice));
      if (!piece.ok() || !piece->slices.empty()) continue;
      const auto size = static_cast<uint64_t>(piece->size);
      bytes += std::min(size, std::numeric_limits<uint64_t>::max() - bytes);
    }
    return bytes;
  }

  Status CheckObjectGraph() {
    const StatusOr<BundleEntry> entry = reader_.Lookup(object::kObjectGraphKey);
    CAIRN_RETURN_IF_ERROR(log_.MustKnow(entry.status()));
    if (!entry.ok()) return OkStatus();  // none, or told already
    if (entry->dtype != DataType::kString || entry->shape.rank() != 0) {
      return OkStatus();
    }
    const StatusOr<Tensor> tensor = reader_.Read(object::kObjectGraphKey);
    CAIRN_RETURN_IF_ERROR(log_.MustKnow(tensor.status()));
    if (!tensor.ok()) return OkStatus();  // told with the tensors
    const auto graph = object::DecodeObjectGraph(tensor->strings()[0]);
    if (graph.ok()) return OkStatus();
    return log_.Take(
        Annotate(graph.status(),
                 StrCat(Escape(reader_.prefix(), 4096), ": object graph")));
  }

  // --- the data files ---

  Status CheckDataFiles() {
    size_t i = 0;
    const int32_t num_shards = reader_.header().num_shards;
    for (int32_t shard = 0; shard < num_shards; ++shard) {
      size_t end = i;
      while (end < extents_.size() && extents_[end].shard == shard) ++end;
      CAIRN_ASSIGN_OR_RETURN(
          const bool go_on,
          CheckDataFile(shard, {extents_.data() + i, end - i}));
      // A header may claim a million shards: the first gap is enough if no
      // tensor is in a later one.
      if (!go_on && end == extents_.size()) break;
      i = end;
    }
    const auto files = state::ListDataFiles(fs_, reader_.prefix());
    CAIRN_RETURN_IF_ERROR(files.status());
    for (const std::string& file : *files) {
      const std::string suffix = reader_.ShardPath(0);
      if (!file.ends_with(suffix.substr(suffix.rfind("-of-")))) {
        log_.Note(StrCat(Escape(file, 4096), ": belongs to no shard of ",
                         num_shards));
      }
    }
    return OkStatus();
  }

  // False if the file is missing.
  StatusOr<bool> CheckDataFile(int32_t shard, std::span<const Extent> extents) {
    const std::string path = reader_.ShardPath(shard);
    const auto committed = ResolveCommitted(fs_, reader_.prefix(), path);
    CAIRN_RETURN_IF_ERROR(log_.MustKnow(committed.status()));
    if (!committed.ok()) return false;
    const auto file = fs_.OpenForReading(*committed);
    CAIRN_RETURN_IF_ERROR(log_.MustKnow(file.status()));
    if (!file.ok()) {
      if (extents.empty()) {
        log_.Note(StrCat(Escape(path, 4096), ": missing; no tensor is in it"));
      }
      return false;
    }
    int64_t covered = 0;
    for (const Extent& extent : extents) {
      const auto size = static_cast<int64_t>((*file)->size());
      if (extent.offset > size || extent.size > size - extent.offset) continue;
      if (extent.offset < covered && extent.size > 0) {
        log_.Note(StrCat(Escape(path, 4096), ": tensors share bytes at ",
                         extent.offset));
      }
      if (extent.offset > covered) {
        NoteGap(**file, covered, extent.offset);
      }
      covered = std::max(covered, extent.offset + extent.size);
    }
    NoteGap(**file, covered, static_cast<int64_t>((*file)->size()));
    return true;
  }

  // Bytes that belong to no tensor: an alignment's zeros, or something to know.
  void NoteGap(const RandomAccessFile& file, int64_t begin, int64_t end) {
    std::string run;
    for (int64_t at = begin; at < end;) {
      const auto n = static_cast<size_t>(
          std::min(end - at, static_cast<int64_t>(kRunBytes)));
      run.resize(n);
      if (!file.ReadAt(static_cast<uint64_t>(at), n, run.data()).ok()) return;
      if (run.find_first_not_of('\0') != std::string::npos) {
        log_.Note(StrCat(Escape(file.path(), 4096), ": ", end - begin,
                         " bytes at ", begin, " belong to no tensor"));
        return;
      }
      at += static_cast<int64_t>(n);
    }
  }

  FileSystem& fs_;
  const BundleReader& reader_;
  const int threads_;
  VerifyLog& log_;
  std::vector<Extent> extents_;
};

}  // namespace

Status VerifyBundle(FileSystem& fs, const std::string& prefix, int threads,
                    VerifyLog& log) {
  const StatusOr<std::unique_ptr<BundleReader>> reader =
      BundleReader::Open(fs, prefix);
  if (absl::IsNotFound(reader.status())) return reader.status();
  if (!reader.ok()) return log.Take(reader.status());
  return BundleVerifier(fs, **reader, threads, log).Run();
}

}  // namespace cairn::inspect
