// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile or damaged V1 checkpoint can do, and the check:
//   be no table, or a damaged one                  table room
//   start with another record than the meta record OpenOne
//   ask for a newer reader                         CheckVersions
//   lack a shard, or be replaced while opened      OpenFiles
//   describe a tensor wrongly                      DecodeTensorMeta
//   describe it differently from file to file      EntryOf
//   list pieces that overlap, or leave gaps        ChoosePieces
//   list a piece without a record                  RecordOf, CheckAll
//   have a record that is not listed               CheckAll
//   hold other values than the piece's             StoredValues::Parse
//   claim a huge tensor of few bytes               RecordOf: MayHold, before
//                                                  memory is taken
#include "cairn/v1/reader.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <new>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/table/table.h"
#include "cairn/tensor/box_runs.h"
#include "cairn/tensor/pieces.h"
#include "cairn/tensor/slice_key.h"
#include "cairn/v1/meta.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/values.h"

namespace cairn::v1 {
namespace {

// How often to start over when the files are being replaced meanwhile.
constexpr int kMaxAttempts = 5;
// Bytes of the names in the keys of one tensor's pieces: each key is compared,
// so a huge name with many pieces would take time beyond the file's size.
constexpr size_t kMaxKeyBytes = size_t{1} << 26;

// Where a tensor's description stands in its file's meta record. Records are
// shorter than 2^32 bytes.
struct Ref {
  uint32_t message;
  uint32_t message_size;
  uint32_t name;
  uint32_t name_size;
};

// A piece that is read and the part of it that is wanted.
struct Part {
  const V1Piece* piece;
  TensorSlice where;
  TensorSlice wanted;
};

}  // namespace

struct V1Reader::Impl {
  struct File {
    std::string path;
    std::unique_ptr<table::Table> table;
    table::PinnedValue meta;
    size_t first_ref = 0;  // its refs go on to the next file's
  };

  V1Files names;
  V1ReaderOptions options;
  std::vector<File> files;
  std::vector<Ref> refs;        // file by file, as stored
  std::vector<uint32_t> order;  // of refs, by name, then as stored
  int64_t num_tensors = 0;

  static StatusOr<std::unique_ptr<V1Reader>> Make(
      FileSystem& fs, V1Files names, const V1ReaderOptions& options);
  Status OpenOne(FileSystem& fs, const std::string& committed,
                 const std::string& path);
  Status OpenFiles(FileSystem& fs);
  Status SortNames();

  // --- names ---
  size_t FileOf(size_t ref) const;
  std::string_view Name(size_t ref) const;
  std::string_view Message(size_t ref) const;
  size_t EndOfName(size_t begin) const;
  std::pair<size_t, size_t> RangeOf(std::string_view name) const;
  size_t EndOfFile(size_t file) const {
    return file + 1 < files.size() ? files[file + 1].first_ref : refs.size();
  }

  // --- entries ---
  Status AddRef(size_t ref, V1Entry* entry) const;
  StatusOr<V1Entry> EntryOf(size_t begin, size_t end) const;
  StatusOr<V1Entry> Find(std::string_view name) const;

  // --- values ---
  Status AtPiece(const Status& status, const V1Entry& entry,
                 const V1Piece& piece) const;
  StatusOr<table::PinnedValue> RecordOf(const V1Entry& entry,
                                        const V1Piece& piece) const;
  StatusOr<StoredValues> ValuesOf(const table::PinnedValue& record,
                                  const V1Entry& entry,
                                  const V1Piece& piece) const;
  Status CheckMine(const V1Entry& entry, const V1Piece& piece) const;
  StatusOr<Tensor> ReadPiece(const V1Entry& entry, const V1Piece& piece) const;
  StatusOr<std::vector<Part>> Choose(const V1Entry& entry,
                                     const TensorSlice& region) const;
  Status CopyWhole(const V1Entry& entry, const V1Piece& piece, char* out) const;
  Status CopyNumbers(const V1Entry& entry, const Part& part,
                     const TensorSlice& region, char* out) const;
  Status CopyStrings(const V1Entry& entry, const Part& part,
                     const TensorSlice& region,
                     std::vector<std::string>& out) const;
  StatusOr<Tensor> ReadRegion(const V1Entry& entry,
                              const TensorSlice& region) const;
  Status ReadRegionInto(const V1Entry& entry, const TensorSlice& region,
                        std::span<char> out) const;

