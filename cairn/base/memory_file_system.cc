// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Two trees are kept: what is there now, and what was durable when the log
// began. Files that readers or other trees share are copied before a change.
#include "cairn/base/memory_file_system.h"

#include <algorithm>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/memory_tree.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

using memory_internal::Binding;
using memory_internal::kAbsoluteRoot;
using memory_internal::kFirstFree;
using memory_internal::kNone;
using memory_internal::kRelativeRoot;
using memory_internal::Node;
using memory_internal::NodeId;
using memory_internal::Record;
using memory_internal::Tree;
using Operation = MemoryFileSystem::Operation;
using Kind = Operation::Kind;

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

  // The log has room for one more record afterwards, so that what is done is
  // also logged.
  void MakeLogRoom() {
    if (log.size() == log.capacity()) log.reserve(2 * log.size() + 16);
  }

  // Of the bindings only the first may be a new name: where there is no memory
  // for it, nothing is changed.
  void Change(Operation operation, std::vector<Binding> bindings) {
    MakeLogRoom();
    memory_internal::Apply(now, bindings);
    log.push_back({std::move(operation), std::move(bindings), kNone});
  }

  // Takes the name from `path`, which exists and is not a root.
  void Unlink(const std::string& path, NodeId id, Kind kind) {
    const NodeId parent = Find(now, DirName(path));
    Change({kind, path, "", "", id},
           {{parent, std::string(BaseName(path)), kNone}});
  }

  Status Append(NodeId id, const std::string& path, std::string_view bytes) {
    return GuardMemory(path, [&]() -> Status {
      const std::lock_guard lock(mutex);
      Record record{
          {Kind::kAppend, path, "", std::string(bytes), id}, {}, kNone};
      MakeLogRoom();
      Node& node = now[id];
      if (!node.exclusive) {
        node.contents = std::make_shared<std::string>(*node.contents);
        node.exclusive = true;
      }
      node.contents->append(bytes);
      node.mtime = Now();
      log.push_back(std::move(record));
      return OkStatus();
    });
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
    return GuardMemory(path_, [&]() -> Status {
      if (offset > contents_->size() || size > contents_->size() - offset) {
        return OutOfRangeError(StrCat(
            Escape(path_, 4096), ": cannot read ", size, " bytes at offset ",
            offset, ": the file ends at ", contents_->size()));
      }
      contents_->copy(out, size, static_cast<size_t>(offset));
      return OkStatus();
    });
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
              std::string normalized)
      : impl_(std::move(impl)),
        path_(std::move(path)),
        normalized_(std::move(normalized)) {}

  // The file. The lock must be held.
  Status Make() {
    CAIRN_ASSIGN_OR_RETURN(id_, impl_->Make(normalized_, Kind::kCreate));
    return OkStatus();
  }

  const std::string& path() const override { return path_; }
  Status Append(std::string_view bytes) override {
    CAIRN_RETURN_IF_ERROR(CheckOpen());
    return bytes.empty() ? OkStatus() : impl_->Append(id_, normalized_, bytes);
  }
  Status Sync() override {
    return GuardMemory(path_, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckOpen());
      const std::lock_guard lock(impl_->mutex);
      impl_->log.push_back(
          {{Kind::kSync, normalized_, "", "", id_}, {}, kNone});
      return OkStatus();
    });
  }
  Status Close() override {
    return GuardMemory(path_, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckOpen());
      open_ = false;
      return OkStatus();
    });
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
  NodeId id_ = kNone;
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
  return GuardMemory(
      path, [&]() -> StatusOr<std::unique_ptr<RandomAccessFile>> {
        const std::lock_guard lock(impl_->mutex);
        CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(Normalize(path)));
        if (impl_->IsDirectory(id)) {
          return InvalidArgumentError(
              StrCat(Escape(path, 4096), ": is a directory"));
        }
        impl_->now[id].exclusive = false;
        return std::make_unique<ReadHandle>(path, id, impl_->now[id].contents);
      });
}

StatusOr<std::unique_ptr<WritableFile>> MemoryFileSystem::CreateNew(
    const std::string& path) {
  return GuardMemory(path, [&]() -> StatusOr<std::unique_ptr<WritableFile>> {
    const std::lock_guard lock(impl_->mutex);
    auto file = std::make_unique<WriteHandle>(impl_, path, Normalize(path));
    CAIRN_RETURN_IF_ERROR(file->Make());
    return file;
  });
}

Status MemoryFileSystem::Rename(const std::string& from_path,
                                const std::string& to_path) {
  return GuardMemory(from_path, [&]() -> Status {
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
                  {{to_parent, std::string(BaseName(to)), id},
                   {from_parent, std::string(BaseName(from)), kNone}});
    return OkStatus();
  });
}

Status MemoryFileSystem::Remove(const std::string& path) {
  return GuardMemory(path, [&]() -> Status {
    const std::lock_guard lock(impl_->mutex);
    const std::string normalized = Normalize(path);
    CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(normalized));
    if (impl_->IsDirectory(id)) {
      return InvalidArgumentError(
          StrCat(Escape(path, 4096), ": is a directory"));
    }
    impl_->Unlink(normalized, id, Kind::kRemove);
    return OkStatus();
  });
}

