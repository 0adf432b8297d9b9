// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/sequential.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "cairn/base/random.h"
#include "cairn/base/strings.h"
#include "cairn/nn/model_graph.h"
#include "cairn/nn/program.h"
#include "cairn/nn/summary.h"

namespace cairn::nn {
namespace {

constexpr size_t kMaxPrograms = 8;

// Calls visit(value as double) for each label; false for other types.
template <typename Visit>
bool ForEachLabel(const TensorView& y, const Visit& visit) {
  const auto all = [&](auto type) {
    for (auto value : y.data<decltype(type)>()) {
      visit(static_cast<double>(value));
    }
    return true;
  };
  switch (y.dtype()) {
    case DataType::kUint8:
      return all(uint8_t{});
    case DataType::kInt8:
      return all(int8_t{});
    case DataType::kUint16:
      return all(uint16_t{});
    case DataType::kInt16:
      return all(int16_t{});
    case DataType::kUint32:
      return all(uint32_t{});
    case DataType::kInt32:
      return all(int32_t{});
    case DataType::kUint64:
      return all(uint64_t{});
    case DataType::kInt64:
      return all(int64_t{});
    case DataType::kFloat:
      return all(float{});
    default:
      return false;
  }
}

StatusOr<std::vector<int32_t>> ParseLabels(const TensorView& y,
                                           int64_t classes) {
  std::vector<int32_t> labels;
  labels.reserve(static_cast<size_t>(y.num_elements()));
  Status status = OkStatus();
  const bool known = ForEachLabel(y, [&](double value) {
    if (!(value >= 0 && value < static_cast<double>(classes)) ||
        value != std::floor(value)) {
      if (status.ok()) {
        status = InvalidArgumentError(StrCat("label ", labels.size(), " is ",
                                             value, ", not a class from 0 to ",
                                             classes - 1));
      }
      value = 0;
    }
    labels.push_back(static_cast<int32_t>(value));
  });
  if (!known) {
    return InvalidArgumentError(StrCat("labels must be integers or float32, ",
                                       "got ", DataTypeName(y.dtype())));
  }
  CAIRN_RETURN_IF_ERROR(status);
  return labels;
}

Status CheckPositive(std::string_view what, int64_t value) {
  if (value >= 1) return OkStatus();
  return InvalidArgumentError(StrCat(what, " must be positive, got ", value));
}

// Sums of an epoch and what Keras makes of them.
struct Running {
  void Add(const LossSums& sums, int64_t examples) {
    loss += sums.loss;
    correct += sums.correct;
    count += examples;
  }
  double loss = 0;
  int64_t correct = 0;
  int64_t count = 0;
};

}  // namespace

struct Sequential::Impl {
  Impl(SequentialOptions o, Trackable& model)
      : options(std::move(o)),
        graph(model, options.layout, ModelKind::kSequential) {
    config.name = options.name;
    config.input_shape = options.input_shape;
  }

  const Shape& output_shape() const {
    return layers.back()->config().output_shape;
  }
  std::string UniqueName(const LayerSpec& spec) const;
  bool HasLayer(std::string_view name) const;
  LayerOptions PlaceOfLayers() const;
  Logs LogsOf(const Running& running) const;
  Status CheckExamples(const TensorView& x) const;
  StatusOr<std::vector<int32_t>> CheckLabels(const TensorView& x,
                                             const TensorView& y) const;
  StatusOr<Program*> ProgramFor(int64_t batch_size, Purpose purpose);
  Workers& TheWorkers();
  StatusOr<LossSums> Step(const Batch& batch, int64_t size);

