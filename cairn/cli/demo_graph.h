// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The demo's graph run: imports the meta graph of a checkpoint and has it
// restore the checkpoint and answer, as a TensorFlow 1 program would, without
// the model it was made from.
#ifndef CAIRN_CLI_DEMO_GRAPH_H_
#define CAIRN_CLI_DEMO_GRAPH_H_

#include <cstdint>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/data/mnist.h"
#include "cairn/tensor/tensor.h"

namespace cairn::cli {

struct GraphAnswers {
  size_t nodes = 0;  // of the graph
  double loss = 0, accuracy = 0;
  Tensor predictions;  // [N,10]
};

// Of `test`, by the graph in `<path>.meta` after it has restored `path`.
// InvalidArgument for a meta graph without the Saver and the signatures that a
// training graph has.
StatusOr<GraphAnswers> AskGraph(FileSystem& fs, const std::string& path,
                                const data::LabelledImages& test, int threads);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_DEMO_GRAPH_H_
