// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn meta collections` and `cairn meta saver`.
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/cli/graph_command.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/meta_actions.h"
#include "cairn/cli/text.h"
#include "cairn/graph/collection_text.h"
#include "cairn/graph/saver_tensors.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/source.h"
#include "cairn/tensor/dtype.h"

namespace cairn::cli {
namespace {

using graph::SaverTensor;
using Json = nlohmann::ordered_json;

// What is wrong with each name, by name; "" of those that fit.
using Comparison = std::map<std::string, std::string>;

// The shape of the whole tensor, of which `tensor` may be a part: the numbers
// before the last word of "37 4 0,13:0,4".
std::string FullShape(const SaverTensor& tensor) {
  if (tensor.shape_and_slice.empty()) return tensor.shape.ToString();
  std::vector<std::string> dims;
  for (const std::string_view word : Split(tensor.shape_and_slice, ' ')) {
    dims.emplace_back(word);
  }
  dims.pop_back();
  return StrCat("[", Join(dims, ","), "]");
}

bool IsKnown(const SaverTensor& tensor) {
  if (!tensor.shape_and_slice.empty()) return true;
  if (tensor.shape.unknown_rank) return false;
  for (const int64_t dim : tensor.shape.dims) {
    if (dim < 0) return false;
  }
  return true;
}

std::string Difference(const SaverTensor& tensor, const inspect::Entry& entry) {
  if (entry.dtype != tensor.dtype) {
    return StrCat("is ", DataTypeName(entry.dtype), " there");
  }
  const std::string there = entry.shape.ToString();
  if (IsKnown(tensor) && there != FullShape(tensor)) {
    return StrCat("is ", there, " there");
  }
  return "";
}

StatusOr<Comparison> Compare(const std::vector<SaverTensor>& tensors,
                             const inspect::CheckpointSource& source) {
  Comparison comparison;
  for (const SaverTensor& tensor : tensors) {
    const auto entry = source.Find(tensor.name);
    if (absl::IsNotFound(entry.status())) {
      comparison[tensor.name] = "is missing there";
    } else if (!entry.ok()) {
      return entry.status();
    } else {
      comparison[tensor.name] = Difference(tensor, *entry);
    }
  }
  return comparison;
}

StatusOr<std::vector<std::string>> Extra(
    const Comparison& wanted, const inspect::CheckpointSource& source) {
  std::vector<std::string> extra;
  const auto it = source.NewIterator();
  for (; it->Valid(); it->Next()) {
    std::string key(it->key());
    if (!wanted.contains(key)) extra.push_back(std::move(key));
  }
  CAIRN_RETURN_IF_ERROR(it->status());
  return extra;
}

struct SaverReport {
  graph::SaverInfo saver;
  std::vector<SaverTensor> tensors;
  bool compared = false;
  Comparison comparison;
  std::vector<std::string> extra;  // only in the checkpoint

