// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/data/batches.h"

#include <algorithm>
#include <cstring>

#include "cairn/base/random.h"
#include "cairn/base/strings.h"

namespace cairn::data {
namespace {

StatusOr<Shape> BatchShape(const Shape& all, int64_t size) {
  std::vector<int64_t> dims(all.dims().begin(), all.dims().end());
  dims[0] = size;
  return Shape::Create(dims);
}

Status CheckExamples(const TensorView& view, std::string_view what) {
  if (!view.is_valid() || !IsFixedSize(view.dtype())) {
    return InvalidArgumentError(StrCat(what, " must be of a fixed-size type, ",
                                       "got ", DataTypeName(view.dtype())));
  }
  if (view.shape().rank() < 1) {
    return InvalidArgumentError(
        StrCat(what, " must have a first dimension of examples"));
  }
  return OkStatus();
}

}  // namespace

StatusOr<Batches> Batches::Create(const TensorView& x, const TensorView& y,
                                  const BatchOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckExamples(x, "x"));
  CAIRN_RETURN_IF_ERROR(CheckExamples(y, "y"));
  if (x.shape().dim(0) != y.shape().dim(0)) {
    return InvalidArgumentError(StrCat("x has ", x.shape().dim(0),
                                       " examples, y has ", y.shape().dim(0)));
  }
  if (options.batch_size < 1) {
    return InvalidArgumentError(
        StrCat("batch_size must be positive, got ", options.batch_size));
  }
  Batches batches;
  batches.options_ = options;
  batches.examples_ = x.shape().dim(0);
  batches.options_.batch_size =
      std::max<int64_t>(std::min(options.batch_size, batches.examples_), 1);
  const std::pair<Part*, const TensorView*> parts[] = {{&batches.x_, &x},
                                                       {&batches.y_, &y}};
  for (const auto& [part, view] : parts) {
    part->source = *view;
    CAIRN_ASSIGN_OR_RETURN(
        Shape shape, BatchShape(view->shape(), batches.options_.batch_size));
    CAIRN_ASSIGN_OR_RETURN(part->buffer,
                           Tensor::Create(view->dtype(), std::move(shape)));
  }
  batches.StartEpoch(0);
  return batches;
}

int64_t Batches::count() const {
  return (examples_ + options_.batch_size - 1) / options_.batch_size;
}

void Batches::StartEpoch(int epoch) {
  next_ = 0;
  if (options_.shuffle_seed.has_value()) {
    order_ = Permutation(examples_, *options_.shuffle_seed,
                         static_cast<uint64_t>(epoch));
  }
}

bool Batches::Next() {
  if (next_ >= examples_) return false;
  const int64_t size = std::min(options_.batch_size, examples_ - next_);
  Gather(x_, next_, size);
  Gather(y_, next_, size);
  next_ += size;
  return true;
}

void Batches::Gather(Part& part, int64_t first, int64_t size) {
  const std::string_view source = part.source.bytes();
  const size_t row = source.size() / static_cast<size_t>(examples_);
  std::span<char> out =
      part.buffer.mutable_bytes().first(row * static_cast<size_t>(size));
  for (int64_t i = 0; i < size && row > 0; ++i) {
    const int64_t from =
        order_.empty() ? first + i : order_[static_cast<size_t>(first + i)];
    std::memcpy(out.data() + static_cast<size_t>(i) * row,
                source.data() + static_cast<size_t>(from) * row, row);
  }
  // Both hold by construction: a part of a valid shape, filled exactly.
  StatusOr<Shape> shape = BatchShape(part.source.shape(), size);
  if (!shape.ok()) return;
  StatusOr<TensorView> view =
      TensorView::Create(part.source.dtype(), *std::move(shape),
                         std::string_view(out.data(), out.size()));
  if (view.ok()) part.current = *std::move(view);
}

TensorView Batches::x() const { return x_.current; }
TensorView Batches::y() const { return y_.current; }

}  // namespace cairn::data
