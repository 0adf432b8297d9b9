// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Layer: one step of a model: its configuration, its variables and its node in
// the object graph (`kernel`, `bias`; batch normalization: `axis`, a node
// without values, `gamma`, `beta`, `moving_mean`, `moving_variance`). Keras 3
// has `_kernel` for `kernel` and no `axis`.
//
// A layer holds no computation: a model is compiled for a batch size and a mode
// (program.h), and that reads and writes the layers' variables.
#ifndef CAIRN_NN_LAYER_H_
#define CAIRN_NN_LAYER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/layer_config.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn::nn {

// Conv2DConfig, BatchNormalizationConfig, MaxPool2DConfig, FlattenConfig or
// DenseConfig.
using LayerSpec = decltype(LayerConfig::config);

// Whose object graph a layer or model has.
enum class ModelLayout {
  kKeras2,  // tf.keras, all of it before Keras 3
  kKeras3,
};

struct LayerOptions {
  ModelLayout layout = ModelLayout::kKeras2;
  // What its variables' names begin with: "sequential/", as Keras 3 has it, or
  // "my_model/block/".
  std::string scope;
};

class Layer : public Trackable {
 public:
  // Checks that the layer fits `input_shape` (of one example) and draws its
  // initial weights; `seed` is of this layer alone. See Sequential::Add.
  static StatusOr<std::unique_ptr<Layer>> Create(LayerSpec spec,
                                                 std::string name,
                                                 const Shape& input_shape,
                                                 uint64_t seed,
                                                 LayerOptions options = {});

  const LayerConfig& config() const { return config_; }
  const std::string& name() const { return config_.name; }
  // Keras's class name, "Conv2D".
  std::string_view class_name() const;

  // In the order of Keras's layer.weights: trainable ones first.
  const std::vector<std::unique_ptr<Variable>>& variables() const {
    return variables_;
  }
  // By the last part of its name ("kernel"); null if there is none.
  Variable* Find(std::string_view part) const;
  int64_t CountParameters() const;

 private:
  Layer(LayerConfig config, LayerOptions options)
      : config_(std::move(config)), options_(std::move(options)) {}
  Status AddVariable(std::string_view part, StatusOr<Tensor> value,
                     Variable::Trainable trainable);
  Status Build(uint64_t seed);

  LayerConfig config_;
  const LayerOptions options_;
  std::vector<std::unique_ptr<Variable>> variables_;
  Trackable axis_;  // batch normalization's list node
};

// The base of automatic names: "conv2d", "max_pooling2d" ...
std::string_view DefaultName(const LayerSpec& spec);

}  // namespace cairn::nn

#endif  // CAIRN_NN_LAYER_H_
