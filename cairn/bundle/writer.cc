// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// <prefix>.data-0000s-of-0000n: the tensors' bytes (fixed-size types: as they
// are in memory, in the bundle's byte order; strings, variants: see
// stored_strings.h) in the order they were added, each followed by zeros up to
// the alignment.
// <prefix>.index: a table (cairn/table) of the header under "" and an entry per
// key. A tensor in pieces has an entry that lists them and one entry per piece,
// under a slice key. The listing entry names the shard of its first piece, as
// one that TensorFlow merged does; readers ignore that.
#include "cairn/bundle/writer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/index_writing.h"
#include "cairn/bundle/records.h"
#include "cairn/bundle/string_writing.h"

namespace cairn::bundle {
namespace {

// Bytes checksummed and written together, small enough to stay in the cache; a
// multiple of every element's size.
constexpr size_t kChunkBytes = size_t{256} << 10;
// on_progress is called after so many bytes or tensors.
constexpr uint64_t kBytesPerReport = uint64_t{8} << 20;
constexpr uint64_t kTensorsPerReport = 1024;
// A longer key has no place in a table.
constexpr size_t kMaxKeyBytes = 0x7fffffff;
constexpr size_t kMaxRecords = 0xfffffffe;

struct Shard {
  WritableFile* file = nullptr;
  int64_t planned = 0;  // bytes of all tensors given to it, padding included
  // While a tensor is being written to it:
  bool busy = false;
  bool is_stream = false;
  std::thread::id owner;
  std::string_view key;
  // Of the thread that made it busy:
  int64_t offset = 0;  // bytes so far
};

// A tensor stored in pieces.
struct Partitioned {
  BundleEntry full;
  size_t record = 0;
  // Where pieces start in the first dimension: finds those that may overlap.
  std::multimap<int64_t, TensorSlice> by_start;
  int64_t longest = 0;  // in the first dimension
};

// What is to be written.
struct Request {
  std::string_view key;
  DataType dtype;
  const Shape& shape;                 // of what is written
  const Shape* full_shape = nullptr;  // of a piece
  const TensorSlice* slice = nullptr;
  int64_t size = 0;  // bytes it takes in the file
  int32_t shard = BundleWriter::kAnyShard;
  bool is_stream = false;

  // A slice that covers everything makes a plain tensor.
  void SetSlice(const Shape& full, const TensorSlice& piece) {
    if (piece.Covers(full)) return;
    full_shape = &full;
    slice = &piece;
  }
};

// A place in a shard, which is busy until it is given back.
struct Place {
  Shard* shard = nullptr;
  size_t record = 0;
  BundleEntry entry;
};

Status DuplicateKey(std::string_view key) {
  return InvalidArgumentError(StrCat("Adding duplicate key: ", Escape(key)));
}

Status CheckAddable(std::string_view key, DataType dtype) {
  if (key.empty()) {
    return InvalidArgumentError("a tensor's key cannot be empty");
  }
  if (key.size() > kMaxKeyBytes) {
    return InvalidArgumentError(StrCat("key ", Escape(key), ": has ",
                                       key.size(), " bytes, at most ",
                                       kMaxKeyBytes, " fit into an index"));
  }
  if (IsSliceKey(key)) {
    return InvalidArgumentError(
        StrCat("key ", Escape(key), " is the key of a tensor's piece"));
  }
  if (dtype == DataType::kString || dtype == DataType::kVariant ||
      IsFixedSize(dtype)) {
    return OkStatus();
  }
  return InvalidArgumentError(
      StrCat("tensor ", Escape(key), " of dtype ", DataTypeName(dtype),
             " cannot be saved",
             dtype == DataType::kResource
                 ? ": it is a handle of a running program, without a value"
                 : ""));
}

StatusOr<Shape> PieceShape(std::string_view key, const Shape& full_shape,
                           const TensorSlice& slice) {
  StatusOr<Shape> shape = slice.Apply(full_shape);
  if (shape.ok()) return shape;
  return InvalidArgumentError(StrCat("tensor ", Escape(key), ", piece ",
                                     slice.ToString(), ": ",
                                     Message(shape.status())));
}

Status CheckPiece(std::string_view key, const Shape& full_shape,
                  const TensorSlice& slice, const Shape& part) {
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, PieceShape(key, full_shape, slice));
  if (shape == part) return OkStatus();
  return InvalidArgumentError(StrCat(
      "tensor ", Escape(key), ", piece ", slice.ToString(),
      ": takes a part of shape ", shape.ToString(), ", got ", part.ToString()));
}

// What DecodeEntry has seen to, if the entry comes from there.
Status CheckStored(std::string_view key, const BundleEntry& entry) {
  if (!entry.slices.empty()) {
    return InvalidArgumentError(
        StrCat("tensor ", Escape(key), " is stored in pieces: add each piece"));
  }
  bool fits = entry.size >= 0;
  if (IsFixedSize(entry.dtype)) {
    const StatusOr<int64_t> size =
        ByteSize(entry.shape, DataTypeSize(entry.dtype));
    fits = size.ok() && *size == entry.size;
  }
  if (fits) return OkStatus();
  return InvalidArgumentError(StrCat(
      "tensor ", Escape(key), ": ", entry.size, " stored bytes cannot be ",
      DataTypeName(entry.dtype), entry.shape.ToString()));
}

int64_t SizeOf(const TensorView& tensor) {
  return static_cast<int64_t>(tensor.holds_strings()
                                  ? StoredSize(tensor.dtype(), tensor.strings())
                                  : tensor.bytes().size());
}

}  // namespace

