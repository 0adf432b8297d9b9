// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// cairn_training: trains a model given by words natively and leaves what
// TensorFlow needs to do the same: its training graph and checkpoints.
//
//   cairn_training DIR X.npy Y.npy [--restore=PREFIX] [--first=K] [--batch=N]
//       [--steps=N] [--save-after=1,2,10] [option...] word...
//
// Steps take N examples each, in order, from batch K on. DIR/model.meta is the
// graph, DIR/start the checkpoint of all variables before the first step,
// DIR/step<n> that after n steps. The answer is a JSON object: losses and
// accuracies of the steps, then those of an evaluation of all examples. Words
// and options: model_words.h.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/data/batches.h"
#include "cairn/data/npy.h"
#include "cairn/graph/training_graph.h"
#include "cairn/nn/optimizer.h"
#include "cairn/nn/sequential.h"
#include "cairn/saver/saver.h"
#include "model_words.h"

namespace cairn::interop {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 30;  // of an array

struct Options {
  std::string directory, x, y, restore;
  int64_t first = 0, batch = 128, steps = 0;
  std::vector<int64_t> save_after;
  graph::TrainingGraphOptions graph;
  ModelConfig model;
};

Options ParseArguments(int argc, char** argv) {
  Options options;
  options.directory = argv[1];
  options.x = argv[2];
  options.y = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view value = word.substr(word.find('=') + 1);
    if (word.starts_with("--restore=")) {
      options.restore = value;
    } else if (word.starts_with("--first=")) {
      options.first = Int(value);
    } else if (word.starts_with("--batch=")) {
      options.batch = Int(value);
    } else if (word.starts_with("--steps=")) {
      options.steps = Int(value);
    } else if (word.starts_with("--save-after=")) {
      options.save_after = Ints(value);
    } else if (!SetOption(word, options.graph)) {
      AddWord(word, options.model);
    }
  }
  return options;
}

class Training {
 public:
  explicit Training(const Options& options)
      : options_(options),
        fs_(LocalFileSystem()),
        adam_({.name = options.graph.adam.name}),
        net_({.input_shape = options.model.input_shape, .seed = 3}) {}

  StatusOr<nlohmann::json> Run() {
    CAIRN_RETURN_IF_ERROR(Prepare());
    if (!options_.restore.empty()) {
      CAIRN_RETURN_IF_ERROR(saver_->Restore(options_.restore));
    }
    CAIRN_RETURN_IF_ERROR(Save("start"));
    CAIRN_ASSIGN_OR_RETURN(nlohmann::json answer, Train());
    CAIRN_ASSIGN_OR_RETURN(const nn::Logs logs,
                           net_.Evaluate(x_, y_, {.batch_size = 1000}));
    answer["loss"] = logs.loss;
    answer["accuracy"] = logs.accuracy.value_or(0);
    answer["iterations"] = adam_.iterations();
    return answer;
  }

 private:
  Status Prepare() {
    for (const LayerConfig& layer : options_.model.layers) {
      CAIRN_RETURN_IF_ERROR(net_.Add(layer.config, layer.name));
    }
    CAIRN_RETURN_IF_ERROR(net_.Compile({.optimizer = &adam_}));
    for (Variable* v : net_.TrainableVariables()) {
      for (const char* slot : {"m", "v"}) {
        adam_.slots()->SlotForRestore(*v, slot);
      }
    }
    std::vector<Variable*> variables = net_.Variables();
    for (const TrackableEdge& edge : adam_.Children()) {
      if (auto* v = dynamic_cast<Variable*>(edge.child)) variables.push_back(v);
    }
    for (Variable* v : adam_.SlotVariables()) variables.push_back(v);
    CAIRN_ASSIGN_OR_RETURN(saver_, saver::Saver::Create(fs_, variables));
    CAIRN_ASSIGN_OR_RETURN(x_, ReadNpy(options_.x));
    CAIRN_ASSIGN_OR_RETURN(y_, ReadNpy(options_.y));
    CAIRN_RETURN_IF_ERROR(fs_.CreateDirectories(options_.directory));
    CAIRN_ASSIGN_OR_RETURN(
        const graph::MetaGraph meta,
        graph::BuildTrainingMetaGraph(net_.Config(), options_.graph));
    return WriteFileAtomically(fs_, JoinPath(options_.directory, "model.meta"),
                               meta.Serialize());
  }

  StatusOr<Tensor> ReadNpy(const std::string& path) {
    CAIRN_ASSIGN_OR_RETURN(const std::string bytes,
                           fs_.ReadFile(path, kMaxBytes));
    return data::ParseNpy(bytes, path);
  }

  Status Save(const std::string& name) {
    return saver_
        ->Save(JoinPath(options_.directory, name), {.write_state = false})
        .status();
  }

  StatusOr<nlohmann::json> Train() {
    CAIRN_ASSIGN_OR_RETURN(
        data::Batches batches,
        data::Batches::Create(
            x_, y_,
            {.batch_size = options_.batch, .shuffle_seed = std::nullopt}));
    batches.StartEpoch(0);
    for (int64_t i = 0; i < options_.first; ++i) batches.Next();
    nlohmann::json answer = {{"losses", nlohmann::json::array()},
                             {"accuracies", nlohmann::json::array()}};
    for (int64_t step = 1; step <= options_.steps; ++step) {
      if (!batches.Next()) return InvalidArgumentError("no such batch");
      CAIRN_ASSIGN_OR_RETURN(const nn::Logs logs,
                             net_.TrainOnBatch(batches.x(), batches.y()));
      answer["losses"].push_back(logs.loss);
      answer["accuracies"].push_back(logs.accuracy.value_or(0));
      if (std::ranges::count(options_.save_after, step) > 0) {
        CAIRN_RETURN_IF_ERROR(Save(StrCat("step", step)));
      }
    }
    return answer;
  }

  const Options& options_;
  FileSystem& fs_;
  nn::Adam adam_;
  nn::Sequential net_;
  std::unique_ptr<saver::Saver> saver_;
  Tensor x_, y_;
};

}  // namespace
}  // namespace cairn::interop

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const cairn::interop::Options options =
      cairn::interop::ParseArguments(argc, argv);
  const auto answer = cairn::interop::Training(options).Run();
  if (!answer.ok()) {
    std::cerr << "cairn_training: " << answer.status() << "\n";
    return 1;
  }
  std::cout << answer->dump() << "\n";
  return 0;
}
