// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// <prefix>.data-00000-of-00001: the tensors' bytes (fixed-size types: as they
// are in memory, little-endian; strings, variants: see stored_strings.h) in the
// order they were added, each followed by zeros up to the alignment.
// <prefix>.index: a table (cairn/table) of the header under "" and an entry per
// key. A tensor in pieces has an entry that lists them and one entry per piece,
// under a slice key (slice_key.cc).
#include "cairn/bundle/writer.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/stored_strings.h"
#include "cairn/table/table.h"
#include "cairn/table/table_builder.h"

namespace cairn::bundle {
namespace {

// Bytes checksummed and written together, small enough to stay in the cache.
constexpr size_t kChunkBytes = size_t{256} << 10;

// The checksum of all keys and values, to compare what was meant to be written
// with what can be read back.
struct Contents {
  uint64_t entries = 0;
  uint32_t crc = 0;
  void Add(std::string_view key, std::string_view value) {
    ++entries;
    crc = ExtendCrc32c(ExtendCrc32c(crc, key), value);
  }
};

Status CheckWritten(FileSystem& fs, const std::string& index_path,
                    const Contents& expected, const std::string& data_path,
                    uint64_t data_size) {
  CAIRN_ASSIGN_OR_RETURN(auto file, fs.OpenForReading(index_path));
  CAIRN_ASSIGN_OR_RETURN(auto table, table::Table::Open(std::move(file)));
  Contents found;
  table::Table::Iterator it(*table);
  for (it.SeekToFirst(); it.Valid(); it.Next()) found.Add(it.key(), it.value());
  CAIRN_RETURN_IF_ERROR(it.status());
  if (found.entries != expected.entries || found.crc != expected.crc) {
    return DataLossError(StrCat(Escape(index_path, 4096), ": read back ",
                                found.entries, " entries with checksum ",
                                Hex(found.crc, 8), ", wrote ", expected.entries,
                                " with ", Hex(expected.crc, 8)));
  }
  CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs.Stat(data_path));
  if (info.size == data_size) return OkStatus();
  return DataLossError(StrCat(Escape(data_path, 4096), ": has ", info.size,
                              " bytes, wrote ", data_size));
}

bool IsDigits(std::string_view text) {
  return text.size() >= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether `name` is `stem`.data-<digits>-of-<digits>.
bool IsShardName(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return false;
  name.remove_prefix(stem.size());
  constexpr std::string_view kData = ".data-";
  constexpr std::string_view kOf = "-of-";
  if (!name.starts_with(kData)) return false;
  name.remove_prefix(kData.size());
  const size_t of = name.find(kOf);
  return of != std::string_view::npos && IsDigits(name.substr(0, of)) &&
         IsDigits(name.substr(of + kOf.size()));
}

}  // namespace

struct BundleWriter::Impl {
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };
  struct Record {
    std::string value;  // encoded; of a tensor in pieces: made by Finish
    std::unique_ptr<BundleEntry> partitioned;
  };

  Commit* commit;
  std::string prefix;
  BundleWriterOptions options;
  WritableFile* data = nullptr;
  int64_t offset = 0;
  Status status;
  bool finished = false;
  std::unordered_map<std::string, Record, KeyHash, std::equal_to<>> records;

  Status Usable() const;
  Status Poison(Status s);
  Status Append(std::string_view bytes);
  StatusOr<uint32_t> AppendFixed(const TensorView& tensor);
  Status AppendPadding();
  StatusOr<BundleEntry> AppendTensor(const TensorView& tensor);
  Status AddTensor(std::string_view key, const TensorView& tensor);
  Status AddPiece(std::string_view key, const Shape& full_shape,
                  const TensorSlice& slice, const TensorView& part);
  Status Finish();
  void RemoveSurplusShards();
};

Status BundleWriter::Impl::Usable() const {
  CAIRN_RETURN_IF_ERROR(status);
  if (finished) {
    return FailedPreconditionError(
        StrCat(Escape(prefix, 4096), ": the bundle is finished already"));
  }
  return OkStatus();
}

Status BundleWriter::Impl::Poison(Status s) {
  if (!s.ok() && status.ok()) status = s;
  return s;
}

// --- data ---

Status BundleWriter::Impl::Append(std::string_view bytes) {
  if (bytes.size() >
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max() - offset)) {
    return InvalidArgumentError("the data file would exceed 2^63-1 bytes");
  }
  CAIRN_RETURN_IF_ERROR(data->Append(bytes));
  offset += static_cast<int64_t>(bytes.size());
  return OkStatus();
}

