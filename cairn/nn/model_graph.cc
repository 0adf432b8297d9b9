// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/model_graph.h"

#include <unordered_set>

#include "cairn/base/strings.h"

namespace cairn::nn {
namespace {

bool HasValues(Trackable& object) {
  std::vector<Trackable*> left = {&object};
  std::unordered_set<const Trackable*> seen = {&object};
  while (!left.empty()) {
    Trackable* const at = left.back();
    left.pop_back();
    if (!at->Saveables().empty()) return true;
    for (const TrackableEdge& edge : at->Children()) {
      if (seen.insert(edge.child).second) left.push_back(edge.child);
    }
  }
  return false;
}

}  // namespace

Status ModelGraph::TrackPlain(Trackable& owner, const std::string& name) {
  if (owner.Child(name) != nullptr) return OkStatus();
  plain_.push_back(std::make_unique<Trackable>());
  return owner.Track(name, plain_.back().get());
}

// What Keras 3's models have before any layer.
Status ModelGraph::Begin() {
  if (begun_ || layout_ == ModelLayout::kKeras2) return OkStatus();
  Trackable* owner = &model_;
  if (kind_ == ModelKind::kSequential) {
    owner = &functional_;
    CAIRN_RETURN_IF_ERROR(model_.Track("_functional", owner));
  }
  for (const char* name :
       {"_tracked", "_inbound_nodes", "_outbound_nodes", "_losses",
        "_losses_override", "call_signature_parameters",
        "_call_has_context_arg"}) {
    CAIRN_RETURN_IF_ERROR(TrackPlain(*owner, name));
  }
  CAIRN_RETURN_IF_ERROR(owner->Track("_operations", &operations_));
  begun_ = true;
  return OkStatus();
}

Status ModelGraph::AddInput() {
  if (layout_ == ModelLayout::kKeras2 && kind_ == ModelKind::kSequential) {
    return OkStatus();
  }
  plain_.push_back(std::make_unique<Trackable>());
  return Add(*plain_.back());
}

Status ModelGraph::Add(Trackable& layer) {
  CAIRN_RETURN_IF_ERROR(Begin());
  if (layout_ == ModelLayout::kKeras3) {
    CAIRN_RETURN_IF_ERROR(operations_.Track(StrCat(layers_), &layer));
  } else {
    if (HasValues(layer)) {
      CAIRN_RETURN_IF_ERROR(
          model_.Track(StrCat("layer_with_weights-", with_weights_), &layer));
      ++with_weights_;
    }
    CAIRN_RETURN_IF_ERROR(model_.Track(StrCat("layer-", layers_), &layer));
  }
  ++layers_;
  return OkStatus();
}

Status ModelGraph::Compile(Optimizer& optimizer) {
  CAIRN_RETURN_IF_ERROR(model_.Track("optimizer", &optimizer));
  if (layout_ == ModelLayout::kKeras2) return OkStatus();
  return TrackPlain(model_, "_compiled_trainable_state");
}

Status ModelGraph::NoteTraining() {
  if (layout_ == ModelLayout::kKeras3) return OkStatus();
  CAIRN_RETURN_IF_ERROR(model_.Track("train_tf_function", &train_function_));
  return model_.Track("train_function", &train_function_);
}

Status ModelGraph::NoteEvaluation() {
  if (layout_ == ModelLayout::kKeras3) return OkStatus();
  return TrackPlain(model_, "test_function");
}

Status ModelGraph::NotePrediction() {
  if (layout_ == ModelLayout::kKeras3) return OkStatus();
  return TrackPlain(model_, "predict_function");
}

}  // namespace cairn::nn
