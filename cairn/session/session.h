// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Session: runs a graph, as TensorFlow 1's Session does.
//
//   CAIRN_ASSIGN_OR_RETURN(auto meta, graph::MetaGraph::Read(fs, "m.meta"));
//   CAIRN_ASSIGN_OR_RETURN(auto session, Session::Create(fs, meta, {}));
//   CAIRN_RETURN_IF_ERROR(
//       session->Run({{"save/Const:0", prefix}}, {}, {"save/restore_all"})
//           .status());
//   CAIRN_ASSIGN_OR_RETURN(std::vector<Tensor> out,
//                          session->Run({{"x:0", images}}, {"softmax:0"}));
//
// A run computes only what its fetches and targets need, back to what is fed;
// any tensor can be fed. What cannot be run is named before anything is.
// Variables live as long as the session.
//
// Order: a node runs when its inputs, control inputs too, have; among those
// that could run, the one that comes first in the graph. One run is so the same
// as any other. A variable's reads and assignments that no edge orders happen
// in that order, too.
//
// docs/session.md lists the ops.
//
// Thread rule: any thread; runs wait for each other.
#ifndef CAIRN_SESSION_SESSION_H_
#define CAIRN_SESSION_SESSION_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.h"
#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/tensor.h"

namespace cairn::session {

class KernelTable;

struct SessionOptions {
  int threads = 0;  // in all; 0: one for each core
  // Of random ops that have no seed of their own: the same seed, the same
  // numbers.
  uint64_t seed = 0;
  Clock* clock = nullptr;  // null: SystemClock(). Borrowed.
  // All tensors together; a run that needs more is ResourceExhausted.
  int64_t max_bytes = int64_t{1} << 40;
  // Nodes that one run may compute, so that a loop that does not end does.
  int64_t max_steps = std::numeric_limits<int64_t>::max();
  // Calls of functions within each other.
  int max_call_depth = 64;
  // Null: all kernels there are. Borrowed; for tests.
  const KernelTable* kernels = nullptr;
};

struct Feed {
  std::string name;  // "x:0", or "x" for the same
  TensorView tensor;
};

// A node that cannot be run, and why.
struct UnsupportedNode {
  std::string node;
  std::string op;
  std::string reason;
  std::string function;  // whose body it stands in, or ""
};

struct SessionVariable {
  std::string container;  // "localhost" unless the graph says another
  std::string name;
  DataType dtype = DataType::kInvalid;
  graph::PartialShape shape;
  bool initialized = false;
};

class Session {
 public:
  // Takes a copy of the graph. `fs`, where ops that read and write files find
  // them, is borrowed. InvalidArgument for a graph that is none: names used
  // twice, inputs that are not there.
  static StatusOr<std::unique_ptr<Session>> Create(
      FileSystem& fs, const graph::MetaGraph& meta,
      const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The values of `fetches` ("x:0", or "x" for the same) in that order, after
  // `targets` (names of nodes) ran as well. NotFound, with near names, for what
  // is not in the graph; Unimplemented, with all of them, for nodes that cannot
  // be run; InvalidArgument for feeds of another type or shape. An error of a
  // node names it: variables it and others may already have changed stay so.
  StatusOr<std::vector<Tensor>> Run(
      const std::vector<Feed>& feeds, const std::vector<std::string>& fetches,
      const std::vector<std::string>& targets = {});

  // The nodes that would keep Run from running; feeds are names here. With
  // neither fetches nor targets: those of the whole graph.
  StatusOr<std::vector<UnsupportedNode>> FindUnsupported(
      const std::vector<std::string>& feeds,
      const std::vector<std::string>& fetches,
      const std::vector<std::string>& targets = {});

  // Those of the graph, in the order of containers and names.
  std::vector<SessionVariable> variables() const;
  // NotFound, with near names; FailedPrecondition while it has no value.
  StatusOr<Tensor> GetVariable(std::string_view name) const;
  // NotFound; InvalidArgument for another type or shape than the graph's.
  Status SetVariable(std::string_view name, const TensorView& value);

 private:
  class Impl;
  explicit Session(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_SESSION_H_
