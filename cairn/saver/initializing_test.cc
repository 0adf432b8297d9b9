// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Assignment maps and warm starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/saver/init_from_checkpoint.h"
#include "cairn/saver/partitioned_variable.h"
#include "cairn/saver/test_models.h"
#include "cairn/saver/warm_start.h"

namespace cairn::saver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Json = nlohmann::json;

Variable Zeros(std::string name, Shape shape,
               Variable::Trainable trainable = Variable::Trainable::kYes) {
  auto value = Tensor::Create(DataType::kFloat, std::move(shape));
  EXPECT_TRUE(value.ok());
  return Variable(std::move(name), *std::move(value), trainable);
}

Tensor Stored(const std::string& key) {
  const auto reader = bundle::BundleReader::Open(
      LocalFileSystem(), GoldenPath("restore/saver/v2"));
  EXPECT_TRUE(reader.ok());
  auto value = (*reader)->Read(key);
  EXPECT_TRUE(value.ok());
  return *std::move(value);
}

// The graph of one recorded call.
class Graph {
 public:
  // Names with shapes; in parts where `parts` is not 0.
  void Add(const std::string& name, Shape shape, int parts = 0) {
    auto value = Tensor::Create(DataType::kFloat, std::move(shape));
    if (parts == 0) {
      whole_.push_back(std::make_unique<Variable>(name, *std::move(value)));
      items_.push_back(SaverItem::Own(SaverPart::Of(*whole_.back())));
    } else {
      parts_.push_back(*PartitionedVariable::Create(name, *value, 0, parts));
      items_.push_back(parts_.back()->item());
    }
  }
  const std::vector<SaverItem>& items() const { return items_; }
  const Variable& whole(size_t i) const { return *whole_[i]; }
  const PartitionedVariable& parts(size_t i) const { return *parts_[i]; }

 private:
  std::vector<std::unique_ptr<Variable>> whole_;
  std::vector<std::unique_ptr<PartitionedVariable>> parts_;
  std::vector<SaverItem> items_;
};

// 142 (U5 U6): what TensorFlow was asked for, with its answers.
TEST(InitFromCheckpoint, AnswersTheRecordedMapsAsTensorFlow) {
  const Json rows =
      Json::parse(GoldenBytes("restore/saver/init_from_checkpoint.json"));
  // Names and shapes of each row's graph, as the recording program made them,
  // and the tensor each variable then has.
  struct Model {
    std::string name;
    Shape shape;
    int parts;
    std::string tensor;
  };
  const std::map<std::string, std::vector<Model>> models = {
      {"names", {{"m/a", {2, 3}, 0, "a"}, {"m/b", {5}, 0, "scope/b"}}},
      {"scope_to_scope", {{"new/b", {5}, 0, "scope/b"}}},
      {"root_to_scope", {{"m/a", {2, 3}, 0, "a"}}},
      {"missing_in_file", {{"m/a", {2, 3}, 0, ""}}},
      {"missing_in_graph", {{"m/a", {2, 3}, 0, ""}}},
      {"shape", {{"m/a", {3, 3}, 0, ""}}},
      {"to_partitioned", {{"m/p", {11, 4}, 2, "p"}}},
      {"scope_missing", {{"m/a", {2, 3}, 0, ""}}},
  };
  ASSERT_EQ(models.size(), rows.size());
  for (const auto& [row, model] : models) {
    SCOPED_TRACE(row);
    Graph graph;
    for (const Model& m : model) graph.Add(m.name, m.shape, m.parts);
    AssignmentMap map;
    for (const auto& [from, to] : rows[row]["assignment_map"].items()) {
      map.emplace_back(from, to.get<std::string>());
    }
    const Status status = InitFromCheckpoint(
        LocalFileSystem(), GoldenPath("restore/saver/v2"), map, graph.items());
    if (!rows[row]["error"].is_null()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      std::string message = rows[row]["error"]["message"];
      // The directory differs, and a dict has no order there.
      message = message.substr(0, message.find(" in ./v2"));
      EXPECT_THAT(Message(status), HasSubstr(message));
      continue;
    }
    ASSERT_TRUE(status.ok()) << status;
    for (size_t i = 0; i < model.size(); ++i) {
      const Tensor value = model[i].parts == 0 ? *graph.whole(i).value().Clone()
                                               : *graph.parts(i).Whole();
      EXPECT_TRUE(BitwiseEqual(value, Stored(model[i].tensor)));
    }
  }
}

