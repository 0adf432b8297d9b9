// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The elements of collections as short texts, decoded where the collection's
// name says what they are. Thread-safe.
#ifndef CAIRN_GRAPH_COLLECTION_TEXT_H_
#define CAIRN_GRAPH_COLLECTION_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "cairn/graph/meta_graph.h"

namespace cairn::graph {

// One for each element of collection `name`, in stored order: the name of a
// node; a number; a string, escaped and cut; the fields of a queue runner, a
// loop, a branch or a saver as protobuf text on one line; the name of a
// variable. Bytes that are not what the collection's name says are shown as a
// string. Empty if there is no such collection.
std::vector<std::string> CollectionTexts(const MetaGraph& graph,
                                         std::string_view name);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_COLLECTION_TEXT_H_
