// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ImportMetaGraph: a `.meta` file as a graph, its variables and the Saver that
// its SaverDef describes, as TensorFlow's import_meta_graph returns one.
//
//   CAIRN_ASSIGN_OR_RETURN(
//       ImportedMetaGraph model,
//       ImportMetaGraph(fs, "tf_ckpt/model.meta"));
//   CAIRN_RETURN_IF_ERROR(model.saver->Restore("tf_ckpt/model"));
//   model.FindVariable("conv/bias")->data<float>()[0] = 0;
//   CAIRN_RETURN_IF_ERROR(
//       model.saver->Save("new/model", {.meta_graph = model.graph.Serialize()})
//           .status());
//
// What the Saver saves is read from the graph's own nodes, so that names,
// slices, dtypes and the number of data files are those TensorFlow's would
// have.
#ifndef CAIRN_SAVER_IMPORT_META_GRAPH_H_
#define CAIRN_SAVER_IMPORT_META_GRAPH_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/graph/meta_graph_import.h"
#include "cairn/saver/options.h"
#include "cairn/saver/saver.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

struct ImportMetaGraphOptions {
  // Scope, devices, mapped inputs, collections to leave out.
  graph::MetaGraphImportOptions graph = {};
  bool strip_default_attrs = false;
  // Of the Saver. The limits, hours, sharded and version are the SaverDef's
  // where there is one. `name` and `saver_def` must be empty: the file and
  // import_scope say them.
  SaverOptions saver = {};
  // Imported into this; empty by default.
  graph::MetaGraph into = {};
};

// A Saver and what it saves.
struct GraphSaver {
  // One for each tensor, in the graph's order; a part of a partitioned variable
  // has the name of its node, all others the name they are saved under. Without
  // values until they are restored or assigned.
  std::vector<std::unique_ptr<Variable>> variables;
  std::unique_ptr<Saver> saver;  // of those; it borrows them
};

struct ImportedMetaGraph {
  // Null if there is none.
  Variable* FindVariable(std::string_view name) const;

  graph::MetaGraph graph;
  // The scope, and what was renamed; `notes` say what TensorFlow does in
  // silence and may surprise.
  graph::MetaGraphImport import;
  // See GraphSaver.
  std::vector<std::unique_ptr<Variable>> variables;
  // Null: the file has no SaverDef, and no variable is in import_scope.
  std::unique_ptr<Saver> saver;
  // Those of the collection `savers`, in the scope; MakeGraphSaver takes them.
  std::vector<graph::SaverInfo> savers;
};

// Without a SaverDef the Saver is a default one of all variables of the graph,
// if one of them is in import_scope. The Saver remembers no checkpoints. Where
// names had to be made unique the SaverDef goes on to name what was there
// before, as in TensorFlow (noted).
// NotFound when there is no file; DataLoss when it is no meta graph, or a list
// of names or a slice in it is wrong; InvalidArgument as Saver::FromSaverDef
// and graph::ImportMetaGraph, and for nodes that are not there. Texts name the
// file and the node.
StatusOr<ImportedMetaGraph> ImportMetaGraph(
    FileSystem& fs, const std::string& path,
    ImportMetaGraphOptions options = {});

// The Saver that `def` describes, with variables of its own. Errors as above.
StatusOr<GraphSaver> MakeGraphSaver(FileSystem& fs,
                                    const graph::MetaGraph& graph,
                                    const graph::SaverInfo& def,
                                    SaverOptions options = {});

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_IMPORT_META_GRAPH_H_