  SequentialOptions options;
  ModelConfig config;
  std::vector<std::unique_ptr<Layer>> layers;
  int64_t parameters = 0;
  Optimizer* optimizer = nullptr;
  CompileOptions compiled;
  std::unique_ptr<Workers> workers;
  // Keyed by what they were made for; emptied when there are too many or a
  // layer is added.
  std::map<std::pair<int64_t, Purpose>, std::unique_ptr<Program>> programs;
  ModelGraph graph;
};

LayerOptions Sequential::Impl::PlaceOfLayers() const {
  const bool scoped = options.layout == ModelLayout::kKeras3;
  return {options.layout, scoped ? options.name + "/" : ""};
}

bool Sequential::Impl::HasLayer(std::string_view name) const {
  return std::ranges::any_of(
      layers, [&](const auto& layer) { return layer->name() == name; });
}

std::string Sequential::Impl::UniqueName(const LayerSpec& spec) const {
  const std::string base(DefaultName(spec));
  if (!HasLayer(base)) return base;
  for (int i = 1;; ++i) {
    std::string name = StrCat(base, "_", i);
    if (!HasLayer(name)) return name;
  }
}

Logs Sequential::Impl::LogsOf(const Running& running) const {
  const double count = static_cast<double>(running.count);
  Logs logs{.loss = running.loss / count, .accuracy = std::nullopt};
  if (!compiled.metrics.empty()) {
    logs.accuracy = static_cast<double>(running.correct) / count;
  }
  return logs;
}

Status Sequential::Impl::CheckExamples(const TensorView& x) const {
  if (layers.empty()) {
    return FailedPreconditionError(StrCat(config.name, " has no layers"));
  }
  const Shape& want = config.input_shape;
  const auto describe = [&] {
    std::string text = want.ToString();
    return text.size() > 2 ? StrCat("[N,", text.substr(1)) : "[N]";
  };
  if (x.dtype() != DataType::kFloat || x.shape().rank() != want.rank() + 1 ||
      !std::ranges::equal(x.shape().dims().subspan(1), want.dims())) {
    return InvalidArgumentError(
        StrCat(config.name, " takes float32 ", describe(), ", got ",
               x.is_valid()
                   ? StrCat(DataTypeName(x.dtype()), " ", x.shape().ToString())
                   : "an invalid tensor"));
  }
  if (x.shape().dim(0) == 0) {
    return InvalidArgumentError("there are no examples");
  }
  return OkStatus();
}

StatusOr<std::vector<int32_t>> Sequential::Impl::CheckLabels(
    const TensorView& x, const TensorView& y) const {
  if (optimizer == nullptr) {
    return FailedPreconditionError(StrCat(config.name, " is not compiled"));
  }
  const Shape& shape = y.shape();
  const bool column = shape.rank() == 2 && shape.dim(1) == 1;
  if (!y.is_valid() || (shape.rank() != 1 && !column) ||
      shape.dim(0) != x.shape().dim(0)) {
    return InvalidArgumentError(
        StrCat("labels must be [", x.shape().dim(0), "] or [", x.shape().dim(0),
               ",1] like the examples, got ", shape.ToString()));
  }
  return ParseLabels(y, output_shape().dim(0));
}

Workers& Sequential::Impl::TheWorkers() {
  if (workers == nullptr) {
    workers = std::make_unique<Workers>(options.threads);
  }
  return *workers;
}

StatusOr<Program*> Sequential::Impl::ProgramFor(int64_t batch_size,
                                                Purpose purpose) {
  const std::pair key(batch_size, purpose);
  if (auto it = programs.find(key); it != programs.end()) {
    return it->second.get();
  }
  if (programs.size() >= kMaxPrograms) programs.clear();
  CAIRN_ASSIGN_OR_RETURN(
      auto program, Program::Create(layers, batch_size, purpose, TheWorkers()));
  return (programs[key] = std::move(program)).get();
}

StatusOr<LossSums> Sequential::Impl::Step(const Batch& batch, int64_t size) {
  CAIRN_ASSIGN_OR_RETURN(Program * program, ProgramFor(size, Purpose::kTrain));
  CAIRN_ASSIGN_OR_RETURN(LossSums sums, program->Run(batch));
  CAIRN_RETURN_IF_ERROR(optimizer->Apply(program->gradients()));
  return sums;
}

Sequential::Sequential(SequentialOptions options)
    : impl_(std::make_unique<Impl>(std::move(options), *this)) {}

Sequential::~Sequential() = default;

Status Sequential::Add(LayerSpec spec, std::string name) {
  Impl& m = *impl_;
  if (name.empty()) name = m.UniqueName(spec);
  if (m.HasLayer(name)) {
    return InvalidArgumentError(
        StrCat(m.config.name, " has a layer named ", name, " already"));
  }
  // A layer's seed depends on its place only, not on what was drawn before.
  Random seeds(m.options.seed, m.layers.size());
  const uint64_t seed = uint64_t{seeds.Next()} << 32 | seeds.Next();
  CAIRN_ASSIGN_OR_RETURN(
      auto layer,
      Layer::Create(std::move(spec), std::move(name),
                    m.layers.empty() ? m.config.input_shape : m.output_shape(),
                    seed, m.PlaceOfLayers()));
  if (layer->CountParameters() > kMaxParameters - m.parameters) {
    return InvalidArgumentError(
        StrCat(layer->name(), ": more than ", kMaxParameters, " parameters"));
  }
  if (m.layers.empty()) CAIRN_RETURN_IF_ERROR(m.graph.AddInput());
  CAIRN_RETURN_IF_ERROR(m.graph.Add(*layer));
  m.programs.clear();
  m.parameters += layer->CountParameters();
  m.config.layers.push_back(layer->config());
  m.layers.push_back(std::move(layer));
  return OkStatus();
}

const ModelConfig& Sequential::Config() const { return impl_->config; }

std::string Sequential::Summary(int line_length) const {
  return FormatSummary(impl_->config.name, impl_->layers, line_length);
}

const std::vector<std::unique_ptr<Layer>>& Sequential::layers() const {
  return impl_->layers;
}

std::vector<Variable*> Sequential::Variables() const {
  std::vector<Variable*> all;
  for (const auto& layer : impl_->layers) {
    for (const auto& v : layer->variables()) all.push_back(v.get());
  }
  return all;
}

std::vector<Variable*> Sequential::TrainableVariables() const {
  std::vector<Variable*> all = Variables();
  std::erase_if(all, [](const Variable* v) { return !v->trainable(); });
  return all;
}

Status Sequential::Compile(CompileOptions options) {
  Impl& m = *impl_;
  if (m.layers.empty()) {
    return FailedPreconditionError(StrCat(m.config.name, " has no layers"));
  }
  if (options.optimizer == nullptr) {
    return InvalidArgumentError("Compile needs an optimizer");
  }
  if (m.output_shape().rank() != 1) {
    return InvalidArgumentError(
        StrCat("sparse categorical crossentropy needs outputs of shape "
               "[classes], ",
               m.config.name, " gives ", m.output_shape().ToString()));
  }
  CAIRN_RETURN_IF_ERROR(m.graph.Compile(*options.optimizer));
  m.optimizer = options.optimizer;
  m.compiled = std::move(options);
  return OkStatus();
}

StatusOr<History> Sequential::Fit(const TensorView& x, const TensorView& y,
                                  const FitOptions& options) {
  Impl& m = *impl_;
  CAIRN_RETURN_IF_ERROR(m.CheckExamples(x));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int32_t> labels,
                         m.CheckLabels(x, y));
  CAIRN_RETURN_IF_ERROR(CheckPositive("batch_size", options.batch_size));
  CAIRN_RETURN_IF_ERROR(m.graph.NoteTraining());
  Callback nothing;
  Callback& callback = options.callback ? *options.callback : nothing;
  const int64_t n = x.shape().dim(0);
  const int64_t size = std::min(n, options.batch_size);
  const float* images = x.data<float>().data();
  const int64_t stride = m.config.input_shape.num_elements();
  History history;
  for (int epoch = options.first_epoch;
       epoch < options.first_epoch + options.epochs; ++epoch) {
    CAIRN_RETURN_IF_ERROR(callback.OnEpochBegin(epoch));
    std::vector<int64_t> order;
    if (options.order == Order::kShuffled) {
      order = Permutation(n, options.seed, static_cast<uint64_t>(epoch));
    }
    Running running;
    for (int64_t first = 0; first < n; first += size) {
      const int64_t count = std::min(size, n - first);
      const Batch batch =
          order.empty()
              ? Batch{images + first * stride, labels.data() + first, nullptr}
              : Batch{images, labels.data(), order.data() + first};
      CAIRN_ASSIGN_OR_RETURN(const LossSums sums, m.Step(batch, count));
      running.Add(sums, count);
      CAIRN_RETURN_IF_ERROR(
          callback.OnBatchEnd({.epoch = epoch,
                               .epochs = options.first_epoch + options.epochs,
                               .batch = first / size,
                               .batches = (n + size - 1) / size,
                               .examples = running.count,
                               .total_examples = n,
                               .logs = m.LogsOf(running)}));
    }
    history.epochs.push_back(m.LogsOf(running));
    CAIRN_RETURN_IF_ERROR(callback.OnEpochEnd(epoch, history.epochs.back()));
  }
  return history;
}