  // --- checking ---
  struct CheckRun;
  Status CheckOverlaps(const V1Entry& entry) const;
  Status CheckFile(size_t file, CheckRun& run) const;
};

// --- opening ---

Status V1Reader::Impl::OpenOne(FileSystem& fs, const std::string& committed,
                               const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(auto opened, fs.OpenForReading(committed));
  File file;
  file.path = path;
  file.first_ref = refs.size();
  CAIRN_ASSIGN_OR_RETURN(
      file.table,
      options.access == V1ReaderOptions::Access::kMap
          ? table::Table::Open(std::move(opened))
          : table::Table::Open(std::move(opened), table::Table::Access::kRead,
                               /*max_cache_bytes=*/0));
  StatusOr<table::PinnedValue> meta = file.table->Get("");
  if (absl::IsNotFound(meta.status())) {
    return DataLossError(StrCat(Escape(path, 4096),
                                ": no V1 checkpoint: there is no meta record"));
  }
  CAIRN_RETURN_IF_ERROR(meta.status());
  file.meta = *std::move(meta);
  const char* const begin = file.meta.bytes.data();
  const auto offset = [begin](std::string_view part) {
    return part.empty() ? 0 : static_cast<uint32_t>(part.data() - begin);
  };
  Versions versions;
  Status status =
      WalkMeta(file.meta.bytes, &versions, [&](const TensorRef& tensor) {
        refs.push_back({offset(tensor.message),
                        static_cast<uint32_t>(tensor.message.size()),
                        offset(tensor.name),
                        static_cast<uint32_t>(tensor.name.size())});
      });
  if (status.ok()) status = CheckVersions(versions);
  if (!status.ok()) {
    return Annotate(status, StrCat(Escape(path, 4096), ": no V1 checkpoint"));
  }
  files.push_back(std::move(file));
  return OkStatus();
}

Status V1Reader::Impl::OpenFiles(FileSystem& fs) {
  Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    files.clear();
    refs.clear();
    status = OkStatus();
    for (int32_t i = 0; i < names.num_files() && status.ok(); ++i) {
      const std::string path = names.File(i);
      CAIRN_ASSIGN_OR_RETURN(const std::string committed,
                             ResolveCommitted(fs, names.prefix, path));
      status = OpenOne(fs, committed, path);
      if (absl::IsNotFound(status) && names.num_shards > 0) {
        status = NotFoundError(StrCat(
            Escape(names.path, 4096), ": shard ", i, " of ", names.num_shards,
            " is missing: there is no ", Escape(path, 4096)));
      }
    }
    if (!status.ok() && !absl::IsNotFound(status)) return status;
    // If the first file, opened before all others, still is the one in place,
    // all are of one set: nothing was switched in between.
    CAIRN_ASSIGN_OR_RETURN(const std::string first,
                           ResolveCommitted(fs, names.prefix, names.File(0)));
    const StatusOr<FileInfo> info = fs.Stat(first);
    const bool same =
        info.ok() && !files.empty() && info->id == files[0].table->file().id();
    if (status.ok() && (same || files.size() == 1)) return OkStatus();
    if (same || (!info.ok() && files.empty())) return status;
    status = UnavailableError(
        StrCat(Escape(names.path, 4096),
               ": the checkpoint was replaced or removed while it was being "
               "opened; open it again"));
  }
  return status;
}

Status V1Reader::Impl::SortNames() {
  if (refs.size() > std::numeric_limits<uint32_t>::max()) {
    return UnimplementedError(StrCat(Escape(names.path, 4096), ": ",
                                     refs.size(), " tensors are too many"));
  }
  order.resize(refs.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<uint32_t>(i);
  }
  std::ranges::sort(order, [this](uint32_t a, uint32_t b) {
    const int c = Name(a).compare(Name(b));
    return c != 0 ? c < 0 : a < b;
  });
  num_tensors = 0;
  for (size_t i = 0; i < order.size(); i = EndOfName(i)) ++num_tensors;
  return OkStatus();
}

