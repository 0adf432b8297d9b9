// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   name nodes that are not there, or rings   looked up; each visited once
//   claim a list of 2^60 names                as many as the node has inputs
//   chain a million Identity nodes            kMaxSteps
#include "cairn/graph/saver_tensors.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/node_index.h"
#include "cairn/graph/scope_names.h"
#include "cairn/graph/tensor_proto.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

// Nodes between a variable and the node that saves or restores it.
constexpr int kMaxSteps = 16;

// How the older and newer ops put their inputs.
struct SaverOp {
  std::string_view op;
  int names;                // the input with the names, or the one name
  int slices;               // with the slices; -1: it has none
  int values;               // the first to save; -1: it restores
  std::string_view dtypes;  // the attribute
};
constexpr SaverOp kSaverOps[] = {
    {"SaveV2", 1, 2, 3, "dtypes"},    {"SaveSlices", 1, 2, 3, "T"},
    {"Save", 1, -1, 2, "T"},          {"RestoreV2", 1, 2, -1, "dtypes"},
    {"RestoreSlice", 1, 2, -1, "dt"}, {"Restore", 1, -1, -1, "dt"},
};

const SaverOp* FindSaverOp(std::string_view op) {
  for (const SaverOp& known : kSaverOps) {
    if (known.op == op) return &known;
  }
  return nullptr;
}

// 2 of "n:2".
int OutputOf(std::string_view input) {
  int output = 0;
  const size_t colon = input.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const char* end = input.data() + input.size();
  const auto parsed = std::from_chars(input.data() + colon + 1, end, output);
  return parsed.ec == std::errc() && parsed.ptr == end ? output : 0;
}

// A variable of the collection, but for what its node says.
SaverTensor ToTensor(const GraphVariable& variable) {
  SaverTensor tensor;
  tensor.source = NodeOfInput(variable.name);
  tensor.name = tensor.source;
  if (!variable.slice.empty()) {
    const size_t space = variable.slice.find(' ');
    tensor.name = variable.slice.substr(0, space);
    tensor.shape_and_slice = variable.slice.substr(space + 1);
  }
  return tensor;
}

class Finder {
 public:
  explicit Finder(const MetaGraph& graph)
      : graph_(graph.def().graph_def()), index_(NodeIndex::OfGraph(graph)) {}

  StatusOr<std::vector<SaverTensor>> Find(const SaverInfo& saver) {
    CAIRN_ASSIGN_OR_RETURN(std::vector<size_t> nodes,
                           NodesBehind(saver.save_tensor_name, "save"));
    const bool saves = !nodes.empty();
    if (!saves) {
      CAIRN_ASSIGN_OR_RETURN(nodes,
                             NodesBehind(saver.restore_op_name, "restore"));
    }
    std::vector<SaverTensor> tensors;
    for (size_t shard = 0; shard < nodes.size(); ++shard) {
      const proto::NodeDef& node = At(nodes[shard]);
      const Status added = AddTensors(nodes[shard], saves ? shard : 0, tensors);
      if (!added.ok()) return Annotate(added, Escape(node.name()));
    }
    return tensors;
  }

