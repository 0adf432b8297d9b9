// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// V2, `num` shards (1 if not sharded):
//   <prefix>.data-SSSSS-of-<num>   the tensors of one device, by name
//   <prefix>.index                 what TensorFlow's merge of the shards makes
// V1:
//   <prefix>                       not sharded
//   <prefix>-SSSSS-of-<num>        sharded
// Devices are numbered in the order of their names; no device comes first.
#include "cairn/saver/writing.h"

#include <map>
#include <memory>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/sharded_filename.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/writer.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/writer.h"

namespace cairn::saver {
namespace {

// The values of each file, in order.
std::vector<std::vector<const SaveSpec*>> GroupByDevice(
    const std::vector<SaveSpec>& specs, bool sharded) {
  std::map<std::string, std::vector<const SaveSpec*>> by_device;
  for (const SaveSpec& spec : specs) {
    by_device[sharded ? spec.device : ""].push_back(&spec);
  }
  std::vector<std::vector<const SaveSpec*>> groups;
  for (auto& [device, group] : by_device) groups.push_back(std::move(group));
  return groups;
}

// The value to save, kept by its owner or by `scratch`.
StatusOr<TensorView> ValueOf(const SaveSpec& spec, Tensor* scratch) {
  StatusOr<TensorView> value = spec.saveable->Value(scratch);
  if (!value.ok()) return Annotate(value.status(), Escape(spec.key));
  if (value->is_valid()) return value;
  return FailedPreconditionError(
      StrCat("Attempting to use uninitialized value ", Escape(spec.key)));
}

Status WriteV2(Commit& commit, const std::vector<SaveSpec>& specs,
               const WriteRequest& request) {
  bundle::BundleWriterOptions how;
  how.overwrite = request.overwrite;
  CAIRN_ASSIGN_OR_RETURN(
      auto writer, bundle::BundleWriter::Create(commit, request.prefix, how));
  const auto groups = GroupByDevice(specs, request.sharded);
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto shard = static_cast<int32_t>(i);
    for (const SaveSpec* spec : groups[i]) {
      Tensor scratch;
      CAIRN_ASSIGN_OR_RETURN(const TensorView value, ValueOf(*spec, &scratch));
      CAIRN_RETURN_IF_ERROR(spec->full_shape
                                ? writer->AddSlice(spec->key, *spec->full_shape,
                                                   spec->slice, value, shard)
                                : writer->Add(spec->key, value, shard));
    }
  }
  return writer->Finish();
}

// Announces one value to the writer of its file, which asks for it when its
// turn comes.
Status AnnounceV1(v1::V1Writer& writer, const SaveSpec& spec) {
  Tensor scratch;
  CAIRN_ASSIGN_OR_RETURN(const TensorView value, ValueOf(spec, &scratch));
  const auto produce = [&spec]() -> StatusOr<Tensor> {
    Tensor made;
    CAIRN_ASSIGN_OR_RETURN(const TensorView now, ValueOf(spec, &made));
    return Tensor::CopyOf(now);
  };
  if (!spec.full_shape) {
    return writer.AddLater(spec.key, value.dtype(), value.shape(), produce);
  }
  return writer.AddSliceLater(spec.key, value.dtype(), *spec.full_shape,
                              spec.slice, produce);
}

Status WriteV1(Commit& commit, const std::vector<SaveSpec>& specs,
               const WriteRequest& request) {
  const auto groups = GroupByDevice(specs, request.sharded);
  const auto num_shards = static_cast<int32_t>(groups.size());
  for (int32_t i = 0; i < num_shards; ++i) {
    const std::string path =
        request.sharded ? ShardedFilename(request.prefix, i, num_shards)
                        : request.prefix;
    CAIRN_ASSIGN_OR_RETURN(auto writer, v1::V1Writer::Create(commit, path));
    for (const SaveSpec* spec : groups[static_cast<size_t>(i)]) {
      CAIRN_RETURN_IF_ERROR(AnnounceV1(*writer, *spec));
    }
    CAIRN_RETURN_IF_ERROR(writer->Finish());
  }
  return OkStatus();
}

// What an earlier checkpoint of the prefix leaves that the new one does not
// replace. A V2 index would hide a V1 file of the same name.
Status RemoveOrphansAfter(FileSystem& fs, Commit& commit,
                          const WriteRequest& request) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> old_files,
                         state::ListDataFiles(fs, request.prefix));
  if (request.version == WriteVersion::kV1) {
    commit.RemoveAfter(bundle::IndexPath(request.prefix));
  }
  for (const std::string& file : old_files) commit.RemoveAfter(file);
  return OkStatus();
}

}  // namespace

int32_t NumShards(const std::vector<SaveSpec>& specs, bool sharded) {
  return static_cast<int32_t>(GroupByDevice(specs, sharded).size());
}

std::string WrittenName(const std::string& prefix, WriteVersion version,
                        bool sharded, int32_t num_shards) {
  if (version == WriteVersion::kV2 || !sharded) return prefix;
  return v1::ShardedPattern(prefix, num_shards);
}

Status WriteCheckpoint(FileSystem& fs, const std::vector<SaveSpec>& specs,
                       const WriteRequest& request) {
  // Of a save that was killed.
  const Status swept = RemoveStaleTemporaries(fs, request.prefix);
  if (!swept.ok() && !absl::IsNotFound(swept)) return swept;

  Commit commit(fs, request.prefix);
  std::vector<const SideFile*> apart;
  for (const SideFile& side : request.side_files) {
    // A prefix that looks like a shard's has its meta graph under another one.
    if (!side.path.starts_with(request.prefix)) {
      apart.push_back(&side);
      continue;
    }
    // Before the index, so that with an index there is a meta graph.
    CAIRN_ASSIGN_OR_RETURN(WritableFile * file, commit.Create(side.path));
    CAIRN_RETURN_IF_ERROR(file->Append(side.contents));
  }
  CAIRN_RETURN_IF_ERROR(request.version == WriteVersion::kV2
                            ? WriteV2(commit, specs, request)
                            : WriteV1(commit, specs, request));
  CAIRN_RETURN_IF_ERROR(RemoveOrphansAfter(fs, commit, request));
  CAIRN_RETURN_IF_ERROR(commit.Finish());
  for (const SideFile* side : apart) {
    CAIRN_RETURN_IF_ERROR(WriteFileAtomically(fs, side->path, side->contents));
  }
  return OkStatus();
}

}  // namespace cairn::saver
