// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// cairn_objects: the C++ side of test_objects.py. One JSON list of jobs on
// standard input, the list of their results on standard output; a job that
// fails ends the program.
//
//   {"do": "optimize", "optimizer", "layout", "options": {...}, "variables":
//    [{"edge", "name", "values"}], "steps": [[gradients by variable]],
//    "restore", "save"}
//        restores if there is a path, takes the steps, saves; the values
//   {"do": "containers", "restore", "save"}
//        the objects of test_objects.py's `containers`
//   {"do": "mirror", "from", "to"}
//        makes objects of the checkpoint's own object graph, restores it into
//        them, with all asserts, and writes them
//   {"do": "shards", "to", "bytes", "variables": [{"edge", "dtype", "shape",
//    "strings"}]}
//   {"do": "model", ...}
//        keras_models.h
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/nn/optimizer.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_view.h"
#include "cairn/object/test_stored_node.h"
#include "cairn/tensor/containers.h"
#include "cairn/tensor/custom_value.h"
#include "cairn/tensor/hash_table.h"
#include "cairn/tensor/random_generator.h"
#include "cairn/tensor/sharded_variable.h"
#include "cairn/tensor/variable.h"
#include "keras_models.h"

namespace cairn {
namespace {

using Json = nlohmann::json;
using object::Checkpoint;
using object::ObjectGraph;

Tensor Floats(const std::vector<float>& values) {
  return *Tensor::CopyOf(TensorView::Of<float>(
      Shape{static_cast<int64_t>(values.size())}, values.data()));
}

// Owns objects of any class.
class Arena {
 public:
  template <typename T, typename... Arguments>
  T* Make(Arguments&&... arguments) {
    auto made = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    T* const result = made.get();
    objects_.push_back(std::move(made));
    return result;
  }