StatusOr<uint32_t> BundleWriter::Impl::AppendFixed(const TensorView& tensor) {
  std::string_view bytes = tensor.bytes();
  uint32_t crc = 0;
  std::string swapped;
  while (!bytes.empty()) {
    // A multiple of every element size.
    std::string_view chunk = bytes.substr(0, kChunkBytes);
    bytes.remove_prefix(chunk.size());
    if constexpr (!kLittleEndianHost) {
      swapped = chunk;
      SwapElements(tensor.dtype(), swapped);
      chunk = swapped;
    }
    crc = ExtendCrc32c(crc, chunk);
    CAIRN_RETURN_IF_ERROR(Append(chunk));
  }
  return crc;
}

Status BundleWriter::Impl::AppendPadding() {
  int64_t left = (options.data_alignment - offset % options.data_alignment) %
                 options.data_alignment;
  const std::string zeros(
      static_cast<size_t>(std::min<int64_t>(left, kChunkBytes)), '\0');
  while (left > 0) {
    const auto n = std::min<int64_t>(left, kChunkBytes);
    CAIRN_RETURN_IF_ERROR(
        Append(std::string_view(zeros).substr(0, static_cast<size_t>(n))));
    left -= n;
  }
  return OkStatus();
}

StatusOr<BundleEntry> BundleWriter::Impl::AppendTensor(
    const TensorView& tensor) {
  BundleEntry entry;
  entry.dtype = tensor.dtype();
  entry.shape = tensor.shape();
  entry.offset = offset;
  uint32_t crc = 0;
  if (tensor.holds_strings()) {
    CAIRN_ASSIGN_OR_RETURN(
        crc, WriteStrings(tensor.dtype(), tensor.strings(),
                          [this](std::string_view b) { return Append(b); }));
  } else {
    CAIRN_ASSIGN_OR_RETURN(crc, AppendFixed(tensor));
  }
  entry.size = offset - entry.offset;
  entry.masked_crc32c = MaskCrc32c(crc);
  CAIRN_RETURN_IF_ERROR(AppendPadding());
  return entry;
}

// --- adding ---

namespace {

Status CheckAddable(std::string_view key, const TensorView& tensor) {
  if (key.empty()) {
    return InvalidArgumentError("a tensor's key cannot be empty");
  }
  if (IsSliceKey(key)) {
    return InvalidArgumentError(
        StrCat("key ", Escape(key), " is the key of a tensor's piece"));
  }
  if (!tensor.holds_strings() && !IsFixedSize(tensor.dtype())) {
    return InvalidArgumentError(StrCat("tensor ", Escape(key), " of dtype ",
                                       DataTypeName(tensor.dtype()),
                                       " cannot be saved"));
  }
  return OkStatus();
}

Status DuplicateKey(std::string_view key) {
  return InvalidArgumentError(StrCat("Adding duplicate key: ", Escape(key)));
}

}  // namespace

Status BundleWriter::Impl::AddTensor(std::string_view key,
                                     const TensorView& tensor) {
  CAIRN_RETURN_IF_ERROR(CheckAddable(key, tensor));
  if (records.contains(key)) return DuplicateKey(key);
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, AppendTensor(tensor));
  records[std::string(key)].value = EncodeEntry(entry);
  return OkStatus();
}

Status BundleWriter::Impl::AddPiece(std::string_view key,
                                    const Shape& full_shape,
                                    const TensorSlice& slice,
                                    const TensorView& part) {
  CAIRN_RETURN_IF_ERROR(CheckAddable(key, part));
  const auto wrong = [&](std::string_view why) {
    return InvalidArgumentError(StrCat("tensor ", Escape(key), ", piece ",
                                       slice.ToString(), ": ", why));
  };
  const StatusOr<Shape> shape = slice.Apply(full_shape);
  if (!shape.ok()) return wrong(Message(shape.status()));
  if (*shape != part.shape()) {
    return wrong(StrCat("takes a part of shape ", shape->ToString(), ", got ",
                        part.shape().ToString()));
  }
  if (slice.Covers(full_shape)) return AddTensor(key, part);
  const auto found = records.find(key);
  if (found != records.end()) {
    const BundleEntry* full = found->second.partitioned.get();
    if (full == nullptr) return DuplicateKey(key);
    if (full->dtype != part.dtype() || full->shape != full_shape) {
      return wrong(StrCat("of ", DataTypeName(part.dtype()),
                          full_shape.ToString(), ", earlier ones were of ",
                          DataTypeName(full->dtype), full->shape.ToString()));
    }
    const TensorSlice resolved = slice.Resolve(full_shape);
    for (const TensorSlice& other : full->slices) {
      TensorSlice common;
      if (other == slice) return DuplicateKey(key);
      if (TensorSlice::Intersect(resolved, other.Resolve(full_shape),
                                 &common)) {
        return wrong(StrCat("overlaps piece ", other.ToString()));
      }
    }
  }
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, AppendTensor(part));
  Record& record = records[std::string(key)];
  if (record.partitioned == nullptr) {
    record.partitioned = std::make_unique<BundleEntry>();
    record.partitioned->dtype = part.dtype();
    record.partitioned->shape = full_shape;
  }
  record.partitioned->slices.push_back(slice);
  records[EncodeTensorNameSlice(key, slice)].value = EncodeEntry(entry);
  return OkStatus();
}

