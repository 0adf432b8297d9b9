// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a checkpoint's files hold: what registered savers made, each of their
// data files one of the first shards; then the values of BuildGraphView in its
// order and the object graph under kObjectGraphKey, in one shard or as the
// policy has it. Data files that an incremental save shares come last.
#include "cairn/object/save_plan.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/incremental.h"
#include "cairn/tensor/box_runs.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/slice_key.h"

namespace cairn::object::internal {
namespace {

constexpr int kMaxThreads = 64;

std::vector<ShardableTensor> Shardable(const SavePlan& plan) {
  std::vector<ShardableTensor> tensors;
  for (const PlannedTensor& tensor : plan.tensors) {
    tensors.push_back(
        {tensor.key, tensor.value, &tensor == &plan.tensors.back()});
  }
  return tensors;
}

// `slice` of the piece, in the whole tensor; every extent written out, as
// TensorFlow's are.
StatusOr<TensorSlice> SliceOfWhole(const TensorPiece& piece,
                                   const TensorSlice& slice) {
  const TensorSlice outer = piece.slice.Resolve(piece.full_shape);
  std::vector<SliceExtent> extents;
  for (int i = 0; i < slice.rank(); ++i) {
    extents.push_back({outer.extent(i).start + slice.extent(i).start,
                       slice.extent(i).length});
  }
  return TensorSlice::Create(std::move(extents));
}

// Of the key's tensor, `box`, a part of `tensor` that is resolved.
StatusOr<TensorPiece> PieceOfSlice(const PlannedTensor& tensor,
                                   const TensorSlice& box) {
  const Shape& shape = tensor.value.shape();
  const TensorPiece whole =
      tensor.piece.value_or(TensorPiece{shape, TensorSlice(shape.rank())});
  TensorPiece part{whole.full_shape, {}};
  CAIRN_ASSIGN_OR_RETURN(part.slice, SliceOfWhole(whole, box));
  return part;
}

Status AddStringPart(bundle::BundleWriter& writer, const PlannedTensor& tensor,
                     const TensorPiece& part, const TensorSlice& box,
                     int32_t shard) {
  CAIRN_ASSIGN_OR_RETURN(Shape shape, box.Apply(tensor.value.shape()));
  std::vector<std::string> strings(static_cast<size_t>(shape.num_elements()));
  const TensorSlice all =
      TensorSlice(tensor.value.shape().rank()).Resolve(tensor.value.shape());
  for (BoxRuns runs(box, all, box); runs.Valid(); runs.Next()) {
    for (int64_t i = 0; i < runs.length(); ++i) {
      strings[static_cast<size_t>(runs.to() + i)] =
          tensor.value.strings()[static_cast<size_t>(runs.from() + i)];
    }
  }
  CAIRN_ASSIGN_OR_RETURN(
      const TensorView view,
      TensorView::OfStrings(shape, strings, tensor.value.dtype()));
  return writer.AddSlice(tensor.key, part.full_shape, part.slice, view, shard);
}

// Streams the runs of the part out of the tensor's memory.
Status AddPart(bundle::BundleWriter& writer, const PlannedTensor& tensor,
               const TensorSlice& slice, int32_t shard) {
  const Shape& shape = tensor.value.shape();
  const TensorSlice box = slice.Resolve(shape);
  CAIRN_ASSIGN_OR_RETURN(const TensorPiece part, PieceOfSlice(tensor, box));
  if (tensor.value.holds_strings()) {
    return AddStringPart(writer, tensor, part, box, shard);
  }
  CAIRN_ASSIGN_OR_RETURN(const auto stream,
                         writer.BeginSlice(tensor.key, tensor.value.dtype(),
                                           part.full_shape, part.slice, shard));
  const size_t size = Info(tensor.value.dtype()).size;
  const TensorSlice all = TensorSlice(shape.rank()).Resolve(shape);
  for (BoxRuns runs(box, all, box); runs.Valid(); runs.Next()) {
    CAIRN_RETURN_IF_ERROR(stream->Append(tensor.value.bytes().substr(
        static_cast<size_t>(runs.from()) * size,
        static_cast<size_t>(runs.length()) * size)));
  }
  return stream->Finish();
}

Status AddWhole(bundle::BundleWriter& writer, const PlannedTensor& tensor,
                int32_t shard) {
  if (!tensor.piece) return writer.Add(tensor.key, tensor.value, shard);
  return writer.AddSlice(tensor.key, tensor.piece->full_shape,
                         tensor.piece->slice, tensor.value, shard);
}

// --- what savers made ---

struct StoredTensor {
  std::string key;
  bundle::BundleEntry entry;
  std::optional<TensorPiece> piece;
};

// In the order of the data files, so that the copy has the same bytes.
StatusOr<std::vector<StoredTensor>> StoredIn(
    const bundle::BundleReader& reader) {
  std::vector<StoredTensor> stored;
  const auto tensors = reader.NewTensorIterator();
  for (; tensors->Valid(); tensors->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const bundle::BundleEntry entry, tensors->entry());
    const std::string key(tensors->key());
    if (entry.slices.empty()) stored.push_back({key, entry, std::nullopt});
    for (const TensorSlice& slice : entry.slices) {
      CAIRN_ASSIGN_OR_RETURN(bundle::BundleEntry piece,
                             reader.Lookup(EncodeTensorNameSlice(key, slice)));
      stored.push_back(
          {key, std::move(piece), TensorPiece{entry.shape, slice}});
    }
  }
  CAIRN_RETURN_IF_ERROR(tensors->status());
  std::ranges::stable_sort(
      stored, [](const StoredTensor& a, const StoredTensor& b) {
        return std::pair(a.entry.shard_id, a.entry.offset) <
               std::pair(b.entry.shard_id, b.entry.offset);
      });
  return stored;
}

// Copies the bundle into the shards from `first` on.
Status CopyBundle(bundle::BundleWriter& writer,
                  const bundle::BundleReader& reader, int32_t first) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<StoredTensor> stored,
                         StoredIn(reader));
  for (const StoredTensor& tensor : stored) {
    const bundle::StoredBytesSource bytes = [&](const bundle::ByteSink& sink) {
      return reader.StreamRaw(tensor.entry, sink);
    };
    const int32_t shard = first + tensor.entry.shard_id;
    const auto endianness = reader.header().endianness;
    CAIRN_RETURN_IF_ERROR(
        tensor.piece
            ? writer.AddStoredSlice(tensor.key, tensor.piece->full_shape,
                                    tensor.piece->slice, tensor.entry,
                                    endianness, bytes, shard)
            : writer.AddStored(tensor.key, tensor.entry, endianness, bytes,
                               shard));
  }
  return OkStatus();
}

}  // namespace

