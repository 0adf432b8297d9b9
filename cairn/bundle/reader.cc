// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile bundle can do, and the check:
//   be no table, or a damaged one                     table room
//   start with another key than the header's          Open
//   ask for a newer reader                            CheckVersion
//   hold malformed entries                            DecodeEntry
//   name a shard that does not exist                  CheckedEntry
//   place a tensor outside its data file              Stored, before allocating
//   change data bytes                                 checksum before use
//   list pieces that overlap, or leave gaps           FindPieces
//   list pieces that differ from their own entries    FindPiece
//   claim a huge tensor of few bytes in pieces        FindPieces: not more
//   bytes
//                                                     than the data files have
#include "cairn/bundle/reader.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <map>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/shards.h"
#include "cairn/bundle/stored_strings.h"
#include "cairn/table/table.h"
#include "cairn/tensor/box_runs.h"
#include "cairn/tensor/pieces.h"

namespace cairn::bundle {
namespace {

// Bytes copied and checksummed together, small enough to stay in the cache.
constexpr size_t kChunkBytes = size_t{256} << 10;
constexpr Endianness kHostEndianness =
    kLittleEndianHost ? Endianness::kLittle : Endianness::kBig;

Status CheckVersion(const BundleHeader& header) {
  if (header.min_consumer > kBundleVersion) {
    return FailedPreconditionError(
        StrCat("Checkpoint min consumer version ", header.min_consumer,
               " above current version ", kBundleVersion));
  }
  for (const int32_t bad : header.bad_consumers) {
    if (bad != kBundleVersion) continue;
    return FailedPreconditionError(
        StrCat("Checkpoint disallows consumer version ", kBundleVersion));
  }
  return OkStatus();
}

// One stored piece of a tensor and the part of it that is wanted.
struct Piece {
  BundleEntry entry;
  TensorSlice where;   // resolved
  TensorSlice wanted;  // common part with what is read
};

}  // namespace

struct BundleReader::Impl {
  FileSystem* fs;
  std::string prefix;
  std::unique_ptr<table::Table> table;
  BundleHeader header;
  std::unique_ptr<Shards> shards;

  Status ReadHeader();
  Status InIndex(const Status& status, std::string_view key) const;
  Status InData(const Status& status, const BundleEntry& entry) const;
  StatusOr<BundleEntry> CheckedEntry(std::string_view key,
                                     std::string_view value) const;
  StatusOr<BundleEntry> Lookup(std::string_view key) const;
  bool needs_swap(DataType dtype) const {
    return header.endianness != kHostEndianness && DataTypeSize(dtype) > 0 &&
           Info(dtype).swap_unit > 1;
  }

  // The file that holds the entry's bytes, which lie within it.
  StatusOr<const RandomAccessFile*> FileOf(const BundleEntry& entry) const;
  // The entry's bytes: mapped memory, or read into `buffer`.
  StatusOr<std::string_view> Stored(const BundleEntry& entry,
                                    std::string& buffer) const;
  // Fixed-size elements: verified and in the host's byte order.
  Status ReadFixed(const BundleEntry& entry, char* out) const;
  Status VerifyFixed(const BundleEntry& entry) const;
  StatusOr<Tensor> ReadWhole(const BundleEntry& entry) const;

