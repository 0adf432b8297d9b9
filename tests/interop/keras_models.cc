// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "keras_models.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/nn/layer.h"
#include "cairn/nn/model_graph.h"
#include "cairn/nn/optimizer.h"
#include "cairn/nn/sequential.h"
#include "cairn/object/checkpoint.h"
#include "cairn/tensor/containers.h"

namespace cairn {
namespace {

using Json = nlohmann::json;
using nn::ModelGraph;
using nn::ModelLayout;

// A model as the job needs it.
class Model {
 public:
  virtual ~Model() = default;
  virtual Trackable& object() = 0;
  virtual std::vector<Variable*> Trained() = 0;
  virtual std::vector<Variable*> Variables() = 0;
  virtual Status Compile(nn::Optimizer& optimizer) = 0;
  virtual StatusOr<Json> Predict(const Json& /*x*/) { return Json(); }
};

// Owns layers that a class of one's own is made of.
class Layers {
 public:
  explicit Layers(ModelLayout layout) : layout_(layout) {}

  StatusOr<nn::Layer*> Add(nn::LayerSpec spec, std::string name, Shape input,
                           std::string scope = "") {
    CAIRN_ASSIGN_OR_RETURN(
        auto layer, nn::Layer::Create(std::move(spec), std::move(name), input,
                                      1, {layout_, std::move(scope)}));
    layers_.push_back(std::move(layer));
    return layers_.back().get();
  }
  std::vector<Variable*> Variables() const {
    std::vector<Variable*> all;
    for (const auto& layer : layers_) {
      for (const auto& v : layer->variables()) all.push_back(v.get());
    }
    return all;
  }

 private:
  const ModelLayout layout_;
  std::vector<std::unique_ptr<nn::Layer>> layers_;
};

std::vector<Variable*> OnlyTrained(const std::vector<Variable*>& variables) {
  std::vector<Variable*> trained;
  for (Variable* v : variables) {
    if (v->trainable()) trained.push_back(v);
  }
  return trained;
}

// --- Sequential ---

class Stack : public Model {
 public:
  explicit Stack(ModelLayout layout)
      : net_({.input_shape = {5, 5, 1}, .name = "stack", .layout = layout}) {}

  Status Build() {
    CAIRN_RETURN_IF_ERROR(net_.Add(Conv2DConfig{.filters = 2}));
    CAIRN_RETURN_IF_ERROR(net_.Add(BatchNormalizationConfig{}));
    CAIRN_RETURN_IF_ERROR(net_.Add(MaxPool2DConfig{}));
    CAIRN_RETURN_IF_ERROR(net_.Add(FlattenConfig{}));
    return net_.Add(
        DenseConfig{.units = 3, .activation = Activation::kSoftmax});
  }
  Trackable& object() override { return net_; }
  std::vector<Variable*> Trained() override {
    return net_.TrainableVariables();
  }
  std::vector<Variable*> Variables() override { return net_.Variables(); }
  Status Compile(nn::Optimizer& optimizer) override {
    CAIRN_RETURN_IF_ERROR(net_.Compile({.optimizer = &optimizer}));
    const Tensor x = *Tensor::Create(DataType::kFloat, {2, 5, 5, 1});
    const Tensor y = *Tensor::Create(DataType::kInt64, {2});
    return net_.TrainOnBatch(x, y).status();
  }
  StatusOr<Json> Predict(const Json& x) override {
    const auto values = x.get<std::vector<float>>();
    const Shape shape = {static_cast<int64_t>(values.size()) / 25, 5, 5, 1};
    CAIRN_ASSIGN_OR_RETURN(
        const Tensor y,
        net_.Predict(TensorView::Of<float>(shape, values.data()), {}));
    const auto data = y.data<float>();
    return Json(std::vector<float>(data.begin(), data.end()));
  }

 private:
  nn::Sequential net_;
};

// --- functional ---

class Inner : public Trackable {
 public:
  Inner(ModelLayout layout) : graph_(*this, layout) {}
  Status Build(Layers& layers) {
    CAIRN_ASSIGN_OR_RETURN(
        nn::Layer* const dense,
        layers.Add(DenseConfig{.units = 2}, "inner_dense", {4}));
    CAIRN_RETURN_IF_ERROR(graph_.AddInput());
    return graph_.Add(*dense);
  }

