// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Two trees are kept: what is there now, and what was durable when the log
// began. A crash image is the second one plus a choice from the log's effects.
#include "cairn/base/memory_file_system.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

using Operation = MemoryFileSystem::Operation;
using Kind = Operation::Kind;
using NodeId = uint64_t;

constexpr NodeId kNone = 0;
constexpr NodeId kAbsoluteRoot = 1;
constexpr NodeId kRelativeRoot = 2;
constexpr NodeId kFirstFree = 3;
constexpr size_t kSectorBytes = 512;

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
  Operation operation;
  std::vector<Binding> bindings;
  NodeId directory = kNone;  // of a SyncDirectory
};

std::string Normalize(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (part != ".." || !IsAbsolutePath(path)) {
      parts.emplace_back(part);
    }
  }
  return StrCat(IsAbsolutePath(path) ? "/" : "", Join(parts, "/"));
}

NodeId RootOf(std::string_view path) {
  return IsAbsolutePath(path) ? kAbsoluteRoot : kRelativeRoot;
}

Tree EmptyTree() {
  Tree tree;
  tree[kAbsoluteRoot].directory = true;
  tree[kRelativeRoot].directory = true;
  return tree;
}

// kNone when absent. `path` is normalized.
NodeId Find(const Tree& tree, std::string_view path) {
  NodeId at = RootOf(path);
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty()) continue;
    const Node& node = tree.at(at);
    const auto entry = node.entries.find(std::string(part));
    if (!node.directory || entry == node.entries.end()) return kNone;
    at = entry->second;
  }
  return at;
}

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

// --- what a power cut leaves ---

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

Replay ReplayLog(Tree base, const std::vector<Record>& log, size_t operations) {
  struct Written {
    std::string full;
    size_t durable = 0;
    size_t effect = 0;
  };
  Replay replay{std::move(base), {}, {}};
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
  Tree reachable;
  reachable[kAbsoluteRoot] = all[kAbsoluteRoot];
  reachable[kRelativeRoot] = all[kRelativeRoot];
  WalkAll(all, [&](const std::string&, NodeId id) { reachable[id] = all[id]; });
  return reachable;
}

size_t Fingerprint(const Tree& tree) {
  std::string text;
  std::map<const std::string*, size_t> hashes;
  WalkAll(tree, [&](const std::string& path, NodeId id) {
    const Node& node = tree.at(id);
    text += StrCat(path.size(), ":", path, node.directory ? "/" : "=");
    if (node.directory) return;
    const std::string& contents = *node.contents;
    text +=
        StrCat(contents.size(), ",", std::hash<std::string>()(contents), ";");
  });
  return std::hash<std::string>()(text);
}

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

struct MemoryFileSystem::Impl {
  Status Absent(std::string_view path) const {
    return NotFoundError(
        StrCat(Escape(path, 4096), ": no such file or directory"));
  }

  double Now() { return (clock != nullptr ? *clock : SystemClock()).Now(); }

  // The directory that `path` lies in.
  StatusOr<NodeId> Parent(const std::string& path) const {
    const NodeId parent = Find(
        now,
        DirName(path).empty() && IsAbsolutePath(path) ? "/" : DirName(path));
    if (parent == kNone || !now.at(parent).directory) return Absent(path);
    return parent;
  }

  StatusOr<NodeId> Lookup(const std::string& path) const {
    const NodeId id = Find(now, path);
    if (id == kNone) return Absent(path);
    return id;
  }

  bool IsDirectory(NodeId id) const { return now.at(id).directory; }

  // Makes a new node under `path`, which must be free.
  StatusOr<NodeId> Make(const std::string& path, Kind kind) {
    CAIRN_ASSIGN_OR_RETURN(const NodeId parent, Parent(path));
    if (Find(now, path) != kNone) {
      return AlreadyExistsError(StrCat(Escape(path, 4096), ": exists already"));
    }
    const NodeId id = next_id++;
    now[id].directory = kind == Kind::kCreateDirectory;
    now[id].mtime = Now();
    Change({kind, path, "", "", id},
           {{parent, std::string(BaseName(path)), id}});
    return id;
  }

