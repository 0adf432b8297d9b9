// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/meta_command.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/cli/graph_command.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/meta_actions.h"
#include "cairn/cli/text.h"
#include "cairn/graph/node_index.h"
#include "cairn/inspect/locate.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSavedModelNames[] = {"saved_model.pb",
                                                 "saved_model.pbtxt"};

bool IsSavedModelName(std::string_view name) {
  return name == kSavedModelNames[0] || name == kSavedModelNames[1];
}

bool IsSavedModelDirectory(FileSystem& fs, const std::string& path) {
  if (!fs.IsDirectory(path)) return false;
  for (const std::string_view name : kSavedModelNames) {
    if (fs.Exists(JoinPath(path, name))) return true;
  }
  return false;
}

StatusOr<MetaFile> ReadSavedModel(FileSystem& fs, const std::string& path) {
  MetaFile file{.path = path, .is_saved_model = true, .model = {}};
  CAIRN_ASSIGN_OR_RETURN(file.model, graph::SavedModel::Read(fs, path));
  return file;
}

StatusOr<MetaFile> ReadMetaGraph(FileSystem& fs, const std::string& path) {
  MetaFile file{.path = path, .is_saved_model = false, .model = {}};
  CAIRN_ASSIGN_OR_RETURN(graph::MetaGraph graph,
                         graph::MetaGraph::Read(fs, path));
  file.model.meta_graphs.push_back(std::move(graph));
  return file;
}

// The one that is wanted; an error that lists the tags if that is not clear.
StatusOr<size_t> Choose(const MetaFile& file, const MetaOptions& options) {
  if (!options.tags.empty()) {
    auto found = file.model.Find(options.tags);
    if (!found.ok()) return Annotate(found.status(), file.path);
    return found;
  }
  if (file.model.meta_graphs.size() == 1) return size_t{0};
  std::vector<std::string> tags;
  for (const graph::MetaGraph& graph : file.model.meta_graphs) {
    std::vector<std::string> printable;
    for (const std::string& tag : graph.info().tags) {
      printable.push_back(Printable(tag));
    }
    tags.push_back(Join(printable, ","));
  }
  return InvalidArgumentError(StrCat(file.path, ": has ", tags.size(),
                                     " meta graphs; choose one with --tags ",
                                     Join(tags, " or --tags ")));
}

std::string EdgesText(const graph::GraphStatistics& counts) {
  std::string text =
      StrCat(WithThousands(counts.data_edges), " data, ",
             WithThousands(counts.control_edges), " control; ",
             Count(counts.sources, "source"), ", ", Count(counts.sinks, "sink"),
             counts.has_cycle ? "; with loops" : "; no loops");
  if (counts.missing_inputs > 0) {
    text += StrCat("; ", Count(counts.missing_inputs, "input"),
                   " from nodes that are not there");
  }
  return text;
}

std::string ArgumentsText(const std::vector<std::string>& arguments) {
  constexpr size_t kMaxShown = 4;
  std::vector<std::string> texts;
  for (const std::string& argument : arguments) {
    if (texts.size() == kMaxShown) {
      texts.push_back(StrCat("... ", arguments.size() - kMaxShown, " more"));
      break;
    }
    texts.push_back(Printable(argument));
  }
  return Join(texts, ", ");
}

Json StatisticsJson(const graph::GraphStatistics& counts) {
  Json json = {{"nodes", counts.nodes},
               {"data_edges", counts.data_edges},
               {"control_edges", counts.control_edges},
               {"missing_inputs", counts.missing_inputs},
               {"sources", counts.sources},
               {"sinks", counts.sinks},
               {"has_cycle", counts.has_cycle}};
  json["devices"] = Json::object();
  for (const auto& [device, nodes] : counts.devices) {
    json["devices"][Utf8(device)] = nodes;
  }
  return json;
}