  StatusOr<Piece> FindPiece(std::string_view key, const BundleEntry& full,
                            const TensorSlice& slice) const;
  StatusOr<std::vector<Piece>> FindPieces(std::string_view key,
                                          const BundleEntry& full,
                                          const TensorSlice& region) const;
  Status CopyFixed(const Piece& piece, const TensorSlice& region,
                   char* out) const;
  Status CopyStrings(const Piece& piece, const TensorSlice& region,
                     std::vector<std::string>& out) const;
  StatusOr<Tensor> ReadRegion(std::string_view key, const BundleEntry& full,
                              const TensorSlice& region) const;
};

// --- opening ---

Status BundleReader::Impl::InIndex(const Status& status,
                                   std::string_view key) const {
  if (status.ok()) return status;
  return Annotate(status, StrCat(Escape(table->file().path(), 4096), ": key ",
                                 Escape(key)));
}

Status BundleReader::Impl::InData(const Status& status,
                                  const BundleEntry& entry) const {
  if (status.ok()) return status;
  return Annotate(
      status,
      StrCat(Escape(DataPath(prefix, entry.shard_id, header.num_shards), 4096),
             ", ", entry.size, " bytes at ", entry.offset));
}

Status BundleReader::Impl::ReadHeader() {
  table::Table::Iterator it(*table);
  it.SeekToFirst();
  CAIRN_RETURN_IF_ERROR(it.status());
  if (!it.Valid() || !it.key().empty()) {
    return DataLossError(
        StrCat(Escape(table->file().path(), 4096),
               ": not the index of a checkpoint: the first key is not the "
               "header's"));
  }
  StatusOr<BundleHeader> decoded = DecodeHeader(it.value());
  if (!decoded.ok()) return InIndex(decoded.status(), "");
  header = *std::move(decoded);
  const Status version = CheckVersion(header);
  return version.ok() ? version
                      : Annotate(version, Escape(table->file().path(), 4096));
}

StatusOr<std::unique_ptr<BundleReader>> BundleReader::Open(FileSystem& fs,
                                                           std::string prefix) {
  auto impl = std::make_unique<Impl>();
  StatusOr<std::unique_ptr<RandomAccessFile>> file = OpenIndexFile(fs, prefix);
  if (absl::IsNotFound(file.status())) {
    return NotFoundError(StrCat("no checkpoint ", Escape(prefix, 4096), ": ",
                                Message(file.status())));
  }
  if (!file.ok()) return file.status();
  const uint64_t id = (*file)->id();
  CAIRN_ASSIGN_OR_RETURN(impl->table, table::Table::Open(*std::move(file)));
  impl->fs = &fs;
  impl->prefix = std::move(prefix);
  impl->shards = std::make_unique<Shards>(fs, impl->prefix, id);
  CAIRN_RETURN_IF_ERROR(impl->ReadHeader());
  return std::unique_ptr<BundleReader>(new BundleReader(std::move(impl)));
}

BundleReader::BundleReader(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
BundleReader::~BundleReader() = default;

const std::string& BundleReader::prefix() const { return impl_->prefix; }
const BundleHeader& BundleReader::header() const { return impl_->header; }
uint64_t BundleReader::index_size() const {
  return impl_->table->file().size();
}
std::string BundleReader::ShardPath(int32_t shard) const {
  return DataPath(impl_->prefix, shard, impl_->header.num_shards);
}

// --- the index ---

StatusOr<BundleEntry> BundleReader::Impl::CheckedEntry(
    std::string_view key, std::string_view value) const {
  StatusOr<BundleEntry> entry = DecodeEntry(value);
  if (!entry.ok()) return InIndex(entry.status(), key);
  if (entry->slices.empty() && entry->shard_id >= header.num_shards) {
    return InIndex(DataLossError(StrCat("shard ", entry->shard_id, " of ",
                                        header.num_shards)),
                   key);
  }
  return entry;
}

StatusOr<BundleEntry> BundleReader::Impl::Lookup(std::string_view key) const {
  if (key.empty()) {
    return NotFoundError(
        StrCat("the empty key is the header of ", Escape(prefix, 4096)));
  }
  CAIRN_ASSIGN_OR_RETURN(const table::PinnedValue value, table->Get(key));
  return CheckedEntry(key, value.bytes);
}

StatusOr<BundleEntry> BundleReader::Lookup(std::string_view key) const {
  return impl_->Lookup(key);
}

bool BundleReader::Contains(std::string_view key) const {
  return !key.empty() && impl_->table->Get(key).ok();
}

namespace {

class IndexIterator : public BundleReader::Iterator {
 public:
  using Decoder =
      std::function<StatusOr<BundleEntry>(std::string_view, std::string_view)>;
  IndexIterator(const table::Table& table, Decoder decode)
      : it_(table), decode_(std::move(decode)) {
    Seek("");
  }
  bool Valid() const override { return it_.Valid(); }
  void Next() override { it_.Next(); }
  void Seek(std::string_view target) override {
    it_.Seek(target);
    if (it_.Valid() && it_.key().empty()) it_.Next();
  }
  std::string_view key() const override { return it_.key(); }
  StatusOr<BundleEntry> entry() const override {
    return decode_(it_.key(), it_.value());
  }
  Status status() const override { return it_.status(); }

 private:
  table::Table::Iterator it_;
  Decoder decode_;
};

}  // namespace

std::unique_ptr<BundleReader::Iterator> BundleReader::NewIterator() const {
  const Impl* impl = impl_.get();
  return std::make_unique<IndexIterator>(
      *impl->table, [impl](std::string_view key, std::string_view value) {
        return impl->CheckedEntry(key, value);
      });
}

// --- stored bytes ---

StatusOr<const RandomAccessFile*> BundleReader::Impl::FileOf(
    const BundleEntry& entry) const {
  if (entry.shard_id < 0 || entry.shard_id >= header.num_shards ||
      entry.offset < 0 || entry.size < 0) {
    return InvalidArgumentError("the entry is not of this checkpoint");
  }
  CAIRN_ASSIGN_OR_RETURN(const RandomAccessFile* file,
                         shards->Get(entry.shard_id, header.num_shards));
  const auto offset = static_cast<uint64_t>(entry.offset);
  const auto size = static_cast<uint64_t>(entry.size);
  if (offset > file->size() || size > file->size() - offset) {
    return InData(DataLossError(StrCat("the file ends at ", file->size())),
                  entry);
  }
  return file;
}

StatusOr<std::string_view> BundleReader::Impl::Stored(
    const BundleEntry& entry, std::string& buffer) const {
  CAIRN_ASSIGN_OR_RETURN(const RandomAccessFile* file, FileOf(entry));
  const auto offset = static_cast<uint64_t>(entry.offset);
  const auto size = static_cast<size_t>(entry.size);
  if (const auto mapped = file->Mapped()) return mapped->substr(offset, size);
  try {
    buffer.resize(size);
  } catch (const std::bad_alloc&) {
    return InData(ResourceExhaustedError("no memory for them"), entry);
  }
  CAIRN_RETURN_IF_ERROR(file->ReadAt(offset, size, buffer.data()));
  return buffer;
}

Status BundleReader::Impl::ReadFixed(const BundleEntry& entry,
                                     char* out) const {
  CAIRN_ASSIGN_OR_RETURN(const RandomAccessFile* file, FileOf(entry));
  const auto offset = static_cast<size_t>(entry.offset);
  const auto size = static_cast<size_t>(entry.size);
  const auto mapped = file->Mapped();
  uint32_t crc = 0;
  for (size_t done = 0; done < size; done += kChunkBytes) {
    const size_t n = std::min(kChunkBytes, size - done);
    if (mapped.has_value()) {
      std::memcpy(out + done, mapped->data() + offset + done, n);
    } else {
      CAIRN_RETURN_IF_ERROR(file->ReadAt(offset + done, n, out + done));
    }
    crc = ExtendCrc32c(crc, {out + done, n});
  }
  CAIRN_RETURN_IF_ERROR(InData(CompareChecksum(entry, crc), entry));
  if (needs_swap(entry.dtype)) SwapElements(entry.dtype, {out, size});
  return OkStatus();
}

Status BundleReader::Impl::VerifyFixed(const BundleEntry& entry) const {
  CAIRN_ASSIGN_OR_RETURN(const RandomAccessFile* file, FileOf(entry));
  const auto offset = static_cast<size_t>(entry.offset);
  const auto size = static_cast<size_t>(entry.size);
  uint32_t crc = 0;
  if (const auto mapped = file->Mapped()) {
    crc = Crc32c(mapped->substr(offset, size));
  } else {
    std::string chunk(std::min(kChunkBytes, size), '\0');
    for (size_t done = 0; done < size; done += chunk.size()) {
      const size_t n = std::min(chunk.size(), size - done);
      CAIRN_RETURN_IF_ERROR(file->ReadAt(offset + done, n, chunk.data()));
      crc = ExtendCrc32c(crc, {chunk.data(), n});
    }
  }
  return InData(CompareChecksum(entry, crc), entry);
}

StatusOr<Tensor> BundleReader::Impl::ReadWhole(const BundleEntry& entry) const {
  // The size fits the shape and the file, so the memory is the file's at most,
  // or a std::string for each byte.
  CAIRN_RETURN_IF_ERROR(FileOf(entry).status());
  if (IsFixedSize(entry.dtype)) {
    CAIRN_ASSIGN_OR_RETURN(
        Tensor tensor, Tensor::CreateUninitialized(entry.dtype, entry.shape));
    CAIRN_RETURN_IF_ERROR(ReadFixed(entry, tensor.mutable_bytes().data()));
    return tensor;
  }
  std::string buffer;
  CAIRN_ASSIGN_OR_RETURN(const std::string_view stored, Stored(entry, buffer));
  std::vector<std::string> strings;
  CAIRN_RETURN_IF_ERROR(
      InData(ReadStrings(entry, header.endianness, stored, &strings), entry));
  return Tensor::OfStrings(entry.shape, std::move(strings), entry.dtype);
}

// --- pieces ---

StatusOr<Piece> BundleReader::Impl::FindPiece(std::string_view key,
                                              const BundleEntry& full,
                                              const TensorSlice& slice) const {
  StatusOr<BundleEntry> entry = Lookup(EncodeTensorNameSlice(key, slice));
  if (absl::IsNotFound(entry.status())) {
    return DataLossError(StrCat(Escape(prefix, 4096), ": tensor ", Escape(key),
                                ": its piece ", slice.ToString(),
                                " is missing from the index"));
  }
  if (!entry.ok()) return entry.status();
  const StatusOr<Shape> shape = slice.Apply(full.shape);
  if (!shape.ok()) return InIndex(shape.status(), key);
  if (entry->dtype != full.dtype || !entry->slices.empty() ||
      entry->shape != *shape) {
    return InIndex(DataLossError(StrCat(
                       "piece ", slice.ToString(), " should be ",
                       DataTypeName(full.dtype), shape->ToString(), " but is ",
                       DataTypeName(entry->dtype), entry->shape.ToString())),
                   key);
  }
  return Piece{*std::move(entry), slice.Resolve(full.shape), {}};
}

// The pieces that hold `region`, each element once.
StatusOr<std::vector<Piece>> BundleReader::Impl::FindPieces(
    std::string_view key, const BundleEntry& full,
    const TensorSlice& region) const {
  StatusOr<std::vector<ChosenPiece>> chosen =
      ChoosePieces(full.shape, full.slices, region);
  if (!chosen.ok()) return InIndex(chosen.status(), key);
  std::vector<Piece> pieces;
  uint64_t stored_bytes = 0;
  std::map<int32_t, uint64_t> file_bytes;
  for (ChosenPiece& choice : *chosen) {
    CAIRN_ASSIGN_OR_RETURN(Piece piece,
                           FindPiece(key, full, full.slices[choice.index]));
    CAIRN_ASSIGN_OR_RETURN(const RandomAccessFile* file, FileOf(piece.entry));
    file_bytes[piece.entry.shard_id] = file->size();
    stored_bytes += static_cast<uint64_t>(piece.entry.size);
    piece.wanted = std::move(choice.wanted);
    pieces.push_back(std::move(piece));
  }
  uint64_t available = 0;
  for (const auto& [shard, bytes] : file_bytes) available += bytes;
  if (stored_bytes > available) {
    return InIndex(
        DataLossError(StrCat("its pieces claim ", stored_bytes,
                             " bytes, their data files have ", available)),
        key);
  }
  return pieces;
}

Status BundleReader::Impl::CopyFixed(const Piece& piece,
                                     const TensorSlice& region,
                                     char* out) const {
  const auto size = static_cast<size_t>(DataTypeSize(piece.entry.dtype));
  std::string buffer;
  CAIRN_ASSIGN_OR_RETURN(const std::string_view stored,
                         Stored(piece.entry, buffer));
  CAIRN_RETURN_IF_ERROR(
      InData(CompareChecksum(piece.entry, Crc32c(stored)), piece.entry));
  const bool swap = needs_swap(piece.entry.dtype);
  for (BoxRuns runs(piece.wanted, piece.where, region); runs.Valid();
       runs.Next()) {
    char* const to = out + static_cast<size_t>(runs.to()) * size;
    const size_t bytes = static_cast<size_t>(runs.length()) * size;
    std::memcpy(to, stored.data() + static_cast<size_t>(runs.from()) * size,
                bytes);
    if (swap) SwapElements(piece.entry.dtype, {to, bytes});
  }
  return OkStatus();
}

Status BundleReader::Impl::CopyStrings(const Piece& piece,
                                       const TensorSlice& region,
                                       std::vector<std::string>& out) const {
  CAIRN_ASSIGN_OR_RETURN(Tensor part, ReadWhole(piece.entry));
  for (BoxRuns runs(piece.wanted, piece.where, region); runs.Valid();
       runs.Next()) {
    const auto from = part.strings().begin() + runs.from();
    std::move(from, from + runs.length(), out.begin() + runs.to());
  }
  return OkStatus();
}

StatusOr<Tensor> BundleReader::Impl::ReadRegion(
    std::string_view key, const BundleEntry& full,
    const TensorSlice& region) const {
  std::vector<Piece> pieces;
  if (full.slices.empty()) {
    CAIRN_RETURN_IF_ERROR(FileOf(full).status());
    const TensorSlice all = TensorSlice(full.shape.rank()).Resolve(full.shape);
    pieces.push_back({full, all, region});
  } else {
    CAIRN_ASSIGN_OR_RETURN(pieces, FindPieces(key, full, region));
  }
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, region.Apply(full.shape));
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         Tensor::CreateUninitialized(full.dtype, shape));
  if (shape.num_elements() == 0) return tensor;
  for (const Piece& piece : pieces) {
    CAIRN_RETURN_IF_ERROR(
        IsFixedSize(full.dtype)
            ? CopyFixed(piece, region, tensor.mutable_bytes().data())
            : CopyStrings(piece, region, tensor.strings()));
  }
  return tensor;
}

