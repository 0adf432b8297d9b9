// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Signature: the arguments of an op and their types, as one line of text, and
// what they become for one node.
//
//   "x:T y:T -> z:T"                          AddV2
//   "values:N*T axis:Tidx=int32 -> output:T"  ConcatV2
//   "args:[Tin] -> output:[Tout]"             PartitionedCall
//   "ref:&T value:T -> output_ref:&T"         Assign
//   "-> resource:resource"                    VarHandleOp
//
// A type is a DataType's name; or the name of an attribute that says it, with
// its default after "=" (graphs leave out attributes that have their default);
// or "N*" and a type, N an int attribute; or "[A]", A an attribute with a list
// of types. "&" marks a reference to a variable.
//
// Immutable.
#ifndef CAIRN_SESSION_SIGNATURE_H_
#define CAIRN_SESSION_SIGNATURE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/session/attributes.h"
#include "cairn/tensor/dtype.h"

namespace cairn::session {

struct EdgeType {
  DataType dtype = DataType::kInvalid;
  bool is_ref = false;
  friend bool operator==(const EdgeType&, const EdgeType&) = default;
  std::string ToString() const;  // "float32", "float32_ref"
};

// The arguments of one node. An argument of several tensors has its range.
struct NodeTypes {
  struct Range {
    std::string name;
    int begin = 0, end = 0;  // among the inputs or outputs
  };
  std::vector<EdgeType> inputs;
  std::vector<EdgeType> outputs;
  std::vector<Range> input_args;
  std::vector<Range> output_args;
};

class Signature {
 public:
  // More arguments of one node are refused.
  static constexpr int64_t kMaxArguments = int64_t{1} << 20;

  // InvalidArgument for text that is no signature.
  static StatusOr<Signature> Parse(std::string_view text);

  // The types that a node with these attributes has. InvalidArgument when an
  // attribute is missing or of another kind.
  StatusOr<NodeTypes> Resolve(const Attributes& attributes) const;
  // Attribute name -> type, for those with "=".
  const std::map<std::string, DataType, std::less<>>& type_defaults() const {
    return type_defaults_;
  }

 private:
  struct Argument {
    std::string name;
    DataType dtype = DataType::kInvalid;  // or in type_attr
    std::string type_attr;
    std::string number_attr;
    bool is_list = false;
    bool is_ref = false;
  };
  static StatusOr<Argument> ParseArgument(
      std::string_view word,
      std::map<std::string, DataType, std::less<>>* defaults);
  static Status ResolveArgument(const Argument& argument,
                                const Attributes& attributes,
                                std::vector<EdgeType>* types);

  std::vector<Argument> inputs_;
  std::vector<Argument> outputs_;
  std::map<std::string, DataType, std::less<>> type_defaults_;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_SIGNATURE_H_
