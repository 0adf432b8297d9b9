// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// cairn_peer: does the jobs that tf_peer.py lets TensorFlow do, so that tests
// can compare what comes out.
//
// Each line of standard input is a JSON list of jobs, each line of standard
// output the list of their results; {"error": {"type", "text"}} for a job that
// failed. Keys and texts are hexadecimal, for they may be any bytes.
//
//   {"do": "write", "prefix", "format": "v2" | "v1", "shards", "endian",
//    "alignment", "blob", "tensors": [{"key", "dtype", "shape", "spec", "at",
//    "size" | "lengths", "shard"}]}
//        the elements are the bytes of the file `blob` from `at` on; with a
//        `spec` ("0,2:-") a piece of a tensor of `shape`
//   {"do": "merge", "inputs": [prefix], "prefix", "allow_missing"}
//   {"do": "read", "prefix", "format", "tensors": [{"key", "dtype", "shape",
//    "spec"}], "strings": true}
//        {"values": [{"shape", "sha256", "strings": [{"length", "sha256"}]}]}
//   {"do": "list", "prefix"}
//        {"tensors": [{"key", "dtype", "shape", "sha256", "slices"}]}
//   {"do": "saver_save", "path", "variables", "options": {"sharded",
//    "write_version": 1 | 2, "max_to_keep"}, "steps": [number]}
//        variables: [{"name", "key"?, "parts"?, "axis"?, "devices"?, "shape",
//        "first"}]: float32 elements first, first + 1, ...; `parts` cuts it,
//        `key` renames it, part i is on device i of `devices`.
//        {"paths": [returned by each save]}
//   {"do": "saver_restore", "path", "variables", "options": {"reshape",
//    "sharded", "write_version"}}
//        {"values": {name: sha256 of the whole variable}}
//   {"do": "parse_state", "text"}
//        {"latest", "all", "times", "preserved"}, doubles by their bits
//   {"do": "print_state", "latest", "all", "times", "preserved"}
//        {"text"}
//   {"do": "get_state", "directory"}
//        {"latest"}
#include <algorithm>
#include <bit>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/endian.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/merge.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/sha256.h"
#include "cairn/inspect/source.h"
#include "cairn/saver/partitioned_variable.h"
#include "cairn/saver/saver.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/writer.h"

namespace cairn {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxBlob = uint64_t{1} << 30;

std::string FromHex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string Bits(double value) {
  if (std::isnan(value)) return "nan";
  return Hex(std::bit_cast<uint64_t>(value), 16);
}

double FromBits(const std::string& text) {
  return std::bit_cast<double>(
      static_cast<uint64_t>(std::stoull(text, nullptr, 16)));
}

// --- what tensors the jobs speak of ---

StatusOr<DataType> DtypeOf(const Json& tensor) {
  const std::string name = tensor["dtype"];
  if (const auto dtype = DataTypeFromName(name)) return *dtype;
  return InvalidArgumentError(StrCat("no dtype ", name));
}

StatusOr<Shape> ShapeOf(const Json& tensor) {
  return Shape::Create(tensor["shape"].get<std::vector<int64_t>>());
}

// The file whose bytes are the elements; a batch of jobs shares one.
class Blob {
 public:
  StatusOr<std::string_view> Get(const std::string& path) {
    if (path != path_) {
      CAIRN_ASSIGN_OR_RETURN(bytes_,
                             LocalFileSystem().ReadFile(path, kMaxBlob));
      path_ = path;
    }
    return bytes_;
  }

 private:
  std::string path_;
  std::string bytes_;
};

StatusOr<Tensor> MakeTensor(const Json& tensor, const Shape& shape,
                            std::string_view blob) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, DtypeOf(tensor));
  size_t at = tensor["at"];
  if (!tensor.contains("lengths")) {
    CAIRN_ASSIGN_OR_RETURN(
        const TensorView view,
        TensorView::Create(dtype, shape, blob.substr(at, tensor["size"])));
    return Tensor::CopyOf(view);
  }
  std::vector<std::string> values;
  for (const size_t length : tensor["lengths"]) {
    values.emplace_back(blob.substr(at, length));
    at += length;
  }
  return Tensor::OfStrings(shape, std::move(values), dtype);
}

std::string Digest(const TensorView& tensor) {
  inspect::Sha256 sha;
  if (tensor.holds_strings()) {
    for (const std::string& text : tensor.strings()) {
      std::string length;
      PutFixed64(length, text.size());
      sha.Update(length);
      sha.Update(text);
    }
  } else {
    sha.Update(tensor.bytes());
  }
  return sha.HexDigest();
}

