// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/strings.h"
#include "cairn/proto/graph.pb.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/tensor_proto.h"

namespace cairn::session {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(KernelTable, StandardKernelsHaveNoMistakes) {
  EXPECT_THAT(StandardKernels().mistakes(), IsEmpty());
}

TEST(KernelTable, NotesSecondDefinitionsAndBadSignatures) {
  KernelTable table;
  table.Add({.op = "A", .signature = "x:T -> y:T", .make = {}});
  table.Add({.op = "A", .signature = "->", .make = {}});
  for (const char* bad : {"x:T", ":T ->", "x ->", "x:[T ->", "x: -> y:T",
                          "-> y:T=float99", "-> -> x:T"}) {
    table.Add({.op = StrCat("B", bad), .signature = bad, .make = {}});
  }
  EXPECT_THAT(table.mistakes(), SizeIs(8));
  EXPECT_THAT(table.ops(), ElementsAre("A"));
  EXPECT_EQ(table.Find("A")->def.signature, "x:T -> y:T");
}

TEST(Signature, ResolvesNumbersListsDefaultsAndReferences) {
  const auto signature = Signature::Parse(
      "ref:&T values:N*T axis:Tidx=int32 rest:[Tin] -> out:float32");
  ASSERT_TRUE(signature.ok());
  proto::NodeDef node;
  auto& attrs = *node.mutable_attr();
  attrs["T"].set_type(proto::DT_DOUBLE);
  attrs["N"].set_i(2);
  attrs["Tin"].mutable_list()->add_type(proto::DT_STRING);
  const Attributes attributes(node, &signature->type_defaults());
  const StatusOr<NodeTypes> types = signature->Resolve(attributes);
  ASSERT_TRUE(types.ok()) << types.status();
  std::string all;
  for (const EdgeType& type : types->inputs) all += type.ToString() + " ";
  EXPECT_EQ(all, "float64_ref float64 float64 int32 string ");
  EXPECT_EQ(types->input_args[1].begin, 1);
  EXPECT_EQ(types->input_args[1].end, 3);
  EXPECT_THAT(types->outputs, ElementsAre(EdgeType{DataType::kFloat, false}));

  attrs["N"].set_i(-1);
  EXPECT_THAT(Message(signature->Resolve(attributes).status()),
              HasSubstr("N is -1"));
  attrs.erase("N");
  EXPECT_THAT(Message(signature->Resolve(attributes).status()),
              HasSubstr("NodeDef missing attr 'N'"));
}

TEST(Attributes, NameTheKindsWhenTheyDiffer) {
  proto::NodeDef node;
  (*node.mutable_attr())["T"].set_i(3);
  (*node.mutable_attr())["l"].mutable_list()->add_f(1);
  (*node.mutable_attr())["d"].set_type(static_cast<proto::DataType>(999));
  const Attributes attributes(node);
  EXPECT_EQ(Message(attributes.Type("T").status()),
            "attr 'T' is an int, not a type");
  EXPECT_EQ(Message(attributes.Int("x").status()), "NodeDef missing attr 'x'");
  EXPECT_EQ(attributes.Int("x", 7).value(), 7);
  EXPECT_FALSE(attributes.IntList("l").ok());
  EXPECT_THAT(attributes.FloatList("l").value(), ElementsAre(1.0f));
  EXPECT_FALSE(attributes.Type("d").ok());
}

TEST(DecodeTensor, SpreadsTheLastValueAndBoundsTheSize) {
  proto::TensorProto message;
  message.set_dtype(proto::DT_INT16);
  message.mutable_tensor_shape()->add_dim()->set_size(4);
  message.add_int_val(-3);
  message.add_int_val(5);
  StatusOr<Tensor> tensor = DecodeTensor(message, 8);
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_THAT(tensor->data<int16_t>(), ElementsAre(-3, 5, 5, 5));
  EXPECT_EQ(DecodeTensor(message, 7).status().code(),
            absl::StatusCode::kResourceExhausted);
  message.mutable_tensor_shape()->mutable_dim(0)->set_size(1);
  EXPECT_FALSE(DecodeTensor(message, 8).ok());
  message.mutable_tensor_shape()->mutable_dim(0)->set_size(int64_t{1} << 62);
  EXPECT_FALSE(DecodeTensor(message, 8).ok());
}

TEST(Value, CountsInItsBudgetUntilTheLastUserIsGone) {
  const auto budget = std::make_shared<MemoryBudget>(100);
  Value a = Value::Of(*Tensor::Create(DataType::kFloat, {5}), budget);
  EXPECT_EQ(budget->live(), 20);
  Value b = a.WithShape({5, 1});
  EXPECT_FALSE(b.TakeIfUnique().has_value());
  a = Value();
  EXPECT_EQ(budget->live(), 20);
  EXPECT_FALSE(budget->Check(81).ok());
  EXPECT_TRUE(budget->Check(80).ok());
  std::optional<Tensor> taken = b.TakeIfUnique();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->shape(), Shape({5, 1}));
  EXPECT_EQ(budget->live(), 0);
}

TEST(Variable, IsCopiedBeforeItChangesUnderAReader) {
  ResourceManager resources;
  VariableRef variable(resources.Find("", "v"), nullptr);
  EXPECT_THAT(Message(variable.Read().status()),
              HasSubstr("Could not find variable v. This could mean that"));
  ASSERT_TRUE(variable.Assign(Value::Of(Tensor::Scalar(1.0f))).ok());
  const Value before = *variable.Read();
  (*variable.Mutable())->data<float>()[0] = 2;
  EXPECT_EQ(before.view().data<float>()[0], 1);
  EXPECT_EQ(variable.Read()->view().data<float>()[0], 2);
}

}  // namespace
}  // namespace cairn::session
