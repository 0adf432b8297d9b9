// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Meta graphs as text and as JSON.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/cli/graph_command.h"
#include "cairn/cli/text.h"
#include "cairn/inspect/meta_graph_summary.h"
#include "cairn/tensor/dtype.h"

namespace cairn::cli {
namespace {

using inspect::MetaGraphSummary;
using Json = nlohmann::ordered_json;

std::string VersionText(const graph::MetaInfo& info) {
  std::string text = Printable(info.tensorflow_version);
  if (text.empty()) text = "unknown version";
  if (!info.tensorflow_git_version.empty()) {
    text += StrCat(" (", Printable(info.tensorflow_git_version), ")");
  }
  text += StrCat(", graph version ", info.producer);
  if (info.min_consumer > 0) text += StrCat(", at least ", info.min_consumer);
  return text;
}

std::string SaverText(const graph::SaverInfo& saver) {
  return StrCat("feed ", Printable(saver.filename_tensor_name), ", fetch ",
                Printable(saver.save_tensor_name), ", restore with ",
                Printable(saver.restore_op_name), "; V", saver.version,
                saver.sharded ? ", sharded" : "", ", keeps ",
                saver.max_to_keep);
}

std::string VariablesText(const MetaGraphSummary& summary) {
  if (!summary.variables_status.ok()) {
    return StrCat("unreadable: ", Message(summary.variables_status));
  }
  const auto trainable = static_cast<uint64_t>(std::ranges::count_if(
      summary.variables, &graph::GraphVariable::trainable));
  return StrCat(summary.variables.size(), " (", trainable, " trainable)");
}

std::string TensorsText(
    const std::map<std::string, graph::SignatureTensor>& tensors) {
  std::vector<std::string> texts;
  for (const auto& [key, tensor] : tensors) {
    texts.push_back(StrCat(Printable(key), " ", DataTypeName(tensor.dtype), " ",
                           tensor.shape.ToString(), " (",
                           Printable(tensor.name), ")"));
  }
  return texts.empty() ? "nothing" : Join(texts, ", ");
}

void PrintSummary(const MetaGraphSummary& summary, Console& console) {
  std::vector<std::string> tags;
  for (const std::string& tag : summary.info.tags)
    tags.push_back(Printable(tag));
  PrintMetaField("TensorFlow", VersionText(summary.info), console);
  if (!tags.empty()) PrintMetaField("tags", Join(tags, ", "), console);
  PrintMetaField("nodes",
                 StrCat(WithThousands(summary.num_nodes), " of ",
                        Count(summary.ops.size(), "op"), ", ",
                        Count(summary.functions.size(), "function")),
                 console);
  PrintMetaField("variables", VariablesText(summary), console);
  if (summary.saver)
    PrintMetaField("saver", SaverText(*summary.saver), console);
  for (const auto& [key, signature] : summary.signatures) {
    PrintMetaField("signature",
                   StrCat(Printable(key), ": ", TensorsText(signature.inputs),
                          " -> ", TensorsText(signature.outputs)),
                   console);
  }
  std::vector<std::string> collections;
  for (const graph::CollectionInfo& collection : summary.collections) {
    collections.push_back(
        StrCat(Printable(collection.name), " (", collection.size, ")"));
  }
  if (!collections.empty()) {
    PrintMetaField("collections", Join(collections, ", "), console);
  }
}

void PrintOps(const MetaGraphSummary& summary, Console& console) {
  std::vector<std::pair<std::string, size_t>> ops(summary.ops.begin(),
                                                  summary.ops.end());
  std::ranges::stable_sort(ops, std::greater<>(),
                           &std::pair<std::string, size_t>::second);
  Table table(
      {{.head = "NODES", .align = Table::Align::kRight}, {.head = "OP"}});
  std::vector<std::vector<std::string>> rows;
  for (const auto& [op, count] : ops) {
    rows.push_back({WithThousands(count), Printable(op)});
    table.Measure(rows.back());
  }
  console.out << console.Bold(table.Head()) << "\n";
  for (const auto& row : rows) console.out << table.Row(row) << "\n";
}

void PrintNodes(const graph::MetaGraph& graph, Console& console) {
  Table table({{.head = "NODE", .limit = 60},
               {.head = "OP", .limit = 30},
               {.head = "INPUTS"}});
  const auto cells = [](const graph::NodeInfo& node) {
    std::vector<std::string> inputs;
    for (const std::string& input : node.inputs) {
      inputs.push_back(Printable(input));
    }
    return std::vector<std::string>{Printable(node.name), Printable(node.op),
                                    Join(inputs, ", ")};
  };
  for (size_t i = 0; i < graph.num_nodes(); ++i) {
    table.Measure(cells(graph.node(i)));
  }
  console.out << console.Bold(table.Head()) << "\n";
  for (size_t i = 0; i < graph.num_nodes() && console.out.good(); ++i) {
    console.out << table.Row(cells(graph.node(i))) << "\n";
  }
}

Json ShapeJson(const graph::PartialShape& shape) {
  if (shape.unknown_rank) return nullptr;
  return shape.dims;
}

Json TensorsJson(const std::map<std::string, graph::SignatureTensor>& tensors) {
  Json json = Json::object();
  for (const auto& [key, tensor] : tensors) {
    json[Utf8(key)] = {{"name", Utf8(tensor.name)},
                       {"dtype", DataTypeName(tensor.dtype)},
                       {"shape", ShapeJson(tensor.shape)}};
  }
  return json;
}

Json SaverJson(const graph::SaverInfo& saver) {
  return {
      {"filename_tensor_name", Utf8(saver.filename_tensor_name)},
      {"save_tensor_name", Utf8(saver.save_tensor_name)},
      {"restore_op_name", Utf8(saver.restore_op_name)},
      {"max_to_keep", saver.max_to_keep},
      {"sharded", saver.sharded},
      {"keep_checkpoint_every_n_hours", saver.keep_checkpoint_every_n_hours},
      {"version", saver.version}};
}

Json VariablesJson(const MetaGraphSummary& summary) {
  Json json = Json::array();
  for (const graph::GraphVariable& variable : summary.variables) {
    Json& item = json.emplace_back();
    item["name"] = Utf8(variable.name);
    item["trainable"] = variable.trainable;
    item["resource"] = variable.is_resource;
    if (!variable.slice.empty()) item["slice"] = Utf8(variable.slice);
  }
  return json;
}

Json SummaryJson(const MetaGraphSummary& summary) {
  Json json;
  json["tensorflow_version"] = Utf8(summary.info.tensorflow_version);
  json["producer"] = summary.info.producer;
  json["min_consumer"] = summary.info.min_consumer;
  json["tags"] = Json::array();
  for (const std::string& tag : summary.info.tags) {
    json["tags"].push_back(Utf8(tag));
  }
  json["node_count"] = summary.num_nodes;
  json["ops"] = Json::object();
  for (const auto& [op, count] : summary.ops) json["ops"][Utf8(op)] = count;
  json["functions"] = Json::array();
  for (const graph::FunctionInfo& function : summary.functions) {
    json["functions"].push_back(
        {{"name", Utf8(function.name)}, {"node_count", function.num_nodes}});
  }
  json["collections"] = Json::object();
  for (const graph::CollectionInfo& collection : summary.collections) {
    json["collections"][Utf8(collection.name)] = {{"kind", collection.kind},
                                                  {"count", collection.size}};
  }
  json["variables"] = VariablesJson(summary);
  json["saver"] = summary.saver ? SaverJson(*summary.saver) : Json();
  json["signatures"] = Json::object();
  for (const auto& [key, signature] : summary.signatures) {
    json["signatures"][Utf8(key)] = {
        {"method_name", Utf8(signature.method_name)},
        {"inputs", TensorsJson(signature.inputs)},
        {"outputs", TensorsJson(signature.outputs)}};
  }
  return json;
}

Json NodeJson(const graph::NodeInfo& node) {
  Json json;
  json["name"] = Utf8(node.name);
  json["op"] = Utf8(node.op);
  json["inputs"] = Json::array();
  for (const std::string& input : node.inputs) {
    json["inputs"].push_back(Utf8(input));
  }
  if (!node.device.empty()) json["device"] = Utf8(node.device);
  json["attrs"] = Json::object();
  for (const graph::NodeAttr& attr : node.attrs) {
    json["attrs"][Utf8(attr.name)] = {{"kind", attr.kind},
                                      {"value", Utf8(attr.value)}};
  }
  return json;
}

}  // namespace

void PrintMetaField(std::string_view name, const std::string& text,
                    Console& console) {
  constexpr size_t kNameWidth = 12;
  console.out << "  " << console.Faint(PadRight(name, kNameWidth)) << text
              << "\n";
}

void PrintMetaGraphSummary(const std::string& path,
                           const graph::MetaGraph& graph, Console& console) {
  console.out << console.Bold(Printable(path)) << ": a meta graph\n";
  PrintSummary(inspect::Summarize(graph), console);
}

std::string MetaGraphSummaryJson(const graph::MetaGraph& graph) {
  return SummaryJson(inspect::Summarize(graph)).dump();
}

std::string NodeJsonText(const graph::NodeInfo& node) {
  return NodeJson(node).dump();
}

void PrintMetaGraph(const std::string& path, const graph::MetaGraph& graph,
                    bool nodes, Console& console) {
  const MetaGraphSummary summary = inspect::Summarize(graph);
  console.out << console.Bold(Printable(path)) << ": a meta graph\n";
  PrintSummary(summary, console);
  console.out << "\n";
  if (nodes) {
    PrintNodes(graph, console);
  } else {
    PrintOps(summary, console);
  }
}

void PrintMetaGraphsJson(const std::vector<graph::MetaGraph>& graphs,
                         bool nodes, Console& console) {
  console.out << "{\"meta_graphs\":[";
  for (size_t g = 0; g < graphs.size(); ++g) {
    const graph::MetaGraph& graph = graphs[g];
    std::string text = SummaryJson(inspect::Summarize(graph)).dump();
    console.out << (g == 0 ? "\n" : ",\n");
    if (nodes) {
      text.pop_back();  // the nodes go inside, but are written one by one
      console.out << text << ",\"nodes\":[";
      for (size_t i = 0; i < graph.num_nodes() && console.out.good(); ++i) {
        console.out << (i == 0 ? "\n" : ",\n")
                    << NodeJson(graph.node(i)).dump();
      }
      text = "\n]}";
    }
    console.out << text;
  }
  console.out << "\n]}\n";
}

}  // namespace cairn::cli