StatusOr<std::unique_ptr<V1Reader>> V1Reader::Impl::Make(
    FileSystem& fs, V1Files names, const V1ReaderOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->names = std::move(names);
  impl->options = options;
  CAIRN_RETURN_IF_ERROR(impl->OpenFiles(fs));
  CAIRN_RETURN_IF_ERROR(impl->SortNames());
  return std::unique_ptr<V1Reader>(new V1Reader(std::move(impl)));
}

StatusOr<std::unique_ptr<V1Reader>> V1Reader::Open(
    FileSystem& fs, const std::string& path, const V1ReaderOptions& options) {
  return GuardMemory(path, [&]() -> StatusOr<std::unique_ptr<V1Reader>> {
    CAIRN_ASSIGN_OR_RETURN(V1Files names, FindV1Files(fs, path));
    return Impl::Make(fs, std::move(names), options);
  });
}

StatusOr<std::unique_ptr<V1Reader>> V1Reader::OpenFile(
    FileSystem& fs, const std::string& path, const V1ReaderOptions& options) {
  return GuardMemory(path, [&]() -> StatusOr<std::unique_ptr<V1Reader>> {
    return Impl::Make(fs, {path, path, 0}, options);
  });
}

V1Reader::V1Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
V1Reader::~V1Reader() = default;

const std::string& V1Reader::path() const { return impl_->names.path; }
const std::string& V1Reader::prefix() const { return impl_->names.prefix; }
int32_t V1Reader::num_shards() const { return impl_->names.num_shards; }
int32_t V1Reader::num_files() const { return impl_->names.num_files(); }
const std::string& V1Reader::FilePath(int32_t file) const {
  return impl_->files[static_cast<size_t>(file)].path;
}
uint64_t V1Reader::FileSize(int32_t file) const {
  return impl_->files[static_cast<size_t>(file)].table->file().size();
}
int64_t V1Reader::num_tensors() const { return impl_->num_tensors; }

// --- names ---

size_t V1Reader::Impl::FileOf(size_t ref) const {
  const auto next = std::ranges::upper_bound(files, ref, {}, &File::first_ref);
  return static_cast<size_t>(next - files.begin()) - 1;
}

std::string_view V1Reader::Impl::Name(size_t ref) const {
  const Ref& r = refs[ref];
  return files[FileOf(ref)].meta.bytes.substr(r.name, r.name_size);
}

std::string_view V1Reader::Impl::Message(size_t ref) const {
  const Ref& r = refs[ref];
  return files[FileOf(ref)].meta.bytes.substr(r.message, r.message_size);
}

// Past the refs of the name at `order[begin]`.
size_t V1Reader::Impl::EndOfName(size_t begin) const {
  const std::string_view name = Name(order[begin]);
  size_t end = begin + 1;
  while (end < order.size() && Name(order[end]) == name) ++end;
  return end;
}

std::pair<size_t, size_t> V1Reader::Impl::RangeOf(std::string_view name) const {
  const auto below = [this](uint32_t ref, std::string_view n) {
    return Name(ref) < n;
  };
  const auto above = [this](std::string_view n, uint32_t ref) {
    return n < Name(ref);
  };
  const auto begin = std::lower_bound(order.begin(), order.end(), name, below);
  const auto end = std::upper_bound(begin, order.end(), name, above);
  return {static_cast<size_t>(begin - order.begin()),
          static_cast<size_t>(end - order.begin())};
}

bool V1Reader::Contains(std::string_view name) const {
  const auto [begin, end] = impl_->RangeOf(name);
  return begin < end;
}

// --- entries ---

