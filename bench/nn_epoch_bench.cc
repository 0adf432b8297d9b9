// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Trains LeNet-5 on MNIST, an epoch per line of input, and prints a JSON object
// for each: seconds, CPU seconds, loss, accuracy. epoch.py runs it in turns
// with Keras. At the end of the input: the test accuracy, on stderr.
//
//   nn_epoch_bench DATA_DIR [THREADS]
//   nn_epoch_bench --peak        one core's float32 GFLOP/s
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "cairn/base/file_system.h"
#include "cairn/data/mnist.h"
#include "cairn/nn/lenet5.h"
#include "cairn/nn/sequential.h"

namespace {

using cairn::Activation;
using cairn::Status;
using cairn::nn::Sequential;

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Of all threads of the process.
double CpuNow() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Status Run(const std::string& directory, int threads) {
  CAIRN_ASSIGN_OR_RETURN(
      const cairn::data::Mnist mnist,
      cairn::data::LoadMnist(cairn::LocalFileSystem(), directory));
  cairn::nn::Adam adam;
  Sequential net({.input_shape = {28, 28, 1}, .seed = 7, .threads = threads});
  CAIRN_RETURN_IF_ERROR(cairn::nn::AddLeNet5(net));
  CAIRN_RETURN_IF_ERROR(net.Compile({.optimizer = &adam}));
  char line[16];
  for (int epoch = 0; std::fgets(line, sizeof line, stdin); ++epoch) {
    const double start = Now(), cpu = CpuNow();
    CAIRN_ASSIGN_OR_RETURN(
        const cairn::nn::History history,
        net.Fit(mnist.train.images, mnist.train.labels,
                {.batch_size = 128, .seed = 7, .first_epoch = epoch}));
    std::printf(
        "{\"seconds\": %.4f, \"cpu_seconds\": %.4f, \"loss\": %.5f, "
        "\"accuracy\": %.5f}\n",
        Now() - start, CpuNow() - cpu, history.epochs[0].loss,
        *history.epochs[0].accuracy);
    std::fflush(stdout);
  }
  CAIRN_ASSIGN_OR_RETURN(
      const cairn::nn::Logs test,
      net.Evaluate(mnist.test.images, mnist.test.labels, {.batch_size = 1000}));
  std::fprintf(stderr, "test loss %.5f, accuracy %.5f\n", test.loss,
               *test.accuracy);
  return cairn::OkStatus();
}

}  // namespace

double PeakGflops();  // peak.cc

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "use: nn_epoch_bench DATA_DIR [THREADS] | --peak\n");
    return 2;
  }
  if (std::string_view(argv[1]) == "--peak") {
    std::printf("%.1f\n", PeakGflops());
    return 0;
  }
  const Status status = Run(argv[1], argc > 2 ? std::atoi(argv[2]) : 0);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", cairn::Message(status).c_str());
  return 2;
}
