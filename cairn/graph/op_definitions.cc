// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The ops, as TensorFlow 2.15.1 has them. One row each:
//   arguments    "name:type ..." where type is a DataType's name or the name of
//                an attribute that says it ("dtypes": one each of a list)
//   attributes   "name:kind[=default][ in value ...][ >=minimum]"
//   flags
// An empty list as default is "=[]"; "=?" is the shape of unknown rank.
#include "cairn/graph/op_definitions.h"

#include <charconv>
#include <cstdint>
#include <span>

#include "cairn/base/strings.h"
#include "cairn/proto/op_def.pb.h"
#include "cairn/tensor/dtype.h"

namespace cairn::graph {
namespace {

enum Flags { kNone = 0, kStateful = 1, kCommutative = 2, kAggregate = 4 };

struct OpRow {
  std::string_view name;
  std::string_view inputs;
  std::string_view outputs;
  std::string_view attrs[7];  // the rest is empty
  int flags = kNone;
};

constexpr OpRow kOps[] = {
    {"AddV2",
     "x:T y:T",
     "z:T",
     {"T:type in bfloat16 float16 float32 float64 uint8 uint16 uint32 uint64 "
      "int8 int16 int32 int64 complex64 complex128"},
     kCommutative | kAggregate},
    {"AssignVariableOp",
     "resource:resource value:dtype",
     "",
     {"dtype:type", "validate_shape:bool=false"},
     kStateful},
    {"BiasAdd",
     "value:T bias:T",
     "output:T",
     {"T:type in float32 float64 int32 uint8 int16 int8 complex64 int64 qint8 "
      "quint8 qint32 bfloat16 qint16 quint16 uint16 complex128 float16 uint32 "
      "uint64",
      "data_format:string=NHWC in NHWC NCHW"}},
    {"Const", "", "output:dtype", {"value:tensor", "dtype:type"}},
    {"Conv2D",
     "input:T filter:T",
     "output:T",
     {"T:type in float16 bfloat16 float32 float64 int32", "strides:list(int)",
      "use_cudnn_on_gpu:bool=true", "padding:string in SAME VALID EXPLICIT",
      "explicit_paddings:list(int)=[]", "data_format:string=NHWC in NHWC NCHW",
      "dilations:list(int)=1,1,1,1"}},
    {"Fill",
     "dims:index_type value:T",
     "output:T",
     {"T:type", "index_type:type=int32 in int32 int64"}},
    {"FusedBatchNormV3",
     "x:T scale:U offset:U mean:U variance:U",
     "y:T batch_mean:U batch_variance:U reserve_space_1:U reserve_space_2:U "
     "reserve_space_3:U",
     {"T:type in float16 bfloat16 float32", "U:type in bfloat16 float32",
      "epsilon:float=1e-4", "exponential_avg_factor:float=1",
      "data_format:string=NHWC in NHWC NCHW NDHWC NCDHW",
      "is_training:bool=true"}},
    {"Identity", "input:T", "output:T", {"T:type"}},
    {"MatMul",
     "a:T b:T",
     "product:T",
     {"transpose_a:bool=false", "transpose_b:bool=false",
      "T:type in bfloat16 float16 float32 float64 int32 int64 uint8 uint16 "
      "uint32 uint64 complex64 complex128"}},
    {"MaxPool",
     "input:T",
     "output:T",
     {"T:type=float32 in float16 bfloat16 float32 float64 int32 int64 uint8 "
      "int16 int8 uint16 qint8",
      "ksize:list(int) >=4", "strides:list(int) >=4",
      "padding:string in SAME VALID EXPLICIT", "explicit_paddings:list(int)=[]",
      "data_format:string=NHWC in NHWC NCHW NCHW_VECT_C"}},
    {"Mul",
     "x:T y:T",
     "z:T",
     {"T:type in bfloat16 float16 float32 float64 uint8 int8 uint16 int16 "
      "int32 uint32 uint64 int64 complex64 complex128"},
     kCommutative},
    {"NoOp", "", "", {}},
    {"Placeholder", "", "output:dtype", {"dtype:type", "shape:shape=?"}},
    {"PlaceholderWithDefault",
     "input:dtype",
     "output:dtype",
     {"dtype:type", "shape:shape"}},
    {"ReadVariableOp",
     "resource:resource",
     "value:dtype",
     {"dtype:type"},
     kStateful},
    {"Relu",
     "features:T",
     "activations:T",
     {"T:type in float32 float64 int32 uint8 int16 int8 int64 bfloat16 uint16 "
      "float16 uint32 uint64 qint8"}},
    {"Reshape",
     "tensor:T shape:Tshape",
     "output:T",
     {"T:type", "Tshape:type=int32 in int32 int64"}},
    {"RestoreV2",
     "prefix:string tensor_names:string shape_and_slices:string",
     "tensors:dtypes",
     {"dtypes:list(type) >=1"},
     kStateful},
    {"Rsqrt",
     "x:T",
     "y:T",
     {"T:type in bfloat16 float16 float32 float64 complex64 complex128"}},
    {"SaveV2",
     "prefix:string tensor_names:string shape_and_slices:string tensors:dtypes",
     "",
     {"dtypes:list(type) >=1"},
     kStateful},
    {"Softmax",
     "logits:T",
     "softmax:T",
     {"T:type in float16 bfloat16 float32 float64"}},
    {"StatelessRandomGetKeyCounter",
     "seed:Tseed",
     "key:uint64 counter:uint64",
     {"Tseed:type=int64 in int32 int64"}},
    {"StatelessRandomUniformV2",
     "shape:Tshape key:uint64 counter:uint64 alg:int32",
     "output:dtype",
     {"dtype:type=float32 in float16 bfloat16 float32 float64",
      "Tshape:type=int32 in int32 int64"}},
    {"Sub",
     "x:T y:T",
     "z:T",
     {"T:type in bfloat16 float16 float32 float64 uint8 int8 uint16 int16 "
      "int32 int64 complex64 complex128 uint32 uint64"}},
    {"VarHandleOp",
     "",
     "resource:resource",
     {"container:string=", "shared_name:string=", "debug_name:string=",
      "dtype:type", "shape:shape", "allowed_devices:list(string)=[]"},
     kStateful},
    {"VarIsInitializedOp",
     "resource:resource",
     "is_initialized:bool",
     {},
     kStateful},
};

// The part of `text` before `separator`, which is removed too; all of it, if
// there is none.
std::string_view TakeUntil(std::string_view& text, std::string_view separator) {
  const size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size()
                                                  : at + separator.size());
  return part;
}

proto::DataType TypeNumber(std::string_view name) {
  return static_cast<proto::DataType>(*DataTypeFromName(name));
}

template <typename T>
T Number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void SetValue(std::string_view kind, std::string_view text,
              proto::AttrValue* out) {
  if (kind == "type") out->set_type(TypeNumber(text));
  if (kind == "bool") out->set_b(text == "true");
  if (kind == "float") out->set_f(Number<float>(text));
  if (kind == "string") out->set_s(std::string(text));
  if (kind == "shape") out->mutable_shape()->set_unknown_rank(true);
  if (!kind.starts_with("list(")) return;
  auto* list = out->mutable_list();
  if (text == "[]") return;
  for (std::string_view item : Split(text, ',')) {
    list->add_i(Number<int64_t>(item));
  }
}

void SetAllowed(std::string_view kind, std::string_view values,
                proto::AttrValue* out) {
  for (std::string_view value : Split(values, ' ')) {
    if (kind == "type") {
      out->mutable_list()->add_type(TypeNumber(value));
    } else {
      out->mutable_list()->add_s(std::string(value));
    }
  }
}

void AddAttr(std::string_view row, proto::OpDef* op) {
  auto* attr = op->add_attr();
  std::string_view allowed = row, minimum;
  row = TakeUntil(allowed, " in ");
  minimum = row;
  row = TakeUntil(minimum, " >=");
  attr->set_name(std::string(TakeUntil(row, ":")));
  const bool has_default = row.find('=') != std::string_view::npos;
  const std::string_view kind = TakeUntil(row, "=");
  attr->set_type(std::string(kind));
  if (has_default) SetValue(kind, row, attr->mutable_default_value());
  if (!allowed.empty()) {
    SetAllowed(kind, allowed, attr->mutable_allowed_values());
  }
  if (!minimum.empty()) {
    attr->set_has_minimum(true);
    attr->set_minimum(Number<int64_t>(minimum));
  }
}

void SetArg(std::string_view text, const proto::OpDef& op,
            proto::OpDef::ArgDef* arg) {
  arg->set_name(std::string(TakeUntil(text, ":")));
  for (const auto& attr : op.attr()) {
    if (attr.name() != text) continue;
    if (attr.type() == "list(type)") {
      arg->set_type_list_attr(attr.name());
    } else {
      arg->set_type_attr(attr.name());
    }
    return;
  }
  arg->set_type(TypeNumber(text));
}

void FillOp(const OpRow& row, proto::OpDef* op) {
  op->set_name(std::string(row.name));
  for (std::string_view attr : row.attrs) {
    if (!attr.empty()) AddAttr(attr, op);
  }
  if (!row.inputs.empty()) {
    for (std::string_view arg : Split(row.inputs, ' ')) {
      SetArg(arg, *op, op->add_input_arg());
    }
  }
  if (!row.outputs.empty()) {
    for (std::string_view arg : Split(row.outputs, ' ')) {
      SetArg(arg, *op, op->add_output_arg());
    }
  }
  op->set_is_stateful((row.flags & kStateful) != 0);
  op->set_is_commutative((row.flags & kCommutative) != 0);
  op->set_is_aggregate((row.flags & kAggregate) != 0);
}

}  // namespace

Status DefineOp(std::string_view name, proto::OpDef* op) {
  for (const OpRow& row : kOps) {
    if (row.name != name) continue;
    FillOp(row, op);
    return OkStatus();
  }
  return NotFoundError(
      StrCat("op '", Escape(name), "' has no definition in this build"));
}

std::vector<std::string> KnownOps() {
  std::vector<std::string> names;
  for (const OpRow& row : kOps) names.emplace_back(row.name);
  return names;
}

}  // namespace cairn::graph