 private:
  std::vector<std::unique_ptr<Trackable>> objects_;
};

// --- optimize ---

nn::OptimizerLayout LayoutOf(const std::string& name) {
  if (name == "keras2") return nn::OptimizerLayout::kKeras2;
  if (name == "keras3") return nn::OptimizerLayout::kKeras3;
  return nn::OptimizerLayout::kLegacy;
}

std::unique_ptr<nn::Optimizer> MakeOptimizer(const Json& job) {
  const Json& o = job["options"];
  const nn::OptimizerLayout layout = LayoutOf(job["layout"]);
  const std::string name = job["optimizer"];
  if (name == "sgd") {
    return std::make_unique<nn::Sgd>(
        nn::SgdOptions{.learning_rate = o.value("learning_rate", 0.01f),
                       .momentum = o.value("momentum", 0.0f),
                       .nesterov = o.value("nesterov", false),
                       .decay = o.value("decay", 0.0f),
                       .layout = layout});
  }
  if (name == "rmsprop") {
    return std::make_unique<nn::Rmsprop>(
        nn::RmspropOptions{.learning_rate = o.value("learning_rate", 0.001f),
                           .rho = o.value("rho", 0.9f),
                           .momentum = o.value("momentum", 0.0f),
                           .centered = o.value("centered", false),
                           .decay = o.value("decay", 0.0f),
                           .layout = layout});
  }
  return std::make_unique<nn::Adam>(
      nn::AdamOptions{.learning_rate = o.value("learning_rate", 0.001f),
                      .decay = o.value("decay", 0.0f),
                      .amsgrad = o.value("amsgrad", false),
                      .layout = layout});
}

StatusOr<Json> Optimize(FileSystem& fs, const Json& job) {
  Arena arena;
  const auto optimizer = MakeOptimizer(job);
  std::vector<TrackableEdge> edges = {{"optimizer", optimizer.get()}};
  std::vector<Variable*> variables;
  for (const Json& v : job["variables"]) {
    variables.push_back(
        arena.Make<Variable>(v["name"].get<std::string>(),
                             Floats(v["values"].get<std::vector<float>>())));
    if (v.contains("edge")) edges.push_back({v["edge"], variables.back()});
  }
  Checkpoint checkpoint(fs, edges);
  if (job.contains("restore")) {
    CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                           checkpoint.Read(job["restore"].get<std::string>()));
    // Only now do the lists of an optimizer get their variables.
    CAIRN_RETURN_IF_ERROR(optimizer->Build(variables));
    CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  }
  for (const auto& step : job["steps"]) {
    const auto gradients = step.get<std::vector<std::vector<float>>>();
    std::vector<nn::GradientAndVariable> pairs;
    for (size_t i = 0; i < variables.size(); ++i) {
      pairs.push_back({gradients[i], variables[i]});
    }
    CAIRN_RETURN_IF_ERROR(optimizer->Apply(pairs));
  }
  CAIRN_RETURN_IF_ERROR(
      checkpoint.Write(job["save"].get<std::string>()).status());
  Json values = Json::array();
  for (const Variable* v : variables) {
    const auto data = v->data<float>();
    values.push_back(std::vector<float>(data.begin(), data.end()));
  }
  return Json{{"values", values}, {"iterations", optimizer->iterations()}};
}

// --- containers ---

StatusOr<Json> Containers(FileSystem& fs, const Json& job) {
  Arena arena;
  const auto var = [&](float value) {
    return arena.Make<Variable>("Variable", Tensor::Scalar(value));
  };
  List inner{var(7)};
  Dict dict{{"b", var(4)}, {"c/d", var(5)}, {"e.f", &inner}};
  List list{var(1), Element::Plain(2), var(3)};
  Tuple tuple{var(8), &list};
  NamedTuple named{{"left", var(9)}, {"right", &inner}};
  Variable top("part_0", *Tensor::Create(DataType::kFloat, {1, 2}));
  Variable bottom("part_1", *Tensor::Create(DataType::kFloat, {2, 2}));
  for (Variable* part : {&top, &bottom}) {
    for (float& x : part->data<float>()) x = 10;
  }
  ShardedVariable sharded("emb", {&top, &bottom});
  HashTable<std::string, int64_t> table(-1);
  table.Insert("one", 1);
  std::string text = "state";
  CustomObject state({StringState([&] { return text; },
                                  [&](const std::string& value) {
                                    text = value;
                                    return OkStatus();
                                  })});
  RandomGeneratorState generator;
  Variable grown({.name = "grown", .shape = {PartialShape::kUnknown}});
  CAIRN_RETURN_IF_ERROR(grown.Assign(Floats({1, 2, 3})));
  Checkpoint checkpoint(fs, {{"dict", &dict},
                             {"tuple", &tuple},
                             {"named", &named},
                             {"sharded", &sharded},
                             {"table", &table},
                             {"state", &state},
                             {"generator", &generator},
                             {"grown", &grown}});
  if (job.contains("restore")) {
    CAIRN_ASSIGN_OR_RETURN(
        const object::LoadStatus status,
        checkpoint.Restore(job["restore"].get<std::string>()));
    CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  }
  CAIRN_RETURN_IF_ERROR(
      checkpoint.Write(job["save"].get<std::string>()).status());
  const auto grown_data = std::as_const(grown).data<float>();
  return Json{
      {"table", table.Find("two")},
      {"state", text},
      {"counter", generator.words()[0]},
      {"row", bottom.data<float>()[3]},
      {"grown", std::vector<float>(grown_data.begin(), grown_data.end())}};
}

// --- mirror ---

// An object for the node: a variable of its dtype and shape, or one without
// values.
StatusOr<Trackable*> ObjectFor(const ObjectGraph::Node& node,
                               const bundle::BundleReader& reader,
                               Arena& arena) {
  if (node.attributes.empty()) return arena.Make<object::StoredNode>();
  const ObjectGraph::Attribute& attribute = node.attributes[0];
  CAIRN_ASSIGN_OR_RETURN(const bundle::BundleEntry entry,
                         reader.Lookup(attribute.checkpoint_key));
  return arena.Make<Variable>(VariableSpec{.name = attribute.full_name,
                                           .dtype = entry.dtype,
                                           .shape = PartialShape(entry.shape)});
}

StatusOr<Json> Mirror(FileSystem& fs, const Json& job) {
  const std::string from = job["from"];
  CAIRN_ASSIGN_OR_RETURN(const auto view,
                         object::CheckpointView::Open(fs, from));
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, from));
  const std::vector<ObjectGraph::Node>& nodes = view.graph().nodes;
  Arena arena;
  std::vector<Trackable*> objects;
  for (const ObjectGraph::Node& node : nodes) {
    CAIRN_ASSIGN_OR_RETURN(Trackable* const made,
                           ObjectFor(node, *reader, arena));
    objects.push_back(made);
  }
  CAIRN_RETURN_IF_ERROR(object::LinkAsStored(view.graph(), objects));
  Checkpoint checkpoint(fs, *objects[0]);
  CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                         checkpoint.Read(from));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  CAIRN_RETURN_IF_ERROR(status.AssertExistingObjectsMatched());
  CAIRN_RETURN_IF_ERROR(status.AssertNontrivialMatch());
  // Without the Checkpoint's own edge "root": what is written is the graph.
  Checkpoint plain(fs, objects[0]->Children());
  const bool has_counter = objects[0]->Child("save_counter") != nullptr;
  Checkpoint& writer = has_counter ? checkpoint : plain;
  CAIRN_RETURN_IF_ERROR(writer.Write(job["to"].get<std::string>()).status());
  return Json{{"nodes", nodes.size()},
              {"matched", status.Report().matched.size()}};
}

