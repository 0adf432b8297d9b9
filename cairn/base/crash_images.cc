// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The log is replayed into effects: changes of names and unsynced tails of
// files, each durable or pending. A crash image is the tree the log began with
// plus the durable effects plus a choice of the pending ones, in order of time.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "cairn/base/memory_tree.h"
#include "cairn/base/strings.h"

namespace cairn::memory_internal {
namespace {

using Kind = MemoryFileSystem::Operation::Kind;

constexpr size_t kSectorBytes = 512;

// Something not synced: a change of names, or the tail of a file. Option 0 is
// that it is lost, the last one that it is kept.
struct Effect {
  size_t options() const { return contents.empty() ? 2 : contents.size(); }

  std::vector<Binding> bindings;
  std::set<NodeId> unsynced_directories;
  NodeId file = kNone;
  std::vector<std::shared_ptr<std::string>> contents;
};

// What may be there of a file of which only the first `durable` bytes are safe.
std::vector<std::shared_ptr<std::string>> TornContents(const std::string& full,
                                                       size_t durable) {
  const size_t tail = full.size() - durable;
  const std::string none = full.substr(0, durable);
  const std::string zeros = none + std::string(tail, '\0');
  std::vector<std::string> states = {none, zeros};
  const size_t middle = (durable + tail / 2) / kSectorBytes * kSectorBytes;
  if (middle > durable) states.push_back(full.substr(0, middle));
  if (tail > 1) states.push_back(full.substr(0, full.size() - 1));
  // Sectors are written each by itself: only the first, all but the first, all
  // but the last.
  const size_t first_end =
      std::min(full.size(), (durable / kSectorBytes + 1) * kSectorBytes);
  const size_t last_begin =
      std::max(durable, (full.size() - 1) / kSectorBytes * kSectorBytes);
  states.push_back(full.substr(0, first_end) + zeros.substr(first_end));
  states.push_back(zeros.substr(0, first_end) + full.substr(first_end));
  states.push_back(full.substr(0, last_begin) + zeros.substr(last_begin));

  std::vector<std::shared_ptr<std::string>> options;
  std::set<std::string> seen = {full};
  for (std::string& state : states) {
    if (!seen.insert(state).second) continue;
    options.push_back(std::make_shared<std::string>(std::move(state)));
  }
  options.push_back(std::make_shared<std::string>(full));
  return options;
}

// The durable part of a log and its pending effects.
struct Replay {
  Tree tree;                    // every node; the names of the beginning
  std::vector<Effect> effects;  // in order of time, durable ones among them
  std::vector<size_t> pending;  // indices into effects
};

Replay ReplayLog(const Tree& base, const std::vector<Record>& log,
                 size_t operations) {
  struct Written {
    std::string full;
    size_t durable = 0;
    size_t effect = 0;
  };
  Replay replay{base, {}, {}};
  std::map<NodeId, Written> written;
  for (size_t i = 0; i < std::min(operations, log.size()); ++i) {
    const Record& record = log[i];
    const NodeId file = record.operation.file;
    switch (record.operation.kind) {
      case Kind::kAppend: {
        const auto [it, is_new] = written.try_emplace(file);
        Written& state = it->second;
        if (is_new) {
          state.full = *replay.tree[file].contents;
          state.durable = state.full.size();
        }
        if (state.durable == state.full.size()) {
          state.effect = replay.effects.size();
          replay.effects.emplace_back().file = file;
        }
        state.full += record.operation.bytes;
        break;
      }
      case Kind::kSync:
        if (written.contains(file)) {
          written[file].durable = written[file].full.size();
        }
        break;
      case Kind::kSyncDirectory:
        for (Effect& effect : replay.effects) {
          effect.unsynced_directories.erase(record.directory);
        }
        break;
      case Kind::kCreate:
      case Kind::kCreateDirectory:
        replay.tree[file].directory =
            record.operation.kind == Kind::kCreateDirectory;
        [[fallthrough]];
      case Kind::kRename:
      case Kind::kLink:
      case Kind::kRemove:
      case Kind::kRemoveDirectory: {
        Effect& effect = replay.effects.emplace_back();
        effect.bindings = record.bindings;
        for (const Binding& binding : record.bindings) {
          effect.unsynced_directories.insert(binding.directory);
        }
        break;
      }
    }
  }
  for (const auto& [file, state] : written) {
    replay.tree[file].contents =
        std::make_shared<std::string>(state.full.substr(0, state.durable));
    if (state.durable < state.full.size()) {
      replay.effects[state.effect].contents =
          TornContents(state.full, state.durable);
    }
  }
  for (size_t i = 0; i < replay.effects.size(); ++i) {
    const Effect& effect = replay.effects[i];
    if (!effect.unsynced_directories.empty() || !effect.contents.empty()) {
      replay.pending.push_back(i);
    }
  }
  return replay;
}

// `choice` has one option for each pending effect.
Tree BuildImage(const Replay& replay, const std::vector<size_t>& choice) {
  Tree all = replay.tree;
  size_t next = 0;
  for (size_t i = 0; i < replay.effects.size(); ++i) {
    const Effect& effect = replay.effects[i];
    const bool pending =
        next < replay.pending.size() && replay.pending[next] == i;
    const size_t option = pending ? choice[next++] : 1;
    if (effect.file == kNone) {
      if (option == 1) Apply(all, effect.bindings);
    } else if (pending) {
      all[effect.file].contents = effect.contents[option];
    }
  }
  return all;
}

// Drops what no name leads to any more.
void Prune(Tree& tree) {
  std::set<NodeId> reachable = {kAbsoluteRoot, kRelativeRoot};
  WalkAll(tree, [&](const std::string&, NodeId id) { reachable.insert(id); });
  std::erase_if(
      tree, [&](const auto& node) { return !reachable.contains(node.first); });
}

// Tells trees apart. Contents are hashed once each: all images share them.
class Fingerprinter {
 public:
  size_t operator()(const Tree& tree) {
    std::string text;
    WalkAll(tree, [&](const std::string& path, NodeId id) {
      const Node& node = tree.at(id);
      text += StrCat(path.size(), ":", path, node.directory ? "/" : "=");
      if (!node.directory) text += StrCat(HashOf(*node.contents), ";");
    });
    return std::hash<std::string>()(text);
  }

