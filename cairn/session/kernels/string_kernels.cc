// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Text: what the graphs of Savers and of input pipelines do with it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"

namespace cairn::session {
namespace {

// Elementwise; scalars stand for all elements.
StatusOr<Kernel> MakeJoin(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const std::string separator,
                         node.String("separator", ""));
  return [separator](KernelContext& context) -> Status {
    Shape shape;
    bool all_scalars = true;
    for (int i = 0; i < context.num_inputs(); ++i) {
      const Shape& other = context.input(i).shape();
      if (other.rank() == 0) continue;
      if (!all_scalars && !(other == shape)) {
        return InvalidArgumentError(
            StrCat("Input shapes do not match: ", shape.ToString(), " vs. ",
                   other.ToString()));
      }
      shape = other;
      all_scalars = false;
    }
    // The sum may be larger than the inputs: scalars count for each element.
    CAIRN_RETURN_IF_ERROR(context.CheckSize(DataType::kString, shape));
    std::vector<std::string> joined(static_cast<size_t>(shape.num_elements()));
    for (size_t at = 0; at < joined.size(); ++at) {
      size_t length = 0;
      for (int i = 0; i < context.num_inputs(); ++i) {
        const TensorView& input = context.input(i);
        const bool scalar = input.shape().rank() == 0;
        const std::string& text = input.strings()[scalar ? 0 : at];
        length += text.size() + separator.size();
        CAIRN_RETURN_IF_ERROR(
            context.budget()->Check(static_cast<int64_t>(length)));
        if (i > 0) joined[at] += separator;
        joined[at] += text;
      }
    }
    CAIRN_ASSIGN_OR_RETURN(Tensor out,
                           Tensor::OfStrings(shape, std::move(joined)));
    return context.SetOutput(0, std::move(out));
  };
}

// A pattern of letters, "." and ".*": enough for the patterns that Savers
// contain ("^s3://.*"); the whole text must match, as in TensorFlow.
class SimplePattern {
 public:
  static std::optional<SimplePattern> Parse(std::string_view text) {
    SimplePattern out;
    if (text.starts_with('^')) text.remove_prefix(1);
    if (text.ends_with('$')) text.remove_suffix(1);
    while (!text.empty()) {
      const char c = text.front();
      Step step{c, c == '.', false};
      text.remove_prefix(1);
      if (c == '\\') {
        if (text.empty() || IsLetter(text.front())) return std::nullopt;
        step.letter = text.front();
        text.remove_prefix(1);
      } else if (std::string_view("*+?()[]{}|^$").find(c) !=
                 std::string_view::npos) {
        return std::nullopt;
      }
      if (text.starts_with('*')) {
        step.repeated = true;
        text.remove_prefix(1);
      }
      if (text.starts_with('*') || text.starts_with('?')) return std::nullopt;
      out.steps_.push_back(step);
    }
    return out;
  }

  // Without recursion: reached[j] says that the first j steps can match the
  // text so far.
  bool Matches(std::string_view text) const {
    std::vector<bool> reached(steps_.size() + 1, false);
    reached[0] = true;
    SkipRepeated(&reached);
    for (char c : text) {
      std::vector<bool> next(steps_.size() + 1, false);
      for (size_t j = 0; j < steps_.size(); ++j) {
        const Step& step = steps_[j];
        const bool fits = step.any ? c != '\n' : step.letter == c;
        if (!reached[j] || !fits) continue;
        next[step.repeated ? j : j + 1] = true;
      }
      reached = std::move(next);
      SkipRepeated(&reached);
    }
    return reached.back();
  }

 private:
  struct Step {
    char letter;
    bool any;       // "."
    bool repeated;  // "*"
  };
  static bool IsLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
  }
  void SkipRepeated(std::vector<bool>* reached) const {
    for (size_t j = 0; j < steps_.size(); ++j) {
      if ((*reached)[j] && steps_[j].repeated) (*reached)[j + 1] = true;
    }
  }
  std::vector<Step> steps_;
};

StatusOr<Kernel> MakeFullMatch(const Attributes& node) {
  // Kept as it is: gcc 12 takes a string moved out for uninitialised.
  const StatusOr<std::string> text = node.String("pattern");
  CAIRN_RETURN_IF_ERROR(text.status());
  const std::optional<SimplePattern> pattern = SimplePattern::Parse(*text);
  if (!pattern.has_value()) {
    return NotSupported(StrCat("the pattern ", Escape(*text)));
  }
  return [pattern = *pattern](KernelContext& context) -> Status {
    const TensorView& input = context.input(0);
    CAIRN_ASSIGN_OR_RETURN(Tensor out,
                           context.Allocate(DataType::kBool, input.shape()));
    for (size_t i = 0; i < input.strings().size(); ++i) {
      out.data<bool>()[i] = pattern.Matches(input.strings()[i]);
    }
    return context.SetOutput(0, std::move(out));
  };
}

}  // namespace

void AddStringKernels(KernelTable& table) {
  table.Add({.op = "StringJoin",
             .signature = "inputs:N*string -> output:string",
             .make = MakeJoin});
  table.Add({.op = "StaticRegexFullMatch",
             .signature = "input:string -> output:bool",
             .make = MakeFullMatch,
             .note = "patterns of letters, \".\" and \"*\""});
}

}  // namespace cairn::session