// 142 (U5 U6): what is not recorded.
TEST(InitFromCheckpoint, MapsVariablesPartsAndScopesAllOrNothing) {
  const std::string path = GoldenPath("restore/saver/v2");
  Variable a = Zeros("x/a", {2, 3}), again = Zeros("y/a", {2, 3});
  const auto zeros = Tensor::Create(DataType::kFloat, {11, 4});
  const auto parts = PartitionedVariable::Create("t", *zeros, 1, 3);
  FileSystem& fs = LocalFileSystem();
  // One tensor for two variables, and slices given as such.
  ASSERT_TRUE(
      InitFromCheckpoint(fs, path,
                         {{"p", (*parts)->parts()}, {"a", &a}, {"a", &again}})
          .ok());
  EXPECT_TRUE(BitwiseEqual(a.value(), Stored("a")));
  EXPECT_TRUE(BitwiseEqual(again.value(), Stored("a")));
  EXPECT_TRUE(BitwiseEqual(*(*parts)->Whole(), Stored("p")));

  // A scope that only starts like another one is not in it.
  Graph graph;
  graph.Add("new/b", {5});
  graph.Add("new_1/b", {5});
  ASSERT_TRUE(
      InitFromCheckpoint(fs, path, {{"scope/", "new/"}}, graph.items()).ok());
  EXPECT_TRUE(BitwiseEqual(graph.whole(0).value(), Stored("scope/b")));
  EXPECT_FALSE(BitwiseEqual(graph.whole(1).value(), Stored("scope/b")));

  // The last of several fails: none has changed.
  Variable first = Zeros("f", {2, 3}), wrong = Zeros("w", {4});
  EXPECT_FALSE(
      InitFromCheckpoint(fs, path, {{"a", &first}, {"scope/b", &wrong}}).ok());
  EXPECT_FALSE(BitwiseEqual(first.value(), Stored("a")));
  // U1
  const Status nothing = InitFromCheckpoint(fs, GoldenPath("restore"), {});
  EXPECT_TRUE(absl::IsNotFound(nothing));
  EXPECT_THAT(Message(nothing),
              HasSubstr("Couldn't find 'checkpoint' file or checkpoints in "
                        "given directory"));
}

// --- warm starts ---

// A checkpoint with a table [4,2] of rows 0 to 3, a bias [4] and a kernel.
void SaveOld(MemoryFileSystem& fs) {
  Variable table = Zeros("table", {4, 2}), bias = Zeros("bias", {4});
  Variable kernel = Zeros("dense/kernel", {2, 4});
  for (size_t i = 0; i < 8; ++i) {
    table.data<float>()[i] = static_cast<float>(10 * (i / 2) + i % 2);
    kernel.data<float>()[i] = static_cast<float>(100 + i);
  }
  for (size_t i = 0; i < 4; ++i) {
    bias.data<float>()[i] = static_cast<float>(i + 1);
  }
  const auto saver = Saver::Create(fs, {&table, &bias, &kernel});
  ASSERT_TRUE((*saver)->Save("old/m").ok());
  fs.Put("old.txt", "a\nb\nc\nd\n");
  fs.Put("new.txt", "d\nx\r\na\n");
}

std::vector<float> ValuesOf(const Variable& variable) {
  const auto data = variable.data<float>();
  return {data.begin(), data.end()};
}

std::vector<SaverItem> Items(const std::vector<Variable*>& variables) {
  std::vector<SaverItem> items;
  for (Variable* v : variables) {
    items.push_back(SaverItem::Own(SaverPart::Of(*v)));
  }
  return items;
}

// U7
TEST(WarmStart, TakesTrainableVariablesByOneExpressionOrAllBySeveral) {
  MemoryFileSystem fs;
  SaveOld(fs);
  Variable bias = Zeros("bias", {4}, Variable::Trainable::kNo);
  Variable kernel = Zeros("dense/kernel", {2, 4});
  const auto graph = Items({&bias, &kernel});
  auto report = WarmStart(fs, "old", graph);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->variables,
              ElementsAre(Pair("dense/kernel", "dense/kernel")));
  EXPECT_THAT(ValuesOf(bias), ElementsAre(0, 0, 0, 0));
  WarmStartOptions options;
  options.variables = std::vector<std::string>{"bi.s:0$", "nothing"};
  report = WarmStart(fs, "old/m", graph, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(ValuesOf(bias), ElementsAre(1, 2, 3, 4));
  // Matched from the start of the name.
  options.variables = std::string("kernel");
  EXPECT_TRUE(WarmStart(fs, "old/m", graph, options)->variables.empty());
  options.variables = std::string("(");
  EXPECT_THAT(Message(WarmStart(fs, "old/m", graph, options).status()),
              HasSubstr("'(' is no regular expression"));
}

// U7
TEST(WarmStart, RenamesAndRefusesWhatNobodyUses) {
  MemoryFileSystem fs;
  SaveOld(fs);
  Variable mine = Zeros("mine", {4});
  WarmStartOptions options;
  options.previous_names = {{"mine", "bias"}};
  ASSERT_TRUE(WarmStart(fs, "old", Items({&mine}), options).ok());
  EXPECT_THAT(ValuesOf(mine), ElementsAre(1, 2, 3, 4));
  options.previous_names["yours"] = "bias";
  EXPECT_THAT(Message(WarmStart(fs, "old", Items({&mine}), options).status()),
              HasSubstr("You provided the following variables in "
                        "var_name_to_prev_var_name that were not used: "
                        "yours."));
  options.previous_names.clear();
  options.vocab_info["yours"] = {};
  EXPECT_THAT(Message(WarmStart(fs, "old", Items({&mine}), options).status()),
              HasSubstr("var_name_to_vocab_info that were not used: yours"));
  options.vocab_info.clear();
  EXPECT_THAT(Message(WarmStart(fs, "old", Items({&mine}), options).status()),
              HasSubstr("Tensor mine is not found in old checkpoint"));
}

