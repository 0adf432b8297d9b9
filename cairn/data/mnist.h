// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The MNIST data set from its four IDX files.
//
//   CAIRN_ASSIGN_OR_RETURN(data::Mnist mnist, data::LoadMnist(fs, "mnist"));
//   net.Fit(mnist.train.images, mnist.train.labels, {.batch_size = 128});
//
// Thread-safe.
#ifndef CAIRN_DATA_MNIST_H_
#define CAIRN_DATA_MNIST_H_

#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"

namespace cairn::data {

struct LabelledImages {
  Tensor images;  // float32 [N,H,W,1], byte / 255
  Tensor labels;  // uint8 [N]
};

// Pairs IDX images (uint8, rank 3) with labels (uint8, rank 1). DataLoss when
// either has another type or rank or the counts differ.
StatusOr<LabelledImages> LoadLabelledImages(FileSystem& fs,
                                            const std::string& image_path,
                                            const std::string& label_path);

struct Mnist {
  LabelledImages train;  // train-images-idx3-ubyte, train-labels-idx1-ubyte
  LabelledImages test;   // t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte
};

// The four files in `directory`. Also refuses images that are not 28 x 28 and
// labels above 9. NotFound names the file that is missing.
StatusOr<Mnist> LoadMnist(FileSystem& fs, const std::string& directory);

}  // namespace cairn::data

#endif  // CAIRN_DATA_MNIST_H_