int ShowMeta(const MetaFile& file, const std::vector<size_t>& chosen,
             const MetaOptions& options, Console& console) {
  if (options.json) console.out << "{\"meta_graphs\":[";
  for (const size_t i : chosen) {
    const graph::MetaGraph& graph = file.model.meta_graphs[i];
    const graph::GraphStatistics counts =
        graph::NodeIndex::OfGraph(graph).Statistics();
    if (options.json) {
      Json json = Json::parse(MetaGraphSummaryJson(graph));
      json["graph"] = StatisticsJson(counts);
      console.out << (i == chosen.front() ? "\n" : ",\n") << json.dump();
      continue;
    }
    if (i != chosen.front()) console.out << "\n";
    PrintMetaGraphSummary(file.path, graph, console);
    PrintMetaField("edges", EdgesText(counts), console);
    for (const auto& [device, nodes] : counts.devices) {
      PrintMetaField("device",
                     StrCat(device.empty() ? "any" : Printable(device), ": ",
                            Count(nodes, "node")),
                     console);
    }
    for (const graph::FunctionInfo& function : graph.functions()) {
      PrintMetaField(
          "function",
          StrCat(Printable(function.name), "(", ArgumentsText(function.inputs),
                 ") -> (", ArgumentsText(function.outputs), "), ",
                 Count(function.num_nodes, "node")),
          console);
    }
  }
  if (options.json) console.out << "\n]}\n";
  return kExitOk;
}

void DeclarePath(CLI::App& action, MetaOptions& options) {
  action
      .add_option("PATH", options.path,
                  "A .meta file, a SavedModel, or a checkpoint with a meta "
                  "graph beside it")
      ->required();
  action
      .add_option("--tags", options.tags,
                  "Which meta graph of a SavedModel with several")
      ->delimiter(',')
      ->type_name("TAG[,TAG]");
  action.add_flag("--json", options.json, "JSON instead of text");
}

CLI::App& AddAction(CLI::App& verb, MetaOptions& options, const char* name,
                    const char* what, MetaAction id) {
  CLI::App& action = *verb.add_subcommand(name, what);
  DeclarePath(action, options);
  action.callback([&options, id] { options.action = id; });
  return action;
}

void DeclareNodes(CLI::App& action, MetaNodesOptions& options) {
  action.add_option("--op", options.op, "Only nodes of this op");
  action.add_option("--name", options.name, "Only names that match a glob")
      ->type_name("GLOB");
  action.add_option("--device", options.device,
                    "Only nodes with this in their device's name");
  action
      .add_option("--attr", options.attr,
                  "Only nodes with this attribute, and with this value as it "
                  "is printed")
      ->type_name("NAME[=VALUE]");
  action
      .add_option("--inputs-of", options.inputs_of,
                  "Only the nodes that this one takes inputs from")
      ->type_name("NODE");
  action
      .add_option("--consumers-of", options.consumers_of,
                  "Only the nodes that take this one's outputs or run after it")
      ->type_name("NODE");
  action
      .add_option("--path", options.path,
                  "A shortest way from one node to another, in its order")
      ->expected(2)
      ->type_name("FROM TO");
  action.add_option("--node", options.node, "One node with all its attributes")
      ->type_name("NODE");
  action
      .add_option("--function", options.function,
                  "The nodes in this function's body")
      ->type_name("NAME");
}

void DeclareEdit(CLI::App& action, MetaEditOptions& options) {
  action.add_option("-o,--out", options.out, "Where to write it")->required();
  action
      .add_option("--extract", options.extract,
                  "Keep only what these nodes are computed from")
      ->delimiter(',')
      ->type_name("NODE[,NODE]");
  action
      .add_option("--export-scope", options.export_scope,
                  "Keep only nodes whose names start so, without it")
      ->type_name("SCOPE");
  action.add_flag("--clear-extraneous-savers", options.clear_extraneous_savers,
                  "Remove the nodes of all Savers but its own");
  action
      .add_option("--import-scope", options.import_scope,
                  "Put this before all names")
      ->type_name("SCOPE");
  action.add_flag("--clear-devices", options.clear_devices,
                  "Remove where nodes shall run");
  action.add_flag("--strip-default-attrs", options.strip_default_attrs,
                  "Remove attributes that are as they are by default");
  action
      .add_option_function<std::vector<std::string>>(
          "--collections",
          [&options](const std::vector<std::string>& names) {
            options.collections = names;
          },
          "Keep only these collections")
      ->delimiter(',')
      ->type_name("NAME[,NAME]");
  action.add_flag("--as-text", options.as_text, "Write protobuf text");
  action.add_flag("--force", options.force, "Replace a file that is there");
  action.footer(
      "Changes are made in the order above, as TensorFlow's functions make\n"
      "them. Of a SavedModel the others of its meta graphs stay as they are.\n"
      "What has to go together with nodes that go is told.\n"
      "\n"
      "Examples:\n"
      "  cairn meta edit model.meta --extract predict -o predict.meta\n"
      "  cairn meta edit model.meta --import-scope a --clear-devices -o "
      "a.meta\n"
      "\n"
      "Exit status: 0 written; 1 the file is damaged; 2 wrong use, not\n"
      "readable, or the file cannot be written.");
}

}  // namespace

