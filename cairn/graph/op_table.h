// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The ops that graphs made here consist of, one row each, as TensorFlow 2.15.1
// has them; op_definitions.h makes messages of the rows.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_OP_TABLE_H_
#define CAIRN_GRAPH_OP_TABLE_H_

#include <span>
#include <string_view>

namespace cairn::graph {

enum OpFlags {
  kNone = 0,
  kStateful = 1,
  kCommutative = 2,
  kAggregate = 4,
  kShapeTensor = 8,  // its output has the full type of a shape
};

//   arguments    "name:type ..." where type is a DataType's name or the name of
//                an attribute that says it ("dtypes": one each of a list);
//                "name:N*type" for as many as the attribute N says
//   attributes   "name:kind[=default][ in value ...][ >=minimum]"
// An empty list as default is "=[]"; "=?" is the shape of unknown rank.
struct OpRow {
  std::string_view name;
  std::string_view inputs;
  std::string_view outputs;
  std::string_view attrs[7];  // the rest is empty
  int flags = kNone;
};

// Sorted by name.
std::span<const OpRow> OpTable();

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_OP_TABLE_H_
