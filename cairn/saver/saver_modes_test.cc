// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The Saver's other ways to write: shards, format V1, partitioned variables,
// no variables, a SaverDef; and what each leaves after faults and power cuts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/saver/partitioned_variable.h"
#include "cairn/saver/test_models.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::saver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Mode {
  const char* name;
  WriteVersion version;
  bool sharded;
};
constexpr Mode kModes[] = {{"V2", WriteVersion::kV2, false},
                           {"ShardedV2", WriteVersion::kV2, true},
                           {"V1", WriteVersion::kV1, false},
                           {"ShardedV1", WriteVersion::kV1, true}};

SaverOptions OptionsOf(const Mode& mode) {
  SaverOptions options;
  options.write_version = mode.version;
  options.sharded = mode.sharded;
  return options;
}

class SaverMode : public ::testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(All, SaverMode, ::testing::ValuesIn(kModes),
                         [](const auto& mode) {
                           return std::string(mode.param.name);
                         });

// 066 (C11): what any mode saves, a Saver of any other mode restores.
TEST_P(SaverMode, IsRestoredByEveryMode) {
  MemoryFileSystem fs;
  Numbers model(7);
  const auto saver = model.OnThreeDevices(fs, OptionsOf(GetParam()));
  const auto path = saver->Save("m", {.meta_graph = "x"});
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*state::LatestCheckpoint(fs, ""), *path);
  for (const Mode& mode : kModes) {
    Numbers restored(0);
    const auto other = restored.OnThreeDevices(fs, OptionsOf(mode));
    const Status status = other->Restore(*path);
    ASSERT_TRUE(status.ok()) << mode.name << " " << status;
    EXPECT_EQ(restored.value(), 7);
  }
}

// R1 R3: after a power cut at any instant of saving again under one name, the
// old or the new checkpoint is there, never a mix and never none.
TEST_P(SaverMode, SurvivesPowerCutsWhileOverwriting) {
  MemoryFileSystem fs;
  Numbers model(1);
  const auto saver = model.OnThreeDevices(fs, OptionsOf(GetParam()));
  ASSERT_TRUE(saver->Save("m", {.meta_graph = "one"}).ok());
  fs.ClearLog();
  model.Set(2);
  ASSERT_TRUE(saver->Save("m", {.meta_graph = "two"}).ok());
  const size_t operations = fs.log().size();
  ASSERT_GT(operations, 10u);
  uint64_t images = 0;
  for (size_t n = 0; n <= operations; ++n) {
    images += fs.CrashImages(n, 6, [&](MemoryFileSystem& image) {
      const auto latest = state::LatestCheckpoint(image, "");
      ASSERT_TRUE(latest.ok()) << n << " " << latest.status();
      Numbers restored(0);
      const Status status =
          MakeSaver(image, restored.variables())->Restore(*latest);
      ASSERT_TRUE(status.ok()) << n << " " << status;
      EXPECT_TRUE(restored.value() == 1 || restored.value() == 2) << n;
      if (n == operations) {
        EXPECT_EQ(restored.value(), 2);
      }
    });
  }
  EXPECT_GT(images, 20u);
}

// R1: the same while the older of two goes.
TEST_P(SaverMode, SurvivesPowerCutsWhileEvicting) {
  MemoryFileSystem fs;
  Numbers model(1);
  SaverOptions options = OptionsOf(GetParam());
  options.max_to_keep = 1;
  const auto saver = model.OnThreeDevices(fs, options);
  ASSERT_TRUE(saver->Save("m", {.global_step = 1}).ok());
  fs.ClearLog();
  model.Set(2);
  ASSERT_TRUE(saver->Save("m", {.global_step = 2}).ok());
  for (size_t n = 0; n <= fs.log().size(); ++n) {
    fs.CrashImages(n, 6, [&](MemoryFileSystem& image) {
      const auto latest = state::StrictLatestCheckpoint(image, "");
      ASSERT_TRUE(latest.ok()) << n << " " << latest.status();
      Numbers restored(0);
      const Status status =
          MakeSaver(image, restored.variables())->Restore(*latest);
      ASSERT_TRUE(status.ok()) << n << " " << *latest << " " << status;
      EXPECT_EQ(restored.value(), latest->starts_with("m-1") ? 1 : 2);
    });
  }
}

