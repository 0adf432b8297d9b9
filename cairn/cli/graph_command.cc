// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/graph_command.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/text.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/meta_graph_summary.h"
#include "cairn/inspect/source.h"

namespace cairn::cli {
namespace {

using inspect::Target;
using inspect::TargetKind;

bool IsGraphFile(const Target& target) {
  return target.kind == TargetKind::kMetaGraph ||
         target.kind == TargetKind::kSavedModel;
}

int ShowMetaGraph(FileSystem& fs, const Target& target,
                  const GraphOptions& options, Console& console) {
  const auto graphs = inspect::ReadMetaGraphs(fs, target);
  if (!graphs.ok()) return Report(graphs.status(), console);
  if (options.json) {
    PrintMetaGraphsJson(*graphs, options.nodes, console);
    return kExitOk;
  }
  for (const graph::MetaGraph& graph : *graphs) {
    if (&graph != &graphs->front()) console.out << "\n";
    PrintMetaGraph(target.path, graph, options.nodes, console);
  }
  return kExitOk;
}

int ShowObjects(const inspect::CheckpointSource& source, const Target& target,
                const GraphOptions& options, Console& console) {
  const auto tree = inspect::ReadObjectTree(source);
  if (!tree.ok()) return Report(tree.status(), console);
  NoteTarget(target, console);
  if (options.json) {
    PrintObjectGraphJson(tree->graph, console);
  } else {
    PrintObjectTree(*tree, console);
  }
  return kExitOk;
}

// A checkpoint was located: its objects, or the meta graph saved with it.
int ShowOfCheckpoint(FileSystem& fs, const Target& target,
                     const GraphOptions& options, Console& console) {
  const bool wants_meta =
      options.choice == GraphChoice::kMeta ||
      (options.choice == GraphChoice::kAny && options.nodes);
  std::string missing;
  if (!wants_meta) {
    const auto source = inspect::CheckpointSource::Open(fs, target);
    if (!source.ok()) return Report(source.status(), console);
    const StatusOr<bool> has_objects = inspect::HasObjectGraph(**source);
    if (!has_objects.ok()) return Report(has_objects.status(), console);
    if (*has_objects) return ShowObjects(**source, target, options, console);
    missing = "no object graph";
  }
  if (options.choice != GraphChoice::kObjects) {
    const auto meta = inspect::LocateMetaGraph(fs, target);
    if (meta.ok()) {
      NoteTarget(*meta, console);
      return ShowMetaGraph(fs, *meta, options, console);
    }
    if (!absl::IsNotFound(meta.status())) {
      return Report(meta.status(), console);
    }
    if (!missing.empty()) missing += " and ";
    missing += "no meta graph beside it";
  }
  console.Note(StrCat(Printable(target.path), ": has ", missing));
  return kExitNo;
}

}  // namespace

void DeclareGraph(CLI::App& verb, GraphOptions& options) {
  verb.add_option("PATH", options.path,
                  "A checkpoint (as for ls), a .meta file, or a saved_model.pb")
      ->required();
  verb.add_flag("--json", options.json,
                "One JSON object: nodes, or meta_graphs");
  auto* nodes = verb.add_flag("--nodes", options.nodes,
                              "Every node of a meta graph, not only how many");
  auto* objects = verb.add_flag_callback(
      "--objects", [&] { options.choice = GraphChoice::kObjects; },
      "The object graph, or fail");
  auto* meta = verb.add_flag_callback(
      "--meta", [&] { options.choice = GraphChoice::kMeta; },
      "The meta graph, or fail");
  objects->excludes(meta)->excludes(nodes);
  verb.footer(
      "Shows the object graph of an object-based checkpoint, and of others "
      "the\n"
      "meta graph saved with them.\n"
      "\n"
      "Examples:\n"
      "  cairn graph tf_ckpt_v2                 objects as a tree\n"
      "  cairn graph tf_ckpt_v2/ckpt-2 --json   the same for programs\n"
      "  cairn graph tf_ckpt/model.meta         a meta graph in numbers\n"
      "  cairn graph tf_ckpt --nodes            and node by node\n"
      "\n"
      "Exit status: 0 printed; 1 it is damaged, or has no graph;\n"
      "2 wrong use or not readable.");
}

int RunGraph(FileSystem& fs, const GraphOptions& options, Console& console) {
  const auto target = inspect::Locate(fs, options.path);
  if (!target.ok()) return Report(target.status(), console);
  if (!IsGraphFile(*target)) {
    return ShowOfCheckpoint(fs, *target, options, console);
  }
  if (options.choice != GraphChoice::kObjects) {
    NoteTarget(*target, console);
    return ShowMetaGraph(fs, *target, options, console);
  }
  const auto checkpoint = inspect::LocateCheckpoint(fs, options.path);
  if (!checkpoint.ok()) return Report(checkpoint.status(), console);
  return ShowOfCheckpoint(fs, *checkpoint, options, console);
}

}  // namespace cairn::cli
