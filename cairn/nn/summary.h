// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Keras's table of layers, output shapes and parameters. Internal to nn.
#ifndef CAIRN_NN_SUMMARY_H_
#define CAIRN_NN_SUMMARY_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cairn/nn/layer.h"

namespace cairn::nn {

// As model.summary() of Keras 2.15 prints it, line for line.
std::string FormatSummary(std::string_view model_name,
                          std::span<const std::unique_ptr<Layer>> layers,
                          int line_length);

}  // namespace cairn::nn

#endif  // CAIRN_NN_SUMMARY_H_
