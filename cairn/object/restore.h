// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What one restore does and remembers; behind Checkpoint and LoadStatus. Not
// installed.
//
// A restore never changes a value before everything it wants to set has been
// found, checked and read: Stage, then AssignAll.
#ifndef CAIRN_OBJECT_RESTORE_H_
#define CAIRN_OBJECT_RESTORE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/object_graph.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object::internal {

// What LoadStatus asks.
struct RestoreState {
  virtual ~RestoreState() = default;
  virtual Status AssertConsumed() = 0;
  virtual Status AssertExistingObjectsMatched() = 0;
  virtual Status AssertNontrivialMatch() = 0;
  virtual MatchReport Report() = 0;
  // Stops waiting for objects that do not exist yet.
  virtual void Release() = 0;

  std::vector<std::string> notes;
  // A later restore of the same root with an equal one makes this one wait for
  // nothing any more: the stored object graph, or "" for a name-based file.
  std::string identity;
};

// The program's side: a root and the edges a Checkpoint adds to it.
struct RestoreRoot {
  Trackable* object;
  std::shared_ptr<const std::vector<TrackableEdge>> attached;
};

// A restore by object graph. Later restores get higher numbers.
StatusOr<std::shared_ptr<RestoreState>> RestoreByGraph(
    RestoreRoot root, std::span<const TrackableEdge> extra,
    std::unique_ptr<bundle::BundleReader> reader);
// A restore of a name-based checkpoint, by full names. Objects reached by
// `extra` edges are exempt from the asserts.
StatusOr<std::shared_ptr<RestoreState>> RestoreByName(
    RestoreRoot root, std::span<const TrackableEdge> extra,
    std::unique_ptr<bundle::BundleReader> reader);

// A number above that of every restore so far.
int64_t NextRestoreNumber();

// A value on its way into an object.
struct Assignment {
  Saveable* saveable = nullptr;
  std::string key;
  Tensor value;
};

enum class KeyKind { kObjectKey, kVariableName };

// Looks all keys up, compares dtype and shape with what the saveables expect,
// and reads and verifies the values; sorts by key. NotFound, InvalidArgument,
// DataLoss; nothing outside `assignments` changes.
Status Stage(const bundle::BundleReader& reader, KeyKind kind,
             std::vector<Assignment>& assignments);
// The check of Stage for a value that is read already.
Status CheckFits(const bundle::BundleReader& reader, KeyKind kind,
                 const Saveable& saveable, std::string_view key, DataType dtype,
                 const Shape& shape);
// Sets all values or, when an object refuses its own, none.
Status AssignAll(std::vector<Assignment>& assignments);

// An object of the program for a message: "(root).step (variable step, int32
// [])".
std::string DescribeObject(const std::string& name, Trackable& object);
// "[a, b]" with at most ten of them.
std::string ListSome(const std::vector<std::string>& texts);

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_RESTORE_H_