  void Change(Operation operation, std::vector<Binding> bindings) {
    Apply(now, bindings);
    log.push_back({std::move(operation), std::move(bindings), kNone});
  }

  // Takes the name from `path`, which exists and is not a root.
  void Unlink(const std::string& path, NodeId id, Kind kind) {
    const NodeId parent = Find(now, DirName(path));
    Change({kind, path, "", "", id},
           {{parent, std::string(BaseName(path)), kNone}});
  }

  Status Append(NodeId id, const std::string& path, std::string_view bytes) {
    const std::lock_guard lock(mutex);
    Node& node = now[id];
    if (!node.exclusive) {
      node.contents = std::make_shared<std::string>(*node.contents);
      node.exclusive = true;
    }
    node.contents->append(bytes);
    node.mtime = Now();
    log.push_back(
        {{Kind::kAppend, path, "", std::string(bytes), id}, {}, kNone});
    return OkStatus();
  }

  mutable std::mutex mutex;
  Clock* clock = nullptr;
  Tree now = EmptyTree();
  Tree durable = EmptyTree();  // when the log began
  std::vector<Record> log;
  NodeId next_id = kFirstFree;
  std::map<NodeId, std::string> lock_owners;
};

class MemoryFileSystem::ReadHandle : public RandomAccessFile {
 public:
  ReadHandle(std::string path, NodeId id,
             std::shared_ptr<const std::string> contents)
      : path_(std::move(path)), id_(id), contents_(std::move(contents)) {}

  const std::string& path() const override { return path_; }
  uint64_t size() const override { return contents_->size(); }
  uint64_t id() const override { return id_; }
  Status ReadAt(uint64_t offset, size_t size, char* out) const override {
    if (offset > contents_->size() || size > contents_->size() - offset) {
      return OutOfRangeError(StrCat(Escape(path_, 4096), ": cannot read ", size,
                                    " bytes at offset ", offset,
                                    ": the file ends at ", contents_->size()));
    }
    contents_->copy(out, size, static_cast<size_t>(offset));
    return OkStatus();
  }
  std::optional<std::string_view> Mapped() const override { return *contents_; }

 private:
  const std::string path_;
  const NodeId id_;
  const std::shared_ptr<const std::string> contents_;
};

class MemoryFileSystem::WriteHandle : public WritableFile {
 public:
  WriteHandle(std::shared_ptr<Impl> impl, std::string path,
              std::string normalized, NodeId id)
      : impl_(std::move(impl)),
        path_(std::move(path)),
        normalized_(std::move(normalized)),
        id_(id) {}

  const std::string& path() const override { return path_; }
  Status Append(std::string_view bytes) override {
    CAIRN_RETURN_IF_ERROR(CheckOpen());
    return bytes.empty() ? OkStatus() : impl_->Append(id_, normalized_, bytes);
  }
  Status Sync() override {
    CAIRN_RETURN_IF_ERROR(CheckOpen());
    const std::lock_guard lock(impl_->mutex);
    impl_->log.push_back({{Kind::kSync, normalized_, "", "", id_}, {}, kNone});
    return OkStatus();
  }
  Status Close() override {
    CAIRN_RETURN_IF_ERROR(CheckOpen());
    open_ = false;
    return OkStatus();
  }

 private:
  Status CheckOpen() const {
    if (open_) return OkStatus();
    return FailedPreconditionError(
        StrCat(Escape(path_, 4096), ": the file is closed already"));
  }

  const std::shared_ptr<Impl> impl_;
  const std::string path_;
  const std::string normalized_;
  const NodeId id_;
  bool open_ = true;
};

class MemoryFileSystem::LockHandle : public FileLock {
 public:
  LockHandle(std::shared_ptr<Impl> impl, NodeId id)
      : impl_(std::move(impl)), id_(id) {}
  ~LockHandle() override {
    const std::lock_guard lock(impl_->mutex);
    impl_->lock_owners.erase(id_);
  }

 private:
  const std::shared_ptr<Impl> impl_;
  const NodeId id_;
};

