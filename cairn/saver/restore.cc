// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Restoring is all or nothing: names, dtypes and shapes of all variables are
// compared before anything is read, and all is read, checksums verified, before
// the first variable changes. What follows cannot fail.
//
// What a hostile file can do, and what stops it:
//   everything a bundle can       bundle/reader.cc
//   an object graph that is none, or whose keys are not in the checkpoint
//                                 DataLoss; NotFound
//   two objects of one full name  the later one is taken, as in TensorFlow
//   millions of near names        only the nearest few are kept
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/proto/trackable_object_graph.pb.h"
#include "cairn/saver/saver.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::saver {
namespace {

using bundle::BundleReader;

constexpr std::string_view kIndexSuffix = ".index";
constexpr std::string_view kDataPart = ".data-";
constexpr std::string_view kMetaSuffix = ".meta";
constexpr std::string_view kObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
// The last 8 bytes of every table file, V1 checkpoints among them.
constexpr std::string_view kTableMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
// How often to start over when the checkpoint is being replaced meanwhile.
constexpr int kMaxAttempts = 5;
// Names listed in a message.
constexpr size_t kMaxNamesListed = 20;

// A variable and the key its value is stored under.
struct Wanted {
  std::string key;
  Variable* variable;
};

// As TensorFlow's C++ names types in messages: "float" for DT_FLOAT.
std::string KernelTypeName(DataType dtype) {
  std::string name = DataTypeEnumName(dtype);
  if (name.starts_with("DT_")) name.erase(0, 3);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

std::string NameList(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kMaxNamesListed) {
      shown.push_back(StrCat("... ", names.size() - shown.size(), " more"));
      break;
    }
    shown.push_back(Escape(name));
  }
  return Join(shown, ", ");
}

bool IsTableFile(FileSystem& fs, const std::string& path) {
  const auto file = fs.OpenForReading(path);
  if (!file.ok() || (*file)->size() < kTableMagic.size()) return false;
  char magic[kTableMagic.size()];
  return (*file)
             ->ReadAt((*file)->size() - sizeof magic, sizeof magic, magic)
             .ok() &&
         std::string_view(magic, sizeof magic) == kTableMagic;
}

// The prefix of which `path` is a file; "" if there is no such checkpoint.
std::string PrefixOfFile(FileSystem& fs, const std::string& path) {
  for (std::string_view part : {kIndexSuffix, kDataPart, kMetaSuffix}) {
    const size_t at = path.rfind(part);
    if (at == std::string::npos) continue;
    const std::string prefix = path.substr(0, at);
    if (fs.Exists(prefix + std::string(kIndexSuffix))) return prefix;
  }
  return "";
}

// Why there is no bundle of prefix `path`.
Status NoCheckpoint(FileSystem& fs, const std::string& path) {
  const StatusOr<FileInfo> info = fs.Stat(path);
  if (path.empty() || !info.ok()) {
    return NotFoundError(StrCat(
        "The passed save_path is not a valid checkpoint: ", Escape(path)));
  }
  std::string why = "it is a directory";
  if (info->kind != FileInfo::Kind::kDirectory) {
    if (IsTableFile(fs, path)) {
      return UnimplementedError(
          StrCat(Escape(path),
                 ": a checkpoint of the older format V1, which this version "
                 "does not read"));
    }
    why = "not an sstable (bad magic number)";
  }
  const std::string prefix = PrefixOfFile(fs, path);
  return DataLossError(
      StrCat("Unable to open table file ", Escape(path), ": ", why,
             prefix.empty() ? ""
                            : StrCat("; it is a file of the checkpoint ",
                                     Escape(prefix), ": give that name")));
}

StatusOr<std::unique_ptr<BundleReader>> OpenCheckpoint(FileSystem& fs,
                                                       const std::string& path,
                                                       std::string* note) {
  auto reader = BundleReader::Open(fs, path);
  if (!absl::IsNotFound(reader.status())) return reader;
  if (path.ends_with(kIndexSuffix)) {
    const std::string prefix = PrefixOfFile(fs, path);
    auto stripped = BundleReader::Open(fs, prefix);
    if (!prefix.empty() && !absl::IsNotFound(stripped.status())) {
      if (note != nullptr) {
        *note = StrCat(Escape(path), " is a file of the checkpoint ",
                       Escape(prefix), ", which was read");
      }
      return stripped;
    }
  }
  return NoCheckpoint(fs, path);
}

Status MissingKeysError(const BundleReader& reader,
                        const std::vector<std::string>& missing) {
  NearNames near(missing.front());
  for (auto it = reader.NewIterator(); it->Valid(); it->Next()) {
    if (!IsSliceKey(it->key())) near.Consider(it->key());
  }
  std::string text =
      StrCat(Escape(reader.prefix()), ": Key ", Escape(missing.front()),
             " not found in checkpoint", near.Hint());
  if (missing.size() > 1) {
    text += StrCat(" (", missing.size(),
                   " keys are missing: ", NameList(missing), ")");
  }
  return NotFoundError(text);
}

