// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/graph_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/graph/op_definitions.h"
#include "cairn/graph/tensor_proto.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const proto::NodeDef& OnlyNode(const MetaGraph& meta) {
  return meta.def().graph_def().node(0);
}

TEST(UniqueName, AppendsCountersAsTensorFlow) {
  GraphBuilder graph;
  EXPECT_EQ(graph.UniqueName("save/Identity"), "save/Identity");
  EXPECT_EQ(graph.UniqueName("save/Identity"), "save/Identity_1");
  EXPECT_EQ(graph.UniqueName("save/Identity"), "save/Identity_2");
}

TEST(UniqueName, IgnoresCaseButKeepsIt) {
  GraphBuilder graph;
  EXPECT_EQ(graph.UniqueName("b"), "b");
  EXPECT_EQ(graph.UniqueName("B"), "B_1");
  EXPECT_EQ(graph.UniqueName("b"), "b_2");
}

TEST(UniqueName, SkipsNamesTakenByOthers) {
  GraphBuilder graph;
  EXPECT_EQ(graph.UniqueName("a_1"), "a_1");
  EXPECT_EQ(graph.UniqueName("a"), "a");
  EXPECT_EQ(graph.UniqueName("a"), "a_2");
  EXPECT_EQ(graph.UniqueName("a_1"), "a_1_1");
}

TEST(GraphBuilder, RejectsNamesTensorFlowDoesNotAllow) {
  for (const char* name : {"", "_a", "a b", "a:0", "^a", "\xc3\xa4", "/a"}) {
    GraphBuilder graph;
    graph.NewNode("NoOp", name).Add();
    auto meta = graph.Finish();
    ASSERT_FALSE(meta.ok()) << name;
    EXPECT_EQ(meta.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(meta.status()), HasSubstr("is not a name"));
  }
}

TEST(GraphBuilder, RejectsOpsWithoutDefinition) {
  GraphBuilder graph;
  graph.NewNode("Frobnicate", "f").Add();
  auto meta = graph.Finish();
  EXPECT_THAT(Message(meta.status()), HasSubstr("'Frobnicate'"));
}

TEST(GraphBuilder, RejectsControlInputFromNowhere) {
  GraphBuilder graph;
  graph.NewNode("NoOp", "a").ControlInputs({"b"}).Add();
  EXPECT_THAT(Message(graph.Finish().status()),
              HasSubstr("'b', which is not in the graph"));
}

TEST(GraphBuilder, IsEmptyAfterFinish) {
  GraphBuilder graph;
  graph.NewNode("Frobnicate", "f").Add();
  EXPECT_FALSE(graph.Finish().ok());
  graph.NewNode("NoOp", "f").Add();
  auto meta = graph.Finish();
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(OnlyNode(*meta).name(), "f");
}

TEST(GraphBuilder, SortsControlInputsAndMarksTheirNodes) {
  GraphBuilder graph;
  graph.NewNode("NoOp", "a_2").Add();
  graph.NewNode("NoOp", "a_10").Add();
  graph.NewNode("NoOp", "all").ControlInputs({"a_2", "a_10"}).Add();
  auto meta = graph.Finish();
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_THAT(meta->FindNode("all")->inputs, ElementsAre("^a_10", "^a_2"));
  EXPECT_TRUE(meta->FindNode("all")->attrs.empty());
  const auto attrs = meta->FindNode("a_2")->attrs;
  ASSERT_EQ(attrs.size(), 1u);
  EXPECT_EQ(attrs[0].name, "_has_manual_control_dependencies");
  EXPECT_EQ(attrs[0].value, "true");
}

TEST(GraphBuilder, NumbersOutputsAfterTheFirst) {
  GraphBuilder graph;
  const auto outputs = graph.NewNode("StatelessRandomGetKeyCounter", "k")
                           .Out(DataType::kUint64, {{1}, false})
                           .Out(DataType::kUint64, {{2}, false})
                           .AddAll();
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[0].ref, "k");
  EXPECT_EQ(outputs[0].TensorName(), "k:0");
  EXPECT_EQ(outputs[1].ref, "k:1");
  EXPECT_EQ(outputs[1].TensorName(), "k:1");
}

// The typed field, or the raw bytes, of a constant of one element.
struct Spelling {
  DataType dtype;
  std::string bytes;  // of the element
  std::string_view field;
};