// --- the index ---

Status BundleWriter::Impl::Finish() {
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  sorted.reserve(records.size());
  for (auto& [key, record] : records) {
    if (record.partitioned != nullptr) {
      record.value = EncodeEntry(*record.partitioned);
    }
    sorted.emplace_back(key, record.value);
  }
  std::ranges::sort(sorted);
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const index,
                         commit->Create(IndexPath(prefix)));
  Contents contents;
  table::TableBuilder builder(index);
  const auto add = [&](std::string_view key, std::string_view value) {
    contents.Add(key, value);
    return builder.Add(key, value);
  };
  CAIRN_RETURN_IF_ERROR(add("", EncodeHeader(BundleHeader())));
  for (const auto& [key, value] : sorted) {
    CAIRN_RETURN_IF_ERROR(add(key, value));
  }
  CAIRN_RETURN_IF_ERROR(builder.Finish());
  commit->CheckBeforeSwitch(
      [index_path = index->path(), contents, data_path = data->path(),
       size = static_cast<uint64_t>(offset)](FileSystem& fs) {
        return CheckWritten(fs, index_path, contents, data_path, size);
      });
  RemoveSurplusShards();
  return OkStatus();
}

// An overwritten checkpoint may have had other shards: nobody will name them
// any more. Failing to find them costs space only.
void BundleWriter::Impl::RemoveSurplusShards() {
  FileSystem& fs = commit->file_system();
  if (!fs.Exists(IndexPath(prefix))) return;
  const std::string directory(DirName(prefix));
  const StatusOr<std::vector<std::string>> names = fs.List(directory);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!IsShardName(name, BaseName(prefix))) continue;
    std::string path = JoinPath(directory, name);
    if (path != DataPath(prefix, 0, 1)) commit->RemoveAfter(path);
  }
}

// --- the face ---

StatusOr<std::unique_ptr<BundleWriter>> BundleWriter::Create(
    Commit& commit, std::string prefix, BundleWriterOptions options) {
  if (options.data_alignment < 1) {
    return InvalidArgumentError(StrCat(
        "data alignment ", options.data_alignment, ", expected at least 1"));
  }
  auto impl = std::make_unique<Impl>();
  impl->commit = &commit;
  impl->prefix = std::move(prefix);
  impl->options = options;
  CAIRN_ASSIGN_OR_RETURN(impl->data,
                         commit.Create(DataPath(impl->prefix, 0, 1)));
  return std::unique_ptr<BundleWriter>(new BundleWriter(std::move(impl)));
}

BundleWriter::BundleWriter(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

BundleWriter::~BundleWriter() = default;

Status BundleWriter::Add(std::string_view key, const TensorView& tensor) {
  CAIRN_RETURN_IF_ERROR(impl_->Usable());
  return impl_->Poison(impl_->AddTensor(key, tensor));
}

Status BundleWriter::AddSlice(std::string_view key, const Shape& full_shape,
                              const TensorSlice& slice,
                              const TensorView& part) {
  CAIRN_RETURN_IF_ERROR(impl_->Usable());
  return impl_->Poison(impl_->AddPiece(key, full_shape, slice, part));
}

Status BundleWriter::Finish() {
  CAIRN_RETURN_IF_ERROR(impl_->Usable());
  impl_->finished = true;
  return impl_->Poison(impl_->Finish());
}

int64_t BundleWriter::data_size() const { return impl_->offset; }

}  // namespace cairn::bundle
