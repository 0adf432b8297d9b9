// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// One table (cairn/table, default options):
//   ""                              meta record: every tensor in the order of
//                                   its first addition, with its slices in
//                                   theirs (meta.h)
//   EncodeTensorNameSlice(n, s)     data record: name, slice, values (values.h)
//   ...                             in the order of these keys
// A tensor stored whole has one record, whose slice is "-" in every dimension.
#include "cairn/v1/writer.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cairn/base/crc32c.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/table/contents.h"
#include "cairn/table/table_builder.h"
#include "cairn/tensor/pieces.h"
#include "cairn/tensor/slice_key.h"
#include "cairn/v1/meta.h"
#include "cairn/v1/values.h"

namespace cairn::v1 {

struct V1Writer::Impl {
  struct Record {
    size_t tensor;  // in `tensors`
    size_t slice;   // of that tensor
    std::string bytes;
    Producer producer;  // if set, gives the value of which `bytes` are made
  };

  Commit* commit;
  std::string path;
  WritableFile* file = nullptr;
  uint64_t file_size = 0;
  Status status;
  bool finished = false;
  std::shared_ptr<bool> is_complete;
  std::vector<TensorMeta> tensors;  // in the order of first addition
  std::unordered_map<std::string, size_t> by_name;
  std::unordered_map<std::string, Record> records;  // by key

  Status Usable() const;
  // `call` unless there was an error before; its own is the last.
  template <typename F>
  Status Use(F&& call);
  StatusOr<Record*> AddRecord(std::string_view name, DataType dtype,
                              const Shape& full_shape,
                              const TensorSlice& slice);
  Status AddNow(std::string_view name, const Shape& full_shape,
                const TensorSlice& slice, const TensorView& part);
  Status AddLater(std::string_view name, DataType dtype,
                  const Shape& full_shape, const TensorSlice& slice,
                  Producer producer);
  Status Produce(Record& record) const;
  Status CheckOverlaps() const;
  Status Finish();
};

Status V1Writer::Impl::Usable() const {
  CAIRN_RETURN_IF_ERROR(status);
  if (finished) {
    return FailedPreconditionError(
        StrCat(Escape(path, 4096), ": the file is finished already"));
  }
  return OkStatus();
}

template <typename F>
Status V1Writer::Impl::Use(F&& call) {
  CAIRN_RETURN_IF_ERROR(GuardMemory(path, [&] { return Usable(); }));
  status = GuardMemory(path, call);
  return status;
}

// --- adding ---

// A new record, its value still empty, listed in the meta record.
StatusOr<V1Writer::Impl::Record*> V1Writer::Impl::AddRecord(
    std::string_view name, DataType dtype, const Shape& full_shape,
    const TensorSlice& slice) {
  const auto wrong = [&](std::string_view why) {
    const bool is_whole = slice == TensorSlice(slice.rank());
    const std::string piece =
        is_whole ? "" : StrCat(", piece ", slice.ToString());
    return InvalidArgumentError(
        StrCat("tensor ", Escape(name), piece, ": ", why));
  };
  if (!IsUtf8(name)) {
    return InvalidArgumentError(
        StrCat("tensor name ", Escape(name),
               " is not UTF-8, which the V1 format requires"));
  }
  const Status storable = CheckStorable(dtype);
  if (!storable.ok()) return wrong(Message(storable));
  const StatusOr<Shape> shape = slice.Apply(full_shape);
  if (!shape.ok()) return wrong(Message(shape.status()));
  const auto [found, is_new] =
      by_name.try_emplace(std::string(name), tensors.size());
  const size_t index = found->second;
  if (is_new) {
    tensors.push_back({std::string(name), dtype, full_shape, {}});
  }
  TensorMeta& tensor = tensors[index];
  if (tensor.dtype != dtype || tensor.shape != full_shape) {
    return wrong(StrCat("of ", DataTypeName(dtype), full_shape.ToString(),
                        ", earlier ones were of ", DataTypeName(tensor.dtype),
                        tensor.shape.ToString()));
  }
  Record record{index, tensor.slices.size(), {}, nullptr};
  const auto [added, added_new] = records.try_emplace(
      EncodeTensorNameSlice(name, slice), std::move(record));
  if (!added_new) return wrong("was added before");
  tensor.slices.push_back(slice);
  return &added->second;
}

Status V1Writer::Impl::AddNow(std::string_view name, const Shape& full_shape,
                              const TensorSlice& slice,
                              const TensorView& part) {
  CAIRN_ASSIGN_OR_RETURN(Record* const record,
                         AddRecord(name, part.dtype(), full_shape, slice));
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, slice.Apply(full_shape));
  if (shape != part.shape()) {
    return InvalidArgumentError(
        StrCat("tensor ", Escape(name), ", piece ", slice.ToString(),
               ": takes a part of shape ", shape.ToString(), ", got ",
               part.shape().ToString()));
  }
  StatusOr<std::string> bytes = EncodeRecord(name, slice, part);
  if (!bytes.ok()) {
    return Annotate(bytes.status(), StrCat("tensor ", Escape(name)));
  }
  record->bytes = *std::move(bytes);
  return OkStatus();
}

Status V1Writer::Impl::AddLater(std::string_view name, DataType dtype,
                                const Shape& full_shape,
                                const TensorSlice& slice, Producer producer) {
  if (!producer) {
    return InvalidArgumentError(
        StrCat("tensor ", Escape(name), ": there is nothing to ask for it"));
  }
  CAIRN_ASSIGN_OR_RETURN(Record* const record,
                         AddRecord(name, dtype, full_shape, slice));
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, slice.Apply(full_shape));
  CAIRN_RETURN_IF_ERROR(
      Annotate(CheckRecordSize(name, slice, dtype, shape.num_elements(), 0),
               StrCat("tensor ", Escape(name))));
  record->producer = std::move(producer);
  return OkStatus();
}

