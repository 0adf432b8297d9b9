// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/session/test_graphs.h"

namespace cairn::session {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

float Scalar(const StatusOr<std::vector<Tensor>>& result, size_t i = 0) {
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? (*result)[i].data<float>()[0] : -1;
}

std::string Text(const StatusOr<std::vector<Tensor>>& result) {
  return Message(result.status());
}

TEST(Session, ComputesWhatIsFetchedFromWhatIsFed) {
  TestGraph graph;
  graph.Node("x", "Placeholder", {}).Type("dtype", 1);
  graph.Constant("two", 2);
  graph.Node("y", "AddV2", {"x", "two"}).Type("T", 1);
  graph.Node("z", "AddV2", {"y", "y:0"}).Type("T", 1);
  auto session = graph.Start();
  const float one = 1;
  const std::vector<Feed> feeds = {{"x:0", TensorView::Of<float>({}, &one)}};
  const auto out = session->Run(feeds, {"z:0", "y", "x"});
  EXPECT_EQ(Scalar(out, 0), 6);
  EXPECT_EQ(Scalar(out, 1), 3);
  EXPECT_EQ(Scalar(out, 2), 1);
  // Any tensor can be fed; what it was made of is not needed then.
  const float ten = 10;
  EXPECT_EQ(
      Scalar(session->Run({{"y", TensorView::Of<float>({}, &ten)}}, {"z"})),
      20);
  EXPECT_THAT(Text(session->Run({}, {"z"})),
              AllOf(HasSubstr("You must feed a value for placeholder tensor "
                              "'x' with dtype float32"),
                    HasSubstr("[[{{node x}} = Placeholder]]")));
}

TEST(Session, RefusesFeedsOfAnotherTypeOrShapeAndNamesNearOnes) {
  TestGraph graph;
  graph.Node("images", "Placeholder", {}).Type("dtype", 1).ShapeOf({-1, 2});
  auto session = graph.Start();
  const std::vector<float> data(6);
  const std::vector<double> doubles(6);
  EXPECT_TRUE(
      session
          ->Run({{"images", TensorView::Of<float>({3, 2}, data.data())}},
                {"images"})
          .ok());
  EXPECT_THAT(
      Text(session->Run({{"images", TensorView::Of({2, 3}, data.data())}},
                        {"images"})),
      HasSubstr("Cannot feed value of shape [2,3] for Tensor 'images', which "
                "has shape '[?,2]'"));
  EXPECT_THAT(
      Text(session->Run({{"images", TensorView::Of({3, 2}, doubles.data())}},
                        {"images"})),
      HasSubstr("float64"));
  EXPECT_THAT(Text(session->Run({}, {"image:0"})),
              HasSubstr("did you mean images?"));
  EXPECT_THAT(Text(session->Run({}, {}, {"imagse"})),
              HasSubstr("did you mean images?"));
  EXPECT_FALSE(session->Run({}, {"images:1"}).ok());
  EXPECT_FALSE(session->Run({}, {"images:x"}).ok());
  EXPECT_FALSE(session->Run({}, {"^images"}).ok());
}

TEST(Session, NamesAllUnsupportedNodesOfThePrunedPartBeforeItRuns) {
  TestGraph graph;
  graph.Variable("v", {});
  graph.Constant("one", 1);
  graph.Node("assign", "AssignVariableOp", {"v", "one"}).Type("dtype", 1);
  graph.Node("a", "Frobnicate", {"one", "^assign"});
  graph.Node("b", "Twiddle", {"one"});
  graph.Node("c", "NoOp", {"^a", "^b"});
  graph.Node("other", "Elsewhere", {});
  auto session = graph.Start();
  const auto result = session->Run({}, {}, {"c"});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(
      Text(result),
      AllOf(HasSubstr("2 nodes"), HasSubstr("a (op Frobnicate)"),
            HasSubstr("b (op Twiddle)"), testing::Not(HasSubstr("Elsewhere"))));
  EXPECT_EQ(session->GetVariable("v").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(*session->FindUnsupported({}, {}), SizeIs(3));
}

TEST(Session, RunsControlInputsFirstAndOtherwiseInTheOrderOfTheGraph) {
  TestGraph graph;
  graph.Variable("v", {});
  graph.Node("early", "ReadVariableOp", {"v"}).Type("dtype", 1);
  graph.Constant("one", 1);
  graph.Node("init", "AssignVariableOp", {"v", "one"}).Type("dtype", 1);
  graph.Node("add", "AssignAddVariableOp", {"v", "one"}).Type("dtype", 1);
  graph.Node("late", "ReadVariableOp", {"v", "^add"}).Type("dtype", 1);
  auto session = graph.Start();
  EXPECT_THAT(Text(session->Run({}, {"early"})),
              HasSubstr("Could not find variable v. This could mean that"));
  EXPECT_TRUE(session->Run({}, {}, {"init"}).ok());
  const auto both = session->Run({}, {"late", "early"});
  EXPECT_EQ(Scalar(both, 0), 2);
  EXPECT_EQ(Scalar(both, 1), 1);
  const float five = 5;
  EXPECT_TRUE(session->SetVariable("v", TensorView::Of<float>({}, &five)).ok());
  EXPECT_EQ(Scalar(session->Run({}, {"late"})), 6);
  EXPECT_EQ(session->GetVariable("v")->data<float>()[0], 6);
  const double wrong = 5;
  EXPECT_FALSE(
      session->SetVariable("v", TensorView::Of<double>({}, &wrong)).ok());
  EXPECT_EQ(session->GetVariable("w").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(Session, RunsReferenceVariables) {
  TestGraph graph;
  graph.Node("v", "VariableV2", {}).Type("dtype", 1).ShapeOf({});
  graph.Constant("one", 1);
  graph.Node("assign", "Assign", {"v", "one"}).Type("T", 1);
  graph.Node("add", "AssignAdd", {"v", "one"}).Type("T", 1);
  graph.Node("read", "Identity", {"v", "^add"}).Type("T", 1);
  graph.Node("bad", "Assign", {"one", "one"}).Type("T", 1);
  auto session = graph.Start();
  EXPECT_THAT(Text(session->Run({}, {"read"})),
              HasSubstr("Attempting to use uninitialized value v"));
  EXPECT_EQ(Scalar(session->Run({}, {"assign"})), 1);
  EXPECT_EQ(Scalar(session->Run({}, {"read"})), 2);
  EXPECT_EQ(Scalar(session->Run({}, {"v"})), 2);
  EXPECT_THAT(Text(session->Run({}, {"bad"})),
              HasSubstr("incompatible with expected float32_ref"));
}

TEST(Session, RunsAChainOf100000NodesAndAsManySideBySide) {
  TestGraph graph;
  graph.Constant("n0", 1);
  constexpr int kNodes = 100000;
  for (int i = 1; i < kNodes; ++i) {
    graph.Node(StrCat("n", i), "Identity", {StrCat("n", i - 1)}).Type("T", 1);
  }
  TestGraph::NodeRef all = graph.Node("all", "NoOp", {});
  for (int i = 1; i < kNodes; ++i) all.Input(StrCat("^n", i));
  auto session = graph.Start();
  EXPECT_EQ(Scalar(session->Run({}, {StrCat("n", kNodes - 1)}, {"all"})), 1);
}

TEST(Session, RefusesHostileGraphs) {
  {
    TestGraph graph;
    graph.Constant("a", 1);
    graph.Constant("a", 1);
    EXPECT_THAT(Message(graph.TryStart().status()),
                HasSubstr("Node 'a' is not unique"));
  }
  {
    TestGraph graph;
    graph.Node("a", "Identity", {"gone"}).Type("T", 1);
    EXPECT_THAT(Message(graph.TryStart().status()),
                HasSubstr("Node 'a': Unknown input node 'gone'"));
  }
  TestGraph graph;
  graph.Constant("one", 1);
  graph.Node("self", "Identity", {"self"}).Type("T", 1);
  graph.Node("p", "AddV2", {"q", "one"}).Type("T", 1);
  graph.Node("q", "Identity", {"p"}).Type("T", 1);
  graph.Node("few", "AddV2", {"one"}).Type("T", 1);
  graph.Node("many", "Identity", {"one", "one"}).Type("T", 1);
  graph.Node("type", "Identity", {"one"}).Type("T", 3);
  graph.Node("none", "Identity", {"one"});
  graph.Node("output", "Identity", {"one:1"}).Type("T", 1);
  graph.Node("exit", "Exit", {"one"}).Type("T", 1);
  graph.Node("next", "NextIteration", {"one"}).Type("T", 1);
  auto session = graph.Start();
  const auto text = [&](const char* name) {
    const auto result = session->Run({}, {name});
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    return Text(result);
  };
  EXPECT_THAT(text("self"), HasSubstr("cycle"));
  EXPECT_THAT(text("q"), AllOf(HasSubstr("cycle"), HasSubstr("p -> q")));
  EXPECT_THAT(text("few"), HasSubstr("has 1 inputs, not the 2"));
  EXPECT_THAT(text("many"), HasSubstr("has 2 inputs, not the 1"));
  EXPECT_THAT(text("type"), HasSubstr("was passed float32 from one:0 "
                                      "incompatible with expected int32"));
  EXPECT_THAT(text("none"), HasSubstr("NodeDef missing attr 'T'"));
  EXPECT_THAT(text("output"), HasSubstr("which has 1 outputs"));
  EXPECT_THAT(text("exit"), HasSubstr("is in no loop"));
  EXPECT_THAT(text("next"), HasSubstr("is in no loop"));
}

TEST(Session, BoundsMemoryAndSteps) {
  TestGraph graph;
  graph.Constant("a", 1);
  graph.Node("b", "AddV2", {"a", "a"}).Type("T", 1);
  SessionOptions options;
  options.max_bytes = 3;
  EXPECT_EQ(graph.Start(options)->Run({}, {"b"}).status().code(),
            absl::StatusCode::kResourceExhausted);
  options.max_bytes = 100;
  options.max_steps = 1;
  EXPECT_EQ(graph.Start(options)->Run({}, {"b"}).status().code(),
            absl::StatusCode::kResourceExhausted);
  options.max_steps = 2;
  EXPECT_TRUE(graph.Start(options)->Run({}, {"b"}).ok());
}

// One value may stand for any number of elements.
TEST(Session, CountsConstantsWhereverTheyAre) {
  constexpr int64_t kLimit = 1 << 20;
  TestGraph graph;
  for (const std::string name : {"a", "b"}) {
    graph.Constant(name, 1);
    auto& node = *graph.def().mutable_graph_def()->mutable_node()->rbegin();
    (*node.mutable_attr())["value"]
        .mutable_tensor()
        ->mutable_tensor_shape()
        ->add_dim()
        ->set_size(kLimit / 4 * 6 / 10);
  }
  SessionOptions options;
  options.max_bytes = kLimit;
  const auto session = graph.Start(options);
  EXPECT_TRUE(session->Run({}, {"a"}).ok());
  EXPECT_EQ(session->Run({}, {"b"}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace cairn::session
