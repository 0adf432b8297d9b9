// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The parts of the demo's output that only look at files.
#ifndef CAIRN_CLI_DEMO_REPORT_H_
#define CAIRN_CLI_DEMO_REPORT_H_

#include <ostream>
#include <string>
#include <string_view>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/cli/console.h"

namespace cairn::cli {

void PrintHeading(Console& console, std::string_view text);

// The directory's files with their sizes, and the text of its `checkpoint`.
Status PrintCheckpointDirectory(FileSystem& fs, const std::string& dir,
                                std::ostream& out);

// A name-based and an object-based checkpoint side by side.
Status PrintComparison(FileSystem& fs, const std::string& v1_path,
                       const std::string& v2_path, std::ostream& out);

// As `cairn ls`, `cairn graph` of an object graph and of a meta graph.
Status ShowEntries(FileSystem& fs, const std::string& path, Console& console);
Status ShowObjectGraph(FileSystem& fs, const std::string& path,
                       Console& console);
Status ShowMetaGraph(FileSystem& fs, const std::string& path, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_DEMO_REPORT_H_
