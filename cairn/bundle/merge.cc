// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// <merged>.data-0000s-of-0000n: the inputs' data files under new names.
// <merged>.index: their entries with new shard ids. The entry that lists a
// tensor's pieces keeps the shard id that its first input gives it, as
// TensorFlow's does; readers ignore it.
#include "cairn/bundle/merge.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/index_writing.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/records.h"
#include "cairn/tensor/pieces.h"

namespace cairn::bundle {
namespace {

constexpr size_t kEntriesPerCheck = 1024;

struct Input {
  std::string prefix;
  int32_t num_shards = 0;
};

// A data file of an input.
struct Source {
  std::string path;
  int64_t end = 0;  // of what the index says is in it
};

struct Partitioned {
  BundleEntry full;
  size_t record = 0;
};

class Merger {
 public:
  Merger(FileSystem& fs, const std::string& merged, const MergeOptions& options)
      : fs_(fs), merged_(merged), options_(options) {}

  Status Take(const std::string& prefix);
  Status Write();
  void RemoveInputs();
  size_t num_inputs() const { return inputs_.size(); }

 private:
  Status CheckNotMerged(const std::string& prefix);
  Status TakeHeader(const std::string& prefix, const BundleHeader& header);
  Status TakeEntry(const std::string& prefix, std::string_view key,
                   BundleEntry entry);
  Status TakePieces(const std::string& prefix, Partitioned& tensor,
                    const BundleEntry& entry);
  // The new number of an input's shard.
  int32_t Renumber(const std::string& prefix, int32_t shard, int64_t end);
  Status CheckPieces() const;
  Status LinkShards(Commit& commit);

