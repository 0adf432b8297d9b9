// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "cairn/bundle/reader.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/test_support.h"
#include "cairn/tensor/containers.h"
#include "cairn/tensor/sharded_variable.h"

namespace cairn::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSuffix[] = "/.ATTRIBUTES/VARIABLE_VALUE";

// The module of the golden cases tf221/max_shard_size_*, values from one of
// them.
struct SomeModule {
  explicit SomeModule(const std::string& golden) {
    MemoryFileSystem fs;
    PutGolden(fs, golden, "g");
    const auto reader = *bundle::BundleReader::Open(fs, "g/ck");
    const auto add = [&](Trackable& to, const std::string& name,
                         const std::string& path) {
      const std::string key = StrCat("m/", path, kSuffix);
      Tensor value = reader->Contains(key)
                         ? *reader->Read(key)
                         : *Tensor::Create(DataType::kFloat, Shape{0, 4});
      EXPECT_TRUE(to.Track(name, arena.Add("Variable", std::move(value))).ok());
    };
    for (const char* name : {"big", "wide", "vec", "cube"}) {
      add(module, name, name);
    }
    EXPECT_TRUE(module.Track("small", &small).ok());
    for (int i = 0; i < 4; ++i) add(small, StrCat(i), StrCat("small/", i));
    for (const char* name : {"s", "n", "e"}) add(module, name, name);
  }

  Arena arena;
  Group module, small;
};

std::map<std::string, std::string> Entries(FileSystem& fs,
                                           const std::string& prefix) {
  std::map<std::string, std::string> entries;
  const auto reader = *bundle::BundleReader::Open(fs, prefix);
  for (auto it = reader->NewIterator(); it->Valid(); it->Next()) {
    entries.emplace(it->key(), bundle::EncodeEntry(*it->entry()));
  }
  return entries;
}

// 137 (O7): cut as TF 2.21 cuts. TF loses the variable `e`, which has no
// elements; nothing else may differ.
TEST(MaxShardSize, CutsAsTfToTheByte) {
  for (const int64_t size : {400, 1000, 2500, 100000}) {
    const std::string golden = StrCat("tf221/max_shard_size_", size);
    SCOPED_TRACE(golden);
    SomeModule some(golden);
    MemoryFileSystem fs;
    PutGolden(fs, golden, "tf");
    Checkpoint checkpoint(fs, {{"m", &some.module}});
    for (const int threads : {1, 4}) {
      ASSERT_TRUE(checkpoint
                      .Write("our/ck", {.sharding = MaxShardSize(size),
                                        .threads = threads})
                      .ok());
      auto ours = Entries(fs, "our/ck");
      EXPECT_EQ(ours.erase(StrCat("m/e", kSuffix)), 1u);
      EXPECT_EQ(ours, Entries(fs, "tf/ck"));
      int files = 0;
      for (const auto& [path, contents] : fs.Files()) {
        if (!path.starts_with("tf/ck.data")) continue;
        EXPECT_EQ(contents, fs.Files().at(StrCat("our", path.substr(2))))
            << path;
        ++files;
      }
      EXPECT_GE(files, 1);
    }
  }
}

// 137 (O7): the specification's example.
TEST(MaxShardSize, MakesTheFilesOfTheDocumentedExample) {
  Arena arena;
  Group root;
  ASSERT_TRUE(root.Track("a", arena.AddZeros("a", {10})).ok());
  ASSERT_TRUE(root.Track("b", arena.AddZeros("b", {4, 6})).ok());
  ASSERT_TRUE(
      root.Track("c", arena.Add("c", Tensor::OfString("elevenbytes"))).ok());
  ASSERT_TRUE(root.Track("d", arena.Add("d", Tensor::Scalar(int64_t{1}))).ok());
  const std::map<int64_t, size_t> expected = {{16, 11}, {40, 5}, {100, 2}};
  for (const auto& [size, files] : expected) {
    MemoryFileSystem fs;
    Checkpoint checkpoint(fs, root);
    ASSERT_TRUE(checkpoint.Write("ck", {.sharding = MaxShardSize(size)}).ok());
    EXPECT_EQ(fs.Files().size(), files + 1) << size;
    for (int i = 0; i < 6; ++i) {
      ASSERT_TRUE(checkpoint.Read("ck")->AssertConsumed().ok());
    }
  }
}

