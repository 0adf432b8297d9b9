// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For the tests of this room: the model of the post that Cairn began with.
#ifndef CAIRN_OBJECT_TEST_LENET_H_
#define CAIRN_OBJECT_TEST_LENET_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/object/test_support.h"

namespace cairn::object {

// Which TensorFlow's Keras.
enum class Era {
  k21,   // lists the input layer, has no node for its functions
  k215,  // with the legacy Adam
};

// LeNet-5 as Keras tracks it after fit.
class LeNet {
 public:
  explicit LeNet(Era era = Era::k215) {
    if (era == Era::k21) Plain();
    Layer("conv2d", {{"kernel", {3, 3, 1, 16}}, {"bias", {16}}});
    Normalization("batch_normalization", 16);
    Plain();
    Layer("conv2d_1", {{"kernel", {3, 3, 16, 16}}, {"bias", {16}}});
    Normalization("batch_normalization_1", 16);
    Plain();
    Plain();
    Layer("dense", {{"kernel", {400, 128}}, {"bias", {128}}});
    Layer("dense_1", {{"kernel", {128, 10}}, {"bias", {10}}});
    Link(net, "optimizer", &adam);
    if (era == Era::k215) {
      Link(net, "train_tf_function", &train_function);
      Link(net, "train_function", &train_function);
    }
    Link(adam, "iter", arena.AddZeros("Adam/iter", {}, DataType::kInt64));
    for (const char* name : {"beta_1", "beta_2", "decay", "learning_rate"}) {
      Link(adam, name, arena.AddZeros(StrCat("Adam/", name), {}));
    }
  }

  std::vector<TrackableEdge> Edges() {
    return {{"step", &step}, {"optimizer", &adam}, {"net", &net}};
  }
  void MakeSlots() {
    for (Variable* v : trained) {
      adam.Make(*v, "m");
      adam.Make(*v, "v");
    }
  }

  Arena arena;
  Group net, train_function;
  SlotGroup adam{std::vector<std::string>{"m", "v"}};
  Variable step{"Variable", Tensor::Scalar<int32_t>(0)};
  std::vector<Variable*> trained;

 private:
  struct Part {
    const char* name;
    Shape shape;
  };
  static void Link(Trackable& parent, const std::string& name,
                   Trackable* child) {
    EXPECT_TRUE(parent.Track(name, child).ok());
  }
  Group* Plain() {
    Group* const layer = arena.Make();
    Link(net, StrCat("layer-", layers_++), layer);
    return layer;
  }
  Group* Weighted() {
    Group* const layer = arena.Make();
    Link(net, StrCat("layer_with_weights-", weighted_++), layer);
    Link(net, StrCat("layer-", layers_++), layer);
    return layer;
  }
  Variable* Part(Group* layer, const std::string& owner, const char* name,
                 Shape shape) {
    Variable* const v =
        arena.AddZeros(StrCat(owner, "/", name), std::move(shape));
    Link(*layer, name, v);
    return v;
  }
  void Layer(const std::string& name, std::vector<struct Part> parts) {
    Group* const layer = Weighted();
    for (struct Part& part : parts) {
      trained.push_back(Part(layer, name, part.name, std::move(part.shape)));
    }
  }
  void Normalization(const std::string& name, int64_t size) {
    Group* const layer = Weighted();
    Link(*layer, "axis", arena.Make());
    trained.push_back(Part(layer, name, "gamma", {size}));
    trained.push_back(Part(layer, name, "beta", {size}));
    Part(layer, name, "moving_mean", {size});
    Part(layer, name, "moving_variance", {size});
  }

  int layers_ = 0;
  int weighted_ = 0;
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_TEST_LENET_H_
