// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn meta edit`.
#include <nlohmann/json.hpp>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/cli/meta_actions.h"
#include "cairn/cli/text.h"
#include "cairn/graph/meta_graph_export.h"
#include "cairn/graph/meta_graph_import.h"

namespace cairn::cli {
namespace {

using graph::MetaGraph;
using Notes = std::vector<std::string>;

void Append(Notes& to, Notes from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
}

// Does nothing if nothing is asked for.
Status Export(const graph::MetaGraphExportOptions& options, MetaGraph& graph,
              Notes& notes) {
  if (options.export_scope.empty() && !options.clear_extraneous_savers &&
      !options.clear_devices && !options.strip_default_attrs &&
      !options.collection_list) {
    return OkStatus();
  }
  CAIRN_ASSIGN_OR_RETURN(graph::MetaGraphExport exported,
                         graph::ExportMetaGraph(graph, options));
  Append(notes, std::move(exported.notes));
  graph = std::move(exported.graph);
  return OkStatus();
}

StatusOr<MetaGraph> Edit(MetaGraph graph, const MetaEditOptions& options,
                         Notes& notes) {
  if (!options.extract.empty()) {
    CAIRN_ASSIGN_OR_RETURN(graph::MetaGraphExport part,
                           graph::ExtractSubGraph(graph, options.extract));
    Append(notes, std::move(part.notes));
    graph = std::move(part.graph);
  }
  graph::MetaGraphExportOptions parts;
  parts.export_scope = options.export_scope;
  parts.clear_extraneous_savers = options.clear_extraneous_savers;
  if (!options.import_scope.empty()) {
    CAIRN_RETURN_IF_ERROR(Export(parts, graph, notes));
    parts = {};
    MetaGraph scoped;
    CAIRN_ASSIGN_OR_RETURN(
        graph::MetaGraphImport imported,
        graph::ImportMetaGraph(scoped, graph,
                               {.import_scope = options.import_scope}));
    Append(notes, std::move(imported.notes));
    graph = std::move(scoped);
  }
  // What is left in one step, as the list of unbound inputs is that of a step.
  parts.clear_devices = options.clear_devices;
  parts.strip_default_attrs = options.strip_default_attrs;
  parts.collection_list = options.collections;
  CAIRN_RETURN_IF_ERROR(Export(parts, graph, notes));
  return graph;
}

// A name for a file that holds one meta graph even if it comes of a SavedModel.
bool IsMetaGraphName(const std::string& path) {
  return path.ends_with(".meta") || path.ends_with(".meta.pbtxt");
}

StatusOr<std::string> Contents(const MetaFile& file, size_t i,
                               const MetaEditOptions& options) {
  if (file.is_saved_model && !IsMetaGraphName(options.out)) {
    if (options.as_text) return file.model.SerializeAsText();
    return file.model.Serialize();
  }
  const MetaGraph& graph = file.model.meta_graphs[i];
  if (options.as_text) return graph.SerializeAsText();
  return graph.Serialize();
}

}  // namespace

int EditMeta(FileSystem& fs, MetaFile file, size_t i,
             const MetaEditOptions& options, bool json, Console& console) {
  if (fs.IsDirectory(options.out)) {
    console.Note(StrCat(options.out, ": is a directory; name a file in it"));
    return kExitTrouble;
  }
  if (fs.Exists(options.out) && !options.force) {
    console.Note(
        StrCat(options.out, ": is there already; --force replaces it"));
    return kExitTrouble;
  }
  MetaGraph& graph = file.model.meta_graphs[i];
  const size_t before = graph.num_nodes();
  Notes notes;
  auto edited = Edit(std::move(graph), options, notes);
  if (!edited.ok()) {
    return Report(Annotate(edited.status(), file.path), console);
  }
  graph = *std::move(edited);
  const auto contents = Contents(file, i, options);
  if (!contents.ok()) {
    return Report(Annotate(contents.status(), file.path), console);
  }
  const Status written = WriteFileAtomically(fs, options.out, *contents);
  if (!written.ok()) return Report(written, console);
  for (const std::string& note : notes) console.Note(note);
  if (json) {
    console.out << nlohmann::ordered_json({{"path", Utf8(options.out)},
                                           {"bytes", contents->size()},
                                           {"nodes", graph.num_nodes()},
                                           {"nodes_before", before}})
                       .dump()
                << "\n";
    return kExitOk;
  }
  console.out << console.Bold(Printable(options.out)) << ": "
              << Count(graph.num_nodes(), "node");
  if (before != graph.num_nodes()) {
    console.out << " of " << WithThousands(before);
  }
  console.out << ", " << WithThousands(contents->size()) << " bytes\n";
  return kExitOk;
}

}  // namespace cairn::cli
