// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/bundle/entry.h"
#include "cairn/saver/test_models.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::saver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What is in the working directory. The few bytes that a write of the state
// file may leave when it is killed are nobody's business: another Saver may be
// writing there.
std::vector<std::string> Names(FileSystem& fs) {
  std::vector<std::string> names = *fs.List(".");
  std::erase_if(names, [](const std::string& name) {
    return name.starts_with("checkpoint.cairn-tmp-");
  });
  return names;
}

// --- creation ---

// 022 (C3)
TEST(SaverCreate, RejectsNothingToSave) {
  MemoryFileSystem fs;
  const auto saver = Saver::Create(fs, std::vector<Variable*>{});
  EXPECT_EQ(saver.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Message(saver.status()), "No variables to save");
}

// 028 029 030 (V3 V4 V5)
TEST(SaverCreate, RejectsNamesAndVariablesTwice) {
  MemoryFileSystem fs;
  Variable v("v", Tensor::Scalar(1.0f)), w("w", Tensor::Scalar(1.0f));
  using List = std::vector<NamedVariable>;
  const std::pair<List, const char*> kBad[] = {
      {{{"n", &v}, {"n", &w}}, "At least two variables have the same name: n"},
      {{{"b", &v}, {"a", &v}},
       "The same saveable will be restored with two names: b"},
      {{{"a", nullptr}}, "Not a variable: null, of the name 'a'"},
      {{{"", &v}}, "must not be empty"},
      {{{EncodeTensorNameSlice("v", TensorSlice(1)), &v}},
       "the key of a piece"},
  };
  for (const auto& [variables, text] : kBad) {
    const auto saver = Saver::Create(fs, variables);
    ASSERT_FALSE(saver.ok()) << text;
    EXPECT_EQ(saver.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(saver.status()), HasSubstr(text));
  }
}

// 054 (R7 §25)
TEST(SaverCreate, RejectsNegativeLimit) {
  MemoryFileSystem fs;
  Variable v("v", Tensor::Scalar(1.0f));
  const auto saver =
      Saver::Create(fs, std::vector<Variable*>{&v}, {.max_to_keep = -1});
  EXPECT_THAT(Message(saver.status()), HasSubstr("max_to_keep is -1"));
}

// --- bytes ---

TEST(Saver, WritesTheBytesOfTensorFlow) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("tf_ckpt").ok());
  // Twice under one name, as the program did that wrote the golden files.
  for (const std::string epoch : {"epoch1", "epoch2"}) {
    const std::string golden = "seed/v1/" + epoch + "/";
    const Loaded model(LocalFileSystem(), GoldenPath(golden + "model"));
    ASSERT_EQ(model.variables().size(), 16u);
    const std::string meta = GoldenBytes("seed/v1/epoch2/model.meta");
    const auto path = MakeSaver(fs, model.variables())
                          ->Save("./tf_ckpt/model", {.meta_graph = meta});
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, "./tf_ckpt/model");
    EXPECT_THAT(*fs.List("tf_ckpt"),
                ElementsAre("checkpoint", "model.data-00000-of-00001",
                            "model.index", "model.meta"));
    for (const std::string name :
         {"checkpoint", "model.data-00000-of-00001", "model.index"}) {
      EXPECT_TRUE(*fs.ReadFile("tf_ckpt/" + name, 1 << 20) ==
                  GoldenBytes(golden + name))
          << epoch << " " << name;
    }
    EXPECT_TRUE(*fs.ReadFile("tf_ckpt/model.meta", 1 << 20) == meta);
  }
}

TEST(Saver, WritesTheBytesOfTensorFlowWithSlots) {
  MemoryFileSystem fs;
  const std::string golden = "seed/v1_with_slots/tf_ckpt/model-93";
  const Loaded model(LocalFileSystem(), GoldenPath(golden));
  EXPECT_EQ(model.variables().size(), 45u);
  ASSERT_TRUE(MakeSaver(fs, model.variables())
                  ->Save("model", {.global_step = 93})
                  .ok());
  for (const std::string suffix : {".index", ".data-00000-of-00001"}) {
    EXPECT_TRUE(*fs.ReadFile("model-93" + suffix, 1 << 20) ==
                GoldenBytes(golden + suffix));
  }
}

