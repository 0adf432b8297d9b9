// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The metrics of a directory's checkpoints, by which retention judges them, as
// a JSON file:
//
//   {"ckpt-1": {"accuracy": 0.97, "loss": 0.1}, "ckpt-2": {"accuracy": 0.99}}
//
// A checkpoint is named relative to the directory, as in its `checkpoint` file.
// Numbers that JSON has no word for are strings: "NaN", "Infinity",
// "-Infinity". Of a name that stands twice the last one counts.
//
// Thread-safe: plain functions.
#ifndef CAIRN_STATE_METRICS_FILE_H_
#define CAIRN_STATE_METRICS_FILE_H_

#include <map>
#include <string>
#include <string_view>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/state/retention_policy.h"

namespace cairn::state {

// What CheckpointManager calls the file in its directory.
inline constexpr std::string_view kMetricsFile = "checkpoint.metrics.json";

// Larger files are refused.
inline constexpr uint64_t kMaxMetricsFileBytes = uint64_t{64} << 20;

// By the checkpoints' names as they stand in the file.
using CheckpointMetrics = std::map<std::string, Metrics, std::less<>>;

// DataLoss names the byte where it is no JSON, or the checkpoint and metric
// that is no number.
StatusOr<CheckpointMetrics> ParseMetrics(std::string_view json);
// Names that are not UTF-8 are left out: JSON cannot hold them.
std::string FormatMetrics(const CheckpointMetrics& metrics);

// NotFound without the file; else as ParseMetrics, with the file's name.
StatusOr<CheckpointMetrics> ReadMetricsFile(FileSystem& fs,
                                            const std::string& path);

}  // namespace cairn::state

#endif  // CAIRN_STATE_METRICS_FILE_H_
