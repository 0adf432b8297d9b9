// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/demo_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/cli/graph_command.h"
#include "cairn/cli/ls_command.h"
#include "cairn/inspect/compare.h"
#include "cairn/inspect/locate.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::cli {
namespace {

constexpr uint64_t kMaxStateFile = 1 << 20;

void PrintFile(std::ostream& out, std::string_view name, uint64_t bytes) {
  out << fmt::format("  {:<28} {:>11} B\n", name, WithThousands(bytes));
}

void PrintSide(std::ostream& out, std::string_view title,
               const inspect::SystemSide& side) {
  out << title << " " << side.prefix << ": " << side.num_tensors << " tensors, "
      << WithThousands(side.total_bytes) << " B in " << side.files.size()
      << " files\n";
  for (const inspect::StoredFile& file : side.files) {
    PrintFile(out, BaseName(file.path), file.bytes);
  }
}

std::string_view VerdictText(inspect::SharedValue::Verdict verdict) {
  switch (verdict) {
    case inspect::SharedValue::Verdict::kEqual:
      return "equal";
    case inspect::SharedValue::Verdict::kDifferent:
      return "differs";
    case inspect::SharedValue::Verdict::kIncompatible:
      return "other dtype or shape";
  }
  return "";
}

void PrintShared(std::ostream& out,
                 const std::vector<inspect::SharedValue>& shared) {
  size_t width = 0, object_width = 0;
  for (const auto& value : shared) {
    width = std::max(width, value.name_key.size());
    object_width = std::max(object_width, value.object_key.size());
  }
  out << "\nIn both, the name key beside the object key:\n";
  for (const auto& value : shared) {
    out << fmt::format("  {:<{}}  {:<{}}  {}", value.name_key, width,
                       value.object_key, object_width,
                       VerdictText(value.verdict));
    if (value.largest_difference) {
      out << fmt::format(" by up to {:g}", *value.largest_difference);
    }
    out << "\n";
  }
}

// Values of one role on one line: their number, size and an example.
struct RoleSummary {
  size_t count = 0;
  int64_t bytes = 0;
  std::string example;
};

void PrintOnlyIn(std::ostream& out, std::string_view title,
                 const std::vector<inspect::UnsharedValue>& values) {
  out << "\n" << title << (values.empty() ? " no tensor\n" : "\n");
  std::map<inspect::ValueRole, RoleSummary> roles;
  for (const auto& value : values) {
    RoleSummary& role = roles[value.role];
    if (role.count++ == 0) role.example = value.key;
    role.bytes += value.bytes;
  }
  size_t width = 0;
  for (const auto& [role, summary] : roles) {
    width = std::max(width, inspect::ValueRoleName(role).size());
  }
  for (const auto& [role, summary] : roles) {
    out << fmt::format("  {:>3} {:<{}} {:>9} B  {}{}\n", summary.count,
                       inspect::ValueRoleName(role), width,
                       WithThousands(static_cast<uint64_t>(summary.bytes)),
                       summary.example, summary.count > 1 ? ", ..." : "");
  }
}

// A verb reports its own failure; what is left to say is which one it was.
Status VerbStatus(int exit_code, std::string_view verb,
                  const std::string& path) {
  if (exit_code == kExitOk) return OkStatus();
  return FailedPreconditionError(
      StrCat("cairn ", verb, " ", path, " ended with exit code ", exit_code));
}

void PrintCommand(Console& console, std::string_view verb,
                  const std::string& path) {
  console.out << console.Bold(StrCat("$ cairn ", verb, " ", path)) << "\n";
}

}  // namespace

void PrintHeading(Console& console, std::string_view text) {
  console.out << "\n" << console.Bold(StrCat("== ", text)) << "\n\n";
  console.out.flush();
}

Status PrintCheckpointDirectory(FileSystem& fs, const std::string& dir,
                                std::ostream& out) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names, fs.List(dir));
  out << "\n" << dir << "/\n";
  for (const std::string& name : names) {
    CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs.Stat(JoinPath(dir, name)));
    PrintFile(out, name, info.size);
  }
  const std::string path = JoinPath(dir, state::kDefaultStateFile);
  CAIRN_ASSIGN_OR_RETURN(const std::string text,
                         fs.ReadFile(path, kMaxStateFile));
  out << "\n" << path << ":\n";
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) out << "  " << line << "\n";
  }
  return OkStatus();
}

Status PrintComparison(FileSystem& fs, const std::string& v1_path,
                       const std::string& v2_path, std::ostream& out) {
  CAIRN_ASSIGN_OR_RETURN(const inspect::SystemsComparison comparison,
                         inspect::CompareSystems(fs, v1_path, v2_path));
  PrintSide(out, "TF1", comparison.name_based);
  PrintSide(out, "TF2", comparison.object_based);
  PrintShared(out, comparison.shared);
  const auto equal = std::count_if(
      comparison.shared.begin(), comparison.shared.end(), [](const auto& v) {
        return v.verdict == inspect::SharedValue::Verdict::kEqual;
      });
  out << "  " << equal << " of " << comparison.shared.size()
      << " shared values are equal bit for bit\n";

  PrintOnlyIn(out, "Only TF1 has:", comparison.only_name_based);
  if (comparison.meta_graph) {
    out << fmt::format("  the meta graph: {} nodes, {} ops, {} variables\n",
                       comparison.meta_graph->num_nodes,
                       comparison.meta_graph->ops.size(),
                       comparison.meta_graph->variables.size());
  }
  PrintOnlyIn(out, "Only TF2 has:", comparison.only_object_based);
  out << fmt::format("  the object graph describes {} objects\n",
                     comparison.num_objects);
  return OkStatus();
}

Status ShowEntries(FileSystem& fs, const std::string& path, Console& console) {
  PrintCommand(console, "ls", path);
  LsOptions options;
  options.path = path;
  const Status status = VerbStatus(RunLs(fs, options, console), "ls", path);
  console.out << "\n";
  return status;
}

Status ShowObjectGraph(FileSystem& fs, const std::string& path,
                       Console& console) {
  PrintCommand(console, "graph", path);
  const Status status =
      VerbStatus(RunGraph(fs, {.path = path}, console), "graph", path);
  console.out << "\n";
  return status;
}

Status ShowMetaGraph(FileSystem& fs, const std::string& path,
                     Console& console) {
  PrintCommand(console, "graph --nodes", path);
  return VerbStatus(RunGraph(fs, {.path = path, .nodes = true}, console),
                    "graph --nodes", path);
}

}  // namespace cairn::cli