Status MemoryFileSystem::Link(const std::string& from_path,
                              const std::string& to_path) {
  return GuardMemory(from_path, [&]() -> Status {
    const std::lock_guard lock(impl_->mutex);
    const std::string from = Normalize(from_path);
    const std::string to = Normalize(to_path);
    CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(from));
    if (impl_->IsDirectory(id)) {
      return InvalidArgumentError(
          StrCat(Escape(from, 4096), ": is a directory"));
    }
    CAIRN_ASSIGN_OR_RETURN(const NodeId parent, impl_->Parent(to));
    if (Find(impl_->now, to) != kNone) {
      return AlreadyExistsError(StrCat(Escape(to, 4096), ": exists already"));
    }
    impl_->Change({Kind::kLink, from, to, "", id},
                  {{parent, std::string(BaseName(to)), id}});
    return OkStatus();
  });
}

Status MemoryFileSystem::Clone(const std::string& from_path,
                               const std::string& to_path) {
  return GuardMemory(from_path, [&]() -> Status {
    const std::lock_guard lock(impl_->mutex);
    const std::string to = Normalize(to_path);
    CAIRN_ASSIGN_OR_RETURN(const NodeId from,
                           impl_->Lookup(Normalize(from_path)));
    if (impl_->IsDirectory(from)) {
      return InvalidArgumentError(
          StrCat(Escape(from_path, 4096), ": is a directory"));
    }
    // Its own, for a writer of `from` may append in place.
    auto contents = std::make_shared<std::string>(*impl_->now[from].contents);
    Record append{
        {Kind::kAppend, to, "", *contents, impl_->next_id}, {}, kNone};
    impl_->log.reserve(impl_->log.size() + 2);
    CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Make(to, Kind::kCreate));
    impl_->now[id].contents = std::move(contents);
    impl_->now[id].exclusive = true;
    if (!append.operation.bytes.empty()) {
      impl_->log.push_back(std::move(append));
    }
    return OkStatus();
  });
}

Status MemoryFileSystem::SyncFile(const std::string& path) {
  return GuardMemory(path, [&]() -> Status {
    const std::lock_guard lock(impl_->mutex);
    std::string normalized = Normalize(path);
    CAIRN_ASSIGN_OR_RETURN(const NodeId id, impl_->Lookup(normalized));
    if (impl_->IsDirectory(id)) {
      return InvalidArgumentError(
          StrCat(Escape(path, 4096), ": is a directory"));
    }
    impl_->log.push_back(
        {{Kind::kSync, std::move(normalized), "", "", id}, {}, kNone});
    return OkStatus();
  });
}

Status MemoryFileSystem::CreateDirectory(const std::string& path) {
  return GuardMemory(path, [&]() -> Status {
    const std::lock_guard lock(impl_->mutex);
    return impl_->Make(Normalize(path), Kind::kCreateDirectory).status();
  });
}

Status MemoryFileSystem::RemoveDirectory(const std::string& path) {
  return GuardMemory(path, [&]() -> Status {
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
  });
}

Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  return GuardMemory(path, [&]() -> Status {
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
  });
}

StatusOr<std::vector<std::string>> MemoryFileSystem::List(
    const std::string& path) {
  return GuardMemory(path, [&]() -> StatusOr<std::vector<std::string>> {
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
  });
}

StatusOr<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  return GuardMemory(path, [&]() -> StatusOr<FileInfo> {
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
  });
}

StatusOr<std::unique_ptr<FileLock>> MemoryFileSystem::Lock(
    const std::string& path, std::string_view owner) {
  return GuardMemory(path, [&]() -> StatusOr<std::unique_ptr<FileLock>> {
    const std::lock_guard lock(impl_->mutex);
    const std::string normalized = Normalize(path);
    NodeId id = Find(impl_->now, normalized);
    if (id == kNone) {
      CAIRN_ASSIGN_OR_RETURN(id, impl_->Make(normalized, Kind::kCreate));
    }
    if (impl_->IsDirectory(id)) {
      return InvalidArgumentError(
          StrCat(Escape(path, 4096), ": is a directory"));
    }
    const auto [held, is_new] = impl_->lock_owners.try_emplace(id, owner);
    if (!is_new) {
      return FailedPreconditionError(StrCat(
          Escape(path, 4096), ": locked by ",
          held->second.empty() ? "another holder" : Escape(held->second)));
    }
    return std::make_unique<LockHandle>(impl_, id);
  });
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
  memory_internal::WalkAll(impl_->now, [&](const std::string& path, NodeId id) {
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
  return memory_internal::VisitCrashTrees(
      durable, log, operations, static_cast<size_t>(std::max(max_unsynced, 0)),
      [&](Tree tree) {
        auto impl = std::make_shared<Impl>();
        impl->clock = impl_->clock;
        impl->next_id = next_id;
        impl->now = std::move(tree);
        impl->durable = impl->now;
        MemoryFileSystem image(std::move(impl));
        visit(image);
      });
}

}  // namespace cairn
