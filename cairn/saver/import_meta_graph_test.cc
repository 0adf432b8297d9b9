// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/import_meta_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "cairn/base/clock.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/saver/test_models.h"

namespace cairn::saver {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string MessageOf(const Status& status) {
  return std::string(status.message());
}

// Copies a checkpoint that TensorFlow made, all files of `directory` that
// start with `name`, below "in/". Returns their names and contents.
std::map<std::string, std::string> PutGolden(MemoryFileSystem& fs,
                                             const std::string& directory,
                                             const std::string& name) {
  std::map<std::string, std::string> files;
  auto entries = LocalFileSystem().List(GoldenPath(directory));
  EXPECT_TRUE(entries.ok()) << entries.status();
  if (!entries.ok()) return files;
  EXPECT_TRUE(fs.CreateDirectory("in").ok());
  for (const std::string& entry : *entries) {
    if (!entry.starts_with(name)) continue;
    files[entry] = GoldenBytes(StrCat(directory, "/", entry));
    fs.Put(StrCat("in/", entry), files[entry]);
  }
  return files;
}

ImportedMetaGraph Imported(FileSystem& fs, const std::string& path,
                           ImportMetaGraphOptions options = {}) {
  auto imported = ImportMetaGraph(fs, path, std::move(options));
  EXPECT_TRUE(imported.ok()) << imported.status();
  return imported.ok() ? *std::move(imported) : ImportedMetaGraph();
}

Status Refused(const std::string& text, ImportMetaGraphOptions options = {}) {
  MemoryFileSystem fs;
  fs.Put("m.meta", text);
  return ImportMetaGraph(fs, "m.meta", std::move(options)).status();
}

// A checkpoint with its meta graph, and what its Saver restores from.
struct Case {
  const char* directory;
  const char* name;   // of the meta graph's file
  const char* files;  // what restores: a pattern of shards of format V1
};

class GoldenMeta : public ::testing::TestWithParam<Case> {};

// 081 (M9)
TEST_P(GoldenMeta, RestoresAndSavesTensorFlowsBytes) {
  MemoryFileSystem fs;
  const auto theirs = PutGolden(fs, GetParam().directory, GetParam().name);
  ImportedMetaGraph model =
      Imported(fs, StrCat("in/", GetParam().name, ".meta"));
  ASSERT_NE(model.saver, nullptr);
  const Status restored = model.saver->Restore(StrCat("in/", GetParam().files));
  ASSERT_TRUE(restored.ok()) << restored;
  ASSERT_TRUE(fs.CreateDirectory("out").ok());
  const auto saved = model.saver->Save(StrCat("out/", GetParam().name));
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ(*saved, StrCat("out/", GetParam().files));
  std::map<std::string, std::string> ours;
  for (const auto& [path, contents] : fs.Files()) {
    if (path.starts_with("out/") && path != "out/checkpoint") {
      ours[path.substr(4)] = contents;
    }
  }
  size_t compared = 0;
  for (const auto& [name, contents] : theirs) {
    if (name.ends_with(".meta")) continue;
    ++compared;
    ASSERT_TRUE(ours.contains(name)) << name;
    EXPECT_EQ(ours[name] == contents, true) << name;
  }
  EXPECT_GE(compared, 1u);
  EXPECT_EQ(ours.size(), compared);
}

// As many data files after the devices are gone: the graph's nodes say so.
TEST_P(GoldenMeta, SavesTheSameFilesInAScopeWithoutDevices) {
  MemoryFileSystem fs;
  const auto theirs = PutGolden(fs, GetParam().directory, GetParam().name);
  ImportedMetaGraph model =
      Imported(fs, StrCat("in/", GetParam().name, ".meta"),
               {.graph = {.clear_devices = true, .import_scope = "a/b"}});
  ASSERT_NE(model.saver, nullptr);
  EXPECT_TRUE(model.saver->as_saver_def().restore_op_name.starts_with("a/b/"));
  const Status restored = model.saver->Restore(StrCat("in/", GetParam().files));
  ASSERT_TRUE(restored.ok()) << restored;
  ASSERT_TRUE(fs.CreateDirectory("out").ok());
  ASSERT_TRUE(model.saver->Save(StrCat("out/", GetParam().name)).ok());
  const auto files = fs.Files();
  for (const auto& [name, contents] : theirs) {
    if (name.ends_with(".meta")) continue;
    const auto ours = files.find(StrCat("out/", name));
    ASSERT_NE(ours, files.end()) << name;
    EXPECT_EQ(ours->second == contents, true) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GoldenMeta,
    ::testing::Values(
        Case{"seed/v1/epoch2", "model", "model"},
        Case{"tf1/rich_meta", "model.ckpt-2", "model.ckpt-2"},
        Case{"tf1/optimizers", "model-3", "model-3"},
        Case{"tf1/rnn", "model.ckpt-2", "model.ckpt-2"},
        Case{"tf1/ema", "all", "all"},
        Case{"tf1/lookup_table", "model", "model"},
        Case{"tf1/estimator/model", "model.ckpt-30", "model.ckpt-30"},
        Case{"tf1/monitored_session", "model.ckpt-13", "model.ckpt-13"},
        Case{"sharded/tf1_saver", "model-1", "model-1"},
        Case{"sliced/partitioners", "model-1", "model-1"},
        Case{"tf221/graph_mode", "model-1", "model-1"},
        Case{"restore/saver", "withmeta", "withmeta"},
        Case{"tf1/saver_options/d8", "ck", "ck"},
        Case{"v1/saver", "model.ckpt-3", "model.ckpt-3"},
        Case{"v1/saver_sharded", "model.ckpt-3",
             "model.ckpt-3-????"
             "?-of-00002"}),
    [](const auto& test) {
      std::string name = test.param.directory;
      std::replace(name.begin(), name.end(), '/', '_');
      return name;
    });

TEST(ImportMetaGraph, KeepsPartsOfAVariableAsParts) {
  MemoryFileSystem fs;
  PutGolden(fs, "tf1/rich_meta", "model.ckpt-2");
  const ImportedMetaGraph model = Imported(fs, "in/model.ckpt-2.meta");
  std::vector<std::string> parts;
  for (const auto& variable : model.variables) {
    EXPECT_FALSE(variable->is_initialized());
    if (!variable->name().starts_with("emb/table/part_") ||
        variable->name().find("Adam") != std::string::npos) {
      continue;
    }
    parts.push_back(
        StrCat(variable->name(), variable->declared_shape().ToString()));
  }
  EXPECT_THAT(parts,
              ElementsAre("emb/table/part_0[13,4]", "emb/table/part_1[12,4]",
                          "emb/table/part_2[12,4]"));
  EXPECT_THAT(model.saver->names(), Contains("emb/table"));
  EXPECT_THAT(model.saver->names(), Not(Contains("emb/table/part_0")));
}

// 085 (M9)
TEST(ImportMetaGraph, KeepsOnAsTheFileSays) {
  MemoryFileSystem fs;
  PutGolden(fs, "v1/saver", "model.ckpt-3");
  ImportedMetaGraph model =
      Imported(fs, "in/model.ckpt-3.meta", {.saver = {.max_to_keep = 5}});
  EXPECT_EQ(model.saver->options().max_to_keep, 2);
  EXPECT_EQ(model.saver->options().write_version, WriteVersion::kV1);
  EXPECT_THAT(model.saver->last_checkpoints(), IsEmpty());
  ASSERT_TRUE(model.saver->Restore("in/model.ckpt-3").ok());
  for (int step = 4; step <= 7; ++step) {
    ASSERT_TRUE(model.saver->Save("in/model.ckpt", {.global_step = step}).ok());
  }
  EXPECT_THAT(model.saver->last_checkpoints(),
              ElementsAre("in/model.ckpt-6", "in/model.ckpt-7"));
  // It knows nothing of those from before.
  EXPECT_TRUE(fs.Exists("in/model.ckpt-3"));
  EXPECT_FALSE(fs.Exists("in/model.ckpt-5"));
}

// 085 (M9): the hours count on the clock that is passed in.
TEST(ImportMetaGraph, KeepsOneForEachSpanOfTheFilesHours) {
  MemoryFileSystem fs;
  PutGolden(fs, "seed/v1/epoch2", "model");
  auto graph = graph::MetaGraph::Read(fs, "in/model.meta");
  ASSERT_TRUE(graph.ok()) << graph.status();
  graph->mutable_def().mutable_saver_def()->set_max_to_keep(1);
  graph->mutable_def().mutable_saver_def()->set_keep_checkpoint_every_n_hours(
      1);
  fs.Put("in/hourly.meta", graph->Serialize());
  FakeClock clock(1000);
  ImportedMetaGraph model =
      Imported(fs, "in/hourly.meta", {.saver = {.clock = &clock}});
  ASSERT_TRUE(model.saver->Restore("in/model").ok());
  for (int step = 1; step <= 4; ++step) {
    clock.Advance(step == 2 ? 3601 : 1);
    ASSERT_TRUE(model.saver->Save("in/h", {.global_step = step}).ok());
  }
  EXPECT_FALSE(fs.Exists("in/h-1.index"));
  EXPECT_TRUE(fs.Exists("in/h-2.index"));
  EXPECT_FALSE(fs.Exists("in/h-3.index"));
  EXPECT_TRUE(fs.Exists("in/h-4.index"));
}

TEST(ImportMetaGraph, SavesTheEditedGraphBesideTheTensors) {
  MemoryFileSystem fs;
  PutGolden(fs, "seed/v1/epoch2", "model");
  ImportedMetaGraph model =
      Imported(fs, "in/model.meta",
               {.graph = {.import_scope = "net"}, .strip_default_attrs = true});
  ASSERT_TRUE(model.saver->Restore("in/model").ok());
  ASSERT_TRUE(
      model.saver->Save("in/again", {.meta_graph = model.graph.Serialize()})
          .ok());
  const ImportedMetaGraph again = Imported(fs, "in/again.meta");
  EXPECT_EQ(again.saver->names(), model.saver->names());
  EXPECT_TRUE(again.graph.info().stripped_default_attrs);
  EXPECT_TRUE(again.saver->Restore("in/again").ok());
}

// Two variables, the second of them in a scope, and a Saver of both.
constexpr char kGraph[] = R"(
  graph_def {
    node { name: "v" op: "VarHandleOp"
           attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "shape" value { shape { dim { size: 2 } } } } }
    node { name: "s/w" op: "VarHandleOp"
           attr { key: "dtype" value { type: DT_INT64 } }
           attr { key: "shape" value { shape { } } } }
    node { name: "r" op: "ReadVariableOp" input: "v" }
    node { name: "r_1" op: "ReadVariableOp" input: "s/w" }
    node { name: "names" op: "Const" attr { key: "value" value { tensor {
        string_val: ["v", "s/w"] } } } }
    node { name: "specs" op: "Const" attr { key: "value" value { tensor {
        string_val: ["", ""] } } } }
    node { name: "f" op: "Placeholder" }
    node { name: "save" op: "SaveV2" input: ["f", "names", "specs", "r", "r_1"]
        attr { key: "dtypes" value { list { type: [DT_FLOAT, DT_INT64] } } } }
    node { name: "all" op: "NoOp" }
  })";
