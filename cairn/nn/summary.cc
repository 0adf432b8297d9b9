// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/summary.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "cairn/base/strings.h"

namespace cairn::nn {
namespace {

constexpr int kLeastLineLength = 20;  // narrower columns would hold nothing

using Row = std::array<std::string, 3>;

class Table {
 public:
  explicit Table(int line_length)
      : ends_{static_cast<size_t>(line_length * 0.45),
              static_cast<size_t>(line_length * 0.85),
              static_cast<size_t>(line_length)} {}

  void Rule(char c) { Line(std::string(ends_[2], c)); }
  void Line(std::string_view text) { text_.append(text).append("\n"); }

  // A text too long for its column goes on in the next line.
  void Add(Row fields) {
    const auto left = [](const std::string& field) { return !field.empty(); };
    do {
      std::string line;
      for (size_t column = 0; column < fields.size(); ++column) {
        line += Cut(fields[column], column);
        line.resize(std::max(line.size(), ends_[column]), ' ');
      }
      Line(line);
    } while (std::ranges::any_of(fields, left));
  }

  std::string Take() { return std::move(text_); }

 private:
  // Takes off `field` what fits into the column's next line. Two cells stay
  // free between columns; a closing parenthesis and comma ends a line early.
  std::string Cut(std::string& field, size_t column) const {
    const size_t start = column == 0 ? 0 : ends_[column - 1];
    const size_t gap = column == 2 ? 0 : 2;
    const size_t indent = column == 0 ? 1 : 0;
    size_t size = std::min(field.size(), ends_[column] - start - gap - indent);
    const size_t comma = field.substr(0, size).find("),");
    if (comma != std::string::npos) size = comma + 2;
    std::string piece = field.substr(0, size);
    field.erase(0, size);
    return StrCat(std::string(indent, ' '), piece, std::string(gap, ' '));
  }

  std::array<size_t, 3> ends_;
  std::string text_;
};

std::string MemorySize(int64_t bytes) {
  constexpr std::string_view kUnits[] = {"Byte", "KB", "MB", "GB", "TB", "PB"};
  double size = static_cast<double>(bytes);
  size_t unit = 0;
  while (size >= 1024 && unit + 1 < std::size(kUnits)) {
    size /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ", size);
  return StrCat(text, kUnits[unit]);
}

std::string Parameters(std::string_view what, int64_t count) {
  return StrCat(what, " params: ", count, " (",
                MemorySize(count * static_cast<int64_t>(sizeof(float))), ")");
}

std::string OutputShape(const Shape& shape) {
  std::string text = "(None";
  for (int64_t dim : shape.dims()) text += StrCat(", ", dim);
  return text + ")";
}

}  // namespace

std::string FormatSummary(std::string_view model_name,
                          std::span<const std::unique_ptr<Layer>> layers,
                          int line_length) {
  Table table(std::max(line_length, kLeastLineLength));
  table.Line(StrCat("Model: \"", model_name, "\""));
  table.Rule('_');
  table.Add({"Layer (type)", "Output Shape", "Param #"});
  table.Rule('=');
  int64_t total = 0, trainable = 0;
  for (const auto& layer : layers) {
    table.Add({StrCat(layer->name(), " (", layer->class_name(), ")"),
               OutputShape(layer->config().output_shape),
               StrCat(layer->CountParameters())});
    table.Add({});
    for (const auto& v : layer->variables()) {
      total += v->shape().num_elements();
      if (v->trainable()) trainable += v->shape().num_elements();
    }
  }
  table.Rule('=');
  table.Line(Parameters("Total", total));
  table.Line(Parameters("Trainable", trainable));
  table.Line(Parameters("Non-trainable", total - trainable));
  table.Rule('_');
  return table.Take();
}

}  // namespace cairn::nn