// U7
TEST(WarmStart, MovesRowsAndColumnsToANewVocabulary) {
  MemoryFileSystem fs;
  SaveOld(fs);
  Variable table = Zeros("table", {4, 2}), bias = Zeros("bias", {3});
  Variable kernel = Zeros("dense/kernel", {2, 3});
  VocabInfo rows{.new_vocab = "new.txt",
                 .new_vocab_size = 3,
                 .num_oov_buckets = 1,
                 .old_vocab = "old.txt"};
  rows.backup_initializer = [](DataType dtype, const Shape& shape) {
    auto value = Tensor::Create(dtype, shape);
    for (float& element : value->data<float>()) element = -7;
    return value;
  };
  VocabInfo columns = rows;
  columns.num_oov_buckets = 0;
  columns.axis = 1;
  columns.backup_initializer = nullptr;
  VocabInfo vector = columns;
  vector.axis = 0;
  WarmStartOptions options;
  options.vocab_info = {
      {"table", rows}, {"dense/kernel", columns}, {"bias", vector}};
  options.variables = std::monostate();
  ASSERT_TRUE(
      WarmStart(fs, "old", Items({&table, &kernel, &bias}), options).ok());
  EXPECT_THAT(ValuesOf(table), ElementsAre(30, 31, -7, -7, 0, 1, -7, -7));
  EXPECT_THAT(ValuesOf(kernel), ElementsAre(103, 0, 100, 107, 0, 104));
  EXPECT_THAT(ValuesOf(bias), ElementsAre(4, 0, 1));

  // In parts, and of the old words only the first two.
  rows.old_vocab_size = 2;
  const auto zeros = Tensor::Create(DataType::kFloat, {4, 2});
  const auto parts = PartitionedVariable::Create("table", *zeros, 0, 2);
  options.vocab_info = {{"table", rows}};
  ASSERT_TRUE(WarmStart(fs, "old", {(*parts)->item()}, options).ok());
  EXPECT_THAT(ValuesOf(*(*parts)->variables()[0]), ElementsAre(-7, -7, -7, -7));
  EXPECT_THAT(ValuesOf(*(*parts)->variables()[1]), ElementsAre(0, 1, -7, -7));
}

// U7
TEST(WarmStart, RefusesVocabulariesThatDoNotFit) {
  MemoryFileSystem fs;
  SaveOld(fs);
  fs.Put("twice.txt", "a\na\n");
  fs.Put("long.txt", "a\nb\nc\nd\ne\n");
  Variable table = Zeros("table", {3, 2});
  const VocabInfo good{
      .new_vocab = "new.txt", .new_vocab_size = 3, .old_vocab = "old.txt"};
  const auto refusal = [&](const VocabInfo& info) {
    WarmStartOptions options;
    options.vocab_info = {{"table", info}};
    const Status status =
        WarmStart(fs, "old", Items({&table}), options).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(ValuesOf(table), ElementsAre(0, 0, 0, 0, 0, 0));
    return Message(status);
  };
  VocabInfo info = good;
  info.axis = 2;
  EXPECT_THAT(refusal(info), HasSubstr("Provided axis: 2"));
  info = good;
  info.new_vocab_size = 4;
  EXPECT_THAT(refusal(info), HasSubstr("new.txt has 3 words, not 4"));
  info = good;
  info.num_oov_buckets = 1;
  EXPECT_THAT(refusal(info), HasSubstr("are 4 entries"));
  info = good;
  info.old_vocab = "twice.txt";
  EXPECT_THAT(refusal(info), HasSubstr("has the word 'a' twice"));
  info.old_vocab = "long.txt";
  EXPECT_THAT(refusal(info), HasSubstr("has 5 words, but the tensor only 4"));
  info.old_vocab = "absent.txt";
  refusal(info);
  info.old_vocab.clear();
  EXPECT_THAT(refusal(info), HasSubstr("Invalid args: Must provide all of"));
}

// U7
TEST(WarmStart, ReadsObjectBasedCheckpointsByFullName) {
  const std::string path = GoldenPath("restore/saver/object");
  Variable a = Zeros("a", {2, 3}), b = Zeros("scope/b", {5});
  ASSERT_TRUE(WarmStart(LocalFileSystem(), path, Items({&a, &b})).ok());
  EXPECT_TRUE(BitwiseEqual(a.value(), Stored("a")));
  EXPECT_TRUE(BitwiseEqual(b.value(), Stored("scope/b")));
  Variable q = Zeros("q", {5});
  const Status status =
      WarmStart(LocalFileSystem(), path, Items({&a, &q})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status),
              HasSubstr("Attempting to warm-start from an object-based "
                        "checkpoint, but found that the checkpoint did not "
                        "contain values for all variables. The following "
                        "variables were missing: q"));
}

}  // namespace
}  // namespace cairn::saver