constexpr char kVariables[] = R"(
  collection_def { key: "variables" value { bytes_list {
    value: "\n\003v:0" value: "\n\005s/w:0" } } })";
constexpr char kSaver[] = R"(
  saver_def { filename_tensor_name: "f:0" save_tensor_name: "save:0"
              restore_op_name: "all" max_to_keep: 3 version: V2 })";

// 081 (M9)
TEST(ImportMetaGraph, MakesADefaultSaverWhereTheFileHasNone) {
  MemoryFileSystem fs;
  fs.Put("m.meta", StrCat(kGraph, kVariables));
  const ImportedMetaGraph model =
      Imported(fs, "m.meta", {.saver = {.max_to_keep = 2}});
  ASSERT_NE(model.saver, nullptr);
  EXPECT_THAT(model.saver->names(), ElementsAre("s/w", "v"));
  EXPECT_EQ(model.saver->options().max_to_keep, 2);
  EXPECT_EQ(model.FindVariable("s/w")->dtype(), DataType::kInt64);
  EXPECT_EQ(model.FindVariable("v")->declared_shape().ToString(), "[2]");
  EXPECT_EQ(model.FindVariable("w"), nullptr);
}

// 081 (M9)
TEST(ImportMetaGraph, MakesNoSaverWithoutVariables) {
  MemoryFileSystem fs;
  fs.Put("m.meta", kGraph);
  const ImportedMetaGraph model = Imported(fs, "m.meta");
  EXPECT_EQ(model.saver, nullptr);
  EXPECT_THAT(model.import.notes,
              Contains("Saver not created because there are no variables in "
                       "the graph to restore"));
  fs.Put("empty.meta", "");  // (M5) a meta graph, too
  EXPECT_EQ(Imported(fs, "empty.meta").saver, nullptr);
}