// Full name -> key of the values in an object-based checkpoint.
StatusOr<std::map<std::string, std::string>> ReadFullNames(
    const BundleReader& reader) {
  const auto damaged = [&](std::string_view what) {
    return DataLossError(
        StrCat(Escape(reader.prefix()), ": ", kObjectGraphKey, " ", what));
  };
  CAIRN_ASSIGN_OR_RETURN(const Tensor tensor, reader.Read(kObjectGraphKey));
  if (tensor.dtype() != DataType::kString || tensor.num_elements() != 1) {
    return damaged("is not one string");
  }
  proto::TrackableObjectGraph graph;
  if (!graph.ParseFromString(tensor.strings()[0])) {
    return damaged("is no object graph");
  }
  std::map<std::string, std::string> keys;
  for (const auto& node : graph.nodes()) {
    for (const auto& attribute : node.attributes()) {
      // Only variables have full names.
      if (attribute.full_name().empty()) continue;
      keys[attribute.full_name()] = attribute.checkpoint_key();
    }
  }
  return keys;
}

// Replaces each wanted name by the key of the object that has it as full name.
Status MapByFullNames(const BundleReader& reader, std::vector<Wanted>& wanted) {
  CAIRN_ASSIGN_OR_RETURN(auto keys, ReadFullNames(reader));
  std::vector<std::string> missing;
  std::set<std::string> names;
  for (Wanted& w : wanted) {
    names.insert(w.key);
    const auto it = keys.find(w.key);
    if (it == keys.end()) {
      missing.push_back(w.key);
    } else {
      w.key = it->second;
    }
  }
  if (missing.empty()) return OkStatus();
  std::vector<std::string> extra;
  for (const auto& [name, key] : keys) {
    if (!names.contains(name)) extra.push_back(name);
  }
  return NotFoundError(StrCat(
      Escape(reader.prefix()),
      ": an object-based checkpoint, read by variable names.\n\n"
      "Existing variables not in the checkpoint: ",
      NameList(missing),
      "\n\nVariables names when this checkpoint was written which don't exist "
      "now: ",
      NameList(extra), "\n\n(", wanted.size() - missing.size(),
      " variable name(s) did match)"));
}

// Dtype and shape must be the variable's.
Status CheckEntry(const BundleReader& reader, const Wanted& wanted) {
  const auto entry = reader.Lookup(wanted.key);
  if (absl::IsNotFound(entry.status())) {
    return MissingKeysError(reader, {wanted.key});
  }
  CAIRN_RETURN_IF_ERROR(entry.status());
  const Variable& variable = *wanted.variable;
  const std::string where = StrCat(
      Escape(reader.prefix()), ": tensor_name = ", Escape(wanted.key), "; ");
  if (entry->dtype != variable.dtype()) {
    return InvalidArgumentError(StrCat(
        where, "expected dtype ", KernelTypeName(variable.dtype()),
        " does not equal original dtype ", KernelTypeName(entry->dtype)));
  }
  if (!(entry->shape == variable.shape())) {
    return InvalidArgumentError(StrCat(
        where,
        "Assign requires shapes of both tensors to match. lhs "
        "shape= ",
        variable.shape().ToString(), " rhs shape= ", entry->shape.ToString()));
  }
  return OkStatus();
}

Status RestoreOnce(FileSystem& fs, const std::string& path,
                   std::vector<Wanted> wanted, std::string* note) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader, OpenCheckpoint(fs, path, note));
  std::vector<std::string> missing;
  for (const Wanted& w : wanted) {
    if (!reader->Contains(w.key)) missing.push_back(w.key);
  }
  if (!missing.empty()) {
    if (!reader->Contains(kObjectGraphKey)) {
      return MissingKeysError(*reader, missing);
    }
    CAIRN_RETURN_IF_ERROR(MapByFullNames(*reader, wanted));
  }
  for (const Wanted& w : wanted) CAIRN_RETURN_IF_ERROR(CheckEntry(*reader, w));

  std::vector<Tensor> values;
  for (const Wanted& w : wanted) {
    CAIRN_ASSIGN_OR_RETURN(Tensor value, reader->Read(w.key));
    values.push_back(std::move(value));
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    // Moves memory; dtype and shape are known to fit.
    CAIRN_RETURN_IF_ERROR(wanted[i].variable->Assign(std::move(values[i])));
  }
  return OkStatus();
}

}  // namespace

Status Saver::Restore(const std::string& path, std::string* note) {
  if (note != nullptr) note->clear();
  std::vector<Wanted> wanted;
  for (const NamedVariable& v : variables_) {
    wanted.push_back({v.name, v.variable});
  }
  Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    status = RestoreOnce(fs_, path, wanted, note);
    if (!absl::IsUnavailable(status)) break;
  }
  return status;
}

}  // namespace cairn::saver
