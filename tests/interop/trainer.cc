// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// cairn_interop: drives LeNet-5 and the two checkpoint systems step by step, so
// that tests can let Cairn and TensorFlow take turns.
//
//   cairn_interop train --system v2 --data mnist --restore a/ckpt-1
//       --first-batch 20 --steps 20 --save b/ckpt
//   cairn_interop evaluate --system v1 --data mnist --restore a/model
//       --predictions p.npy
//
// Batches are taken in the data's order. The answer is one JSON object.
// Systems: v1, the model's variables by name; v1-slots, with Adam's state under
// the names that TensorFlow's graphs give it; v2, step, optimizer and net as
// objects.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/data/batches.h"
#include "cairn/data/mnist.h"
#include "cairn/data/npy.h"
#include "cairn/graph/inference_graph.h"
#include "cairn/nn/lenet5.h"
#include "cairn/nn/optimizer.h"
#include "cairn/nn/sequential.h"
#include "cairn/object/checkpoint.h"
#include "cairn/saver/saver.h"

namespace cairn {
namespace {

struct Options {
  std::string system = "v2";
  std::string data;
  std::string restore;
  std::string save;
  std::string predictions;
  bool partial = false;
  int first_batch = 0;
  int steps = 0;
  int64_t batch_size = 128;
  int threads = 0;
};

class Trainer {
 public:
  explicit Trainer(const Options& options)
      : options_(options),
        fs_(LocalFileSystem()),
        net_({.input_shape = {28, 28, 1},
              .seed = 1,
              .threads = options.threads}),
        step_("Variable", Tensor::Scalar<int32_t>(1)),
        checkpoint_(
            fs_, {{"step", &step_}, {"optimizer", &adam_}, {"net", &net_}}) {}

  Status Build();
  Status Restore();
  StatusOr<nlohmann::json> Train();
  StatusOr<nlohmann::json> Evaluate();
  Status Save(nlohmann::json& answer);

 private:
  StatusOr<std::unique_ptr<saver::Saver>> MakeSaver();
  bool object_based() const { return options_.system == "v2"; }