struct BundleWriter::Impl {
  Commit* commit = nullptr;
  std::string prefix;
  BundleWriterOptions options;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable given_back;
  int waiting = 0;  // threads that wait for a shard
  Status status;
  bool finished = false;
  RecordTable records;
  std::unordered_map<std::string, Partitioned> partitioned;
  std::vector<std::unique_ptr<Shard>> shards;
  int32_t current = 0;  // shard of tensors whose shard is not given

  std::atomic<uint64_t> bytes_done = 0;
  std::atomic<uint64_t> tensors_done = 0;
  std::mutex report_mutex;  // held while on_progress runs
  Progress reported;        // guarded by it

  bool must_swap(DataType dtype) const {
    const bool host_is_target =
        kLittleEndianHost == (options.endianness == Endianness::kLittle);
    return !host_is_target && IsFixedSize(dtype) && Info(dtype).swap_unit > 1;
  }

  Status Stopped() const;
  Status Usable() const;
  Status Fail(const Status& s);
  // Runs a call of the caller's; its failure fails the writer.
  template <typename F>
  Status Guarded(F call) {
    try {
      return Fail(call());
    } catch (const std::bad_alloc&) {
      return Fail(
          ResourceExhaustedError(StrCat(Escape(prefix, 4096), ": no memory")));
    }
  }
  Status PlaceShard(const Request& request, int32_t* number);
  StatusOr<Shard*> OpenShard(int32_t number);
  Status Occupy(const Request& request, Shard& shard,
                std::unique_lock<std::mutex>& lock);
  Status AddPieceRecord(const Request& request, int32_t shard, size_t* record);
  StatusOr<Place> Begin(const Request& request);
  Status Complete(Place& place, uint32_t crc);
  void GiveBack(Shard& shard);

  Status Append(Shard& shard, std::string_view bytes);
  StatusOr<uint32_t> AppendFixed(Shard& shard, DataType dtype,
                                 std::string_view bytes);
  Status AppendPadding(Shard& shard);
  void Count(uint64_t bytes, uint64_t tensors);
  void Report(bool is_last);

  Status Write(const Request& request, const TensorView& tensor);
  Status WriteStored(const Request& request, const BundleEntry& entry,
                     Endianness source, const StoredBytesSource& bytes);
  StatusOr<uint32_t> CopyFixed(Shard& shard, const BundleEntry& entry,
                               Endianness source,
                               const StoredBytesSource& bytes,
                               uint32_t* source_crc);
  StatusOr<uint32_t> CopyStrings(Shard& shard, const BundleEntry& entry,
                                 Endianness source,
                                 const StoredBytesSource& bytes,
                                 uint32_t* source_crc);
  Status Finish();
  Status CheckFinished();
  Status NameShards(std::vector<WrittenFile>* files);
};

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

