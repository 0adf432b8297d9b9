// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Models that test_keras_models.py has in Keras, made of Cairn's own layers,
// optimizer and Sequential: a Sequential, a functional model with a shared
// layer and a nested model, a subclassed one with lists, dicts and tuples.
#ifndef CAIRN_TESTS_INTEROP_KERAS_MODELS_H_
#define CAIRN_TESTS_INTEROP_KERAS_MODELS_H_

#include <nlohmann/json.hpp>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn {

// {"do": "model", "kind", "layout": Keras's of model, "optimizer": of the
//  optimizer, "restore", "save", "step", "weights"}
// Makes the model of that kind, restores it and its optimizer with all asserts,
// takes a step with all gradients `step`, and writes them; with "weights" the
// model is the root, as Model.save_weights has it. Answers
// {"values": {name: [...]}}, and of a Sequential for "x" also "prediction".
StatusOr<nlohmann::json> RunModel(FileSystem& fs, const nlohmann::json& job);

}  // namespace cairn

#endif  // CAIRN_TESTS_INTEROP_KERAS_MODELS_H_
