// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Reads the `checkpoint` file's text. What TensorFlow 2.15 accepts (protobuf's
// Python text parser), no more and no less, apart from the last line here:
//   - a value runs to no other line; adjacent literals are joined
//   - `field: value`, for a repeated field also `field: [value, ...]`; after a
//     field at most one ',' or ';'
//   - '#' starts a comment; blanks are space, \t \r \n \v \f
//   - numbers as Python's float() reads them, or with 'f' behind; no hex; those
//     beyond a double become infinite or zero
//   - text and every string must be UTF-8; unknown fields are refused
//   - \u, \U, \N and octal escapes above \377 are refused: nothing writes them,
//     and TensorFlow takes them for other text than they mean
// Work and memory are linear in the text; nothing nests.
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "absl/strings/charconv.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::state {
namespace {

bool IsBlank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');  // \t \n \v \f \r
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsQuote(char c) { return c == '"' || c == '\''; }
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Undoes the escapes of a literal's inside; false for one that is malformed.
bool Unescape(std::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      *out += text[i];
      continue;
    }
    if (++i == text.size()) return false;
    static constexpr std::string_view kLetters = "abfnrtv\\'\"";
    static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
    const char c = text[i];
    if (const size_t k = kLetters.find(c); k != std::string_view::npos) {
      *out += kMeanings[k];
    } else if (c >= '0' && c <= '7') {
      int value = 0;
      size_t end = i;
      while (end < text.size() && end < i + 3 && text[end] >= '0' &&
             text[end] <= '7') {
        value = value * 8 + (text[end++] - '0');
      }
      if (value > 0xff) return false;
      *out += static_cast<char>(value);
      i = end - 1;
    } else if (c == 'x') {
      int value = 0;
      size_t end = i + 1;
      while (end < text.size() && end < i + 3 && HexDigit(text[end]) >= 0) {
        value = value * 16 + HexDigit(text[end++]);
      }
      if (end == i + 1) return false;
      *out += static_cast<char>(value);
      i = end - 1;
    } else if (c == 'u' || c == 'U' || c == 'N') {
      return false;
    } else {  // an unknown escape stands for itself
      *out += '\\';
      *out += c;
    }
  }
  return true;
}

bool IsInfinity(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower == "inff" || lower == "infinityf";
}

// "1_000" is 1000: one underscore may stand between two digits. Others stay, so
// that the number is none.
std::string WithoutUnderscores(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool between = text[i] == '_' && i > 0 && i + 1 < text.size() &&
                         IsDigit(text[i - 1]) && IsDigit(text[i + 1]);
    if (!between) out += text[i];
  }
  return out;
}

// All of `text`, or false.
bool ParseWhole(std::string_view text, double* value) {
  const std::string plain = WithoutUnderscores(text);
  std::string_view t = plain;
  if (t.starts_with('+')) {
    t.remove_prefix(1);
    if (t.starts_with('-')) return false;
  }
  if (t.find_first_of("xX") != t.npos) return false;
  const auto [end, error] =
      absl::from_chars(t.data(), t.data() + t.size(), *value);
  if (end != t.data() + t.size() || t.empty()) return false;
  if (error == std::errc::result_out_of_range) {
    const double magnitude =
        std::abs(*value) > 1 ? std::numeric_limits<double>::infinity() : 0.0;
    *value = std::copysign(magnitude, *value);
    return true;
  }
  return error == std::errc();
}

