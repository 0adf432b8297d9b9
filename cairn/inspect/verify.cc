// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/verify.h"

#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/inspect/verify_bundle.h"
#include "cairn/inspect/verify_log.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/reader.h"

namespace cairn::inspect {
namespace {

// The state file of the checkpoint's directory, if there is one.
Status VerifyState(FileSystem& fs, const std::string& path, VerifyLog& log) {
  const std::string dir(DirName(path));
  const std::string file = JoinPath(dir, std::string(state::kDefaultStateFile));
  const StatusOr<FileInfo> info = fs.Stat(file);
  if (absl::IsResourceExhausted(info.status())) return info.status();
  if (!info.ok() || info->kind == FileInfo::Kind::kDirectory) return OkStatus();
  const auto read = state::GetCheckpointState(fs, dir);
  if (!read.ok()) return log.Take(read.status());
  CAIRN_ASSIGN_OR_RETURN(
      const bool is_there,
      state::FindCheckpoint(fs, read->model_checkpoint_path));
  if (!is_there) {
    log.Damage(StrCat(Escape(file, 4096), ": its latest checkpoint ",
                      Escape(read->model_checkpoint_path, 4096),
                      " is missing"));
  }
  for (const std::string& listed : read->all_model_checkpoint_paths) {
    CAIRN_ASSIGN_OR_RETURN(const bool exists,
                           state::FindCheckpoint(fs, listed));
    if (listed != read->model_checkpoint_path && !exists) {
      log.Note(StrCat(Escape(file, 4096), ": lists ", Escape(listed, 4096),
                      ", which is missing"));
    }
  }
  return OkStatus();
}

// The meta graph that was saved with it, if there is one.
Status VerifyMeta(FileSystem& fs, const std::string& path, VerifyLog& log) {
  const std::string file = state::MetaGraphPath(path);
  const StatusOr<FileInfo> info = fs.Stat(file);
  if (absl::IsResourceExhausted(info.status())) return info.status();
  if (!info.ok()) return OkStatus();
  return log.Take(graph::MetaGraph::Read(fs, file).status());
}

// A V1 checkpoint has no checksums but those of its tables' blocks.
Status VerifyV1(FileSystem& fs, const std::string& path,
                const Supervision& supervision, VerifyLog& log) {
  const auto reader = v1::V1Reader::Open(fs, path);
  if (absl::IsNotFound(reader.status())) return reader.status();
  if (!reader.ok()) return log.Take(reader.status());
  log.set_num_shards((*reader)->num_files());
  Progress progress;
  for (int32_t file = 0; file < (*reader)->num_files(); ++file) {
    progress.bytes += (*reader)->FileSize(file);
  }
  progress.total_bytes = progress.bytes;
  const auto count = (*reader)->NewIterator();
  for (; count->Valid(); count->Next()) log.CountTensor();
  CAIRN_RETURN_IF_ERROR(count->status());
  const Status all = (*reader)->CheckAll(supervision);
  log.SetProgress(progress);
  if (all.ok() || absl::IsCancelled(all)) return all;
  // It tells the first thing only: look for the others tensor by tensor.
  uint64_t told = 0;
  for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
    CAIRN_RETURN_IF_ERROR(log.CheckStop());
    const Status status = (*reader)->Check(it->name());
    if (!status.ok()) ++told;
    CAIRN_RETURN_IF_ERROR(log.Take(status));
  }
  return told > 0 ? OkStatus() : log.Take(all);
}

}  // namespace

StatusOr<VerifyReport> VerifyCheckpoint(FileSystem& fs, const Target& target,
                                        const VerifyOptions& options) {
  return GuardMemory(target.path, [&]() -> StatusOr<VerifyReport> {
    VerifyLog log(target.path, options.supervision);
    switch (target.kind) {
      case TargetKind::kBundle:
        if (HasJournal(fs, target.path)) {
          log.Note(StrCat(Escape(JournalPath(target.path), 4096),
                          ": an overwrite was cut off; it was read through"));
        }
        CAIRN_RETURN_IF_ERROR(
            VerifyBundle(fs, target.path, options.threads, log));
        break;
      case TargetKind::kV1:
        CAIRN_RETURN_IF_ERROR(
            VerifyV1(fs, target.path, options.supervision, log));
        break;
      case TargetKind::kMetaGraph:
      case TargetKind::kSavedModel:
        return InvalidArgumentError(
            StrCat(Escape(target.path, 4096), ": a graph, not a checkpoint"));
    }
    CAIRN_RETURN_IF_ERROR(VerifyState(fs, target.path, log));
    CAIRN_RETURN_IF_ERROR(VerifyMeta(fs, target.path, log));
    return std::move(log).report();
  });
}

}  // namespace cairn::inspect