// --- reading ---

StatusOr<Tensor> BundleReader::Read(std::string_view key) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
  StatusOr<Tensor> tensor =
      entry.slices.empty()
          ? impl_->ReadWhole(entry)
          : impl_->ReadRegion(
                key, entry,
                TensorSlice(entry.shape.rank()).Resolve(entry.shape));
  if (tensor.ok()) return tensor;
  return Annotate(tensor.status(), StrCat("tensor ", Escape(key)));
}

StatusOr<Tensor> BundleReader::ReadSlice(std::string_view key,
                                         const TensorSlice& slice) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
  const StatusOr<Shape> shape = slice.Apply(entry.shape);
  StatusOr<Tensor> tensor =
      shape.ok() ? impl_->ReadRegion(key, entry, slice.Resolve(entry.shape))
                 : shape.status();
  if (tensor.ok()) return tensor;
  return Annotate(tensor.status(), StrCat("tensor ", Escape(key)));
}

Status BundleReader::ReadInto(std::string_view key, std::span<char> out) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
  const auto context = [&] { return StrCat("tensor ", Escape(key)); };
  if (!IsFixedSize(entry.dtype)) {
    return InvalidArgumentError(StrCat(context(), " is of dtype ",
                                       DataTypeName(entry.dtype),
                                       ", which has no fixed size"));
  }
  const StatusOr<int64_t> bytes =
      ByteSize(entry.shape, DataTypeSize(entry.dtype));
  if (!bytes.ok() || static_cast<uint64_t>(*bytes) != out.size()) {
    return InvalidArgumentError(StrCat(
        context(), " is ", DataTypeName(entry.dtype), entry.shape.ToString(),
        ", the memory for it has ", out.size(), " bytes"));
  }
  Status status;
  if (entry.slices.empty()) {
    status = impl_->ReadFixed(entry, out.data());
  } else {
    const TensorSlice all =
        TensorSlice(entry.shape.rank()).Resolve(entry.shape);
    const auto pieces = impl_->FindPieces(key, entry, all);
    status = pieces.status();
    for (size_t i = 0; status.ok() && i < pieces->size(); ++i) {
      status = impl_->CopyFixed((*pieces)[i], all, out.data());
    }
  }
  return status.ok() ? status : Annotate(status, context());
}

