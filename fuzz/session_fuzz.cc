// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A random graph of the ops there are, with attributes and inputs that mostly,
// but not always, fit: whatever it is, running it returns, within its limits of
// memory and steps. The input is choices.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/session.h"
#include "fuzz/choices.h"
#include "fuzz/memory_watch.h"
#include "fuzz/target.h"

namespace cairn::fuzz {
namespace {

using session::EdgeType;
using session::KernelTable;
using session::NodeTypes;

constexpr int kMaxNodes = 24;
constexpr int64_t kMaxBytes = int64_t{1} << 20;
constexpr int64_t kMaxSteps = 2000;
constexpr int kMaxRuns = 8;

const KernelTable& Kernels() {
  static const KernelTable* const kTable =
      new KernelTable(session::StandardKernels());
  return *kTable;
}

class GraphMaker {
 public:
  GraphMaker(Choices& choices, proto::MetaGraphDef& meta)
      : choices_(choices), graph_(*meta.mutable_graph_def()) {}

  void Make() {
    const std::vector<std::string> ops = Kernels().ops();
    graph_.mutable_versions()->set_producer(choices_.Flip() ? 1087 : 20);
    for (int f = 0; f < 2; ++f) AddFunction(ops, f == 0 ? "f0" : "f1");
    for (int i = 0; i < kMaxNodes && !choices_.empty(); ++i) {
      AddNode(ops, *graph_.add_node());
    }
  }
  // Of the nodes that are in the graph itself.
  const std::vector<std::pair<std::string, bool>>& made() const {
    return made_;
  }

 private:
  struct Output {
    std::string name;
    EdgeType type;
  };

  static std::string NodeName(int i) {
    std::string name = "n";
    name += std::to_string(i);
    return name;
  }
  int Type() {
    static constexpr int kTypes[] = {1,  1,  1, 3, 3, 9,  10, 7,  2,
                                     19, 14, 4, 6, 8, 20, 21, 23, 101};
    return kTypes[choices_.Below(18)];
  }
  void SetShape(proto::TensorShapeProto& shape) {
    for (int i = choices_.Below(5); i > 0; --i) {
      shape.add_dim()->set_size(choices_.Below(16) == 0 ? choices_.Number()
                                                        : choices_.Below(4));
    }
  }
  void SetTensor(proto::TensorProto& tensor, int type) {
    tensor.set_dtype(static_cast<proto::DataType>(type));
    SetShape(*tensor.mutable_tensor_shape());
    for (int i = choices_.Below(4); i > 0; --i) {
      tensor.add_float_val(static_cast<float>(choices_.Number()));
      tensor.add_double_val(static_cast<double>(choices_.Number()));
      tensor.add_int_val(static_cast<int32_t>(choices_.Number()));
      tensor.add_int64_val(choices_.Number());
      tensor.add_bool_val(choices_.Flip());
      tensor.add_half_val(choices_.Byte() << 8);
      tensor.add_string_val(choices_.Flip() ? "d/m" : "2 2 0,1:-");
    }
  }

  using Attrs = google::protobuf::Map<std::string, proto::AttrValue>;

  // The attributes that a signature names.
  void SetSignatureAttrs(std::string_view signature, Attrs& attrs) {
    for (std::string_view word : Split(signature, ' ')) {
      const size_t colon = word.find(':');
      if (colon == std::string_view::npos) continue;
      std::string_view type = word.substr(colon + 1);
      if (type.starts_with('&')) type.remove_prefix(1);
      const size_t star = type.find('*');
      if (star != std::string_view::npos) {
        attrs[std::string(type.substr(0, star))].set_i(
            choices_.Below(20) == 0 ? choices_.Number() : choices_.Below(4));
        type.remove_prefix(star + 1);
      }
      if (type.starts_with('[')) {
        type.remove_prefix(1);
        type.remove_suffix(1);
        auto& list = *attrs[std::string(type)].mutable_list();
        if (list.type_size() > 0) continue;
        for (int i = choices_.Below(4); i > 0; --i) {
          list.add_type(static_cast<proto::DataType>(Type()));
        }
        continue;
      }
      type = type.substr(0, type.find('='));
      if (DataTypeFromName(type).has_value()) continue;
      attrs[std::string(type)].set_type(static_cast<proto::DataType>(Type()));
    }
  }

  void SetInts(proto::AttrValue& value, int count) {
    for (int i = 0; i < count; ++i) {
      value.mutable_list()->add_i(choices_.Below(16) == 0 ? choices_.Number()
                                                          : choices_.Below(3));
    }
  }
  // What ops may ask for besides.
  void SetOtherAttrs(Attrs& attrs) {
    if (choices_.Flip()) {
      static constexpr const char* kPadding[] = {"SAME", "VALID", "EXPLICIT",
                                                 ""};
      attrs["padding"].set_s(kPadding[choices_.Below(4)]);
      for (const char* name : {"strides", "ksize", "dilations"}) {
        if (choices_.Below(4) != 0) {
          auto& list = *attrs[name].mutable_list();
          const int64_t step = choices_.Below(3);
          for (int64_t i : {int64_t{1}, step, step, int64_t{1}}) list.add_i(i);
        } else {
          SetInts(attrs[name], choices_.Below(6));
        }
      }
      SetInts(attrs["explicit_paddings"], choices_.Flip() ? 8 : 0);
      attrs["data_format"].set_s(choices_.Below(4) != 0 ? "NHWC" : "NCHW");
    }
    for (const char* name :
         {"axis", "num", "num_split", "begin_mask", "end_mask", "ellipsis_mask",
          "new_axis_mask", "shrink_axis_mask", "batch_dims", "seed", "seed2"}) {
      if (choices_.Below(3) == 0) attrs[name].set_i(choices_.Number());
    }
    for (const char* name : {"transpose_a", "transpose_b", "keep_dims",
                             "is_training", "adj_x", "is_constant"}) {
      if (choices_.Below(3) == 0) attrs[name].set_b(choices_.Flip());
    }
    if (choices_.Flip()) SetInts(attrs["squeeze_dims"], choices_.Below(3));
    SetShape(*attrs["shape"].mutable_shape());
    attrs["frame_name"].set_s(choices_.Flip() ? "a" : "b");
    attrs["shared_name"].set_s(choices_.Flip() ? "v" : "w");
    attrs["pattern"].set_s(choices_.Text(6));
    for (const char* name :
         {"f", "then_branch", "else_branch", "cond", "body"}) {
      attrs[name].mutable_func()->set_name(choices_.Flip() ? "f0" : "f1");
    }
    attrs["branches"].mutable_list()->add_func()->set_name("f0");
  }

