// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Which tensor goes where, and who may write: keys are booked and shards handed
// out under one lock; the bytes are written without it.
#include <algorithm>
#include <limits>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/bundle/writer_impl.h"

namespace cairn::bundle {
namespace {

constexpr size_t kMaxRecords = 0xfffffffe;
// Pairs of one tensor's pieces that are compared; what partitioners make takes
// none, as their pieces differ in one dimension's start.
constexpr uint64_t kMaxComparisons = uint64_t{1} << 28;

Status DuplicateKey(std::string_view key) {
  return InvalidArgumentError(StrCat("Adding duplicate key: ", Escape(key)));
}

// The first dimension of which `piece` has only a part; 0 if there is none.
int CutDimension(const TensorSlice& piece, const Shape& shape) {
  for (int i = 0; i < piece.rank(); ++i) {
    if (piece.extent(i).length < shape.dim(i)) return i;
  }
  return 0;
}

}  // namespace

Status BundleWriter::Impl::Stopped() const {
  if (!options.supervision.stop.stop_requested()) return OkStatus();
  return CheckStop(options.supervision, Escape(prefix, 4096));
}

Status BundleWriter::Impl::Usable() const {
  CAIRN_RETURN_IF_ERROR(status);
  if (finished) {
    return FailedPreconditionError(
        StrCat(Escape(prefix, 4096), ": the bundle is finished already"));
  }
  return Stopped();
}

// The first error stays. Takes the lock.
Status BundleWriter::Impl::Fail(const Status& s) {
  if (s.ok()) return s;
  const std::lock_guard lock(mutex);
  if (status.ok()) status = s;
  given_back.notify_all();
  return s;
}

Status BundleWriter::Impl::PlaceShard(const Request& request, int32_t* number) {
  if (request.shard != kAnyShard &&
      (request.shard < 0 || request.shard >= kMaxShards)) {
    return InvalidArgumentError(StrCat("tensor ", Escape(request.key),
                                       ": shard ", request.shard,
                                       ", expected 0 to ", kMaxShards - 1));
  }
  const int64_t alignment = options.data_alignment;
  if (request.size > std::numeric_limits<int64_t>::max() - alignment) {
    return InvalidArgumentError(StrCat("tensor ", Escape(request.key), ": ",
                                       request.size,
                                       " bytes are too many for a file"));
  }
  const int64_t padded = (request.size + alignment - 1) / alignment * alignment;
  *number = request.shard == kAnyShard ? current : request.shard;
  const auto planned = [&]() {
    const auto i = static_cast<size_t>(*number);
    return i < shards.size() && shards[i] != nullptr ? shards[i]->planned : 0;
  };
  if (request.shard == kAnyShard && options.max_shard_size > 0) {
    while (planned() > 0 && padded > options.max_shard_size - planned()) {
      *number = ++current;
    }
    if (current >= kMaxShards) {
      return InvalidArgumentError(StrCat(
          Escape(prefix, 4096), ": more than ", kMaxShards,
          " shards: max_shard_size ", options.max_shard_size, " is too small"));
    }
  }
  if (padded > std::numeric_limits<int64_t>::max() - planned()) {
    return InvalidArgumentError(
        StrCat(Escape(DataPath(prefix, *number, *number + 1), 4096),
               ": the data file would exceed 2^63-1 bytes"));
  }
  CAIRN_ASSIGN_OR_RETURN(ShardWriting* const shard, OpenShard(*number));
  if (shard->file == nullptr) {
    return InvalidArgumentError(
        StrCat("tensor ", Escape(request.key), ": shard ", *number,
               " is a file of another bundle, nothing can be added to it"));
  }
  shard->planned += padded;
  return OkStatus();
}

StatusOr<ShardWriting*> BundleWriter::Impl::OpenShard(int32_t number) {
  const auto i = static_cast<size_t>(number);
  if (shards.size() <= i) shards.resize(i + 1);
  if (shards[i] == nullptr) shards[i] = std::make_unique<ShardWriting>();
  if (shards[i]->file == nullptr && shards[i]->shared_path.empty()) {
    // Mostly this guess is right; NameShards knows.
    CAIRN_ASSIGN_OR_RETURN(
        shards[i]->file,
        commit->Create(DataPath(prefix, number,
                                std::max(options.min_shards, number + 1))));
  }
  return shards[i].get();
}

Status BundleWriter::Impl::Occupy(const Request& request, ShardWriting& shard,
                                  std::unique_lock<std::mutex>& lock) {
  const std::thread::id self = std::this_thread::get_id();
  while (shard.busy) {
    for (const auto& other : shards) {
      if (other == nullptr || !other->busy || !other->is_stream ||
          other->owner != self) {
        continue;
      }
      return FailedPreconditionError(
          StrCat("tensor ", Escape(request.key), ": its shard is taken by ",
                 Escape(shard.key), ", and this thread has begun ",
                 Escape(other->key), " and not finished it"));
    }
    ++waiting;
    given_back.wait(lock);
    --waiting;
    CAIRN_RETURN_IF_ERROR(Usable());
  }
  shard.busy = true;
  shard.is_stream = request.is_stream;
  shard.owner = self;
  return OkStatus();
}

Status BundleWriter::Impl::AddPieceRecord(const Request& request, int32_t shard,
                                          size_t* record) {
  const TensorSlice& slice = *request.slice;
  const std::string key(request.key);
  const auto [it, is_new] = partitioned.try_emplace(key);
  Partitioned& tensor = it->second;
  const auto wrong = [&](std::string_view why) {
    return InvalidArgumentError(StrCat("tensor ", Escape(key), ", piece ",
                                       slice.ToString(), ": ", why));
  };
  BundleEntry& full = tensor.full;
  if (is_new) {
    tensor.record = records.Insert(key);
    if (tensor.record == RecordTable::kTaken) return DuplicateKey(key);
    full.dtype = request.dtype;
    full.shape = *request.full_shape;
    full.shard_id = shard;
  } else if (full.dtype != request.dtype || full.shape != *request.full_shape) {
    return wrong(StrCat("of ", DataTypeName(request.dtype),
                        request.full_shape->ToString(),
                        ", earlier ones were of ", DataTypeName(full.dtype),
                        full.shape.ToString()));
  }
  const TensorSlice resolved = slice.Resolve(full.shape);
  if (is_new) tensor.dimension = CutDimension(resolved, full.shape);
  const SliceExtent here = resolved.rank() == 0
                               ? SliceExtent{0, 1}
                               : resolved.extent(tensor.dimension);
  auto other = tensor.by_start.upper_bound(here.start - tensor.longest);
  for (; other != tensor.by_start.end() &&
         other->first < here.start + here.length;
       ++other) {
    TensorSlice common;
    if (other->second == resolved) return DuplicateKey(key);
    if (TensorSlice::Intersect(resolved, other->second, &common)) {
      return wrong(StrCat("overlaps piece ", other->second.ToString()));
    }
    if (++tensor.comparisons > kMaxComparisons) {
      return UnimplementedError(
          StrCat("tensor ", Escape(key),
                 ": its pieces are too intricate to be compared"));
    }
  }
  *record = records.Insert(EncodeTensorNameSlice(key, slice));
  if (*record == RecordTable::kTaken) return DuplicateKey(key);
  tensor.by_start.emplace(here.start, resolved);
  tensor.longest = std::max(tensor.longest, here.length);
  full.slices.push_back(slice);
  return OkStatus();
}

// Checks the request, books the key and waits for the shard.
StatusOr<Place> BundleWriter::Impl::Begin(const Request& request) {
  std::unique_lock lock(mutex);
  CAIRN_RETURN_IF_ERROR(Usable());
  if (records.size() >= kMaxRecords - 1) {
    return ResourceExhaustedError(
        StrCat(Escape(prefix, 4096), ": more than ", kMaxRecords, " entries"));
  }
  Place place;
  int32_t number = 0;
  if (request.slice == nullptr && records.Contains(request.key)) {
    return DuplicateKey(request.key);
  }
  CAIRN_RETURN_IF_ERROR(PlaceShard(request, &number));
  place.shard = shards[static_cast<size_t>(number)].get();
  if (request.slice == nullptr) {
    place.record = records.Insert(request.key);
  } else {
    CAIRN_RETURN_IF_ERROR(AddPieceRecord(request, number, &place.record));
  }
  CAIRN_RETURN_IF_ERROR(Occupy(request, *place.shard, lock));
  place.shard->key = records.key(place.record);
  place.entry.dtype = request.dtype;
  place.entry.shape = request.shape;
  place.entry.shard_id = number;
  place.entry.offset = place.shard->offset;
  return place;
}

void BundleWriter::Impl::GiveBack(ShardWriting& shard) {
  shard.busy = false;
  if (waiting > 0) given_back.notify_all();
}

// The tensor's bytes are written: ends with the padding and the record.
Status BundleWriter::Impl::Complete(Place& place, uint32_t crc) {
  ShardWriting& shard = *place.shard;
  place.entry.size = shard.offset - place.entry.offset;
  place.entry.masked_crc32c = MaskCrc32c(crc);
  CAIRN_RETURN_IF_ERROR(AppendPadding(shard));
  const std::string value = EncodeEntry(place.entry);
  {
    const std::lock_guard lock(mutex);
    records.SetValue(place.record, value);
    GiveBack(shard);
  }
  Count(0, 1);
  return OkStatus();
}

// --- data files that are there already ---

StatusOr<Commit::Shared::How> BundleWriter::Impl::ShareShard(
    int32_t number, const ShardFile& file, ShareOptions::By by) {
  const std::lock_guard lock(mutex);
  CAIRN_RETURN_IF_ERROR(Usable());
  const auto i = static_cast<size_t>(number);
  const bool is_free = number > 0 && number < options.min_shards &&
                       (i >= shards.size() || shards[i] == nullptr);
  if (!is_free || file.endianness != options.endianness) {
    return InvalidArgumentError(
        StrCat(Escape(file.path, 4096), " cannot be data file ", number, " of ",
               options.min_shards, ": ",
               is_free ? "its byte order differs" : "there is no free one"));
  }
  auto shard = std::make_unique<ShardWriting>();
  if (shards.size() <= i) shards.resize(i + 1);
  CAIRN_ASSIGN_OR_RETURN(
      Commit::Shared shared,
      commit->Share(file.path, DataPath(prefix, number, options.min_shards),
                    {.id = file.id, .by = by}));
  shard->shared_path = std::move(shared.path);
  shard->shared_size = file.size;
  shards[i] = std::move(shard);
  return shared.how;
}

// Books the key. What the entry says of the shard was checked by its reader;
// here, that it lies within the file.
Status BundleWriter::Impl::AddShared(const Request& request,
                                     const BundleEntry& entry) {
  const std::lock_guard lock(mutex);
  CAIRN_RETURN_IF_ERROR(Usable());
  const auto i = static_cast<size_t>(request.shard);
  const bool is_shared = request.shard >= 0 && i < shards.size() &&
                         shards[i] != nullptr &&
                         !shards[i]->shared_path.empty();
  const auto fits = [&] {
    const uint64_t size = shards[i]->shared_size;
    return entry.offset >= 0 && static_cast<uint64_t>(entry.offset) <= size &&
           static_cast<uint64_t>(entry.size) <=
               size - static_cast<uint64_t>(entry.offset);
  };
  if (!is_shared || !fits()) {
    return InvalidArgumentError(StrCat(
        "tensor ", Escape(request.key), ": ", entry.size, " bytes at offset ",
        entry.offset, " are not in a shared shard ", request.shard));
  }
  size_t record = 0;
  if (request.slice == nullptr) {
    record = records.Insert(request.key);
    if (record == RecordTable::kTaken) return DuplicateKey(request.key);
  } else {
    CAIRN_RETURN_IF_ERROR(AddPieceRecord(request, request.shard, &record));
  }
  BundleEntry here = entry;
  here.shard_id = request.shard;
  here.slices.clear();
  records.SetValue(record, EncodeEntry(here));
  ++tensors_done;
  return OkStatus();
}

}  // namespace cairn::bundle