// --- places ---

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
  CAIRN_ASSIGN_OR_RETURN(Shard* const shard, OpenShard(*number));
  shard->planned += padded;
  return OkStatus();
}

StatusOr<Shard*> BundleWriter::Impl::OpenShard(int32_t number) {
  const auto i = static_cast<size_t>(number);
  if (shards.size() <= i) shards.resize(i + 1);
  if (shards[i] == nullptr) shards[i] = std::make_unique<Shard>();
  if (shards[i]->file == nullptr) {
    // Mostly this guess is right; NameShards knows.
    CAIRN_ASSIGN_OR_RETURN(
        shards[i]->file,
        commit->Create(DataPath(prefix, number,
                                std::max(options.min_shards, number + 1))));
  }
  return shards[i].get();
}

Status BundleWriter::Impl::Occupy(const Request& request, Shard& shard,
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
  const SliceExtent first =
      resolved.rank() == 0 ? SliceExtent{0, 1} : resolved.extent(0);
  auto other = tensor.by_start.upper_bound(first.start - tensor.longest);
  for (; other != tensor.by_start.end() &&
         other->first < first.start + first.length;
       ++other) {
    TensorSlice common;
    if (other->second == resolved) return DuplicateKey(key);
    if (TensorSlice::Intersect(resolved, other->second, &common)) {
      return wrong(StrCat("overlaps piece ", other->second.ToString()));
    }
  }
  *record = records.Insert(EncodeTensorNameSlice(key, slice));
  if (*record == RecordTable::kTaken) return DuplicateKey(key);
  tensor.by_start.emplace(first.start, resolved);
  tensor.longest = std::max(tensor.longest, first.length);
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

void BundleWriter::Impl::GiveBack(Shard& shard) {
  shard.busy = false;
  if (waiting > 0) given_back.notify_all();
}

// The tensor's bytes are written: ends with the padding and the record.
Status BundleWriter::Impl::Complete(Place& place, uint32_t crc) {
  Shard& shard = *place.shard;
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

// --- data ---

Status BundleWriter::Impl::Append(Shard& shard, std::string_view bytes) {
  CAIRN_RETURN_IF_ERROR(Stopped());
  CAIRN_RETURN_IF_ERROR(shard.file->Append(bytes));
  shard.offset += static_cast<int64_t>(bytes.size());
  Count(bytes.size(), 0);
  return OkStatus();
}

void BundleWriter::Impl::Count(uint64_t bytes, uint64_t tensors) {
  const uint64_t bytes_before = bytes_done.fetch_add(bytes);
  const uint64_t tensors_before = tensors_done.fetch_add(tensors);
  if (options.supervision.on_progress == nullptr) return;
  if ((bytes_before + bytes) / kBytesPerReport !=
          bytes_before / kBytesPerReport ||
      (tensors_before + tensors) / kTensorsPerReport !=
          tensors_before / kTensorsPerReport) {
    Report(false);
  }
}

void BundleWriter::Impl::Report(bool is_last) {
  if (options.supervision.on_progress == nullptr) return;
  std::unique_lock lock(report_mutex, std::defer_lock);
  // Another thread is telling already.
  if (!is_last && !lock.try_lock()) return;
  if (is_last) lock.lock();
  reported.bytes = bytes_done;
  reported.tensors = tensors_done;
  if (is_last) {
    reported.total_bytes = reported.bytes;
    reported.total_tensors = reported.tensors;
  }
  options.supervision.on_progress(reported);
}

StatusOr<uint32_t> BundleWriter::Impl::AppendFixed(Shard& shard, DataType dtype,
                                                   std::string_view bytes) {
  uint32_t crc = 0;
  std::string swapped;
  while (!bytes.empty()) {
    std::string_view chunk = bytes.substr(0, kChunkBytes);
    bytes.remove_prefix(chunk.size());
    if (must_swap(dtype)) {
      swapped = chunk;
      SwapElements(dtype, swapped);
      chunk = swapped;
    }
    crc = ExtendCrc32c(crc, chunk);
    CAIRN_RETURN_IF_ERROR(Append(shard, chunk));
  }
  return crc;
}

Status BundleWriter::Impl::AppendPadding(Shard& shard) {
  int64_t left =
      (options.data_alignment - shard.offset % options.data_alignment) %
      options.data_alignment;
  if (left == 0) return OkStatus();
  const std::string zeros(
      static_cast<size_t>(std::min<int64_t>(left, kChunkBytes)), '\0');
  while (left > 0) {
    const auto n = std::min<int64_t>(left, kChunkBytes);
    CAIRN_RETURN_IF_ERROR(Append(
        shard, std::string_view(zeros).substr(0, static_cast<size_t>(n))));
    left -= n;
  }
  return OkStatus();
}

Status BundleWriter::Impl::Write(const Request& request,
                                 const TensorView& tensor) {
  CAIRN_ASSIGN_OR_RETURN(Place place, Begin(request));
  Shard& shard = *place.shard;
  uint32_t crc = 0;
  if (tensor.holds_strings()) {
    CAIRN_ASSIGN_OR_RETURN(
        crc, WriteStrings(
                 tensor.dtype(), tensor.strings(),
                 [&](std::string_view bytes) { return Append(shard, bytes); },
                 options.endianness));
  } else {
    CAIRN_ASSIGN_OR_RETURN(crc,
                           AppendFixed(shard, tensor.dtype(), tensor.bytes()));
  }
  return Complete(place, crc);
}

// --- bytes of another bundle ---

StatusOr<uint32_t> BundleWriter::Impl::CopyFixed(Shard& shard,
                                                 const BundleEntry& entry,
                                                 Endianness source,
                                                 const StoredBytesSource& bytes,
                                                 uint32_t* source_crc) {
  const bool swap =
      source != options.endianness && Info(entry.dtype).swap_unit > 1;
  const auto element = static_cast<size_t>(DataTypeSize(entry.dtype));
  auto left = static_cast<uint64_t>(entry.size);
  uint32_t target_crc = 0;
  std::string buffer;  // bytes to be swapped, the last element perhaps cut off
  const auto flush = [&] {
    const size_t whole = buffer.size() / element * element;
    SwapElements(entry.dtype, std::span(buffer).first(whole));
    const std::string_view swapped = std::string_view(buffer).substr(0, whole);
    target_crc = ExtendCrc32c(target_crc, swapped);
    const Status status = Append(shard, swapped);
    buffer.erase(0, whole);
    return status;
  };
  const auto take = [&](std::string_view piece) -> Status {
    if (piece.size() > left) {
      return DataLossError(
          StrCat(piece.size() - left, " bytes more than the entry's size"));
    }
    left -= piece.size();
    while (!piece.empty()) {
      const std::string_view chunk = piece.substr(0, kChunkBytes);
      piece.remove_prefix(chunk.size());
      *source_crc = ExtendCrc32c(*source_crc, chunk);
      if (swap) {
        buffer.append(chunk);
        CAIRN_RETURN_IF_ERROR(flush());
      } else {
        CAIRN_RETURN_IF_ERROR(Append(shard, chunk));
      }
    }
    return OkStatus();
  };
  CAIRN_RETURN_IF_ERROR(bytes(take));
  if (left > 0) {
    return DataLossError(
        StrCat("the stored bytes end early: ", left, " are missing"));
  }
  return swap ? target_crc : *source_crc;
}

StatusOr<uint32_t> BundleWriter::Impl::CopyStrings(
    Shard& shard, const BundleEntry& entry, Endianness source,
    const StoredBytesSource& bytes, uint32_t* source_crc) {
  if (entry.dtype == DataType::kVariant &&
      (source == Endianness::kBig || options.endianness == Endianness::kBig)) {
    return UnimplementedError("variants of a big-endian bundle");
  }
  StringTranscoder transcoder(
      entry, source, options.endianness,
      [&](std::string_view piece) { return Append(shard, piece); });
  CAIRN_RETURN_IF_ERROR(
      bytes([&](std::string_view piece) { return transcoder.Append(piece); }));
  CAIRN_RETURN_IF_ERROR(transcoder.Finish());
  *source_crc = transcoder.source_crc();
  return transcoder.target_crc();
}

Status BundleWriter::Impl::WriteStored(const Request& request,
                                       const BundleEntry& entry,
                                       Endianness source,
                                       const StoredBytesSource& bytes) {
  CAIRN_ASSIGN_OR_RETURN(Place place, Begin(request));
  uint32_t source_crc = 0;
  const StatusOr<uint32_t> crc =
      IsFixedSize(entry.dtype)
          ? CopyFixed(*place.shard, entry, source, bytes, &source_crc)
          : CopyStrings(*place.shard, entry, source, bytes, &source_crc);
  const std::string context = StrCat("tensor ", Escape(request.key));
  if (!crc.ok()) return Annotate(crc.status(), context);
  const uint32_t expected = UnmaskCrc32c(entry.masked_crc32c);
  if (source_crc != expected) {
    return DataLossError(StrCat(context, ": Checksum does not match: stored ",
                                Hex(expected, 8), ", computed ",
                                Hex(source_crc, 8)));
  }
  return Complete(place, *crc);
}

// --- the index ---

// Whether every tensor is written. Ends the adding.
Status BundleWriter::Impl::CheckFinished() {
  const std::lock_guard lock(mutex);
  CAIRN_RETURN_IF_ERROR(Usable());
  finished = true;
  for (const auto& shard : shards) {
    if (shard == nullptr || !shard->busy) continue;
    return FailedPreconditionError(StrCat(Escape(prefix, 4096), ": tensor ",
                                          Escape(shard->key),
                                          " is begun and not finished"));
  }
  return OkStatus();
}

// Gives the data files their final names, now that their number is known.
Status BundleWriter::Impl::NameShards(std::vector<WrittenFile>* files) {
  const auto count =
      std::max(static_cast<int32_t>(shards.size()), options.min_shards);
  for (int32_t i = 0; i < count; ++i) {
    CAIRN_ASSIGN_OR_RETURN(const Shard* const shard, OpenShard(i));
    CAIRN_ASSIGN_OR_RETURN(
        std::string path,
        commit->SetFinalPath(shard->file, DataPath(prefix, i, count)));
    files->push_back({std::move(path), static_cast<uint64_t>(shard->offset)});
  }
  return OkStatus();
}

Status BundleWriter::Impl::Finish() {
  CAIRN_RETURN_IF_ERROR(CheckFinished());
  for (const auto& [key, tensor] : partitioned) {
    records.SetValue(tensor.record, EncodeEntry(tensor.full));
  }
  std::vector<WrittenFile> files;
  CAIRN_RETURN_IF_ERROR(NameShards(&files));
  BundleHeader header;
  header.num_shards = static_cast<int32_t>(files.size());
  header.endianness = options.endianness;
  CAIRN_RETURN_IF_ERROR(
      WriteIndex(*commit, prefix, header, records, std::move(files)));
  Report(true);
  return OkStatus();
}

// --- streams ---

struct BundleWriter::Stream::Impl {
  std::shared_ptr<BundleWriter::Impl> writer;
  Place place;
  int64_t left = 0;  // bytes still to come
  uint32_t crc = 0;
  std::string buffer;  // elements to be swapped, the last perhaps cut off
  bool done = false;

  Status Append(std::string_view bytes);
  Status Finish();
};

Status BundleWriter::Stream::Impl::Append(std::string_view bytes) {
  const DataType dtype = place.entry.dtype;
  if (bytes.size() > static_cast<uint64_t>(left)) {
    return InvalidArgumentError(StrCat(
        "tensor ", Escape(place.shard->key), ": ",
        bytes.size() - static_cast<uint64_t>(left),
        " bytes more than its shape ", place.entry.shape.ToString(), " has"));
  }
  left -= static_cast<int64_t>(bytes.size());
  const bool swap = writer->must_swap(dtype);
  const auto element = static_cast<size_t>(DataTypeSize(dtype));
  while (!bytes.empty()) {
    std::string_view chunk = bytes.substr(0, kChunkBytes);
    bytes.remove_prefix(chunk.size());
    size_t whole = 0;
    if (swap) {
      buffer.append(chunk);
      whole = buffer.size() / element * element;
      SwapElements(dtype, std::span(buffer).first(whole));
      chunk = std::string_view(buffer).substr(0, whole);
    }
    crc = ExtendCrc32c(crc, chunk);
    CAIRN_RETURN_IF_ERROR(writer->Append(*place.shard, chunk));
    buffer.erase(0, whole);
  }
  return OkStatus();
}

Status BundleWriter::Stream::Impl::Finish() {
  if (left > 0) {
    return InvalidArgumentError(StrCat(
        "tensor ", Escape(place.shard->key), ": ", left, " bytes of its shape ",
        place.entry.shape.ToString(), " are missing"));
  }
  return writer->Complete(place, crc);
}

BundleWriter::Stream::Stream(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

BundleWriter::Stream::~Stream() {
  if (impl_->done) return;
  impl_->writer
      ->Fail(FailedPreconditionError(
          StrCat(Escape(impl_->writer->prefix, 4096), ": tensor ",
                 Escape(impl_->place.shard->key),
                 " was begun and given up before its end")))
      .IgnoreError();
}

Status BundleWriter::Stream::Append(std::string_view bytes) {
  if (impl_->done) {
    return FailedPreconditionError("the tensor is finished already");
  }
  return impl_->writer->Guarded([&] { return impl_->Append(bytes); });
}

Status BundleWriter::Stream::Finish() {
  if (impl_->done) {
    return FailedPreconditionError("the tensor is finished already");
  }
  impl_->done = true;
  return impl_->writer->Guarded([&] { return impl_->Finish(); });
}

// --- the face ---

StatusOr<std::unique_ptr<BundleWriter>> BundleWriter::Create(
    Commit& commit, std::string prefix, BundleWriterOptions options) {
  if (options.data_alignment < 1) {
    return InvalidArgumentError(StrCat(
        "data alignment ", options.data_alignment, ", expected at least 1"));
  }
  if (options.max_shard_size < 0) {
    return InvalidArgumentError(StrCat(
        "max_shard_size ", options.max_shard_size, ", expected at least 0"));
  }
  if (options.min_shards < 1 || options.min_shards > kMaxShards) {
    return InvalidArgumentError(StrCat("min_shards ", options.min_shards,
                                       ", expected 1 to ", kMaxShards));
  }
  auto impl = std::make_shared<Impl>();
  impl->commit = &commit;
  impl->prefix = std::move(prefix);
  impl->options = std::move(options);
  CAIRN_RETURN_IF_ERROR(impl->OpenShard(0).status());
  // Data without its index must not become visible.
  commit.CheckBeforeSwitch([impl](FileSystem&) {
    const std::lock_guard lock(impl->mutex);
    CAIRN_RETURN_IF_ERROR(impl->status);
    CAIRN_RETURN_IF_ERROR(impl->Stopped());
    if (impl->finished) return OkStatus();
    return FailedPreconditionError(
        StrCat(Escape(impl->prefix, 4096), ": the bundle is not finished"));
  });
  return std::unique_ptr<BundleWriter>(new BundleWriter(std::move(impl)));
}

BundleWriter::BundleWriter(std::shared_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

BundleWriter::~BundleWriter() = default;

Status BundleWriter::Add(std::string_view key, const TensorView& tensor,
                         int32_t shard) {
  return impl_->Guarded([&]() -> Status {
    CAIRN_RETURN_IF_ERROR(CheckAddable(key, tensor.dtype()));
    return impl_->Write({.key = key,
                         .dtype = tensor.dtype(),
                         .shape = tensor.shape(),
                         .size = SizeOf(tensor),
                         .shard = shard},
                        tensor);
  });
}

Status BundleWriter::AddSlice(std::string_view key, const Shape& full_shape,
                              const TensorSlice& slice, const TensorView& part,
                              int32_t shard) {
  return impl_->Guarded([&]() -> Status {
    CAIRN_RETURN_IF_ERROR(CheckAddable(key, part.dtype()));
    CAIRN_RETURN_IF_ERROR(CheckPiece(key, full_shape, slice, part.shape()));
    Request request = {.key = key,
                       .dtype = part.dtype(),
                       .shape = part.shape(),
                       .size = SizeOf(part),
                       .shard = shard};
    request.SetSlice(full_shape, slice);
    return impl_->Write(request, part);
  });
}

StatusOr<std::unique_ptr<BundleWriter::Stream>> BundleWriter::Begin(
    std::string_view key, DataType dtype, const Shape& shape, int32_t shard) {
  return BeginSlice(key, dtype, shape, TensorSlice(shape.rank()), shard);
}

StatusOr<std::unique_ptr<BundleWriter::Stream>> BundleWriter::BeginSlice(
    std::string_view key, DataType dtype, const Shape& full_shape,
    const TensorSlice& slice, int32_t shard) {
  auto stream = std::make_unique<Stream::Impl>();
  stream->writer = impl_;
  CAIRN_RETURN_IF_ERROR(impl_->Guarded([&]() -> Status {
    CAIRN_RETURN_IF_ERROR(CheckAddable(key, dtype));
    if (!IsFixedSize(dtype)) {
      return InvalidArgumentError(
          StrCat("tensor ", Escape(key), " of dtype ", DataTypeName(dtype),
                 " cannot come in pieces: its lengths stand before its bytes"));
    }
    CAIRN_ASSIGN_OR_RETURN(const Shape shape,
                           PieceShape(key, full_shape, slice));
    CAIRN_ASSIGN_OR_RETURN(stream->left, ByteSize(shape, DataTypeSize(dtype)));
    Request request = {.key = key,
                       .dtype = dtype,
                       .shape = shape,
                       .size = stream->left,
                       .shard = shard,
                       .is_stream = true};
    request.SetSlice(full_shape, slice);
    CAIRN_ASSIGN_OR_RETURN(stream->place, impl_->Begin(request));
    return OkStatus();
  }));
  return std::unique_ptr<Stream>(new Stream(std::move(stream)));
}

Status BundleWriter::AddStored(std::string_view key, const BundleEntry& entry,
                               Endianness source,
                               const StoredBytesSource& bytes, int32_t shard) {
  return AddStoredSlice(key, entry.shape, TensorSlice(entry.shape.rank()),
                        entry, source, bytes, shard);
}

Status BundleWriter::AddStoredSlice(std::string_view key,
                                    const Shape& full_shape,
                                    const TensorSlice& slice,
                                    const BundleEntry& piece, Endianness source,
                                    const StoredBytesSource& bytes,
                                    int32_t shard) {
  return impl_->Guarded([&]() -> Status {
    CAIRN_RETURN_IF_ERROR(CheckAddable(key, piece.dtype));
    CAIRN_RETURN_IF_ERROR(CheckStored(key, piece));
    CAIRN_RETURN_IF_ERROR(CheckPiece(key, full_shape, slice, piece.shape));
    Request request = {.key = key,
                       .dtype = piece.dtype,
                       .shape = piece.shape,
                       .size = piece.size,
                       .shard = shard};
    request.SetSlice(full_shape, slice);
    return impl_->WriteStored(request, piece, source, bytes);
  });
}

Status BundleWriter::Finish() {
  return impl_->Guarded([&] { return impl_->Finish(); });
}

int64_t BundleWriter::data_size() const {
  return static_cast<int64_t>(impl_->bytes_done.load());
}

int32_t BundleWriter::num_shards() const {
  const std::lock_guard lock(impl_->mutex);
  return std::max(static_cast<int32_t>(impl_->shards.size()),
                  impl_->options.min_shards);
}

std::string ShardedFilename(std::string_view name, int32_t shard,
                            int32_t num_shards) {
  // As a data file's name ends.
  const std::string path = DataPath("", shard, num_shards);
  return StrCat(name, path.substr(path.find('-')));
}

}  // namespace cairn::bundle