Json DimsOf(const Shape& shape) {
  return std::vector<int64_t>(shape.dims().begin(), shape.dims().end());
}

// --- writing ---

// What a tensor of a job is written with.
struct Addition {
  std::string key;
  Shape shape;  // of the whole tensor
  std::optional<TensorSlice> slice;
  int32_t shard = 0;
  Tensor value;
};

StatusOr<Addition> MakeAddition(const Json& tensor, std::string_view blob) {
  Addition addition;
  addition.key = FromHex(tensor["key"]);
  addition.shard = tensor.value("shard", 0);
  CAIRN_ASSIGN_OR_RETURN(addition.shape, ShapeOf(tensor));
  Shape part = addition.shape;
  if (tensor.contains("spec")) {
    CAIRN_ASSIGN_OR_RETURN(
        addition.slice, TensorSlice::Parse(tensor["spec"].get<std::string>()));
    CAIRN_ASSIGN_OR_RETURN(part, addition.slice->Apply(addition.shape));
  }
  CAIRN_ASSIGN_OR_RETURN(addition.value, MakeTensor(tensor, part, blob));
  return addition;
}

Status WriteBundle(const Json& job, std::string_view blob) {
  const std::string prefix = job["prefix"];
  bundle::BundleWriterOptions options;
  options.data_alignment = job.value("alignment", 1);
  options.min_shards = std::max(job.value("shards", 1), 1);
  if (job.value("endian", "little") == "big") {
    options.endianness = bundle::Endianness::kBig;
  }
  Commit commit(LocalFileSystem(), prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         bundle::BundleWriter::Create(commit, prefix, options));
  for (const Json& tensor : job["tensors"]) {
    CAIRN_ASSIGN_OR_RETURN(const Addition a, MakeAddition(tensor, blob));
    CAIRN_RETURN_IF_ERROR(
        a.slice ? writer->AddSlice(a.key, a.shape, *a.slice, a.value, a.shard)
                : writer->Add(a.key, a.value, a.shard));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

// `shards` 0 or absent: the single file `prefix`.
Status WriteV1(const Json& job, std::string_view blob) {
  const std::string prefix = job["prefix"];
  const int32_t shards = job.value("shards", 0);
  Commit commit(LocalFileSystem(), prefix);
  std::vector<std::unique_ptr<v1::V1Writer>> writers;
  for (int32_t i = 0; i < std::max(shards, 1); ++i) {
    CAIRN_ASSIGN_OR_RETURN(
        auto writer,
        v1::V1Writer::Create(
            commit,
            shards == 0 ? prefix : cairn::ShardedFilename(prefix, i, shards)));
    writers.push_back(std::move(writer));
  }
  for (const Json& tensor : job["tensors"]) {
    CAIRN_ASSIGN_OR_RETURN(const Addition a, MakeAddition(tensor, blob));
    auto& writer = *writers[static_cast<size_t>(a.shard)];
    CAIRN_RETURN_IF_ERROR(
        a.slice ? writer.AddSlice(a.key, a.shape, *a.slice, a.value)
                : writer.Add(a.key, a.value));
  }
  for (const auto& writer : writers) CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

StatusOr<Json> Write(const Json& job) {
  static Blob blob;
  CAIRN_ASSIGN_OR_RETURN(const std::string_view bytes, blob.Get(job["blob"]));
  CAIRN_RETURN_IF_ERROR(job.value("format", "v2") == "v1"
                            ? WriteV1(job, bytes)
                            : WriteBundle(job, bytes));
  return Json::object();
}

StatusOr<Json> Merge(const Json& job) {
  CAIRN_RETURN_IF_ERROR(bundle::MergeBundles(
      LocalFileSystem(), job["inputs"].get<std::vector<std::string>>(),
      job["prefix"].get<std::string>(),
      {.allow_missing_inputs = job.value("allow_missing", false),
       .delete_inputs = true,
       .delete_input_directories = true}));
  return Json::object();
}

// --- reading ---

// A checkpoint of either format.
class Opened {
 public:
  static StatusOr<Opened> Open(const Json& job) {
    const std::string path = job["prefix"];
    FileSystem& fs = LocalFileSystem();
    Opened opened;
    if (job["format"] == "v1") {
      CAIRN_ASSIGN_OR_RETURN(opened.v1_, v1::V1Reader::Open(fs, path));
    } else {
      CAIRN_ASSIGN_OR_RETURN(opened.bundle_,
                             bundle::BundleReader::Open(fs, path));
    }
    return opened;
  }

  StatusOr<Tensor> Read(const Json& tensor) const {
    const std::string key = FromHex(tensor["key"]);
    if (!tensor.contains("spec")) {
      return v1_ ? v1_->Read(key) : bundle_->Read(key);
    }
    CAIRN_ASSIGN_OR_RETURN(
        const TensorSlice slice,
        TensorSlice::Parse(tensor["spec"].get<std::string>()));
    return v1_ ? v1_->ReadSlice(key, slice) : bundle_->ReadSlice(key, slice);
  }

 private:
  std::unique_ptr<bundle::BundleReader> bundle_;
  std::unique_ptr<v1::V1Reader> v1_;
};

Json ErrorJson(const Status& status) {
  return {{"error",
           {{"type", absl::StatusCodeToString(status.code())},
            {"text", Message(status)}}}};
}

StatusOr<Json> ReadValue(const Opened& checkpoint, const Json& tensor,
                         bool strings) {
  CAIRN_ASSIGN_OR_RETURN(const Tensor value, checkpoint.Read(tensor));
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, DtypeOf(tensor));
  if (value.dtype() != dtype) {
    return InvalidArgumentError(StrCat("has dtype ",
                                       DataTypeName(value.dtype()),
                                       ", expected ", DataTypeName(dtype)));
  }
  Json result = {{"shape", DimsOf(value.shape())}, {"sha256", Digest(value)}};
  if (strings && value.dtype() == DataType::kString) {
    result["strings"] = Json::array();
    for (const std::string& text : value.strings()) {
      inspect::Sha256 sha;
      sha.Update(text);
      result["strings"].push_back(
          {{"length", text.size()}, {"sha256", sha.HexDigest()}});
    }
  }
  return result;
}

StatusOr<Json> Read(const Json& job) {
  CAIRN_ASSIGN_OR_RETURN(const Opened checkpoint, Opened::Open(job));
  Json values = Json::array();
  for (const Json& tensor : job["tensors"]) {
    const StatusOr<Json> value =
        ReadValue(checkpoint, tensor, job.value("strings", false));
    values.push_back(value.ok() ? *value : ErrorJson(value.status()));
  }
  return Json{{"values", std::move(values)}};
}

StatusOr<Json> List(const Json& job) {
  FileSystem& fs = LocalFileSystem();
  CAIRN_ASSIGN_OR_RETURN(const auto target,
                         inspect::LocateCheckpoint(fs, job["prefix"]));
  CAIRN_ASSIGN_OR_RETURN(const auto source,
                         inspect::CheckpointSource::Open(fs, target));
  Json tensors = Json::array();
  const auto it = source->NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const inspect::Entry entry, it->entry());
    Json tensor = {{"key", HexBytes(entry.key)},
                   {"dtype", DataTypeEnumName(entry.dtype)},
                   {"shape", DimsOf(entry.shape)}};
    const auto sha = inspect::TensorSha256(*source, entry);
    if (sha.ok()) {
      tensor["sha256"] = *sha;
    } else {
      tensor.update(ErrorJson(sha.status()));
    }
    for (const inspect::Piece& piece : entry.pieces) {
      tensor["slices"].push_back(piece.slice.ToString());
    }
    tensors.push_back(std::move(tensor));
  }
  CAIRN_RETURN_IF_ERROR(it->status());
  return Json{{"tensors", std::move(tensors)}};
}

