// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/resources.h"

#include "cairn/base/strings.h"

namespace cairn::session {
namespace {

constexpr std::string_view kDefaultContainer = "localhost";

bool Allows(const graph::PartialShape& declared, const Shape& shape) {
  if (declared.unknown_rank) return true;
  if (declared.dims.size() != shape.dims().size()) return false;
  for (size_t i = 0; i < declared.dims.size(); ++i) {
    if (declared.dims[i] >= 0 && declared.dims[i] != shape.dims()[i]) {
      return false;
    }
  }
  return true;
}

Status NotInitialized(const Slot& slot) {
  return FailedPreconditionError(
      StrCat("Error while reading resource variable ", Escape(slot.name),
             " from Container: ", Escape(slot.container),
             ". This could mean that the variable was uninitialized. Not found:"
             " Resource ",
             Escape(slot.container), "/", Escape(slot.name),
             "/N10tensorflow3VarE does not exist."));
}

}  // namespace

StatusOr<Value> VariableRef::Read() const {
  if (!is_initialized()) return NotInitialized(*slot_);
  return slot_->value;
}

Status VariableRef::Assign(Value value) {
  if (!value.is_tensor()) {
    return InvalidArgumentError(StrCat("variable ", Escape(slot_->name),
                                       " cannot be assigned ",
                                       value.ToString()));
  }
  if (slot_->dtype != DataType::kInvalid && slot_->dtype != value.dtype()) {
    return InvalidArgumentError(StrCat(
        "Trying to assign variable with wrong dtype. Expected ",
        DataTypeName(slot_->dtype), " got ", DataTypeName(value.dtype())));
  }
  if (!Allows(slot_->shape, value.view().shape())) {
    return InvalidArgumentError(
        StrCat("Trying to assign to variable ", Escape(slot_->name),
               " of shape ", slot_->shape.ToString(), " a value of shape ",
               value.view().shape().ToString()));
  }
  slot_->value = std::move(value);
  return OkStatus();
}

StatusOr<Tensor*> VariableRef::Mutable() {
  if (!is_initialized()) return NotInitialized(*slot_);
  return slot_->value.Mutable(budget_);
}

std::shared_ptr<Slot> ResourceManager::Find(std::string_view container,
                                            std::string_view name) {
  if (container.empty()) container = kDefaultContainer;
  auto& slot = slots_[{std::string(container), std::string(name)}];
  if (slot == nullptr) {
    slot = std::make_shared<Slot>();
    slot->container = container;
    slot->name = name;
  }
  return slot;
}

std::shared_ptr<Slot> ResourceManager::FindExisting(
    std::string_view container, std::string_view name) const {
  if (container.empty()) container = kDefaultContainer;
  const auto at = slots_.find({std::string(container), std::string(name)});
  return at == slots_.end() ? nullptr : at->second;
}

std::vector<std::shared_ptr<Slot>> ResourceManager::slots() const {
  std::vector<std::shared_ptr<Slot>> all;
  all.reserve(slots_.size());
  for (const auto& [key, slot] : slots_) all.push_back(slot);
  return all;
}

}  // namespace cairn::session