  FileSystem& fs_;
  const std::string& merged_;
  const MergeOptions& options_;
  std::vector<Input> inputs_;
  BundleHeader header_;  // of the first
  RecordTable records_;
  std::map<std::string, Partitioned, std::less<>> partitioned_;
  std::vector<Source> sources_;  // by new number
  std::map<std::string, int32_t> numbers_;
};

Status Merger::CheckNotMerged(const std::string& prefix) {
  const StatusOr<FileInfo> input = fs_.Stat(IndexPath(prefix));
  const StatusOr<FileInfo> merged = fs_.Stat(IndexPath(merged_));
  if (absl::IsResourceExhausted(input.status())) return input.status();
  if (absl::IsResourceExhausted(merged.status())) return merged.status();
  if (prefix != merged_ &&
      !(input.ok() && merged.ok() && input->id == merged->id)) {
    return OkStatus();
  }
  return InvalidArgumentError(StrCat(Escape(merged_, 4096),
                                     ": cannot merge onto its own input ",
                                     Escape(prefix, 4096)));
}

Status Merger::Take(const std::string& prefix) {
  CAIRN_RETURN_IF_ERROR(CheckNotMerged(prefix));
  // A switch that was cut off would leave data under names that no index says.
  CAIRN_RETURN_IF_ERROR(RollForward(fs_, prefix));
  StatusOr<std::unique_ptr<BundleReader>> reader =
      BundleReader::Open(fs_, prefix);
  if (absl::IsNotFound(reader.status()) && options_.allow_missing_inputs) {
    return OkStatus();
  }
  CAIRN_RETURN_IF_ERROR(reader.status());
  CAIRN_RETURN_IF_ERROR(TakeHeader(prefix, (*reader)->header()));
  inputs_.push_back({prefix, (*reader)->header().num_shards});
  const auto it = (*reader)->NewIterator();
  for (; it->Valid(); it->Next()) {
    if (records_.size() % kEntriesPerCheck == 0) {
      CAIRN_RETURN_IF_ERROR(
          CheckStop(options_.supervision, Escape(merged_, 4096)));
    }
    CAIRN_ASSIGN_OR_RETURN(BundleEntry entry, it->entry());
    CAIRN_RETURN_IF_ERROR(TakeEntry(prefix, it->key(), std::move(entry)));
  }
  return it->status();
}

Status Merger::TakeHeader(const std::string& prefix,
                          const BundleHeader& header) {
  if (inputs_.empty()) {
    header_ = header;
    return OkStatus();
  }
  const auto differs = [&](std::string_view what) {
    return InvalidArgumentError(StrCat("merging ", Escape(merged_, 4096), ": ",
                                       Escape(inputs_[0].prefix, 4096), " and ",
                                       Escape(prefix, 4096), " have different ",
                                       what));
  };
  if (header.endianness != header_.endianness) return differs("byte orders");
  if (header.producer != header_.producer ||
      header.min_consumer != header_.min_consumer ||
      header.bad_consumers != header_.bad_consumers) {
    return differs("format versions");
  }
  return OkStatus();
}

int32_t Merger::Renumber(const std::string& prefix, int32_t shard,
                         int64_t end) {
  std::string path = DataPath(prefix, shard, inputs_.back().num_shards);
  const auto [it, is_new] = numbers_.try_emplace(
      std::move(path), static_cast<int32_t>(sources_.size()));
  if (is_new) sources_.push_back({it->first, 0});
  Source& source = sources_[static_cast<size_t>(it->second)];
  source.end = std::max(source.end, end);
  return it->second;
}

Status Merger::TakeEntry(const std::string& prefix, std::string_view key,
                         BundleEntry entry) {
  const size_t record = records_.Insert(key);
  const bool is_listing = !entry.slices.empty();
  if (record == RecordTable::kTaken) {
    const auto found = partitioned_.find(key);
    if (is_listing && found != partitioned_.end()) {
      return TakePieces(prefix, found->second, entry);
    }
    return InvalidArgumentError(
        StrCat("Duplicate tensor keyed by ", Escape(key),
               " encountered, when merging prefix: ", Escape(prefix, 4096)));
  }
  if (is_listing) {
    // What stands there was not checked, for it means nothing.
    if (entry.shard_id < 0 || entry.shard_id >= inputs_.back().num_shards) {
      entry.shard_id = 0;
    }
    entry.shard_id = Renumber(prefix, entry.shard_id, 0);
    partitioned_[std::string(key)] = {std::move(entry), record};
    return OkStatus();
  }
  entry.shard_id = Renumber(prefix, entry.shard_id, entry.offset + entry.size);
  records_.SetValue(record, EncodeEntry(entry));
  return OkStatus();
}

Status Merger::TakePieces(const std::string& prefix, Partitioned& tensor,
                          const BundleEntry& entry) {
  BundleEntry& full = tensor.full;
  if (full.dtype != entry.dtype || full.shape != entry.shape) {
    return InvalidArgumentError(
        StrCat("tensor ", Escape(records_.key(tensor.record)), " is ",
               DataTypeName(entry.dtype), entry.shape.ToString(), " in ",
               Escape(prefix, 4096), " and ", DataTypeName(full.dtype),
               full.shape.ToString(), " in an input before it"));
  }
  full.slices.insert(full.slices.end(), entry.slices.begin(),
                     entry.slices.end());
  return OkStatus();
}

// Pieces of different inputs must not overlap: nothing could read the tensor.
// That some are missing is no error here.
Status Merger::CheckPieces() const {
  for (const auto& [key, tensor] : partitioned_) {
    const BundleEntry& full = tensor.full;
    const StatusOr<std::vector<ChosenPiece>> pieces =
        ChoosePieces(full.shape, full.slices,
                     TensorSlice(full.shape.rank()).Resolve(full.shape));
    if (!absl::IsDataLoss(pieces.status())) continue;
    return InvalidArgumentError(StrCat("merging ", Escape(merged_, 4096),
                                       ": tensor ", Escape(key), ": ",
                                       Message(pieces.status())));
  }
  return OkStatus();
}

Status Merger::LinkShards(Commit& commit) {
  const auto count = static_cast<int32_t>(sources_.size());
  for (int32_t i = 0; i < count; ++i) {
    CAIRN_RETURN_IF_ERROR(
        CheckStop(options_.supervision, Escape(merged_, 4096)));
    const Source& source = sources_[static_cast<size_t>(i)];
    CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs_.Stat(source.path));
    if (info.size < static_cast<uint64_t>(source.end)) {
      return DataLossError(StrCat(Escape(source.path, 4096), ": ends at ",
                                  info.size, ", its index needs ", source.end));
    }
    CAIRN_RETURN_IF_ERROR(
        commit.Link(source.path, DataPath(merged_, i, count)));
  }
  if (count > 0) return OkStatus();
  return commit.Create(DataPath(merged_, 0, 1)).status();
}

Status Merger::Write() {
  CAIRN_RETURN_IF_ERROR(CheckPieces());
  for (const auto& [key, tensor] : partitioned_) {
    records_.SetValue(tensor.record, EncodeEntry(tensor.full));
  }
  Commit commit(fs_, merged_);
  CAIRN_RETURN_IF_ERROR(LinkShards(commit));
  header_.num_shards = std::max(1, static_cast<int32_t>(sources_.size()));
  CAIRN_RETURN_IF_ERROR(WriteIndex(commit, merged_, header_, records_, {}));
  commit.CheckBeforeSwitch([this](FileSystem&) {
    return CheckStop(options_.supervision, Escape(merged_, 4096));
  });
  CAIRN_RETURN_IF_ERROR(commit.Finish());
  if (options_.supervision.on_progress) {
    Progress progress;
    progress.tensors = progress.total_tensors = records_.size();
    options_.supervision.on_progress(progress);
  }
  return OkStatus();
}

// The merged bundle is durable: what is left over now costs space only.
void Merger::RemoveInputs() {
  for (const Input& input : inputs_) {
    if (!fs_.Remove(IndexPath(input.prefix)).ok()) continue;
    for (int32_t i = 0; i < input.num_shards; ++i) {
      fs_.Remove(DataPath(input.prefix, i, input.num_shards)).IgnoreError();
    }
  }
  if (!options_.delete_input_directories) return;
  for (const Input& input : inputs_) {
    const std::string_view directory = DirName(input.prefix);
    if (directory == DirName(merged_)) continue;
    fs_.RemoveDirectory(std::string(directory)).IgnoreError();
  }
}

Status Merge(FileSystem& fs, std::span<const std::string> inputs,
             const std::string& merged, const MergeOptions& options) {
  if (inputs.empty()) {
    return InvalidArgumentError(
        StrCat("merging ", Escape(merged, 4096), ": no inputs"));
  }
  Merger merger(fs, merged, options);
  for (const std::string& input : inputs) {
    CAIRN_RETURN_IF_ERROR(merger.Take(input));
  }
  if (merger.num_inputs() == 0) {
    return InvalidArgumentError(StrCat("merging ", Escape(merged, 4096),
                                       ": none of the ", inputs.size(),
                                       " inputs exists"));
  }
  CAIRN_RETURN_IF_ERROR(merger.Write());
  if (options.delete_inputs) {
    GuardMemory(merged, [&] {
      merger.RemoveInputs();
      return OkStatus();
    }).IgnoreError();
  }
  return OkStatus();
}

}  // namespace

Status MergeBundles(FileSystem& fs, std::span<const std::string> inputs,
                    const std::string& merged, const MergeOptions& options) {
  return GuardMemory(merged,
                     [&] { return Merge(fs, inputs, merged, options); });
}

}  // namespace cairn::bundle
