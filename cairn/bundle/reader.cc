// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile index can do, and the check:
//   be no table, or a damaged one                     table room
//   start with another key than the header's          ReadHeader
//   ask for a newer reader                            CheckVersion
//   hold malformed entries                            DecodeEntry
//   name a shard that does not exist                  CheckedEntry
// The tensors' bytes: entry_reading.cc.
#include "cairn/bundle/reader.h"

#include <new>
#include <unordered_set>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader_impl.h"
#include "cairn/bundle/shards.h"
#include "cairn/bundle/string_reading.h"
#include "cairn/table/table.h"
#include "cairn/tensor/slice_key.h"

namespace cairn::bundle {
namespace {

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

}  // namespace

// --- opening ---

Status BundleReader::Impl::IndexStatus(const Status& status) const {
  if (!absl::IsDataLoss(status) && !absl::IsOutOfRange(status)) return status;
  // TensorFlow writes an index in place: then what was read is a mixture.
  const Status replaced = shards->CheckSameIndex();
  return absl::IsUnavailable(replaced) ? replaced : status;
}

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
  CAIRN_RETURN_IF_ERROR(IndexStatus(it.status()));
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

StatusOr<std::unique_ptr<BundleReader>> BundleReader::Open(
    FileSystem& fs, std::string prefix, const ReaderOptions& options) {
  return GuardMemory(prefix, [&]() -> StatusOr<std::unique_ptr<BundleReader>> {
    auto impl = std::make_unique<Impl>();
    StatusOr<std::unique_ptr<RandomAccessFile>> file =
        OpenIndexFile(fs, prefix);
    if (absl::IsNotFound(file.status())) {
      return NotFoundError(StrCat("no checkpoint ", Escape(prefix, 4096), ": ",
                                  Message(file.status())));
    }
    if (!file.ok()) return file.status();
    const uint64_t id = (*file)->id();
    impl->fs = &fs;
    impl->prefix = prefix;  // not moved from: errors name it
    if (options.access == ReaderOptions::Access::kRead) {
      impl->mapping = Mapping::kNever;
    }
    impl->shards = std::make_unique<Shards>(fs, impl->prefix, id, impl->mapping,
                                            options.max_open_files);
    StatusOr<std::unique_ptr<table::Table>> table =
        table::Table::Open(*std::move(file), table::Table::Access::kRead);
    if (!table.ok()) return impl->IndexStatus(table.status());
    impl->table = *std::move(table);
    CAIRN_RETURN_IF_ERROR(impl->ReadHeader());
    return std::unique_ptr<BundleReader>(new BundleReader(std::move(impl)));
  });
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
  const StatusOr<table::PinnedValue> value = table->Get(key);
  if (!value.ok()) return IndexStatus(value.status());
  return CheckedEntry(key, value->bytes);
}

StatusOr<BundleEntry> BundleReader::Lookup(std::string_view key) const {
  return GuardMemory(
      prefix(), [&]() -> StatusOr<BundleEntry> { return impl_->Lookup(key); });
}

bool BundleReader::Contains(std::string_view key) const {
  return !key.empty() && impl_->table->Get(key).ok();
}

namespace {

class IndexIterator : public BundleReader::Iterator {
 public:
  explicit IndexIterator(const BundleReader::Impl& impl)
      : impl_(impl), it_(*impl.table) {
    IndexIterator::Seek("");
  }
  bool Valid() const override { return it_.Valid(); }
  void Next() override { it_.Next(); }
  void Seek(std::string_view target) override {
    it_.Seek(target);
    SkipHeader();
  }
  void SeekToPrefix(std::string_view prefix) override {
    it_.SeekToPrefix(prefix);
    SkipHeader();
  }
  std::string_view key() const override { return it_.key(); }
  StatusOr<BundleEntry> entry() const override {
    return GuardMemory(impl_.prefix, [&] {
      return impl_.CheckedEntry(it_.key(), it_.value());
    });
  }
  Status status() const override {
    return GuardMemory(impl_.prefix,
                       [&] { return impl_.IndexStatus(it_.status()); });
  }

 private:
  void SkipHeader() {
    if (it_.Valid() && it_.key().empty()) it_.Next();
  }
  const BundleReader::Impl& impl_;
  table::Table::Iterator it_;
};

// Passes over the pieces that their tensors list. The pieces of one tensor
// follow one another, so that its list is looked up once.
class TensorIterator : public IndexIterator {
 public:
  explicit TensorIterator(const BundleReader::Impl& impl)
      : IndexIterator(impl), impl_(impl) {
    SkipPieces();
  }
  bool Valid() const override {
    return failure_.ok() && IndexIterator::Valid();
  }
  Status status() const override {
    return failure_.ok() ? IndexIterator::status() : failure_;
  }
  void Next() override {
    IndexIterator::Next();
    SkipPieces();
  }
  void Seek(std::string_view target) override {
    IndexIterator::Seek(target);
    SkipPieces();
  }
  void SeekToPrefix(std::string_view prefix) override {
    IndexIterator::SeekToPrefix(prefix);
    SkipPieces();
  }

