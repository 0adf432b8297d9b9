// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/data/mnist.h"

#include <algorithm>
#include <array>

#include "cairn/base/strings.h"
#include "cairn/data/idx.h"

namespace cairn::data {
namespace {

constexpr int64_t kMnistSide = 28;
constexpr uint8_t kMnistClasses = 10;

Status CheckKind(const Tensor& tensor, int rank, std::string_view what,
                 const std::string& path) {
  if (tensor.dtype() == DataType::kUint8 && tensor.shape().rank() == rank) {
    return OkStatus();
  }
  return DataLossError(StrCat(path, ": ", what, " must be uint8 of rank ", rank,
                              ", got ", DataTypeName(tensor.dtype()), " ",
                              tensor.shape().ToString()));
}

StatusOr<Tensor> Scale(const Tensor& bytes) {
  const Shape& shape = bytes.shape();
  CAIRN_ASSIGN_OR_RETURN(Shape scaled_shape,
                         Shape::Create(std::array{shape.dim(0), shape.dim(1),
                                                  shape.dim(2), int64_t{1}}));
  CAIRN_ASSIGN_OR_RETURN(
      Tensor scaled,
      Tensor::CreateUninitialized(DataType::kFloat, std::move(scaled_shape)));
  std::ranges::transform(
      bytes.data<uint8_t>(), scaled.data<float>().begin(),
      [](uint8_t byte) { return static_cast<float>(byte) / 255.0f; });
  return scaled;
}

StatusOr<LabelledImages> LoadPart(FileSystem& fs, const std::string& directory,
                                  std::string_view part) {
  const std::string images =
      JoinPath(directory, StrCat(part, "-images-idx3-ubyte"));
  const std::string labels =
      JoinPath(directory, StrCat(part, "-labels-idx1-ubyte"));
  CAIRN_ASSIGN_OR_RETURN(LabelledImages loaded,
                         LoadLabelledImages(fs, images, labels));
  const Shape& shape = loaded.images.shape();
  if (shape.dim(1) != kMnistSide || shape.dim(2) != kMnistSide) {
    return DataLossError(StrCat(images, ": MNIST images are 28 x 28, got ",
                                shape.dim(1), " x ", shape.dim(2)));
  }
  const auto all = std::as_const(loaded.labels).data<uint8_t>();
  const auto wrong = std::ranges::find_if(
      all, [](uint8_t label) { return label >= kMnistClasses; });
  if (wrong != all.end()) {
    return DataLossError(StrCat(labels, ": label ", wrong - all.begin(), " is ",
                                int{*wrong}, ", not a digit"));
  }
  return loaded;
}

}  // namespace

StatusOr<LabelledImages> LoadLabelledImages(FileSystem& fs,
                                            const std::string& image_path,
                                            const std::string& label_path) {
  CAIRN_ASSIGN_OR_RETURN(const Tensor images, ReadIdx(fs, image_path));
  CAIRN_RETURN_IF_ERROR(CheckKind(images, 3, "images", image_path));
  CAIRN_ASSIGN_OR_RETURN(Tensor labels, ReadIdx(fs, label_path));
  CAIRN_RETURN_IF_ERROR(CheckKind(labels, 1, "labels", label_path));
  if (images.shape().dim(0) != labels.shape().dim(0)) {
    return DataLossError(StrCat(image_path, " has ", images.shape().dim(0),
                                " images, ", label_path, " has ",
                                labels.shape().dim(0), " labels"));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor scaled, Scale(images));
  return LabelledImages{std::move(scaled), std::move(labels)};
}

StatusOr<Mnist> LoadMnist(FileSystem& fs, const std::string& directory) {
  CAIRN_ASSIGN_OR_RETURN(LabelledImages train,
                         LoadPart(fs, directory, "train"));
  CAIRN_ASSIGN_OR_RETURN(LabelledImages test, LoadPart(fs, directory, "t10k"));
  return Mnist{std::move(train), std::move(test)};
}

}  // namespace cairn::data
