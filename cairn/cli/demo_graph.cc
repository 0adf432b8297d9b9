// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/demo_graph.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/data/batches.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/session/session.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::cli {
namespace {

constexpr int64_t kBatch = 1000;

// Names of tensors in the graph.
struct TensorNames {
  std::string input, target, predictions, loss, accuracy;
};

StatusOr<TensorNames> NamesIn(const graph::MetaGraph& meta,
                              const std::string& path) {
  const auto signatures = meta.signatures();
  const auto predict = signatures.find("serving_default");
  const auto eval = signatures.find("eval");
  if (predict == signatures.end() || eval == signatures.end() ||
      predict->second.inputs.size() != 1 ||
      predict->second.outputs.size() != 1) {
    return InvalidArgumentError(
        StrCat(path, " is not the meta graph of a training graph"));
  }
  TensorNames names;
  names.input = predict->second.inputs.begin()->second.name;
  names.predictions = predict->second.outputs.begin()->second.name;
  for (const auto& [key, tensor] : eval->second.inputs) {
    if (tensor.name != names.input) names.target = tensor.name;
  }
  for (const auto& [key, tensor] : eval->second.outputs) {
    (key == "loss" ? names.loss : names.accuracy) = tensor.name;
  }
  return names;
}

// Class numbers as the graph takes them.
StatusOr<Tensor> AsInt64(const TensorView& labels) {
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         Tensor::Create(DataType::kInt64, labels.shape()));
  std::ranges::copy(labels.data<uint8_t>(), out.data<int64_t>().begin());
  return out;
}

}  // namespace

StatusOr<GraphAnswers> AskGraph(FileSystem& fs, const std::string& path,
                                const data::LabelledImages& test, int threads) {
  const std::string meta_path = state::MetaGraphPath(path);
  CAIRN_ASSIGN_OR_RETURN(const graph::MetaGraph meta,
                         graph::MetaGraph::Read(fs, meta_path));
  CAIRN_ASSIGN_OR_RETURN(const TensorNames names, NamesIn(meta, meta_path));
  const std::optional<graph::SaverInfo> saver = meta.saver();
  if (!saver) return InvalidArgumentError(StrCat(meta_path, " has no Saver"));
  CAIRN_ASSIGN_OR_RETURN(
      const auto session,
      session::Session::Create(fs, meta, {.threads = threads}));
  const Tensor prefix = Tensor::OfString(path);
  CAIRN_RETURN_IF_ERROR(session
                            ->Run({{saver->filename_tensor_name, prefix}}, {},
                                  {saver->restore_op_name})
                            .status());

  GraphAnswers answers;
  answers.nodes = meta.num_nodes();
  CAIRN_ASSIGN_OR_RETURN(data::Batches batches,
                         data::Batches::Create(test.images, test.labels,
                                               {.batch_size = kBatch,
                                                .shuffle_seed = std::nullopt}));
  std::vector<float> predictions;
  int64_t examples = 0, classes = 0;
  for (batches.StartEpoch(0); batches.Next();) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor labels, AsInt64(batches.y()));
    CAIRN_ASSIGN_OR_RETURN(
        const std::vector<Tensor> got,
        session->Run({{names.input, batches.x()}, {names.target, labels}},
                     {names.predictions, names.loss, names.accuracy}));
    const auto size = static_cast<double>(labels.num_elements());
    answers.loss += size * double{got[1].data<float>()[0]};
    answers.accuracy += size * double{got[2].data<float>()[0]};
    examples += labels.num_elements();
    classes = got[0].shape().dim(1);
    const auto values = got[0].data<float>();
    predictions.insert(predictions.end(), values.begin(), values.end());
  }
  answers.loss /= static_cast<double>(examples);
  answers.accuracy /= static_cast<double>(examples);
  CAIRN_ASSIGN_OR_RETURN(answers.predictions,
                         Tensor::CopyOf(TensorView::Of<float>(
                             Shape({examples, classes}), predictions.data())));
  return answers;
}

}  // namespace cairn::cli