StatusOr<Logs> Sequential::TrainOnBatch(const TensorView& x,
                                        const TensorView& y) {
  Impl& m = *impl_;
  CAIRN_RETURN_IF_ERROR(m.CheckExamples(x));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int32_t> labels,
                         m.CheckLabels(x, y));
  CAIRN_RETURN_IF_ERROR(m.graph.NoteTraining());
  Running running;
  const int64_t n = x.shape().dim(0);
  CAIRN_ASSIGN_OR_RETURN(
      const LossSums sums,
      m.Step({x.data<float>().data(), labels.data(), nullptr}, n));
  running.Add(sums, n);
  return m.LogsOf(running);
}

StatusOr<Logs> Sequential::Evaluate(const TensorView& x, const TensorView& y,
                                    const EvaluateOptions& options) {
  Impl& m = *impl_;
  CAIRN_RETURN_IF_ERROR(m.CheckExamples(x));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int32_t> labels,
                         m.CheckLabels(x, y));
  CAIRN_RETURN_IF_ERROR(CheckPositive("batch_size", options.batch_size));
  CAIRN_RETURN_IF_ERROR(m.graph.NoteEvaluation());
  const int64_t n = x.shape().dim(0);
  const int64_t size = std::min(n, options.batch_size);
  Running running;
  for (int64_t first = 0; first < n; first += size) {
    const int64_t count = std::min(size, n - first);
    CAIRN_ASSIGN_OR_RETURN(Program * program,
                           m.ProgramFor(count, Purpose::kEvaluate));
    CAIRN_ASSIGN_OR_RETURN(
        const LossSums sums,
        program->Run({x.data<float>().data() +
                          first * m.config.input_shape.num_elements(),
                      labels.data() + first, nullptr}));
    running.Add(sums, count);
    if (options.callback == nullptr) continue;
    CAIRN_RETURN_IF_ERROR(
        options.callback->OnBatchEnd({.epoch = 0,
                                      .epochs = 1,
                                      .batch = first / size,
                                      .batches = (n + size - 1) / size,
                                      .examples = running.count,
                                      .total_examples = n,
                                      .logs = m.LogsOf(running)}));
  }
  return m.LogsOf(running);
}

