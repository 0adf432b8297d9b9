// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// SaverTensors: what the nodes of a Saver save and restore: names, slices,
// dtypes, shapes. They stand in the graph, not in the SaverDef: SaveV2 and
// RestoreV2 (or the older SaveSlices, Save, RestoreSlice, Restore) behind the
// nodes that the SaverDef names, several of them when it is sharded.
//
//   CAIRN_ASSIGN_OR_RETURN(auto tensors, SaverTensors(meta, *meta.saver()));
//
// Thread-safe.
#ifndef CAIRN_GRAPH_SAVER_TENSORS_H_
#define CAIRN_GRAPH_SAVER_TENSORS_H_

#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/dtype.h"

namespace cairn::graph {

struct SaverTensor {
  std::string name;  // key in the checkpoint
  // "<full dims> <start,length:...>" of a part, else "".
  std::string shape_and_slice;
  DataType dtype = DataType::kInvalid;
  // Of the variable, or of its part; not known where the graph does not say.
  PartialShape shape = PartialShape::Unknown();
  std::string source;  // the variable's node, or the one whose output is saved
  size_t shard = 0;    // which of the saving nodes, in the order of the graph
};

// By shard, then in the order of the saving node's list. If there is nothing
// that saves, what is restored, whose shapes are those of the variables it is
// assigned to. InvalidArgument when the SaverDef names nodes that are not
// there; DataLoss when a list of names is no constant, or does not fit its
// node's inputs or dtypes. Linear in the size of the graph.
StatusOr<std::vector<SaverTensor>> SaverTensors(const MetaGraph& graph,
                                                const SaverInfo& saver);

// What a Saver of the collection `variables` would save. DataLoss when one is
// no VariableDef, or its node is not there.
StatusOr<std::vector<SaverTensor>> VariableTensors(const MetaGraph& graph);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_SAVER_TENSORS_H_
