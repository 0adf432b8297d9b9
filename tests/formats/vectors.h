// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The byte vectors of docs/formats: what the pages say is what the tests check.
//
//   ```vectors crc32c
//   # bytes   crc       masked
//   -         00000000  a282ead8
//   "a"       c1d04330  28e46e78
//   00*32     8a9136aa  0fd7fffa
//   ```
//
// One row a line, cells apart by blanks, '#' starts a comment line. A cell of
// bytes is - (none), hexadecimal digits, or text in double quotes (\xNN, \\ and
// \" inside), each with *N behind it for N times, joined by +.
#ifndef CAIRN_TESTS_FORMATS_VECTORS_H_
#define CAIRN_TESTS_FORMATS_VECTORS_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::formats {

struct Row {
  std::string where;  // page and line, for messages
  std::vector<std::string> cells;

  // Cells as they stand, as bytes and as decimal numbers. A cell that is
  // missing or malformed fails the test and gives an empty value.
  std::string text(size_t i) const;
  std::string bytes(size_t i) const;
  int64_t number(size_t i) const;
  uint64_t unsigned_number(size_t i) const;
};

// The rows of all blocks of that kind in docs/formats/<page>; no rows fail the
// test.
std::vector<Row> Vectors(std::string_view page, std::string_view kind);

// "page kind" of every block there is.
std::set<std::string> AllKinds();

}  // namespace cairn::formats

#endif  // CAIRN_TESTS_FORMATS_VECTORS_H_