StatusOr<Tensor> Sequential::Predict(const TensorView& x,
                                     const PredictOptions& options) {
  Impl& m = *impl_;
  CAIRN_RETURN_IF_ERROR(m.CheckExamples(x));
  CAIRN_RETURN_IF_ERROR(CheckPositive("batch_size", options.batch_size));
  CAIRN_RETURN_IF_ERROR(m.graph.NotePrediction());
  const int64_t n = x.shape().dim(0);
  const int64_t size = std::min(n, options.batch_size);
  std::vector<int64_t> dims = {n};
  dims.insert(dims.end(), m.output_shape().dims().begin(),
              m.output_shape().dims().end());
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(Tensor outputs,
                         Tensor::CreateUninitialized(DataType::kFloat, shape));
  const int64_t row = m.output_shape().num_elements();
  for (int64_t first = 0; first < n; first += size) {
    const int64_t count = std::min(size, n - first);
    CAIRN_ASSIGN_OR_RETURN(Program * program,
                           m.ProgramFor(count, Purpose::kPredict));
    CAIRN_RETURN_IF_ERROR(
        program
            ->Run({x.data<float>().data() +
                       first * m.config.input_shape.num_elements(),
                   nullptr, nullptr})
            .status());
    std::copy_n(program->outputs(), count * row,
                outputs.data<float>().data() + first * row);
  }
  return outputs;
}

StatusOr<Sequential::Gradients> Sequential::ComputeGradients(
    const TensorView& x, const TensorView& y) {
  Impl& m = *impl_;
  CAIRN_RETURN_IF_ERROR(m.CheckExamples(x));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int32_t> labels,
                         m.CheckLabels(x, y));
  const int64_t n = x.shape().dim(0);
  CAIRN_ASSIGN_OR_RETURN(Program * program, m.ProgramFor(n, Purpose::kTrain));
  CAIRN_ASSIGN_OR_RETURN(
      const LossSums sums,
      program->Run({x.data<float>().data(), labels.data(), nullptr}));
  Running running;
  running.Add(sums, n);
  Gradients result{m.LogsOf(running), {}};
  for (const GradientAndVariable& g : program->gradients()) {
    CAIRN_ASSIGN_OR_RETURN(
        Tensor copy, Tensor::CopyOf(TensorView::Of<float>(g.variable->shape(),
                                                          g.gradient.data())));
    result.values.push_back(std::move(copy));
  }
  return result;
}

}  // namespace cairn::nn
