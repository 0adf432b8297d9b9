// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/data/mnist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/memory_file_system.h"

namespace cairn::data {
namespace {

using testing::HasSubstr;

std::string Idx(std::initializer_list<uint8_t> dims, size_t elements,
                char value = 0) {
  std::string bytes = {'\0', '\0', '\x08', static_cast<char>(dims.size())};
  for (uint8_t dim : dims) bytes += {'\0', '\0', '\0', static_cast<char>(dim)};
  return bytes + std::string(elements, value);
}

struct Directory {
  Directory() {
    Put("train-images-idx3-ubyte", Idx({3, 28, 28}, 3 * 784, '\x33'));
    Put("train-labels-idx1-ubyte", Idx({3}, 3, '\x09'));
    Put("t10k-images-idx3-ubyte", Idx({2, 28, 28}, 2 * 784));
    Put("t10k-labels-idx1-ubyte", Idx({2}, 2));
  }
  void Put(const std::string& name, std::string bytes) {
    fs.Put("d/" + name, std::move(bytes));
  }
  std::string Error() {
    const auto mnist = LoadMnist(fs, "d");
    EXPECT_EQ(mnist.status().code(), absl::StatusCode::kDataLoss);
    return Message(mnist.status());
  }
  MemoryFileSystem fs;
};

TEST(Mnist, LoadsImagesAsFloatsOfBytesOver255) {
  Directory d;
  const auto mnist = LoadMnist(d.fs, "d");
  ASSERT_TRUE(mnist.ok()) << Message(mnist.status());
  EXPECT_EQ(mnist->train.images.shape(), (Shape{3, 28, 28, 1}));
  EXPECT_EQ(mnist->train.images.data<float>()[0], 51.0f / 255.0f);
  EXPECT_EQ(mnist->train.labels.data<uint8_t>()[2], 9);
  EXPECT_EQ(mnist->test.labels.shape(), (Shape{2}));
}

TEST(Mnist, ReadsTheRealFiles) {
  const auto mnist =
      LoadMnist(LocalFileSystem(),
                std::string(CAIRN_GOLDEN_DIR) + "/cases/mnist/first1280");
  ASSERT_TRUE(mnist.ok()) << Message(mnist.status());
  EXPECT_EQ(mnist->train.images.shape(), (Shape{1280, 28, 28, 1}));
  const auto labels = mnist->train.labels.data<uint8_t>();
  EXPECT_THAT(std::vector<int>(labels.begin(), labels.begin() + 5),
              testing::ElementsAre(5, 0, 4, 1, 9));
}

TEST(Mnist, NamesTheFileThatIsMissing) {
  Directory d;
  ASSERT_TRUE(d.fs.Remove("d/t10k-labels-idx1-ubyte").ok());
  const auto mnist = LoadMnist(d.fs, "d");
  EXPECT_EQ(mnist.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(mnist.status()), HasSubstr("t10k-labels-idx1-ubyte"));
}

TEST(Mnist, RejectsCountsThatDiffer) {
  Directory d;
  d.Put("train-labels-idx1-ubyte", Idx({4}, 4));
  EXPECT_EQ(d.Error(),
            "d/train-images-idx3-ubyte has 3 images, "
            "d/train-labels-idx1-ubyte has 4 labels");
}

TEST(Mnist, RejectsLabelsInPlaceOfImages) {
  Directory d;
  d.Put("train-images-idx3-ubyte", Idx({3}, 3));
  EXPECT_EQ(d.Error(),
            "d/train-images-idx3-ubyte: images must be uint8 of rank 3, got "
            "uint8 [3]");
}

TEST(Mnist, RejectsImagesOfAnotherSize) {
  Directory d;
  d.Put("t10k-images-idx3-ubyte", Idx({2, 28, 27}, 2 * 28 * 27));
  EXPECT_EQ(d.Error(),
            "d/t10k-images-idx3-ubyte: MNIST images are 28 x 28, got 28 x 27");
}

TEST(Mnist, RejectsLabelsThatAreNoDigits) {
  Directory d;
  d.Put("t10k-labels-idx1-ubyte", Idx({2}, 2, '\x0a'));
  EXPECT_EQ(d.Error(), "d/t10k-labels-idx1-ubyte: label 0 is 10, not a digit");
}

}  // namespace
}  // namespace cairn::data