void DeclareMeta(CLI::App& verb, MetaOptions& options) {
  verb.require_subcommand(1);
  // Before the actions, which take it over.
  verb.footer(
      "Examples:\n"
      "  cairn meta show tf_ckpt/model.meta\n"
      "  cairn meta nodes tf_ckpt/model.meta --op Conv2D\n"
      "  cairn meta nodes tf_ckpt/model.meta --consumers-of conv2d/kernel\n"
      "  cairn meta saver tf_ckpt/model.meta --ckpt tf_ckpt\n"
      "  cairn meta edit model.meta --extract predict -o predict.meta\n"
      "  cairn meta edit model.meta --import-scope a --clear-devices -o "
      "a.meta\n"
      "\n"
      "Exit status: 0 yes or done; 1 the answer is no (damaged, nothing\n"
      "matches, no Saver, the checkpoint does not fit); 2 wrong use or not\n"
      "readable.");
  AddAction(verb, options, "show", "What it is made of", MetaAction::kShow);
  DeclareNodes(AddAction(verb, options, "nodes", "Its nodes, or some of them",
                         MetaAction::kNodes),
               options.nodes);
  AddAction(verb, options, "ops", "Nodes of each op, and which ops it defines",
            MetaAction::kOps);
  AddAction(verb, options, "collections", "What is in its collections, decoded",
            MetaAction::kCollections);
  AddAction(verb, options, "saver", "What its Saver saves and restores",
            MetaAction::kSaver)
      .add_option("--ckpt", options.checkpoint,
                  "A checkpoint to compare it with")
      ->type_name("PATH");
  DeclareEdit(AddAction(verb, options, "edit", "Write it again, changed",
                        MetaAction::kEdit),
              options.edit);
}

StatusOr<MetaFile> ReadMetaFile(FileSystem& fs, const std::string& path,
                                Console& console) {
  if (IsSavedModelName(BaseName(path)) || IsSavedModelDirectory(fs, path)) {
    return ReadSavedModel(fs, path);
  }
  if (path.ends_with(".meta") || path.ends_with(".pbtxt")) {
    return ReadMetaGraph(fs, path);
  }
  CAIRN_ASSIGN_OR_RETURN(inspect::Target target, inspect::Locate(fs, path));
  if (target.kind == inspect::TargetKind::kBundle ||
      target.kind == inspect::TargetKind::kV1) {
    CAIRN_ASSIGN_OR_RETURN(target, inspect::LocateMetaGraph(fs, target));
  }
  NoteTarget(target, console);
  return target.kind == inspect::TargetKind::kSavedModel
             ? ReadSavedModel(fs, target.path)
             : ReadMetaGraph(fs, target.path);
}

int RunMeta(FileSystem& fs, const MetaOptions& options, Console& console) {
  auto file = ReadMetaFile(fs, options.path, console);
  if (!file.ok()) return Report(file.status(), console);
  if (options.action == MetaAction::kShow && options.tags.empty()) {
    std::vector<size_t> all;
    for (size_t i = 0; i < file->model.meta_graphs.size(); ++i) {
      all.push_back(i);
    }
    return ShowMeta(*file, all, options, console);
  }
  const auto chosen = Choose(*file, options);
  if (!chosen.ok()) return Report(chosen.status(), console);
  const graph::MetaGraph& graph = file->model.meta_graphs[*chosen];
  switch (options.action) {
    case MetaAction::kShow:
      return ShowMeta(*file, {*chosen}, options, console);
    case MetaAction::kNodes:
      return ShowMetaNodes(graph, options, console);
    case MetaAction::kOps:
      return ShowMetaOps(graph, options, console);
    case MetaAction::kCollections:
      return ShowMetaCollections(graph, options, console);
    case MetaAction::kSaver:
      return ShowMetaSaver(fs, graph, options, console);
    case MetaAction::kEdit:
      break;
  }
  return EditMeta(fs, *std::move(file), *chosen, options.edit, options.json,
                  console);
}

}  // namespace cairn::cli