// 137 (O8): where TF does not come back.
TEST(MaxShardSize, RefusesWhatNoCutOfOneAxisFits) {
  MemoryFileSystem fs;
  Arena arena;
  Group root;
  Variable* const v = arena.AddZeros("v", {8, 9, 10});
  ASSERT_TRUE(root.Track("v", v).ok());
  Checkpoint checkpoint(fs, root);
  Status status =
      checkpoint.Write("ck", {.sharding = MaxShardSize(200)}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("cannot be cut into shards"));
  status = checkpoint.Write("ck", {.sharding = MaxShardSize(3)}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  status = checkpoint.Write("ck", {.sharding = MaxShardSize(0)}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(fs.Files().empty());
}

class OwnPolicy : public ShardingPolicy {
 public:
  using Function = std::function<std::vector<Shard>(
      std::span<const ShardableTensor> tensors)>;
  explicit OwnPolicy(Function f) : f_(std::move(f)) {}
  std::string description() const override { return "my own"; }
  StatusOr<std::vector<Shard>> Partition(
      std::span<const ShardableTensor> tensors) const override {
    return f_(tensors);
  }

 private:
  Function f_;
};

ShardingPolicyPtr Own(OwnPolicy::Function f) {
  return std::make_shared<OwnPolicy>(std::move(f));
}

// O5: golden tf221/own_policy, one shard per key in reverse.
TEST(ShardingPolicy, OfTheUsersOwnMakesTheFilesOfTf) {
  MemoryFileSystem fs;
  PutGolden(fs, "tf221/own_policy", "tf");
  Arena arena;
  Group m;
  Tensor ints = *Tensor::Create(DataType::kInt32, Shape{2});
  ints.data<int32_t>()[0] = 1;
  ints.data<int32_t>()[1] = 2;
  ASSERT_TRUE(m.Track("a", arena.Add("Variable", Tensor::Scalar(1.0f))).ok());
  ASSERT_TRUE(m.Track("b", arena.Add("Variable", std::move(ints))).ok());
  ASSERT_TRUE(m.Track("c", arena.Add("Variable", Tensor::OfString("x"))).ok());
  Checkpoint checkpoint(fs, {{"m", &m}});
  const auto reversed = Own([](std::span<const ShardableTensor> tensors) {
    std::map<std::string_view, size_t> by_key;
    for (size_t i = 0; i < tensors.size(); ++i) by_key[tensors[i].key] = i;
    std::vector<Shard> shards;
    for (auto it = by_key.rbegin(); it != by_key.rend(); ++it) {
      shards.push_back({{it->second}});
    }
    return shards;
  });
  ASSERT_TRUE(checkpoint.Write("our/ck", {.sharding = reversed}).ok());
  const std::map<std::string, std::string> files = fs.Files();
  int compared = 0;
  for (const auto& [path, contents] : files) {
    if (!path.starts_with("tf/ck.")) continue;
    EXPECT_TRUE(contents == files.at(StrCat("our", path.substr(2)))) << path;
    ++compared;
  }
  EXPECT_EQ(compared, 5);
}

// 136 (O6): TF does not look at what a callback returns.
TEST(ShardingPolicy, ThatDropsAddsReshapesOrDuplicatesIsRefused) {
  MemoryFileSystem fs;
  Arena arena;
  Group root;
  ASSERT_TRUE(root.Track("v", arena.AddZeros("v", {4})).ok());
  Checkpoint checkpoint(fs, root);
  const auto slice = [](int64_t start, int64_t length) {
    return *TensorSlice::Create({{start, length}});
  };
  struct Case {
    const char* what;
    std::vector<Shard> shards;
    const char* text;
  };
  const Case cases[] = {
      {"no shard", {}, "made 0 shards"},
      {"drops", {{{1}}}, "it is in no shard"},
      {"drops the graph", {{{0}}}, "it is in no shard"},
      {"duplicates", {{{0}, {1}}, {{0}}}, "more than one place"},
      {"adds", {{{0}, {1}, {2}}}, "names tensor 2 of 2"},
      {"drops a part", {{{0, slice(0, 3)}, {1}}}, "my own"},
      {"overlaps", {{{0, slice(0, 3)}, {0, slice(2, 2)}, {1}}}, "my own"},
      {"reshapes", {{{0, *TensorSlice::Create({{0, 2}, {0, 2}})}, {1}}}, "v"},
      {"leaves it", {{{0, slice(0, 5)}, {1}}}, "v"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const Status status =
        checkpoint
            .Write("ck", {.sharding = Own([&](auto) { return c.shards; })})
            .status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr(c.text));
    EXPECT_TRUE(fs.Files().empty());
  }
}

TEST(ShardByTask, PutsTheGraphWithTheFirstTask) {
  MemoryFileSystem fs;
  Arena arena;
  Group root;
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(root.Track(name, arena.AddZeros(name, {3})).ok());
  }
  Checkpoint checkpoint(fs, root);
  const auto policy =
      ShardByTask([](std::string_view key) { return key[0] == 'b' ? 7 : 2; });
  ASSERT_TRUE(checkpoint.Write("ck", {.sharding = policy}).ok());
  const auto reader = *bundle::BundleReader::Open(fs, "ck");
  EXPECT_EQ(reader->header().num_shards, 2);
  EXPECT_EQ(reader->Lookup(kObjectGraphKey)->shard_id, 0);
  EXPECT_EQ(reader->Lookup(StrCat("b", kSuffix))->shard_id, 1);
  EXPECT_EQ(reader->Lookup(StrCat("c", kSuffix))->shard_id, 0);
}

// 105 134 (B3 O2)
TEST(WriteCallbacks, RunInOrderBeforeTheStateFileAndTheirFailureKeepsItAway) {
  MemoryFileSystem fs;
  Arena arena;
  Group root;
  ASSERT_TRUE(root.Track("v", arena.AddZeros("v", {1})).ok());
  Checkpoint checkpoint(fs, root);
  std::vector<std::string> calls;
  SaveOptions options;
  for (const char* name : {"first ", "second "}) {
    options.write_callbacks.push_back([&, name](const std::string& path) {
      EXPECT_TRUE(fs.Exists(path + ".index"));
      EXPECT_FALSE(fs.Exists("d/checkpoint"));
      calls.push_back(name + path);
      return OkStatus();
    });
  }
  ASSERT_TRUE(checkpoint.Save("d/ck", options).ok());
  EXPECT_THAT(calls, ElementsAre("first d/ck-1", "second d/ck-1"));
  EXPECT_EQ(options.write_callbacks.size(), 2u);
  const std::string state = fs.Files().at("d/checkpoint");

  options.write_callbacks = {
      [](const std::string&) { return InternalError("no"); }};
  EXPECT_TRUE(absl::IsInternal(checkpoint.Save("d/ck", options).status()));
  EXPECT_TRUE(fs.Exists("d/ck-2.index"));
  EXPECT_EQ(fs.Files().at("d/checkpoint"), state);
  EXPECT_EQ(*checkpoint.Save("d/ck"), "d/ck-3");
}

// 135 (O4): golden tf221/skip_slots, of TF's MomentumOptimizer. TF's option
// acts on restores only: its file has the slots all the same.
TEST(SkipSlotVariables, NeitherRestoresNorAsksForThem) {
  MemoryFileSystem fs;
  PutGolden(fs, "tf221/skip_slots", "tf");
  const auto reader = *bundle::BundleReader::Open(fs, "tf/without");
  const Tensor stored = *reader->Read(StrCat("w", kSuffix));
  const std::string slot_key = StrCat("w/.OPTIMIZER_SLOT/o/momentum", kSuffix);
  ASSERT_TRUE(reader->Contains(slot_key));
  for (const bool skip : {false, true}) {
    Variable w("Variable", *Tensor::Create(DataType::kFloat, stored.shape()));
    SlotGroup optimizer({"momentum"});
    Checkpoint checkpoint(fs, {{"o", &optimizer}, {"w", &w}});
    const auto status =
        checkpoint.Read("tf/without", {.skip_slot_variables = skip});
    ASSERT_TRUE(status.ok()) << status.status();
    EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
    EXPECT_EQ(optimizer.slot_count(), skip ? 0u : 1u);
    EXPECT_TRUE(BitwiseEqual(w.value(), stored));
  }
}

TEST(SkipSlotVariables, LeavesThemOutOfTheFile) {
  MemoryFileSystem fs;
  Arena arena;
  Variable* const w = arena.AddZeros("w", {2});
  SlotGroup optimizer({"m"});
  optimizer.Make(*w, "m");
  Checkpoint checkpoint(fs, {{"o", &optimizer}, {"w", w}});
  ASSERT_TRUE(checkpoint.Write("all").ok());
  ASSERT_TRUE(checkpoint.Write("few", {.skip_slot_variables = true}).ok());
  EXPECT_EQ(Entries(fs, "all").size(), Entries(fs, "few").size() + 1);
  EXPECT_TRUE(checkpoint.Read("few", {.skip_slot_variables = true})
                  ->AssertConsumed()
                  .ok());
  // A program that asks for its slots misses them.
  EXPECT_FALSE(checkpoint.Read("few")->AssertConsumed().ok());
}

// G7: pieces of one tensor under one key, restored into other pieces and into
// a whole variable.
TEST(ShardedVariable, IsOneTensorInTheCheckpoint) {
  MemoryFileSystem fs;
  Variable top("part_0", Floats({1, 2}, {1, 2}));
  Variable bottom("part_1", Floats({2, 2}, {3, 4, 5, 6}));
  ShardedVariable sharded("emb", {&top, &bottom});
  Checkpoint checkpoint(fs, {{"s", &sharded}});
  ASSERT_TRUE(checkpoint.Write("ck").ok());
  const auto reader = *bundle::BundleReader::Open(fs, "ck");
  const auto entry = reader->Lookup(StrCat("s", kSuffix));
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->slices.size(), 2u);
  EXPECT_EQ(entry->slices[1].ToString(), "1,2:0,2");
  const GraphView view = *BuildGraphView(checkpoint);
  ASSERT_EQ(view.graph.nodes[1].attributes.size(), 1u);
  EXPECT_EQ(view.graph.nodes[1].attributes[0].full_name, "emb");

  Variable whole("emb", *Tensor::Create(DataType::kFloat, {3, 2}));
  Checkpoint other(fs, {{"s", &whole}});
  ASSERT_TRUE(other.Read("ck")->AssertConsumed().ok());
  EXPECT_THAT(FloatsOf(whole), ElementsAre(1, 2, 3, 4, 5, 6));

  Variable first("a", *Tensor::Create(DataType::kFloat, {2, 2}));
  Variable second("b", *Tensor::Create(DataType::kFloat, {1, 2}));
  ShardedVariable again("emb", {&first, &second});
  Checkpoint third(fs, {{"s", &again}});
  const auto status = third.Read("ck");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->AssertConsumed().ok());
  EXPECT_THAT(FloatsOf(first), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(FloatsOf(second), ElementsAre(5, 6));

  // Pieces cut once more by a policy.
  ASSERT_TRUE(checkpoint.Write("cut", {.sharding = MaxShardSize(8)}).ok());
  ASSERT_TRUE(third.Read("cut").ok());
  EXPECT_THAT(FloatsOf(second), ElementsAre(5, 6));
}

}  // namespace
}  // namespace cairn::object