// R5: every call that fails is a status, and the old checkpoint stays.
TEST_P(SaverMode, KeepsTheOldCheckpointWhenAnyCallFails) {
  int faults = 0;
  for (int n = 0;; ++n) {
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    Numbers model(1);
    const auto saver = model.OnThreeDevices(fs, OptionsOf(GetParam()));
    ASSERT_TRUE(saver->Save("m", {.global_step = 1}).ok());
    fs.Clear();
    fs.FailCall(n, UnavailableError("disk is gone"));
    model.Set(2);
    const auto path = saver->Save("m", {.global_step = 2});
    if (!fs.fired()) break;
    ++faults;
    fs.Clear();
    const auto latest = state::LatestCheckpoint(memory, "");
    ASSERT_TRUE(latest.ok()) << n << latest.status();
    Numbers restored(0);
    ASSERT_TRUE(MakeSaver(memory, restored.variables())->Restore(*latest).ok());
    EXPECT_EQ(restored.value(), latest->starts_with("m-1") ? 1 : 2) << n;
    if (path.ok()) {
      EXPECT_EQ(restored.value(), 2) << n;
    }
  }
  EXPECT_GT(faults, 15);
}

// R9: a shard, or the file, that is short fails before any variable changes.
// 067 (X11)
TEST_P(SaverMode, ChangesNothingWhenAFileIsShort) {
  MemoryFileSystem fs;
  Numbers model(3);
  const auto saver = model.OnThreeDevices(fs, OptionsOf(GetParam()));
  const auto path = saver->Save("m");
  ASSERT_TRUE(path.ok());
  for (const auto& [name, bytes] : fs.Files()) {
    if (name == "checkpoint" || bytes.empty()) continue;
    fs.Put(name, bytes.substr(0, bytes.size() - 1));
    model.Set(5);
    const Status status = saver->Restore(*path);
    EXPECT_FALSE(status.ok()) << name;
    EXPECT_EQ(model.value(), 5) << name;
    fs.Put(name, bytes);
  }
  EXPECT_TRUE(saver->Restore(*path).ok());
  EXPECT_EQ(model.value(), 3);
}

// R16: fsyncs of files and of directories per save; the state file's are one of
// each. One more of each with a meta graph that is new, none for eviction.
TEST_P(SaverMode, SyncsEachFileOnceAndTheDirectoryTwice) {
  using Call = FaultFileSystem::Call;
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  Numbers model(1);
  SaverOptions options = OptionsOf(GetParam());
  options.max_to_keep = 1;
  const auto saver = model.OnThreeDevices(fs, options);
  const int shards = options.sharded ? 3 : 1;
  const int files =
      shards + (options.write_version == WriteVersion::kV2 ? 1 : 0);
  for (int step = 0; step < 3; ++step) {
    fs.Clear();
    ASSERT_TRUE(saver->Save("m", {.global_step = step}).ok());
    EXPECT_EQ(fs.calls(Call::kSync), files + 1);
    EXPECT_EQ(fs.calls(Call::kSyncDirectory), 2);
  }
  fs.Clear();
  ASSERT_TRUE(saver->Save("n", {.meta_graph = "x"}).ok());
  EXPECT_EQ(fs.calls(Call::kSync), files + 2);
  EXPECT_EQ(fs.calls(Call::kSyncDirectory), 2);
}

// 038 (A15 A16)
TEST(SaverModes, ReturnThePrefixOrThePattern) {
  MemoryFileSystem fs;
  Numbers model(1);
  std::vector<std::string> paths;
  for (const Mode& mode : kModes) {
    const auto saver = model.OnThreeDevices(fs, OptionsOf(mode));
    paths.push_back(*saver->Save(mode.name, {.meta_graph = "x"}));
    EXPECT_TRUE(fs.Exists(StrCat(mode.name, ".meta")));
  }
  EXPECT_THAT(paths, ElementsAre("V2", "ShardedV2", "V1",
                                 "ShardedV1-?\?\?\?\?-of-00003"));
  // 039: one file.
  EXPECT_TRUE(fs.Exists("V1"));
  EXPECT_EQ(state::ReadCheckpointState(fs, "")->model_checkpoint_path,
            "ShardedV1-?\?\?\?\?-of-00003");
}

