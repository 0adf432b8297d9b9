// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/saved_model.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/message_bytes.h"
#include "cairn/proto/saved_model.pb.h"

namespace cairn::graph {
namespace {

constexpr std::string_view kBinaryName = "saved_model.pb";
constexpr std::string_view kTextName = "saved_model.pbtxt";

std::string TagsText(std::span<const std::string> tags) {
  std::vector<std::string> escaped;
  for (const std::string& tag : tags) escaped.push_back(Escape(tag));
  return StrCat("{", Join(escaped, ", "), "}");
}

proto::SavedModel ToMessage(const SavedModel& model) {
  proto::SavedModel message;
  message.GetReflection()->MutableUnknownFields(&message)->ParseFromString(
      model.unknown_fields);
  message.set_saved_model_schema_version(model.schema_version);
  for (const MetaGraph& graph : model.meta_graphs) {
    *message.add_meta_graphs() = graph.def();
  }
  return message;
}

}  // namespace

StatusOr<SavedModel> SavedModel::Parse(std::string_view bytes) {
  proto::SavedModel message;
  if (bytes.size() > MetaGraph::kMaxBytes) {
    return DataLossError(StrCat("a SavedModel cannot take ",
                                WithThousands(bytes.size()), " bytes"));
  }
  std::string error;
  if (!ParseBinary(bytes, &message)) {
    message.Clear();
    if (!ParseText(bytes, &message, &error)) {
      return DataLossError(StrCat("not a SavedModel message (", bytes.size(),
                                  " bytes), nor the text of one (", error,
                                  ")"));
    }
  }
  if (message.meta_graphs_size() == 0) {
    return DataLossError("a SavedModel without meta graphs");
  }
  SavedModel model;
  model.schema_version = message.saved_model_schema_version();
  for (proto::MetaGraphDef& def : *message.mutable_meta_graphs()) {
    model.meta_graphs.emplace_back(
        std::make_unique<proto::MetaGraphDef>(std::move(def)));
  }
  message.GetReflection()->GetUnknownFields(message).SerializeToString(
      &model.unknown_fields);
  return model;
}

StatusOr<SavedModel> SavedModel::Read(FileSystem& fs, const std::string& path) {
  std::string file = path;
  if (fs.IsDirectory(path)) {
    file = JoinPath(path, kBinaryName);
    if (!fs.Exists(file)) file = JoinPath(path, kTextName);
    if (!fs.Exists(file)) {
      return NotFoundError(StrCat("SavedModel file does not exist at: ", path,
                                  "/{", kTextName, "|", kBinaryName, "}"));
    }
  }
  CAIRN_ASSIGN_OR_RETURN(const std::string bytes,
                         fs.ReadFile(file, MetaGraph::kMaxBytes));
  auto model = Parse(bytes);
  if (!model.ok()) return Annotate(model.status(), Escape(file, 4096));
  return model;
}

StatusOr<size_t> SavedModel::Find(std::span<const std::string> tags) const {
  const std::set<std::string> wanted(tags.begin(), tags.end());
  std::vector<std::string> available;
  for (size_t i = 0; i < meta_graphs.size(); ++i) {
    const std::vector<std::string> own = meta_graphs[i].info().tags;
    if (std::set<std::string>(own.begin(), own.end()) == wanted) return i;
    available.push_back(TagsText(own));
  }
  return NotFoundError(
      StrCat("MetaGraphDef associated with tags ", TagsText(tags),
             " could not be found in SavedModel; available tags are ",
             Join(available, ", ")));
}

std::string SavedModel::Serialize() const {
  return SerializeMessage(ToMessage(*this));
}

StatusOr<std::string> SavedModel::SerializeAsText() const {
  return PrintMessage(ToMessage(*this));
}

}  // namespace cairn::graph
