// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <unordered_map>

#include "cairn/base/strings.h"
#include "cairn/nn/optimizer.h"
#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {
namespace {

struct Slots {
  std::unique_ptr<Variable> m, v;
};

}  // namespace

struct Adam::Impl {
  Impl(const AdamOptions& o)
      : options(o),
        iter(StrCat(o.name, "/iter"), Tensor::Scalar(int64_t{0}), kNo),
        beta_1(StrCat(o.name, "/beta_1"), Tensor::Scalar(o.beta_1), kNo),
        beta_2(StrCat(o.name, "/beta_2"), Tensor::Scalar(o.beta_2), kNo),
        decay(StrCat(o.name, "/decay"), Tensor::Scalar(o.decay), kNo),
        learning_rate(StrCat(o.name, "/learning_rate"),
                      Tensor::Scalar(o.learning_rate), kNo) {}

  // Null when there is not enough memory.
  Slots* SlotsOf(const Variable& variable);
  AdamFactors FactorsOfStep() const;

  static constexpr auto kNo = Variable::Trainable::kNo;
  AdamOptions options;
  Variable iter, beta_1, beta_2, decay, learning_rate;
  std::unordered_map<const Trackable*, Slots> slots;
  std::vector<const Trackable*> order;  // of creation
};

Slots* Adam::Impl::SlotsOf(const Variable& variable) {
  if (auto it = slots.find(&variable); it != slots.end()) return &it->second;
  StatusOr<Tensor> m = Tensor::Create(DataType::kFloat, variable.shape());
  StatusOr<Tensor> v = Tensor::Create(DataType::kFloat, variable.shape());
  if (!m.ok() || !v.ok()) return nullptr;
  const std::string prefix = StrCat(options.name, "/", variable.name());
  order.push_back(&variable);
  return &slots
              .emplace(&variable,
                       Slots{std::make_unique<Variable>(StrCat(prefix, "/m"),
                                                        *std::move(m), kNo),
                             std::make_unique<Variable>(StrCat(prefix, "/v"),
                                                        *std::move(v), kNo)})
              .first->second;
}

AdamFactors Adam::Impl::FactorsOfStep() const {
  const auto scalar = [](const Variable& v) { return v.data<float>()[0]; };
  const int64_t done = iter.data<int64_t>()[0];
  const float t = static_cast<float>(done + 1);
  float rate = scalar(learning_rate);
  if (scalar(decay) != 0) {
    rate /= 1 + scalar(decay) * static_cast<float>(done);
  }
  // The powers in float32, as TensorFlow takes them: at 0.999 this is visible.
  const float power_1 = std::pow(scalar(beta_1), t);
  const float power_2 = std::pow(scalar(beta_2), t);
  return {rate * std::sqrt(1 - power_2) / (1 - power_1), 1 - scalar(beta_1),
          1 - scalar(beta_2), options.epsilon};
}

Adam::Adam(AdamOptions options) : impl_(std::make_unique<Impl>(options)) {
  const std::pair<const char*, Variable*> parts[] = {
      {"iter", &impl_->iter},
      {"beta_1", &impl_->beta_1},
      {"beta_2", &impl_->beta_2},
      {"decay", &impl_->decay},
      {"learning_rate", &impl_->learning_rate}};
  for (const auto& [name, variable] : parts) {
    // Cannot fail: nobody observes an object under construction.
    (void)Track(name, variable);
  }
}

Adam::~Adam() = default;

Status Adam::Apply(std::span<const GradientAndVariable> gradients) {
  for (const auto& [gradient, variable] : gradients) {
    if (variable->dtype() != DataType::kFloat ||
        static_cast<int64_t>(gradient.size()) !=
            variable->shape().num_elements()) {
      return InvalidArgumentError(StrCat(
          "gradient of ", gradient.size(), " float32 values does not fit ",
          variable->name(), ", ", DataTypeName(variable->dtype()), " ",
          variable->shape().ToString()));
    }
    if (impl_->SlotsOf(*variable) == nullptr) {
      return ResourceExhaustedError(
          StrCat("no memory for the slots of ", variable->name()));
    }
  }
  const AdamFactors factors = impl_->FactorsOfStep();
  for (const auto& [gradient, variable] : gradients) {
    Slots& slots = *impl_->SlotsOf(*variable);
    Kernels().adam_update(factors, static_cast<int64_t>(gradient.size()),
                          gradient.data(), slots.m->data<float>().data(),
                          slots.v->data<float>().data(),
                          variable->data<float>().data());
  }
  ++impl_->iter.data<int64_t>()[0];
  return OkStatus();
}

int64_t Adam::iterations() const {
  return std::as_const(impl_->iter).data<int64_t>()[0];
}
Variable& Adam::iter() { return impl_->iter; }
Variable& Adam::learning_rate() { return impl_->learning_rate; }

std::vector<Variable*> Adam::SlotVariables() const {
  std::vector<Variable*> variables;
  for (const Trackable* variable : impl_->order) {
    const Slots& slots = impl_->slots.at(variable);
    variables.push_back(slots.m.get());
    variables.push_back(slots.v.get());
  }
  return variables;
}

std::vector<std::string> Adam::SlotNames() const { return {"m", "v"}; }

Trackable* Adam::Slot(const Trackable& variable, std::string_view slot_name) {
  const auto it = impl_->slots.find(&variable);
  if (it == impl_->slots.end()) return nullptr;
  if (slot_name == "m") return it->second.m.get();
  if (slot_name == "v") return it->second.v.get();
  return nullptr;
}

Trackable* Adam::SlotForRestore(Trackable& variable,
                                std::string_view slot_name) {
  const auto* of = dynamic_cast<Variable*>(&variable);
  if (of == nullptr || of->dtype() != DataType::kFloat) return nullptr;
  if (slot_name != "m" && slot_name != "v") return nullptr;
  if (impl_->SlotsOf(*of) == nullptr) return nullptr;
  return Slot(variable, slot_name);
}

}  // namespace cairn::nn