bool ParseDouble(std::string_view text, double* value) {
  const auto whole = [value](std::string_view t) {
    return ParseWhole(t, value);
  };
  if (whole(text)) return true;
  const std::string_view magnitude =
      text.starts_with('-') ? text.substr(1) : text;
  if (IsInfinity(magnitude)) return whole(text.substr(0, text.size() - 1));
  while (text.ends_with('f')) text.remove_suffix(1);
  return whole(text);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { Next(); }

  StatusOr<CheckpointState> Parse() {
    if (!IsUtf8(text_)) return DataLossError("the text is not UTF-8");
    CheckpointState state;
    while (!token_.empty()) CAIRN_RETURN_IF_ERROR(ParseField(&state));
    return state;
  }

 private:
  Status ParseField(CheckpointState* state) {
    const std::string_view name = token_;
    if (name == "model_checkpoint_path") {
      CAIRN_RETURN_IF_ERROR(ParseOne(&state->model_checkpoint_path));
    } else if (name == "all_model_checkpoint_paths") {
      CAIRN_RETURN_IF_ERROR(ParseMany(&state->all_model_checkpoint_paths));
    } else if (name == "all_model_checkpoint_timestamps") {
      CAIRN_RETURN_IF_ERROR(ParseMany(&state->all_model_checkpoint_timestamps));
    } else if (name == "last_preserved_timestamp") {
      CAIRN_RETURN_IF_ERROR(ParseOne(&state->last_preserved_timestamp));
    } else {
      return Error("the name of a CheckpointState field");
    }
    if (!TryConsume(',')) TryConsume(';');
    return OkStatus();
  }

  // `: value`; a later one replaces an earlier one.
  template <typename T>
  Status ParseOne(T* value) {
    Next();
    if (!TryConsume(':')) return Error("':'");
    return ParseValue(value);
  }

  template <typename T>
  Status ParseMany(std::vector<T>* values) {
    Next();
    if (!TryConsume(':')) return Error("':'");
    if (!TryConsume('[')) return ParseValue(&values->emplace_back());
    if (TryConsume(']')) return OkStatus();
    while (true) {
      CAIRN_RETURN_IF_ERROR(ParseValue(&values->emplace_back()));
      if (TryConsume(']')) return OkStatus();
      if (!TryConsume(',')) return Error("',' or ']'");
    }
  }

  Status ParseValue(std::string* value) {
    value->clear();
    if (token_.empty() || !IsQuote(token_[0])) return Error("a quoted string");
    while (!token_.empty() && IsQuote(token_[0])) {
      if (token_.size() < 2 || token_.back() != token_[0]) {
        return Error("a closing quote on the same line");
      }
      if (!Unescape(token_.substr(1, token_.size() - 2), value)) {
        return Error("a string with valid escapes");
      }
      Next();
    }
    if (!IsUtf8(*value)) {
      return DataLossError(StrCat("before ", Position(),
                                  ": expected UTF-8 text, got ",
                                  Escape(*value)));
    }
    return OkStatus();
  }

  Status ParseValue(double* value) {
    if (!ParseDouble(token_, value)) return Error("a number");
    Next();
    return OkStatus();
  }

  // Moves to the next token: a name, a number, a literal (with its quotes, cut
  // at the line's end if the closing one is missing) or a single character;
  // empty at the end of the text.
  void Next() {
    position_ += token_.size();
    SkipBlanksAndComments();
    const std::string_view rest = text_.substr(position_);
    size_t size = 0;
    if (rest.empty()) {
      size = 0;
    } else if (IsLetter(rest[0])) {
      size = RunLength(rest, "+-");
    } else if (IsDigit(rest[0]) || rest[0] == '+' || rest[0] == '-' ||
               (rest.size() > 1 && rest[0] == '.' && IsDigit(rest[1]))) {
      size = RunLength(rest, ".+-");
    } else if (IsQuote(rest[0])) {
      size = LiteralLength(rest);
    } else {
      size = 1;
    }
    token_ = rest.substr(0, size);
  }

  void SkipBlanksAndComments() {
    while (position_ < text_.size()) {
      if (text_[position_] == '#') {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (IsBlank(text_[position_])) {
        ++position_;
      } else {
        return;
      }
    }
  }

  static size_t RunLength(std::string_view rest, std::string_view more) {
    size_t size = 1;
    while (size < rest.size() &&
           (IsLetter(rest[size]) || IsDigit(rest[size]) ||
            more.find(rest[size]) != std::string_view::npos)) {
      ++size;
    }
    return size;
  }

  static size_t LiteralLength(std::string_view rest) {
    for (size_t i = 1; i < rest.size() && rest[i] != '\n'; ++i) {
      if (rest[i] == rest[0]) return i + 1;
      if (rest[i] == '\\' && i + 1 < rest.size() && rest[i + 1] != '\n') ++i;
    }
    return std::min(rest.find('\n'), rest.size());
  }

  bool TryConsume(char c) {
    if (token_.size() != 1 || token_[0] != c) return false;
    Next();
    return true;
  }

  std::string Position() const {
    const std::string_view before = text_.substr(0, position_);
    size_t line = 1;
    for (const char c : before) line += c == '\n' ? 1 : 0;
    const size_t newline = before.rfind('\n');
    const size_t column =
        newline == std::string_view::npos ? position_ : position_ - newline - 1;
    return StrCat("line ", line, ", column ", column + 1);
  }

  Status Error(std::string_view expected) const {
    const std::string got =
        token_.empty() ? "the end of the text" : Escape(token_, 60);
    return DataLossError(
        StrCat(Position(), ": expected ", expected, ", got ", got));
  }

  std::string_view text_;
  std::string_view token_;
  size_t position_ = 0;  // of token_
};

}  // namespace

StatusOr<CheckpointState> ParseCheckpointState(std::string_view text) {
  return GuardMemory("a state file", [&]() -> StatusOr<CheckpointState> {
    return Parser(text).Parse();
  });
}

}  // namespace cairn::state