// --- the file ---

// Asks for the value that was announced and encodes it.
Status V1Writer::Impl::Produce(Record& record) const {
  const TensorMeta& meta = tensors[record.tensor];
  const TensorSlice& slice = meta.slices[record.slice];
  const auto here = [&](const Status& s) {
    return Annotate(s, StrCat("tensor ", Escape(meta.name)));
  };
  const Producer producer = std::exchange(record.producer, nullptr);
  StatusOr<Tensor> value = producer();
  if (!value.ok()) return here(value.status());
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, slice.Apply(meta.shape));
  if (value->dtype() != meta.dtype || value->shape() != shape) {
    return here(InvalidArgumentError(
        StrCat("piece ", slice.ToString(), " was announced as ",
               DataTypeName(meta.dtype), shape.ToString(), ", but is ",
               DataTypeName(value->dtype()), value->shape().ToString())));
  }
  StatusOr<std::string> bytes = EncodeRecord(meta.name, slice, *value);
  if (!bytes.ok()) return here(bytes.status());
  record.bytes = *std::move(bytes);
  return OkStatus();
}

Status V1Writer::Impl::CheckOverlaps() const {
  for (const TensorMeta& tensor : tensors) {
    if (tensor.slices.size() < 2) continue;
    const TensorSlice all =
        TensorSlice(tensor.shape.rank()).Resolve(tensor.shape);
    const Status status =
        ChoosePieces(tensor.shape, tensor.slices, all).status();
    // Other pieces may be in other files.
    if (status.ok() || absl::IsInvalidArgument(status)) continue;
    return InvalidArgumentError(
        StrCat("tensor ", Escape(tensor.name), ": ", Message(status)));
  }
  return OkStatus();
}

Status V1Writer::Impl::Finish() {
  CAIRN_RETURN_IF_ERROR(CheckOverlaps());
  std::vector<std::pair<std::string_view, Record*>> sorted;
  sorted.reserve(records.size());
  for (auto& [key, record] : records) sorted.emplace_back(key, &record);
  std::ranges::sort(sorted);
  table::Contents contents;
  table::TableBuilder builder(file);
  const auto add = [&](std::string_view key, std::string_view value) {
    contents.Add(key, value);
    return builder.Add(key, value);
  };
  CAIRN_RETURN_IF_ERROR(add("", EncodeMeta(tensors)));
  for (const auto& [key, record] : sorted) {
    if (record->producer) CAIRN_RETURN_IF_ERROR(Produce(*record));
    CAIRN_RETURN_IF_ERROR(add(key, record->bytes));
    std::string().swap(record->bytes);
  }
  CAIRN_RETURN_IF_ERROR(builder.Finish());
  file_size = builder.file_size();
  commit->CheckBeforeSwitch([path = file->path(), contents](FileSystem& fs) {
    return table::CheckContents(fs, path, contents);
  });
  *is_complete = true;
  return OkStatus();
}

// --- the face ---

StatusOr<std::unique_ptr<V1Writer>> V1Writer::Create(Commit& commit,
                                                     std::string path) {
  return GuardMemory(path, [&]() -> StatusOr<std::unique_ptr<V1Writer>> {
    auto impl = std::make_unique<Impl>();
    impl->commit = &commit;
    impl->path = path;  // not moved from: errors name it
    impl->is_complete = std::make_shared<bool>(false);
    CAIRN_ASSIGN_OR_RETURN(impl->file, commit.Create(path));
    // A file that is not complete must not become visible.
    commit.CheckBeforeSwitch(
        [path, is_complete = impl->is_complete](FileSystem&) {
          if (*is_complete) return OkStatus();
          return FailedPreconditionError(
              StrCat(Escape(path, 4096), ": the file is not finished"));
        });
    return std::unique_ptr<V1Writer>(new V1Writer(std::move(impl)));
  });
}

V1Writer::V1Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
V1Writer::~V1Writer() = default;

Status V1Writer::Add(std::string_view name, const TensorView& tensor) {
  return impl_->Use([&] {
    return impl_->AddNow(name, tensor.shape(),
                         TensorSlice(tensor.shape().rank()), tensor);
  });
}

Status V1Writer::AddSlice(std::string_view name, const Shape& full_shape,
                          const TensorSlice& slice, const TensorView& part) {
  return impl_->Use(
      [&] { return impl_->AddNow(name, full_shape, slice, part); });
}

Status V1Writer::AddLater(std::string_view name, DataType dtype,
                          const Shape& shape, Producer producer) {
  return impl_->Use([&] {
    return impl_->AddLater(name, dtype, shape, TensorSlice(shape.rank()),
                           std::move(producer));
  });
}

Status V1Writer::AddSliceLater(std::string_view name, DataType dtype,
                               const Shape& full_shape,
                               const TensorSlice& slice, Producer producer) {
  return impl_->Use([&] {
    return impl_->AddLater(name, dtype, full_shape, slice, std::move(producer));
  });
}

Status V1Writer::Finish() {
  return impl_->Use([&] {
    impl_->finished = true;
    return impl_->Finish();
  });
}

int64_t V1Writer::num_tensors() const {
  return static_cast<int64_t>(impl_->tensors.size());
}
uint64_t V1Writer::file_size() const { return impl_->file_size; }

}  // namespace cairn::v1