// 081 (M9): whoever made them, the Saver is one of all.
TEST(ImportMetaGraph, CountsVariablesThatWereThereBefore) {
  MemoryFileSystem fs;
  fs.Put("m.meta", StrCat(kGraph, kVariables));
  fs.Put("none.meta", R"(graph_def { node { name: "x" op: "NoOp" } })");
  for (const auto& [scope, names] :
       std::map<std::string, size_t>{{"", 2}, {"s", 2}, {"other", 0}}) {
    ImportMetaGraphOptions options{.graph = {.import_scope = scope},
                                   .into = Imported(fs, "m.meta").graph};
    const ImportedMetaGraph model =
        Imported(fs, "none.meta", std::move(options));
    ASSERT_EQ(model.saver == nullptr, names == 0) << scope;
    if (names > 0) {
      EXPECT_EQ(model.saver->names().size(), names) << scope;
    }
  }
}

// 082 (M10)
TEST(ImportMetaGraph, MovesSaversAndStringsIntoTheScope) {
  MemoryFileSystem fs;
  fs.Put("m.meta", StrCat(kGraph, kVariables, kSaver, R"(
    collection_def { key: "savers" value { bytes_list {
      value: "\n\003f:0\022\006save:0\032\003all \0018\002" } } }
    collection_def { key: "words" value { bytes_list { value: "x" } } })"));
  const ImportedMetaGraph model =
      Imported(fs, "m.meta", {.graph = {.import_scope = "S"}});
  EXPECT_EQ(model.import.scope, "S");
  EXPECT_EQ(model.saver->as_saver_def().save_tensor_name, "S/save:0");
  EXPECT_EQ(model.saver->as_saver_def().filename_tensor_name, "S/f:0");
  EXPECT_EQ(model.saver->as_saver_def().restore_op_name, "S/all");
  EXPECT_THAT(model.graph.collection_bytes("words"), ElementsAre("S/x"));
  // Keys are not names of nodes.
  EXPECT_THAT(model.saver->names(), ElementsAre("s/w", "v"));
  const auto variables = model.graph.variables();
  ASSERT_TRUE(variables.ok());
  EXPECT_EQ((*variables)[0].name, "S/v:0");
  ASSERT_EQ(model.savers.size(), 1u);
  EXPECT_EQ(model.savers[0].restore_op_name, "S/all");
  const auto other = MakeGraphSaver(fs, model.graph, model.savers[0]);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->saver->options().max_to_keep, 1);
  EXPECT_EQ(other->variables.size(), 2u);
}

