// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Restores that TensorFlow's Saver was asked for, with what came of each:
// tests/golden/cases/restore/saver/outcomes.json. Every row is played; where
// TensorFlow's answer is one nobody can want, the row is in kOurs with ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/saver/partitioned_variable.h"
#include "cairn/saver/test_models.h"

namespace cairn::saver {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

// What a row's model is made of: a variable, whole or in parts.
struct Piece {
  std::unique_ptr<Variable> whole;
  std::unique_ptr<PartitionedVariable> parts;
};

DataType DtypeOf(std::string text) {  // "<dtype: 'float32_ref'>"
  text = text.substr(9, text.size() - 11);
  if (text.ends_with("_ref")) text.resize(text.size() - 4);
  const auto dtype = DataTypeFromName(text);
  EXPECT_TRUE(dtype.has_value()) << text;
  return dtype.value_or(DataType::kFloat);
}

// How many parts, and along which axis, the row's script cuts `name` into.
std::pair<int, int> PartsOf(const std::string& row, const std::string& name) {
  if (row.starts_with("whole_as_parts")) return {2, 0};
  if (name != "p") return {0, 0};
  if (row.starts_with("unpartitioned")) return {0, 0};
  if (row.starts_with("otherwise")) return {5, 0};
  if (row.starts_with("other_axis")) return {2, 1};
  return {3, 0};
}

// The key of the row's variable `name`.
std::string KeyOf(const std::string& row, const std::string& name) {
  if (row.starts_with("renamed")) return name == "x" ? "a" : "scope/b";
  return name == "b" ? "scope/b" : name;
}

class Outcome {
 public:
  Outcome(const std::string& row, const Json& outcome)
      : row_(row), outcome_(outcome) {
    for (const auto& [name, spec] : outcome["variables"].items()) {
      const auto dims = spec[1].get<std::vector<int64_t>>();
      auto value = Tensor::Create(DtypeOf(spec[0]), *Shape::Create(dims));
      EXPECT_TRUE(value.ok());
      Make(name, *std::move(value));
    }
  }

  // Restores and returns the status; what the variables hold then is in
  // Digests.
  Status Run() {
    const std::string path = outcome_["path"];
    SaverOptions options;
    options.sharded = row_.starts_with("sharded");
    options.reshape = row_.find("reshape") != std::string::npos;
    options.restore_sequentially = row_.starts_with("sequential");
    auto saver = Saver::CreateFromItems(LocalFileSystem(), items_, options);
    EXPECT_TRUE(saver.ok()) << saver.status();
    return (*saver)->Restore(
        path.empty() ? path : GoldenPath("restore/saver/") + path);
  }

  void ExpectValuesAfter() {
    for (const auto& [name, after] : outcome_["values_after"].items()) {
      EXPECT_EQ(Value(name).bytes(), Expected(name, after)) << name;
    }
  }
  void ExpectUnchanged() {
    for (const auto& [name, piece] : pieces_) {
      const Tensor value = Value(name);
      EXPECT_EQ(value.bytes(), std::string(value.bytes().size(), '\0')) << name;
    }
  }

 private:
  void Make(const std::string& name, Tensor value) {
    const auto [count, axis] = PartsOf(row_, name);
    const std::string key = KeyOf(row_, name);
    Piece& piece = pieces_[name];
    const std::string device = name == "b" ? "/cpu:1" : "";
    if (count == 0) {
      piece.whole = std::make_unique<Variable>(name, std::move(value));
      items_.push_back(
          SaverItem::Named(key, SaverPart::Of(*piece.whole, device)));
      return;
    }
    auto parts = PartitionedVariable::Create(key, value, axis, count);
    ASSERT_TRUE(parts.ok()) << parts.status();
    piece.parts = *std::move(parts);
    items_.push_back(piece.parts->item());
  }

  Tensor Value(const std::string& name) {
    const Piece& piece = pieces_[name];
    auto value =
        piece.whole ? piece.whole->value().Clone() : piece.parts->Whole();
    EXPECT_TRUE(value.ok());
    return *std::move(value);
  }

