// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Attributes: the attributes of one node, by name and kind.
//
//   CAIRN_ASSIGN_OR_RETURN(bool transpose,
//                          attributes.Bool("transpose_a", false));
//   CAIRN_ASSIGN_OR_RETURN(DataType dtype, attributes.Type("T"));
//
// Each getter is InvalidArgument, naming attribute and kinds, when the
// attribute is of another kind; the one without a default also when there is
// none. Graphs leave attributes out that have the default of the op's
// definition, so give that default wherever there is one.
//
// Borrows the node's definition.
#ifndef CAIRN_SESSION_ATTRIBUTES_H_
#define CAIRN_SESSION_ATTRIBUTES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/session/value.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/tensor.h"

namespace cairn::proto {
class AttrValue;
class NameAttrList;
class NodeDef;
}  // namespace cairn::proto

namespace cairn::session {

class Attributes {
 public:
  static constexpr int64_t kMaxConstantBytes = int64_t{1} << 31;
  using TypeDefaults = std::map<std::string, DataType, std::less<>>;

  // `defaults`, of the op's signature, may be null, and so may `budget`, in
  // which constants count.
  explicit Attributes(const proto::NodeDef& node,
                      const TypeDefaults* defaults = nullptr,
                      std::shared_ptr<MemoryBudget> budget = nullptr)
      : node_(&node), defaults_(defaults), budget_(std::move(budget)) {}

  const std::string& node_name() const;
  const std::string& op() const;
  bool Has(std::string_view name) const { return Find(name) != nullptr; }

  StatusOr<int64_t> Int(std::string_view name) const;
  StatusOr<int64_t> Int(std::string_view name, int64_t otherwise) const;
  StatusOr<float> Float(std::string_view name) const;
  StatusOr<float> Float(std::string_view name, float otherwise) const;
  StatusOr<bool> Bool(std::string_view name) const;
  StatusOr<bool> Bool(std::string_view name, bool otherwise) const;
  StatusOr<std::string> String(std::string_view name) const;
  StatusOr<std::string> String(std::string_view name,
                               std::string_view otherwise) const;
  // The base type, never a reference. A default in the op's signature is used
  // before `otherwise`.
  StatusOr<DataType> Type(std::string_view name) const;
  StatusOr<DataType> Type(std::string_view name, DataType otherwise) const;
  // Of unknown rank if there is none.
  StatusOr<graph::PartialShape> Shape(std::string_view name) const;
  // The constant in an attribute. Its size is not bounded by that of the graph
  // (one value may stand for all): ResourceExhausted beyond kMaxConstantBytes
  // or what is left of the budget.
  StatusOr<Value> Constant(std::string_view name) const;
  // Lists are empty if there is none.
  StatusOr<std::vector<int64_t>> IntList(std::string_view name) const;
  StatusOr<std::vector<int64_t>> IntList(std::string_view name,
                                         std::vector<int64_t> otherwise) const;
  StatusOr<std::vector<float>> FloatList(std::string_view name) const;
  StatusOr<std::vector<std::string>> StringList(std::string_view name) const;
  StatusOr<std::vector<DataType>> TypeList(std::string_view name) const;
  StatusOr<std::vector<graph::PartialShape>> ShapeList(
      std::string_view name) const;
  // Null if there is none.
  StatusOr<const proto::NameAttrList*> Function(std::string_view name) const;
  StatusOr<std::vector<const proto::NameAttrList*>> FunctionList(
      std::string_view name) const;

  const proto::NodeDef& node() const { return *node_; }

 private:
  const proto::AttrValue* Find(std::string_view name) const;

  const proto::NodeDef* node_;
  const TypeDefaults* defaults_;
  std::shared_ptr<MemoryBudget> budget_;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_ATTRIBUTES_H_
