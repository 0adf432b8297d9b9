// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What has to go from a meta graph together with its nodes.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_PRUNE_META_GRAPH_H_
#define CAIRN_GRAPH_PRUNE_META_GRAPH_H_

#include <functional>
#include <string>
#include <vector>

#include "cairn/base/status.h"

namespace cairn::proto {
class MetaGraphDef;
}  // namespace cairn::proto

namespace cairn::graph {

// Calls `visit` with each tensor name of signatures and assets.
void ForEachSignatureTensor(proto::MetaGraphDef& def,
                            const std::function<void(std::string&)>& visit);

// Removes signatures and assets that name nodes that are not there.
void DropMissingSignatures(proto::MetaGraphDef& def,
                           std::vector<std::string>& notes);

// The same for elements of collections, and the SaverDef. DataLoss for elements
// that are not what the collection's name says.
Status DropMissingElements(proto::MetaGraphDef& def,
                           std::vector<std::string>& notes);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_PRUNE_META_GRAPH_H_
