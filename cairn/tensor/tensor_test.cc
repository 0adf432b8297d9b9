// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cairn {
namespace {

TEST(TensorView, RejectsMemoryOfTheWrongSize) {
  const std::string bytes(23, 'x');
  EXPECT_EQ(TensorView::Create(DataType::kFloat, {2, 3}, bytes).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(TensorView::Create(DataType::kUint8, {23}, bytes).ok());
}

TEST(TensorView, RejectsTypesWithoutASize) {
  for (const DataType dtype : {DataType::kString, DataType::kResource,
                               DataType::kInvalid, DataType::kVariant}) {
    EXPECT_FALSE(TensorView::Create(dtype, {0}, "").ok());
  }
  const std::vector<std::string> strings(2);
  EXPECT_FALSE(TensorView::OfStrings({3}, strings).ok());
  EXPECT_FALSE(TensorView::OfStrings({2}, strings, DataType::kFloat).ok());
  EXPECT_TRUE(TensorView::OfStrings({2}, strings, DataType::kVariant).ok());
}

TEST(TensorView, BorrowsTypedMemory) {
  const int16_t values[] = {1, -2, 3};
  const TensorView view = TensorView::Of<int16_t>({3}, values);
  EXPECT_EQ(view.data<int16_t>().data(), values);
  EXPECT_EQ(view.bytes().size(), 6u);
}

TEST(Tensor, CreatesZerosOfEveryFixedSizeType) {
  for (const DataTypeInfo& info : AllDataTypes()) {
    StatusOr<Tensor> tensor = Tensor::Create(info.dtype, {2, 3});
    if (info.dtype == DataType::kResource) {
      EXPECT_FALSE(tensor.ok());
      continue;
    }
    ASSERT_TRUE(tensor.ok()) << info.name;
    if (info.size == 0) {
      EXPECT_EQ(tensor->strings().size(), 6u);
      continue;
    }
    EXPECT_EQ(tensor->bytes(),
              std::string(static_cast<size_t>(6 * info.size), '\0'));
    EXPECT_EQ(
        reinterpret_cast<uintptr_t>(tensor->bytes().data()) % kTensorAlignment,
        0u);
  }
}

TEST(Tensor, RefusesWhatCannotBeHad) {
  EXPECT_EQ(Tensor::Create(DataType::kInvalid, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      Tensor::Create(DataType::kComplex128, {int64_t{1} << 60}).status().code(),
      absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      Tensor::CreateUninitialized(DataType::kUint8, {(int64_t{1} << 62) + 1})
          .status()
          .code(),
      absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(
      Tensor::Create(DataType::kString, {int64_t{1} << 62}).status().code(),
      absl::StatusCode::kResourceExhausted);
}

TEST(Tensor, HoldsEmptyTensors) {
  StatusOr<Tensor> tensor = Tensor::Create(DataType::kFloat, {0, 4});
  ASSERT_TRUE(tensor.ok());
  EXPECT_TRUE(tensor->is_valid());
  EXPECT_TRUE(tensor->bytes().empty());
  EXPECT_TRUE(BitwiseEqual(*tensor, *tensor->Clone()));
}

TEST(Tensor, IsInvalidAfterItWasMovedFrom) {
  Tensor a = Tensor::Scalar<int64_t>(7);
  const Tensor b = std::move(a);
  EXPECT_FALSE(a.is_valid());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(a.num_elements(), 1);
  EXPECT_FALSE(a.view().is_valid());
  EXPECT_EQ(b.data<int64_t>()[0], 7);
}

TEST(BitwiseEqual, ComparesTypeShapeAndBits) {
  const Tensor one = Tensor::Scalar<float>(1);
  EXPECT_TRUE(BitwiseEqual(one, *one.Clone()));
  EXPECT_FALSE(BitwiseEqual(one, Tensor::Scalar<float>(2)));
  EXPECT_FALSE(
      BitwiseEqual(Tensor::Scalar<float>(0.0f), Tensor::Scalar<float>(-0.0f)));
  EXPECT_FALSE(
      BitwiseEqual(Tensor::Scalar<int32_t>(0), Tensor::Scalar<uint32_t>(0)));
  EXPECT_FALSE(BitwiseEqual(*Tensor::Create(DataType::kInt8, {1, 2}),
                            *Tensor::Create(DataType::kInt8, {2, 1})));
  EXPECT_TRUE(BitwiseEqual(Tensor::OfString("a"), Tensor::OfString("a")));
  EXPECT_FALSE(BitwiseEqual(Tensor::OfString("a"), Tensor::OfString("b")));
}

TEST(SwapElements, ReversesEachComponent) {
  std::string bytes = "abcdefghijklmnop";
  const auto swapped = [&](DataType dtype) {
    std::string copy = bytes;
    SwapElements(dtype, copy);
    return copy;
  };
  EXPECT_EQ(swapped(DataType::kUint8), bytes);
  EXPECT_EQ(swapped(DataType::kHalf), "badcfehgjilknmpo");
  EXPECT_EQ(swapped(DataType::kComplex64), "dcbahgfelkjiponm");
  EXPECT_EQ(swapped(DataType::kComplex128), "hgfedcbaponmlkji");
  EXPECT_EQ(swapped(DataType::kInt4), bytes);
}

}  // namespace
}  // namespace cairn
