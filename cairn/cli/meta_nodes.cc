// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn meta nodes` and `cairn meta ops`.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/cli/graph_command.h"
#include "cairn/cli/meta_actions.h"
#include "cairn/cli/text.h"
#include "cairn/graph/node_index.h"

namespace cairn::cli {
namespace {

using graph::NodeIndex;
using Json = nlohmann::ordered_json;

StatusOr<size_t> FindNode(const NodeIndex& index, const std::string& name) {
  if (const auto found = index.Find(name)) return *found;
  NearNames near(name);
  for (size_t i = 0; i < index.size(); ++i) near.Consider(index.name(i));
  return NotFoundError(
      StrCat("there is no node ", Printable(name), near.Hint()));
}

graph::NodeFilter Filter(const MetaNodesOptions& options) {
  graph::NodeFilter filter;
  filter.op = options.op;
  filter.device_part = options.device;
  const size_t equals = options.attr.find('=');
  filter.attr = options.attr.substr(0, equals);
  if (equals != std::string::npos) {
    filter.attr_value = options.attr.substr(equals + 1);
  }
  if (!options.name.empty()) {
    filter.name = [&options](std::string_view name) {
      return MatchesGlob(options.name, name);
    };
  }
  return filter;
}

// The nodes at the other ends, each once, in stored order.
std::vector<size_t> Ends(std::span<const graph::Edge> edges) {
  std::set<size_t> nodes;
  for (const graph::Edge& edge : edges) nodes.insert(edge.node);
  return {nodes.begin(), nodes.end()};
}

std::vector<size_t> Common(const std::vector<size_t>& a,
                           const std::vector<size_t>& b) {
  std::vector<size_t> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::back_inserter(common));
  return common;
}

StatusOr<std::vector<size_t>> Select(const NodeIndex& index,
                                     const MetaNodesOptions& options) {
  if (!options.node.empty()) {
    CAIRN_ASSIGN_OR_RETURN(const size_t node, FindNode(index, options.node));
    return std::vector<size_t>{node};
  }
  if (!options.path.empty()) {
    CAIRN_ASSIGN_OR_RETURN(const size_t from, FindNode(index, options.path[0]));
    CAIRN_ASSIGN_OR_RETURN(const size_t to, FindNode(index, options.path[1]));
    return index.Path(from, to);
  }
  std::vector<size_t> nodes = index.Select(Filter(options));
  if (!options.inputs_of.empty()) {
    CAIRN_ASSIGN_OR_RETURN(const size_t node,
                           FindNode(index, options.inputs_of));
    nodes = Common(nodes, Ends(index.Inputs(node)));
  }
  if (!options.consumers_of.empty()) {
    CAIRN_ASSIGN_OR_RETURN(const size_t node,
                           FindNode(index, options.consumers_of));
    nodes = Common(nodes, Ends(index.Consumers(node)));
  }
  return nodes;
}

void PrintInFull(const NodeIndex& index, size_t i, Console& console) {
  const graph::NodeInfo node = index.node(i);
  console.out << console.Bold(Printable(node.name)) << "\n";
  PrintMetaField("op", Printable(node.op), console);
  if (!node.device.empty()) {
    PrintMetaField("device", Printable(node.device), console);
  }
  for (const std::string& input : node.inputs) {
    PrintMetaField("input", Printable(input), console);
  }
  for (const graph::Edge& edge : index.Consumers(i)) {
    PrintMetaField(
        "consumer",
        StrCat(edge.is_control ? "^" : "", Printable(index.name(edge.node)),
               " (", Printable(index.op(edge.node)), ", input ", edge.input,
               ")"),
        console);
  }
  for (const graph::NodeAttr& attr : node.attrs) {
    PrintMetaField("attribute",
                   StrCat(Printable(attr.name), ": ", attr.kind, " ",
                          Printable(attr.value)),
                   console);
  }
}

void PrintTable(const NodeIndex& index, const std::vector<size_t>& nodes,
                Console& console) {
  Table table({{.head = "NODE", .limit = 60},
               {.head = "OP", .limit = 30},
               {.head = "INPUTS"}});
  const auto cells = [&](size_t i) {
    const graph::NodeInfo node = index.node(i);
    std::vector<std::string> inputs;
    for (const std::string& input : node.inputs) {
      inputs.push_back(Printable(input));
    }
    return std::vector<std::string>{Printable(node.name), Printable(node.op),
                                    Join(inputs, ", ")};
  };
  for (const size_t i : nodes) table.Measure(cells(i));
  console.out << console.Bold(table.Head()) << "\n";
  for (size_t n = 0; n < nodes.size() && console.out.good(); ++n) {
    console.out << table.Row(cells(nodes[n])) << "\n";
  }
}

void PrintJsonLines(const NodeIndex& index, const std::vector<size_t>& nodes,
                    Console& console) {
  for (size_t n = 0; n < nodes.size() && console.out.good(); ++n) {
    Json json = Json::parse(NodeJsonText(index.node(nodes[n])));
    json["consumers"] = Json::array();
    for (const size_t i : Ends(index.Consumers(nodes[n]))) {
      json["consumers"].push_back(Utf8(index.name(i)));
    }
    console.out << json.dump() << "\n";
  }
}

}  // namespace

