// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/tensor.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

constexpr bool HoldsStrings(DataType dtype) {
  return dtype == DataType::kString || dtype == DataType::kVariant;
}

Status NoMemory(DataType dtype, const Shape& shape) {
  return ResourceExhaustedError(StrCat("no memory for a ", DataTypeName(dtype),
                                       " tensor of shape ", shape.ToString()));
}

Status NotStored(DataType dtype) {
  return InvalidArgumentError(
      StrCat("a tensor cannot have dtype ", DataTypeName(dtype)));
}

}  // namespace

StatusOr<TensorView> TensorView::Create(DataType dtype, Shape shape,
                                        std::string_view bytes) {
  if (!IsFixedSize(dtype)) {
    return InvalidArgumentError(
        StrCat("dtype ", DataTypeName(dtype), " has no fixed element size"));
  }
  CAIRN_ASSIGN_OR_RETURN(const int64_t size,
                         ByteSize(shape, DataTypeSize(dtype)));
  if (static_cast<uint64_t>(size) != bytes.size()) {
    return InvalidArgumentError(
        StrCat("a ", DataTypeName(dtype), " tensor of shape ", shape.ToString(),
               " takes ", size, " bytes, got ", bytes.size()));
  }
  TensorView view;
  view.dtype_ = dtype;
  view.shape_ = std::move(shape);
  view.data_ = bytes.data();
  return view;
}

StatusOr<TensorView> TensorView::OfStrings(Shape shape,
                                           std::span<const std::string> strings,
                                           DataType dtype) {
  if (!HoldsStrings(dtype)) {
    return InvalidArgumentError(
        StrCat("dtype ", DataTypeName(dtype), " does not hold strings"));
  }
  if (static_cast<uint64_t>(shape.num_elements()) != strings.size()) {
    return InvalidArgumentError(StrCat("shape ", shape.ToString(), " has ",
                                       shape.num_elements(), " elements, got ",
                                       strings.size(), " strings"));
  }
  TensorView view;
  view.dtype_ = dtype;
  view.shape_ = std::move(shape);
  view.data_ = strings.data();
  return view;
}

std::string_view TensorView::bytes() const {
  assert(IsFixedSize(dtype_));
  return {static_cast<const char*>(data_),
          static_cast<size_t>(num_elements()) *
              static_cast<size_t>(DataTypeSize(dtype_))};
}

std::span<const std::string> TensorView::strings() const {
  assert(holds_strings());
  return {static_cast<const std::string*>(data_),
          static_cast<size_t>(num_elements())};
}

bool BitwiseEqual(const TensorView& a, const TensorView& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (!a.is_valid()) return true;
  if (a.holds_strings()) return std::ranges::equal(a.strings(), b.strings());
  return a.bytes() == b.bytes();
}