 private:
  size_t HashOf(const std::string& contents) {
    const auto [hash, is_new] = hashes_.try_emplace(&contents);
    if (is_new) hash->second = std::hash<std::string>()(contents);
    return hash->second;
  }

  std::unordered_map<const std::string*, size_t> hashes_;
};

// Calls `visit` with every choice in which the effects [begin, end) take all
// their options and the others keep those of `choice`.
void VisitCombinations(
    const Replay& replay, std::vector<size_t> choice, size_t begin, size_t end,
    const std::function<void(const std::vector<size_t>&)>& visit) {
  std::fill(choice.begin() + static_cast<ptrdiff_t>(begin),
            choice.begin() + static_cast<ptrdiff_t>(end), 0);
  for (;;) {
    visit(choice);
    size_t i = begin;
    for (; i < end; ++i) {
      if (++choice[i] < replay.effects[replay.pending[i]].options()) break;
      choice[i] = 0;
    }
    if (i == end) return;
  }
}

void VisitChoices(
    const Replay& replay, size_t max_unsynced,
    const std::function<void(const std::vector<size_t>&)>& visit) {
  const size_t count = replay.pending.size();
  const std::vector<size_t> lost(count, 0);
  if (count <= max_unsynced) {
    VisitCombinations(replay, lost, 0, count, visit);
    return;
  }
  std::vector<size_t> kept(count);
  for (size_t i = 0; i < count; ++i) {
    kept[i] = replay.effects[replay.pending[i]].options() - 1;
  }
  VisitCombinations(replay, lost, 0, max_unsynced, visit);
  VisitCombinations(replay, kept, count - max_unsynced, count, visit);
  std::vector<size_t> prefix = lost;
  for (size_t i = 0; i < count; ++i) {
    VisitCombinations(replay, lost, i, i + 1, visit);
    VisitCombinations(replay, kept, i, i + 1, visit);
    prefix[i] = kept[i];
    visit(prefix);
  }
}

}  // namespace

void Apply(Tree& tree, const std::vector<Binding>& bindings) {
  for (const Binding& binding : bindings) {
    std::map<std::string, NodeId>& entries = tree[binding.directory].entries;
    if (binding.node == kNone) {
      entries.erase(binding.name);
    } else {
      entries[binding.name] = binding.node;
    }
  }
}

uint64_t VisitCrashTrees(const Tree& base, const std::vector<Record>& log,
                         size_t operations, size_t max_unsynced,
                         const std::function<void(Tree)>& visit) {
  const Replay replay = ReplayLog(base, log, operations);
  std::unordered_set<size_t> seen;
  Fingerprinter fingerprint;
  VisitChoices(replay, max_unsynced, [&](const std::vector<size_t>& choice) {
    Tree tree = BuildImage(replay, choice);
    if (!seen.insert(fingerprint(tree)).second) return;
    Prune(tree);
    visit(std::move(tree));
  });
  return seen.size();
}

}  // namespace cairn::memory_internal
