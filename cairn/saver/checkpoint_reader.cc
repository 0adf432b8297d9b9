// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/checkpoint_reader.h"

#include <functional>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/saver/checkpoint_source.h"
#include "cairn/saver/initializing.h"

namespace cairn::saver {
namespace {

// Calls `visit` for each tensor; a malformed entry ends it.
Status VisitEntries(
    const CheckpointSource& source,
    const std::function<void(std::string_view, const CheckpointSource::Entry&)>&
        visit) {
  Status first;
  CAIRN_RETURN_IF_ERROR(source.VisitNames([&](std::string_view name) {
    if (!first.ok()) return;
    const auto entry = source.Find(name);
    if (entry.ok()) {
      visit(name, *entry);
    } else {
      first = entry.status();
    }
  }));
  return first;
}

}  // namespace

CheckpointReader::CheckpointReader(std::unique_ptr<CheckpointSource> source)
    : source_(std::move(source)) {}
CheckpointReader::~CheckpointReader() = default;

StatusOr<std::unique_ptr<CheckpointReader>> CheckpointReader::Load(
    FileSystem& fs, const std::string& path) {
  return GuardMemory(
      path, [&]() -> StatusOr<std::unique_ptr<CheckpointReader>> {
        CAIRN_ASSIGN_OR_RETURN(auto source, OpenFileOrDirectory(fs, path));
        return std::unique_ptr<CheckpointReader>(
            new CheckpointReader(std::move(source)));
      });
}

StatusOr<std::vector<std::pair<std::string, Shape>>>
CheckpointReader::ListVariables() const {
  using List = std::vector<std::pair<std::string, Shape>>;
  return GuardMemory(source_->name(), [&]() -> StatusOr<List> {
    List list;
    CAIRN_RETURN_IF_ERROR(
        VisitEntries(*source_, [&](std::string_view name, const auto& entry) {
          list.emplace_back(name, entry.shape);
        }));
    return list;
  });
}

StatusOr<std::map<std::string, Shape>> CheckpointReader::VariableToShapeMap()
    const {
  using Map = std::map<std::string, Shape>;
  return GuardMemory(source_->name(), [&]() -> StatusOr<Map> {
    Map map;
    CAIRN_RETURN_IF_ERROR(
        VisitEntries(*source_, [&](std::string_view name, const auto& entry) {
          map.emplace(name, entry.shape);
        }));
    return map;
  });
}

StatusOr<std::map<std::string, DataType>> CheckpointReader::VariableToDtypeMap()
    const {
  using Map = std::map<std::string, DataType>;
  return GuardMemory(source_->name(), [&]() -> StatusOr<Map> {
    Map map;
    CAIRN_RETURN_IF_ERROR(
        VisitEntries(*source_, [&](std::string_view name, const auto& entry) {
          map.emplace(name, entry.dtype);
        }));
    return map;
  });
}

bool CheckpointReader::HasTensor(std::string_view name) const {
  return source_->Find(name).ok();
}

StatusOr<Tensor> CheckpointReader::GetTensor(std::string_view name) const {
  return GuardMemory(source_->name(), [&]() -> StatusOr<Tensor> {
    if (absl::IsNotFound(source_->Find(name).status())) {
      return NotFoundError(StrCat(Escape(source_->name()), ": Key ",
                                  Escape(name), " not found in checkpoint"));
    }
    return source_->Read(name);
  });
}

StatusOr<Tensor> CheckpointReader::LoadVariable(std::string_view name) const {
  if (name.ends_with(":0")) name.remove_suffix(2);
  return GetTensor(name);
}

StatusOr<std::string> CheckpointReader::DebugString() const {
  return GuardMemory(source_->name(), [&]() -> StatusOr<std::string> {
    std::string text;
    CAIRN_RETURN_IF_ERROR(
        VisitEntries(*source_, [&](std::string_view name, const auto& entry) {
          text += StrCat(name, " (", DataTypeEnumName(entry.dtype), ") ",
                         entry.shape.ToString());
          if (entry.num_slices > 0) {
            text += StrCat(", ", entry.num_slices, " slices");
          }
          text += '\n';
        }));
    return text;
  });
}

}  // namespace cairn::saver
