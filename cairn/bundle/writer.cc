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
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/string_writing.h"
#include "cairn/bundle/writer_impl.h"

namespace cairn::bundle {
namespace {

// A longer key has no place in a table.
constexpr size_t kMaxKeyBytes = 0x7fffffff;

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

// For an entry of another bundle, a tensor or a piece, once that is checked. It
// looks at the arguments as long as it lives.
StatusOr<Request> StoredRequest(std::string_view key, const Shape& full_shape,
                                const TensorSlice& slice,
                                const BundleEntry& piece, int32_t shard) {
  CAIRN_RETURN_IF_ERROR(CheckAddable(key, piece.dtype));
  CAIRN_RETURN_IF_ERROR(CheckStored(key, piece));
  CAIRN_RETURN_IF_ERROR(CheckPiece(key, full_shape, slice, piece.shape));
  Request request = {.key = key,
                     .dtype = piece.dtype,
                     .shape = piece.shape,
                     .size = piece.size,
                     .shard = shard};
  request.SetSlice(full_shape, slice);
  return request;
}

int64_t SizeOf(const TensorView& tensor) {
  return static_cast<int64_t>(tensor.holds_strings()
                                  ? StoredSize(tensor.dtype(), tensor.strings())
                                  : tensor.bytes().size());
}

}  // namespace

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

// Which number of data files is taken. An index that nobody can read tells
// neither that nor which files are of use to somebody: the journal, then.
Status BundleWriter::Impl::BeginOverwrite() {
  if (options.overwrite != Overwrite::kByFileCount) return OkStatus();
  const StatusOr<int32_t> in_use = FilesInUse(commit->file_system(), prefix);
  if (absl::IsDataLoss(in_use.status())) {
    options.overwrite = Overwrite::kByJournal;
    return OkStatus();
  }
  CAIRN_RETURN_IF_ERROR(in_use.status());
  files_in_use = *in_use;
  if (options.min_shards == files_in_use) ++options.min_shards;
  return OkStatus();
}

StatusOr<int32_t> BundleWriter::Impl::NumberOfFiles() const {
  auto count =
      std::max(static_cast<int32_t>(shards.size()), options.min_shards);
  if (count == files_in_use) ++count;
  if (count <= kMaxShards) return count;
  return InvalidArgumentError(
      StrCat(Escape(prefix, 4096), ": has ", files_in_use,
             " data files, the most there can be: it cannot be overwritten by ",
             "one more"));
}

// A file that has one of the names already would take a journal, and is of no
// use to anybody but the commit that may have taken it in.
Status BundleWriter::Impl::ClearNames(int32_t count) {
  if (options.overwrite != Overwrite::kByFileCount) return OkStatus();
  std::vector<std::string> names;
  for (int32_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    std::string name = DataPath(prefix, i, count);
    const bool is_taken_in = at < shards.size() && shards[at] != nullptr &&
                             shards[at]->shared_path == name;
    if (!is_taken_in) names.push_back(std::move(name));
  }
  return RemoveUnnamed(commit->file_system(), names);
}

// Gives the data files their final names, now that their number is known.
Status BundleWriter::Impl::NameShards(std::vector<WrittenFile>* files) {
  CAIRN_ASSIGN_OR_RETURN(const int32_t count, NumberOfFiles());
  CAIRN_RETURN_IF_ERROR(ClearNames(count));
  for (int32_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    const std::string final_path = DataPath(prefix, i, count);
    if (at < shards.size() && shards[at] != nullptr &&
        !shards[at]->shared_path.empty()) {
      if (count != options.min_shards) {
        return FailedPreconditionError(
            StrCat(Escape(prefix, 4096), ": data file ", i, " is shared as of ",
                   options.min_shards, " files, and there are ", count));
      }
      files->push_back({shards[at]->shared_path, shards[at]->shared_size});
      continue;
    }
    CAIRN_ASSIGN_OR_RETURN(const ShardWriting* const shard, OpenShard(i));
    CAIRN_ASSIGN_OR_RETURN(std::string path,
                           commit->SetFinalPath(shard->file, final_path));
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

BundleWriter::Stream::Stream(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

BundleWriter::Stream::~Stream() {
  if (impl_->done) return;
  impl_->writer
      ->Guarded([&]() -> Status {
        return FailedPreconditionError(
            StrCat(Escape(impl_->writer->prefix, 4096), ": tensor ",
                   Escape(impl_->place.shard->key),
                   " was begun and given up before its end"));
      })
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
  return GuardMemory(prefix, [&]() -> StatusOr<std::unique_ptr<BundleWriter>> {
    if (options.data_alignment < 1 ||
        options.data_alignment > kMaxDataAlignment) {
      return InvalidArgumentError(
          StrCat("data alignment ", options.data_alignment, ", expected 1 to ",
                 kMaxDataAlignment));
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
    impl->prefix = prefix;  // not moved from: errors name it
    impl->options = std::move(options);
    CAIRN_RETURN_IF_ERROR(impl->BeginOverwrite());
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
  });
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
  return GuardMemory(impl_->prefix, [&] {
    return BeginSlice(key, dtype, shape, TensorSlice(shape.rank()), shard);
  });
}

StatusOr<std::unique_ptr<BundleWriter::Stream>> BundleWriter::BeginSlice(
    std::string_view key, DataType dtype, const Shape& full_shape,
    const TensorSlice& slice, int32_t shard) {
  std::unique_ptr<Stream> stream;
  CAIRN_RETURN_IF_ERROR(impl_->Guarded([&]() -> Status {
    // First, so that what is begun has an owner.
    auto made = std::make_unique<Stream::Impl>();
    made->writer = impl_;
    made->done = true;
    stream.reset(new Stream(std::move(made)));
    Stream::Impl& begun = *stream->impl_;
    CAIRN_RETURN_IF_ERROR(CheckAddable(key, dtype));
    if (!IsFixedSize(dtype)) {
      return InvalidArgumentError(
          StrCat("tensor ", Escape(key), " of dtype ", DataTypeName(dtype),
                 " cannot come in pieces: its lengths stand before its bytes"));
    }
    CAIRN_ASSIGN_OR_RETURN(const Shape shape,
                           PieceShape(key, full_shape, slice));
    CAIRN_ASSIGN_OR_RETURN(begun.left, ByteSize(shape, DataTypeSize(dtype)));
    Request request = {.key = key,
                       .dtype = dtype,
                       .shape = shape,
                       .size = begun.left,
                       .shard = shard,
                       .is_stream = true};
    request.SetSlice(full_shape, slice);
    CAIRN_ASSIGN_OR_RETURN(begun.place, impl_->Begin(request));
    begun.done = false;
    return OkStatus();
  }));
  return stream;
}

Status BundleWriter::AddStored(std::string_view key, const BundleEntry& entry,
                               Endianness source,
                               const StoredBytesSource& bytes, int32_t shard) {
  return GuardMemory(impl_->prefix, [&] {
    return AddStoredSlice(key, entry.shape, TensorSlice(entry.shape.rank()),
                          entry, source, bytes, shard);
  });
}

Status BundleWriter::AddStoredSlice(std::string_view key,
                                    const Shape& full_shape,
                                    const TensorSlice& slice,
                                    const BundleEntry& piece, Endianness source,
                                    const StoredBytesSource& bytes,
                                    int32_t shard) {
  return impl_->Guarded([&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const Request request,
                           StoredRequest(key, full_shape, slice, piece, shard));
    return impl_->WriteStored(request, piece, source, bytes);
  });
}

StatusOr<Commit::Shared::How> BundleWriter::ShareShard(int32_t shard,
                                                       const ShardFile& file,
                                                       ShareOptions::By by) {
  return GuardMemory(impl_->prefix,
                     [&] { return impl_->ShareShard(shard, file, by); });
}

Status BundleWriter::AddShared(std::string_view key, const BundleEntry& entry,
                               int32_t shard) {
  return GuardMemory(impl_->prefix, [&] {
    return AddSharedSlice(key, entry.shape, TensorSlice(entry.shape.rank()),
                          entry, shard);
  });
}

Status BundleWriter::AddSharedSlice(std::string_view key,
                                    const Shape& full_shape,
                                    const TensorSlice& slice,
                                    const BundleEntry& piece, int32_t shard) {
  return impl_->Guarded([&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const Request request,
                           StoredRequest(key, full_shape, slice, piece, shard));
    return impl_->AddShared(request, piece);
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

}  // namespace cairn::bundle
