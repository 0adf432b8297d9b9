// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// cairn_meta_graph: writes the meta graph of a model given by words, so that
// TensorFlow can be asked what it makes of it.
//
//   cairn_meta_graph out.meta [--seeds=1,2] [--git-version=v]
//       [--signature=key] input:28,28,1
//       conv2d:name:filters:kh:kw:sh:sw:same|valid:activation
//       bn:name:epsilon  pool:name:ph:pw:sh:sw:same|valid  flatten:name
//       dense:name:units:activation
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/graph/inference_graph.h"

namespace {

using cairn::Shape;

int64_t Int(std::string_view text) {
  return std::atoll(std::string(text).c_str());
}

std::vector<int64_t> Ints(std::string_view text) {
  std::vector<int64_t> values;
  for (std::string_view item : cairn::Split(text, ',')) {
    values.push_back(Int(item));
  }
  return values;
}

cairn::Activation ActivationNamed(std::string_view name) {
  if (name == "relu") return cairn::Activation::kRelu;
  if (name == "softmax") return cairn::Activation::kSoftmax;
  return cairn::Activation::kLinear;
}

cairn::Padding PaddingNamed(std::string_view name) {
  return name == "same" ? cairn::Padding::kSame : cairn::Padding::kValid;
}

int64_t Length(int64_t input, int64_t window, int64_t stride,
               cairn::Padding padding) {
  if (padding == cairn::Padding::kSame) return (input + stride - 1) / stride;
  return (input - window) / stride + 1;
}

// The layer in `words`, taking `in`.
cairn::LayerConfig Layer(const std::vector<std::string_view>& words,
                         const Shape& in) {
  cairn::LayerConfig layer;
  layer.name = std::string(words[1]);
  layer.input_shape = layer.output_shape = in;
  if (words[0] == "conv2d") {
    const cairn::Conv2DConfig c{Int(words[2]),
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
    layer.config = cairn::BatchNormalizationConfig{
        .epsilon = std::strtof(std::string(words[2]).c_str(), nullptr)};
  } else if (words[0] == "pool") {
    const cairn::MaxPool2DConfig c{Int(words[2]), Int(words[3]), Int(words[4]),
                                   Int(words[5]), PaddingNamed(words[6])};
    layer.config = c;
    layer.output_shape = {
        Length(in.dim(0), c.pool_height, c.stride_height, c.padding),
        Length(in.dim(1), c.pool_width, c.stride_width, c.padding), in.dim(2)};
  } else if (words[0] == "flatten") {
    layer.config = cairn::FlattenConfig{};
    layer.output_shape = {in.num_elements()};
  } else {
    const cairn::DenseConfig c{Int(words[2]), ActivationNamed(words[3])};
    layer.config = c;
    std::vector<int64_t> dims(in.dims().begin(), in.dims().end());
    dims.back() = c.units;
    layer.output_shape = *Shape::Create(dims);
  }
  return layer;
}

}  // namespace

int main(int argc, char** argv) {
  cairn::ModelConfig model;
  cairn::graph::InferenceGraphOptions options;
  for (int i = 2; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word.starts_with("--seeds=")) {
      for (int64_t seed : Ints(word.substr(8))) {
        options.kernel_seeds.push_back(static_cast<int32_t>(seed));
      }
    } else if (word.starts_with("--git-version=")) {
      options.tensorflow_git_version = word.substr(14);
    } else if (word.starts_with("--signature=")) {
      options.signature_key = word.substr(12);
    } else if (word.starts_with("input:")) {
      model.input_shape = *Shape::Create(Ints(word.substr(6)));
    } else {
      model.layers.push_back(Layer(cairn::Split(word, ':'),
                                   model.layers.empty()
                                       ? model.input_shape
                                       : model.layers.back().output_shape));
    }
  }
  auto meta = cairn::graph::BuildInferenceMetaGraph(model, options);
  if (!meta.ok()) {
    std::cerr << meta.status() << "\n";
    return 1;
  }
  const cairn::Status written = cairn::WriteFileAtomically(
      cairn::LocalFileSystem(), argv[1], meta->Serialize());
  if (!written.ok()) std::cerr << written << "\n";
  return written.ok() ? 0 : 1;
}
