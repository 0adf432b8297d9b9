// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The order of the data files: those of savers, those with tensors that have
// changed, those with tensors that have not but are written again, the shared
// ones. The first file is always written, empty if need be.
#include "cairn/object/incremental.h"

#include <algorithm>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::object::internal {
namespace {

using Fate = bundle::Reuse::Fate;

// The earlier checkpoint, or why there is none.
StatusOr<std::unique_ptr<bundle::BundleReader>> OpenEarlier(
    FileSystem& fs, const std::string& prefix, const IncrementalSave& options) {
  std::string from = options.from;
  if (from.empty()) {
    const std::string directory = options.directory.empty()
                                      ? std::string(DirName(prefix))
                                      : options.directory;
    CAIRN_ASSIGN_OR_RETURN(from, state::LatestCheckpoint(fs, directory));
  }
  // A cut-off switch would be finished when the first file is made, and take
  // the files from under their names.
  if (from == prefix) CAIRN_RETURN_IF_ERROR(RollForward(fs, prefix));
  return bundle::BundleReader::Open(fs, from);
}

StatusOr<std::vector<bundle::ReuseCandidate>> Candidates(
    const SavePlan& plan, const std::vector<ShardPart>& parts) {
  std::vector<bundle::ReuseCandidate> candidates;
  for (const ShardPart& part : parts) {
    const PlannedTensor& tensor = plan.tensors[part.tensor];
    bundle::ReuseCandidate candidate;
    candidate.key = tensor.key;
    candidate.value = tensor.value;
    candidate.box =
        part.slice.value_or(TensorSlice(tensor.value.shape().rank()));
    CAIRN_ASSIGN_OR_RETURN(candidate.piece, PieceOf(tensor, part));
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// Parts of each shard by fate, in order; shards without any are left out.
void Take(const std::vector<Shard>& shards, const std::vector<Fate>& fates,
          Fate fate, std::vector<Shard>* to) {
  size_t i = 0;
  for (const Shard& shard : shards) {
    Shard taken;
    for (const ShardPart& part : shard) {
      if (fates[i++] == fate) taken.push_back(part);
    }
    if (!taken.empty()) to->push_back(std::move(taken));
  }
}

uint64_t SizeOf(const SavePlan& plan, const Shard& parts) {
  uint64_t bytes = 0;
  for (const ShardPart& part : parts) {
    const TensorView& value = plan.tensors[part.tensor].value;
    if (value.holds_strings()) continue;
    const StatusOr<Shape> shape =
        part.slice ? part.slice->Apply(value.shape()) : value.shape();
    if (!shape.ok()) continue;
    bytes += static_cast<uint64_t>(shape->num_elements()) *
             static_cast<uint64_t>(DataTypeSize(value.dtype()));
  }
  return bytes;
}

}  // namespace

StatusOr<IncrementalPlan> PlanIncremental(
    FileSystem& fs, const std::string& prefix, const SavePlan& plan,
    std::vector<Shard> shards, const SaveOptions& options,
    const std::function<Status()>& check, SaveReport* report) {
  IncrementalPlan result;
  std::vector<ShardPart> parts;
  for (const Shard& shard : shards) {
    parts.insert(parts.end(), shard.begin(), shard.end());
  }
  report->tensors = parts.size();
  const auto write_all = [&] {
    result.written = std::move(shards);
    return std::move(result);
  };
  if (!options.incremental) return write_all();
  const IncrementalSave& how = *options.incremental;
  CAIRN_RETURN_IF_ERROR(bundle::CheckReuseOptions(how.how));
  const StatusOr<std::unique_ptr<bundle::BundleReader>> earlier =
      OpenEarlier(fs, prefix, how);
  if (!earlier.ok()) {
    report->notes.push_back(
        StrCat("everything is written: ", Message(earlier.status())));
    return write_all();
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<bundle::ReuseCandidate> candidates,
                         Candidates(plan, parts));
  CAIRN_ASSIGN_OR_RETURN(
      bundle::Reuse reuse,
      bundle::PlanReuse(**earlier, candidates, how.how, check));
  report->from = (*earlier)->prefix();
  report->unchanged = reuse.unchanged;
  report->notes = std::move(reuse.notes);
  if (reuse.unchanged == 0) return write_all();
  Take(shards, reuse.fates, Fate::kWritten, &result.written);
  std::vector<Shard> apart;
  Take(shards, reuse.fates, Fate::kApart, &apart);
  for (Shard& shard : apart) {
    report->rewritten_bytes += SizeOf(plan, shard);
    result.written.push_back(std::move(shard));
  }
  for (bundle::Reuse::Shard& shard : reuse.shards) {
    IncrementalPlan::Shared shared{
        std::move(shard.file), shard.live_bytes, {}, std::move(shard.entries)};
    for (const size_t i : shard.tensors) shared.parts.push_back(parts[i]);
    result.shared.push_back(std::move(shared));
  }
  return result;
}

namespace {

Status AddEntries(bundle::BundleWriter& writer, const SavePlan& plan,
                  const IncrementalPlan::Shared& shared, int32_t shard) {
  for (size_t i = 0; i < shared.parts.size(); ++i) {
    const PlannedTensor& tensor = plan.tensors[shared.parts[i].tensor];
    CAIRN_ASSIGN_OR_RETURN(const std::optional<TensorPiece> piece,
                           PieceOf(tensor, shared.parts[i]));
    CAIRN_RETURN_IF_ERROR(
        piece ? writer.AddSharedSlice(tensor.key, piece->full_shape,
                                      piece->slice, shared.entries[i], shard)
              : writer.AddShared(tensor.key, shared.entries[i], shard));
  }
  return OkStatus();
}

void Count(const IncrementalPlan::Shared& shared, Commit::Shared::How how,
           SaveReport* report) {
  const uint64_t size = shared.file.size;
  ++report->shared_files;
  (how == Commit::Shared::How::kLinked ? report->linked_bytes
                                       : report->cloned_bytes) += size;
  report->dead_bytes += size - std::min(size, shared.live_bytes);
}

}  // namespace

StatusOr<std::vector<std::pair<int32_t, Shard>>> AddShared(
    bundle::BundleWriter& writer, const SavePlan& plan,
    const IncrementalPlan& incremental, int32_t first,
    const IncrementalSave& options, SaveReport* report) {
  std::vector<std::pair<int32_t, Shard>> instead;
  // A copy of a whole file would bring what is dead in it, too.
  const ShareOptions::By by = options.how.by == ShareOptions::By::kClone
                                  ? ShareOptions::By::kClone
                                  : ShareOptions::By::kLinkOrClone;
  int32_t number = first;
  for (const IncrementalPlan::Shared& shared : incremental.shared) {
    const StatusOr<Commit::Shared::How> how =
        writer.ShareShard(number, shared.file, by);
    if (absl::IsResourceExhausted(how.status())) return how.status();
    if (how.ok()) {
      CAIRN_RETURN_IF_ERROR(AddEntries(writer, plan, shared, number));
      Count(shared, *how, report);
    } else {
      report->rewritten_bytes += SizeOf(plan, shared.parts);
      report->notes.push_back(
          StrCat(Escape(shared.file.path),
                 " is not shared but written again: ", Message(how.status())));
      instead.emplace_back(number, shared.parts);
    }
    ++number;
  }
  return instead;
}

}  // namespace cairn::object::internal
