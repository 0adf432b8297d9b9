// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// cairn_meta_graph: writes the meta graph of a model given by words, so that
// TensorFlow can be asked what it makes of it.
//
//   cairn_meta_graph out.meta [--git-version=v] [--signature=key]
//       [--train] [option...] word...
//
// Without --train it is the inference graph. Words and options: model_words.h.
#include <iostream>
#include <string>
#include <string_view>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/graph/inference_graph.h"
#include "cairn/graph/training_graph.h"
#include "model_words.h"

int main(int argc, char** argv) {
  cairn::ModelConfig model;
  cairn::graph::InferenceGraphOptions options;
  cairn::graph::TrainingGraphOptions training;
  bool train = false;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--train") {
      train = true;
    } else if (word.starts_with("--git-version=")) {
      options.tensorflow_git_version = word.substr(14);
    } else if (word.starts_with("--signature=")) {
      options.signature_key = word.substr(12);
    } else if (!cairn::interop::SetOption(word, training)) {
      cairn::interop::AddWord(word, model);
    }
  }
  options.kernel_seeds = training.kernel_seeds;
  auto meta = train ? cairn::graph::BuildTrainingMetaGraph(model, training)
                    : cairn::graph::BuildInferenceMetaGraph(model, options);
  if (!meta.ok()) {
    std::cerr << meta.status() << "\n";
    return 1;
  }
  const cairn::Status written = cairn::WriteFileAtomically(
      cairn::LocalFileSystem(), argv[1], meta->Serialize());
  if (!written.ok()) std::cerr << written << "\n";
  return written.ok() ? 0 : 1;
}