 private:
  ModelGraph graph_;
};

// Two inputs through one layer and one model, joined.
class Towers : public Model, public Trackable {
 public:
  explicit Towers(ModelLayout layout)
      : layers_(layout), inner_(layout), graph_(*this, layout) {}

  Status Build() {
    CAIRN_ASSIGN_OR_RETURN(nn::Layer* const shared,
                           layers_.Add(DenseConfig{.units = 4}, "shared", {3}));
    CAIRN_RETURN_IF_ERROR(inner_.Build(layers_));
    CAIRN_ASSIGN_OR_RETURN(nn::Layer* const out,
                           layers_.Add(DenseConfig{.units = 2}, "out", {4}));
    CAIRN_RETURN_IF_ERROR(graph_.AddInput());
    CAIRN_RETURN_IF_ERROR(graph_.AddInput());
    CAIRN_RETURN_IF_ERROR(graph_.Add(*shared));
    CAIRN_RETURN_IF_ERROR(graph_.Add(inner_));
    CAIRN_RETURN_IF_ERROR(graph_.Add(concatenate_));
    return graph_.Add(*out);
  }
  Trackable& object() override { return *this; }
  std::vector<Variable*> Trained() override { return layers_.Variables(); }
  std::vector<Variable*> Variables() override { return layers_.Variables(); }
  Status Compile(nn::Optimizer& optimizer) override {
    CAIRN_RETURN_IF_ERROR(graph_.Compile(optimizer));
    return graph_.NoteTraining();
  }

 private:
  Layers layers_;
  Inner inner_;
  Trackable concatenate_;  // a layer that nn has not, without variables
  ModelGraph graph_;
};

// --- subclassed ---

// Keras 3 does not track its lists, dicts and tuples: nor does this then.
class Block : public Trackable {
 public:
  Status Build(Layers& layers, int64_t inputs, const std::string& scope) {
    const auto dense = [&](const char* name, int64_t in, int64_t units) {
      return layers.Add(DenseConfig{.units = units}, name, {in}, scope);
    };
    const auto norm = [&](const char* name, int64_t in) {
      return layers.Add(BatchNormalizationConfig{}, name, {in}, scope);
    };
    CAIRN_ASSIGN_OR_RETURN(auto* const first, dense("first", inputs, 3));
    CAIRN_ASSIGN_OR_RETURN(auto* const second, dense("second", 3, 3));
    CAIRN_ASSIGN_OR_RETURN(auto* const pre, norm("pre", inputs));
    CAIRN_ASSIGN_OR_RETURN(auto* const post, norm("post", 3));
    CAIRN_ASSIGN_OR_RETURN(auto* const left, dense("left", 3, 2));
    CAIRN_ASSIGN_OR_RETURN(auto* const right, dense("right", 2, 2));
    pair_ =
        std::make_unique<Tuple>(std::initializer_list<Element>{left, right});
    CAIRN_RETURN_IF_ERROR(parts_.Append(first));
    CAIRN_RETURN_IF_ERROR(parts_.Append(second));
    CAIRN_RETURN_IF_ERROR(norms_.Set("in", pre));
    CAIRN_RETURN_IF_ERROR(norms_.Set("out/x.y", post));
    CAIRN_RETURN_IF_ERROR(Track("parts", &parts_));
    CAIRN_RETURN_IF_ERROR(Track("norms", &norms_));
    return Track("pair", pair_.get());
  }

 private:
  List parts_;
  Dict norms_;
  std::unique_ptr<Tuple> pair_;
};

class Subclassed : public Model, public Trackable {
 public:
  explicit Subclassed(ModelLayout layout)
      : layout_(layout),
        layers_(layout),
        head_({.input_shape = {2},
               // Keras 3 names variables by the whole path.
               .name =
                   layout == ModelLayout::kKeras3 ? "subclassed/head" : "head",
               .layout = layout}),
        graph_(*this, layout) {}

