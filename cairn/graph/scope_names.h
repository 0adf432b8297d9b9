// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Names of nodes and tensors in scopes, as TensorFlow's ops.py moves them.
//
//   PrependScope("^w", "net")          "^net/w"
//   StripScope("loc:@net/w", "net")    "loc:@w"
//   NodeOfInput("w:1")                 "w"
//
// Thread-safe.
#ifndef CAIRN_GRAPH_SCOPE_NAMES_H_
#define CAIRN_GRAPH_SCOPE_NAMES_H_

#include <string>
#include <string_view>

#include "cairn/base/status.h"

namespace cairn::graph {

// What an attribute `_class` puts before the node that another must share its
// device with.
inline constexpr std::string_view kColocationPrefix = "loc:@";

// `name` in `scope`, whose final slash may be missing; the marks '^' and
// "loc:@" stay in front. `name` itself if there is no scope.
std::string PrependScope(std::string_view name, std::string_view scope);

// `name` without `scope` and the slashes after it, where it starts with both
// or has them after a mark; else `name`.
std::string StripScope(std::string_view name, std::string_view scope);

// The node of "n", "n:1", "^n" and, in functions, "n:output:1".
std::string_view NodeOfInput(std::string_view input);
inline bool IsControlInput(std::string_view input) {
  return input.starts_with('^');
}

// InvalidArgument, in TensorFlow's words, unless `scope` may be one. "" may.
Status CheckScopeName(std::string_view scope);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_SCOPE_NAMES_H_
