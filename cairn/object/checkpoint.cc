// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a checkpoint's files hold: the values of BuildGraphView in its order,
// then the object graph under kObjectGraphKey, as one bundle of one shard.
#include "cairn/object/checkpoint.h"

#include <algorithm>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/restore.h"
#include "cairn/state/checkpoint_state.h"

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

Status AddValues(const GraphView& view, bundle::BundleWriter& writer) {
  for (const GraphView::Value& value : view.values) {
    Tensor scratch;
    const StatusOr<TensorView> tensor = value.saveable->Value(&scratch);
    if (!tensor.ok()) return Annotate(tensor.status(), Escape(value.key));
    if (!tensor->is_valid()) continue;  // recorded in the graph only
    CAIRN_RETURN_IF_ERROR(writer.Add(value.key, *tensor));
  }
  return writer.Add(kObjectGraphKey,
                    Tensor::OfString(EncodeObjectGraph(view.graph)));
}

Status WriteBundle(FileSystem& fs, const std::string& prefix,
                   const GraphView& view) {
  CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs, prefix));
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         bundle::BundleWriter::Create(commit, prefix));
  CAIRN_RETURN_IF_ERROR(AddValues(view, *writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
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

// A restore that still waits must not look at what goes with this object.
Checkpoint::~Checkpoint() { attached_->clear(); }

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

StatusOr<std::string> Checkpoint::Write(const std::string& prefix) {
  CAIRN_RETURN_IF_ERROR(construction_);
  CAIRN_ASSIGN_OR_RETURN(const GraphView view,
                         BuildGraphView(*root_, *attached_));
  CAIRN_RETURN_IF_ERROR(WriteBundle(fs_, prefix, view));
  return prefix;
}

StatusOr<std::string> Checkpoint::WriteNumbered(const std::string& prefix,
                                                std::optional<int64_t> number) {
  CAIRN_RETURN_IF_ERROR(construction_);
  CAIRN_RETURN_IF_ERROR(AttachCounter());
  // Unsigned: a counter from a file may be the largest number there is.
  const auto counted = static_cast<int64_t>(
      static_cast<uint64_t>(counter_->data<int64_t>()[0]) + 1);
  CAIRN_RETURN_IF_ERROR(counter_->Assign(Tensor::Scalar(counted)));
  return Write(StrCat(prefix, "-", number.value_or(counted)));
}

StatusOr<std::string> Checkpoint::Save(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(std::string path, WriteNumbered(prefix, std::nullopt));
  const std::string dir(DirName(prefix));
  CAIRN_ASSIGN_OR_RETURN(
      const state::CheckpointState state,
      state::MakeCheckpointState(dir, path, {path}, {}, std::nullopt,
                                 state::PathStyle::kRelative));
  CAIRN_RETURN_IF_ERROR(state::WriteCheckpointState(fs_, dir, state));
  return path;
}

StatusOr<LoadStatus> Checkpoint::Read(const std::string& path) {
  return ReadPrefix(path, {});
}

StatusOr<LoadStatus> Checkpoint::Restore(const std::string& path) {
  CAIRN_RETURN_IF_ERROR(construction_);
  CAIRN_RETURN_IF_ERROR(MakeCounter());
  std::string prefix = path;
  if (!path.empty() && IsSavedModel(fs_, path)) {
    prefix = JoinPath(path, "variables/variables");
  }
  // The counter takes part now and is attached when nothing can fail any more.
  StatusOr<LoadStatus> status =
      ReadPrefix(prefix, {{std::string(kSaveCounter), counter_}});
  if (absl::IsNotFound(status.status())) {
    return NotFoundError(StrCat(
        "Error when restoring from checkpoint or SavedModel at ", Escape(path),
        ": ", Message(status.status()),
        "\nPlease double-check that the path is correct. You may be missing "
        "the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1')."));
  }
  CAIRN_RETURN_IF_ERROR(status.status());
  CAIRN_RETURN_IF_ERROR(AttachCounter());
  return status;
}

StatusOr<LoadStatus> Checkpoint::ReadPrefix(const std::string& path,
                                            std::vector<TrackableEdge> extra) {
  CAIRN_RETURN_IF_ERROR(construction_);
  std::vector<std::string> notes;
  CAIRN_ASSIGN_OR_RETURN(const std::string prefix,
                         FindPrefix(fs_, path, &notes));
  CAIRN_ASSIGN_OR_RETURN(auto reader, bundle::BundleReader::Open(fs_, prefix));
  const Status graph = reader->Lookup(kObjectGraphKey).status();
  if (!graph.ok() && !absl::IsNotFound(graph)) return graph;
  const internal::RestoreRoot root{root_, attached_};
  CAIRN_ASSIGN_OR_RETURN(
      std::shared_ptr<internal::RestoreState> state,
      graph.ok() ? internal::RestoreByGraph(root, extra, std::move(reader))
                 : internal::RestoreByName(root, extra, std::move(reader)));
  state->notes.insert(state->notes.begin(), notes.begin(), notes.end());
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

}  // namespace cairn::object