  Status Build() {
    CAIRN_RETURN_IF_ERROR(first_.Build(layers_, 6, "subclassed/first/"));
    CAIRN_RETURN_IF_ERROR(second_.Build(layers_, 2, "subclassed/second/"));
    CAIRN_RETURN_IF_ERROR(head_.Add(DenseConfig{.units = 2}, "head_dense"));
    if (layout_ == ModelLayout::kKeras2) {
      CAIRN_RETURN_IF_ERROR(Track("blocks", &blocks_));
    }
    return Track("head", &head_);
  }
  Trackable& object() override { return *this; }
  std::vector<Variable*> Trained() override { return OnlyTrained(Variables()); }
  std::vector<Variable*> Variables() override {
    std::vector<Variable*> all = layers_.Variables();
    for (Variable* v : head_.Variables()) all.push_back(v);
    return all;
  }
  Status Compile(nn::Optimizer& optimizer) override {
    CAIRN_RETURN_IF_ERROR(graph_.Compile(optimizer));
    return graph_.NoteTraining();
  }

 private:
  const ModelLayout layout_;
  Layers layers_;
  Block first_, second_;
  List blocks_{&first_, &second_};
  nn::Sequential head_;
  ModelGraph graph_;
};

template <typename M>
StatusOr<std::unique_ptr<Model>> Built(ModelLayout layout) {
  auto model = std::make_unique<M>(layout);
  CAIRN_RETURN_IF_ERROR(model->Build());
  return std::unique_ptr<Model>(std::move(model));
}

StatusOr<std::unique_ptr<Model>> MakeModel(const Json& job) {
  const ModelLayout layout =
      job["layout"] == "keras3" ? ModelLayout::kKeras3 : ModelLayout::kKeras2;
  if (job["kind"] == "sequential") return Built<Stack>(layout);
  if (job["kind"] == "functional") return Built<Towers>(layout);
  return Built<Subclassed>(layout);
}

nn::OptimizerLayout OptimizerLayoutOf(const Json& name) {
  if (name == "keras2") return nn::OptimizerLayout::kKeras2;
  if (name == "keras3") return nn::OptimizerLayout::kKeras3;
  return nn::OptimizerLayout::kLegacy;
}

Status Step(nn::Optimizer& optimizer, const std::vector<Variable*>& variables,
            float value) {
  std::vector<std::vector<float>> gradients;
  for (const Variable* v : variables) {
    gradients.emplace_back(static_cast<size_t>(v->shape().num_elements()),
                           value);
  }
  std::vector<nn::GradientAndVariable> pairs;
  for (size_t i = 0; i < variables.size(); ++i) {
    pairs.push_back({gradients[i], variables[i]});
  }
  return optimizer.Apply(pairs);
}

}  // namespace

StatusOr<Json> RunModel(FileSystem& fs, const Json& job) {
  nn::Adam adam({.layout = OptimizerLayoutOf(job["optimizer"])});
  CAIRN_ASSIGN_OR_RETURN(const auto model, MakeModel(job));
  CAIRN_RETURN_IF_ERROR(model->Compile(adam));
  auto checkpoint =
      job.contains("weights")
          ? std::make_unique<object::Checkpoint>(fs, model->object())
          : std::make_unique<object::Checkpoint>(
                fs, std::vector<TrackableEdge>{{"model", &model->object()},
                                               {"optimizer", &adam}});
  CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                         checkpoint->Read(job["restore"].get<std::string>()));
  // Only now do the lists of an optimizer get their variables.
  CAIRN_RETURN_IF_ERROR(adam.Build(model->Trained()));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  CAIRN_RETURN_IF_ERROR(status.AssertExistingObjectsMatched());
  CAIRN_RETURN_IF_ERROR(status.AssertNontrivialMatch());
  Json answer = {{"iterations", adam.iterations()}};
  if (job.contains("x")) {
    CAIRN_ASSIGN_OR_RETURN(answer["prediction"], model->Predict(job["x"]));
  }
  if (job.contains("step")) {
    CAIRN_RETURN_IF_ERROR(Step(adam, model->Trained(), job["step"]));
  }
  CAIRN_RETURN_IF_ERROR(
      checkpoint->Write(job["save"].get<std::string>()).status());
  for (const Variable* v : model->Variables()) {
    const auto data = v->data<float>();
    answer["values"][v->name()] = std::vector<float>(data.begin(), data.end());
  }
  return answer;
}

}  // namespace cairn
