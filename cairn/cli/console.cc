// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/console.h"

#include <utility>
#include <vector>

#include "cairn/base/strings.h"

namespace cairn::cli {
namespace {

// Work shorter than this shows no progress; drawn as often afterwards.
constexpr std::chrono::milliseconds kDrawInterval(100);

std::string Styled(bool color, std::string_view code, std::string_view text) {
  if (!color) return std::string(text);
  return StrCat("\x1b[", code, "m", text, "\x1b[0m");
}

// Names in a text are escaped where it is made. One that was forgotten must not
// write to the terminal as it likes: what is not escaped yet is.
std::string Harmless(std::string_view line) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(line, '\\')) {
    parts.push_back(Escape(part, std::string_view::npos));
  }
  return Join(parts, "\\");
}

}  // namespace

std::string Console::Bold(std::string_view text) const {
  return Styled(color, "1", text);
}

std::string Console::Faint(std::string_view text) const {
  return Styled(color, "2", text);
}

void Console::Note(std::string_view text) {
  out.flush();
  for (const std::string_view line : Split(text, '\n')) {
    err << "cairn: " << Harmless(line) << "\n";
  }
  err.flush();
}

int ExitCodeFor(const Status& status) {
  if (status.ok()) return kExitOk;
  return absl::IsDataLoss(status) ? kExitNo : kExitTrouble;
}

int Report(const Status& status, Console& console) {
  if (!status.ok()) console.Note(Message(status));
  return ExitCodeFor(status);
}

Progress::Progress(Console& console, std::string label, uint64_t total)
    : console_(console),
      label_(std::move(label)),
      total_(total),
      next_(std::chrono::steady_clock::now() + kDrawInterval) {}

Progress::~Progress() {
  if (drawn_) console_.err << "\r\x1b[K" << std::flush;
}

void Progress::Advance(uint64_t amount) {
  done_ += amount;
  if (console_.err_is_terminal) Draw();
}

void Progress::Draw() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_ || total_ == 0) return;
  next_ = now + kDrawInterval;
  drawn_ = true;
  const auto percent = static_cast<int>(100.0 * static_cast<double>(done_) /
                                        static_cast<double>(total_));
  console_.err << "\r" << label_ << " " << (percent > 100 ? 100 : percent)
               << "%\x1b[K" << std::flush;
}

}  // namespace cairn::cli