// What one file says of a tensor, added to what others said.
Status V1Reader::Impl::AddRef(size_t ref, V1Entry* entry) const {
  const size_t file = FileOf(ref);
  const auto here = [&](const Status& status) {
    return Annotate(status, Escape(files[file].path, 4096));
  };
  StatusOr<TensorMeta> meta = DecodeTensorMeta(Message(ref));
  if (!meta.ok()) return here(meta.status());
  if (!entry->pieces.empty() &&
      (entry->dtype != meta->dtype || entry->shape != meta->shape)) {
    return here(DataLossError(
        StrCat("tensor ", Escape(meta->name), " is ", DataTypeName(meta->dtype),
               meta->shape.ToString(), ", but ", DataTypeName(entry->dtype),
               entry->shape.ToString(), " elsewhere")));
  }
  entry->name = std::move(meta->name);
  entry->dtype = meta->dtype;
  entry->shape = std::move(meta->shape);
  const auto rank = static_cast<size_t>(std::max(entry->shape.rank(), 1));
  const size_t pieces = entry->pieces.size() + meta->slices.size();
  if (pieces * rank > kMaxExtents ||
      pieces > kMaxKeyBytes / (entry->name.size() + 1)) {
    return here(UnimplementedError(
        StrCat("tensor ", Escape(entry->name), ": ", pieces, " pieces of rank ",
               entry->shape.rank(), " and a name of ", entry->name.size(),
               " bytes are too many")));
  }
  for (TensorSlice& slice : meta->slices) {
    entry->pieces.push_back({std::move(slice), static_cast<int32_t>(file)});
  }
  return OkStatus();
}

StatusOr<V1Entry> V1Reader::Impl::EntryOf(size_t begin, size_t end) const {
  V1Entry entry;
  for (size_t i = begin; i < end; ++i) {
    CAIRN_RETURN_IF_ERROR(AddRef(order[i], &entry));
  }
  return entry;
}

StatusOr<V1Entry> V1Reader::Impl::Find(std::string_view name) const {
  const auto [begin, end] = RangeOf(name);
  if (begin < end) return EntryOf(begin, end);
  return NotFoundError(StrCat("Tensor name \"", Escape(name),
                              "\" not found in checkpoint files ",
                              Escape(names.path, 4096)));
}

StatusOr<V1Entry> V1Reader::Find(std::string_view name) const {
  return GuardMemory(path(),
                     [&]() -> StatusOr<V1Entry> { return impl_->Find(name); });
}

namespace {

using EntryMaker = std::function<StatusOr<V1Entry>(size_t begin, size_t end)>;
using NameGetter = std::function<std::string_view(size_t)>;

// Walks positions [begin, end), one step for each run that `next` finds.
class PositionIterator : public V1Reader::Iterator {
 public:
  PositionIterator(const std::string& path, size_t begin, size_t end,
                   std::function<size_t(size_t)> next, NameGetter name,
                   EntryMaker entry)
      : path_(path),
        end_(end),
        position_(begin),
        next_(std::move(next)),
        name_(std::move(name)),
        entry_(std::move(entry)) {}
  bool Valid() const override { return position_ < end_; }
  void Next() override { position_ = next_(position_); }
  std::string_view name() const override { return name_(position_); }
  StatusOr<V1Entry> entry() const override {
    return GuardMemory(path_,
                       [&] { return entry_(position_, next_(position_)); });
  }

 private:
  const std::string& path_;
  size_t end_;
  size_t position_;
  std::function<size_t(size_t)> next_;
  NameGetter name_;
  EntryMaker entry_;
};

// What a walk is that there is no memory for. There is one, shared by whoever
// gets it and never destroyed.
class NoIterator final : public V1Reader::Iterator {
 public:
  bool Valid() const override { return false; }
  void Next() override {}
  std::string_view name() const override { return {}; }
  StatusOr<V1Entry> entry() const override { return status(); }
  Status status() const override {
    return NoMemoryError("an iterator", "out of memory");
  }
  static void operator delete(NoIterator*, std::destroying_delete_t) {}
};

using IteratorOwner = std::unique_ptr<V1Reader::Iterator>;

template <typename F>
IteratorOwner OrNone(const std::string& path, F&& make) {
  StatusOr<IteratorOwner> made =
      GuardMemory(path, [&]() -> StatusOr<IteratorOwner> { return make(); });
  if (made.ok()) return *std::move(made);
  static NoIterator none;
  return IteratorOwner(&none);
}

}  // namespace