 private:
  void SkipPieces() {
    failure_ = GuardMemory(impl_.prefix, [&]() -> Status {
      while (IndexIterator::Valid()) {
        CAIRN_ASSIGN_OR_RETURN(const bool is_piece, IsListedPiece(key()));
        if (!is_piece) break;
        IndexIterator::Next();
      }
      return OkStatus();
    });
    if (!failure_.ok()) has_name_ = false;
  }
  StatusOr<bool> IsListedPiece(std::string_view key) {
    if (key.empty() || key[0] != '\0') return false;
    const StatusOr<TensorNameSlice> piece = DecodeTensorNameSlice(key);
    if (!piece.ok()) return false;
    if (!has_name_ || name_ != piece->name) {
      has_name_ = true;
      name_ = piece->name;
      pieces_.clear();
      const StatusOr<BundleEntry> whole = impl_.Lookup(name_);
      if (absl::IsResourceExhausted(whole.status())) return whole.status();
      if (whole.ok()) {
        for (const TensorSlice& slice : whole->slices) {
          pieces_.insert(slice.ToString());
        }
      }
    }
    return pieces_.contains(piece->slice.ToString());
  }

  const BundleReader::Impl& impl_;
  bool has_name_ = false;
  std::string name_;
  std::unordered_set<std::string> pieces_;
  Status failure_;  // of deciding what to pass over
};

// What a walk is that there is no memory for. There is one, shared by whoever
// gets it and never destroyed.
class NoIterator final : public BundleReader::Iterator {
 public:
  bool Valid() const override { return false; }
  void Next() override {}
  void Seek(std::string_view) override {}
  void SeekToPrefix(std::string_view) override {}
  std::string_view key() const override { return {}; }
  StatusOr<BundleEntry> entry() const override { return status(); }
  Status status() const override {
    return NoMemoryError("an iterator", "out of memory");
  }
  static void operator delete(NoIterator*, std::destroying_delete_t) {}
};

template <typename T>
std::unique_ptr<BundleReader::Iterator> Make(const BundleReader::Impl& impl) {
  using Owner = std::unique_ptr<BundleReader::Iterator>;
  StatusOr<Owner> made = GuardMemory(impl.prefix, [&]() -> StatusOr<Owner> {
    return std::make_unique<T>(impl);
  });
  if (made.ok()) return *std::move(made);
  static NoIterator none;
  return Owner(&none);
}

}  // namespace

std::unique_ptr<BundleReader::Iterator> BundleReader::NewIterator() const {
  return Make<IndexIterator>(*impl_);
}

std::unique_ptr<BundleReader::Iterator> BundleReader::NewTensorIterator()
    const {
  return Make<TensorIterator>(*impl_);
}

// --- one tensor ---

namespace {

Status OfTensor(const Status& status, std::string_view key) {
  if (status.ok()) return status;
  return Annotate(status, StrCat("tensor ", Escape(key)));
}

}  // namespace

StatusOr<Tensor> BundleReader::Read(std::string_view key) const {
  return GuardMemory(prefix(), [&]() -> StatusOr<Tensor> {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
    StatusOr<Tensor> tensor = impl_->ReadEntry(key, entry);
    if (tensor.ok()) return tensor;
    return OfTensor(tensor.status(), key);
  });
}

StatusOr<Tensor> BundleReader::ReadSlice(std::string_view key,
                                         const TensorSlice& slice,
                                         Verify verify) const {
  return GuardMemory(prefix(), [&]() -> StatusOr<Tensor> {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
    const StatusOr<Shape> shape = slice.Apply(entry.shape);
    if (!shape.ok()) return OfTensor(shape.status(), key);
    StatusOr<Tensor> tensor =
        impl_->ReadRegion(key, entry, slice.Resolve(entry.shape), verify);
    if (tensor.ok()) return tensor;
    return OfTensor(tensor.status(), key);
  });
}

Status BundleReader::ReadInto(std::string_view key, std::span<char> out) const {
  return GuardMemory(prefix(), [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
    return OfTensor(impl_->ReadEntryInto(key, entry, out), key);
  });
}

Status BundleReader::ReadSliceInto(std::string_view key,
                                   const TensorSlice& slice,
                                   std::span<char> out, Verify verify) const {
  return GuardMemory(prefix(), [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
    const StatusOr<Shape> shape = slice.Apply(entry.shape);
    if (!shape.ok()) return OfTensor(shape.status(), key);
    CAIRN_RETURN_IF_ERROR(
        OfTensor(impl_->CheckTarget(entry, *shape, out.size()), key));
    return OfTensor(
        impl_->ReadRegionInto(key, entry, slice.Resolve(entry.shape), verify,
                              out.data()),
        key);
  });
}

StatusOr<TensorView> BundleReader::View(std::string_view key,
                                        Verify verify) const {
  return GuardMemory(prefix(), [&]() -> StatusOr<TensorView> {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
    const auto refuse = [&](std::string_view why) {
      return FailedPreconditionError(
          StrCat("tensor ", Escape(key), " of ", Escape(impl_->prefix, 4096),
                 " cannot be viewed in place: ", why));
    };
    if (!entry.slices.empty()) return refuse("it is stored in pieces");
    if (!IsFixedSize(entry.dtype)) return refuse("it holds strings");
    if (impl_->needs_swap(entry.dtype)) return refuse("its byte order differs");
    const StatusOr<StoredBytes> stored = impl_->BytesOf(entry);
    if (!stored.ok()) return OfTensor(stored.status(), key);
    if (!stored->mapped().has_value()) return refuse("the file is not mapped");
    const std::string_view bytes = *stored->mapped();
    if (verify != Verify::kNone) {
      CAIRN_RETURN_IF_ERROR(OfTensor(
          impl_->InData(CompareChecksum(entry, Crc32c(bytes)), entry), key));
    }
    return TensorView::Create(entry.dtype, entry.shape, bytes);
  });
}

// --- in constant memory ---

Status BundleReader::Stream(std::string_view key, const ByteSink& sink) const {
  return GuardMemory(prefix(), [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
    if (!IsFixedSize(entry.dtype)) {
      return OfTensor(InvalidArgumentError(StrCat(
                          "it is of dtype ", DataTypeName(entry.dtype),
                          ", which has no fixed size: visit its strings")),
                      key);
    }
    return OfTensor(
        entry.slices.empty()
            ? impl_->StreamFixed(entry, impl_->needs_swap(entry.dtype), sink)
            : impl_->StreamPieces(key, entry, sink),
        key);
  });
}

Status BundleReader::VisitStrings(std::string_view key,
                                  const StringVisitor& visit) const {
  return GuardMemory(prefix(), [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, impl_->Lookup(key));
    if (IsFixedSize(entry.dtype)) {
      return OfTensor(InvalidArgumentError(StrCat("it is of dtype ",
                                                  DataTypeName(entry.dtype),
                                                  ", which holds no strings")),
                      key);
    }
    if (entry.slices.empty()) {
      return OfTensor(impl_->VisitEntry(entry, visit), key);
    }
    const StatusOr<Tensor> tensor = impl_->ReadEntry(key, entry);
    if (!tensor.ok()) return OfTensor(tensor.status(), key);
    int64_t index = 0;
    for (const std::string& s : tensor->strings()) {
      CAIRN_RETURN_IF_ERROR(OfTensor(visit({index++, s.size(), 0, s}), key));
    }
    return OkStatus();
  });
}