// --- tf1's Saver ---

// The variables of a job; those in parts have as many owners.
class Model {
 public:
  Status Add(const Json& variable) {
    CAIRN_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(variable));
    CAIRN_ASSIGN_OR_RETURN(Tensor value,
                           Tensor::Create(DataType::kFloat, shape));
    float next = variable.value("first", 0.0f);
    for (float& element : value.data<float>()) element = next++;
    const std::string name = variable["name"];
    const auto devices = variable.value("devices", std::vector<std::string>());
    const std::string key = variable.value("key", name);
    if (!variable.contains("parts")) {
      whole_.push_back(std::make_unique<Variable>(name, std::move(value)));
      items_.push_back(saver::SaverItem::Named(
          key, saver::SaverPart::Of(*whole_.back(),
                                    devices.empty() ? "" : devices[0])));
      return OkStatus();
    }
    CAIRN_ASSIGN_OR_RETURN(
        auto parts, saver::PartitionedVariable::Create(
                        name, value, variable["axis"], variable["parts"]));
    items_.push_back(saver::SaverItem::Slices(key, parts->parts(devices)));
    parts_.push_back(std::move(parts));
    return OkStatus();
  }

  const std::vector<saver::SaverItem>& items() const { return items_; }

  StatusOr<Json> Digests() const {
    Json digests = Json::object();
    for (const auto& v : whole_) digests[v->name()] = Digest(v->value());
    for (const auto& v : parts_) {
      CAIRN_ASSIGN_OR_RETURN(const Tensor whole, v->Whole());
      digests[v->name()] = Digest(whole);
    }
    return digests;
  }

 private:
  std::vector<std::unique_ptr<Variable>> whole_;
  std::vector<std::unique_ptr<saver::PartitionedVariable>> parts_;
  std::vector<saver::SaverItem> items_;
};

