// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// TensorView borrows a tensor's elements, Tensor owns them. Row-major, in the
// host's byte order.
//
//   float w[6] = {...};
//   TensorView view = TensorView::Of<float>({2, 3}, w);       // no copy
//   CAIRN_ASSIGN_OR_RETURN(Tensor t, Tensor::Create(DataType::kInt64, {}));
//   t.data<int64_t>()[0] = 7;
//
// A string tensor's elements are std::strings. A variant tensor's elements are
// kept as the stored VariantTensorDataProto bytes, also std::strings. All other
// types are `Info(dtype).size` bytes per element.
//
// Thread rule: const methods may run concurrently, others need outside locking.
#ifndef CAIRN_TENSOR_TENSOR_H_
#define CAIRN_TENSOR_TENSOR_H_

#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"

namespace cairn {

class TensorView {
 public:
  TensorView() = default;  // invalid: dtype kInvalid
  // A fixed-size type; `bytes` must hold exactly the elements: InvalidArgument
  // otherwise. The memory need not be aligned.
  static StatusOr<TensorView> Create(DataType dtype, Shape shape,
                                     std::string_view bytes);
  // Strings or variants, one per element.
  static StatusOr<TensorView> OfStrings(Shape shape,
                                        std::span<const std::string> strings,
                                        DataType dtype = DataType::kString);
  // Typed memory of shape.num_elements() elements; must be right.
  template <typename T>
  static TensorView Of(Shape shape, const T* data) {
    static_assert(kDataTypeOf<T> != DataType::kInvalid);
    TensorView view;
    view.dtype_ = kDataTypeOf<T>;
    view.data_ = data;
    view.shape_ = std::move(shape);
    return view;
  }

  DataType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t num_elements() const { return shape_.num_elements(); }
  bool is_valid() const { return dtype_ != DataType::kInvalid; }
  // Whether the elements are std::strings (string and variant tensors).
  bool holds_strings() const {
    return dtype_ == DataType::kString || dtype_ == DataType::kVariant;
  }

  // The elements' memory; of a fixed-size type only.
  std::string_view bytes() const;
  // Elements as T, which must be the dtype's C++ type and the memory aligned.
  template <typename T>
  std::span<const T> data() const {
    assert(kDataTypeOf<T> == dtype_);
    return {static_cast<const T*>(data_), static_cast<size_t>(num_elements())};
  }
  // String and variant tensors only.
  std::span<const std::string> strings() const;

 private:
  friend class Tensor;
  DataType dtype_ = DataType::kInvalid;
  Shape shape_;
  const void* data_ = nullptr;  // elements, or std::string[]
};

// Same dtype, shape and bits.
bool BitwiseEqual(const TensorView& a, const TensorView& b);

class Tensor {
 public:
  Tensor() = default;  // invalid
  // What was moved from is invalid.
  Tensor(Tensor&& other) noexcept;
  Tensor& operator=(Tensor&& other) noexcept;
  Tensor(const Tensor&) = delete;  // say Clone
  Tensor& operator=(const Tensor&) = delete;

  // Elements are zero (strings empty). ResourceExhausted when memory cannot be
  // had, InvalidArgument for kInvalid, kResource or a size that overflows.
  static StatusOr<Tensor> Create(DataType dtype, Shape shape);
  // As Create, but the elements of a fixed-size type are not initialised.
  static StatusOr<Tensor> CreateUninitialized(DataType dtype, Shape shape);
  static StatusOr<Tensor> CopyOf(const TensorView& view);
  template <typename T>
  static Tensor Scalar(T value);
  static Tensor OfString(std::string value);
  // Takes over one string per element.
  static StatusOr<Tensor> OfStrings(Shape shape,
                                    std::vector<std::string> strings,
                                    DataType dtype = DataType::kString);

  DataType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t num_elements() const { return shape_.num_elements(); }
  bool is_valid() const { return dtype_ != DataType::kInvalid; }

  TensorView view() const;
  operator TensorView() const { return view(); }  // NOLINT: a view of it
  StatusOr<Tensor> Clone() const { return CopyOf(view()); }

  // The same elements in another shape, without a copy; InvalidArgument unless
  // it has as many.
  StatusOr<Tensor> Reshaped(Shape shape) &&;

  // Memory of a fixed-size type, aligned to kTensorAlignment.
  std::span<char> mutable_bytes();
  std::string_view bytes() const { return view().bytes(); }
  template <typename T>
  std::span<T> data() {
    assert(kDataTypeOf<T> == dtype_);
    return {reinterpret_cast<T*>(buffer_.get()),
            static_cast<size_t>(num_elements())};
  }
  template <typename T>
  std::span<const T> data() const {
    return view().data<T>();
  }
  std::vector<std::string>& strings() { return strings_; }
  const std::vector<std::string>& strings() const { return strings_; }

 private:
  struct AlignedFree {
    void operator()(char* p) const;
  };
  DataType dtype_ = DataType::kInvalid;
  Shape shape_;
  std::unique_ptr<char[], AlignedFree> buffer_;
  size_t buffer_size_ = 0;
  std::vector<std::string> strings_;
};

inline constexpr size_t kTensorAlignment = 64;

template <typename T>
Tensor Tensor::Scalar(T value) {
  static_assert(!std::is_same_v<T, std::string>, "say OfString");
  StatusOr<Tensor> tensor = Create(kDataTypeOf<T>, Shape());
  assert(tensor.ok());
  tensor->template data<T>()[0] = value;
  return *std::move(tensor);
}

// Reverses the bytes of each component in place (complex: of each half),
// between little- and big-endian.
void SwapElements(DataType dtype, std::span<char> bytes);

}  // namespace cairn

#endif  // CAIRN_TENSOR_TENSOR_H_