std::unique_ptr<V1Reader::Iterator> V1Reader::NewIterator() const {
  const Impl* impl = impl_.get();
  return OrNone(path(), [&] {
    return std::make_unique<PositionIterator>(
        path(), 0, impl->order.size(),
        [impl](size_t at) { return impl->EndOfName(at); },
        [impl](size_t at) { return impl->Name(impl->order[at]); },
        [impl](size_t begin, size_t end) { return impl->EntryOf(begin, end); });
  });
}

std::unique_ptr<V1Reader::Iterator> V1Reader::NewFileIterator(
    int32_t file) const {
  const Impl* impl = impl_.get();
  const auto at = static_cast<size_t>(file);
  return OrNone(path(), [&] {
    return std::make_unique<PositionIterator>(
        path(), impl->files[at].first_ref, impl->EndOfFile(at),
        [](size_t ref) { return ref + 1; },
        [impl](size_t ref) { return impl->Name(ref); },
        [impl](size_t ref, size_t) -> StatusOr<V1Entry> {
          V1Entry entry;
          CAIRN_RETURN_IF_ERROR(impl->AddRef(ref, &entry));
          return entry;
        });
  });
}

// --- values ---

Status V1Reader::Impl::AtPiece(const Status& status, const V1Entry& entry,
                               const V1Piece& piece) const {
  if (status.ok()) return status;
  return Annotate(
      status, StrCat(Escape(files[static_cast<size_t>(piece.file)].path, 4096),
                     ": tensor ", Escape(entry.name),
                     piece.slice.Covers(entry.shape)
                         ? std::string()
                         : StrCat(", piece ", piece.slice.ToString())));
}

// The piece's record, long enough for its elements.
StatusOr<table::PinnedValue> V1Reader::Impl::RecordOf(
    const V1Entry& entry, const V1Piece& piece) const {
  const table::Table& table = *files[static_cast<size_t>(piece.file)].table;
  StatusOr<table::PinnedValue> record =
      table.Get(EncodeTensorNameSlice(entry.name, piece.slice));
  if (absl::IsNotFound(record.status())) {
    return AtPiece(DataLossError("it is listed, but has no record"), entry,
                   piece);
  }
  CAIRN_RETURN_IF_ERROR(record.status());
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, piece.slice.Apply(entry.shape));
  if (MayHold(record->bytes, entry.dtype, shape.num_elements())) return record;
  return AtPiece(
      DataLossError(StrCat("a record of ", record->bytes.size(),
                           " bytes cannot hold ", DataTypeName(entry.dtype),
                           shape.ToString())),
      entry, piece);
}

StatusOr<StoredValues> V1Reader::Impl::ValuesOf(
    const table::PinnedValue& record, const V1Entry& entry,
    const V1Piece& piece) const {
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, piece.slice.Apply(entry.shape));
  StatusOr<StoredValues> values = StoredValues::Parse(
      record.bytes, entry.name, piece.slice, entry.dtype, shape.num_elements());
  if (!values.ok()) return AtPiece(values.status(), entry, piece);
  return values;
}

StatusOr<Tensor> V1Reader::Impl::ReadPiece(const V1Entry& entry,
                                           const V1Piece& piece) const {
  CAIRN_ASSIGN_OR_RETURN(const table::PinnedValue record,
                         RecordOf(entry, piece));
  CAIRN_ASSIGN_OR_RETURN(const StoredValues values,
                         ValuesOf(record, entry, piece));
  CAIRN_ASSIGN_OR_RETURN(Shape shape, piece.slice.Apply(entry.shape));
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor, Tensor::CreateUninitialized(
                                            entry.dtype, std::move(shape)));
  if (entry.dtype == DataType::kString) {
    values.CopyTo(tensor.strings());
  } else if (tensor.num_elements() > 0) {
    values.CopyTo(tensor.mutable_bytes().data());
  }
  return tensor;
}

