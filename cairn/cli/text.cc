// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::cli {
namespace {

// Whether the set that starts behind '[' at `*p` holds `c`; moves `*p` behind
// its ']'. A set without an end matches nothing.
bool MatchesSet(std::string_view pattern, size_t* p, unsigned char c) {
  size_t i = *p;
  const bool negated = i < pattern.size() && pattern[i] == '!';
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) {
      *p = i + 1;
      return found != negated;
    }
    const auto low = static_cast<unsigned char>(pattern[i]);
    auto high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' &&
        pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    ++i;
    if (low <= c && c <= high) found = true;
  }
  *p = pattern.size();
  return false;
}

// Matches one element of the pattern, not '*', against `c`.
bool MatchesOne(std::string_view pattern, size_t* p, char c) {
  const char element = pattern[*p];
  ++*p;
  if (element == '?') return true;
  if (element == '[') {
    return MatchesSet(pattern, p, static_cast<unsigned char>(c));
  }
  if (element == '\\' && *p < pattern.size()) return pattern[(*p)++] == c;
  return element == c;
}

}  // namespace

std::string HumanBytes(uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB",
                                                      "TiB", "PiB", "EiB"};
  if (bytes < 1024) return StrCat(bytes, " B");
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // What would round to "1024.0" belongs to the next unit.
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string Count(uint64_t count, std::string_view noun) {
  return StrCat(WithThousands(count), " ", noun, count == 1 ? "" : "s");
}

std::string Printable(std::string_view bytes) {
  return Escape(bytes, std::string_view::npos);
}

std::string Utf8(std::string_view bytes) {
  return IsUtf8(bytes) ? std::string(bytes) : Printable(bytes);
}

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string PadRight(std::string_view text, size_t width) {
  const size_t used = DisplayWidth(text);
  return StrCat(text, std::string(width > used ? width - used : 0, ' '));
}

std::string PadLeft(std::string_view text, size_t width) {
  const size_t used = DisplayWidth(text);
  return StrCat(std::string(width > used ? width - used : 0, ' '), text);
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0;
  // Where to go on when what follows the last '*' did not match: the star then
  // takes one byte more. Earlier stars need never be tried again.
  size_t after_star = std::string_view::npos, star_end = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_end = t;
      continue;
    }
    if (p < pattern.size()) {
      size_t next = p;
      if (MatchesOne(pattern, &next, text[t])) {
        p = next;
        ++t;
        continue;
      }
    }
    if (after_star == std::string_view::npos) return false;
    p = after_star;
    t = ++star_end;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) {
    widths_.push_back(DisplayWidth(column.head));
  }
}

void Table::Measure(const std::vector<std::string>& cells) {
  for (size_t i = 0; i < cells.size(); ++i) {
    widths_[i] = std::max(widths_[i],
                          std::min(DisplayWidth(cells[i]), columns_[i].limit));
  }
}

std::string Table::Head() const {
  std::vector<std::string> heads;
  for (const Column& column : columns_) heads.push_back(column.head);
  return Row(heads);
}

std::string Table::Row(const std::vector<std::string>& cells) const {
  std::string row;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) row += "  ";
    const bool right = columns_[i].align == Align::kRight;
    row +=
        right ? PadLeft(cells[i], widths_[i]) : PadRight(cells[i], widths_[i]);
  }
  row.erase(row.find_last_not_of(' ') + 1);
  return row;
}

}  // namespace cairn::cli
