// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/checkpoint.h"

#include <algorithm>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/restore.h"
#include "cairn/object/save_plan.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/reader.h"

namespace cairn::object {
namespace {

constexpr std::string_view kSaveCounter = "save_counter";
constexpr std::string_view kRoot = "root";
constexpr std::string_view kIndexSuffix = ".index";

void SortByName(std::vector<TrackableEdge>& edges) {
  std::stable_sort(edges.begin(), edges.end(),
                   [](const TrackableEdge& a, const TrackableEdge& b) {
                     return a.name < b.name;
                   });
}

// `edges` are sorted.
Status CheckEdges(const std::vector<TrackableEdge>& edges) {
  for (size_t i = 0; i < edges.size(); ++i) {
    const std::string name = Escape(edges[i].name);
    if (edges[i].child == nullptr) {
      return InvalidArgumentError(StrCat("`Checkpoint` was expecting ", name,
                                         " to be a trackable object, got "
                                         "null"));
    }
    if (edges[i].name == kSaveCounter) {
      return InvalidArgumentError(
          "Cannot create a Checkpoint with a child named save_counter: it is "
          "made by the Checkpoint itself");
    }
    if (i > 0 && edges[i].name == edges[i - 1].name) {
      return InvalidArgumentError(
          StrCat("Cannot create a Checkpoint with two children named ", name));
    }
  }
  return OkStatus();
}

bool IsCounter(const Variable& variable) {
  return variable.dtype() == DataType::kInt64 && variable.shape().rank() == 0;
}

bool HasIndex(FileSystem& fs, const std::string& prefix) {
  const StatusOr<std::string> index =
      ResolveCommitted(fs, prefix, bundle::IndexPath(prefix));
  return !index.ok() || fs.Exists(*index);
}

bool IsSavedModel(FileSystem& fs, const std::string& path) {
  return fs.Exists(JoinPath(path, "saved_model.pb")) ||
         fs.Exists(JoinPath(path, "saved_model.pbtxt"));
}

// The prefix that `path` means; a note when that is not what it says.
StatusOr<std::string> FindPrefix(FileSystem& fs, const std::string& path,
                                 std::vector<std::string>* notes) {
  if (!path.empty() && HasIndex(fs, path)) return path;
  if (path.size() > kIndexSuffix.size() && path.ends_with(kIndexSuffix) &&
      fs.Exists(path)) {
    notes->push_back(StrCat(Escape(path),
                            " is an index file: took the checkpoint it "
                            "belongs to"));
    return path.substr(0, path.size() - kIndexSuffix.size());
  }
  const StatusOr<FileInfo> info =
      path.empty() ? NotFoundError("") : fs.Stat(path);
  if (!info.ok()) {
    if (!absl::IsNotFound(info.status())) return info.status();
    return NotFoundError(
        StrCat("Unsuccessful TensorSliceReader constructor: Failed to find any "
               "matching files for ",
               Escape(path)));
  }
  return DataLossError(
      StrCat("Unable to open table file ", Escape(path), ": ",
             info->kind == FileInfo::Kind::kDirectory
                 ? "it is a directory, not the prefix of a checkpoint"
                 : "it is a file, not the prefix of a checkpoint (leave out "
                   ".data-..., .meta and the like)"));
}

// A checkpoint of either kind.
struct Opened {
  std::unique_ptr<bundle::BundleReader> by_graph;
  std::unique_ptr<internal::TensorSource> by_name;
  std::vector<std::string> notes;
};

StatusOr<Opened> Open(FileSystem& fs, const std::string& path) {
  Opened opened;
  const StatusOr<std::string> prefix = FindPrefix(fs, path, &opened.notes);
  if (!path.empty() && (absl::IsDataLoss(prefix.status()) ||
                        absl::IsNotFound(prefix.status()))) {
    // The format before this one keeps the tensors in the file itself.
    StatusOr<std::unique_ptr<v1::V1Reader>> old = v1::V1Reader::Open(fs, path);
    if (!old.ok()) return prefix.status();
    opened.by_name = std::make_unique<internal::V1Source>(*std::move(old));
    return opened;
  }
  CAIRN_RETURN_IF_ERROR(prefix.status());
  CAIRN_ASSIGN_OR_RETURN(auto reader, bundle::BundleReader::Open(fs, *prefix));
  const Status graph = reader->Lookup(kObjectGraphKey).status();
  if (!graph.ok() && !absl::IsNotFound(graph)) return graph;
  if (graph.ok()) {
    opened.by_graph = std::move(reader);
  } else {
    opened.by_name =
        std::make_unique<internal::BundleSource>(std::move(reader));
  }
  return opened;
}

// The root, or an object without parts for one that has gone already.
Trackable& Locked(const std::weak_ptr<Trackable>& root) {
  static Trackable nobody;
  const std::shared_ptr<Trackable> locked = root.lock();
  return locked == nullptr ? nobody : *locked;
}

}  // namespace

Checkpoint::Checkpoint(FileSystem& fs, std::vector<TrackableEdge> children)
    : fs_(fs),
      root_(this),
      attached_(std::make_shared<std::vector<TrackableEdge>>()) {
  SortByName(children);
  construction_ = CheckEdges(children);
  if (!construction_.ok()) return;
  for (TrackableEdge& edge : children) {
    construction_.Update(Track(std::move(edge.name), edge.child));
  }
}

Checkpoint::Checkpoint(FileSystem& fs, Trackable& root,
                       std::vector<TrackableEdge> children)
    : fs_(fs),
      root_(&root),
      attached_(std::make_shared<std::vector<TrackableEdge>>()) {
  children.push_back({std::string(kRoot), &root});
  SortByName(children);
  construction_ = CheckEdges(children);
  if (!construction_.ok()) return;
  for (const TrackableEdge& edge : children) {
    const Trackable* const existing = root.Child(edge.name);
    if (existing != nullptr && existing != edge.child) {
      construction_.Update(InvalidArgumentError(
          StrCat("Cannot create a Checkpoint with keyword argument ",
                 Escape(edge.name), " if root.", Escape(edge.name),
                 " already exists.")));
    }
    if (existing == nullptr) attached_->push_back(edge);
    construction_.Update(Track(edge.name, edge.child));
  }
  if (Trackable* const counter = root.Child(kSaveCounter)) {
    counter_ = dynamic_cast<Variable*>(counter);
    if (counter_ == nullptr || !IsCounter(*counter_)) {
      construction_.Update(InvalidArgumentError(
          "Cannot create a Checkpoint: root.save_counter is no int64 scalar"));
    }
  }
}

Checkpoint::Checkpoint(FileSystem& fs, WeakRoot root,
                       std::vector<TrackableEdge> children)
    : Checkpoint(fs, Locked(root.object), std::move(children)) {
  weak_root_ = std::move(root.object);
}

Status Checkpoint::CheckReady() const {
  if (weak_root_ && weak_root_->expired()) {
    return FailedPreconditionError(
        "the root of the Checkpoint does not exist any more");
  }
  return construction_;
}

// A restore that still waits must not look at what goes with this object.
Checkpoint::~Checkpoint() {
  WaitForAsync();
  attached_->clear();
}

Status Checkpoint::MakeCounter() {
  if (counter_ != nullptr) return OkStatus();
  if (Child(kSaveCounter) != nullptr) {
    return InvalidArgumentError(
        "the Checkpoint has a child named save_counter that is not its own");
  }
  own_counter_ = std::make_unique<Variable>(std::string(kSaveCounter),
                                            Tensor::Scalar(int64_t{0}),
                                            Variable::Trainable::kNo);
  counter_ = own_counter_.get();
  return OkStatus();
}

// Attaching restores the counter, if a value waits for it.
Status Checkpoint::AttachCounter() {
  CAIRN_RETURN_IF_ERROR(MakeCounter());
  if (counter_ != own_counter_.get() || Child(kSaveCounter) == counter_) {
    return OkStatus();
  }
  if (root_ == this) return Track(std::string(kSaveCounter), counter_);
  attached_->push_back({std::string(kSaveCounter), counter_});
  const Status status = root_->NotifyAttached(kSaveCounter, *counter_);
  if (!status.ok()) {
    attached_->pop_back();
    return status;
  }
  return Track(std::string(kSaveCounter), counter_);
}

Variable& Checkpoint::save_counter() {
  // A value that waits and does not fit leaves it at 0; the next save says so.
  AttachCounter().IgnoreError();
  if (counter_ == nullptr) {
    own_counter_ = std::make_unique<Variable>(std::string(kSaveCounter),
                                              Tensor::Scalar(int64_t{0}),
                                              Variable::Trainable::kNo);
    counter_ = own_counter_.get();
  }
  return *counter_;
}

StatusOr<std::string> Checkpoint::WriteFiles(const std::string& prefix,
                                             const SaveOptions& options) {
  WaitForAsync();
  CAIRN_RETURN_IF_ERROR(CheckReady());
  CAIRN_ASSIGN_OR_RETURN(
      const internal::SavePlan plan,
      internal::PlanSave({root_, *attached_, savers_}, options));
  CAIRN_RETURN_IF_ERROR(internal::WritePlan(fs_, prefix, plan, options));
  return prefix;
}

StatusOr<std::string> Checkpoint::Write(const std::string& prefix,
                                        const SaveOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(std::string path, WriteFiles(prefix, options));
  for (const auto& callback : options.write_callbacks) {
    CAIRN_RETURN_IF_ERROR(callback(path));
  }
  return path;
}

StatusOr<std::string> Checkpoint::NextPath(const std::string& prefix,
                                           std::optional<int64_t> number) {
  CAIRN_RETURN_IF_ERROR(CheckReady());
  CAIRN_RETURN_IF_ERROR(AttachCounter());
  // Unsigned: a counter from a file may be the largest number there is.
  const auto counted = static_cast<int64_t>(
      static_cast<uint64_t>(counter_->data<int64_t>()[0]) + 1);
  CAIRN_RETURN_IF_ERROR(counter_->Assign(Tensor::Scalar(counted)));
  return StrCat(prefix, "-", number.value_or(counted));
}

StatusOr<std::string> Checkpoint::WriteNumbered(const std::string& prefix,
                                                std::optional<int64_t> number,
                                                const SaveOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const std::string path, NextPath(prefix, number));
  return Write(path, options);
}