StatusOr<std::vector<Part>> V1Reader::Impl::Choose(
    const V1Entry& entry, const TensorSlice& region) const {
  std::vector<TensorSlice> slices;
  slices.reserve(entry.pieces.size());
  for (const V1Piece& piece : entry.pieces) slices.push_back(piece.slice);
  StatusOr<std::vector<ChosenPiece>> chosen =
      ChoosePieces(entry.shape, slices, region);
  if (!chosen.ok()) {
    return Annotate(chosen.status(), StrCat(Escape(names.path, 4096),
                                            ": tensor ", Escape(entry.name)));
  }
  std::vector<Part> parts;
  parts.reserve(chosen->size());
  for (ChosenPiece& choice : *chosen) {
    const V1Piece* const piece = &entry.pieces[choice.index];
    CAIRN_RETURN_IF_ERROR(RecordOf(entry, *piece).status());
    parts.push_back({piece, std::move(choice.where), std::move(choice.wanted)});
  }
  return parts;
}

Status V1Reader::Impl::CopyWhole(const V1Entry& entry, const V1Piece& piece,
                                 char* out) const {
  CAIRN_ASSIGN_OR_RETURN(const table::PinnedValue record,
                         RecordOf(entry, piece));
  CAIRN_ASSIGN_OR_RETURN(const StoredValues values,
                         ValuesOf(record, entry, piece));
  values.CopyTo(out);
  return OkStatus();
}

Status V1Reader::Impl::CopyNumbers(const V1Entry& entry, const Part& part,
                                   const TensorSlice& region, char* out) const {
  if (part.where == region) return CopyWhole(entry, *part.piece, out);
  CAIRN_ASSIGN_OR_RETURN(const Tensor piece, ReadPiece(entry, *part.piece));
  const auto size = static_cast<size_t>(DataTypeSize(entry.dtype));
  const std::string_view bytes = piece.bytes();
  for (BoxRuns runs(part.wanted, part.where, region); runs.Valid();
       runs.Next()) {
    std::memcpy(out + static_cast<size_t>(runs.to()) * size,
                bytes.data() + static_cast<size_t>(runs.from()) * size,
                static_cast<size_t>(runs.length()) * size);
  }
  return OkStatus();
}

Status V1Reader::Impl::CopyStrings(const V1Entry& entry, const Part& part,
                                   const TensorSlice& region,
                                   std::vector<std::string>& out) const {
  CAIRN_ASSIGN_OR_RETURN(Tensor piece, ReadPiece(entry, *part.piece));
  for (BoxRuns runs(part.wanted, part.where, region); runs.Valid();
       runs.Next()) {
    const auto from = piece.strings().begin() + runs.from();
    std::move(from, from + runs.length(), out.begin() + runs.to());
  }
  return OkStatus();
}

StatusOr<Tensor> V1Reader::Impl::ReadRegion(const V1Entry& entry,
                                            const TensorSlice& region) const {
  // Before memory is taken: the parts' records are long enough for it.
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Part> parts, Choose(entry, region));
  CAIRN_ASSIGN_OR_RETURN(Shape shape, region.Apply(entry.shape));
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor, Tensor::CreateUninitialized(
                                            entry.dtype, std::move(shape)));
  for (const Part& part : parts) {
    CAIRN_RETURN_IF_ERROR(
        entry.dtype == DataType::kString
            ? CopyStrings(entry, part, region, tensor.strings())
            : CopyNumbers(entry, part, region, tensor.mutable_bytes().data()));
  }
  return tensor;
}

Status V1Reader::Impl::ReadRegionInto(const V1Entry& entry,
                                      const TensorSlice& region,
                                      std::span<char> out) const {
  const auto wrong = [&](std::string_view why) {
    return InvalidArgumentError(StrCat("tensor ", Escape(entry.name), " of ",
                                       DataTypeName(entry.dtype),
                                       entry.shape.ToString(), ": ", why));
  };
  if (entry.dtype == DataType::kString) {
    return wrong("strings have no fixed size");
  }
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, region.Apply(entry.shape));
  const StatusOr<int64_t> bytes = ByteSize(shape, DataTypeSize(entry.dtype));
  if (!bytes.ok() || static_cast<uint64_t>(*bytes) != out.size()) {
    return wrong(StrCat("the memory for ", shape.ToString(), " of it has ",
                        out.size(), " bytes"));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Part> parts, Choose(entry, region));
  for (const Part& part : parts) {
    CAIRN_RETURN_IF_ERROR(CopyNumbers(entry, part, region, out.data()));
  }
  return OkStatus();
}

