// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/trackable.h"

#include <algorithm>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {

Trackable::~Trackable() = default;

Status Trackable::Track(std::string name, Trackable* child) {
  if (child == nullptr) {
    return InvalidArgumentError("edge \"" + name + "\" has no child");
  }
  auto found = std::ranges::find(edges_, name, &TrackableEdge::name);
  Trackable* const before = found == edges_.end() ? nullptr : found->child;
  if (before == child) return OkStatus();
  auto set = [&](Trackable* to) {
    auto it = std::ranges::find(edges_, name, &TrackableEdge::name);
    if (it != edges_.end()) {
      it->child = to;
    } else {
      edges_.push_back({name, to});
    }
  };
  // Observers see the new edge; it goes again if one of them fails. The edge is
  // looked up anew, because an observer may have changed the list.
  set(child);
  Status status = NotifyAttached(name, *child);
  if (status.ok()) return status;
  if (before != nullptr) {
    set(before);
  } else {
    Untrack(name);
  }
  return status;
}

Status Trackable::TrackNew(std::string name, Trackable* child) {
  if (Child(name) != nullptr) {
    return InvalidArgumentError(
        StrCat("Called Trackable._track_trackable() with name='", Escape(name),
               "', but a Trackable with this name is already declared as a "
               "dependency. Names must be unique (or overwrite=True)."));
  }
  return Track(std::move(name), child);
}

void Trackable::Untrack(std::string_view name) {
  std::erase_if(edges_,
                [&](const TrackableEdge& edge) { return edge.name == name; });
}

Trackable* Trackable::Child(std::string_view name) const {
  for (const TrackableEdge& edge : Children()) {
    if (edge.name == name) return edge.child;
  }
  return nullptr;
}

void Trackable::AddObserver(std::shared_ptr<AttachObserver> observer) {
  observers_.push_back(std::move(observer));
}

void Trackable::RemoveObserver(const AttachObserver* observer) {
  std::erase_if(observers_, [&](const std::shared_ptr<AttachObserver>& o) {
    return o.get() == observer;
  });
}

Status Trackable::NotifyAttached(std::string_view name, Trackable& child) {
  // A copy: an observer may remove itself while it is called.
  const std::vector<std::shared_ptr<AttachObserver>> observers = observers_;
  for (const std::shared_ptr<AttachObserver>& observer : observers) {
    CAIRN_RETURN_IF_ERROR(observer->OnAttach(*this, name, child));
  }
  return OkStatus();
}

const std::shared_ptr<Trackable::RestoreMark>& Trackable::restore_mark() {
  if (restore_mark_ == nullptr) {
    restore_mark_ = std::make_shared<RestoreMark>();
  }
  return restore_mark_;
}

}  // namespace cairn
