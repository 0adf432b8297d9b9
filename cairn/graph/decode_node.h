// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes and attributes of messages as values with short texts (meta_graph.h).
//
// Inside this room only.
#ifndef CAIRN_GRAPH_DECODE_NODE_H_
#define CAIRN_GRAPH_DECODE_NODE_H_

#include <string>

#include "cairn/graph/meta_graph.h"

namespace cairn::proto {
class AttrValue;
class NodeDef;
}  // namespace cairn::proto

namespace cairn::graph {

// "float32", "float32_ref".
std::string TypeName(int number);
NodeInfo DecodeNode(const proto::NodeDef& node);
NodeAttr DecodeAttr(std::string name, const proto::AttrValue& value);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_DECODE_NODE_H_
