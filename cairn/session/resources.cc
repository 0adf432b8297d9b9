// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/resources.h"

#include "cairn/base/strings.h"

namespace cairn::session {
namespace {

constexpr std::string_view kDefaultContainer = "localhost";

Status NotInitialized(const Slot& slot) {
  if (slot.is_ref) {
    return FailedPreconditionError(
        StrCat("Attempting to use uninitialized value ", Escape(slot.name)));
  }
  return FailedPreconditionError(
      StrCat("Could not find variable ", Escape(slot.name),
             ". This could mean that the variable has been deleted. In TF1, it "
             "can also mean the variable is uninitialized. Debug info: "
             "container=",
             Escape(slot.container), ", status error message=Resource ",
             Escape(slot.container), "/", Escape(slot.name),
             "/N10tensorflow3VarE does not exist."));
}

}  // namespace

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

StatusOr<Value> VariableRef::Read() const {
  if (!is_initialized()) return NotInitialized(*slot_);
  return slot_->value;
}

Status VariableRef::Assign(Value value) {
  const Shape& shape = value.view().shape();
  if (value.is_tensor() && !Allows(slot_->shape, shape)) {
    const std::string declared = slot_->shape.ToString();
    return InvalidArgumentError(
        slot_->is_ref
            ? StrCat("Assign requires shapes of both tensors to match. lhs "
                     "shape= ",
                     declared, " rhs shape= ", shape.ToString())
            : StrCat("Trying to assign to variable ", Escape(slot_->name),
                     " with tensor with wrong shape. Expected ", declared,
                     " got ", shape.ToString()));
  }
  return AssignAnyShape(std::move(value));
}

Status VariableRef::AssignAnyShape(Value value) {
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
  slot_->value = std::move(value);
  return OkStatus();
}

StatusOr<Tensor*> VariableRef::Mutable() {
  if (!is_initialized()) return NotInitialized(*slot_);
  return slot_->value.Mutable(budget_);
}

StatusOr<Value> ReadReference(const Value& reference) {
  std::shared_ptr<Slot> slot = reference.object_as<Slot>();
  if (slot == nullptr) {
    return InternalError(StrCat(reference.ToString(), " refers to nothing"));
  }
  return VariableRef(std::move(slot), nullptr).Read();
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