// A14 A15 A17: byte for byte what TensorFlow made of variables on three devices
// and a table in five parts on all of them.
TEST(SaverModes, WriteShardsIdenticalToTensorFlows) {
  const std::string golden = GoldenPath("sharded/tf1_saver/model-1");
  const auto reader = bundle::BundleReader::Open(LocalFileSystem(), golden);
  ASSERT_TRUE(reader.ok());
  const auto read = [&](const std::string& key) {
    auto value = (*reader)->Read(key);
    EXPECT_TRUE(value.ok()) << value.status();
    return *std::move(value);
  };
  Variable x0("dev0/x", read("dev0/x")), x1("dev1/x", read("dev1/x"));
  Variable x2("dev2/x", read("dev2/x")),
      step("global_step", read("global_step"));
  const auto p = PartitionedVariable::Create("p", read("p"), 0, 5);
  ASSERT_TRUE(p.ok());
  MemoryFileSystem fs;
  const auto saver = Saver::CreateFromItems(
      fs,
      {SaverItem::Own(SaverPart::Of(x2, "/cpu:2")),
       SaverItem::Own(SaverPart::Of(x0, "/cpu:0")),
       SaverItem::Own(SaverPart::Of(x1, "/cpu:1")),
       (*p)->item({"/cpu:0", "/cpu:1", "/cpu:2", "/cpu:0", "/cpu:1"}),
       SaverItem::Own(SaverPart::Of(step))},
      {.max_to_keep = 1, .sharded = true});
  ASSERT_TRUE(saver.ok()) << saver.status();
  const auto path = (*saver)->Save("./model", {.global_step = step});
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, "./model-1");
  for (const char* file :
       {".index", ".data-00000-of-00004", ".data-00001-of-00004",
        ".data-00002-of-00004", ".data-00003-of-00004"}) {
    EXPECT_EQ(*fs.ReadFile(*path + file, 1 << 20),
              GoldenBytes(StrCat("sharded/tf1_saver/model-1", file)))
        << file;
  }
  EXPECT_EQ(*fs.ReadFile("checkpoint", 1000),
            GoldenBytes("sharded/tf1_saver/checkpoint"));
}

// 063 064 (X10): every partition of [6,4] into every other, in both formats.
TEST(SaverModes, RestoreAnyPartitionIntoAnyOther) {
  const std::pair<int, int> kCuts[] = {{0, 1}, {0, 2}, {0, 3}, {0, 6},
                                       {1, 2}, {1, 3}, {1, 4}};
  auto value = Tensor::Create(DataType::kInt32, {6, 4});
  auto zero = Tensor::Create(DataType::kInt32, {6, 4});
  int32_t next = 1;
  for (int32_t& element : value->data<int32_t>()) element = next++;
  MemoryFileSystem fs;
  for (const Mode& mode : kModes) {
    for (const auto& [axis, count] : kCuts) {
      const auto stored = PartitionedVariable::Create("p", *value, axis, count);
      const auto saver = Saver::CreateFromItems(
          fs, {(*stored)->item({"/cpu:0", "", "/cpu:1"})}, OptionsOf(mode));
      const auto path = (*saver)->Save("m");
      ASSERT_TRUE(path.ok()) << path.status();
      for (const auto& [other_axis, other_count] : kCuts) {
        const auto parts =
            PartitionedVariable::Create("p", *zero, other_axis, other_count);
        const auto reader = Saver::CreateFromItems(fs, {(*parts)->item()});
        const Status status = (*reader)->Restore(*path);
        ASSERT_TRUE(status.ok()) << status;
        EXPECT_TRUE(BitwiseEqual(*(*parts)->Whole(), *value));
      }
      Variable whole("p", *zero->Clone());
      ASSERT_TRUE(MakeSaver(fs, {&whole})->Restore(*path).ok());
      EXPECT_TRUE(BitwiseEqual(whole.value(), *value));
    }
  }
}