StatusOr<TensorView> BundleReader::View(std::string_view key,
                                        Verify verify) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
  const auto refuse = [&](std::string_view why) {
    return FailedPreconditionError(StrCat("tensor ", Escape(key), " of ",
                                          Escape(impl_->prefix, 4096),
                                          " cannot be viewed in place: ", why));
  };
  if (!entry.slices.empty()) return refuse("it is stored in pieces");
  if (!IsFixedSize(entry.dtype)) return refuse("it holds strings");
  if (impl_->needs_swap(entry.dtype)) return refuse("its byte order differs");
  CAIRN_ASSIGN_OR_RETURN(const RandomAccessFile* file, impl_->FileOf(entry));
  const auto mapped = file->Mapped();
  if (!mapped.has_value()) return refuse("the file cannot be mapped");
  const std::string_view bytes = mapped->substr(
      static_cast<size_t>(entry.offset), static_cast<size_t>(entry.size));
  if (verify == Verify::kChecksum) {
    const Status status =
        impl_->InData(CompareChecksum(entry, Crc32c(bytes)), entry);
    if (!status.ok()) {
      return Annotate(status, StrCat("tensor ", Escape(key)));
    }
  }
  return TensorView::Create(entry.dtype, entry.shape, bytes);
}

StatusOr<std::string> BundleReader::ReadRaw(const BundleEntry& entry) const {
  std::string buffer;
  CAIRN_ASSIGN_OR_RETURN(const std::string_view stored,
                         impl_->Stored(entry, buffer));
  if (IsFixedSize(entry.dtype)) {
    CAIRN_RETURN_IF_ERROR(
        impl_->InData(CompareChecksum(entry, Crc32c(stored)), entry));
  }
  if (!buffer.empty()) return buffer;
  return std::string(stored);
}

Status BundleReader::Check(std::string_view key,
                           const BundleEntry& entry) const {
  if (!entry.slices.empty()) {
    for (const TensorSlice& slice : entry.slices) {
      CAIRN_ASSIGN_OR_RETURN(const Piece piece,
                             impl_->FindPiece(key, entry, slice));
      CAIRN_RETURN_IF_ERROR(Check(key, piece.entry));
    }
    return OkStatus();
  }
  Status status;
  if (IsFixedSize(entry.dtype)) {
    status = impl_->VerifyFixed(entry);
  } else {
    std::string buffer;
    const StatusOr<std::string_view> stored = impl_->Stored(entry, buffer);
    status = stored.status();
    if (status.ok()) {
      status = impl_->InData(
          ReadStrings(entry, impl_->header.endianness, *stored, nullptr),
          entry);
    }
  }
  if (status.ok()) return status;
  return Annotate(status, StrCat("tensor ", Escape(key)));
}

}  // namespace cairn::bundle