// --- shards ---

StatusOr<Json> Shards(FileSystem& fs, const Json& job) {
  Arena arena;
  std::vector<TrackableEdge> edges;
  for (const Json& v : job["variables"]) {
    CAIRN_ASSIGN_OR_RETURN(
        Shape shape, Shape::Create(v["shape"].get<std::vector<int64_t>>()));
    Tensor value;
    if (v.contains("strings")) {
      CAIRN_ASSIGN_OR_RETURN(
          value, Tensor::OfStrings(
                     shape, v["strings"].get<std::vector<std::string>>()));
    } else {
      const std::map<std::string, DataType> dtypes = {
          {"float32", DataType::kFloat},
          {"int64", DataType::kInt64},
          {"float16", DataType::kHalf},
          {"uint8", DataType::kUint8}};
      CAIRN_ASSIGN_OR_RETURN(value,
                             Tensor::Create(dtypes.at(v["dtype"]), shape));
      // The bytes count up, so that a wrong place shows.
      unsigned char next = 0;
      for (char& byte : value.mutable_bytes()) {
        byte = static_cast<char>(next++ % 60);
      }
    }
    edges.push_back(
        {v["edge"], arena.Make<Variable>("Variable", std::move(value))});
  }
  Checkpoint checkpoint(fs, edges);
  const object::SaveOptions options{
      .sharding = object::MaxShardSize(job["bytes"].get<int64_t>()),
      .threads = 2};
  const Status status =
      checkpoint.Write(job["to"].get<std::string>(), options).status();
  return Json{{"refused", !status.ok()}, {"text", status.ToString()}};
}

StatusOr<Json> Do(FileSystem& fs, const Json& job) {
  const std::string what = job["do"];
  if (what == "optimize") return Optimize(fs, job);
  if (what == "containers") return Containers(fs, job);
  if (what == "mirror") return Mirror(fs, job);
  if (what == "shards") return Shards(fs, job);
  if (what == "model") return RunModel(fs, job);
  return InvalidArgumentError(StrCat("no job ", what));
}

int Main() {
  const Json jobs = Json::parse(std::cin);
  Json results = Json::array();
  for (const Json& job : jobs) {
    StatusOr<Json> result = Do(LocalFileSystem(), job);
    if (!result.ok()) {
      std::cerr << job.dump().substr(0, 300) << "\n" << result.status() << "\n";
      return 1;
    }
    results.push_back(*std::move(result));
  }
  std::cout << results.dump() << "\n";
  return 0;
}

}  // namespace
}  // namespace cairn

int main() { return cairn::Main(); }
