// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Hash tables of names that are asked with parts of other strings.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_NAME_MAP_H_
#define CAIRN_GRAPH_NAME_MAP_H_

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace cairn::graph {

struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>()(name);
  }
};

template <typename Value>
using NameMap =
    std::unordered_map<std::string, Value, NameHash, std::equal_to<>>;
using NameSet = std::unordered_set<std::string, NameHash, std::equal_to<>>;

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_NAME_MAP_H_
