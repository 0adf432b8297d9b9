// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/fit_progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::cli {
namespace {

constexpr int kBarWidth = 30;
constexpr std::chrono::milliseconds kRedrawInterval(50);

std::string Bar(int64_t done, int64_t total) {
  const auto filled = static_cast<size_t>(kBarWidth * done / total);
  if (done >= total) return std::string(kBarWidth, '=');
  std::string bar(kBarWidth, '.');
  std::fill_n(bar.begin(), filled, '=');
  bar[filled] = '>';
  return bar;
}

std::string PerStep(double seconds) {
  if (seconds >= 1) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

double SecondsBetween(std::chrono::steady_clock::time_point from,
                      std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::string FitProgressLine(const nn::BatchInfo& info, double seconds) {
  const int64_t done = info.batch + 1;
  const double per_step = seconds / static_cast<double>(done);
  const std::string total = fmt::to_string(info.batches);
  std::string line = fmt::format("{:>{}}/{} [{}] - ", done, total.size(), total,
                                 Bar(done, info.batches));
  if (done >= info.batches) {
    line += fmt::format("{:.0f}s {}", seconds, PerStep(per_step));
  } else {
    line += fmt::format("ETA: {:.0f}s",
                        per_step * static_cast<double>(info.batches - done));
  }
  line += fmt::format(" - loss: {:.4f}", info.logs.loss);
  if (info.logs.accuracy) {
    line += fmt::format(" - sparse_categorical_accuracy: {:.4f}",
                        *info.logs.accuracy);
  }
  return line;
}

Status FitProgress::OnEpochBegin(int /*epoch*/) {
  epoch_start_ = last_drawn_ = std::chrono::steady_clock::now();
  return OkStatus();
}

Status FitProgress::OnBatchEnd(const nn::BatchInfo& info) {
  const Time now = std::chrono::steady_clock::now();
  const bool last = info.batch + 1 >= info.batches;
  const bool draw =
      style_ == ProgressStyle::kLive && now - last_drawn_ >= kRedrawInterval;
  if (!draw && !last) return OkStatus();
  last_drawn_ = now;
  const double seconds = SecondsBetween(epoch_start_, now);
  const std::string line = FitProgressLine(info, seconds);
  if (style_ == ProgressStyle::kLive) {
    // Erases what a longer line before left behind.
    out_ << "\r" << line << "\x1b[K";
    if (last) out_ << "\n";
  } else {
    out_ << line << "\n";
  }
  out_.flush();
  return OkStatus();
}

}  // namespace cairn::cli
