// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A hostile file can be too large (limited), no JSON or deeply nested (the
// parser has no recursion and is told not to throw), or hold other types than
// expected (each is asked before it is taken).
#include "cairn/state/metrics_file.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::state {
namespace {

using nlohmann::json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::optional<double> NumberOf(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  return std::nullopt;
}

json ToJson(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "Infinity" : "-Infinity";
}

// Where parsing stops; the parser tells it to nobody else.
class ErrorPlace : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    position_ = position;
    return false;
  }
  size_t position() const { return position_; }

 private:
  size_t position_ = 0;
};

}  // namespace

StatusOr<CheckpointMetrics> ParseMetrics(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    ErrorPlace place;
    json::sax_parse(text, &place);
    return DataLossError(StrCat("no JSON from byte ", place.position()));
  }
  if (!document.is_object()) {
    return DataLossError(StrCat("expected an object of checkpoints, got ",
                                document.type_name()));
  }
  CheckpointMetrics result;
  for (const auto& [checkpoint, metrics] : document.items()) {
    if (!metrics.is_object()) {
      return DataLossError(StrCat(Escape(checkpoint),
                                  ": expected an object of metrics, got ",
                                  metrics.type_name()));
    }
    Metrics& values = result[checkpoint];
    for (const auto& [name, value] : metrics.items()) {
      const std::optional<double> number = NumberOf(value);
      if (!number) {
        return DataLossError(StrCat(Escape(checkpoint), ": ", Escape(name),
                                    ": expected a number, got ",
                                    value.type_name()));
      }
      values[name] = *number;
    }
  }
  return result;
}

std::string FormatMetrics(const CheckpointMetrics& metrics) {
  json document = json::object();
  for (const auto& [checkpoint, values] : metrics) {
    if (!IsUtf8(checkpoint)) continue;
    json& object = document[checkpoint] = json::object();
    for (const auto& [name, value] : values) {
      if (IsUtf8(name)) object[name] = ToJson(value);
    }
  }
  // Replacing is for no name that comes here; it is what does not throw.
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

StatusOr<CheckpointMetrics> ReadMetricsFile(FileSystem& fs,
                                            const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const std::string text,
                         fs.ReadFile(path, kMaxMetricsFileBytes));
  StatusOr<CheckpointMetrics> metrics = ParseMetrics(text);
  if (!metrics.ok()) return Annotate(metrics.status(), Escape(path));
  return metrics;
}

}  // namespace cairn::state
