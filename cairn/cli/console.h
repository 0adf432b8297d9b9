// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Console: where a command writes, and what it ends with.
//
// Commands take a Console instead of touching the process's own streams, so
// that tests run them on strings. Answers go to `out`, everything about how
// they were found (notes, errors, progress) to `err`.
//
// Not thread-safe.
#ifndef CAIRN_CLI_CONSOLE_H_
#define CAIRN_CLI_CONSOLE_H_

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "cairn/base/status.h"

namespace cairn::cli {

// What every verb exits with.
inline constexpr int kExitOk = 0;       // yes; done
inline constexpr int kExitNo = 1;       // no: differs, corrupt, no such key
inline constexpr int kExitTrouble = 2;  // wrong use, or it cannot be read

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool color = false;  // of `out`
  int width = 80;      // of the terminal

  // `text` in bold or faint type if `out` has colour.
  std::string Bold(std::string_view text) const;
  std::string Faint(std::string_view text) const;

  // "cairn: <text>" on `err`, after what was written to `out`.
  void Note(std::string_view text);
};

// kExitOk; kExitNo when a file is damaged (DataLoss); else kExitTrouble.
int ExitCodeFor(const Status& status);

// Tells the user and returns ExitCodeFor(status).
int Report(const Status& status, Console& console);

// A line on a terminal that shows how far something has got; nothing anywhere
// else. Erased when done.
class Progress {
 public:
  // `total` is in the unit of Advance, e.g. bytes.
  Progress(Console& console, std::string label, uint64_t total);
  ~Progress();
  void Advance(uint64_t amount);

 private:
  void Draw();
  Console& console_;
  const std::string label_;
  const uint64_t total_;
  uint64_t done_ = 0;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace cairn::cli

#endif  // CAIRN_CLI_CONSOLE_H_