  // Of the checkpoint itself: the row gives only a digest, which the readers'
  // golden tests compare with it. Zeros stay where nothing was restored.
  std::string Expected(const std::string& name, const Json& after) {
    const bool restored = outcome_["error"].is_null();
    const Tensor now = Value(name);
    if (!restored) return std::string(now.bytes().size(), '\0');
    EXPECT_EQ(std::vector<int64_t>(now.shape().dims().begin(),
                                   now.shape().dims().end()),
              after["shape"].get<std::vector<int64_t>>());
    const auto reader = bundle::BundleReader::Open(
        LocalFileSystem(), GoldenPath("restore/saver/v2"));
    EXPECT_TRUE(reader.ok());
    return std::string((*reader)->Read(KeyOf(row_, name))->bytes());
  }

  const std::string row_;
  const Json& outcome_;
  std::map<std::string, Piece> pieces_;
  std::vector<SaverItem> items_;
};

// Rows whose answer here is another one, with the statement that says so.
const std::map<std::string, std::string>& Ours() {
  static const auto& rows = *new std::map<std::string, std::string>{
      // X8, section 25: a shape that differs is an error in every mode.
      {"shape_v2", "lhs shape= [3,2] rhs shape= [2,3]"},
      {"shape_v1", "lhs shape= [3,2] rhs shape= [2,3]"},
      {"atomic", "lhs shape= [6] rhs shape= [5]"},
      // F2: paths are literal.
      {"path_pattern", "is not a valid checkpoint"},
      // X2: a path ending in .index is taken for its prefix.
      {"path_index_suffix", ""},
  };
  return rows;
}

absl::StatusCode CodeOf(const std::string& type) {
  if (type == "InvalidArgumentError") {
    return absl::StatusCode::kInvalidArgument;
  }
  if (type == "DataLossError") return absl::StatusCode::kDataLoss;
  // "not a valid checkpoint" is TensorFlow's ValueError.
  EXPECT_TRUE(type == "NotFoundError" || type == "ValueError") << type;
  return absl::StatusCode::kNotFound;
}

// The sentence that says what is wrong, without TensorFlow's node names and
// the path, which starts with "./" there.
std::string Sentence(std::string message) {
  message = message.substr(0, message.find("\n\t [[{{node"));
  const size_t original = message.find("Graph execution error:\n\n");
  if (original != std::string::npos) message = message.substr(original + 24);
  const size_t path = message.find(": ./");
  if (path != std::string::npos) message = message.substr(0, path);
  const size_t file = message.find(" ./");
  if (file != std::string::npos) message = message.substr(0, file);
  const size_t dot = message.find(" .:");  // the directory
  if (dot != std::string::npos) message = message.substr(0, dot);
  const size_t hint = message.find(" If you're using an Estimator");
  return message.substr(0, hint);
}

// 056 057 058 059 060 061 062 063 064 065 066 068 069 (X1-X13 C11)
TEST(RestoreOutcomes, AreTensorFlows) {
  const Json outcomes = Json::parse(GoldenBytes("restore/saver/outcomes.json"));
  size_t played = 0;
  for (const auto& [row, outcome] : outcomes.items()) {
    if (outcome["path"].is_null()) continue;  // not a string at all
    SCOPED_TRACE(row);
    ++played;
    Outcome run(row, outcome);
    const Status status = run.Run();
    const auto ours = Ours().find(row);
    if (ours != Ours().end()) {
      EXPECT_EQ(status.ok(), ours->second.empty()) << status;
      EXPECT_THAT(Message(status), HasSubstr(ours->second));
      if (!status.ok()) run.ExpectUnchanged();
      continue;
    }
    if (outcome["error"].is_null()) {
      EXPECT_TRUE(status.ok()) << status;
      run.ExpectValuesAfter();
      continue;
    }
    EXPECT_EQ(status.code(), CodeOf(outcome["error"]["type"])) << status;
    EXPECT_THAT(Message(status),
                HasSubstr(Sentence(outcome["error"]["message"])));
    const std::string wrapper = "Restoring from checkpoint failed.";
    const std::string message = outcome["error"]["message"];
    EXPECT_EQ(Message(status).starts_with(wrapper),
              message.starts_with(wrapper));
    run.ExpectUnchanged();
  }
  EXPECT_EQ(played, outcomes.size() - 1);
  EXPECT_GT(played, 50u);
}

}  // namespace
}  // namespace cairn::saver
