// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What MemoryFileSystem and its crash images share: trees of nodes, and the log
// of what changed them. For memory_file_system.cc and crash_images.cc only.
#ifndef CAIRN_BASE_MEMORY_TREE_H_
#define CAIRN_BASE_MEMORY_TREE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/memory_file_system.h"

namespace cairn::memory_internal {

using NodeId = uint64_t;

inline constexpr NodeId kNone = 0;
inline constexpr NodeId kAbsoluteRoot = 1;
inline constexpr NodeId kRelativeRoot = 2;
inline constexpr NodeId kFirstFree = 3;

struct Node {
  bool directory = false;
  std::shared_ptr<std::string> contents = std::make_shared<std::string>();
  // Whether nobody else, reader or tree, holds `contents`: else an append must
  // replace it instead of changing it.
  bool exclusive = false;
  std::map<std::string, NodeId> entries;
  double mtime = 0;
};

using Tree = std::map<NodeId, Node>;

// The name `name` in directory `directory` means `node` from now on.
struct Binding {
  NodeId directory = kNone;
  std::string name;
  NodeId node = kNone;
};

struct Record {
  MemoryFileSystem::Operation operation;
  std::vector<Binding> bindings;
  NodeId directory = kNone;  // of a SyncDirectory
};

// Calls `visit(path, id)` for everything below `id`, in order of the names.
template <typename Visit>
void Walk(const Tree& tree, NodeId id, const std::string& path, Visit visit) {
  for (const auto& [name, child] : tree.at(id).entries) {
    const std::string child_path = JoinPath(path, name);
    visit(child_path, child);
    if (tree.at(child).directory) Walk(tree, child, child_path, visit);
  }
}

template <typename Visit>
void WalkAll(const Tree& tree, Visit visit) {
  Walk(tree, kAbsoluteRoot, "/", visit);
  Walk(tree, kRelativeRoot, "", visit);
}

void Apply(Tree& tree, const std::vector<Binding>& bindings);

// Calls `visit` with each distinct tree that a power cut after `operations` of
// the records may leave of `base`; returns how many. See
// MemoryFileSystem::CrashImages.
uint64_t VisitCrashTrees(const Tree& base, const std::vector<Record>& log,
                         size_t operations, size_t max_unsynced,
                         const std::function<void(Tree)>& visit);

}  // namespace cairn::memory_internal

#endif  // CAIRN_BASE_MEMORY_TREE_H_