MemoryFileSystem::MemoryFileSystem(Clock* clock)
    : impl_(std::make_shared<Impl>()) {
  impl_->clock = clock;
}
MemoryFileSystem::MemoryFileSystem(std::shared_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
MemoryFileSystem::~MemoryFileSystem() = default;

StatusOr<std::unique_ptr<RandomAccessFile>> MemoryFileSystem::OpenForReading(
    const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(Normalize(path)));
  if (impl_->IsDirectory(id)) {
    return InvalidArgumentError(StrCat(Escape(path, 4096), ": is a directory"));
  }
  impl_->now[id].exclusive = false;
  return std::make_unique<ReadHandle>(path, id, impl_->now[id].contents);
}

StatusOr<std::unique_ptr<WritableFile>> MemoryFileSystem::CreateNew(
    const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  std::string normalized = Normalize(path);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id,
                         impl_->Make(normalized, Kind::kCreate));
  return std::make_unique<WriteHandle>(impl_, path, std::move(normalized), id);
}

Status MemoryFileSystem::Rename(const std::string& from_path,
                                const std::string& to_path) {
  const std::lock_guard lock(impl_->mutex);
  const std::string from = Normalize(from_path);
  const std::string to = Normalize(to_path);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(from));
  if (id < kFirstFree) {
    return FailedPreconditionError("cannot rename a root directory");
  }
  CAIRN_ASSIGN_OR_RETURN(const NodeId to_parent, impl_->Parent(to));
  if (to.starts_with(from + "/")) {
    return InvalidArgumentError(
        StrCat(Escape(from), ": cannot be moved into itself"));
  }
  const NodeId target = Find(impl_->now, to);
  if (target == id) return OkStatus();
  if (target != kNone) {
    if (impl_->IsDirectory(target) != impl_->IsDirectory(id)) {
      return InvalidArgumentError(StrCat(Escape(to, 4096), ": only one of ",
                                         Escape(from, 4096),
                                         " and this is a directory"));
    }
    if (!impl_->now[target].entries.empty()) {
      return FailedPreconditionError(
          StrCat(Escape(to, 4096), ": directory is not empty"));
    }
  }
  const NodeId from_parent = Find(impl_->now, DirName(from));
  impl_->Change({Kind::kRename, from, to, "", id},
                {{from_parent, std::string(BaseName(from)), kNone},
                 {to_parent, std::string(BaseName(to)), id}});
  return OkStatus();
}

Status MemoryFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  const std::string normalized = Normalize(path);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(normalized));
  if (impl_->IsDirectory(id)) {
    return InvalidArgumentError(StrCat(Escape(path, 4096), ": is a directory"));
  }
  impl_->Unlink(normalized, id, Kind::kRemove);
  return OkStatus();
}

Status MemoryFileSystem::CreateDirectory(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->Make(Normalize(path), Kind::kCreateDirectory).status();
}

Status MemoryFileSystem::RemoveDirectory(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  const std::string normalized = Normalize(path);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(normalized));
  if (!impl_->IsDirectory(id)) {
    return InvalidArgumentError(
        StrCat(Escape(path, 4096), ": not a directory"));
  }
  if (id < kFirstFree || !impl_->now[id].entries.empty()) {
    return FailedPreconditionError(
        StrCat(Escape(path, 4096), ": directory is not empty"));
  }
  impl_->Unlink(normalized, id, Kind::kRemoveDirectory);
  return OkStatus();
}

Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  std::string normalized = Normalize(path);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(normalized));
  if (!impl_->IsDirectory(id)) {
    return InvalidArgumentError(
        StrCat(Escape(path, 4096), ": not a directory"));
  }
  impl_->log.push_back(
      {{Kind::kSyncDirectory, std::move(normalized), "", "", id}, {}, id});
  return OkStatus();
}

StatusOr<std::vector<std::string>> MemoryFileSystem::List(
    const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(Normalize(path)));
  if (!impl_->IsDirectory(id)) {
    return InvalidArgumentError(
        StrCat(Escape(path, 4096), ": not a directory"));
  }
  std::vector<std::string> names;
  for (const auto& [name, child] : impl_->now[id].entries)
    names.push_back(name);
  return names;
}