// 083 (M11)
TEST(ImportMetaGraph, TwiceWithoutAScopeGoesOnWithTheFirstCopy) {
  MemoryFileSystem fs;
  fs.Put("m.meta", StrCat(kGraph, kVariables, kSaver));
  ImportMetaGraphOptions options{.into = Imported(fs, "m.meta").graph};
  const ImportedMetaGraph model = Imported(fs, "m.meta", std::move(options));
  EXPECT_TRUE(model.graph.FindNode("save").has_value());
  EXPECT_TRUE(model.graph.FindNode("save_1").has_value());
  EXPECT_EQ(model.saver->as_saver_def().save_tensor_name, "save:0");
  EXPECT_THAT(model.import.notes,
              Contains(HasSubstr("names were taken already")));
}

// 083 (M11): in scopes each has its own.
TEST(ImportMetaGraph, TwiceInAScopeGivesEachItsOwnSaver) {
  MemoryFileSystem fs;
  fs.Put("m.meta", StrCat(kGraph, kVariables, kSaver));
  ImportMetaGraphOptions options{
      .graph = {.import_scope = "n"},
      .into = Imported(fs, "m.meta", {.graph = {.import_scope = "n"}}).graph};
  const ImportedMetaGraph model = Imported(fs, "m.meta", std::move(options));
  EXPECT_EQ(model.import.scope, "n_1");
  EXPECT_EQ(model.saver->as_saver_def().save_tensor_name, "n_1/save:0");
}

TEST(ImportMetaGraph, SaysThatThereIsNoFile) {
  MemoryFileSystem fs;
  const Status missing = ImportMetaGraph(fs, "no.meta").status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(MessageOf(missing),
              HasSubstr("File does not exist. Received: no.meta."));
  const Status bad = Refused("\001\002");
  EXPECT_TRUE(absl::IsDataLoss(bad)) << bad;
  EXPECT_THAT(MessageOf(bad), HasSubstr("m.meta"));
}

