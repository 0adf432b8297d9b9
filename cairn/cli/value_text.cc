// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cairn/base/cursor.h"
#include "cairn/base/strings.h"
#include "cairn/cli/text.h"
#include "cairn/inspect/numbers.h"
#include "cairn/tensor/dtype.h"

namespace cairn::cli {
namespace {

// Bytes shown of a string element.
constexpr size_t kShownBytes = 120;
// NumPy's number of decimals.
constexpr int kPrecision = 8;

// Shortest digits of a finite number, recognisable as a float.
template <typename T>
std::string ShortestFloat(T value) {
  std::string text = StrCat(value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <typename T>
std::string JsonFloat(T value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  return ShortestFloat(value);
}

template <typename T>
std::string FloatText(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return ShortestFloat(value);
}

DataTypeKind KindOf(const TensorView& tensor) {
  return Info(tensor.dtype()).kind;
}

std::string IntegerText(const TensorView& tensor, int64_t i) {
  const int64_t value = inspect::IntegerAt(tensor, i);
  if (tensor.dtype() == DataType::kUint64) {
    return StrCat(static_cast<uint64_t>(value));
  }
  return StrCat(value);
}

std::string Base64Json(std::string_view bytes) {
  return StrCat("{\"base64\":\"", Base64(bytes), "\"}");
}

template <typename T>
std::string JsonComplex(std::complex<T> value) {
  return StrCat("[", JsonFloat(value.real()), ",", JsonFloat(value.imag()),
                "]");
}

template <typename T>
std::string ComplexText(std::complex<T> value) {
  const std::string imaginary = FloatText(value.imag());
  return StrCat(FloatText(value.real()), imaginary.starts_with('-') ? "" : "+",
                imaginary, "j");
}

std::string Quoted(std::string_view bytes) {
  if (bytes.size() <= kShownBytes) {
    return StrCat("\"", Escape(bytes, kShownBytes), "\"");
  }
  return StrCat("\"", Escape(bytes.substr(0, kShownBytes), kShownBytes),
                "\"... (", Count(bytes.size(), "byte"), ")");
}

// The type's name of a stored VariantTensorDataProto: its field 1.
std::string_view VariantTypeName(std::string_view message) {
  constexpr uint32_t kTypeNameTag = (1 << 3) | 2;
  Cursor in(message);
  uint32_t tag = 0;
  std::string_view name;
  if (!in.ReadVarint32(&tag) || tag != kTypeNameTag ||
      !in.ReadLengthPrefixed(&name)) {
    return "unknown type";
  }
  return name;
}

// --- arrays for people ---

// How all shown floats of an array are written, so that they line up.
struct FloatLayout {
  bool exponent = false;
  int decimals = 0;
};

// Digits of a number's shortest spelling that carry its value.
int SignificantDigits(std::string_view shortest) {
  std::string digits;
  for (const char c : shortest.substr(0, shortest.find('e'))) {
    if (c >= '0' && c <= '9' && !(digits.empty() && c == '0')) digits += c;
  }
  digits.erase(digits.find_last_not_of('0') + 1);
  return static_cast<int>(digits.size());
}

// Decimals that `value` needs, at most kPrecision; those beyond its shortest
// spelling are noise.
int DecimalsOf(double value, std::string_view shortest, bool exponent) {
  if (exponent) {
    return std::clamp(SignificantDigits(shortest) - 1, 0, kPrecision);
  }
  std::string text = fmt::format("{:.{}f}", value, kPrecision);
  text.erase(text.find_last_not_of('0') + 1);
  const int decimals = static_cast<int>(text.size() - text.find('.')) - 1;
  const size_t dot = shortest.find('.');
  if (shortest.find('e') != std::string_view::npos ||
      dot == std::string_view::npos) {
    return decimals;
  }
  const std::string_view fraction = shortest.substr(dot + 1);
  return std::min(decimals,
                  fraction == "0" ? 0 : static_cast<int>(fraction.size()));
}

class ArrayFormatter {
 public:
  ArrayFormatter(const TensorView& tensor, const ArrayTextOptions& options)
      : tensor_(tensor),
        options_(options),
        summarise_(tensor.num_elements() > options.threshold),
        floats_(KindOf(tensor) == DataTypeKind::kFloating) {
    if (floats_) ChooseLayout();
    ForEachShown(0, 0, [&](int64_t i) {
      width_ = std::max(width_, DisplayWidth(Element(i)));
    });
  }

  std::string Format() {
    if (tensor_.shape().rank() == 0) return ElementText(tensor_, 0);
    if (tensor_.num_elements() == 0) {
      return StrCat("[] of shape ", tensor_.shape().ToString());
    }
    Append(0, 0);
    return std::move(text_);
  }

 private:
  int64_t Stride(int axis) const {
    int64_t stride = 1;
    for (int i = axis + 1; i < tensor_.shape().rank(); ++i) {
      stride *= tensor_.shape().dim(i);
    }
    return stride;
  }

  // Positions along an axis that are shown; -1 stands for "...".
  std::vector<int64_t> Shown(int axis) const {
    const int64_t n = tensor_.shape().dim(axis);
    std::vector<int64_t> shown;
    const bool cut = summarise_ && n > 2 * options_.edge;
    for (int64_t i = 0; i < (cut ? options_.edge : n); ++i) shown.push_back(i);
    if (cut) {
      shown.push_back(-1);
      for (int64_t i = n - options_.edge; i < n; ++i) shown.push_back(i);
    }
    return shown;
  }

  template <typename Visit>
  void ForEachShown(int axis, int64_t base, const Visit& visit) const {
    if (tensor_.num_elements() == 0) return;
    if (axis == tensor_.shape().rank()) return visit(base);
    for (const int64_t i : Shown(axis)) {
      if (i >= 0) ForEachShown(axis + 1, base + i * Stride(axis), visit);
    }
  }

  void ChooseLayout() {
    double least = 0, most = 0;
    ForEachShown(0, 0, [&](int64_t i) {
      const double value = std::abs(inspect::NumberAt(tensor_, i));
      if (!std::isfinite(value) || value == 0) return;
      least = least == 0 ? value : std::min(least, value);
      most = std::max(most, value);
    });
    layout_.exponent =
        most >= 1e8 || (least > 0 && (least < 1e-4 || most / least > 1000));
    ForEachShown(0, 0, [&](int64_t i) {
      const double value = inspect::NumberAt(tensor_, i);
      if (!std::isfinite(value)) return;
      layout_.decimals = std::max(
          layout_.decimals,
          DecimalsOf(value, ElementText(tensor_, i), layout_.exponent));
    });
  }

  std::string Element(int64_t i) const {
    if (!floats_) return ElementText(tensor_, i);
    const double value = inspect::NumberAt(tensor_, i);
    if (!std::isfinite(value)) return FloatText(value);
    std::string text = layout_.exponent
                           ? fmt::format("{:#.{}e}", value, layout_.decimals)
                           : fmt::format("{:#.{}f}", value, layout_.decimals);
    if (layout_.exponent) return text;
    // Zeros at the end say nothing; the columns stay.
    const size_t size = text.size();
    text.erase(text.find_last_not_of('0') + 1);
    text.resize(size, ' ');
    return text;
  }

  // The part of the array at `base`, from `axis` on.
  void Append(int axis, int64_t base) {
    const bool innermost = axis + 1 == tensor_.shape().rank();
    text_ += '[';
    if (innermost) {
      AppendRow(axis, base);
    } else {
      const std::string indent(static_cast<size_t>(axis) + 1, ' ');
      // A blank line between matrices, two between stacks of them ...
      const std::string gap(
          static_cast<size_t>(tensor_.shape().rank() - axis - 1), '\n');
      bool first = true;
      for (const int64_t i : Shown(axis)) {
        if (!first) text_ += gap + indent;
        first = false;
        if (i < 0) {
          text_ += "...";
        } else {
          Append(axis + 1, base + i * Stride(axis));
        }
      }
    }
    text_ += ']';
  }

  void AppendRow(int axis, int64_t base) {
    const size_t indent = static_cast<size_t>(axis) + 1;
    const bool one_a_line = tensor_.holds_strings();
    size_t used = indent;
    bool first = true;
    for (const int64_t i : Shown(axis)) {
      const std::string cell = i < 0 ? "..."
                               : one_a_line
                                   ? Element(base + i)
                                   : PadLeft(Element(base + i), width_);
      const size_t cell_width = DisplayWidth(cell);
      const bool fits = used + 1 + cell_width <
                        static_cast<size_t>(std::max(options_.width, 20));
      if (!first && (one_a_line || !fits)) {
        text_ += '\n';
        text_.append(indent, ' ');
        used = indent;
      } else if (!first) {
        text_ += ' ';
        ++used;
      }
      first = false;
      text_ += cell;
      used += cell_width;
    }
  }

  const TensorView& tensor_;
  const ArrayTextOptions options_;
  const bool summarise_;
  const bool floats_;
  FloatLayout layout_;
  size_t width_ = 0;
  std::string text_;
};

}  // namespace

std::string JsonElement(const TensorView& tensor, int64_t i) {
  const auto index = static_cast<size_t>(i);
  switch (KindOf(tensor)) {
    case DataTypeKind::kFloating:
      // Narrower types than float are spelled by the float of their value.
      if (tensor.dtype() == DataType::kDouble) {
        return JsonFloat(inspect::ElementAt<double>(tensor, i));
      }
      return JsonFloat(static_cast<float>(inspect::NumberAt(tensor, i)));
    case DataTypeKind::kSigned:
    case DataTypeKind::kUnsigned:
    case DataTypeKind::kQuantized:
      return IntegerText(tensor, i);
    case DataTypeKind::kBool:
      return inspect::ElementAt<uint8_t>(tensor, i) != 0 ? "true" : "false";
    case DataTypeKind::kComplex:
      if (tensor.dtype() == DataType::kComplex64) {
        return JsonComplex(inspect::ElementAt<std::complex<float>>(tensor, i));
      }
      return JsonComplex(inspect::ElementAt<std::complex<double>>(tensor, i));
    case DataTypeKind::kString: {
      const std::string& value = tensor.strings()[index];
      return IsUtf8(value) ? nlohmann::json(value).dump() : Base64Json(value);
    }
    case DataTypeKind::kVariant:
      return Base64Json(tensor.strings()[index]);
    case DataTypeKind::kResource:
      break;
  }
  return "null";
}

void WriteJsonValue(const TensorView& tensor, std::ostream& out) {
  const int rank = tensor.shape().rank();
  if (rank == 0) {
    out << JsonElement(tensor, 0);
    return;
  }
  // Position along each axis, and the element it stands for; no recursion, as
  // there may be 254 axes.
  std::vector<int64_t> at(static_cast<size_t>(rank), 0);
  int axis = 0;
  int64_t element = 0;
  out << '[';
  while (axis >= 0 && out.good()) {
    int64_t& i = at[static_cast<size_t>(axis)];
    if (i == tensor.shape().dim(axis)) {
      out << ']';
      --axis;
      if (axis >= 0) ++at[static_cast<size_t>(axis)];
      continue;
    }
    if (i > 0) out << ',';
    if (axis + 1 < rank) {
      ++axis;
      at[static_cast<size_t>(axis)] = 0;
      out << '[';
      continue;
    }
    out << JsonElement(tensor, element++);
    ++i;
  }
}

std::string ElementText(const TensorView& tensor, int64_t i) {
  const auto index = static_cast<size_t>(i);
  switch (KindOf(tensor)) {
    case DataTypeKind::kFloating:
      if (tensor.dtype() == DataType::kDouble) {
        return FloatText(inspect::ElementAt<double>(tensor, i));
      }
      return FloatText(static_cast<float>(inspect::NumberAt(tensor, i)));
    case DataTypeKind::kComplex:
      if (tensor.dtype() == DataType::kComplex64) {
        return ComplexText(inspect::ElementAt<std::complex<float>>(tensor, i));
      }
      return ComplexText(inspect::ElementAt<std::complex<double>>(tensor, i));
    case DataTypeKind::kString:
      return Quoted(tensor.strings()[index]);
    case DataTypeKind::kVariant: {
      const std::string& message = tensor.strings()[index];
      return StrCat("<", Escape(VariantTypeName(message)), ", ",
                    Count(message.size(), "byte"), ">");
    }
    default:
      return JsonElement(tensor, i);
  }
}

std::string ArrayText(const TensorView& tensor,
                      const ArrayTextOptions& options) {
  return ArrayFormatter(tensor, options).Format();
}

}  // namespace cairn::cli