StatusOr<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(Normalize(path)));
  const Node& node = impl_->now[id];
  FileInfo info;
  info.kind =
      node.directory ? FileInfo::Kind::kDirectory : FileInfo::Kind::kFile;
  info.size = node.contents->size();
  info.mtime = node.mtime;
  info.id = id;
  return info;
}

StatusOr<std::unique_ptr<FileLock>> MemoryFileSystem::Lock(
    const std::string& path, std::string_view owner) {
  const std::lock_guard lock(impl_->mutex);
  const std::string normalized = Normalize(path);
  NodeId id = Find(impl_->now, normalized);
  if (id == kNone) {
    CAIRN_ASSIGN_OR_RETURN(id, impl_->Make(normalized, Kind::kCreate));
  }
  if (impl_->IsDirectory(id)) {
    return InvalidArgumentError(StrCat(Escape(path, 4096), ": is a directory"));
  }
  const auto [held, is_new] = impl_->lock_owners.try_emplace(id, owner);
  if (!is_new) {
    return FailedPreconditionError(
        StrCat(Escape(path, 4096), ": locked by ",
               held->second.empty() ? "another holder" : Escape(held->second)));
  }
  return std::make_unique<LockHandle>(impl_, id);
}

std::vector<Operation> MemoryFileSystem::log() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<Operation> operations;
  for (const Record& record : impl_->log)
    operations.push_back(record.operation);
  return operations;
}

void MemoryFileSystem::ClearLog() {
  const std::lock_guard lock(impl_->mutex);
  impl_->log.clear();
  for (auto& [id, node] : impl_->now) node.exclusive = false;
  impl_->durable = impl_->now;
}

std::map<std::string, std::string> MemoryFileSystem::Files() const {
  const std::lock_guard lock(impl_->mutex);
  std::map<std::string, std::string> files;
  WalkAll(impl_->now, [&](const std::string& path, NodeId id) {
    const Node& node = impl_->now[id];
    if (!node.directory) files[path] = *node.contents;
  });
  return files;
}

void MemoryFileSystem::Put(const std::string& path, std::string contents) {
  const std::lock_guard lock(impl_->mutex);
  const std::string normalized = Normalize(path);
  const double mtime = impl_->Now();
  NodeId at = RootOf(normalized);
  const std::vector<std::string_view> parts = Split(normalized, '/');
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    const bool is_last = i + 1 == parts.size();
    const std::string name(parts[i]);
    NodeId& entry = impl_->now[at].entries[name];
    if (is_last || entry == kNone) {
      entry = impl_->next_id++;
      Node& node = impl_->now[entry];
      node.directory = !is_last;
      node.mtime = mtime;
      if (is_last) {
        node.contents = std::make_shared<std::string>(std::move(contents));
      }
    }
    impl_->durable[at].entries[name] = entry;
    if (!impl_->durable.contains(entry)) {
      impl_->durable[entry] = impl_->now[entry];
      impl_->durable[entry].entries.clear();
    }
    at = entry;
  }
}

uint64_t MemoryFileSystem::CrashImages(
    size_t operations, int max_unsynced,
    const std::function<void(MemoryFileSystem&)>& visit) const {
  Tree durable;
  std::vector<Record> log;
  NodeId next_id;
  {
    const std::lock_guard lock(impl_->mutex);
    durable = impl_->durable;
    log = impl_->log;
    next_id = impl_->next_id;
  }
  const Replay replay = ReplayLog(std::move(durable), log, operations);
  std::unordered_set<size_t> seen;
  VisitChoices(replay, static_cast<size_t>(std::max(max_unsynced, 0)),
               [&](const std::vector<size_t>& choice) {
                 Tree tree = BuildImage(replay, choice);
                 if (!seen.insert(Fingerprint(tree)).second) return;
                 auto impl = std::make_shared<Impl>();
                 impl->clock = impl_->clock;
                 impl->next_id = next_id;
                 impl->now = std::move(tree);
                 impl->durable = impl->now;
                 MemoryFileSystem image(std::move(impl));
                 visit(image);
               });
  return seen.size();
}

}  // namespace cairn