StatusOr<Tensor> V1Reader::Read(std::string_view name) const {
  return GuardMemory(path(), [&]() -> StatusOr<Tensor> {
    CAIRN_ASSIGN_OR_RETURN(const V1Entry entry, impl_->Find(name));
    if (entry.is_whole()) return impl_->ReadPiece(entry, entry.pieces[0]);
    return impl_->ReadRegion(
        entry, TensorSlice(entry.shape.rank()).Resolve(entry.shape));
  });
}

StatusOr<Tensor> V1Reader::ReadSlice(std::string_view name,
                                     const TensorSlice& slice) const {
  return GuardMemory(path(), [&]() -> StatusOr<Tensor> {
    CAIRN_ASSIGN_OR_RETURN(const V1Entry entry, impl_->Find(name));
    const StatusOr<Shape> shape = slice.Apply(entry.shape);
    if (!shape.ok()) {
      return Annotate(shape.status(), StrCat("tensor ", Escape(name)));
    }
    return impl_->ReadRegion(entry, slice.Resolve(entry.shape));
  });
}

Status V1Reader::Impl::CheckMine(const V1Entry& entry,
                                 const V1Piece& piece) const {
  if (piece.file >= 0 && piece.file < names.num_files() &&
      piece.slice.Apply(entry.shape).ok()) {
    return OkStatus();
  }
  return InvalidArgumentError("the entry is not of this checkpoint");
}

StatusOr<Tensor> V1Reader::ReadPiece(const V1Entry& entry,
                                     const V1Piece& piece) const {
  return GuardMemory(path(), [&]() -> StatusOr<Tensor> {
    CAIRN_RETURN_IF_ERROR(impl_->CheckMine(entry, piece));
    return impl_->ReadPiece(entry, piece);
  });
}

StatusOr<uint64_t> V1Reader::RecordSize(const V1Entry& entry,
                                        const V1Piece& piece) const {
  return GuardMemory(path(), [&]() -> StatusOr<uint64_t> {
    CAIRN_RETURN_IF_ERROR(impl_->CheckMine(entry, piece));
    CAIRN_ASSIGN_OR_RETURN(const table::PinnedValue record,
                           impl_->RecordOf(entry, piece));
    return record.bytes.size();
  });
}

Status V1Reader::ReadInto(std::string_view name, std::span<char> out) const {
  return GuardMemory(path(), [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const V1Entry entry, impl_->Find(name));
    return impl_->ReadRegionInto(
        entry, TensorSlice(entry.shape.rank()).Resolve(entry.shape), out);
  });
}

Status V1Reader::ReadSliceInto(std::string_view name, const TensorSlice& slice,
                               std::span<char> out) const {
  return GuardMemory(path(), [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const V1Entry entry, impl_->Find(name));
    const StatusOr<Shape> shape = slice.Apply(entry.shape);
    if (!shape.ok()) {
      return Annotate(shape.status(), StrCat("tensor ", Escape(name)));
    }
    return impl_->ReadRegionInto(entry, slice.Resolve(entry.shape), out);
  });
}

// --- checking ---

struct V1Reader::Impl::CheckRun {
  const Supervision& supervision;
  Progress progress;

  // Cancelled when somebody asked for it.
  Status Advance(std::string_view path, uint64_t bytes) {
    progress.bytes += bytes;
    ++progress.tensors;
    if (supervision.on_progress) supervision.on_progress(progress);
    return CheckStop(supervision, path);
  }
};

Status V1Reader::Impl::CheckOverlaps(const V1Entry& entry) const {
  std::vector<TensorSlice> slices;
  slices.reserve(entry.pieces.size());
  for (const V1Piece& piece : entry.pieces) slices.push_back(piece.slice);
  const TensorSlice all = TensorSlice(entry.shape.rank()).Resolve(entry.shape);
  const Status status = ChoosePieces(entry.shape, slices, all).status();
  // Pieces that leave gaps are no damage: each can be read.
  if (status.ok() || absl::IsInvalidArgument(status)) return OkStatus();
  return Annotate(status, StrCat(Escape(names.path, 4096), ": tensor ",
                                 Escape(entry.name)));
}

