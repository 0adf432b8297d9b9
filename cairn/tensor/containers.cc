// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/containers.h"

#include <algorithm>

#include "cairn/base/strings.h"

namespace cairn {

Element Element::Plain(std::any value) {
  Element element(nullptr);
  element.tracked_ = false;
  element.plain_ = std::move(value);
  return element;
}

Element Element::NoDependency(Trackable* object) {
  Element element(object);
  element.tracked_ = false;
  return element;
}

List::List(std::initializer_list<Element> elements) : elements_(elements) {
  // Cannot fail, here and below: nobody observes an object under construction.
  for (size_t i = 0; i < elements_.size(); ++i) TrackAt(i).IgnoreError();
}

List::List(std::span<Trackable* const> objects)
    : elements_(objects.begin(), objects.end()) {
  for (size_t i = 0; i < elements_.size(); ++i) TrackAt(i).IgnoreError();
}

List::List(const std::vector<Trackable*>* wrapped)
    : List(std::span<Trackable* const>(*wrapped)) {
  wrapped_ = wrapped;
}

bool List::HasTracked() const {
  return std::ranges::any_of(elements_, &Element::is_tracked);
}

Status List::CheckIndex(size_t index) const {
  if (index < elements_.size()) return OkStatus();
  return OutOfRangeError(
      StrCat("list index ", index, " of ", elements_.size()));
}

Status List::TrackAt(size_t index) {
  if (!elements_[index].is_tracked()) return OkStatus();
  return Track(StrCat(index), elements_[index].object());
}

Status List::Append(Element element) {
  elements_.push_back(std::move(element));
  const Status status = TrackAt(elements_.size() - 1);
  if (!status.ok()) elements_.pop_back();
  return status;
}

Status List::Extend(std::span<const Element> elements) {
  for (const Element& element : elements) {
    CAIRN_RETURN_IF_ERROR(Append(element));
  }
  return OkStatus();
}

Status List::Multiply(int64_t times) {
  if (times <= 0) {
    return InvalidArgumentError(StrCat(
        "List only supports multiplying by positive numbers, got ", times));
  }
  const std::vector<Element> once = elements_;
  for (int64_t i = 1; i < times; ++i) CAIRN_RETURN_IF_ERROR(Extend(once));
  return OkStatus();
}

Status List::Set(size_t index, Element element) {
  CAIRN_RETURN_IF_ERROR(CheckIndex(index));
  Element before = elements_[index];
  elements_[index] = std::move(element);
  const Status status = TrackAt(index);
  if (!status.ok()) {
    elements_[index] = std::move(before);
    return status;
  }
  if (before.is_tracked()) rearranged_ = true;
  return OkStatus();
}

Status List::Insert(size_t index, Element element) {
  if (index > elements_.size()) CAIRN_RETURN_IF_ERROR(CheckIndex(index));
  if (HasTracked() || element.is_tracked()) rearranged_ = true;
  elements_.insert(elements_.begin() + static_cast<std::ptrdiff_t>(index),
                   std::move(element));
  return OkStatus();
}

Status List::Erase(size_t index) {
  CAIRN_RETURN_IF_ERROR(CheckIndex(index));
  if (HasTracked()) rearranged_ = true;
  elements_.erase(elements_.begin() + static_cast<std::ptrdiff_t>(index));
  return OkStatus();
}

Status List::Pop() {
  if (elements_.empty()) return OutOfRangeError("pop from an empty list");
  return Erase(elements_.size() - 1);
}

void List::Reverse() {
  if (HasTracked()) rearranged_ = true;
  std::ranges::reverse(elements_);
}

void List::Sort(
    const std::function<bool(const Element&, const Element&)>& less) {
  if (HasTracked()) rearranged_ = true;
  std::ranges::stable_sort(elements_, less);
}

Status List::Sync() {
  if (wrapped_ == nullptr) return OkStatus();
  while (elements_.size() < wrapped_->size()) {
    CAIRN_RETURN_IF_ERROR(Append((*wrapped_)[elements_.size()]));
  }
  return OkStatus();
}

Status List::CheckSaveable() const {
  if (rearranged_) {
    return InvalidArgumentError(
        "Unable to save the object (a list wrapper constructed to track "
        "trackable objects). A list element was replaced (__setitem__, "
        "__setslice__), deleted (__delitem__, __delslice__), or moved (sort). "
        "In order to support restoration on object creation, tracking is "
        "exclusively for append-only data structures.");
  }
  if (wrapped_ == nullptr) return OkStatus();
  const bool same =
      std::ranges::equal(elements_, *wrapped_,
                         [](const Element& element, const Trackable* object) {
                           return element.object() == object;
                         });
  if (same) return OkStatus();
  return InvalidArgumentError(
      StrCat("Unable to save the object (a list wrapper constructed to track "
             "trackable objects). The wrapped list was modified outside the "
             "wrapper (it has ",
             wrapped_->size(), " elements, it had ", elements_.size(),
             " when a checkpoint dependency was added), which breaks "
             "restoration on object creation."));
}

Dict::Dict(std::initializer_list<Item> items) {
  for (const Item& item : items) Set(item.key, item.value).IgnoreError();
}

const Element* Dict::Find(const Key& key) const {
  const auto found = std::ranges::find(items_, key, &Item::key);
  return found == items_.end() ? nullptr : &found->value;
}

Status Dict::Set(const Key& key, Element value) {
  const auto* const name = std::get_if<std::string>(&key);
  if (name != nullptr && value.is_tracked()) {
    CAIRN_RETURN_IF_ERROR(Track(*name, value.object()));
  }
  const auto found = std::ranges::find(items_, key, &Item::key);
  if (found == items_.end()) {
    items_.push_back({key, std::move(value)});
  } else {
    found->value = std::move(value);
  }
  return OkStatus();
}

Status Dict::Erase(const Key& key) {
  const auto found = std::ranges::find(items_, key, &Item::key);
  if (found == items_.end()) return NotFoundError("the dict has no such key");
  items_.erase(found);
  return OkStatus();
}

Status Dict::CheckSaveable() const {
  for (const Item& item : items_) {
    const auto* const number = std::get_if<int64_t>(&item.key);
    if (number == nullptr || !item.value.is_tracked()) continue;
    return InvalidArgumentError(
        StrCat("Unable to save the object (a dictionary wrapper constructed "
               "automatically on attribute assignment). The wrapped dictionary "
               "contains a non-string key which maps to a trackable object or "
               "mutable data structure: ",
               *number));
  }
  return OkStatus();
}

Tuple::Tuple(std::initializer_list<Element> elements) : elements_(elements) {
  for (size_t i = 0; i < elements_.size(); ++i) {
    if (!elements_[i].is_tracked()) continue;
    Track(StrCat(i), elements_[i].object()).IgnoreError();
  }
}

NamedTuple::NamedTuple(std::initializer_list<Field> fields) : fields_(fields) {
  for (const Field& field : fields_) {
    if (!field.value.is_tracked()) continue;
    Track(field.name, field.value.object()).IgnoreError();
  }
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (!fields_[i].value.is_tracked()) continue;
    Track(StrCat(i), fields_[i].value.object()).IgnoreError();
  }
}

}  // namespace cairn