StatusOr<std::string> Checkpoint::Save(const std::string& prefix,
                                       const SaveOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(std::string path,
                         WriteNumbered(prefix, std::nullopt, options));
  CAIRN_RETURN_IF_ERROR(RecordLatest(path));
  return path;
}

Status Checkpoint::RecordLatest(const std::string& path) {
  const std::string dir(DirName(path));
  CAIRN_ASSIGN_OR_RETURN(
      const state::CheckpointState state,
      state::MakeCheckpointState(dir, path, {path}, {}, std::nullopt,
                                 state::PathStyle::kRelative));
  return state::WriteCheckpointState(fs_, dir, state);
}

void Checkpoint::AddSaver(std::shared_ptr<CheckpointSaver> saver) {
  WaitForAsync();
  savers_.push_back(std::move(saver));
}

Status Checkpoint::RemoveSaverFiles(const std::string& prefix) {
  Status status;
  for (const auto& saver : savers_) {
    const Status removed = saver->Remove(fs_, SaverFilePrefix(prefix, *saver));
    if (!absl::IsNotFound(removed)) status.Update(removed);
  }
  return status;
}

StatusOr<LoadStatus> Checkpoint::Read(const std::string& path,
                                      const RestoreOptions& options) {
  return ReadPrefix(path, {}, options);
}

