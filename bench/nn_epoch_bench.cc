// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Trains LeNet-5 on MNIST and prints one JSON object per epoch: seconds, loss,
// accuracy. epoch.py runs it in turns with Keras.
//
//   nn_epoch_bench DATA_DIR [EPOCHS [THREADS [BATCH]]]
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "cairn/base/file_system.h"
#include "cairn/data/mnist.h"
#include "cairn/nn/sequential.h"

namespace {

using cairn::Activation;
using cairn::Status;
using cairn::nn::Sequential;

Status AddLeNet5(Sequential& net) {
  const cairn::nn::LayerSpec layers[] = {
      cairn::Conv2DConfig{.filters = 16, .activation = Activation::kRelu},
      cairn::BatchNormalizationConfig{},
      cairn::MaxPool2DConfig{},
      cairn::Conv2DConfig{.filters = 16, .activation = Activation::kRelu},
      cairn::BatchNormalizationConfig{},
      cairn::MaxPool2DConfig{},
      cairn::FlattenConfig{},
      cairn::DenseConfig{.units = 128, .activation = Activation::kRelu},
      cairn::DenseConfig{.units = 10, .activation = Activation::kSoftmax}};
  for (const auto& layer : layers) CAIRN_RETURN_IF_ERROR(net.Add(layer));
  return cairn::OkStatus();
}

Status Run(const std::string& directory, int epochs, int threads, int batch) {
  CAIRN_ASSIGN_OR_RETURN(
      const cairn::data::Mnist mnist,
      cairn::data::LoadMnist(cairn::LocalFileSystem(), directory));
  cairn::nn::Adam adam;
  Sequential net({.input_shape = {28, 28, 1}, .seed = 7, .threads = threads});
  CAIRN_RETURN_IF_ERROR(AddLeNet5(net));
  CAIRN_RETURN_IF_ERROR(net.Compile({.optimizer = &adam}));
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    CAIRN_ASSIGN_OR_RETURN(
        const cairn::nn::History history,
        net.Fit(mnist.train.images, mnist.train.labels,
                {.batch_size = batch, .seed = 7, .first_epoch = epoch}));
    const std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    std::printf("{\"seconds\": %.4f, \"loss\": %.5f, \"accuracy\": %.5f}\n",
                seconds.count(), history.epochs[0].loss,
                *history.epochs[0].accuracy);
    std::fflush(stdout);
  }
  CAIRN_ASSIGN_OR_RETURN(
      const cairn::nn::Logs test,
      net.Evaluate(mnist.test.images, mnist.test.labels, {.batch_size = 1000}));
  std::printf("{\"test_loss\": %.5f, \"test_accuracy\": %.5f}\n", test.loss,
              *test.accuracy);
  return cairn::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "use: nn_epoch_bench DATA_DIR [EPOCHS [THREADS [BATCH]]]\n");
    return 2;
  }
  const auto number = [&](int i, int otherwise) {
    return argc > i ? std::atoi(argv[i]) : otherwise;
  };
  const Status status =
      Run(argv[1], number(2, 1), number(3, 0), number(4, 128));
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", cairn::Message(status).c_str());
  return 2;
}