Status Fill(const Json& job, Model& model) {
  for (const Json& variable : job["variables"]) {
    CAIRN_RETURN_IF_ERROR(model.Add(variable));
  }
  return OkStatus();
}

saver::SaverOptions SaverOptionsOf(const Json& job) {
  saver::SaverOptions options;
  const Json& given = job["options"];
  options.sharded = given.value("sharded", false);
  options.reshape = given.value("reshape", false);
  options.max_to_keep = given.value("max_to_keep", 5);
  if (given.value("write_version", 2) == 1) {
    options.write_version = saver::WriteVersion::kV1;
  }
  return options;
}

StatusOr<Json> SaverSave(const Json& job) {
  Model model;
  CAIRN_RETURN_IF_ERROR(Fill(job, model));
  CAIRN_ASSIGN_OR_RETURN(
      auto saver, saver::Saver::CreateFromItems(
                      LocalFileSystem(), model.items(), SaverOptionsOf(job)));
  Json paths = Json::array();
  for (const int64_t step : job["steps"]) {
    CAIRN_ASSIGN_OR_RETURN(const std::string path,
                           saver->Save(job["path"], {.global_step = step}));
    paths.push_back(path);
  }
  return Json{{"paths", std::move(paths)}};
}

StatusOr<Json> SaverRestore(const Json& job) {
  Model model;
  CAIRN_RETURN_IF_ERROR(Fill(job, model));
  CAIRN_ASSIGN_OR_RETURN(
      auto saver, saver::Saver::CreateFromItems(
                      LocalFileSystem(), model.items(), SaverOptionsOf(job)));
  CAIRN_RETURN_IF_ERROR(saver->Restore(job["path"]));
  CAIRN_ASSIGN_OR_RETURN(Json values, model.Digests());
  return Json{{"values", std::move(values)}};
}

// --- the checkpoint file ---

StatusOr<Json> ParseState(const Json& job) {
  CAIRN_ASSIGN_OR_RETURN(const auto state,
                         state::ParseCheckpointState(FromHex(job["text"])));
  Json all = Json::array();
  for (const std::string& path : state.all_model_checkpoint_paths) {
    all.push_back(HexBytes(path));
  }
  Json times = Json::array();
  for (const double time : state.all_model_checkpoint_timestamps) {
    times.push_back(Bits(time));
  }
  return Json{{"latest", HexBytes(state.model_checkpoint_path)},
              {"all", std::move(all)},
              {"times", std::move(times)},
              {"preserved", Bits(state.last_preserved_timestamp)}};
}

StatusOr<Json> PrintState(const Json& job) {
  state::CheckpointState state;
  state.model_checkpoint_path = FromHex(job["latest"]);
  for (const Json& path : job["all"]) {
    state.all_model_checkpoint_paths.push_back(FromHex(path));
  }
  for (const Json& time : job["times"]) {
    state.all_model_checkpoint_timestamps.push_back(FromBits(time));
  }
  if (job.contains("preserved")) {
    state.last_preserved_timestamp = FromBits(job["preserved"]);
  }
  return Json{{"text", HexBytes(state::FormatCheckpointState(state))}};
}

StatusOr<Json> GetState(const Json& job) {
  CAIRN_ASSIGN_OR_RETURN(
      const auto state,
      state::GetCheckpointState(LocalFileSystem(), job["directory"]));
  return Json{{"latest", state.model_checkpoint_path}};
}

Json Do(const Json& job) {
  static const std::map<std::string, StatusOr<Json> (*)(const Json&)> kJobs = {
      {"get_state", GetState},
      {"list", List},
      {"merge", Merge},
      {"parse_state", ParseState},
      {"read", Read},
      {"print_state", PrintState},
      {"saver_save", SaverSave},
      {"saver_restore", SaverRestore},
      {"write", Write}};
  const StatusOr<Json> result = kJobs.at(job["do"])(job);
  return result.ok() ? *result : ErrorJson(result.status());
}

int Main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    Json results = Json::array();
    for (const Json& job : Json::parse(line)) results.push_back(Do(job));
    std::cout << results.dump(-1, ' ', false, Json::error_handler_t::replace)
              << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace cairn

int main() { return cairn::Main(); }