  StatusOr<std::vector<SaverTensor>> Describe(
      const std::vector<GraphVariable>& variables) const {
    std::vector<SaverTensor> tensors;
    for (const GraphVariable& variable : variables) {
      SaverTensor tensor = ToTensor(variable);
      const auto found = index_.Find(tensor.source);
      if (!found) {
        return DataLossError(StrCat("the variable '", Escape(tensor.source),
                                    "' is not in the graph"));
      }
      const auto dtype = At(*found).attr().find("dtype");
      if (dtype != At(*found).attr().end()) {
        tensor.dtype = static_cast<DataType>(dtype->second.type());
      }
      Trace(std::string(tensor.source), tensor);
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

 private:
  const proto::NodeDef& At(size_t i) const {
    return graph_.node(static_cast<int>(i));
  }

  // Those of the kind wanted that run before `name`, in the graph's order.
  StatusOr<std::vector<size_t>> NodesBehind(const std::string& name,
                                            std::string_view what) const {
    const auto start = index_.Find(name);
    if (!start) {
      return InvalidArgumentError(StrCat("the Saver's ", what, " node '",
                                         Escape(name),
                                         "' is not in the graph"));
    }
    std::vector<bool> seen(index_.size());
    std::vector<size_t> to_visit = {*start}, found;
    seen[*start] = true;
    while (!to_visit.empty()) {
      const size_t i = to_visit.back();
      to_visit.pop_back();
      if (const SaverOp* op = FindSaverOp(index_.op(i))) {
        if ((op->values >= 0) == (what == "save")) found.push_back(i);
        continue;
      }
      for (const Edge& edge : index_.Inputs(i)) {
        if (seen[edge.node]) continue;
        seen[edge.node] = true;
        to_visit.push_back(edge.node);
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  // The node of an input, if it has that many.
  const proto::NodeDef* Input(const proto::NodeDef& node, int i) const {
    if (i < 0 || i >= node.input_size() || IsControlInput(node.input(i))) {
      return nullptr;
    }
    const auto found = index_.Find(node.input(i));
    return found ? &At(*found) : nullptr;
  }

  // `count` strings that input `i` constantly has.
  StatusOr<std::vector<std::string>> Strings(const proto::NodeDef& node, int i,
                                             size_t count) const {
    const proto::NodeDef* constant = Input(node, i);
    if (constant == nullptr || constant->op() != "Const") {
      return DataLossError(StrCat("input ", i, " is no constant"));
    }
    const auto attr = constant->attr().find("value");
    if (attr == constant->attr().end()) {
      return DataLossError(StrCat(Escape(constant->name()), " has no value"));
    }
    const proto::TensorProto& tensor = attr->second.tensor();
    const auto& values = tensor.string_val();
    std::vector<std::string> strings(values.begin(), values.end());
    // The last one stands for those that follow, if the shape says so.
    const bool fills =
        !strings.empty() && strings.size() < count &&
        tensor.tensor_shape().dim_size() == 1 &&
        tensor.tensor_shape().dim(0).size() == static_cast<int64_t>(count);
    if (fills) strings.resize(count, strings.back());
    if (strings.size() != count) {
      return DataLossError(StrCat(Escape(constant->name()), " has ",
                                  strings.size(), " strings, expected ",
                                  count));
    }
    return strings;
  }

  static std::vector<int> Dtypes(const proto::NodeDef& node,
                                 std::string_view name) {
    const auto attr = node.attr().find(std::string(name));
    if (attr == node.attr().end()) return {};
    if (!attr->second.has_list()) return {attr->second.type()};
    const auto& list = attr->second.list().type();
    return {list.begin(), list.end()};
  }

  Status AddTensors(size_t i, size_t shard,
                    std::vector<SaverTensor>& tensors) const {
    const proto::NodeDef& node = At(i);
    const SaverOp& op = *FindSaverOp(node.op());
    const std::vector<int> dtypes = Dtypes(node, op.dtypes);
    if (op.values >= 0) {
      const auto inputs = std::count_if(
          node.input().begin(), node.input().end(),
          [](const std::string& input) { return !IsControlInput(input); });
      if (static_cast<size_t>(inputs) !=
          dtypes.size() + static_cast<size_t>(op.values)) {
        return DataLossError(
            StrCat(inputs, " inputs, expected ",
                   dtypes.size() + static_cast<size_t>(op.values)));
      }
    }
    CAIRN_ASSIGN_OR_RETURN(const auto names,
                           Strings(node, op.names, dtypes.size()));
    std::vector<std::string> slices(dtypes.size());
    if (op.slices >= 0) {
      CAIRN_ASSIGN_OR_RETURN(slices, Strings(node, op.slices, dtypes.size()));
    }
    std::vector<std::string> variables;
    if (op.values < 0) variables = AssignedTo(i, dtypes.size());
    for (size_t t = 0; t < dtypes.size(); ++t) {
      SaverTensor& tensor = tensors.emplace_back();
      tensor.name = names[t];
      tensor.shape_and_slice = slices[t];
      tensor.dtype = static_cast<DataType>(dtypes[t]);
      tensor.shard = shard;
      Trace(op.values >= 0 ? node.input(op.values + static_cast<int>(t))
                           : variables[t],
            tensor);
    }
    return OkStatus();
  }

  // For each output of a restoring node, the variable that it gets into.
  std::vector<std::string> AssignedTo(size_t i, size_t outputs) const {
    std::vector<std::string> variables(outputs);
    for (const Edge& edge : index_.Consumers(i)) {
      if (edge.is_control) continue;
      const auto output =
          static_cast<size_t>(OutputOf(At(edge.node).input(edge.input)));
      if (output >= outputs) continue;
      Edge at = edge;
      for (int step = 0; step < kMaxSteps; ++step) {
        const proto::NodeDef& node = At(at.node);
        const bool assigns =
            node.op() == "Assign" || node.op() == "AssignVariableOp";
        if (assigns && at.input == 1) {
          variables[output] = node.input(0);
          break;
        }
        const auto next = index_.Consumers(at.node);
        const bool passes = node.op() == "Identity" || node.op() == "Reshape";
        if (!passes || next.empty() || next[0].is_control) break;
        at = next[0];
      }
    }
    return variables;
  }

  // Sets shape and source of what `input` reads.
  void Trace(std::string_view input, SaverTensor& tensor) const {
    tensor.source = NodeOfInput(input);
    auto found = index_.Find(input);
    for (int step = 0; found && step < kMaxSteps; ++step) {
      const proto::NodeDef& node = At(*found);
      tensor.source = node.name();
      if (node.op() == "Identity" || node.op() == "ReadVariableOp") {
        if (Input(node, 0) == nullptr) break;
        input = node.input(0);
        found = index_.Find(input);
        continue;
      }
      const bool is_variable = node.op() == "VarHandleOp" ||
                               node.op() == "VariableV2" ||
                               node.op() == "Variable";
      const auto shape = node.attr().find("shape");
      if (is_variable && shape != node.attr().end()) {
        tensor.shape = DecodeShape(shape->second.shape());
        return;
      }
      const auto shapes = node.attr().find("_output_shapes");
      if (shapes == node.attr().end()) return;
      const auto& list = shapes->second.list().shape();
      if (const int output = OutputOf(input); output < list.size()) {
        tensor.shape = DecodeShape(list[output]);
      }
      return;
    }
  }

  const proto::GraphDef& graph_;
  const NodeIndex index_;
};

}  // namespace

StatusOr<std::vector<SaverTensor>> VariableTensors(const MetaGraph& graph) {
  CAIRN_ASSIGN_OR_RETURN(const auto variables, graph.variables());
  return Finder(graph).Describe(variables);
}

StatusOr<std::vector<SaverTensor>> SaverTensors(const MetaGraph& graph,
                                                const SaverInfo& saver) {
  return Finder(graph).Find(saver);
}

}  // namespace cairn::graph