StatusOr<LoadStatus> Checkpoint::Restore(const std::optional<std::string>& path,
                                         const RestoreOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckReady());
  CAIRN_RETURN_IF_ERROR(MakeCounter());
  if (!path) {
    CAIRN_RETURN_IF_ERROR(AttachCounter());
    return LoadStatus(internal::RestoreNothing({root_, attached_}));
  }
  std::string prefix = *path;
  if (!path->empty() && IsSavedModel(fs_, *path)) {
    prefix = JoinPath(*path, "variables/variables");
  }
  // The counter takes part now and is attached when nothing can fail any more.
  StatusOr<LoadStatus> status =
      ReadPrefix(prefix, {{std::string(kSaveCounter), counter_}}, options);
  if (absl::IsNotFound(status.status()) && options.from.empty()) {
    return NotFoundError(StrCat(
        "Error when restoring from checkpoint or SavedModel at ", Escape(*path),
        ": ", Message(status.status()),
        "\nPlease double-check that the path is correct. You may be missing "
        "the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1')."));
  }
  CAIRN_RETURN_IF_ERROR(status.status());
  CAIRN_RETURN_IF_ERROR(AttachCounter());
  return status;
}

StatusOr<LoadStatus> Checkpoint::ReadPrefix(const std::string& path,
                                            std::vector<TrackableEdge> extra,
                                            const RestoreOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckReady());
  WaitForAsync();
  CAIRN_ASSIGN_OR_RETURN(Opened opened, Open(fs_, path));
  const internal::RestoreRequest request{
      {root_, attached_, savers_}, extra, options};
  CAIRN_ASSIGN_OR_RETURN(
      std::shared_ptr<internal::RestoreState> state,
      opened.by_graph != nullptr
          ? internal::RestoreByGraph(request, fs_, std::move(opened.by_graph))
          : internal::RestoreByName(request, std::move(opened.by_name)));
  state->notes.insert(state->notes.begin(), opened.notes.begin(),
                      opened.notes.end());
  std::erase_if(restores_, [&](const auto& earlier) {
    const std::shared_ptr<internal::RestoreState> old = earlier.lock();
    if (old == nullptr) return true;
    if (old->identity != state->identity) return false;
    old->Release();
    return true;
  });
  restores_.push_back(state);
  return LoadStatus(std::move(state));
}

StatusOr<MatchReport> Checkpoint::Compare(const std::string& path,
                                          const RestoreOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckReady());
  WaitForAsync();
  CAIRN_ASSIGN_OR_RETURN(Opened opened, Open(fs_, path));
  const internal::RestoreRequest request{
      {root_, attached_, savers_}, {}, options};
  CAIRN_ASSIGN_OR_RETURN(
      MatchReport report,
      opened.by_graph != nullptr
          ? internal::CompareByGraph(request, fs_, std::move(opened.by_graph))
          : internal::CompareByName(request, std::move(opened.by_name)));
  report.notes.insert(report.notes.begin(), opened.notes.begin(),
                      opened.notes.end());
  return report;
}

}  // namespace cairn::object
