// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Small pieces of text that several verbs print. Thread-safe.
#ifndef CAIRN_CLI_TEXT_H_
#define CAIRN_CLI_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cli {

// "512 B", "215.7 KiB", "1.2 GiB".
std::string HumanBytes(uint64_t bytes);

// "1 tensor", "16 tensors", "1,000,000 tensors".
std::string Count(uint64_t count, std::string_view noun);

// The whole of `bytes`, made printable on one line.
std::string Printable(std::string_view bytes);

// `bytes` if it is UTF-8, else Printable(bytes): always fit for JSON.
std::string Utf8(std::string_view bytes);

// Columns `text` takes: code points, not bytes.
size_t DisplayWidth(std::string_view text);
// `text` followed or preceded by spaces up to `width` columns.
std::string PadRight(std::string_view text, size_t width);
std::string PadLeft(std::string_view text, size_t width);

// Whether `text` matches the whole `pattern`: `*` is any run of bytes, also
// '/'; `?` any byte; `[a-z]` and `[!a-z]` one of a set; `\` takes the next byte
// as it is. Linear in the two lengths' product.
bool MatchesGlob(std::string_view pattern, std::string_view text);

// Rows with columns as wide as their widest cell, two spaces between. Of a
// right-aligned column the cells are padded on the left. The last column is not
// padded.
class Table {
 public:
  enum class Align { kLeft, kRight };
  // A column is at most `limit` wide: longer cells stick out.
  struct Column {
    std::string head = "";
    Align align = Align::kLeft;
    size_t limit = 80;
  };
  explicit Table(std::vector<Column> columns);

  // Makes room for the cells of a row that will be formatted later.
  void Measure(const std::vector<std::string>& cells);
  std::string Head() const;
  std::string Row(const std::vector<std::string>& cells) const;

 private:
  std::vector<Column> columns_;
  std::vector<size_t> widths_;
};

}  // namespace cairn::cli

#endif  // CAIRN_CLI_TEXT_H_