// --- names ---

// 033 034 (A2)
TEST(SaverPath, AppendsTheStep) {
  struct Case {
    int64_t step;
    bool pad;
    const char* path;
  };
  const Case kCases[] = {
      {5, false, "m-5"},
      {5, true, "m-00000005"},
      {0, true, "m-00000000"},
      {123456789, true, "m-123456789"},
      {-5, false, "m--5"},
      {-5, true, "m--0000005"},
      {INT64_MIN, false, "m--9223372036854775808"},
      {INT64_MAX, true, "m-9223372036854775807"},
  };
  for (const Case& c : kCases) {
    MemoryFileSystem fs;
    Numbers model(1);
    const auto path =
        MakeSaver(fs, model.variables(), {.pad_step_number = c.pad})
            ->Save("m", {.global_step = c.step});
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, c.path);
    EXPECT_TRUE(fs.Exists(*path + ".index"));
  }
}

// 035 (A3 A4 A5)
TEST(SaverPath, RejectsNamesThatCollideBeforeWriting) {
  struct Case {
    const char* path;
    SaveOptions options;
    const char* text;
  };
  const Case kCases[] = {
      {"m", {.latest_filename = "a/b"}, "must not contain path components"},
      {"m", {.latest_filename = ""}, "must not be empty"},
      {"checkpoint",
       {},
       "'latest_filename' collides with 'save_path': 'checkpoint'"},
      {"d/a", {.latest_filename = "a"}, "collides"},
      {"a", {.global_step = 5, .latest_filename = "a-5"}, "collides"},
      {"a", {.latest_filename = "a.index"}, "collides"},
      {"a", {.latest_filename = "a.data-00000-of-00001"}, "collides"},
      {"a", {.latest_filename = "a.meta", .meta_graph = "x"}, "collides"},
      {"a", {.meta_graph_suffix = "../x"}, "must not contain path components"},
      {"", {}, "no path specified"},
  };
  for (const Case& c : kCases) {
    MemoryFileSystem fs;
    ASSERT_TRUE(fs.CreateDirectory("d").ok());
    fs.ClearLog();
    Numbers model(1);
    const auto path = MakeSaver(fs, model.variables())->Save(c.path, c.options);
    ASSERT_FALSE(path.ok()) << c.text;
    EXPECT_EQ(path.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(path.status()), HasSubstr(c.text));
    EXPECT_TRUE(fs.log().empty());
  }
}

// 036 (A7)
TEST(SaverPath, MakesOneMissingDirectoryButNotTwo) {
  MemoryFileSystem fs;
  fs.Put("file", "");
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables());
  EXPECT_TRUE(saver->Save("one/m").ok());
  EXPECT_TRUE(fs.Exists("one/m.index"));
  EXPECT_TRUE(fs.Exists("one/checkpoint"));
  for (const std::string path : {"a/b/m", "file/m", "file/b/m"}) {
    const auto saved = saver->Save(path);
    EXPECT_EQ(saved.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Message(saved.status()),
              "Parent directory of " + path + " doesn't exist, can't save.");
  }
  EXPECT_FALSE(fs.Exists("a"));
}

// 037 (A9)
TEST(SaverPath, TakesAPathThatEndsInASlash) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  Numbers model(3), other(0);
  const auto path = MakeSaver(fs, model.variables())->Save("d/");
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, "d/");
  EXPECT_THAT(*fs.List("d"),
              ElementsAre(".data-00000-of-00001", ".index", "checkpoint"));
  EXPECT_TRUE(MakeSaver(fs, other.variables())->Restore("d/").ok());
  EXPECT_EQ(other.value(), 3);
}

