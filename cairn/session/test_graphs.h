// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Small graphs for tests, and sessions that run them.
#ifndef CAIRN_SESSION_TEST_GRAPHS_H_
#define CAIRN_SESSION_TEST_GRAPHS_H_

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/session/session.h"

namespace cairn::session {

class TestGraph {
 public:
  // A node whose attributes can be set; types by TensorFlow's number.
  class NodeRef {
   public:
    explicit NodeRef(proto::NodeDef* node) : node_(node) {}
    NodeRef& Type(const std::string& name, int type) {
      attr(name).set_type(static_cast<proto::DataType>(type));
      return *this;
    }
    NodeRef& Types(const std::string& name, std::initializer_list<int> types) {
      auto* list = attr(name).mutable_list();
      for (int type : types) list->add_type(static_cast<proto::DataType>(type));
      return *this;
    }
    NodeRef& Int(const std::string& name, int64_t value) {
      attr(name).set_i(value);
      return *this;
    }
    NodeRef& Bool(const std::string& name, bool value) {
      attr(name).set_b(value);
      return *this;
    }
    NodeRef& Text(const std::string& name, const std::string& value) {
      attr(name).set_s(value);
      return *this;
    }
    NodeRef& Function(const std::string& name, const std::string& function) {
      attr(name).mutable_func()->set_name(function);
      return *this;
    }
    NodeRef& ShapeOf(std::initializer_list<int64_t> dims) {
      auto* shape = attr("shape").mutable_shape();
      for (int64_t dim : dims) shape->add_dim()->set_size(dim);
      return *this;
    }
    NodeRef& Input(const std::string& name) {
      node_->add_input(name);
      return *this;
    }
    proto::AttrValue& attr(const std::string& name) {
      return (*node_->mutable_attr())[name];
    }

   private:
    proto::NodeDef* node_;
  };

  proto::MetaGraphDef& def() { return *def_; }

  NodeRef Node(const std::string& name, const std::string& op,
               std::initializer_list<std::string> inputs) {
    return Fill(def_->mutable_graph_def()->add_node(), name, op, inputs);
  }
  // A float32 scalar.
  void Constant(const std::string& name, float value) {
    auto& tensor = *Node(name, "Const", {})
                        .Type("dtype", 1)
                        .attr("value")
                        .mutable_tensor();
    tensor.set_dtype(proto::DT_FLOAT);
    tensor.mutable_tensor_shape();
    tensor.add_float_val(value);
  }
  void Bool(const std::string& name, bool value) {
    auto& tensor = *Node(name, "Const", {})
                        .Type("dtype", 10)
                        .attr("value")
                        .mutable_tensor();
    tensor.set_dtype(proto::DT_BOOL);
    tensor.mutable_tensor_shape();
    tensor.add_bool_val(value);
  }
  void Strings(const std::string& name,
               const std::vector<std::string>& values) {
    auto& tensor = *Node(name, "Const", {})
                        .Type("dtype", 7)
                        .attr("value")
                        .mutable_tensor();
    tensor.set_dtype(proto::DT_STRING);
    tensor.mutable_tensor_shape()->add_dim()->set_size(
        static_cast<int64_t>(values.size()));
    for (const std::string& value : values) tensor.add_string_val(value);
  }
  // A resource variable of float32.
  void Variable(const std::string& name, std::initializer_list<int64_t> dims) {
    Node(name, "VarHandleOp", {})
        .Type("dtype", 1)
        .Text("shared_name", name)
        .ShapeOf(dims);
  }

  // A function of float32 scalars: "x" to "out".
  proto::FunctionDef* Function(const std::string& name,
                               const std::vector<std::string>& arguments) {
    proto::FunctionDef* function =
        def_->mutable_graph_def()->mutable_library()->add_function();
    function->mutable_signature()->set_name(name);
    for (const std::string& argument : arguments) {
      auto* arg = function->mutable_signature()->add_input_arg();
      arg->set_name(argument);
      arg->set_type(proto::DT_FLOAT);
    }
    return function;
  }
  static void Result(proto::FunctionDef* function, const std::string& from,
                     int type = 1) {
    auto* arg = function->mutable_signature()->add_output_arg();
    arg->set_name("out");
    arg->set_type(static_cast<proto::DataType>(type));
    (*function->mutable_ret())["out"] = from;
  }
  static NodeRef NodeOf(proto::FunctionDef* function, const std::string& name,
                        const std::string& op,
                        std::initializer_list<std::string> inputs) {
    return Fill(function->add_node_def(), name, op, inputs);
  }

  StatusOr<std::unique_ptr<Session>> TryStart(
      const SessionOptions& options = {}) {
    auto copy = std::make_unique<proto::MetaGraphDef>(*def_);
    return Session::Create(fs, graph::MetaGraph(std::move(copy)), options);
  }
  std::unique_ptr<Session> Start(const SessionOptions& options = {}) {
    auto session = TryStart(options);
    EXPECT_TRUE(session.ok()) << session.status();
    return *std::move(session);
  }

  MemoryFileSystem fs;

 private:
  static NodeRef Fill(proto::NodeDef* node, const std::string& name,
                      const std::string& op,
                      std::initializer_list<std::string> inputs) {
    node->set_name(name);
    node->set_op(op);
    for (const std::string& input : inputs) node->add_input(input);
    return NodeRef(node);
  }

  std::unique_ptr<proto::MetaGraphDef> def_ =
      std::make_unique<proto::MetaGraphDef>();
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_TEST_GRAPHS_H_