class SaverBundles {
 public:
  explicit SaverBundles(FileSystem& fs) : fs_(fs) {}

  Status Run(const SavePlan& plan, const std::string& prefix) {
    for (const SavePlan::SaverCall& call : plan.savers) {
      const std::string file_prefix = SaverFilePrefix(prefix, *call.saver);
      StatusOr<std::vector<std::string>> made =
          call.saver->Save(fs_, call.objects, file_prefix);
      if (!made.ok()) return Annotate(made.status(), call.saver->name());
      for (const std::string& path : *made) {
        if (!path.starts_with(file_prefix)) {
          return InvalidArgumentError(StrCat(
              "saver ", Escape(call.saver->name()), " returned ", Escape(path),
              ", which does not begin with ", Escape(file_prefix)));
        }
        CAIRN_ASSIGN_OR_RETURN(auto reader,
                               bundle::BundleReader::Open(fs_, path));
        num_shards_ += reader->header().num_shards;
        readers_.push_back(std::move(reader));
      }
    }
    return OkStatus();
  }

  int32_t num_shards() const { return num_shards_; }

  Status CopyAll(bundle::BundleWriter& writer) const {
    int32_t first = 0;
    for (const auto& reader : readers_) {
      CAIRN_RETURN_IF_ERROR(CopyBundle(writer, *reader, first));
      first += reader->header().num_shards;
    }
    return OkStatus();
  }

  // The checkpoint has it all. What cannot be removed is in nobody's way.
  void Remove() {
    for (const auto& reader : readers_) {
      fs_.Remove(bundle::IndexPath(reader->prefix())).IgnoreError();
      for (int32_t i = 0; i < reader->header().num_shards; ++i) {
        fs_.Remove(reader->ShardPath(i)).IgnoreError();
      }
    }
  }

 private:
  FileSystem& fs_;
  std::vector<std::unique_ptr<bundle::BundleReader>> readers_;
  int32_t num_shards_ = 0;
};