TEST(ImportMetaGraph, RefusesOptionsThatTheFileDecides) {
  const std::string text = StrCat(kGraph, kSaver);
  EXPECT_TRUE(
      absl::IsInvalidArgument(Refused(text, {.saver = {.name = "mine"}})));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Refused(text, {.saver = {.saver_def = graph::SaverInfo()}})));
}

// kGraph with `from` replaced, which must be there.
std::string Changed(const std::string& from, const std::string& to) {
  std::string text = StrCat(kGraph, kSaver);
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(ImportMetaGraph, NamesTheNodeOfWhatIsWrong) {
  const struct {
    const char* from;
    const char* to;
    const char* text;
  } kCases[] = {
      {"\"save:0\"", "\"gone:0\"", "save node 'gone:0' is not in the graph"},
      {"\"save:0\"", "\"\"", "is not in the graph"},
      {"\"save:0\"", "\"f:0\"", "No variables to save"},
      {"[\"v\", \"s/w\"]", "[\"v\", \"v\"]",
       "At least two variables have the same name: v"},
      {"[\"v\", \"s/w\"]", "[\"v\", \"\"]", "under the name ''"},
      {"[\"v\", \"s/w\"]", "[\"v\"]", "names has 1 strings, expected 2"},
      {"[\"\", \"\"]", "[\"\", \"7\"]",
       "node 's/w', saved as 's/w': Need least two elements in "
       "shape_and_slice specification: 7"},
      {"[\"\", \"\"]", "[\"x 0,1\", \"\"]",
       "node 'v', saved as 'v': Non numerical dimension in shape_and_slice: x "
       "0,1"},
      {"[\"\", \"\"]", "[\"4 3,2\", \"\"]", "node 'v', saved as 'v'"},
      {"[\"\", \"\"]", "[\"-4 0,2\", \"\"]", "node 'v', saved as 'v'"},
      {"[\"\", \"\"]", "[\"4 0,3\", \"\"]",
       "the shape is [2], of its slice [3]"},
      {"[\"\", \"\"]",
       "[\"9223372036854775807 9223372036854775807 0,2:0,1\", \"\"]",
       "node 'v', saved as 'v'"},
      {"dim { size: 2 }", "dim { size: -7 }", "a dimension of the shape is -7"},
      {"dim { size: 2 }", "dim { size: 9223372036854775807 } dim { size: 8 }",
       "node 'v', saved as 'v'"},
      {"[DT_FLOAT, DT_INT64]", "[DT_RESOURCE, DT_INT64]",
       "node 'v', saved as 'v': dtype 20 is none that can be saved"},
      {"[DT_FLOAT, DT_INT64]", "[DT_FLOAT_REF, DT_INT64]",
       "dtype 101 is none that can be saved"},
      {"max_to_keep: 3", "max_to_keep: -1", "the Saver of node 'save:0'"},
  };
  for (const auto& [from, to, text] : kCases) {
    const Status status = Refused(Changed(from, to));
    EXPECT_FALSE(status.ok()) << to;
    EXPECT_THAT(MessageOf(status), HasSubstr("m.meta: ")) << to;
    EXPECT_THAT(MessageOf(status), HasSubstr(text)) << to;
  }
}

TEST(ImportMetaGraph, TakesAWholeDimensionOfASlice) {
  MemoryFileSystem fs;
  fs.Put("m.meta", Changed("[\"\", \"\"]", "[\"2 -\", \"\"]"));
  const ImportedMetaGraph model = Imported(fs, "m.meta");
  ASSERT_NE(model.FindVariable("v"), nullptr);
  EXPECT_EQ(model.FindVariable("v")->declared_shape().ToString(), "[2]");
}

// Huge shapes cost nothing before a checkpoint has as much.
TEST(ImportMetaGraph, AllocatesNothingForWhatTheGraphClaims) {
  MemoryFileSystem fs;
  fs.Put("m.meta",
         Changed("dim { size: 2 }", "dim { size: 4611686018427387 }"));
  const ImportedMetaGraph model = Imported(fs, "m.meta");
  ASSERT_NE(model.saver, nullptr);
  const auto saved = model.saver->Save("x");
  EXPECT_TRUE(absl::IsFailedPrecondition(saved.status())) << saved.status();
}

}  // namespace
}  // namespace cairn::saver
