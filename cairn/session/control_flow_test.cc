// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Branches and loops, by dead values and by functions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/strings.h"
#include "cairn/session/kernel.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/test_graphs.h"

namespace cairn::session {
namespace {

using testing::AllOf;
using testing::HasSubstr;

float Fetch(Session& session, const std::string& name,
            const std::vector<Feed>& feeds = {}) {
  const auto result = session.Run(feeds, {name});
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? (*result)[0].data<float>()[0] : -1;
}

std::string Error(Session& session, const std::string& name) {
  return Message(session.Run({}, {name}).status());
}

// Less for float scalars, so that the tests need no arithmetic of others.
KernelTable Table() {
  KernelTable table = StandardKernels();
  table.Add({.op = "TestLess",
             .signature = "x:float32 y:float32 -> z:bool",
             .make = [](const Attributes&) -> StatusOr<Kernel> {
               return [](KernelContext& c) {
                 return c.SetOutput(
                     0, Tensor::Scalar(c.input(0).data<float>()[0] <
                                       c.input(1).data<float>()[0]));
               };
             }});
  return table;
}

TEST(ControlFlow, MergePassesOnTheBranchThatWasTaken) {
  TestGraph graph;
  graph.Constant("x", 1);
  graph.Node("p", "Placeholder", {}).Type("dtype", 10);
  graph.Node("s", "Switch", {"x", "p"}).Type("T", 1);
  graph.Node("no", "Identity", {"s:0"}).Type("T", 1);
  graph.Node("yes", "AddV2", {"s:1", "s:1"}).Type("T", 1);
  graph.Node("m", "Merge", {"no", "yes"}).Type("T", 1).Int("N", 2);
  graph.Variable("v", {});
  graph.Node("set", "AssignVariableOp", {"v", "x", "^yes"}).Type("dtype", 1);
  graph.Node("trigger", "ControlTrigger", {"^yes"});
  graph.Node("after", "Identity", {"x", "^trigger"}).Type("T", 1);
  auto session = graph.Start();
  const bool yes = true, no = false;
  const std::vector<Feed> take = {{"p", TensorView::Of<bool>({}, &yes)}};
  const std::vector<Feed> leave = {{"p", TensorView::Of<bool>({}, &no)}};
  EXPECT_EQ(Fetch(*session, "m", take), 2);
  EXPECT_EQ(Fetch(*session, "m", leave), 1);
  EXPECT_EQ(session->Run(leave, {"m:1"})->at(0).data<int32_t>()[0], 0);
  EXPECT_EQ(session->Run(take, {"m:1"})->at(0).data<int32_t>()[0], 1);
  EXPECT_THAT(Message(session->Run(leave, {"yes"}).status()),
              HasSubstr("does not have a value"));
  // A dead control input keeps a node from running, but a trigger.
  EXPECT_TRUE(session->Run(leave, {}, {"set"}).ok());
  EXPECT_FALSE(session->GetVariable("v").ok());
  EXPECT_TRUE(session->Run(take, {}, {"set"}).ok());
  EXPECT_TRUE(session->GetVariable("v").ok());
  EXPECT_EQ(Fetch(*session, "after", leave), 1);
}

// i = 0; while i < limit: i += step, as tf.while_loop of TensorFlow 1 spells
// it; `prefix` names the loop's nodes, `start` where i comes from.
void Loop(TestGraph& graph, const std::string& p, const std::string& start,
          const std::string& limit) {
  const auto name = [&](const char* n) { return p + n; };
  graph.Node(name("enter"), "Enter", {start})
      .Type("T", 1)
      .Text("frame_name", p + "frame");
  graph.Node(name("limit"), "Enter", {limit})
      .Type("T", 1)
      .Text("frame_name", p + "frame")
      .Bool("is_constant", true);
  graph.Node(name("step"), "Enter", {"one"})
      .Type("T", 1)
      .Text("frame_name", p + "frame")
      .Bool("is_constant", true);
  graph.Node(name("merge"), "Merge", {name("enter"), name("next")})
      .Type("T", 1)
      .Int("N", 2);
  graph.Node(name("less"), "TestLess", {name("merge"), name("limit")});
  graph.Node(name("cond"), "LoopCond", {name("less")});
  graph.Node(name("switch"), "Switch", {name("merge"), name("cond")})
      .Type("T", 1);
  graph.Node(name("exit"), "Exit", {name("switch") + ":0"}).Type("T", 1);
  graph.Node(name("body"), "AddV2", {name("switch") + ":1", name("step")})
      .Type("T", 1);
  graph.Node(name("next"), "NextIteration", {name("body")}).Type("T", 1);
}

TEST(ControlFlow, LoopsOfTensorFlow1Iterate) {
  TestGraph graph;
  graph.Constant("one", 1);
  graph.Constant("zero", 0);
  graph.Constant("five", 5);
  Loop(graph, "a/", "zero", "five");
  Loop(graph, "b/", "a/exit", "five");  // not once
  const KernelTable table = Table();
  auto session = graph.Start({.kernels = &table});
  EXPECT_EQ(Fetch(*session, "a/exit"), 5);
  EXPECT_EQ(Fetch(*session, "a/exit"), 5);
  EXPECT_EQ(Fetch(*session, "b/exit"), 5);
  EXPECT_THAT(Error(*session, "a/body"), HasSubstr("inside a loop"));
  const float ten = 10;
  EXPECT_EQ(
      Fetch(*session, "a/exit", {{"five", TensorView::Of<float>({}, &ten)}}),
      10);
}

TEST(ControlFlow, ALoopInABranchThatIsNotTakenIsDead) {
  TestGraph graph;
  graph.Constant("one", 1);
  graph.Constant("five", 5);
  graph.Node("p", "Placeholder", {}).Type("dtype", 10);
  graph.Node("s", "Switch", {"one", "p"}).Type("T", 1);
  Loop(graph, "a/", "s:1", "five");
  graph.Node("m", "Merge", {"s:0", "a/exit"}).Type("T", 1).Int("N", 2);
  const KernelTable table = Table();
  auto session = graph.Start({.kernels = &table});
  const bool yes = true, no = false;
  EXPECT_EQ(Fetch(*session, "m", {{"p", TensorView::Of<bool>({}, &no)}}), 1);
  EXPECT_EQ(Fetch(*session, "m", {{"p", TensorView::Of<bool>({}, &yes)}}), 5);
}

TEST(ControlFlow, LoopsThatDoNotEndAreEndedByTheLimit) {
  TestGraph graph;
  graph.Constant("one", 1);
  graph.Constant("limit", std::numeric_limits<float>::infinity());
  Loop(graph, "a/", "one", "limit");
  const KernelTable table = Table();
  auto session = graph.Start({.max_steps = 1000, .kernels = &table});
  EXPECT_THAT(Error(*session, "a/exit"), HasSubstr("more steps than allowed"));
}

TEST(ControlFlow, RefusesInputsFromDifferentFrames) {
  TestGraph graph;
  graph.Constant("one", 1);
  graph.Node("enter", "Enter", {"one"}).Type("T", 1).Text("frame_name", "f");
  graph.Node("mixed", "AddV2", {"enter", "one"}).Type("T", 1);
  graph.Node("out", "Exit", {"mixed"}).Type("T", 1);
  auto session = graph.Start();
  EXPECT_THAT(Error(*session, "out"),
              HasSubstr("'mixed' has inputs from different frames"));
}

// f(x) = x + x
void Double(TestGraph& graph, const std::string& name) {
  proto::FunctionDef* function = graph.Function(name, {"x"});
  TestGraph::NodeOf(function, "sum", "AddV2", {"x", "x"}).Type("T", 1);
  TestGraph::Result(function, "sum:z:0");
}

TEST(Functions, AreCalledByCallsIfCaseAndWhile) {
  TestGraph graph;
  Double(graph, "double");
  proto::FunctionDef* same = graph.Function("same", {"x"});
  TestGraph::Result(same, "x");
  proto::FunctionDef* below = graph.Function("below", {"x"});
  auto& ten = *TestGraph::NodeOf(below, "ten", "Const", {})
                   .Type("dtype", 1)
                   .attr("value")
                   .mutable_tensor();
  ten.set_dtype(proto::DT_FLOAT);
  ten.mutable_tensor_shape();
  ten.add_float_val(10);
  TestGraph::NodeOf(below, "less", "TestLess", {"x", "ten:output:0"});
  TestGraph::Result(below, "less:z:0", 10);
  graph.Constant("one", 1);
  graph.Constant("zero", 0);
  for (const char* op : {"PartitionedCall", "StatefulPartitionedCall"}) {
    graph.Node(op, op, {"one"})
        .Types("Tin", {1})
        .Types("Tout", {1})
        .Function("f", "double");
  }
  for (const char* op : {"If", "StatelessIf"}) {
    for (const char* condition : {"one", "zero"}) {
      graph.Node(StrCat(op, condition), op, {condition, "one"})
          .Type("Tcond", 1)
          .Types("Tin", {1})
          .Types("Tout", {1})
          .Function("then_branch", "double")
          .Function("else_branch", "same");
    }
  }
  for (const char* op : {"While", "StatelessWhile"}) {
    graph.Node(op, op, {"one"})
        .Types("T", {1})
        .Function("cond", "below")
        .Function("body", "double");
  }
  const KernelTable table = Table();
  auto session = graph.Start({.kernels = &table});
  EXPECT_EQ(Fetch(*session, "PartitionedCall"), 2);
  EXPECT_EQ(Fetch(*session, "StatefulPartitionedCall"), 2);
  EXPECT_EQ(Fetch(*session, "Ifone"), 2);
  EXPECT_EQ(Fetch(*session, "Ifzero"), 1);
  EXPECT_EQ(Fetch(*session, "StatelessIfone"), 2);
  EXPECT_EQ(Fetch(*session, "StatelessIfzero"), 1);
  EXPECT_EQ(Fetch(*session, "While"), 16);
  EXPECT_EQ(Fetch(*session, "StatelessWhile"), 16);
}

TEST(Functions, TakeAttributesFromTheirCalls) {
  TestGraph graph;
  proto::FunctionDef* function = graph.Function("f", {});
  auto* arg = function->mutable_signature()->add_input_arg();
  arg->set_name("x");
  arg->set_type_attr("T");
  TestGraph::NodeOf(function, "sum", "AddV2", {"x", "x"})
      .attr("T")
      .set_placeholder("T");
  TestGraph::Result(function, "sum:z:0");
  graph.Constant("one", 1);
  (*graph.Node("good", "PartitionedCall", {"one"})
        .Types("Tin", {1})
        .Types("Tout", {1})
        .Function("f", "f")
        .attr("f")
        .mutable_func()
        ->mutable_attr())["T"]
      .set_type(proto::DT_FLOAT);
  graph.Node("bad", "PartitionedCall", {"one"})
      .Types("Tin", {1})
      .Types("Tout", {1})
      .Function("f", "f");
  auto session = graph.Start();
  EXPECT_EQ(Fetch(*session, "good"), 2);
  EXPECT_THAT(Error(*session, "bad"),
              HasSubstr("the call does not give attr 'T'"));
}

TEST(Functions, ThatCallThemselvesAreAnErrorAndNoOverflow) {
  TestGraph graph;
  proto::FunctionDef* function = graph.Function("f", {"x"});
  TestGraph::NodeOf(function, "again", "PartitionedCall", {"x"})
      .Types("Tin", {1})
      .Types("Tout", {1})
      .Function("f", "f");
  TestGraph::Result(function, "again:output:0");
  graph.Constant("one", 1);
  graph.Node("call", "PartitionedCall", {"one"})
      .Types("Tin", {1})
      .Types("Tout", {1})
      .Function("f", "f");
  auto session = graph.Start();
  EXPECT_THAT(Error(*session, "call"), HasSubstr("more than 64 deep"));
}

TEST(Functions, NameWhatIsMissingOrUnsupportedWithin) {
  TestGraph graph;
  Double(graph, "double");
  proto::FunctionDef* odd = graph.Function("odd", {"x"});
  TestGraph::NodeOf(odd, "strange", "Frobnicate", {"x"});
  TestGraph::NodeOf(odd, "unused", "Twiddle", {"x"});
  TestGraph::Result(odd, "strange:y:0");
  graph.Constant("one", 1);
  graph.Constant("two", 1);
  const auto call = [&](const char* name, const char* function) {
    graph.Node(name, "PartitionedCall", {"one"})
        .Types("Tin", {1})
        .Types("Tout", {1})
        .Function("f", function);
  };
  call("typo", "dubble");
  call("odd_call", "odd");
  graph.Node("two_inputs", "PartitionedCall", {"one", "two"})
      .Types("Tin", {1, 1})
      .Types("Tout", {1})
      .Function("f", "double");
  graph.Node("two_results", "PartitionedCall", {"one"})
      .Types("Tin", {1})
      .Types("Tout", {1, 1})
      .Function("f", "double");
  auto session = graph.Start();
  EXPECT_THAT(
      Error(*session, "typo"),
      AllOf(HasSubstr("function dubble"), HasSubstr("did you mean double?")));
  EXPECT_THAT(Error(*session, "odd_call"),
              AllOf(HasSubstr("strange (op Frobnicate, in function odd)"),
                    testing::Not(HasSubstr("Twiddle"))));
  EXPECT_THAT(Error(*session, "two_inputs"), HasSubstr("takes 1 arguments"));
  EXPECT_THAT(Error(*session, "two_results"),
              HasSubstr("returns 1 values, not 2"));
}

}  // namespace
}  // namespace cairn::session