// 064 (X10): of a tensor that is not all there, the part that is can be read.
TEST(SaverModes, ReadTheCoveredPartOfAnIncompleteTensor) {
  for (const Mode& mode : kModes) {
    MemoryFileSystem fs;
    auto value = Tensor::Create(DataType::kFloat, {10, 3});
    for (float& element : value->data<float>()) element = 4;
    auto zero = Tensor::Create(DataType::kFloat, {10, 3});
    const auto stored = PartitionedVariable::Create("pv", *value, 0, 5);
    std::vector<SaverPart> some = (*stored)->parts();
    some.erase(some.begin() + 2);
    const auto saver = Saver::CreateFromItems(
        fs, {SaverItem::Slices("pv", some)}, OptionsOf(mode));
    const auto path = (*saver)->Save("m");
    ASSERT_TRUE(path.ok()) << path.status();
    const auto halves = PartitionedVariable::Create("pv", *zero, 0, 5);
    std::vector<SaverPart> two = (*halves)->parts();
    two.erase(two.begin() + 2, two.end());
    const auto covered =
        Saver::CreateFromItems(fs, {SaverItem::Slices("pv", two)});
    EXPECT_TRUE((*covered)->Restore(*path).ok());
    EXPECT_EQ((*halves)->variables()[1]->data<float>()[0], 4);
    Variable whole("pv", *zero->Clone());
    const Status status = MakeSaver(fs, {&whole})->Restore(*path);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(status),
                HasSubstr("Does not have sufficient slices for partitioned "
                          "tensor pv to restore in slice_spec: -:-"));
    EXPECT_EQ(whole.data<float>()[0], 0);
  }
}

// 036 (A7)
TEST(SaverModes, NeedTheDirectoryExceptForOnePlainLevel) {
  Numbers model(1);
  for (const Mode& mode : kModes) {
    MemoryFileSystem fs;
    fs.Put("file", "x");
    const auto saver = model.OnThreeDevices(fs, OptionsOf(mode));
    const bool plain = mode.version == WriteVersion::kV2 && !mode.sharded;
    EXPECT_EQ(saver->Save("one/m").ok(), plain) << mode.name;
    EXPECT_FALSE(saver->Save("two/levels/m").ok());
    EXPECT_EQ(Message(saver->Save("file/m").status()),
              "Parent directory of file/m doesn't exist, can't save.");
    EXPECT_EQ(fs.Exists("one"), plain);
  }
}

// 035 (A3 A4 S5)
TEST(SaverModes, RefuseAStateFileThatIsTheCheckpoint) {
  MemoryFileSystem fs;
  Numbers model(1);
  const auto plain = model.OnThreeDevices(fs, {});
  EXPECT_EQ(Message(plain->Save("d", {.latest_filename = "d"}).status()),
            "'latest_filename' collides with 'save_path': 'd' and 'd'");
  // Stepped or sharded, and not listed: nothing collides.
  EXPECT_TRUE(plain
                  ->Save("d", {.global_step = 1,
                               .latest_filename = "d-1",
                               .write_state = false})
                  .ok());
  const auto sharded = model.OnThreeDevices(fs, OptionsOf(kModes[3]));
  EXPECT_TRUE(sharded->Save("e", {.latest_filename = "e"}).ok());
  EXPECT_FALSE(
      sharded->Save("e", {.latest_filename = "e-00001-of-00003"}).ok());
}