namespace {

// Filling fresh memory costs more by its page faults than reading a file that
// is in memory does. So large tensors ask for huge pages; the last, incomplete
// one stays small pages.
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kLargeTensor = size_t{4} << 20;

// Null without memory.
char* Allocate(size_t size) {
  const size_t alignment = size < kLargeTensor ? kTensorAlignment : kHugePage;
  const size_t rounded = (size + alignment - 1) / alignment * alignment;
  auto* const memory =
      static_cast<char*>(std::aligned_alloc(alignment, rounded));
#ifdef MADV_HUGEPAGE
  if (memory != nullptr && size >= kLargeTensor) {
    // Only advice: no matter if it is not taken.
    madvise(memory, size / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
#endif
  return memory;
}

}  // namespace

void Tensor::AlignedFree::operator()(char* p) const { std::free(p); }

Tensor::Tensor(Tensor&& other) noexcept
    : dtype_(std::exchange(other.dtype_, DataType::kInvalid)),
      shape_(std::exchange(other.shape_, Shape())),
      buffer_(std::move(other.buffer_)),
      buffer_size_(std::exchange(other.buffer_size_, 0)),
      strings_(std::exchange(other.strings_, {})) {}

Tensor& Tensor::operator=(Tensor&& other) noexcept {
  if (this == &other) return *this;
  dtype_ = std::exchange(other.dtype_, DataType::kInvalid);
  shape_ = std::exchange(other.shape_, Shape());
  buffer_ = std::move(other.buffer_);
  buffer_size_ = std::exchange(other.buffer_size_, 0);
  strings_ = std::exchange(other.strings_, {});
  return *this;
}

StatusOr<Tensor> Tensor::CreateUninitialized(DataType dtype, Shape shape) {
  Tensor tensor;
  if (HoldsStrings(dtype)) {
    const auto count = static_cast<uint64_t>(shape.num_elements());
    if (count > tensor.strings_.max_size()) return NoMemory(dtype, shape);
    try {
      tensor.strings_.resize(count);
    } catch (const std::bad_alloc&) {
      return NoMemory(dtype, shape);
    }
  } else {
    if (!IsFixedSize(dtype)) return NotStored(dtype);
    CAIRN_ASSIGN_OR_RETURN(const int64_t size,
                           ByteSize(shape, DataTypeSize(dtype)));
    // What a process can address; more is not worth asking for.
    constexpr int64_t kMaxBytes = int64_t{1} << 47;
    if (size > kMaxBytes) return NoMemory(dtype, shape);
    tensor.buffer_size_ = static_cast<size_t>(size);
    if (size > 0) {
      tensor.buffer_.reset(Allocate(tensor.buffer_size_));
      if (tensor.buffer_ == nullptr) return NoMemory(dtype, shape);
    }
  }
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  return tensor;
}

StatusOr<Tensor> Tensor::Create(DataType dtype, Shape shape) {
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         CreateUninitialized(dtype, std::move(shape)));
  if (tensor.buffer_ != nullptr) {
    std::memset(tensor.buffer_.get(), 0, tensor.buffer_size_);
  }
  return tensor;
}

StatusOr<Tensor> Tensor::CopyOf(const TensorView& view) {
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         CreateUninitialized(view.dtype(), view.shape()));
  if (view.holds_strings()) {
    try {
      std::ranges::copy(view.strings(), tensor.strings_.begin());
    } catch (const std::bad_alloc&) {
      return NoMemory(view.dtype(), view.shape());
    }
  } else if (tensor.buffer_ != nullptr) {
    std::memcpy(tensor.buffer_.get(), view.bytes().data(), tensor.buffer_size_);
  }
  return tensor;
}

StatusOr<Tensor> Tensor::Reshaped(Shape shape) && {
  if (shape.num_elements() != num_elements()) {
    return InvalidArgumentError(
        StrCat("a tensor of shape ", shape_.ToString(), " has ", num_elements(),
               " elements, not the ", shape.num_elements(), " of shape ",
               shape.ToString()));
  }
  Tensor out = std::move(*this);
  out.shape_ = std::move(shape);
  return out;
}

Tensor Tensor::OfString(std::string value) {
  Tensor tensor;
  tensor.dtype_ = DataType::kString;
  tensor.strings_.push_back(std::move(value));
  return tensor;
}

StatusOr<Tensor> Tensor::OfStrings(Shape shape,
                                   std::vector<std::string> strings,
                                   DataType dtype) {
  CAIRN_RETURN_IF_ERROR(TensorView::OfStrings(shape, strings, dtype).status());
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.strings_ = std::move(strings);
  return tensor;
}

TensorView Tensor::view() const {
  TensorView view;
  if (!is_valid()) return view;
  view.dtype_ = dtype_;
  view.shape_ = shape_;
  if (HoldsStrings(dtype_)) {
    assert(static_cast<int64_t>(strings_.size()) == num_elements());
    view.data_ = strings_.data();
  } else {
    view.data_ = buffer_.get();
  }
  return view;
}

std::span<char> Tensor::mutable_bytes() {
  assert(IsFixedSize(dtype_));
  return {buffer_.get(), buffer_size_};
}

void SwapElements(DataType dtype, std::span<char> bytes) {
  if (!IsFixedSize(dtype)) return;
  const auto unit = static_cast<size_t>(Info(dtype).swap_unit);
  if (unit < 2) return;
  for (size_t i = 0; i + unit <= bytes.size(); i += unit) {
    std::reverse(bytes.data() + i, bytes.data() + i + unit);
  }
}

}  // namespace cairn