  const Options& options_;
  FileSystem& fs_;
  nn::Adam adam_;
  nn::Sequential net_;
  Variable step_;
  object::Checkpoint checkpoint_;
  data::Mnist mnist_;
};

Status Trainer::Build() {
  CAIRN_RETURN_IF_ERROR(nn::AddLeNet5(net_));
  CAIRN_RETURN_IF_ERROR(net_.Compile({.optimizer = &adam_}));
  CAIRN_ASSIGN_OR_RETURN(mnist_, data::LoadMnist(fs_, options_.data));
  return OkStatus();
}

StatusOr<std::unique_ptr<saver::Saver>> Trainer::MakeSaver() {
  std::vector<saver::NamedVariable> variables;
  for (Variable* v : net_.Variables()) variables.push_back({v->name(), v});
  if (options_.system == "v1-slots") {
    for (Variable* v : net_.TrainableVariables()) {
      for (const char* slot : {"m", "v"})
        adam_.slots()->SlotForRestore(*v, slot);
    }
    std::vector<Variable*> state = adam_.SlotVariables();
    for (const TrackableEdge& edge : adam_.Children()) {
      if (auto* v = dynamic_cast<Variable*>(edge.child)) state.push_back(v);
    }
    for (Variable* v : state) {
      variables.push_back({StrCat("training/", v->name()), v});
    }
  }
  return saver::Saver::Create(fs_, std::move(variables));
}

Status Trainer::Restore() {
  if (options_.restore.empty()) return OkStatus();
  if (!object_based()) {
    CAIRN_ASSIGN_OR_RETURN(const auto saver, MakeSaver());
    return saver->Restore(options_.restore);
  }
  CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                         checkpoint_.Restore(options_.restore));
  return options_.partial ? status.AssertNontrivialMatch()
                          : status.AssertConsumed();
}

StatusOr<nlohmann::json> Trainer::Train() {
  CAIRN_ASSIGN_OR_RETURN(
      data::Batches batches,
      data::Batches::Create(
          mnist_.train.images, mnist_.train.labels,
          {.batch_size = options_.batch_size, .shuffle_seed = std::nullopt}));
  batches.StartEpoch(0);
  for (int i = 0; i < options_.first_batch; ++i) {
    if (!batches.Next()) return InvalidArgumentError("no such batch");
  }
  nlohmann::json answer = {{"losses", nlohmann::json::array()},
                           {"accuracies", nlohmann::json::array()}};
  for (int i = 0; i < options_.steps; ++i) {
    if (!batches.Next()) return InvalidArgumentError("no such batch");
    CAIRN_ASSIGN_OR_RETURN(const nn::Logs logs,
                           net_.TrainOnBatch(batches.x(), batches.y()));
    answer["losses"].push_back(logs.loss);
    answer["accuracies"].push_back(logs.accuracy.value_or(0));
  }
  answer["iterations"] = adam_.iterations();
  return answer;
}

Status Trainer::Save(nlohmann::json& answer) {
  if (options_.save.empty()) return OkStatus();
  StatusOr<std::string> path = std::string();
  if (object_based()) {
    path = checkpoint_.Save(options_.save);
  } else {
    CAIRN_ASSIGN_OR_RETURN(const auto saver, MakeSaver());
    CAIRN_ASSIGN_OR_RETURN(const graph::MetaGraph meta,
                           graph::BuildInferenceMetaGraph(net_.Config()));
    const std::string meta_graph = meta.Serialize();
    path = saver->Save(options_.save, {.meta_graph = meta_graph});
  }
  CAIRN_RETURN_IF_ERROR(path.status());
  answer["path"] = *path;
  return OkStatus();
}

StatusOr<nlohmann::json> Trainer::Evaluate() {
  const data::LabelledImages& test = mnist_.test;
  CAIRN_ASSIGN_OR_RETURN(
      const nn::Logs logs,
      net_.Evaluate(test.images, test.labels, {.batch_size = 1000}));
  CAIRN_ASSIGN_OR_RETURN(const Tensor predicted,
                         net_.Predict(test.images, {.batch_size = 1000}));
  if (!options_.predictions.empty()) {
    CAIRN_ASSIGN_OR_RETURN(const std::string npy, data::FormatNpy(predicted));
    CAIRN_RETURN_IF_ERROR(WriteFileAtomically(fs_, options_.predictions, npy));
  }
  return nlohmann::json{{"loss", logs.loss},
                        {"accuracy", logs.accuracy.value_or(0)}};
}

StatusOr<nlohmann::json> Run(const Options& options, bool train) {
  Trainer trainer(options);
  CAIRN_RETURN_IF_ERROR(trainer.Build());
  CAIRN_RETURN_IF_ERROR(trainer.Restore());
  if (!train) return trainer.Evaluate();
  CAIRN_ASSIGN_OR_RETURN(nlohmann::json answer, trainer.Train());
  CAIRN_RETURN_IF_ERROR(trainer.Save(answer));
  return answer;
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  CLI::App app("Cairn's half of the tests against TensorFlow");
  app.require_subcommand(1);
  cairn::Options options;
  CLI::App* const train = app.add_subcommand("train");
  CLI::App* const evaluate = app.add_subcommand("evaluate");
  for (CLI::App* command : {train, evaluate}) {
    command->add_option("--system", options.system)
        ->check(CLI::IsMember({"v1", "v1-slots", "v2"}));
    command->add_option("--data", options.data)->required();
    command->add_option("--restore", options.restore);
    command->add_option("--threads", options.threads);
    // The checkpoint need not hold a value for every object.
    command->add_flag("--partial", options.partial);
  }
  train->add_option("--first-batch", options.first_batch);
  train->add_option("--steps", options.steps);
  train->add_option("--batch-size", options.batch_size);
  train->add_option("--save", options.save);
  evaluate->add_option("--predictions", options.predictions);
  CLI11_PARSE(app, argc, argv);

  const auto answer = cairn::Run(options, train->parsed());
  if (!answer.ok()) {
    std::cerr << "cairn_interop: " << answer.status() << "\n";
    return 1;
  }
  std::cout << answer->dump() << "\n";
  return 0;
}