  // An earlier output of that type, else of any.
  std::string Input(const EdgeType& type) {
    std::vector<const Output*> fitting;
    for (const Output& output : outputs_) {
      if (output.type == type) fitting.push_back(&output);
    }
    if (fitting.empty() || choices_.Below(16) == 0) {
      if (outputs_.empty()) return "nothing";
      return outputs_[static_cast<size_t>(choices_.Byte()) % outputs_.size()]
          .name;
    }
    return fitting[static_cast<size_t>(choices_.Byte()) % fitting.size()]->name;
  }

  void AddNode(const std::vector<std::string>& ops, proto::NodeDef& node) {
    const std::string name = NodeName(graph_.node_size());
    const size_t number =
        static_cast<size_t>(choices_.Byte()) << 8 | choices_.Byte();
    const bool constant = choices_.Below(3) == 0;
    node.set_name(name);
    node.set_op(constant ? "Const" : ops[number % ops.size()]);
    Attrs& attrs = *node.mutable_attr();
    const KernelTable::Entry* entry = Kernels().Find(node.op());
    SetSignatureAttrs(entry->def.signature, attrs);
    if (constant) {
      SetTensor(*attrs["value"].mutable_tensor(),
                static_cast<int>(attrs["dtype"].type()));
    } else {
      SetOtherAttrs(attrs);
    }
    const StatusOr<NodeTypes> types = entry->signature.Resolve(
        session::Attributes(node, &entry->signature.type_defaults()));
    if (!types.ok() || types->inputs.size() > 8) return;
    for (const EdgeType& type : types->inputs) node.add_input(Input(type));
    if (choices_.Below(8) == 0) {
      const int before = choices_.Below(graph_.node_size() + 1);
      std::string control(1, '^');
      control += NodeName(before);
      node.add_input(std::move(control));
    }
    // A loop's way back.
    if (node.op() == "Merge" && node.input_size() > 1 && choices_.Flip()) {
      node.set_input(1, NodeName(choices_.Below(kMaxNodes)));
    }
    made_.emplace_back(name, types->outputs.empty());
    for (size_t i = 0; i < types->outputs.size(); ++i) {
      outputs_.push_back({StrCat(name, ":", i), types->outputs[i]});
    }
  }

  // float32 to float32, of one node.
  void AddFunction(const std::vector<std::string>& ops,
                   const std::string& name) {
    proto::FunctionDef& function = *graph_.mutable_library()->add_function();
    auto& signature = *function.mutable_signature();
    signature.set_name(name);
    signature.add_input_arg()->set_name("x");
    signature.mutable_input_arg(0)->set_type(proto::DT_FLOAT);
    signature.add_output_arg()->set_name("y");
    signature.mutable_output_arg(0)->set_type(proto::DT_FLOAT);
    proto::NodeDef& node = *function.add_node_def();
    node.set_name("n");
    node.set_op(ops[static_cast<size_t>(choices_.Byte()) % ops.size()]);
    SetSignatureAttrs(Kernels().Find(node.op())->def.signature,
                      *node.mutable_attr());
    SetOtherAttrs(*node.mutable_attr());
    for (int i = choices_.Below(4); i > 0; --i)
      node.add_input(std::string("x"));
    (*function.mutable_ret())["y"] =
        std::string(choices_.Flip() ? "n:output:0" : "x");
  }

  Choices& choices_;
  proto::GraphDef& graph_;
  std::vector<Output> outputs_;
  std::vector<std::pair<std::string, bool>> made_;
};

Status Run(std::string_view input) {
  const MemoryWatch watch(input.size());
  Choices choices(input);
  auto meta = std::make_unique<proto::MetaGraphDef>();
  GraphMaker maker(choices, *meta);
  maker.Make();
  MemoryFileSystem fs;
  const KernelTable& kernels = Kernels();
  const auto session =
      session::Session::Create(fs, graph::MetaGraph(std::move(meta)),
                               {.threads = 1,
                                .max_bytes = kMaxBytes,
                                .max_steps = kMaxSteps,
                                .max_call_depth = 8,
                                .kernels = &kernels});
  if (!session.ok()) return session.status();
  Status last;
  const auto& made = maker.made();
  for (size_t i = 0; i < made.size() && i < kMaxRuns; ++i) {
    const auto& [name, is_target] = made[made.size() - 1 - i];
    std::vector<std::string> fetches, targets;
    (is_target ? targets : fetches).push_back(name);
    const auto result = (*session)->Run({}, fetches, targets);
    if (!result.ok()) last = result.status();
  }
  (*session)->FindUnsupported({}, {}).status().IgnoreError();
  return last;
}

}  // namespace

const Target kSessionTarget = {"session", Run};

}  // namespace cairn::fuzz