namespace {

using Cancelled = const std::atomic<bool>*;

Status CheckCancelled(Cancelled cancelled) {
  return cancelled != nullptr && *cancelled
             ? CancelledError("the save was abandoned")
             : OkStatus();
}

// The parts of one shard into `shard` of the writer.
Status WriteShard(bundle::BundleWriter& writer, const SavePlan& plan,
                  const Shard& parts, int32_t shard, Cancelled cancelled) {
  for (const ShardPart& part : parts) {
    CAIRN_RETURN_IF_ERROR(CheckCancelled(cancelled));
    const PlannedTensor& tensor = plan.tensors[part.tensor];
    CAIRN_RETURN_IF_ERROR(part.slice
                              ? AddPart(writer, tensor, *part.slice, shard)
                              : AddWhole(writer, tensor, shard));
  }
  return OkStatus();
}

// Number and parts of a data file.
using NumberedShards = std::vector<std::pair<int32_t, Shard>>;

// Whether a tensor is in pieces. The index lists them in the order they are
// added in, so that shards written at the same time would make its bytes depend
// on timing.
bool HasPieces(const SavePlan& plan, const NumberedShards& shards) {
  return std::ranges::any_of(shards, [&](const auto& shard) {
    return std::ranges::any_of(shard.second, [&](const ShardPart& part) {
      return part.slice || plan.tensors[part.tensor].piece;
    });
  });
}

// The shards by as many threads as asked for, and as the bytes allow.
Status WriteShards(bundle::BundleWriter& writer, const SavePlan& plan,
                   const NumberedShards& shards, int threads,
                   Cancelled cancelled) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status result;
  const auto work = [&] {
    for (size_t i = next++; i < shards.size(); i = next++) {
      const Status status = GuardMemory("a shard", [&] {
        return WriteShard(writer, plan, shards[i].second, shards[i].first,
                          cancelled);
      });
      if (status.ok()) continue;
      const std::lock_guard lock(mutex);
      result.Update(status);
      next = shards.size();
    }
  };
  if (HasPieces(plan, shards)) threads = 1;
  const size_t count = std::min(
      shards.size(), static_cast<size_t>(std::clamp(threads, 1, kMaxThreads)));
  std::vector<std::thread> others;
  for (size_t i = 1; i < count; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return result;
}

Status CommitPlan(FileSystem& fs, const std::string& prefix,
                  const SavePlan& plan, std::vector<Shard> shards,
                  const SaverBundles& made, const SaveOptions& options,
                  Cancelled cancelled, SaveReport* report) {
  CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs, prefix));
  CAIRN_ASSIGN_OR_RETURN(
      const IncrementalPlan parts,
      PlanIncremental(
          fs, prefix, plan, std::move(shards), options,
          [&] { return CheckCancelled(cancelled); }, report));
  // The writer begins with a file of its own.
  const int32_t first = made.num_shards();
  const int32_t first_shared =
      std::max(1, first + static_cast<int32_t>(parts.written.size()));
  Commit commit(fs, prefix);
  bundle::BundleWriterOptions how;
  how.overwrite = options.overwrite;
  how.min_shards = first_shared + static_cast<int32_t>(parts.shared.size());
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         bundle::BundleWriter::Create(commit, prefix, how));
  CAIRN_RETURN_IF_ERROR(CheckCancelled(cancelled));
  NumberedShards written;
  if (!parts.shared.empty()) {
    CAIRN_ASSIGN_OR_RETURN(written,
                           AddShared(*writer, plan, parts, first_shared,
                                     *options.incremental, report));
  }
  int32_t number = first;
  for (const Shard& shard : parts.written) {
    written.emplace_back(number++, shard);
  }
  CAIRN_RETURN_IF_ERROR(made.CopyAll(*writer));
  CAIRN_RETURN_IF_ERROR(
      WriteShards(*writer, plan, written, options.threads, cancelled));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  CAIRN_RETURN_IF_ERROR(CheckCancelled(cancelled));
  report->files = writer->num_shards();
  report->written_bytes = static_cast<uint64_t>(writer->data_size());
  return commit.Finish();
}

// False if `to` is no tensor of that dtype and shape, or of strings.
bool CopyInto(const TensorView& from, Tensor& to) {
  if (!to.is_valid() || from.holds_strings() || to.dtype() != from.dtype() ||
      to.shape() != from.shape()) {
    return false;
  }
  const std::string_view bytes = from.bytes();
  if (!bytes.empty()) {
    std::memcpy(to.mutable_bytes().data(), bytes.data(), bytes.size());
  }
  return true;
}

}  // namespace