int ShowMetaNodes(const graph::MetaGraph& graph, const MetaOptions& options,
                  Console& console) {
  std::optional<NodeIndex> index;
  if (options.nodes.function.empty()) {
    index = NodeIndex::OfGraph(graph);
  } else {
    index = NodeIndex::OfFunction(graph, options.nodes.function);
    if (!index) {
      NearNames near(options.nodes.function);
      for (const auto& function : graph.functions()) {
        near.Consider(function.name);
      }
      console.Note(StrCat("there is no function ",
                          Printable(options.nodes.function), near.Hint()));
      return kExitNo;
    }
  }
  const auto nodes = Select(*index, options.nodes);
  if (!nodes.ok()) {
    console.Note(Message(nodes.status()));
    return kExitNo;
  }
  if (options.json) {
    PrintJsonLines(*index, *nodes, console);
  } else if (!options.nodes.node.empty()) {
    PrintInFull(*index, (*nodes)[0], console);
  } else if (!nodes->empty()) {
    PrintTable(*index, *nodes, console);
    console.out << Count(nodes->size(), "node") << "\n";
  }
  if (!nodes->empty()) return kExitOk;
  console.Note(options.nodes.path.empty() ? "no node matches"
                                          : "there is no way between them");
  return kExitNo;
}

int ShowMetaOps(const graph::MetaGraph& graph, const MetaOptions& options,
                Console& console) {
  std::vector<std::pair<std::string, size_t>> ops;
  for (auto& op : graph.OpHistogram()) ops.push_back(op);
  std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) {
    return a.second > b.second;
  });
  const auto definitions = graph.op_definitions();
  const std::set<std::string> defined(definitions.begin(), definitions.end());
  std::set<std::string> functions;
  for (const auto& function : graph.functions())
    functions.insert(function.name);
  const auto kind = [&](const std::string& op) {
    if (functions.contains(op)) return "function";
    return defined.contains(op) ? "" : "not defined in the file";
  };
  if (options.json) {
    Json json = Json::array();
    for (const auto& [op, nodes] : ops) {
      json.push_back({{"op", Utf8(op)},
                      {"nodes", nodes},
                      {"function", functions.contains(op)},
                      {"defined", defined.contains(op)}});
    }
    console.out << Json({{"ops", json}}).dump() << "\n";
    return kExitOk;
  }
  Table table({{.head = "NODES", .align = Table::Align::kRight},
               {.head = "OP", .limit = 60},
               {.head = ""}});
  std::vector<std::vector<std::string>> rows;
  for (const auto& [op, nodes] : ops) {
    rows.push_back({WithThousands(nodes), Printable(op), kind(op)});
    table.Measure(rows.back());
  }
  console.out << console.Bold(table.Head()) << "\n";
  for (const auto& row : rows) console.out << table.Row(row) << "\n";
  console.out << Count(ops.size(), "op") << ", "
              << Count(definitions.size(), "definition") << "\n";
  return kExitOk;
}

}  // namespace cairn::cli
