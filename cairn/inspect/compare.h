// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CompareSystems: one model saved by both checkpoint systems, side by side:
// the name-based (TF1) one and the object-based (TF2) one.
//
// A name key belongs to an object key if the object graph gives that value this
// full name; failing that, if exactly one full name is left that the name key
// ends in after a '/' ("training/Adam/iter" and "Adam/iter").
//
// Thread-safe.
#ifndef CAIRN_INSPECT_COMPARE_H_
#define CAIRN_INSPECT_COMPARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/inspect/meta_graph_summary.h"
#include "cairn/inspect/object_tree.h"
#include "cairn/inspect/source.h"

namespace cairn::inspect {

// One of the two checkpoints.
struct SystemSide {
  std::string prefix;
  // Index, data, meta graph, and the `checkpoint` file of the directory.
  std::vector<StoredFile> files;
  uint64_t total_bytes = 0;  // of the files
  int64_t num_tensors = 0;
};

// A value that both have.
struct SharedValue {
  enum class Verdict {
    kEqual,         // bit for bit
    kDifferent,     // same dtype and shape, other bits
    kIncompatible,  // another dtype or shape
  };
  std::string name_key;
  std::string object_key;
  ValueRole role = ValueRole::kVariable;
  DataType dtype = DataType::kInvalid;  // in the name-based checkpoint
  Shape shape;
  int64_t bytes = 0;
  Verdict verdict = Verdict::kEqual;
  // Of different ones with real numbers.
  std::optional<double> largest_difference;
};

// A value that one of them has.
struct UnsharedValue {
  std::string key;
  std::string full_name;  // object-based only
  ValueRole role = ValueRole::kVariable;
  DataType dtype = DataType::kInvalid;
  Shape shape;
  int64_t bytes = 0;
};

struct SystemsComparison {
  SystemSide name_based;
  SystemSide object_based;
  std::vector<SharedValue> shared;               // by name key
  std::vector<UnsharedValue> only_name_based;    // by key
  std::vector<UnsharedValue> only_object_based;  // by role, then key
  size_t num_objects = 0;                        // nodes of the object graph
  std::optional<MetaGraphSummary> meta_graph;    // of the name-based one

  // Whether every shared value is equal (true when there is none).
  bool SharedValuesEqual() const;
};

// NotFound when `object_based` has no object graph; otherwise what reading
// fails with. A missing meta graph is no error.
StatusOr<SystemsComparison> CompareSystems(
    FileSystem& fs, const std::string& name_based_prefix,
    const std::string& object_based_prefix);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_COMPARE_H_
