// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes, in this order, for variables v in order of their names:
//   save/filename/input    Const "model"
//   save/filename          PlaceholderWithDefault(filename/input)
//   save/Const             PlaceholderWithDefault(filename): the prefix is fed
//   save/SaveV2/tensor_names, save/SaveV2/shape_and_slices    Const string[n]
//   save/SaveV2            (Const, names, slices, read of each v)
//   save/control_dependency    Identity(Const, ^SaveV2): fetched to save
//   save/RestoreV2/tensor_names, .../shape_and_slices, save/RestoreV2   on CPU
//   save/Identity[_k]          of RestoreV2:k
//   save/AssignVariableOp[_k]  (v, Identity[_k])
//   save/restore_all           NoOp(^AssignVariableOp...): run to restore
#include "cairn/graph/saver_nodes.h"

#include <algorithm>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::graph {
namespace {

constexpr std::string_view kRestoreDevice = "/device:CPU:0";

Tensor StringVector(std::vector<std::string> strings) {
  const auto size = static_cast<int64_t>(strings.size());
  // Cannot fail: one string per element.
  return *Tensor::OfStrings(Shape({size}), std::move(strings));
}

class SaverNodes {
 public:
  SaverNodes(GraphBuilder& graph, std::vector<VariableNodes> variables,
             const SaverNodesOptions& options)
      : graph_(graph),
        variables_(std::move(variables)),
        scope_(graph.UniqueName(options.scope)) {
    std::sort(variables_.begin(), variables_.end(),
              [](const VariableNodes& a, const VariableNodes& b) {
                return a.name < b.name;
              });
    std::vector<std::string> names;
    for (const VariableNodes& v : variables_) {
      names.push_back(v.name);
      dtypes_.push_back(v.value.dtype);
    }
    slices_ = StringVector(std::vector<std::string>(names.size()));
    names_ = StringVector(std::move(names));
  }

  std::string Name(std::string_view part) const {
    return StrCat(scope_, "/", part);
  }

  Output AddFilename() {
    const Output input =
        graph_.Constant(Name("filename/input"), Tensor::OfString("model"));
    const Output filename = AddPlaceholder("filename", input);
    return AddPlaceholder("Const", filename);
  }

  Output AddSave(const Output& prefix) {
    const Output names = graph_.Constant(Name("SaveV2/tensor_names"), names_);
    const Output slices =
        graph_.Constant(Name("SaveV2/shape_and_slices"), slices_);
    auto save = graph_.NewNode("SaveV2", Name("SaveV2"));
    save.Input(prefix).Input(names).Input(slices).Types("dtypes", dtypes_);
    for (const VariableNodes& v : variables_) save.Input(v.value);
    return graph_.NewNode("Identity", Name("control_dependency"))
        .Input(prefix)
        .ControlInputs({save.Add().ref})
        .Type("T", DataType::kString)
        .ColocateWith(prefix.ref)
        .Out(DataType::kString, {})
        .Add();
  }

  Output AddRestore(const Output& prefix) {
    const std::vector<Output> values = AddRead(prefix);
    std::vector<std::string> assigns;
    for (size_t k = 0; k < variables_.size(); ++k) {
      const DataType dtype = dtypes_[k];
      const Output value = graph_.NewNode("Identity", Name("Identity"))
                               .Input(values[k])
                               .Type("T", dtype)
                               .Out(dtype, PartialShape::Unknown())
                               .Add();
      assigns.push_back(
          graph_.NewNode("AssignVariableOp", Name("AssignVariableOp"))
              .Input(variables_[k].handle)
              .Input(value)
              .Type("dtype", dtype)
              .Flag("validate_shape", false)
              .Add()
              .ref);
    }
    return graph_.NewNode("NoOp", Name("restore_all"))
        .ControlInputs(std::move(assigns))
        .Add();
  }

 private:
  Output AddPlaceholder(std::string_view part, const Output& input) {
    return graph_.NewNode("PlaceholderWithDefault", Name(part))
        .Input(input)
        .Type("dtype", DataType::kString)
        .ShapeAttr("shape", {})
        .Out(DataType::kString, {})
        .Add();
  }

  Output AddCpuConstant(std::string_view part, const Tensor& value) {
    return graph_.NewNode("Const", Name(part))
        .Device(kRestoreDevice)
        .Type("dtype", value.dtype())
        .TensorAttr("value", value)
        .Out(value.dtype(), PartialShape::Of(value.shape()))
        .Add();
  }

  std::vector<Output> AddRead(const Output& prefix) {
    const Output names = AddCpuConstant("RestoreV2/tensor_names", names_);
    const Output slices = AddCpuConstant("RestoreV2/shape_and_slices", slices_);
    auto restore = graph_.NewNode("RestoreV2", Name("RestoreV2"));
    restore.Device(kRestoreDevice).Input(prefix).Input(names).Input(slices);
    restore.Types("dtypes", dtypes_);
    for (DataType dtype : dtypes_) restore.Out(dtype, PartialShape::Unknown());
    return restore.AddAll();
  }

  GraphBuilder& graph_;
  std::vector<VariableNodes> variables_;
  std::vector<DataType> dtypes_;
  std::string scope_;
  Tensor names_, slices_;  // what SaveV2 and RestoreV2 are told
};

}  // namespace

SaverInfo AddSaverNodes(GraphBuilder& graph,
                        std::vector<VariableNodes> variables,
                        const SaverNodesOptions& options) {
  SaverNodes nodes(graph, std::move(variables), options);
  const Output prefix = nodes.AddFilename();
  SaverInfo info;
  info.filename_tensor_name = prefix.TensorName();
  info.save_tensor_name = nodes.AddSave(prefix).TensorName();
  info.restore_op_name = nodes.AddRestore(prefix).ref;
  info.max_to_keep = options.max_to_keep;
  info.keep_checkpoint_every_n_hours = options.keep_checkpoint_every_n_hours;
  return info;
}

}  // namespace cairn::graph
