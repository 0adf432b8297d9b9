// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/reuse.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/tensor/slice_key.h"

namespace cairn::bundle {
namespace {

constexpr size_t kMaxNotes = 8;

using Fate = Reuse::Fate;

class Planner {
 public:
  Planner(const BundleReader& earlier, std::span<const ReuseCandidate> tensors,
          const ReuseOptions& options)
      : earlier_(earlier), tensors_(tensors), options_(options) {
    reuse_.fates.assign(tensors.size(), Fate::kWritten);
  }

  StatusOr<Reuse> Run(const std::function<Status()>& check) {
    for (size_t i = 0; i < tensors_.size(); ++i) {
      if (check) CAIRN_RETURN_IF_ERROR(check());
      CAIRN_RETURN_IF_ERROR(Compare(i));
    }
    DropSmall();
    DropDead();
    DropMany();
    for (auto& [number, shard] : shards_) {
      SetFates(shard, Fate::kShared);
      reuse_.shards.push_back(std::move(shard));
    }
    return std::move(reuse_);
  }

 private:
  // The entry that may hold the candidate; none without one.
  StatusOr<std::optional<BundleEntry>> Find(const ReuseCandidate& tensor) {
    std::string key(tensor.key);
    if (tensor.piece && !tensor.piece->slice.Covers(tensor.piece->full_shape)) {
      // A piece of a tensor of another shape has the same key.
      CAIRN_ASSIGN_OR_RETURN(const BundleEntry full, earlier_.Lookup(key));
      if (full.dtype != tensor.value.dtype() ||
          full.shape != tensor.piece->full_shape || full.slices.empty()) {
        return std::optional<BundleEntry>();
      }
      key = EncodeTensorNameSlice(key, tensor.piece->slice);
    }
    CAIRN_ASSIGN_OR_RETURN(BundleEntry entry, earlier_.Lookup(key));
    return std::optional<BundleEntry>(std::move(entry));
  }

  StatusOr<bool> IsStored(size_t i, BundleEntry* entry) {
    const ReuseCandidate& tensor = tensors_[i];
    // Pieces of strings would have to be cut out first.
    if (tensor.value.holds_strings() &&
        (tensor.piece || !tensor.box.Covers(tensor.value.shape()))) {
      return false;
    }
    CAIRN_ASSIGN_OR_RETURN(const std::optional<BundleEntry> found,
                           Find(tensor));
    if (!found) return false;
    CAIRN_ASSIGN_OR_RETURN(
        const bool same,
        earlier_.Holds(*found, tensor.value, tensor.box, options_.compare));
    if (!same) return false;
    *entry = *found;
    if (shards_.contains(entry->shard_id)) return true;
    CAIRN_ASSIGN_OR_RETURN(ShardFile file,
                           earlier_.ShardFileOf(entry->shard_id));
    shards_[entry->shard_id].file = std::move(file);
    return true;
  }

  // That the file has the bytes was checked only if they were read.
  static bool LiesWithin(const BundleEntry& entry, const ShardFile& file) {
    const auto offset = static_cast<uint64_t>(entry.offset);
    return entry.offset >= 0 && entry.size >= 0 && offset <= file.size &&
           static_cast<uint64_t>(entry.size) <= file.size - offset;
  }

  Status Compare(size_t i) {
    BundleEntry entry;
    const StatusOr<bool> stored = IsStored(i, &entry);
    if (absl::IsResourceExhausted(stored.status())) return stored.status();
    if (!stored.ok()) {
      if (!absl::IsNotFound(stored.status()) &&
          reuse_.notes.size() < kMaxNotes) {
        reuse_.notes.push_back(
            StrCat(Escape(tensors_[i].key),
                   " is written again: ", Message(stored.status())));
      }
      return OkStatus();
    }
    if (!*stored) return OkStatus();
    Reuse::Shard& shard = shards_[entry.shard_id];
    if (!LiesWithin(entry, shard.file)) return OkStatus();
    ++reuse_.unchanged;
    shard.live_bytes += static_cast<uint64_t>(entry.size);
    shard.tensors.push_back(i);
    shard.entries.push_back(std::move(entry));
    return OkStatus();
  }

  void SetFates(const Reuse::Shard& shard, Fate fate) {
    for (const size_t i : shard.tensors) reuse_.fates[i] = fate;
  }

  void DropSmall() {
    std::erase_if(shards_, [&](const auto& shard) {
      return shard.second.tensors.empty() ||
             shard.second.live_bytes <
                 static_cast<uint64_t>(options_.min_live_bytes);
    });
  }

  void DropDead() {
    std::erase_if(shards_, [&](const auto& shard) {
      const double alive = static_cast<double>(shard.second.live_bytes) /
                           static_cast<double>(shard.second.file.size);
      const bool drop =
          shard.second.file.size > 0 && alive < options_.min_live_share;
      if (drop) SetFates(shard.second, Fate::kApart);
      return drop;
    });
  }

  void DropMany() {
    while (shards_.size() > static_cast<size_t>(options_.max_shared_files)) {
      const auto least = std::ranges::min_element(
          shards_, {}, [](const auto& s) { return s.second.live_bytes; });
      SetFates(least->second, Fate::kApart);
      shards_.erase(least);
    }
  }

  const BundleReader& earlier_;
  const std::span<const ReuseCandidate> tensors_;
  const ReuseOptions& options_;
  std::map<int32_t, Reuse::Shard> shards_;
  Reuse reuse_;
};

}  // namespace

Status CheckReuseOptions(const ReuseOptions& options) {
  const auto wrong = [](std::string_view what) {
    return InvalidArgumentError(StrCat("incremental saving: ", what));
  };
  // NaN is no share either.
  if (!(options.min_live_share >= 0 && options.min_live_share <= 1)) {
    return wrong(
        StrCat("min_live_share ", options.min_live_share, ", expected 0 to 1"));
  }
  if (options.min_live_bytes < 0) {
    return wrong(StrCat("min_live_bytes ", options.min_live_bytes,
                        ", expected at least 0"));
  }
  if (options.max_shared_files < 0) {
    return wrong(StrCat("max_shared_files ", options.max_shared_files,
                        ", expected at least 0"));
  }
  return OkStatus();
}

StatusOr<Reuse> PlanReuse(const BundleReader& earlier,
                          std::span<const ReuseCandidate> tensors,
                          const ReuseOptions& options,
                          const std::function<Status()>& check) {
  return GuardMemory(earlier.prefix(), [&]() -> StatusOr<Reuse> {
    CAIRN_RETURN_IF_ERROR(CheckReuseOptions(options));
    return Planner(earlier, tensors, options).Run(check);
  });
}

}  // namespace cairn::bundle
