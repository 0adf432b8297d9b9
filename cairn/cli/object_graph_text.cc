// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The object graph as text and as JSON.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/cli/graph_command.h"
#include "cairn/cli/text.h"
#include "cairn/tensor/dtype.h"

namespace cairn::cli {
namespace {

using inspect::ObjectTree;
using inspect::ObjectValue;
using inspect::TreeRow;
using Json = nlohmann::ordered_json;

// Deeper objects are not indented further.
constexpr int32_t kMaxIndent = 48;

std::vector<std::string> PrintableAll(std::vector<std::string> names) {
  for (std::string& name : names) name = Printable(name);
  return names;
}

// The branches drawn before a row; follows the rows from top to bottom.
class Branches {
 public:
  std::string Before(const TreeRow& row) {
    if (row.depth == 0) {
      last_.clear();
      return "";
    }
    last_.resize(static_cast<size_t>(row.depth));
    last_.back() = row.last;
    std::string text;
    if (row.depth > kMaxIndent) text = StrCat("(depth ", row.depth, ") ");
    for (int32_t i = 0; i + 1 < std::min(row.depth, kMaxIndent); ++i) {
      text += last_[static_cast<size_t>(i)] ? "   " : "│  ";
    }
    return text += row.last ? "└─ " : "├─ ";
  }

 private:
  std::vector<bool> last_;  // by depth: whether that row was the last sibling
};

std::string NameOf(const ObjectTree& tree, const TreeRow& row) {
  switch (row.kind) {
    case TreeRow::Kind::kAlias:
      return StrCat(Join(PrintableAll(row.names), ", "), " -> ",
                    Printable(tree.Path(row.node_id)));
    case TreeRow::Kind::kUnreachable:
      return StrCat("(object ", row.node_id, ", not reachable)");
    case TreeRow::Kind::kObject:
      break;
  }
  if (row.node_id == 0) return "(root)";
  return Join(PrintableAll(row.names), ", ");
}

// "m, v": the slots of a variable, those of a second optimizer named in full.
std::string SlotsOf(const ObjectTree& tree, int32_t node_id) {
  std::vector<std::string> names;
  for (const inspect::SlotRef& slot :
       tree.slots[static_cast<size_t>(node_id)]) {
    names.push_back(Printable(slot.slot_name));
  }
  return names.empty() ? "" : StrCat("slots ", Join(names, ", "));
}

// The cells of a row: tree, dtype, shape, full name, slots.
std::vector<std::string> Cells(std::string tree_text, const ObjectValue* value,
                               std::string slots) {
  std::vector<std::string> cells = {std::move(tree_text), "", "", "",
                                    std::move(slots)};
  if (value == nullptr) return cells;
  if (value->stored) {
    cells[1] = DataTypeName(value->dtype);
    cells[2] = value->shape.ToString();
  } else {
    cells[1] = "-";  // its values stand under other keys, or nowhere
  }
  cells[3] = Printable(value->attribute.full_name);
  return cells;
}

// Calls `print` with the cells of each line. An object's first value shares its
// line if it is a variable's; other attributes get lines of their own.
template <typename Print>
void ForEachLine(const ObjectTree& tree, const Print& print) {
  Branches branches;
  for (const TreeRow& row : tree.rows) {
    const std::string before = branches.Before(row);
    const std::string text = before + NameOf(tree, row);
    if (row.kind == TreeRow::Kind::kAlias) {
      print(Cells(text, nullptr, ""));
      continue;
    }
    const auto& values = tree.values[static_cast<size_t>(row.node_id)];
    const std::string slots = SlotsOf(tree, row.node_id);
    if (values.size() == 1 && values[0].attribute.name == "VARIABLE_VALUE") {
      print(Cells(text, &values[0], slots));
      continue;
    }
    print(Cells(text, nullptr, slots));
    const std::string under(DisplayWidth(before) + 2, ' ');
    for (const ObjectValue& value : values) {
      print(Cells(StrCat(under, ".", Printable(value.attribute.name)), &value,
                  ""));
    }
  }
}

std::string Totals(const ObjectTree& tree) {
  uint64_t values = 0, slots = 0;
  int64_t bytes = 0;
  // Two attributes may share a key, whose bytes are there only once.
  std::set<std::string_view> keys;
  for (size_t id = 0; id < tree.values.size(); ++id) {
    for (const ObjectValue& value : tree.values[id]) {
      if (!keys.insert(value.attribute.checkpoint_key).second) continue;
      ++(tree.roles[id] == inspect::ValueRole::kSlot ? slots : values);
      if (value.stored) bytes += value.bytes;
    }
  }
  std::string text = StrCat(Count(tree.graph.nodes.size(), "object"), ", ",
                            Count(values, "value"));
  if (slots > 0) text += StrCat(" and ", Count(slots, "slot"));
  return StrCat(text, ", ", WithThousands(static_cast<uint64_t>(bytes)),
                " bytes");
}

}  // namespace

void PrintObjectTree(const ObjectTree& tree, Console& console) {
  Table table({{.head = "OBJECT", .limit = 60},
               {.head = "DTYPE"},
               {.head = "SHAPE", .limit = 30},
               {.head = "FULL NAME", .limit = 60},
               {.head = ""}});
  ForEachLine(tree, [&](const auto& cells) {
    // A row that only points elsewhere has nothing in the other columns.
    if (!cells[1].empty() || !cells[4].empty()) table.Measure(cells);
  });
  console.out << console.Bold(table.Head()) << "\n";
  ForEachLine(tree, [&](const auto& cells) {
    console.out << table.Row(cells) << "\n";
  });
  console.out << Totals(tree) << "\n";
}

void PrintObjectGraphJson(const object::ObjectGraph& graph, Console& console) {
  // A line for each node keeps a graph of any size out of memory.
  console.out << "{\"nodes\":[";
  for (size_t id = 0; id < graph.nodes.size() && console.out.good(); ++id) {
    const object::ObjectGraph::Node& node = graph.nodes[id];
    Json json;
    json["id"] = id;
    json["children"] = Json::array();
    for (const auto& child : node.children) {
      json["children"].push_back(
          {{"name", Utf8(child.local_name)}, {"id", child.node_id}});
    }
    json["attributes"] = Json::array();
    for (const auto& attribute : node.attributes) {
      json["attributes"].push_back(
          {{"name", Utf8(attribute.name)},
           {"full_name", Utf8(attribute.full_name)},
           {"checkpoint_key", Utf8(attribute.checkpoint_key)}});
    }
    json["slots"] = Json::array();
    for (const auto& slot : node.slot_variables) {
      json["slots"].push_back({{"slot_name", Utf8(slot.slot_name)},
                               {"variable", slot.original_variable_node_id},
                               {"slot", slot.slot_variable_node_id}});
    }
    if (node.registered_saver) {
      json["registered_saver"] = {
          {"name", Utf8(node.registered_saver->name)},
          {"object_name", Utf8(node.registered_saver->object_name)}};
    }
    if (node.has_checkpoint_values) {
      json["has_checkpoint_values"] = *node.has_checkpoint_values;
    }
    console.out << (id == 0 ? "\n" : ",\n") << json.dump();
  }
  console.out << "\n]}\n";
}

}  // namespace cairn::cli