TEST(EncodeTensor, PutsOneElementIntoTheTypesField) {
  const std::string one16("\x01\x00", 2), one32("\x01\x00\x00\x00", 4);
  const std::string one64("\x01\x00\x00\x00\x00\x00\x00\x00", 8);
  const Spelling kSpellings[] = {
      {DataType::kFloat, one32, "float_val"},
      {DataType::kDouble, one64, "double_val"},
      {DataType::kInt32, one32, "int_val"},
      {DataType::kUint8, "\x01", "int_val"},
      {DataType::kInt16, one16, "int_val"},
      {DataType::kInt8, "\x01", "int_val"},
      {DataType::kComplex64, one64, "scomplex_val"},
      {DataType::kInt64, one64, "int64_val"},
      {DataType::kBool, "\x01", "bool_val"},
      {DataType::kQint8, "\x01", "int_val"},
      {DataType::kQuint8, "\x01", "int_val"},
      {DataType::kQint32, one32, "int_val"},
      {DataType::kBfloat16, one16, "half_val"},
      {DataType::kQint16, one16, "int_val"},
      {DataType::kQuint16, one16, "int_val"},
      {DataType::kUint16, one16, "int_val"},
      {DataType::kComplex128, one64 + one64, "dcomplex_val"},
      {DataType::kHalf, one16, "half_val"},
      {DataType::kUint32, one32, "uint32_val"},
      {DataType::kUint64, one64, "uint64_val"},
      {DataType::kFloat8E5m2, "\x01", "float8_val"},
      {DataType::kFloat8E4m3fn, "\x01", "float8_val"},
      {DataType::kInt4, "\x01", "tensor_content"},
  };
  for (const Spelling& spelling : kSpellings) {
    SCOPED_TRACE(DataTypeName(spelling.dtype));
    auto view = TensorView::Create(spelling.dtype, {}, spelling.bytes);
    ASSERT_TRUE(view.ok()) << view.status();
    proto::TensorProto tensor;
    ASSERT_TRUE(EncodeTensor(*view, {}, &tensor).ok());
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    tensor.GetReflection()->ListFields(tensor, &fields);
    ASSERT_EQ(fields.size(), 3u);  // dtype, tensor_shape and this:
    EXPECT_EQ(fields[2]->name(), spelling.field);
  }
}

TEST(EncodeTensor, KeepsNegativeSmallIntegers) {
  const int8_t value = -7;
  proto::TensorProto tensor;
  ASSERT_TRUE(
      EncodeTensor(TensorView::Of<int8_t>({}, &value), {}, &tensor).ok());
  EXPECT_EQ(tensor.int_val(0), -7);
}

TEST(EncodeTensor, PutsSeveralElementsIntoRawBytes) {
  const int32_t values[] = {-1, 400};
  proto::TensorProto tensor;
  ASSERT_TRUE(
      EncodeTensor(TensorView::Of<int32_t>({2}, values), {2}, &tensor).ok());
  EXPECT_EQ(tensor.tensor_content(),
            std::string("\xff\xff\xff\xff\x90\x01\x00\x00", 8));
  EXPECT_EQ(tensor.int_val_size(), 0);
}

TEST(EncodeTensor, RepeatsOneElementOverAShape) {
  proto::TensorProto tensor;
  ASSERT_TRUE(EncodeTensor(Tensor::Scalar(1.0f), {16}, &tensor).ok());
  EXPECT_EQ(tensor.float_val_size(), 1);
  EXPECT_EQ(tensor.tensor_shape().dim(0).size(), 16);
  const float two[] = {1, 2};
  EXPECT_EQ(EncodeTensor(TensorView::Of<float>({2}, two), {16}, &tensor).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(EncodeTensor, WritesNoValueForNoElements) {
  proto::TensorProto tensor;
  auto empty = Tensor::Create(DataType::kFloat, {0, 3});
  ASSERT_TRUE(empty.ok());
  ASSERT_TRUE(EncodeTensor(*empty, {0, 3}, &tensor).ok());
  EXPECT_EQ(tensor.tensor_content(), "");
  EXPECT_EQ(tensor.tensor_shape().dim_size(), 2);
}

TEST(EncodeTensor, RejectsVariants) {
  auto variant = Tensor::OfStrings({}, {"x"}, DataType::kVariant);
  ASSERT_TRUE(variant.ok());
  proto::TensorProto tensor;
  EXPECT_EQ(EncodeTensor(*variant, {}, &tensor).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(OpDefinitions, AreSortedAndComplete) {
  const auto ops = KnownOps();
  EXPECT_TRUE(std::is_sorted(ops.begin(), ops.end()));
  for (const std::string& op : ops) {
    proto::OpDef def;
    ASSERT_TRUE(DefineOp(op, &def).ok());
    EXPECT_EQ(def.name(), op);
    for (const auto& attr : def.attr()) EXPECT_FALSE(attr.type().empty());
  }
}

}  // namespace
}  // namespace cairn::graph
