// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Models and graphs in words, for the programs that tests run beside
// TensorFlow; meta_graph_models.py says the same words to Keras.
//
//   input:28,28,1
//   conv2d:name:filters:kh:kw:sh:sw:same|valid:activation
//   bn:name:epsilon[:momentum]
//   pool:name:ph:pw:sh:sw:same|valid
//   flatten:name
//   dense:name:units:activation
// Options of a training graph:
//   --adam=name --saver=name --filename=f --sharded --v1 --max-to-keep=n
//   --hours=h --model-only --seeds=1,2 --strip-default-attrs
#ifndef CAIRN_TESTS_INTEROP_MODEL_WORDS_H_
#define CAIRN_TESTS_INTEROP_MODEL_WORDS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "cairn/graph/training_graph.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::interop {

int64_t Int(std::string_view text);
std::vector<int64_t> Ints(std::string_view text);  // "1,2"

// The words are taken to be right.
void AddWord(std::string_view word, ModelConfig& model);

// Whether `word` is such an option.
bool SetOption(std::string_view word, graph::TrainingGraphOptions& options);

}  // namespace cairn::interop

#endif  // CAIRN_TESTS_INTEROP_MODEL_WORDS_H_