// 033 034 (A2)
TEST(SaverModes, NumberCheckpointsByAnyKindOfStep) {
  MemoryFileSystem fs;
  Numbers model(1);
  Variable step("global_step", Tensor::Scalar<int32_t>(12));
  std::vector<Variable*> all = model.variables();
  all.push_back(&step);
  const auto saver = MakeSaver(fs, all);
  const auto named = [&](GlobalStep number) {
    const auto path = saver->Save("m", {.global_step = number});
    return path.ok() ? *path : Message(path.status());
  };
  EXPECT_EQ(named(5), "m-5");
  EXPECT_EQ(named(-5), "m--5");
  EXPECT_EQ(named(true), "m-1");
  EXPECT_EQ(named(step), "m-12");
  EXPECT_EQ(named("global_step:0"), "m-12");
  EXPECT_EQ(named(int64_t{1} << 62), "m-4611686018427387904");
  EXPECT_THAT(named("nowhere"), HasSubstr("is no variable of this Saver"));
  EXPECT_THAT(named(*model.variables()[0]), HasSubstr("not one integer"));
  const auto padded = MakeSaver(fs, all, {.pad_step_number = true});
  EXPECT_EQ(*padded->Save("m", {.global_step = 5}), "m-00000005");
  EXPECT_EQ(*padded->Save("m", {.global_step = -5}), "m--0000005");
  EXPECT_EQ(*padded->Save("m", {.global_step = 123456789}), "m-123456789");
}

// 022 023 (C3)
TEST(SaverModes, OfNoVariablesSaveOnlyMetaGraphs) {
  MemoryFileSystem fs;
  EXPECT_EQ(Message(Saver::CreateFromItems(fs, {}).status()),
            "No variables to save");
  EXPECT_EQ(Message(Saver::Create(fs, std::vector<NamedVariable>{}).status()),
            "No variables to save");
  EXPECT_EQ(Message(Saver::CreateFromCollections(fs, {}).status()),
            "No variables to save");
  const auto empty = Saver::CreateFromItems(fs, {}, {.allow_empty = true});
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(*(*empty)->Save("m", {.meta_graph = "x"}), "");
  EXPECT_THAT(*fs.List(""), ElementsAre("m.meta"));
  EXPECT_EQ(
      *(*empty)->Save("n", {.meta_graph = "x", .write_meta_graph = false}), "");
  EXPECT_FALSE(fs.Exists("n.meta"));
  EXPECT_TRUE((*empty)->Restore("nowhere").ok());
  EXPECT_THAT((*empty)->last_checkpoints(), IsEmpty());
}

