// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "model_words.h"

#include <cstdlib>
#include <string>

#include "cairn/base/strings.h"

namespace cairn::interop {
namespace {

float Float(std::string_view text) {
  return std::strtof(std::string(text).c_str(), nullptr);
}

Activation ActivationNamed(std::string_view name) {
  if (name == "relu") return Activation::kRelu;
  if (name == "softmax") return Activation::kSoftmax;
  return Activation::kLinear;
}

Padding PaddingNamed(std::string_view name) {
  return name == "same" ? Padding::kSame : Padding::kValid;
}

int64_t Length(int64_t input, int64_t window, int64_t stride, Padding padding) {
  if (padding == Padding::kSame) return (input + stride - 1) / stride;
  return (input - window) / stride + 1;
}

// The layer in `words`, taking `in`.
LayerConfig LayerOf(const std::vector<std::string_view>& words,
                    const Shape& in) {
  LayerConfig layer;
  layer.name = std::string(words[1]);
  layer.input_shape = layer.output_shape = in;
  if (words[0] == "conv2d") {
    const Conv2DConfig c{Int(words[2]),
                         Int(words[3]),
                         Int(words[4]),
                         Int(words[5]),
                         Int(words[6]),
                         PaddingNamed(words[7]),
                         ActivationNamed(words[8])};
    layer.config = c;
    layer.output_shape = {
        Length(in.dim(0), c.kernel_height, c.stride_height, c.padding),
        Length(in.dim(1), c.kernel_width, c.stride_width, c.padding),
        c.filters};
  } else if (words[0] == "bn") {
    BatchNormalizationConfig c;
    c.epsilon = Float(words[2]);
    if (words.size() > 3) c.momentum = Float(words[3]);
    layer.config = c;
  } else if (words[0] == "pool") {
    const MaxPool2DConfig c{Int(words[2]), Int(words[3]), Int(words[4]),
                            Int(words[5]), PaddingNamed(words[6])};
    layer.config = c;
    layer.output_shape = {
        Length(in.dim(0), c.pool_height, c.stride_height, c.padding),
        Length(in.dim(1), c.pool_width, c.stride_width, c.padding), in.dim(2)};
  } else if (words[0] == "flatten") {
    layer.config = FlattenConfig{};
    layer.output_shape = {in.num_elements()};
  } else {
    const DenseConfig c{Int(words[2]), ActivationNamed(words[3])};
    layer.config = c;
    std::vector<int64_t> dims(in.dims().begin(), in.dims().end());
    dims.back() = c.units;
    layer.output_shape = *Shape::Create(dims);
  }
  return layer;
}

}  // namespace

int64_t Int(std::string_view text) {
  return std::atoll(std::string(text).c_str());
}

std::vector<int64_t> Ints(std::string_view text) {
  std::vector<int64_t> values;
  for (std::string_view item : Split(text, ',')) {
    values.push_back(Int(item));
  }
  return values;
}

void AddWord(std::string_view word, ModelConfig& model) {
  if (word.starts_with("input:")) {
    model.input_shape = *Shape::Create(Ints(word.substr(6)));
    return;
  }
  model.layers.push_back(
      LayerOf(Split(word, ':'), model.layers.empty()
                                    ? model.input_shape
                                    : model.layers.back().output_shape));
}

bool SetOption(std::string_view word, graph::TrainingGraphOptions& options) {
  if (!word.starts_with("--")) return false;
  word.remove_prefix(2);
  const size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const std::string value(
      equals == std::string_view::npos ? "" : word.substr(equals + 1));
  graph::GraphSaverOptions& saver = options.saver;
  if (name == "adam") options.adam.name = value;
  if (name == "saver") saver.name = value;
  if (name == "filename") saver.filename = value;
  if (name == "sharded") saver.sharding = graph::Sharding::kByDevice;
  if (name == "v1") saver.version = graph::SaverVersion::kV1;
  if (name == "max-to-keep") {
    saver.max_to_keep = static_cast<int32_t>(Int(value));
  }
  if (name == "hours") {
    saver.keep_checkpoint_every_n_hours = Float(value);
  }
  if (name == "model-only") {
    options.saved = graph::SavedVariables::kModel;
  }
  if (name == "strip-default-attrs") options.strip_default_attrs = true;
  if (name == "seeds") {
    for (int64_t seed : Ints(value)) {
      options.kernel_seeds.push_back(static_cast<int32_t>(seed));
    }
  }
  return true;
}

}  // namespace cairn::interop