// The records of a file stand in the order of their keys, which is that of the
// names and, within one, of the slices' keys: both lists are walked together.
Status V1Reader::Impl::CheckFile(size_t file, CheckRun& run) const {
  const File& f = files[file];
  table::Table::Iterator it(*f.table);
  it.SeekToFirst();
  if (it.Valid()) it.Next();  // the meta record
  const auto unlisted = [&](std::string_view key) {
    const StatusOr<TensorNameSlice> piece = DecodeTensorNameSlice(key);
    return DataLossError(
        StrCat(Escape(f.path, 4096), ": the record ",
               piece.ok() ? StrCat("of tensor ", Escape(piece->name),
                                   ", piece ", piece->slice.ToString())
                          : HexBytes(key.substr(0, 64)),
               " is not listed in the meta record"));
  };
  for (size_t i = 0; i < order.size();) {
    const std::string_view name = Name(order[i]);
    V1Entry entry;
    for (; i < order.size() && Name(order[i]) == name; ++i) {
      if (order[i] < f.first_ref || order[i] >= EndOfFile(file)) continue;
      CAIRN_RETURN_IF_ERROR(AddRef(order[i], &entry));
    }
    // Their order is that of their keys' last parts, without the name.
    std::vector<std::pair<std::string, const V1Piece*>> ends;
    ends.reserve(entry.pieces.size());
    for (const V1Piece& piece : entry.pieces) {
      ends.emplace_back(EncodeTensorNameSlice("", piece.slice), &piece);
    }
    std::ranges::sort(ends);
    for (const auto& [end, piece] : ends) {
      const std::string key = EncodeTensorNameSlice(entry.name, piece->slice);
      CAIRN_RETURN_IF_ERROR(it.status());
      if (it.Valid() && it.key() < key) return unlisted(it.key());
      if (!it.Valid() || it.key() != key) {
        return AtPiece(DataLossError("it is listed, but has no record"), entry,
                       *piece);
      }
      CAIRN_RETURN_IF_ERROR(
          ValuesOf({it.value(), nullptr}, entry, *piece).status());
      CAIRN_RETURN_IF_ERROR(run.Advance(f.path, it.value().size()));
      it.Next();
    }
  }
  CAIRN_RETURN_IF_ERROR(it.status());
  return it.Valid() ? unlisted(it.key()) : OkStatus();
}

Status V1Reader::Check(std::string_view name) const {
  return GuardMemory(path(), [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const V1Entry entry, impl_->Find(name));
    CAIRN_RETURN_IF_ERROR(impl_->CheckOverlaps(entry));
    for (const V1Piece& piece : entry.pieces) {
      CAIRN_ASSIGN_OR_RETURN(const table::PinnedValue record,
                             impl_->RecordOf(entry, piece));
      CAIRN_RETURN_IF_ERROR(impl_->ValuesOf(record, entry, piece).status());
    }
    return OkStatus();
  });
}

Status V1Reader::CheckAll(const Supervision& supervision) const {
  return GuardMemory(path(), [&]() -> Status {
    Impl::CheckRun run{supervision, {}};
    for (const Impl::File& file : impl_->files) {
      run.progress.total_bytes += file.table->file().size();
    }
    run.progress.total_tensors = impl_->refs.size();
    for (size_t i = 0; i < impl_->order.size(); i = impl_->EndOfName(i)) {
      CAIRN_ASSIGN_OR_RETURN(const V1Entry entry,
                             impl_->EntryOf(i, impl_->EndOfName(i)));
      CAIRN_RETURN_IF_ERROR(impl_->CheckOverlaps(entry));
    }
    for (size_t file = 0; file < impl_->files.size(); ++file) {
      CAIRN_RETURN_IF_ERROR(impl_->CheckFile(file, run));
    }
    return OkStatus();
  });
}

}  // namespace cairn::v1