// 024 025 026 (C2 C4)
TEST(SaverModes, CollectVariablesWhenBuilt) {
  MemoryFileSystem fs;
  Variable a("a", Tensor::Scalar<float>(1)), b("b", Tensor::Scalar<float>(1));
  Variable local("l", Tensor::Scalar<float>(1));
  Variable extra("x", Tensor::Scalar<float>(1));
  GraphCollections graph;
  graph.global_variables = {&a};
  graph.local_variables = {&local};
  graph.saveable_objects = {SaverItem::Own(SaverPart::Of(extra))};
  const auto now = Saver::CreateFromCollections(fs, graph);
  const auto later =
      Saver::CreateFromCollections(fs, graph, {.defer_build = true});
  ASSERT_TRUE(now.ok() && later.ok());
  graph.global_variables.push_back(&b);
  EXPECT_THAT((*now)->names(), ElementsAre("a", "x"));
  EXPECT_EQ(Message((*later)->Save("m").status()),
            "`build()` should be called before save if defer_build==True");
  EXPECT_EQ((*later)->Restore("m").code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE((*later)->Build().ok());
  EXPECT_THAT((*later)->names(), ElementsAre("a", "b", "x"));
  EXPECT_TRUE((*later)->Save("m").ok());
  EXPECT_THAT(
      Message(Saver::Create(fs, {&a}, {.defer_build = true}).status()),
      HasSubstr("If `var_list` is provided then build cannot be deferred."));
}

// 021 (C1)
TEST(SaverModes, HaveTensorFlowsDefaults) {
  const SaverOptions options;
  EXPECT_EQ(options.max_to_keep, 5);
  EXPECT_EQ(options.keep_checkpoint_every_n_hours, 10000.0);
  EXPECT_EQ(options.write_version, WriteVersion::kV2);
  EXPECT_FALSE(options.reshape || options.sharded || options.allow_empty ||
               options.defer_build || options.restore_sequentially ||
               options.pad_step_number || options.save_relative_paths ||
               options.saver_def.has_value());
  EXPECT_TRUE(options.name.empty() && options.filename.empty());
  const SaveOptions save;
  EXPECT_EQ(save.latest_filename, "checkpoint");
  EXPECT_EQ(save.meta_graph_suffix, "meta");
  EXPECT_TRUE(save.write_meta_graph && save.write_state);
  EXPECT_FALSE(save.strip_default_attrs || save.global_step || save.debug_info);
  MemoryFileSystem fs;
  Numbers model(1);
  EXPECT_EQ(MakeSaver(fs, model.variables())->filename(), "model");
  EXPECT_EQ(MakeSaver(fs, model.variables(), {.filename = "f"})->filename(),
            "f");
}

// 072 (M1 C8)
TEST(SaverDef, NamesTheNodesOfEachKindOfSaver) {
  MemoryFileSystem fs;
  Numbers model(1);
  const char* const kSaveTensors[] = {
      "save/control_dependency:0", "save/Identity:0",
      "save/control_dependency:0", "save/ShardedFilespec:0"};
  for (size_t i = 0; i < 4; ++i) {
    SaverOptions options = OptionsOf(kModes[i]);
    options.max_to_keep = 3;
    options.keep_checkpoint_every_n_hours = 2;
    const auto def = model.OnThreeDevices(fs, options)->as_saver_def();
    EXPECT_EQ(def.filename_tensor_name, "save/Const:0");
    EXPECT_EQ(def.save_tensor_name, kSaveTensors[i]);
    EXPECT_EQ(def.restore_op_name, "save/restore_all");
    EXPECT_EQ(def.max_to_keep, 3);
    EXPECT_EQ(def.keep_checkpoint_every_n_hours, 2.f);
    EXPECT_EQ(def.sharded, kModes[i].sharded);
    EXPECT_EQ(def.version, kModes[i].version == WriteVersion::kV2 ? 2 : 1);
  }
  EXPECT_EQ(MakeSaver(fs, model.variables(), {.name = "mine"})
                ->as_saver_def()
                .restore_op_name,
            "mine/restore_all");
}

// 085 (C9 C10): a Saver of a SaverDef goes on with its limits, and the caller's
// SaverDef is what it was.
TEST(SaverDef, GivesItsLimitsAndIsNotChanged) {
  MemoryFileSystem fs;
  Numbers model(1);
  std::vector<SaverItem> items;
  for (Variable* v : model.variables()) {
    items.push_back(SaverItem::Own(SaverPart::Of(*v)));
  }
  graph::SaverInfo def{"save/Const:0",
                       "save/control_dependency:0",
                       "save/restore_all",
                       2,
                       false,
                       10000.0f,
                       1};
  const auto saver =
      Saver::FromSaverDef(fs, def, items, {.max_to_keep = 7, .name = "in"});
  ASSERT_TRUE(saver.ok()) << saver.status();
  EXPECT_EQ((*saver)->as_saver_def().save_tensor_name,
            "in/save/control_dependency:0");
  EXPECT_EQ(def.save_tensor_name, "save/control_dependency:0");
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE((*saver)->Save("m", {.global_step = i}).ok());
  }
  EXPECT_THAT(*fs.List(""), ElementsAre("checkpoint", "m-2", "m-3"));

  for (const char* what : {"save_tensor_name", "restore_op_name"}) {
    graph::SaverInfo bad = def;
    (what[0] == 's' ? bad.save_tensor_name : bad.restore_op_name).clear();
    EXPECT_THAT(Message(Saver::FromSaverDef(fs, bad, items).status()),
                HasSubstr(StrCat("saver_def must specify the ", what)));
  }
  graph::SaverInfo newer = def;
  newer.version = 3;
  EXPECT_FALSE(Saver::FromSaverDef(fs, newer, items).ok());
  newer.version = 0;  // legacy: V1
  EXPECT_EQ((*Saver::FromSaverDef(fs, newer, items))->options().write_version,
            WriteVersion::kV1);
  // 054 (R7)
  newer.max_to_keep = -1;
  EXPECT_FALSE(Saver::FromSaverDef(fs, newer, items).ok());
}

