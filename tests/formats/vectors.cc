// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>

#include "cairn/base/strings.h"

namespace cairn::formats {
namespace {

const std::filesystem::path kPages = CAIRN_DOCS_DIR "/formats";
constexpr std::string_view kFence = "```";
constexpr std::string_view kOpening = "```vectors ";

// The end of the cell that starts at `begin`: the first blank outside quotes.
size_t CellEnd(std::string_view line, size_t begin) {
  bool quoted = false;
  size_t i = begin;
  for (; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ' ' && !quoted) {
      break;
    }
  }
  return std::min(i, line.size());
}

std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells;
  size_t begin = line.find_first_not_of(' ');
  while (begin != std::string_view::npos) {
    const size_t end = CellEnd(line, begin);
    cells.emplace_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(' ', end);
  }
  return cells;
}

using RowSink = std::function<void(const std::string& kind, const Row& row)>;

void ReadPage(const std::filesystem::path& path, const RowSink& sink) {
  std::ifstream in(path);
  std::string kind;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with(kOpening)) {
      kind = line.substr(kOpening.size());
    } else if (line.starts_with(kFence)) {
      kind.clear();
    } else if (!kind.empty() && !line.empty() && line[0] != '#') {
      sink(kind, {StrCat(path.filename().string(), ":", number), Cells(line)});
    }
  }
}

bool HexPair(std::string_view text, size_t i, char* byte) {
  unsigned value = 0;
  if (i + 2 > text.size()) return false;
  const char* const begin = text.data() + i;
  if (std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) {
    return false;
  }
  *byte = static_cast<char>(value);
  return true;
}

// One part of a cell of bytes: text in quotes, or hexadecimal digits. Moves
// `i` behind it.
bool ReadPart(std::string_view cell, size_t& i, std::string* out) {
  char byte = 0;
  if (cell[i] != '"') {
    for (; HexPair(cell, i, &byte); i += 2) *out += byte;
    return !out->empty();
  }
  for (++i; i < cell.size() && cell[i] != '"'; ++i) {
    if (cell[i] != '\\') {
      *out += cell[i];
    } else if (cell.substr(i).starts_with("\\x")) {
      if (!HexPair(cell, i + 2, &byte)) return false;
      *out += byte;
      i += 3;
    } else if (++i < cell.size()) {
      *out += cell[i];
    }
  }
  return i++ < cell.size();
}

bool ReadBytes(std::string_view cell, std::string* out) {
  if (cell == "-") return true;
  for (size_t i = 0; i < cell.size();) {
    std::string part;
    if (!ReadPart(cell, i, &part)) return false;
    unsigned times = 1;
    if (i < cell.size() && cell[i] == '*') {
      const char* const end = cell.data() + cell.size();
      const auto read = std::from_chars(cell.data() + i + 1, end, times);
      if (read.ec != std::errc()) return false;
      i = static_cast<size_t>(read.ptr - cell.data());
    }
    for (; times > 0; --times) *out += part;
    if (i == cell.size()) return true;
    if (cell[i++] != '+') return false;
  }
  return false;
}

template <typename T>
T Number(const Row& row, size_t i) {
  const std::string text = row.text(i);
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  EXPECT_TRUE(read.ec == std::errc() && read.ptr == end)
      << row.where << ": " << text << " is no number";
  return value;
}

}  // namespace

std::string Row::text(size_t i) const {
  EXPECT_LT(i, cells.size()) << where << ": too few cells";
  return i < cells.size() ? cells[i] : "";
}

std::string Row::bytes(size_t i) const {
  std::string out;
  EXPECT_TRUE(ReadBytes(text(i), &out)) << where << ": " << text(i);
  return out;
}

int64_t Row::number(size_t i) const { return Number<int64_t>(*this, i); }
uint64_t Row::unsigned_number(size_t i) const {
  return Number<uint64_t>(*this, i);
}

std::vector<Row> Vectors(std::string_view page, std::string_view kind) {
  std::vector<Row> rows;
  ReadPage(kPages / page, [&](const std::string& found, const Row& row) {
    if (found == kind) rows.push_back(row);
  });
  EXPECT_FALSE(rows.empty()) << page << " has no vectors " << kind;
  return rows;
}

std::set<std::string> AllKinds() {
  std::set<std::string> kinds;
  for (const auto& file : std::filesystem::directory_iterator(kPages)) {
    if (file.path().extension() != ".md") continue;
    ReadPage(file.path(), [&](const std::string& kind, const Row& row) {
      kinds.insert(StrCat(row.where.substr(0, row.where.find(':')), " ", kind));
    });
  }
  return kinds;
}

}  // namespace cairn::formats
