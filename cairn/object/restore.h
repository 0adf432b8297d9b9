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
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/object_graph.h"
#include "cairn/object/tensor_source.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object::internal {

// What LoadStatus asks.
struct RestoreState {
  virtual ~RestoreState() = default;
  virtual LoadStatus::Kind kind() const = 0;
  virtual Status AssertConsumed() = 0;
  virtual Status AssertExistingObjectsMatched() = 0;
  virtual Status AssertNontrivialMatch() = 0;
  virtual MatchReport Report() = 0;
  // Gives what this restore did not set, and has no value, its initial one.
  virtual Status InitializeRest() = 0;
  // Stops waiting for objects that do not exist yet.
  virtual void Release() = 0;

  std::vector<std::string> notes;
  // A later restore of the same root with an equal one makes this one wait for
  // nothing any more: the stored object graph, or "" for a name-based file.
  std::string identity;
  // Told at the end what was left over; null: nobody is.
  std::function<void(std::string_view line)> log;
};

// The program's side: a root and the edges a Checkpoint adds to it.
struct RestoreRoot {
  Trackable* object;
  std::shared_ptr<const std::vector<TrackableEdge>> attached;
  std::vector<std::shared_ptr<CheckpointSaver>> savers = {};
};

// What one restore is asked to do.
struct RestoreRequest {
  RestoreRoot root;
  // Edges of the root for this restore only; for a name-based checkpoint,
  // objects reached by them are exempt from the asserts.
  std::span<const TrackableEdge> extra;
  const RestoreOptions& options;
};

// A restore by object graph. Later restores get higher numbers.
StatusOr<std::shared_ptr<RestoreState>> RestoreByGraph(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader);
// A restore of a name-based checkpoint, by full names.
StatusOr<std::shared_ptr<RestoreState>> RestoreByName(
    const RestoreRequest& request, std::unique_ptr<TensorSource> source);
// What these would do, and nothing is changed.
StatusOr<MatchReport> CompareByGraph(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader);
StatusOr<MatchReport> CompareByName(const RestoreRequest& request,
                                    std::unique_ptr<TensorSource> source);
// No checkpoint.
std::shared_ptr<RestoreState> RestoreNothing(const RestoreRoot& root);

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
Status Stage(const TensorSource& source, KeyKind kind,
             std::vector<Assignment>& assignments);
// The check of Stage for a value that is read already.
Status CheckFits(const TensorSource& source, KeyKind kind,
                 const Saveable& saveable, std::string_view key, DataType dtype,
                 const Shape& shape);
// Which of the keys are missing or hold something else, as data.
StatusOr<std::vector<MatchReport::Mismatch>> FindMismatches(
    const TensorSource& source, std::span<const Assignment> assignments);
// Sets all values or, when an object refuses its own, none.
Status AssignAll(std::vector<Assignment>& assignments);

// An object of the program for a message: "(root).step (variable step, int32
// [])".
std::string DescribeObject(const std::string& name, Trackable& object);
// Fills in the candidates of what is only in the program: the nearest names of
// what is only in the checkpoint.
void AddCandidates(MatchReport& report);
// Initialises the values of the objects that `skip` does not know.
Status InitializeObjects(
    const std::vector<Trackable*>& objects,
    const std::function<bool(const Trackable* object)>& skip);
// "[a, b]" with at most ten of them.
std::string ListSome(const std::vector<std::string>& texts);

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_RESTORE_H_