StatusOr<SavePlan> PlanSave(const SaveRoot& root, const SaveOptions& options) {
  GraphOptions how;
  how.attached = root.attached;
  how.savers = root.savers;
  how.skip_slot_variables = options.skip_slot_variables;
  CAIRN_ASSIGN_OR_RETURN(GraphView view, BuildGraphView(*root.object, how));
  SavePlan plan;
  for (const GraphView::Value& value : view.values) {
    PlannedTensor tensor;
    tensor.key = value.key;
    StatusOr<TensorView> view_of = value.saveable->Value(&tensor.memory);
    if (!view_of.ok()) return Annotate(view_of.status(), Escape(value.key));
    if (!view_of->is_valid()) continue;  // recorded in the graph only
    tensor.value = *std::move(view_of);
    if (const TensorPiece* const piece = value.saveable->piece()) {
      tensor.piece = *piece;
    }
    plan.tensors.push_back(std::move(tensor));
    // Moving a tensor leaves its elements, and views of them, where they are.
  }
  PlannedTensor graph;
  graph.key = kObjectGraphKey;
  graph.memory = Tensor::OfString(EncodeObjectGraph(view.graph));
  graph.value = graph.memory.view();
  plan.tensors.push_back(std::move(graph));
  for (GraphView::SavedBySaver& saved : view.saved_by_savers) {
    auto call = std::ranges::find(plan.savers, saved.saver,
                                  &SavePlan::SaverCall::saver);
    if (call == plan.savers.end()) {
      plan.savers.push_back({saved.saver, {}});
      call = plan.savers.end() - 1;
    }
    call->objects.push_back(std::move(saved.object));
  }
  return plan;
}

StatusOr<size_t> Detach(SavePlan& plan, SavePlan* earlier) {
  size_t made = 0;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    PlannedTensor& tensor = plan.tensors[i];
    if (tensor.memory.is_valid()) continue;
    if (earlier != nullptr && i < earlier->tensors.size()) {
      tensor.memory = std::exchange(earlier->tensors[i].memory, Tensor());
    }
    if (!CopyInto(tensor.value, tensor.memory)) {
      ++made;
      CAIRN_ASSIGN_OR_RETURN(tensor.memory, Tensor::CopyOf(tensor.value));
    }
    tensor.value = tensor.memory.view();
  }
  return made;
}

StatusOr<std::shared_ptr<SaverBundles>> RunSavers(FileSystem& fs,
                                                  const SavePlan& plan,
                                                  const std::string& prefix) {
  auto bundles = std::make_shared<SaverBundles>(fs);
  CAIRN_RETURN_IF_ERROR(bundles->Run(plan, prefix));
  return bundles;
}

StatusOr<std::vector<Shard>> AssignShards(const SavePlan& plan,
                                          const SaveOptions& options) {
  const std::vector<ShardableTensor> tensors = Shardable(plan);
  const ShardingPolicyPtr policy =
      options.sharding == nullptr ? OneShard() : options.sharding;
  CAIRN_ASSIGN_OR_RETURN(std::vector<Shard> shards, policy->Partition(tensors));
  CAIRN_RETURN_IF_ERROR(CheckShards(*policy, tensors, shards));
  return shards;
}

Status WritePlan(FileSystem& fs, const std::string& prefix,
                 const SavePlan& plan, const SaveOptions& options,
                 const WriteHow& how) {
  CAIRN_ASSIGN_OR_RETURN(std::vector<Shard> shards,
                         AssignShards(plan, options));
  std::shared_ptr<SaverBundles> made = how.made;
  if (made == nullptr) {
    CAIRN_ASSIGN_OR_RETURN(made, RunSavers(fs, plan, prefix));
  }
  SaveReport report;
  report.path = prefix;
  const Status status = CommitPlan(fs, prefix, plan, std::move(shards), *made,
                                   options, how.cancelled, &report);
  if (status.ok() || absl::IsCancelled(status)) made->Remove();
  if (status.ok() && options.report) options.report(report);
  return status;
}

StatusOr<std::optional<TensorPiece>> PieceOf(const PlannedTensor& tensor,
                                             const ShardPart& part) {
  if (!part.slice) return tensor.piece;
  CAIRN_ASSIGN_OR_RETURN(
      TensorPiece piece,
      PieceOfSlice(tensor, part.slice->Resolve(tensor.value.shape())));
  return std::optional<TensorPiece>(std::move(piece));
}

}  // namespace cairn::object::internal

namespace cairn::object {

std::string SaverFilePrefix(const std::string& prefix,
                            const CheckpointSaver& saver) {
  std::string name = saver.name();
  std::ranges::replace(name, '/', '_');
  return StrCat(prefix, "-", name);
}

}  // namespace cairn::object
