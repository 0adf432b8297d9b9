// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes, in this order, for variables v in order of their names:
//   save/filename/input    Const "model"
//   save/filename          PlaceholderWithDefault(filename/input)
//   save/Const             PlaceholderWithDefault(filename): the prefix is fed
//   the save nodes, of which one is fetched to save
//   save/RestoreV2/tensor_names, .../shape_and_slices, save/RestoreV2   on CPU
//   save/Identity[_k]          of RestoreV2:k
//   save/AssignVariableOp[_k]  (v, Identity[_k])
//   save/restore_shard         NoOp(^AssignVariableOp...); if sharded
//   save/restore_all           NoOp of these: run to restore
//
// Save nodes of version V2 (of V1 they are "save", op SaveSlices, and
// "shapes_and_slices"):
//   save/SaveV2/tensor_names, save/SaveV2/shape_and_slices    Const string[n]
//   save/SaveV2            (Const, names, slices, read of each v)
//   save/control_dependency    Identity(Const, ^SaveV2): fetched
// Sharded, V1: SaveSlices to ShardedFilename(Const, shard, num_shards), then
//   save/ShardedFilespec   (Const, num_shards, ^control_dependency): fetched
// Sharded, V2: SaveV2 to ShardedFilename of a temporary prefix, on CPU, then
//   save/MergeV2Checkpoints(Pack(ShardedFilename), Const)
//   save/Identity          (Const, ^MergeV2Checkpoints): fetched
// The temporary prefix is Const + "_temp/part", for S3 Const + ".part":
//   save/StringJoin(Const, Select(StaticRegexFullMatch(Const), ...))
#include "cairn/graph/saver_nodes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/node_scope.h"

