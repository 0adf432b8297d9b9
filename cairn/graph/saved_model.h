// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// SavedModel: the file `saved_model.pb`, which holds one or more meta graphs
// told apart by their tags.
//
//   CAIRN_ASSIGN_OR_RETURN(SavedModel model, SavedModel::Read(fs, "export"));
//   CAIRN_ASSIGN_OR_RETURN(size_t i, model.Find({"serve"}));
//   Change(model.meta_graphs[i]);
//   Write(model.Serialize());
//
// Fields that are not known here, such as the object graph, are kept byte for
// byte. Thread rule: const methods may run concurrently.
#ifndef CAIRN_GRAPH_SAVED_MODEL_H_
#define CAIRN_GRAPH_SAVED_MODEL_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"

namespace cairn::graph {

struct SavedModel {
  int64_t schema_version = 1;
  std::vector<MetaGraph> meta_graphs;
  std::string unknown_fields;  // of the message itself, as they were encoded

  // Binary, else protobuf text. DataLoss when it is neither, or has no meta
  // graph.
  static StatusOr<SavedModel> Parse(std::string_view bytes);
  // Of a file, or of a directory with `saved_model.pb` or `saved_model.pbtxt`.
  // NotFound in TensorFlow's words when it has neither.
  static StatusOr<SavedModel> Read(FileSystem& fs, const std::string& path);

  // The one that has exactly these tags, in any order. NotFound in TensorFlow's
  // words, with the tags that there are.
  StatusOr<size_t> Find(std::span<const std::string> tags) const;

  std::string Serialize() const;
  // FailedPrecondition as MetaGraph::SerializeAsText.
  StatusOr<std::string> SerializeAsText() const;
};

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_SAVED_MODEL_H_