// 040 044 (A1 A11 A18)
TEST(SaverModes, AskForTheMetaGraphAndWriteDebugInfoBesideIt) {
  MemoryFileSystem fs;
  Numbers model(1);
  const auto saver = MakeSaver(fs, model.variables());
  SaveOptions options;
  options.global_step = 3;
  options.strip_default_attrs = true;
  options.debug_info = "debug";
  options.make_meta_graph =
      [](const MetaGraphRequest& request) -> StatusOr<std::string> {
    EXPECT_TRUE(request.strip_default_attrs);
    EXPECT_EQ(request.saver_def.restore_op_name, "save/restore_all");
    return StrCat("meta of ", request.checkpoint);
  };
  ASSERT_TRUE(saver->Save("d.v1", options).ok());
  EXPECT_EQ(*fs.ReadFile("d.v1-3.meta", 100), "meta of d.v1-3");
  EXPECT_EQ(*fs.ReadFile("d.v1-3.debug", 100), "debug");
  options.write_meta_graph = false;
  options.global_step = 4;
  ASSERT_TRUE(saver->Save("d.v1", options).ok());
  EXPECT_FALSE(fs.Exists("d.v1-4.meta"));
  EXPECT_FALSE(fs.Exists("d.v1-4.debug"));
  options.write_meta_graph = true;
  options.make_meta_graph =
      [](const MetaGraphRequest&) -> StatusOr<std::string> {
    return UnimplementedError("no graph");
  };
  options.global_step = 5;
  EXPECT_EQ(saver->Save("d.v1", options).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(fs.Exists("d.v1-5.index"));
}

// F7: a V1 checkpoint saved over a V2 one is the one that is restored.
TEST(SaverModes, LeaveNoOlderFormatInFrontOfTheNew) {
  MemoryFileSystem fs;
  Numbers model(1);
  ASSERT_TRUE(MakeSaver(fs, model.variables())->Save("m").ok());
  model.Set(2);
  const auto v1 = model.OnThreeDevices(fs, OptionsOf(kModes[2]));
  ASSERT_TRUE(v1->Save("m").ok());
  model.Set(0);
  ASSERT_TRUE(v1->Restore("m").ok());
  EXPECT_EQ(model.value(), 2);
  EXPECT_THAT(*fs.List(""), ElementsAre("checkpoint", "m"));
}

// 069 071 (X12 X13): an object-based file, restored a second time by the same
// Saver; and the report as data.
TEST(SaverModes, TellWhatIsMissingAsData) {
  Variable a("a", *Tensor::Create(DataType::kFloat, {2, 3}));
  Variable q("scope/bb", *Tensor::Create(DataType::kFloat, {5}));
  Variable n("n", Tensor::Scalar<int32_t>(0));
  RestoreReport report;
  auto saver = MakeSaver(LocalFileSystem(), {&a, &q});
  EXPECT_FALSE(
      saver->RestoreWithReport(GoldenPath("restore/saver/object"), report)
          .ok());
  EXPECT_TRUE(report.by_full_names);
  ASSERT_EQ(report.missing.size(), 1u);
  EXPECT_EQ(report.missing[0].name, "scope/bb");
  EXPECT_THAT(report.missing[0].near, ElementsAre("scope/b"));
  EXPECT_THAT(report.unmatched, ElementsAre("scope/b"));
  saver = MakeSaver(LocalFileSystem(), {&a});
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(
        saver->RestoreWithReport(GoldenPath("restore/saver/object"), report)
            .ok());
    EXPECT_TRUE(report.missing.empty());
  }
  saver = MakeSaver(LocalFileSystem(), {&n});
  EXPECT_FALSE(
      saver->RestoreWithReport(GoldenPath("restore/saver/v2"), report).ok());
  ASSERT_EQ(report.mismatches.size(), 1u);
  EXPECT_EQ(report.mismatches[0].expected_dtype, DataType::kInt32);
  EXPECT_EQ(report.mismatches[0].stored_dtype, DataType::kInt64);
}

}  // namespace
}  // namespace cairn::saver