  size_t Wrong() const {
    size_t wrong = 0;
    for (const auto& [name, what] : comparison) wrong += !what.empty();
    return wrong;
  }
};

Json TensorJson(const SaverTensor& tensor) {
  Json json = {{"name", Utf8(tensor.name)},
               {"dtype", DataTypeName(tensor.dtype)}};
  json["shape"] = tensor.shape.unknown_rank ? Json() : Json(tensor.shape.dims);
  json["shape_and_slice"] = Utf8(tensor.shape_and_slice);
  json["source"] = Utf8(tensor.source);
  json["shard"] = tensor.shard;
  return json;
}

void PrintSaverJson(const SaverReport& report, Console& console) {
  const graph::SaverInfo& saver = report.saver;
  Json json = {
      {"filename_tensor_name", Utf8(saver.filename_tensor_name)},
      {"save_tensor_name", Utf8(saver.save_tensor_name)},
      {"restore_op_name", Utf8(saver.restore_op_name)},
      {"max_to_keep", saver.max_to_keep},
      {"sharded", saver.sharded},
      {"keep_checkpoint_every_n_hours", saver.keep_checkpoint_every_n_hours},
      {"version", saver.version}};
  json["tensors"] = Json::array();
  for (const SaverTensor& tensor : report.tensors) {
    json["tensors"].push_back(TensorJson(tensor));
  }
  if (report.compared) {
    json["differences"] = Json::object();
    for (const auto& [name, what] : report.comparison) {
      if (!what.empty()) json["differences"][Utf8(name)] = what;
    }
    json["extra"] = Json::array();
    for (const std::string& name : report.extra) {
      json["extra"].push_back(Utf8(name));
    }
  }
  console.out << json.dump() << "\n";
}

void PrintSaverText(const SaverReport& report, Console& console) {
  const graph::SaverInfo& saver = report.saver;
  PrintMetaField("feed", Printable(saver.filename_tensor_name), console);
  PrintMetaField("to save", StrCat("fetch ", Printable(saver.save_tensor_name)),
                 console);
  PrintMetaField("to restore", StrCat("run ", Printable(saver.restore_op_name)),
                 console);
  PrintMetaField("keeps",
                 StrCat(saver.max_to_keep, ", and one every ",
                        saver.keep_checkpoint_every_n_hours, " hours; V",
                        saver.version, saver.sharded ? ", sharded" : ""),
                 console);
  Table table({{.head = "NAME", .limit = 60},
               {.head = "DTYPE"},
               {.head = "SHAPE"},
               {.head = "SLICE"},
               {.head = "SHARD", .align = Table::Align::kRight},
               {.head = ""}});
  std::vector<std::vector<std::string>> rows;
  for (const SaverTensor& tensor : report.tensors) {
    const auto it = report.comparison.find(tensor.name);
    rows.push_back({Printable(tensor.name), DataTypeName(tensor.dtype),
                    tensor.shape.ToString(), Printable(tensor.shape_and_slice),
                    StrCat(tensor.shard),
                    it == report.comparison.end() ? "" : it->second});
    table.Measure(rows.back());
  }
  console.out << "\n" << console.Bold(table.Head()) << "\n";
  for (const auto& row : rows) console.out << table.Row(row) << "\n";
  for (const std::string& name : report.extra) {
    console.out << Printable(name) << " is only in the checkpoint\n";
  }
  console.out << Count(report.tensors.size(), "tensor");
  if (report.compared) {
    console.out << "; " << WithThousands(report.Wrong()) << " do not fit, "
                << WithThousands(report.extra.size())
                << " only in the checkpoint";
  }
  console.out << "\n";
}

Status CompareWith(FileSystem& fs, const std::string& path, SaverReport& report,
                   Console& console) {
  CAIRN_ASSIGN_OR_RETURN(const inspect::Target target,
                         inspect::LocateCheckpoint(fs, path));
  NoteTarget(target, console);
  CAIRN_ASSIGN_OR_RETURN(const auto source,
                         inspect::CheckpointSource::Open(fs, target));
  report.compared = true;
  CAIRN_ASSIGN_OR_RETURN(report.comparison, Compare(report.tensors, *source));
  CAIRN_ASSIGN_OR_RETURN(report.extra, Extra(report.comparison, *source));
  return OkStatus();
}

}  // namespace

int ShowMetaCollections(const graph::MetaGraph& graph,
                        const MetaOptions& options, Console& console) {
  Json json = Json::object();
  for (const graph::CollectionInfo& collection : graph.collections()) {
    const auto texts = graph::CollectionTexts(graph, collection.name);
    if (options.json) {
      Json& item = json[Utf8(collection.name)];
      item["kind"] = collection.kind;
      item["elements"] = Json::array();
      for (const std::string& text : texts) {
        item["elements"].push_back(Utf8(text));
      }
      continue;
    }
    console.out << console.Bold(Printable(collection.name)) << " "
                << console.Faint(StrCat(collection.kind, ", ",
                                        Count(texts.size(), "element")))
                << "\n";
    for (const std::string& text : texts) {
      console.out << "  " << Printable(text) << "\n";
    }
  }
  if (options.json) {
    console.out << Json({{"collections", json}}).dump() << "\n";
  }
  return kExitOk;
}

int ShowMetaSaver(FileSystem& fs, const graph::MetaGraph& graph,
                  const MetaOptions& options, Console& console) {
  const auto saver = graph.saver();
  if (!saver) {
    console.Note(StrCat(options.path, ": has no Saver"));
    return kExitNo;
  }
  SaverReport report{.saver = *saver,
                     .tensors = {},
                     .compared = false,
                     .comparison = {},
                     .extra = {}};
  auto tensors = graph::SaverTensors(graph, *saver);
  if (!tensors.ok()) {
    return Report(Annotate(tensors.status(), options.path), console);
  }
  report.tensors = *std::move(tensors);
  if (!options.checkpoint.empty()) {
    const Status status = CompareWith(fs, options.checkpoint, report, console);
    if (!status.ok()) return Report(status, console);
  }
  if (options.json) {
    PrintSaverJson(report, console);
  } else {
    PrintSaverText(report, console);
  }
  return report.Wrong() == 0 ? kExitOk : kExitNo;
}

}  // namespace cairn::cli