namespace cairn::graph {
namespace {

constexpr DataType kString = DataType::kString;
constexpr std::string_view kCpu = "/device:CPU:0";
constexpr std::string_view kAnyCpu = "/device:CPU:*";
constexpr std::string_view kNoDevice = "";

Tensor StringVector(std::vector<std::string> strings) {
  const auto size = static_cast<int64_t>(strings.size());
  // Cannot fail: one string per element.
  return *Tensor::OfStrings(Shape({size}), std::move(strings));
}

class SaverNodes {
 public:
  SaverNodes(GraphBuilder& graph, std::vector<VariableNodes> variables,
             const GraphSaverOptions& options)
      : options_(options),
        variables_(std::move(variables)),
        scope_(graph, graph.UniqueName(options.name) + "/") {
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

  SaverInfo Add() {
    prefix_ = AddFilename();
    SaverInfo info;
    info.filename_tensor_name = prefix_.TensorName();
    info.save_tensor_name = AddSave().TensorName();
    info.restore_op_name = AddRestore().ref;
    info.max_to_keep = options_.max_to_keep;
    info.keep_checkpoint_every_n_hours = options_.keep_checkpoint_every_n_hours;
    info.sharded = is_sharded();
    info.version = static_cast<int32_t>(options_.version);
    return info;
  }

 private:
  bool is_sharded() const { return options_.sharding != Sharding::kNone; }

  Output AddFilename() {
    const Output input =
        AddConstant("filename/input", Tensor::OfString(options_.filename));
    const Output filename = AddPlaceholder("filename", input);
    return AddPlaceholder("Const", filename);
  }

  Output AddSave() {
    const bool v2 = options_.version == SaverVersion::kV2;
    if (!is_sharded()) return AddWrite(prefix_);
    if (v2) return AddMerge();
    num_shards_ = AddConstant("num_shards", Tensor::Scalar<int32_t>(1));
    const Output written = AddWrite(AddShardedFilename(prefix_));
    return New("ShardedFilespec", "ShardedFilespec")
        .Input(prefix_)
        .Input(num_shards_)
        .ControlInputs({written.ref})
        .Out(kString, {})
        .Add();
  }

  // Writes the values to `file` and passes its name on afterwards.
  Output AddWrite(const Output& file) {
    const bool v2 = options_.version == SaverVersion::kV2;
    const std::string op = v2 ? "SaveV2" : "SaveSlices";
    const std::string part = v2 ? "SaveV2" : "save";
    const Output names = AddConstant(part + "/tensor_names", names_);
    const Output slices = AddConstant(
        part + (v2 ? "/shape_and_slices" : "/shapes_and_slices"), slices_);
    auto save = New(op, part);
    save.Input(file).Input(names).Input(slices);
    save.Types(v2 ? "dtypes" : "T", dtypes_);
    for (const VariableNodes& v : variables_) save.Input(v.value);
    return New("Identity", "control_dependency")
        .Input(file)
        .ControlInputs({save.Add().ref})
        .Type("T", kString)
        .ColocateWith(file.ref)
        .Out(kString, {})
        .Add();
  }

  // Writes the shard under a temporary name, then makes the checkpoint of it.
  Output AddMerge() {
    device_ = kAnyCpu;
    const Output temporary = AddTemporaryPrefix();
    device_ = kNoDevice;
    num_shards_ = AddConstant("num_shards", Tensor::Scalar<int32_t>(1));
    device_ = kCpu;
    const Output shard = AddShardedFilename(temporary);
    const Output written = AddWrite(shard);
    const Output prefixes =
        New("Pack", "MergeV2Checkpoints/checkpoint_prefixes")
            .Input(shard)
            .ControlInputs({written.ref})
            .Int("N", 1)
            .Type("T", kString)
            .Int("axis", 0)
            .Out(kString, {{1}, false})
            .Add();
    const Output merge = New("MergeV2Checkpoints", "MergeV2Checkpoints")
                             .Input(prefixes)
                             .Input(prefix_)
                             .Flag("allow_missing_files", false)
                             .Flag("delete_old_dirs", true)
                             .Add();
    const Output done = New("Identity", "Identity")
                            .Input(prefix_)
                            .ControlInputs({merge.ref, written.ref})
                            .Type("T", kString)
                            .Out(kString, {})
                            .Add();
    device_ = kNoDevice;
    return done;
  }

  Output AddTemporaryPrefix() {
    const Output is_s3 = New("StaticRegexFullMatch", "StaticRegexFullMatch")
                             .Input(prefix_)
                             .String("pattern", "^s3://.*")
                             .Out(DataType::kBool, {})
                             .Add();
    const Output of_s3 = AddConstant("Const", Tensor::OfString(".part"));
    const Output otherwise =
        AddConstant("Const", Tensor::OfString("_temp/part"));
    const Output suffix = New("Select", "Select")
                              .Input(is_s3)
                              .Input(of_s3)
                              .Input(otherwise)
                              .Type("T", kString)
                              .Out(kString, {})
                              .Add();
    return New("StringJoin", "StringJoin")
        .Input(prefix_)
        .Input(suffix)
        .Int("N", 2)
        .String("separator", "")
        .Out(kString, {})
        .Add();
  }

  Output AddShardedFilename(const Output& prefix) {
    const Output shard =
        AddConstant("ShardedFilename/shard", Tensor::Scalar<int32_t>(0));
    return New("ShardedFilename", "ShardedFilename")
        .Input(prefix)
        .Input(shard)
        .Input(num_shards_)
        .Out(kString, {})
        .Add();
  }

  Output AddRestore() {
    const std::vector<Output> values = AddRead();
    std::vector<std::string> assigns;
    for (size_t k = 0; k < variables_.size(); ++k) {
      const DataType dtype = dtypes_[k];
      const Output value = New("Identity", "Identity")
                               .Input(values[k])
                               .Type("T", dtype)
                               .Out(dtype, PartialShape::Unknown())
                               .Add();
      assigns.push_back(New("AssignVariableOp", "AssignVariableOp")
                            .Input(variables_[k].handle)
                            .Input(value)
                            .Type("dtype", dtype)
                            .Flag("validate_shape", false)
                            .Add()
                            .ref);
    }
    if (is_sharded()) {
      assigns = {scope_.NoOp("restore_shard", std::move(assigns)).ref};
    }
    return scope_.NoOp("restore_all", std::move(assigns));
  }

  std::vector<Output> AddRead() {
    device_ = kCpu;
    const Output names = AddConstant("RestoreV2/tensor_names", names_);
    const Output slices = AddConstant("RestoreV2/shape_and_slices", slices_);
    auto restore = New("RestoreV2", "RestoreV2");
    device_ = kNoDevice;
    restore.Input(prefix_).Input(names).Input(slices);
    restore.Types("dtypes", dtypes_);
    for (DataType dtype : dtypes_) restore.Out(dtype, PartialShape::Unknown());
    return restore.AddAll();
  }

  Output AddPlaceholder(std::string_view part, const Output& input) {
    return New("PlaceholderWithDefault", part)
        .Input(input)
        .Type("dtype", kString)
        .ShapeAttr("shape", {})
        .Out(kString, {})
        .Add();
  }

  Output AddConstant(std::string_view part, const TensorView& value) {
    return New("Const", part)
        .Type("dtype", value.dtype())
        .TensorAttr("value", value)
        .Out(value.dtype(), PartialShape::Of(value.shape()))
        .Add();
  }

  // On `device_`.
  GraphBuilder::Node New(std::string_view op, std::string_view part) {
    auto node = scope_.New(op, part);
    if (!device_.empty()) node.Device(device_);
    return node;
  }

  const GraphSaverOptions& options_;
  std::vector<VariableNodes> variables_;
  std::vector<DataType> dtypes_;
  NodeScope scope_;
  std::string_view device_ = kNoDevice;
  Output prefix_, num_shards_;
  Tensor names_, slices_;  // what SaveV2 and RestoreV2 are told
};

}  // namespace

SaverInfo AddSaverNodes(GraphBuilder& graph,
                        std::vector<VariableNodes> variables,
                        const GraphSaverOptions& options) {
  return SaverNodes(graph, std::move(variables), options).Add();
}

}  // namespace cairn::graph