// --- stored bytes ---

StatusOr<std::string> BundleReader::ReadRaw(const BundleEntry& entry) const {
  return GuardMemory(prefix(), [&]() -> StatusOr<std::string> {
    CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, impl_->BytesOf(entry));
    std::string bytes;
    const auto size = static_cast<size_t>(entry.size);
    try {
      bytes.resize(size);
    } catch (const std::bad_alloc&) {
      return impl_->InData(ResourceExhaustedError("no memory for them"), entry);
    }
    CAIRN_RETURN_IF_ERROR(stored.ReadAt(0, size, bytes.data()));
    if (IsFixedSize(entry.dtype)) {
      CAIRN_RETURN_IF_ERROR(
          impl_->InData(CompareChecksum(entry, Crc32c(bytes)), entry));
    }
    return bytes;
  });
}

Status BundleReader::StreamRaw(const BundleEntry& entry,
                               const ByteSink& sink) const {
  return GuardMemory(prefix(), [&]() -> Status {
    if (IsFixedSize(entry.dtype)) return impl_->StreamFixed(entry, false, sink);
    CAIRN_RETURN_IF_ERROR(impl_->VisitEntry(entry, nullptr));
    CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, impl_->BytesOf(entry));
    ByteWindow in(stored, 0, stored.size());
    while (in.rest() > 0) {
      std::string_view part;
      CAIRN_RETURN_IF_ERROR(in.Take(kChunkBytes, &part));
      CAIRN_RETURN_IF_ERROR(sink(part));
    }
    return OkStatus();
  });
}

Status BundleReader::Check(std::string_view key,
                           const BundleEntry& entry) const {
  return GuardMemory(prefix(), [&]() -> Status {
    return OfTensor(impl_->CheckEntry(key, entry), key);
  });
}

}  // namespace cairn::bundle
