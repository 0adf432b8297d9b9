// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The expected bytes are numpy.save's.
#include "cairn/data/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/random.h"
#include "cairn/base/strings.h"
#include "cairn/data/test_npz.h"

namespace cairn::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The file NumPy makes of a dict without its padding, and elements.
std::string Npy(std::string dict, const std::string& elements) {
  std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
  dict.resize(0x75, ' ');
  return bytes + dict + "\n" + elements;
}

std::string Dict(std::string_view descr, std::string_view shape,
                 std::string_view fortran = "False") {
  return StrCat("{'descr': '", descr, "', 'fortran_order': ", fortran,
                ", 'shape': ", shape, ", }");
}

const float kValues[] = {1, 2, 3, 4, 5, 6};
const std::string kElements(reinterpret_cast<const char*>(kValues), 24);
const std::string kSample = Npy(Dict("<f4", "(2, 3)"), kElements);

Status ErrorOf(const std::string& bytes) {
  return ParseNpy(bytes, "f").status();
}

TEST(Npy, IsWrittenAsByNumpy) {
  EXPECT_EQ(*FormatNpy(TensorView::Of<float>({2, 3}, kValues)), kSample);
  EXPECT_EQ(*FormatNpy(Tensor::Scalar(int64_t{7})),
            Npy(Dict("<i8", "()"), std::string("\7\0\0\0\0\0\0\0", 8)));
  EXPECT_EQ(*FormatNpy(*Tensor::Create(DataType::kBool, {0})),
            Npy(Dict("|b1", "(0,)"), ""));
  EXPECT_EQ(*FormatNpy(*Tensor::OfStrings({2}, {"a", "bcd"})),
            Npy(Dict("|S3", "(2,)"), std::string("a\0\0bcd", 6)));
  EXPECT_EQ(*FormatNpy(*Tensor::OfStrings({1}, {""})),
            Npy(Dict("|S1", "(1,)"), std::string(1, '\0')));
}

TEST(Npy, WritesTypesWithoutADescriptorAsUnsignedIntegers) {
  Tensor half = *Tensor::Create(DataType::kBfloat16, {1});
  half.data<Bfloat16>()[0] = ToBfloat16(1.0f);
  EXPECT_EQ(*FormatNpy(half),
            Npy(Dict("<u2", "(1,)"), std::string("\x80\x3f", 2)));
  EXPECT_EQ(*FormatNpy(*Tensor::Create(DataType::kInt4, {1})),
            Npy(Dict("|u1", "(1,)"), std::string(1, '\0')));
}

TEST(Npy, RoundTripsEveryFixedSizeType) {
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (!IsFixedSize(info.dtype)) continue;
    Tensor tensor = *Tensor::Create(info.dtype, {3, 2});
    Random random(1, static_cast<uint64_t>(info.dtype));
    for (char& byte : tensor.mutable_bytes()) {
      byte = static_cast<char>(random.Next());
    }
    const auto file = FormatNpy(tensor);
    ASSERT_TRUE(file.ok()) << info.name;
    const auto back = ParseNpy(*file, "f");
    ASSERT_TRUE(back.ok()) << info.name << Message(back.status());
    EXPECT_EQ(back->shape(), tensor.shape());
    EXPECT_EQ(back->bytes(), tensor.bytes()) << info.name;
  }
}

TEST(Npy, ReadsTheOtherByteOrder) {
  const auto tensor = ParseNpy(
      Npy(Dict(">c8", "(1,)"), std::string("\x3f\x80\0\0\x40\0\0\0", 8)), "f");
  ASSERT_TRUE(tensor.ok()) << Message(tensor.status());
  EXPECT_EQ(tensor->data<std::complex<float>>()[0],
            (std::complex<float>(1, 2)));
}

TEST(Npy, ReadsFortranOrder) {
  const auto tensor = ParseNpy(Npy(Dict(">i2", "(2, 3)", "True"),
                                   std::string("\0\1\0\4\0\2\0\5\0\3\0\6", 12)),
                               "f");
  ASSERT_TRUE(tensor.ok()) << Message(tensor.status());
  EXPECT_THAT(tensor->data<int16_t>(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Npy, ReadsStringsWithoutTheirPadding) {
  const auto tensor =
      ParseNpy(Npy(Dict("|S3", "(2,)"), std::string("a\0\0bcd", 6)), "f");
  ASSERT_TRUE(tensor.ok()) << Message(tensor.status());
  EXPECT_THAT(tensor->strings(), ElementsAre("a", "bcd"));
}

TEST(Npy, ReadsLaterVersions) {
  std::string bytes = kSample;
  for (char version : {'\2', '\3'}) {
    bytes = kSample;
    bytes[6] = version;
    bytes.insert(10, 2, '\0');
    EXPECT_TRUE(ParseNpy(bytes, "f").ok());
  }
}

TEST(Npy, RejectsEveryTruncation) {
  for (size_t size = 0; size < kSample.size(); ++size) {
    EXPECT_EQ(ErrorOf(kSample.substr(0, size)).code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
}

TEST(Npy, RejectsMalformedHeaders) {
  for (const char* dict :
       {"", "{", "{}", "{'descr': '<f4'}", "['descr']",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, "
        "'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 6, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999"
        "999,), }"}) {
    const Status status = ErrorOf(Npy(dict, kElements));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << dict;
    EXPECT_THAT(Message(status), HasSubstr("f: malformed header")) << dict;
  }
}

TEST(Npy, RejectsSizesThatDoNotFitTheFileWithoutAllocating) {
  for (const char* shape :
       {"(2, 4)", "(2, 2)", "(-2, -3)", "(9223372036854775807,)",
        "(4611686018427387904, 4611686018427387904)"}) {
    EXPECT_EQ(ErrorOf(Npy(Dict("<f4", shape), kElements)).code(),
              absl::StatusCode::kDataLoss)
        << shape;
  }
  EXPECT_EQ(Message(ErrorOf(Npy(Dict("<f4", "(2, 4)"), kElements))),
            "f: <f4 [2,4] needs 8 x 4 bytes after the header, got 24");
}

TEST(Npy, RefusesTypesItHasNoCounterpartFor) {
  for (const char* descr : {"|O", "<M8[ns]", "<U3", "<f16", "|V4", "<i4x"}) {
    const Status status = ErrorOf(Npy(Dict(descr, "(2,)"), kElements));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << descr;
  }
}

TEST(Npy, RejectsOtherMagicsAndVersions) {
  EXPECT_EQ(Message(ErrorOf("PK\x03\x04 and more")),
            "f: not an NPY file: starts with 504b03042061");
  std::string bytes = kSample;
  bytes[6] = '\4';
  EXPECT_EQ(Message(ErrorOf(bytes)),
            "f: NPY version 4.0, known are 1.0, 2.0 and 3.0");
}

TEST(Npy, RefusesToWriteWhatItWouldLose) {
  EXPECT_EQ(FormatNpy(Tensor::OfString(std::string("a\0", 2))).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FormatNpy(*Tensor::OfStrings({1}, {"x"}, DataType::kVariant))
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FormatNpy(TensorView()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Npy, ReadsWhatNumpySaved) {
  const Npz arrays = LoadGoldenNpz("numerics/random/random.npz");
  EXPECT_EQ(arrays.at("seed_1_2/int").dtype(), DataType::kInt32);
  const auto uniform = arrays.at("seed_1_2/uniform").data<float>();
  Random random(1, 2);
  for (float value : uniform) EXPECT_EQ(value, random.Uniform());
}

}  // namespace
}  // namespace cairn::data