// 007 (F2 §25)
TEST(SaverPath, IsLiteral) {
  for (const std::string path : {"g[1]/m", "a*?", "a\\b", "{x}", "s p"}) {
    MemoryFileSystem fs;
    Numbers model(3), other(0);
    ASSERT_TRUE(MakeSaver(fs, model.variables())->Save(path).ok()) << path;
    EXPECT_TRUE(MakeSaver(fs, other.variables())->Restore(path).ok()) << path;
    EXPECT_EQ(other.value(), 3);
  }
}

// --- state and meta graph ---

// 042 (A12)
TEST(Saver, NamesPathsAsGivenOrRelative) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("/d").ok());
  Numbers model(1);
  ASSERT_TRUE(MakeSaver(fs, model.variables())->Save("/d/m").ok());
  EXPECT_EQ(*fs.ReadFile("/d/checkpoint", 1000),
            "model_checkpoint_path: \"/d/m\"\n"
            "all_model_checkpoint_paths: \"/d/m\"\n");
  ASSERT_TRUE(MakeSaver(fs, model.variables(), {.save_relative_paths = true})
                  ->Save("/d/m")
                  .ok());
  EXPECT_EQ(*fs.ReadFile("/d/checkpoint", 1000),
            "model_checkpoint_path: \"m\"\n"
            "all_model_checkpoint_paths: \"m\"\n");
}

// 040 (A11)
TEST(Saver, WritesNoStateWhenToldSo) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables());
  ASSERT_TRUE(saver->Save("m", {.write_state = false}).ok());
  EXPECT_FALSE(fs.Exists("checkpoint"));
  EXPECT_TRUE(saver->last_checkpoints().empty());
}

// 041 (F5)
TEST(Saver, PutsTheMetaGraphUnderItsSuffix) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables());
  ASSERT_TRUE(
      saver->Save("m", {.meta_graph_suffix = "graph", .meta_graph = "x"}).ok());
  EXPECT_EQ(*fs.ReadFile("m.graph", 10), "x");
  // A prefix like a shard's: the meta graph is that of the whole.
  ASSERT_TRUE(saver->Save("n-00001-of-00002", {.meta_graph = "y"}).ok());
  EXPECT_EQ(*fs.ReadFile("n.meta", 10), "y");
  EXPECT_FALSE(saver
                   ->Save("m", {.meta_graph_suffix = "index",
                                .meta_graph = "would replace the index"})
                   .ok());
}

TEST(Saver, RemovesShardsOfAnOverwrittenCheckpoint) {
  MemoryFileSystem fs;
  for (const char* name :
       {"sh.index", "sh.data-00000-of-00002", "sh.data-00001-of-00002"}) {
    fs.Put(name, GoldenBytes(std::string("restore/saver/") + name));
  }
  fs.Put("sh.data-00000-of-x", "no shard");
  Numbers model(1);
  ASSERT_TRUE(MakeSaver(fs, model.variables())->Save("sh").ok());
  EXPECT_THAT(*fs.List("."), ElementsAre("checkpoint", "sh.data-00000-of-00001",
                                         "sh.data-00000-of-x", "sh.index"));
}

TEST(Saver, SweepsWhatAKilledSaveLeft) {
  MemoryFileSystem fs;
  Numbers model(1);
  ASSERT_TRUE(MakeSaver(fs, model.variables())->Save("m").ok());
  fs.ClearLog();
  ASSERT_TRUE(MakeSaver(fs, model.variables())->Save("m").ok());
  size_t swept = 0;
  for (size_t n = 1; n < fs.log().size(); ++n) {
    fs.CrashImages(n, 0, [&](MemoryFileSystem& image) {
      swept += Names(image).size() > 3 ? 1 : 0;
      ASSERT_TRUE(MakeSaver(image, model.variables())->Save("m").ok());
      EXPECT_THAT(
          Names(image),
          ElementsAre("checkpoint", "m.data-00000-of-00001", "m.index"));
    });
  }
  EXPECT_GT(swept, 0u);
}

// --- failures ---

std::string MetaOf(float generation) {
  return "meta graph " + std::to_string(generation);
}

// The generation that the file system holds, whole; -1 for a mix.
float Generation(FileSystem& fs) {
  auto latest = state::LatestCheckpoint(fs, "");
  EXPECT_TRUE(latest.ok()) << latest.status();
  if (!latest.ok()) return -1;
  Numbers restored(0);
  const Status status = MakeSaver(fs, restored.variables())->Restore(*latest);
  EXPECT_TRUE(status.ok()) << status;
  if (!status.ok()) return -1;
  auto meta = ResolveCommitted(fs, *latest, state::MetaGraphPath(*latest));
  EXPECT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(*fs.ReadFile(*meta, 1000), MetaOf(restored.value()));
  return restored.value();
}

TEST(Saver, KeepsOldOrNewWhenAnyCallFails) {
  for (const auto persistence : {FaultFileSystem::Persistence::kOnce,
                                 FaultFileSystem::Persistence::kSticky}) {
    for (int n = 0;; ++n) {
      SCOPED_TRACE(n);
      MemoryFileSystem memory;
      FaultFileSystem fs(memory);
      Numbers model(1);
      auto saver = MakeSaver(fs, model.variables());
      ASSERT_TRUE(saver->Save("model", {.meta_graph = MetaOf(1)}).ok());
      model.Set(2);
      fs.FailCall(n, ResourceExhaustedError("disk full"), persistence);
      const auto saved = saver->Save("model", {.meta_graph = MetaOf(2)});
      const bool fired = fs.fired();
      fs.Clear();
      const float generation = Generation(memory);
      EXPECT_TRUE(generation == 1 || generation == 2) << generation;
      if (saved.ok()) {
        EXPECT_EQ(generation, 2);
      }
      // And the next one works.
      model.Set(3);
      ASSERT_TRUE(saver->Save("model", {.meta_graph = MetaOf(3)}).ok());
      EXPECT_EQ(Generation(memory), 3);
      EXPECT_THAT(Names(memory),
                  ElementsAre("checkpoint", "model.data-00000-of-00001",
                              "model.index", "model.meta"));
      if (!fired) {
        EXPECT_GT(n, 15);
        break;
      }
    }
  }
}

TEST(Saver, KeepsOldOrNewThroughEveryPowerCut) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables());
  ASSERT_TRUE(saver->Save("model", {.meta_graph = MetaOf(1)}).ok());
  fs.ClearLog();
  model.Set(2);
  ASSERT_TRUE(saver->Save("model", {.meta_graph = MetaOf(2)}).ok());
  const size_t operations = fs.log().size();
  ASSERT_GT(operations, 15u);
  uint64_t images = 0;
  for (size_t n = 0; n <= operations; ++n) {
    images += fs.CrashImages(n, 10, [&](MemoryFileSystem& image) {
      const float generation = Generation(image);
      EXPECT_TRUE(generation == 1 || generation == 2)
          << generation << " after " << n << " operations";
      if (n == operations) {
        EXPECT_EQ(generation, 2);
      }
    });
  }
  EXPECT_GT(images, operations);
}

TEST(Saver, LeavesNoListedCheckpointIncompleteThroughAnyPowerCut) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables());
  ASSERT_TRUE(
      saver->Save("m", {.global_step = 1, .meta_graph = MetaOf(1)}).ok());
  fs.ClearLog();
  model.Set(2);
  ASSERT_TRUE(
      saver->Save("m", {.global_step = 2, .meta_graph = MetaOf(2)}).ok());
  for (size_t n = 0; n <= fs.log().size(); ++n) {
    fs.CrashImages(n, 10, [&](MemoryFileSystem& image) {
      const float generation = Generation(image);
      EXPECT_TRUE(generation == 1 || generation == 2) << n;
    });
  }
}

}  // namespace
}  // namespace cairn::saver
